/* The interface of blocks, of which layers are made. A block declares its keys, its weights, its
 * FLOP, the activations that it keeps for the backward pass, and its kernels and transfers for one
 * micro-batch on one chip.
 *
 * A layer is a sequence of blocks, each with a norm before it and a residual addition after it
 * (sim/model/layer.h). The embedding and the output projection are blocks too. */
#ifndef LL_MODEL_BLOCK_H
#define LL_MODEL_BLOCK_H

#include "sim/base/fault.h"
#include "sim/base/key.h"
#include "sim/model/pass.h"

enum { LL_MAX_MATRIX = 16 };

/* Weight matrices of a block in the order of the forward pass. n_weight: number of weights of each,
 * over all tp chips; what several of them hold whole, such as a kv head where there are fewer heads
 * than chips, is counted on each. tp = 1: those of the model. Matrices of experts are laid out over
 * ep and etp instead; all experts together count as one matrix. */
typedef struct ll_matrices {
    int n;
    double n_weight[LL_MAX_MATRIX];
    unsigned experts; /* bit i: matrix i is of experts */
} ll_matrices;

/* Numbers of weights: laid out over tp, and those of experts. */
typedef struct ll_weights {
    double dense, expert;
} ll_weights;

/* FLOP of one token, forward (a multiply-add is 2). score_flop: score GEMMs with all `seq` keys;
 * score_frac: the share of it that counts as work (causal: the lower triangle). */
typedef struct ll_flop {
    double gemm_flop, score_flop, score_frac;
} ll_flop;

typedef struct ll_block_type {
    const char *name, *doc;
    const ll_key *keys; /* of the group `model`, ended by {0} */
    size_t param_size;
    /* Whether the block can be split so; split NULL: whether its parameters are consistent. Each
     * fault in `why` names the key and what would be legal. Pure. */
    bool (*legal)(const void *param, const ll_split *split, ll_faults *why);
    void (*matrices)(const void *param, double hidden, int64_t tp, ll_matrices *out);
    ll_flop (*flop)(const void *param, double hidden, double seq);
    /* Bytes of activations of one micro-batch that one chip keeps for the backward pass
     * (Korthikanti et al. 2022). */
    double (*kept_B)(const void *param, const ll_split *split);
    /* Append the kernels and transfers of one micro-batch. `recompute` is what selective
     * recomputation repeats in the backward pass, of the `modules` (LL_MODULE_*) that it has. */
    unsigned modules;
    void (*forward)(const void *param, const ll_split *split, ll_pass *pass);
    void (*backward)(const void *param, const ll_split *split, ll_pass *pass);
    void (*recompute)(const void *param, const ll_split *split, ll_pass *pass);
    /* Append the kernels and transfers of a serving iteration: split->batch and split->server are
     * given. ll_block_nothing for a block that inference leaves out. */
    void (*serve)(const void *param, const ll_split *split, ll_pass *pass);
    /* Bytes that a token in the KV cache takes on one chip. seq: tokens of the request, as a window
     * keeps no more than it sees. NULL: the block keeps nothing. */
    double (*cache_B)(const void *param, const ll_split *split, double seq);
} ll_block_type;

typedef struct ll_block {
    const ll_block_type *type;
    const void *param; /* [type->param_size] */
} ll_block;

#define LL_BLOCKS(X) X(attention) X(mla) X(mamba) X(ffn) X(moe) X(mtp) X(embedding) X(output)

#define LL_BLOCK_DECLARE(name) extern const ll_block_type ll_block_##name;
LL_BLOCKS(LL_BLOCK_DECLARE)
#undef LL_BLOCK_DECLARE

extern const ll_block_type *const ll_block_types[]; /* ended by NULL */

/* For a forward, backward or recompute without kernels. */
void ll_block_nothing(const void *param, const ll_split *split, ll_pass *pass);

/* Number of weights of a block, over all tp chips (experts: over all that hold them), copies
 * included. */
ll_weights ll_block_weights(const ll_block *block, double hidden, int64_t tp);
double ll_block_param(const ll_block *block, double hidden, int64_t tp); /* of both kinds */

/* ---- what blocks share ---- */

/* Append the forward GEMM of n_token rows with k x n weights, cut into n_part chunks; FP8 and FP4
 * weights are cast once per step. Returns the index of the kernel. */
int ll_block_gemm_forward(const ll_split *split, double n, double k, int n_part, ll_pass *pass);

/* Append its two GEMMs of the backward pass: the input gradient, cut into n_part chunks, and the
 * weight gradient, which the GEMM (grad_fusion) or a kernel of its own accumulates. Returns the
 * indices of both kernels. */
typedef struct ll_gradients {
    int input, weight; /* kernels */
} ll_gradients;
ll_gradients ll_block_gemm_backward(const ll_split *split, double n, double k, int n_part,
                                    ll_pass *pass);

/* The same for the experts on one chip: rows[n_group] rows, n x k weights each. Their weight
 * gradients are products of the mean of the rows. */
int ll_block_grouped_forward(const ll_split *split, int n_group, const double *rows, double n,
                             double k, ll_pass *pass);
void ll_block_grouped_backward(const ll_split *split, int n_group, const double *rows, double n,
                               double k, ll_pass *pass);

/* The same for a GEMM whose input is all-gathered. In the backward pass FP8 inputs are gathered
 * again, in one orientation, and must be transposed. */
ll_gradients ll_block_gathered_backward(const ll_split *split, double n, ll_pass *pass);

/* Append the tp transfers of a block: its first GEMM needs a gathered input, and the output of its
 * last one is reduced (and scattered). */
void ll_block_tp_forward(const ll_split *split, int first_gemm, int last_gemm, ll_pass *pass);
void ll_block_tp_backward(const ll_split *split, const ll_gradients *first,
                          const ll_gradients *last, ll_pass *pass);

#endif
