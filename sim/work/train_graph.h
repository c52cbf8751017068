/* The graph of a training step.
 *
 *   transfer      group     when                                  overlapped with
 *   tp gather     tp        2 per layer forward, 2 backward       overlap_tp: the GEMM it feeds
 *                           2 more backward, of inputs            the GEMMs of their gradients
 *   tp scatter    tp        2 per layer forward                   overlap_tp: the GEMM before it
 *                           2 backward                            overlap_tp_grad: weight gradients
 *   tp reduce     tp        instead of both, without sequence parallelism
 *   cp gather     cp        keys and values, once per layer and direction    attention
 *   cp scatter    cp        their gradients, once per layer, backward        attention
 *   pp send       pp        between chunks of one micro-batch     other micro-batches (overlap_pp)
 *   pp gather     tp        what came in parts (scatter_gather)   as pp send
 *   dp gather     dp x cp   weights of a chunk                    overlap_param_gather: forward
 *   dp scatter    dp x cp   gradients of a chunk                  overlap_grad_reduce: backward
 *   dp reduce     dp x cp   instead of both, for zero = 0
 *   tie reduce    2         gradients of a vocabulary matrix that both     nothing
 *                           ends of the pipeline hold
 *   scale reduce  tp cp dp  maxima of FP8 tensors after every pass (shared_scales)    nothing
 *
 * Blocks declare the transfers within a layer (tp, cp); all others are declared here. With zero =
 * 3, weights are gathered per layer, forward and backward, and gradients scattered per layer and
 * micro-batch (fully sharded); with zero = 2 gradients are scattered per micro-batch. Without
 * backward_prefetch, the weights of a layer are gathered for its backward pass only when that of
 * the layer before has ended (PyTorch FSDP: BACKWARD_POST), so the gather is exposed. */
#ifndef LL_WORK_TRAIN_GRAPH_H
#define LL_WORK_TRAIN_GRAPH_H

#include "sim/work/study.h"

ll_status ll_train_graph(const ll_study *study, unsigned removes, ll_arena *mem, ll_graph *out,
                         ll_error *err);

/* Which collectives a training step has; ll_workload_type.collectives of `train`. */
unsigned ll_train_collectives(const ll_study *study, ll_arena *mem);

#endif
