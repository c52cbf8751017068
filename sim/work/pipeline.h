/* From the slots of a schedule to the tasks of a graph. */
#ifndef LL_WORK_PIPELINE_H
#define LL_WORK_PIPELINE_H

#include "sim/schedule/schedule.h"
#include "sim/work/graph.h"

/* What the tasks cost: indices into ll_graph.cost. Arrays: [n_chunk], [n_lane] for the optimizer.
 */
typedef struct ll_pipeline_costs {
    const int32_t *forward, *backward, *input, *weight, *gather, *scatter, *optimizer;
    int32_t join, send, two_sends, tie; /* tie: -1 if both ends share no matrix */
    /* [n_chunk * n_chunk], of a forward chunk and a backward chunk; NULL if the schedule has no
     * pairs. */
    const int32_t *pair;
} ll_pipeline_costs;

typedef struct ll_pipeline {
    const ll_schedule_type *schedule;
    ll_pipe pipe;
    ll_pipeline_costs cost;
    bool overlap_sends; /* else a stage blocks until its send is through */
    bool lock_step;     /* stages exchange with both neighbours after each turn, and wait for it */
    bool overlap_gather, overlap_scatter;
} ll_pipeline;

/* Tasks of pipelines that were built before. Their order says nothing of what they cost, so a
 * search over layouts builds the tasks of each shape of pipeline once. */
typedef struct ll_pipelines ll_pipelines;
ll_pipelines *ll_pipelines_create(ll_arena *mem); /* everything that it keeps lives in mem */

/* Fills the tasks of the graph: those of the stages' passes, of weights before and gradients after
 * them, and of the optimizer. Error LL_ERR_INTERNAL if the schedule blocks: a stage waits for what
 * comes later in its own order. */
ll_status ll_pipeline_tasks(const ll_pipeline *p, ll_arena *mem, ll_graph *out, ll_error *err);

/* The same out of `pipelines`, where they are built if they are not there; NULL: built in mem. */
ll_status ll_pipelines_tasks(ll_pipelines *pipelines, const ll_pipeline *p, ll_arena *mem,
                             ll_graph *out, ll_error *err);

/* Whether stages advance in lock-step: the schedule has turns, is interleaved, sends are not
 * overlapped, and there are enough micro-batches to fill the pipeline (Megatron-LM of 2021 to 2023,
 * schedules.py: send_forward_backward_recv_forward_backward). */
bool ll_pipeline_in_lock_step(const ll_schedule_type *schedule, const ll_pipe *pipe,
                              bool overlap_sends);

#endif
