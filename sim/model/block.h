/* The seam of blocks: what a layer is made of. A block answers for itself: its keys, its weights,
 * its work, what it keeps for the backward pass, and the kernels and transfers of one micro-batch
 * on one chip.
 *
 * A layer is a sequence of blocks, each with a norm before it and a residual addition after it
 * (sim/model/layer.h). The vocabulary's two ends are blocks too. */
#ifndef LL_MODEL_BLOCK_H
#define LL_MODEL_BLOCK_H

#include "sim/base/fault.h"
#include "sim/base/key.h"
#include "sim/model/pass.h"

enum { LL_MAX_MATRIX = 16 };

/* Weight matrices in the order in which the forward pass uses them: weights of each, on all chips
 * together. */
typedef struct ll_matrices {
    int n;
    double n_weight[LL_MAX_MATRIX];
} ll_matrices;

/* Work that counts, of one token, forward, in FLOP (a multiply-add is 2). Attention scores of all
 * `seq` keys; of those a causal block counts the share `score_frac`. */
typedef struct ll_flop {
    double gemm_flop, score_flop, score_frac;
} ll_flop;

typedef struct ll_block_type {
    const char *name, *doc;
    const ll_key *keys; /* of the group `model`, ended by {0} */
    size_t param_size;
    /* Whether the block can be split so; split NULL: whether its parameters fit each other. Pure.
     */
    bool (*legal)(const void *param, const ll_split *split, ll_faults *why);
    void (*matrices)(const void *param, double hidden, ll_matrices *out);
    ll_flop (*flop)(const void *param, double hidden, double seq);
    /* Bytes that the backward pass needs of one micro-batch on one chip (Korthikanti et al. 2022).
     */
    double (*kept_B)(const void *param, const ll_split *split);
    /* Append the kernels and transfers of one micro-batch. `recompute` is what selective
     * recomputation repeats in the backward pass. */
    void (*forward)(const void *param, const ll_split *split, ll_pass *pass);
    void (*backward)(const void *param, const ll_split *split, ll_pass *pass);
    void (*recompute)(const void *param, const ll_split *split, ll_pass *pass);
} ll_block_type;

typedef struct ll_block {
    const ll_block_type *type;
    const void *param; /* [type->param_size] */
} ll_block;

#define LL_BLOCKS(X)           X(attention) X(ffn) X(embedding) X(output)
#define LL_BLOCK_DECLARE(name) extern const ll_block_type ll_block_##name;
LL_BLOCKS(LL_BLOCK_DECLARE)
#undef LL_BLOCK_DECLARE

extern const ll_block_type *const ll_block_types[]; /* ended by NULL */

/* A slot that has nothing to do. */
void ll_block_nothing(const void *param, const ll_split *split, ll_pass *pass);

/* Weights of a block, on all chips together. */
double ll_block_param(const ll_block *block, double hidden);

/* ---- what blocks share ---- */

/* A GEMM of `n_token` rows with k x n weights, forward: FP8 and FP4 weights are cast once a step.
 * Returns its kernel. */
int ll_block_gemm_forward(const ll_split *split, double n, double k, int n_part, ll_pass *pass);

/* Its two GEMMs backward: by the weights for the gradient of the input, cut into n_part chunks, and
 * by the input for that of the weights; gradients of weights are added to the buffer of the step by
 * the GEMM (grad_fusion), or by a kernel of their own. */
typedef struct ll_gradients {
    int input, weight; /* kernels */
} ll_gradients;
ll_gradients ll_block_gemm_backward(const ll_split *split, double n, double k, int n_part,
                                    ll_pass *pass);

/* The same for a GEMM whose input is gathered: FP8 inputs that arrive again come in one
 * orientation. */
ll_gradients ll_block_gathered_backward(const ll_split *split, double n, ll_pass *pass);

/* Transfers of a block whose first GEMM gathers its input over tp and whose last one scatters its
 * output. */
void ll_block_tp_forward(const ll_split *split, int first_gemm, int last_gemm, ll_pass *pass);
void ll_block_tp_backward(const ll_split *split, const ll_gradients *first,
                          const ll_gradients *last, ll_pass *pass);

#endif
