/* The tasks of a pipeline while they are placed: those of the passes, in the order of the schedule
 * (pipeline.c), and those of the weights before and after them (pipeline_weights.c). */
#ifndef LL_WORK_PIPELINE_PLACE_H
#define LL_WORK_PIPELINE_PLACE_H

#include "sim/work/pipeline.h"

enum { LL_N_DIRECTION = 3 }; /* of passes: forward, backward, weight gradients */

typedef struct ll_placing {
    const ll_pipeline *p;
    ll_task *task;
    int32_t n_task, cap;
    int64_t n_stage, n_chunk, n_micro;
    int64_t n_model;              /* chunks of one copy of the model */
    ll_slot **slot;               /* [n_stage][n_slot] */
    int64_t *n_slot, *next;       /* [n_stage]; next: the slot to be placed */
    int32_t *end[LL_N_DIRECTION]; /* [n_chunk * n_micro] task that ends the pass; -1: not placed */
    int64_t *left;                /* [n_chunk] slots that make weight gradients, not placed yet */
    int64_t *home;                /* [n_chunk] its stage */
    int32_t *held;                /* [n_chunk] number among the chunks of its stage */
    int32_t *gather;              /* [n_chunk] */
    int32_t *last_gather;         /* [n_stage] */
    int32_t *last;                /* [n_stage] its last task on the compute stream */
    int32_t *last_back;           /* [n_chunk] the task after which its gradients are complete */
    /* [n_stage] sends of this turn: bit 0 to the next stage, bit 1 to the previous one. */
    int8_t *sends;
    bool *started; /* [n_chunk] */
    bool splits;   /* the schedule splits backward passes */
} ll_placing;

/* One more task of the stage, which waits for nothing yet; returns its number. */
static inline int32_t ll_place(ll_placing *b, int64_t stage, ll_stream stream, int32_t cost)
{
    LL_ASSERT(b->n_task < b->cap, "%d tasks", b->n_task);
    b->task[b->n_task] = (ll_task){.dep = {-1, -1},
                                   .cost = cost,
                                   .draw = -1,
                                   .lane = (int32_t)stage,
                                   .stream = (uint16_t)stream};
    if (stream == LL_STREAM_COMPUTE) b->last[stage] = b->n_task;
    return b->n_task++;
}

/* One dp gather per chunk: each stage gathers the weights of its chunks one after the other, from
 * the start of the step on. */
void ll_place_weights(ll_placing *b);

/* The end of the step: dp transfers of gradients, the all-reduce of tied embeddings, and the
 * optimizer. */
void ll_place_update(ll_placing *b, ll_arena *mem);

#endif
