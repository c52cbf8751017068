/* Fused pairs: how long a forward and a backward pass take that run together.
 *
 * The layers of both are interleaved so that, while tokens of one are on the wire, kernels of the
 * other run: layer i of the forward chunk with the i-th last of the backward chunk. A stream of
 * kernels and a stream of exchanges each run what they have in this order (DeepSeek-V3 technical
 * report, arXiv 2412.19437, section 3.2.1 and figure 4; Megatron-LM d98e8a6,
 * model_chunk_schedule_plan.py, TransformerLayerSchedulePlan.run; F: forward, B: gradients of
 * inputs, W: of weights):
 *
 *   exchanges    combine B    dispatch F     dispatch B        combine F
 *   kernels      attention F  experts B, W   experts F         attention B, W
 *
 * where combine B takes gradients of results out to the experts, and dispatch B those of tokens
 * back.
 * A kernel waits for the exchange that brings its input, and an exchange for the kernels that make
 * what it sends: attention F -> dispatch F -> experts F -> combine F -> attention F of the next
 * layer, and combine B -> experts B -> dispatch B -> attention B -> combine B of the layer before.
 * W waits for nothing. "Attention" are all kernels of a layer outside of its exchanges: norms,
 * router, a dense network, and shared experts (Megatron-LM: fine_grained_callables.py). While an
 * exchange runs, kernels beside it are slower by the multiprocessors that it holds (H of
 * sim/step/overlap.h), or with job.reserve_exchange all the time. The layers that one pass has more
 * than the other run alone, in the same order.
 *
 * With the lengths of the 40 phases of a published timeline this gives 128.1 ms of 129.0
 * (tests/physics/pairs.c).
 *
 * Exchanges of tokens alone have a stream of their own. Transfers of tensor or context parallelism
 * are waited for in the stream of kernels, and add what they expose in a pass that runs alone. */
#ifndef LL_STEP_PAIRS_H
#define LL_STEP_PAIRS_H

#include "sim/step/overlap.h"

/* A layer of one of the passes. Forward passes have no weight gradients. */
typedef struct ll_pair_layer {
    double attention_s, attention_weight_s; /* kernels outside of its exchanges */
    double experts_s, experts_weight_s;     /* kernels between its exchanges */
    ll_overlap out, back;                   /* exchanges to the experts and from them */
} ll_pair_layer;

/* Seconds from the start of both passes to the end of both. forward: [n_forward] layers in the
 * order of the model, backward: [n_backward] in the order in which they run. mem: scratch, left as
 * it was. Not collective. */
double ll_pair_s(int n_forward, const ll_pair_layer *forward, int n_backward,
                 const ll_pair_layer *backward, ll_arena *mem);

/* What a pair takes longer than its kernels: exposed transfers, and kernels that exchanges slow
 * down. cost: [n_pass]; exposed: [n_pass], of whole passes that run alone. mem: scratch, left as it
 * was. Not collective. */
ll_exposed ll_pair_exposed(const ll_view *view, const ll_op *pair, const ll_pass_cost *cost,
                           const ll_exposed *exposed, ll_arena *mem);

#endif
