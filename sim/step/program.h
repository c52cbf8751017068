/* The program of a training step: what every chip computes and transfers, with durations.
 *
 * A chip runs micro-batches through its chunks. One *op* is one chunk, forward or backward, of one
 * micro-batch: kernels, and in between them transfers that nothing can hide. Transfers that something
 * can hide are described beside what hides them:
 *
 *   transfer      group     when                                  hidden by
 *   tp_gather     tp        2 per layer forward, 2 backward       overlap_tp: the product it feeds
 *                           2 more backward, of inputs            the products of their gradients
 *   tp_scatter    tp        2 per layer forward                   overlap_tp: the product before it
 *                           2 backward                            overlap_tp_grad: weight gradients
 *   tp_reduce     tp        instead of both, without sequence parallelism
 *   cp_gather     cp        keys and values, once per layer and direction    attention
 *   cp_scatter    cp        their gradients, once per layer, backward        attention
 *   pp_send       pp        between chunks of one micro-batch     other micro-batches (overlap_pp)
 *   pp_gather     tp        what came in parts (scatter_gather)   as pp_send
 *   dp_gather     dp x cp   weights of a chunk                    forward pass (overlap_param_gather)
 *   dp_scatter    dp x cp   gradients of a chunk                  backward pass (overlap_grad_reduce)
 *   dp_reduce     dp x cp   instead of both, for zero = 0
 *   tie_reduce    2         gradients of a vocabulary matrix that both     nothing
 *                           ends of the pipeline hold
 *   scale_reduce  tp cp dp  maxima of FP8 tensors after every op (shared_scales)    nothing
 *
 * Gathers of tp move what products read: one byte per value in FP8 (Transformer Engine: _all_gather_fp8);
 * scatters and reductions stay in 16 bits. What hiding costs: sim/step/exposed.h.
 * With zero = 3, weights are gathered per layer, forward and backward, and gradients scattered per
 * layer and micro-batch (fully sharded); with zero = 2 gradients are scattered per micro-batch.
 */
#ifndef LL_STEP_PROGRAM_H
#define LL_STEP_PROGRAM_H

#include "sim/step/result.h"
#include "sim/work/layer.h"
#include "sim/work/study.h"

typedef enum ll_transfer_kind {
    LL_TP_GATHER,
    LL_TP_SCATTER,
    LL_TP_REDUCE,
    LL_CP_GATHER,
    LL_CP_SCATTER,
    LL_PP_SEND,
    LL_PP_GATHER,
    LL_DP_GATHER,
    LL_DP_SCATTER,
    LL_DP_REDUCE,
    LL_TIE_REDUCE,
    LL_SCALE_REDUCE,
    LL_N_TRANSFER_KIND
} ll_transfer_kind;

typedef struct ll_transfer {
    const char *name;
    ll_collective collective;
    ll_group group;
    double
        size_B; /* of one call: see sim/collective/collective.h; 0: the job has no such transfer */
    double calls; /* per chip and step */
    ll_plan plan;
    /* Priced by the study's engine; the same without link errors; by `closed`, as if the fabric were
     * empty. */
    ll_cost cost, clean, alone;
    /* Slow-down while the dp (for tp) or tp (for dp) transfers run too, >= 1; without link errors. */
    double beside, clean_beside;
} ll_transfer;

typedef struct ll_program {
    const ll_study *study;
    int64_t n_chunk; /* V = pp * interleave */
    ll_transfer transfer[LL_N_TRANSFER_KIND];
    bool link_errors;      /* the engine has them */
    ll_price work;         /* facts of all phases that the engine has priced; no times */
    ll_engine_stats stats; /* the same, by name */
} ll_program;

/* What is idealised away; the rungs of the ladder switch these on one after the other. */
typedef struct ll_ideal {
    bool jitter, link_errors, contention, software, latency, bandwidth; /* between chips */
    bool bubble, imbalance, optimizer, recompute; /* of how the work is laid out */
    bool launch, memory, peak;                    /* of the kernels */
    unsigned free; /* bit k: transfer kind k takes no time (for one-by-one attribution) */
} ll_ideal;

/* What a transfer costs, and its slow-down beside others, under an idealisation. */
static inline const ll_cost *ll_transfer_cost(const ll_transfer *t, const ll_ideal *ideal)
{
    return ideal->contention ? &t->alone : ideal->link_errors ? &t->clean : &t->cost;
}
static inline double ll_transfer_beside(const ll_transfer *t, const ll_ideal *ideal)
{
    return ideal->contention ? 1 : ideal->link_errors ? t->clean_beside : t->beside;
}

/* Sizes, groups and plans of all transfers. Not collective. */
ll_status ll_program_build(const ll_study *study, ll_arena *mem, ll_program *out, ll_error *err);

/* Price all transfers by the study's engine and alone. Collective. */
ll_status ll_program_price(ll_program *program, ll_comm *comm, ll_arena *mem, ll_error *err);

/* Durations of the ops under an idealisation. */
typedef struct ll_durations {
    /* [n_chunk] each. compute_s is what jitter stretches; comm_s what the op waits for between its
     * kernels; beside_frac: how much longer the op is, over its length, while dp transfers run.
     * n_part: parts in which they run. */
    double *forward_compute_s, *backward_compute_s;
    double *forward_comm_s, *backward_comm_s;
    double *forward_beside_frac, *backward_beside_frac;
    double *gather_s, *scatter_s; /* dp transfers of the chunk, once per step; 0 if per layer */
    double *n_part;
    double send_s;       /* pp_send, pp_gather */
    double tie_s;        /* tie_reduce, after the gradients of both ends */
    double *optimizer_s; /* [pp] */
} ll_durations;

void ll_program_durations(const ll_program *program, const ll_ideal *ideal, ll_arena *mem,
                          ll_durations *out);

#endif
