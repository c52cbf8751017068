/* Turns the slots of a pipeline schedule into the tasks of a graph. */
#ifndef LL_WORK_PIPELINE_H
#define LL_WORK_PIPELINE_H

#include "sim/schedule/schedule.h"
#include "sim/work/graph.h"

/* Costs of the tasks, as indices into ll_graph.cost. Arrays: [n_chunk], [n_lane] for the optimizer.
 */
typedef struct ll_pipeline_costs {
    const int32_t *forward, *backward, *input, *weight, *gather, *scatter, *optimizer;
    int32_t join, send, two_sends, tie; /* tie: -1 without tied embeddings */
    /* [n_chunk * n_held], by forward chunk and by which of its stage's chunks the backward pass
     * is of; NULL if the schedule has no pairs. */
    const int32_t *pair;
    /* [n_lane] gradients and weights to the other copy of the model, and back; NULL if there is one
     * copy. */
    const int32_t *copy;
} ll_pipeline_costs;

typedef struct ll_pipeline {
    const ll_schedule_type *schedule;
    ll_pipe pipe;
    ll_pipeline_costs cost;
    bool overlap_sends; /* false: a stage blocks until its send has ended */
    bool lock_step;     /* stages block in an exchange with both neighbours after each turn */
    bool overlap_gather, overlap_scatter;
} ll_pipeline;

/* A cache of tasks. They do not depend on costs, so a search over layouts builds the tasks of each
 * pipeline shape once. */
typedef struct ll_pipelines ll_pipelines;
ll_pipelines *ll_pipelines_create(ll_arena *mem); /* the cache lives in mem */

/* Fills the tasks of the graph: passes, pipeline sends, dp transfers of weights before and of
 * gradients after them, and the optimizer. Error LL_ERR_INTERNAL if the schedule deadlocks: a stage
 * waits for something that comes later in its own order. Not collective. */
ll_status ll_pipeline_tasks(const ll_pipeline *p, ll_arena *mem, ll_graph *out, ll_error *err);

/* The same from the cache, to which missing tasks are added; NULL: no cache, built in mem. */
ll_status ll_pipelines_tasks(ll_pipelines *pipelines, const ll_pipeline *p, ll_arena *mem,
                             ll_graph *out, ll_error *err);

/* Whether stages advance in lock-step. They do if the schedule has turns and is interleaved, sends
 * are not overlapped, and there are enough micro-batches to fill the pipeline (Megatron-LM of 2021
 * to 2023, schedules.py: send_forward_backward_recv_forward_backward). */
bool ll_pipeline_in_lock_step(const ll_schedule_type *schedule, const ll_pipe *pipe,
                              bool overlap_sends);

#endif
