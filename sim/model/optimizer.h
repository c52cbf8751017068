/* The optimizer: Adam with 32-bit master weights and moments, as in Megatron-LM. Numbers in
 * brackets are bytes read and written per weight.
 *
 * All gradients are cleared, and scaled before the replicas reduce them. Of its shard, in 32 bits,
 * a chip then: copies gradients that have 16 bits; fp16: unscales them (8); computes their norm (4)
 * and clips them (8); runs Adam, which reads gradient, weight and two moments and writes the last
 * three (28); and casts the weights to 16 bits (6). Adam without fused kernels (plain PyTorch)
 * takes 80: moments 12 + 8 + 12, root and two scalings 24, weight decay 8, weights 16. */
#ifndef LL_MODEL_OPTIMIZER_H
#define LL_MODEL_OPTIMIZER_H

#include "sim/model/pass.h"

/* Append the kernels that update n_param weights of a chip; with ZeRO each replica updates its
 * shard. */
void ll_optimizer_pass(const ll_split *split, double n_param, ll_pass *pass);

#endif
