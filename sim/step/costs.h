/* Costs: how long the tasks of a graph take under an idealisation. */
#ifndef LL_STEP_COSTS_H
#define LL_STEP_COSTS_H

#include "sim/step/overlap.h"

typedef struct ll_task_cost {
    double kernels_s; /* what jitter stretches */
    double exposed_s; /* what the task waits for between its kernels, or a transfer's own time */
    /* How much longer the task is, over its length, while transfers between the replicas are on the
     * wire. */
    double slowed_frac;
    double cp_s;      /* part of exposed_s on the cp stream */
    double send_frac; /* of its length, in which a send between stages is on the wire */
    double n_part;    /* parts in which a task and those streamed from or to it overlap */
    /* RELEASES: the transfer that begins while the task runs; 0 if it does not overlap. */
    double released_s;
} ll_task_cost;

typedef struct ll_costs {
    const ll_task_cost *task; /* [n_cost] */
    double send_s;            /* between tasks with a send between them */
} ll_costs;

/* Kernels of all passes, for idealisations that differ in transfers only: [n_pass]. */
const ll_pass_cost *ll_costs_kernels(const ll_view *view, ll_arena *mem);

/* kernels: of the same idealisation. */
void ll_costs_make(const ll_view *view, const ll_pass_cost *kernels, ll_arena *mem, ll_costs *out);

#endif
