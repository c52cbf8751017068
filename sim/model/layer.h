/* A layer: blocks in order, a norm before each and a residual addition after it.
 *
 * Bytes of a kernel are what it reads from and writes to memory. Kernels are fused where libraries
 * fuse them, and nothing stays in caches between kernels. Software without fused attention (before
 * mid 2022: fused_attention = false) also had dropout, with masks, and added biases in kernels of
 * their own.
 *
 * Plain PyTorch (eager = true) has more kernels in the backward pass: the gradients of queries,
 * keys and values are concatenated, and those of biases and of the weights of norms have kernels of
 * their own. FSDP keeps a layer's weights in one flat tensor, so their gradients are concatenated
 * too, and divided by the number of replicas before they are reduced. */
#ifndef LL_MODEL_LAYER_H
#define LL_MODEL_LAYER_H

#include "sim/model/block.h"

enum { LL_MAX_BLOCK = 4 };

/* `n_layer` equal layers. */
typedef struct ll_layers {
    int64_t n_layer;
    int n_block;
    ll_block block[LL_MAX_BLOCK];
} ll_layers;

/* Number of weights of one layer, norms included, over all tp chips, copies included (block.h);
 * tp = 1: that of the model. */
ll_weights ll_layer_weights(const ll_layers *run, double hidden, int64_t tp);
/* The same by how they lie: experts that are laid out as the rest (ep = 1, etp = tp) are reduced
 * and sharded with it, and count as dense (Megatron-LM: parameters without expert parallelism). */
ll_weights ll_layer_laid(const ll_layers *run, double hidden, int64_t tp, const ll_experts *e);
double ll_layer_param(const ll_layers *run, double hidden, int64_t tp); /* of both kinds */

/* Weight matrices of a layer, in the order of the forward pass. */
void ll_layer_matrices(const ll_layers *run, double hidden, int64_t tp, ll_matrices *out);

/* Append the kernels and transfers of one micro-batch on one chip. The backward pass includes
 * recomputation. */
void ll_layer_forward(const ll_layers *run, const ll_split *split, ll_pass *pass);
void ll_layer_backward(const ll_layers *run, const ll_split *split, ll_pass *pass);

/* Append the kernels and transfers of a serving iteration. */
void ll_layer_serve(const ll_layers *run, const ll_split *split, ll_pass *pass);

/* Bytes that a token of a request of `seq` tokens takes in the KV cache, on one chip. */
double ll_layer_cache_B(const ll_layers *run, const ll_split *split, double seq);

/* Bytes of activations of one micro-batch that one chip keeps for the backward pass. */
double ll_layer_kept_B(const ll_layers *run, const ll_split *split);

/* Append the backward pass of a norm: two tensors read, one written. If it is not fused (eager),
 * the gradient of its weights reads both again in a kernel of its own. Then the gradient of the
 * residual is added. */
void ll_layer_norm_backward(const ll_split *split, ll_pass *pass);

#endif
