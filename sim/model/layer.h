/* A layer: blocks in order, a norm before each and a residual addition after it.
 *
 * Bytes are what has to pass the memory, in kernels that are fused where libraries fuse them, with
 * operands that do not stay in the caches. Software of before fused attention (mid 2022:
 * fused_attention = false) also had dropout, with masks, and added biases in kernels of their own.
 *
 * Plain PyTorch (eager = true) needs more kernels backward: gradients of queries, keys and values
 * are concatenated (they were split), those of biases are summed up, those of the norms' weights
 * have a kernel of their own. FSDP keeps a layer's weights as one tensor and splits it, so its
 * gradients are concatenated too, and divided by the number of replicas before they are sent. */
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

/* Weights of one layer, norms included, on all chips together. */
double ll_layer_param(const ll_layers *run, double hidden);

/* Matrices of a layer, in the order of the forward pass. */
void ll_layer_matrices(const ll_layers *run, double hidden, ll_matrices *out);

/* One micro-batch on one chip. The backward pass includes what is computed again. */
void ll_layer_forward(const ll_layers *run, const ll_split *split, ll_pass *pass);
void ll_layer_backward(const ll_layers *run, const ll_split *split, ll_pass *pass);

/* Bytes of one micro-batch that the backward pass needs, on one chip. */
double ll_layer_kept_B(const ll_layers *run, const ll_split *split);

/* A norm, backward: two tensors in, one out; the gradient of its weights reads both again in a
 * kernel of its own where software does not fuse it; then the sum with the residual's gradient. */
void ll_layer_norm_backward(const ll_split *split, ll_pass *pass);

#endif
