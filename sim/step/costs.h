/* Costs: how long the tasks of a graph take under an idealisation, before jitter. */
#ifndef LL_STEP_COSTS_H
#define LL_STEP_COSTS_H

#include "sim/step/overlap.h"

typedef struct ll_task_cost {
    double kernels_s; /* time of its kernels, which jitter stretches */
    double exposed_s; /* exposed time of the transfers within it; of a transfer, its time */
    /* Relative slow-down of the task while dp transfers are on the wire: 0.1 is 10 % longer. */
    double slowed_frac;
    double cp_s;      /* part of exposed_s on the cp stream */
    double ep_s;      /* part of exposed_s on the ep stream */
    double send_frac; /* share of its time during which a pipeline send is on the wire */
    double n_part;    /* parts (layers, buckets) in which it is streamed */
    /* Of a task with LL_TASK_RELEASES: time of the dp transfer that begins while it runs; 0 if the
     * two do not overlap. */
    double released_s;
} ll_task_cost;

typedef struct ll_costs {
    const ll_task_cost *task; /* [n_cost] */
    double send_s;            /* one pipeline send: between a task and the one it delays */
} ll_costs;

/* Costs of the kernels of each pass: [n_pass], in mem. Idealisations that differ in transfers only
 * can share them. Not collective. */
const ll_pass_cost *ll_costs_kernels(const ll_view *view, ll_arena *mem);

/* Costs of all tasks of the view's graph, in mem. kernels: as ll_costs_kernels makes them for the
 * same idealisation. Not collective. */
void ll_costs_make(const ll_view *view, const ll_pass_cost *kernels, ll_arena *mem, ll_costs *out);

#endif
