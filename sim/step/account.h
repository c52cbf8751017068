/* The loss budget: where N chips' worth of work went.
 *
 * The iteration is evaluated along the ladder of causes of its workload; each rung removes one
 * cause more. For training:
 *
 *   real -> jitter -> link errors (of engine packet, if it has any) -> exchange -> contention
 *        -> software -> latency -> bandwidth (no transfers at all) -> routing -> bubble
 *        -> imbalance -> optimizer -> recompute -> router -> permute -> casts -> tiles
 *        -> launch -> memory -> kernels (at peak)
 *
 * Models without experts have no exchange, routing, router, permute, casts (which are in `memory`
 * then) and tiles.
 *
 * Effective chips of a rung = N * (work at peak speed) / (its step time); the loss of a cause is
 * what its rung gains over the rung before. Values are kept on a grid of 2^-30 chips, so that the
 * losses add up exactly, not just to rounding, to N - effective chips.
 *
 * A loss depends on its place in the ladder: idle time with two causes is charged to the one that
 * is removed last. `jitter` can be negative on few chips whose draws were fast, `link errors` where
 * lossy phases are extrapolated, and `contention` where `flow` finds less contention between
 * concurrent transfers than `closed` assumes. From `software` on, every rung only takes work or
 * waiting away, so none is negative. */
#ifndef LL_STEP_ACCOUNT_H
#define LL_STEP_ACCOUNT_H

#include "sim/comm/progress.h"
#include "sim/step/execute.h"
#include "sim/step/result.h"

/* Evaluates one graph with its prices under one idealisation after another; kernels are costed
 * again only by rungs that change them. */
typedef struct ll_ladder {
    const ll_study *study;
    const ll_graph *graph;
    const ll_graph *even; /* with all ranks equally full; = graph if they are */
    const ll_graph *lean; /* even, without activation recomputation; = even if there is none */
    const ll_prices *prices;
    ll_comm *comm;
    ll_arena *mem;
    ll_progress *progress; /* NULL: none */
    int64_t max_replica;   /* as in ll_run_mode; 0: all */
    const ll_sink *sink;   /* of the spans of ll_ladder_time; NULL: none */
    double ideal_s;        /* time of the work that counts, with all chips at their peak */
    unsigned kernels_of;   /* LL_IDEAL_*: what was idealised away when `kernels` were costed */
    const ll_pass_cost *kernels;
} ll_ladder;

/* Build and price the graph of a study, which is borrowed, as is the pricer. Everything lives in
 * mem. Collective. */
ll_status ll_ladder_make(const ll_study *study, ll_pricer *pricer, ll_comm *comm, ll_arena *mem,
                         ll_ladder *out, ll_error *err);

/* Time of an iteration in seconds, with the causes in `removes` (LL_IDEAL_*) removed and transfer
 * `free` (index into the graph's, -1: none) taking no time. Collective. */
double ll_ladder_time(ll_ladder *ladder, unsigned removes, int free);

/* Seconds that one micro-batch takes through a chunk, forward and backward, with nothing idealised,
 * on a chip of average speed. Not collective. */
void ll_ladder_chunk_s(ll_ladder *ladder, int64_t chunk, double *forward_s, double *backward_s);

/* Runs the ladder. Fills the step time, the losses, the effective chips, the efficiency and its
 * baselines, and the exposed time of each transfer. Collective. */
void ll_account(ll_ladder *ladder, ll_result *out);

#endif
