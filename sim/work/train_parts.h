/* What the graph of a training step is made of: its transfers, and the passes of its layers.
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
 *   edp gather, edp scatter, edp reduce    edp: the same for experts, among their own replicas
 *   ep dispatch   ep        tokens to their experts, forward; gradients of results, backward
 *   ep combine    ep        results back, forward; gradients of tokens, backward
 *                           overlap_shared: shared experts; overlap_exchange: a pair's other pass
 *   etp gather, etp scatter    etp: rows of the chips that share an expert
 *   tie reduce    2         gradients of a vocabulary matrix that both     nothing
 *                           ends of the pipeline hold
 *   copy send     2         gradients and weights of two copies of the     nothing
 *                           model (schedule dualpipe), once per step
 *   scale reduce  tp cp dp  maxima of FP8 tensors after every pass (shared_scales)    nothing
 *
 * Blocks declare the transfers within a layer (tp, cp); all others are declared here. With zero =
 * 3, weights are gathered per layer, forward and backward, and gradients scattered per layer and
 * micro-batch (fully sharded); with zero = 2 gradients are scattered per micro-batch. Without
 * backward_prefetch, the weights of a layer are gathered for its backward pass only when that of
 * the layer before has ended (PyTorch FSDP: BACKWARD_POST), so the gather is exposed. */
#ifndef LL_WORK_TRAIN_PARTS_H
#define LL_WORK_TRAIN_PARTS_H

#include "sim/work/chunks.h"
#include "sim/work/stack.h"
#include "sim/work/study.h"

typedef struct ll_train_parts {
    const ll_study *study;
    const ll_model *model;
    const ll_layout *layout;
    const ll_stack *stack; /* the study's, with what the rung removes */
    ll_split split;
    ll_arena *mem;
    ll_graph *graph;
    double n_micro;
    ll_chunk_kinds kinds;
    ll_weights mean_param;    /* weights of an average chunk */
    ll_weights layer_param;   /* weights of an average layer, on all chips that hold a part of it */
    const ll_shards **shards; /* [n_pass] */
    int *layer_pass[2];       /* forward, backward: [n_run] */
    int embedding_pass[2], output_pass[2], scale_pass; /* -1: none */
} ll_train_parts;

/* Fills the graph but for its ops and its tasks: passes, transfers, and what is on the wire
 * together (sets of streams). `removes`: what the rung removes. */
ll_train_parts ll_train_parts_of(const ll_study *study, unsigned removes, ll_arena *mem,
                                 ll_graph *out);

/* One more pass of the graph, without kernels; *index: its number. */
ll_pass *ll_train_pass_new(ll_train_parts *b, int precision, int *index);

#endif
