#include "sim/work/pipeline_place.h"

void ll_place_weights(ll_placing *b)
{
    for (int64_t s = 0; s < b->n_stage; s++)
        for (int64_t k = 0; k < b->p->schedule->n_held(&b->p->pipe); k++) {
            const int64_t v = b->p->schedule->chunk(&b->p->pipe, s, k);
            b->gather[v] = b->last_gather[s] = ll_place(b, s, LL_STREAM_DP, b->p->cost.gather[v]);
        }
}

/* Of the chunks of a stage, the one whose gradients are complete next after a task; -1: none. */
static int64_t next_done(const ll_placing *b, int64_t stage, int32_t after)
{
    int64_t next = -1;
    for (int64_t k = 0; k < b->p->schedule->n_held(&b->p->pipe); k++) {
        const int64_t v = b->p->schedule->chunk(&b->p->pipe, stage, k);
        if (b->last_back[v] > after && (next < 0 || b->last_back[v] < b->last_back[next])) next = v;
    }
    return next;
}

/* The dp transfers of a stage's gradients, in the order in which its chunks complete them. Returns
 * a join after all of them. */
static int32_t place_gradients(ll_placing *b, int64_t stage)
{
    int32_t last = -1, done = -1;
    for (int64_t v; (v = next_done(b, stage, done)) >= 0; done = b->last_back[v]) {
        last = ll_place(b, stage, LL_STREAM_DP, b->p->cost.scatter[v]);
        b->task[last].dep[1] = b->p->overlap_scatter ? b->last_back[v] : b->last[stage];
        if (b->p->overlap_scatter) b->task[last].flags |= LL_TASK_STREAMED;
    }
    const int32_t ready = ll_place(b, stage, LL_STREAM_PP, b->p->cost.join);
    b->task[ready].dep[0] = last;
    b->task[ready].dep[1] = b->last[stage];
    return ready;
}

/* Two copies of the model: a stage has the gradients of its chunks when it has exchanged them with
 * the stage that holds the copies, which is as far from the other end. */
static void place_copies(ll_placing *b, int32_t *ready)
{
    const int32_t first = b->n_task;
    for (int64_t s = 0; s < b->n_stage; s++) {
        const int32_t task = ll_place(b, s, LL_STREAM_PP, b->p->cost.copy[s]);
        b->task[task].dep[0] = ready[s];
        b->task[task].dep[1] = ready[b->n_stage - 1 - s];
    }
    for (int64_t s = 0; s < b->n_stage; s++)
        ready[s] = first + (int32_t)s;
}

void ll_place_update(ll_placing *b, ll_arena *mem)
{
    const int64_t last = b->n_stage - 1;
    int32_t *ready = ll_arena_array(mem, b->n_stage, int32_t), tie = -1;
    for (int64_t s = 0; s < b->n_stage; s++)
        ready[s] = place_gradients(b, s);
    if (b->p->cost.copy) place_copies(b, ready);
    if (b->p->cost.tie >= 0) {
        tie = ll_place(b, 0, LL_STREAM_PP, b->p->cost.tie);
        b->task[tie].dep[0] = ready[0];
        b->task[tie].dep[1] = ready[last];
    }
    for (int64_t s = 0; s < b->n_stage; s++) {
        const int32_t task = ll_place(b, s, LL_STREAM_COMPUTE, b->p->cost.optimizer[s]);
        b->task[task].dep[0] = tie >= 0 && (s == 0 || s == last) ? tie : ready[s];
    }
}
