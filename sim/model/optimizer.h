/* The update of the weights: Adam with 32-bit master weights and moments, as Megatron-LM does it.
 *
 * Of all gradients: cleared, and scaled before replicas are added up. Of the chip's shard, in 32
 * bits: copied if they have 16; fp16: unscaled (8); their norm (4), clipped (8); Adam reads
 * gradient, weights and two moments and writes the last three (28); weights to 16 bits (6).
 * PyTorch's Adam without fused kernels: moments 12 + 8 + 12, root, two times scaled 24, decay 8,
 * weights 16: 80. */
#ifndef LL_MODEL_OPTIMIZER_H
#define LL_MODEL_OPTIMIZER_H

#include "sim/model/pass.h"

/* Append the update of n_param weights that the chip computes with; the optimizer's are sharded
 * over replicas. */
void ll_optimizer_pass(const ll_split *split, double n_param, ll_pass *pass);

#endif
