/* The cache of tasks by pipeline shape: ll_pipelines of sim/work/pipeline.h. */
#include "sim/work/pipeline.h"

typedef struct known {
    ll_pipeline
        pipeline; /* without its cost arrays, which follow from the shape and the first costs */
    int32_t first_forward, first_optimizer;
    ll_graph tasks; /* of a graph, only the tasks are filled */
    struct known *next;
} known;

struct ll_pipelines {
    ll_arena *mem;
    known *first;
};

ll_pipelines *ll_pipelines_create(ll_arena *mem)
{
    ll_pipelines *p = ll_arena_new(mem, ll_pipelines);
    p->mem = mem;
    return p;
}

static bool same_shape(const known *k, const ll_pipeline *b)
{
    const ll_pipeline *a = &k->pipeline;
    return a->schedule == b->schedule && a->pipe.n_stage == b->pipe.n_stage &&
           a->pipe.n_inter == b->pipe.n_inter && a->pipe.n_micro == b->pipe.n_micro &&
           a->overlap_sends == b->overlap_sends && a->lock_step == b->lock_step &&
           a->overlap_gather == b->overlap_gather && a->overlap_scatter == b->overlap_scatter &&
           a->cost.join == b->cost.join && a->cost.send == b->cost.send &&
           a->cost.tie == b->cost.tie && k->first_forward == b->cost.forward[0] &&
           k->first_optimizer == b->cost.optimizer[0];
}

static void tasks_take(const ll_graph *from, ll_graph *to)
{
    to->n_lane = from->n_lane;
    to->n_draw = from->n_draw;
    to->n_task = from->n_task;
    to->n_local = from->n_local;
    to->task = from->task;
    to->n_export = from->n_export;
    to->export = from->export;
}

ll_status ll_pipelines_tasks(ll_pipelines *pipelines, const ll_pipeline *p, ll_arena *mem,
                             ll_graph *out, ll_error *err)
{
    if (!pipelines) return ll_pipeline_tasks(p, mem, out, err);
    const known *k = pipelines->first;
    while (k && !same_shape(k, p))
        k = k->next;
    if (!k) {
        known *new = ll_arena_new(pipelines->mem, known);
        *new = (known){.pipeline = *p,
                       .first_forward = p->cost.forward[0],
                       .first_optimizer = p->cost.optimizer[0],
                       .next = pipelines->first};
        LL_TRY(ll_pipeline_tasks(p, pipelines->mem, &new->tasks, err));
        k = pipelines->first = new;
    }
    tasks_take(&k->tasks, out);
    return LL_OK;
}
