/* ZeRO-3 as DeepSpeed had it in 2021 (partition_parameters.py, stage3.py): gather_lists = true. All
 * that is special about it stands here.
 *
 * Each matrix is gathered by itself, into a list of the replicas' parts: the host makes a view of
 * every part and launches a copy for it (2 calls for each replica), the device clears the matrix,
 * gathers it in a buffer and copies it out (2 + 4 B per weight), and the host waits for the device
 * before it goes on. Gradients of each tensor, biases and norms too, are scattered by a call of
 * their own from such a list (a flat view, a part of it and a copy for each replica, 4 B per
 * weight). A matrix is given back after use unless less than a billion weights are used before it
 * is needed again (stage3_max_reuse_distance): where the backward pass computes a large layer
 * again, matrices are gathered once for that and once more for gradients, but for the last.
 *
 * From memory of the sources, and marked so where it is used. */
#ifndef LL_WORK_ZERO_LISTS_H
#define LL_WORK_ZERO_LISTS_H

#include "sim/model/layer.h"

/* Calls in which the weights of a sharded layer are gathered, and its gradients scattered: one, or
 * with lists one for each matrix. */
int ll_zero_layer_calls(const ll_layers *run, const ll_split *split);

/* Matrices of a layer that are gathered once more when the layer has been computed again: how many,
 * and their share of its weights. */
typedef struct ll_regather {
    int n;
    double frac;
} ll_regather;
ll_regather ll_zero_regather(const ll_layers *run, const ll_split *split);

/* What lists cost a layer and pass, beside the transfers themselves. again: the pass computes the
 * layer again. */
typedef struct ll_list_cost {
    double n_host_call;  /* calls of the host, each of chip.host_call_s */
    int n_empty_scatter; /* scatters of next to no bytes */
    double streamed_B;   /* per chip */
} ll_list_cost;
ll_list_cost ll_zero_list_cost(const ll_layers *run, const ll_split *split, bool backward,
                               bool again);

/* Weights, on all tp chips together, that a sharded stage holds whole at once: without lists the
 * running layer and its neighbour, and the vocabulary matrices; with lists one matrix, as it
 * arrives, and where it is copied to. */
double ll_zero_whole_param(const ll_layers *run, const ll_split *split, int n_vocab,
                           double vocab_param);

#endif
