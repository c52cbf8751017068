#include "sim/step/timeline.h"

const char *const ll_interval_names[] = {"forward",
                                         "backward",
                                         "input gradients",
                                         "weight gradients",
                                         "forward and backward",
                                         "once per step",
                                         "gather",
                                         "scatter",
                                         "send"};

typedef struct recorder {
    ll_timeline *out;
    int32_t *count; /* [n_lane][LL_N_INTERVAL_KIND] bars so far */
    int32_t cap;
} recorder;

static ll_interval_kind op_kind(const ll_graph *graph, int index)
{
    const ll_op *op = &graph->op[index];
    if (op->forward) return LL_INTERVAL_PAIR;
    if (op->half == LL_OP_INPUT) return LL_INTERVAL_INPUT_GRADIENT;
    if (op->half == LL_OP_WEIGHT) return LL_INTERVAL_WEIGHT_GRADIENT;
    for (int k = 0; k < graph->n_kind; k++)
        if (graph->kind[k].backward_op == index) return LL_INTERVAL_BACKWARD;
    return LL_INTERVAL_FORWARD;
}

static ll_interval_kind kind_of(const ll_graph *graph, const ll_cost_of *cost)
{
    switch (cost->kind) {
    case LL_COST_OP:
        return op_kind(graph, cost->index);
    case LL_COST_GATHER:
        return LL_INTERVAL_GATHER;
    case LL_COST_SCATTER:
    case LL_COST_TIE:
        return LL_INTERVAL_SCATTER;
    case LL_COST_SEND:
    case LL_COST_COPY:
        return LL_INTERVAL_SEND;
    case LL_COST_NONE:
    case LL_COST_KERNELS:
        break;
    }
    return LL_INTERVAL_ONCE;
}

static void span_add(void *self, const ll_graph *graph, const ll_span *span)
{
    recorder *r = self;
    ll_timeline *t = r->out;
    const ll_task *task = &graph->task[span->task];
    if (!(span->end_s > span->start_s)) return;
    if (t->n_interval == r->cap) {
        t->n_left++;
        return;
    }
    const ll_interval_kind kind = kind_of(graph, &graph->cost[task->cost]);
    t->interval[t->n_interval++] =
        (ll_interval){.stage = task->lane,
                      .stream = task->stream,
                      .kind = (uint16_t)kind,
                      .number = ++r->count[(int64_t)task->lane * LL_N_INTERVAL_KIND + (int)kind],
                      .start_s = span->start_s,
                      .end_s = span->end_s};
}

void ll_timeline_make(ll_ladder *ladder, ll_arena *mem, ll_timeline *out)
{
    const ll_graph *graph = ladder->graph;
    recorder r = {.out = out,
                  .count = ll_arena_array(mem, graph->n_lane * LL_N_INTERVAL_KIND, int32_t),
                  .cap = graph->n_task < LL_MAX_INTERVAL ? graph->n_task : LL_MAX_INTERVAL};
    const ll_sink sink = {span_add, &r};
    *out =
        (ll_timeline){.n_stage = graph->n_lane, .interval = ll_arena_fill(mem, r.cap, ll_interval)};
    ladder->sink = &sink;
    out->end_s = ll_ladder_time(ladder, LL_IDEAL_JITTER, -1);
    ladder->sink = NULL;
}
