/* ZeRO-3 as in DeepSpeed of 2021 (partition_parameters.py, stage3.py): gather_lists = true. All
 * code that is special to it is here.
 *
 * Each matrix is gathered by itself, into a list of the replicas' parts: the host makes a view of
 * every part and launches a copy for it (2 host calls for each replica); the device clears the
 * matrix, gathers it into a buffer and copies it out (2 + 4 B per weight); and the host waits for
 * the device. The gradient of each tensor, biases and norms too, is reduce-scattered by a call of
 * its own from such a list (3 host calls for each replica: a flat view, a part of it, a copy; 4 B
 * per weight). A matrix is released after use unless fewer than a billion weights are used before
 * it is needed again (stage3_max_reuse_distance). So where the backward pass recomputes a large
 * layer, its matrices are gathered once for that and once more for gradients, except those that are
 * used again soon enough.
 *
 * The sources are quoted from memory, which is noted where a number of theirs is used. */
#ifndef LL_WORK_ZERO_LISTS_H
#define LL_WORK_ZERO_LISTS_H

#include "sim/model/layer.h"

/* Number of calls that gather the weights of a layer, or scatter its gradients: one, or with lists
 * one for each matrix. */
int ll_zero_layer_calls(const ll_layers *run, const ll_split *split);

/* Matrices of a layer that are gathered once more after the layer was recomputed: how many, and
 * their share of the layer's weights. */
typedef struct ll_regather {
    int n;
    double frac;
} ll_regather;
ll_regather ll_zero_regather(const ll_layers *run, const ll_split *split);

/* What lists cost per layer and pass, beside the transfers themselves. again: the pass recomputes
 * the layer. */
typedef struct ll_list_cost {
    double n_host_call;  /* host calls, each of chip.host_call_s */
    int n_empty_scatter; /* scatters with hardly any bytes: biases and norms */
    double streamed_B;   /* bytes that kernels read and write, per chip */
} ll_list_cost;
ll_list_cost ll_zero_list_cost(const ll_layers *run, const ll_split *split, bool backward,
                               bool again);

/* ZeRO-3: number of weights, over all tp chips, that a stage holds unsharded at once. Without
 * lists: the running layer, the prefetched one, and the vocabulary matrices. With lists: the
 * largest matrix twice, in the buffer that it arrives in and the one it is copied to. */
double ll_zero_whole_param(const ll_layers *run, const ll_split *split, int n_vocab,
                           double vocab_param);

#endif
