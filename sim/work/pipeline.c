#include "sim/work/pipeline_place.h"

#include <string.h>

enum { FORWARD, BACKWARD, WEIGHT };

static int64_t at(const ll_placing *b, int64_t chunk, int64_t micro)
{
    return chunk * b->n_micro + micro;
}

/* Whether it is the first or the last chunk of a copy of the model. */
static bool is_first(const ll_placing *b, int64_t v) { return v == 0 || v == b->n_model; }
static bool is_last(const ll_placing *b, int64_t v)
{
    return v + 1 == b->n_model || v + 1 == b->n_chunk;
}

/* The task whose output a pass needs; -1: none, -2: not placed yet. *sent: the output comes from
 * another stage by a pipeline send. */
static int32_t input_of(const ll_placing *b, ll_slot_kind kind, int64_t chunk, int64_t micro,
                        bool *sent)
{
    *sent = false;
    /* its stage has run the half for input gradients */
    if (kind == LL_SLOT_BACKWARD_WEIGHT) return -1;
    const bool forward = kind == LL_SLOT_FORWARD;
    const int64_t before = forward ? chunk - 1 : chunk + 1;
    int32_t task;
    if (forward && is_first(b, chunk)) return -1;
    if (!forward && is_last(b, chunk)) { /* after the loss: its own forward pass */
        task = b->end[FORWARD][at(b, chunk, micro)];
    } else {
        task = b->end[forward ? FORWARD : BACKWARD][at(b, before, micro)];
        *sent = b->home[before] != b->home[chunk];
    }
    return task < 0 ? -2 : task;
}

static void depend(ll_placing *b, int32_t task, int32_t on, bool sent)
{
    ll_task *t = &b->task[task];
    const int k = t->dep[0] >= 0 ? 1 : 0;
    LL_ASSERT(t->dep[k] < 0, "task %d has three dependencies", task);
    t->dep[k] = on;
    if (sent && b->p->overlap_sends && !b->p->lock_step)
        t->flags = (uint16_t)(t->flags | (k ? LL_TASK_DELAYED_1 : LL_TASK_DELAYED_0));
}

/* The first forward pass of a chunk streams from the gather of its weights. */
static void depend_on_weights(ll_placing *b, int64_t stage, int32_t task, int64_t chunk)
{
    ll_task *t = &b->task[task];
    if (b->started[chunk]) return;
    b->started[chunk] = true;
    t->dep[1] = b->p->overlap_gather ? b->gather[chunk] : b->last_gather[stage];
    if (b->p->overlap_gather) t->flags |= LL_TASK_STREAMED;
}

/* Counts the passes that make gradients of the chunk; after the last one they are complete. */
static void release_gradients(ll_placing *b, int32_t task, int64_t chunk)
{
    if (--b->left[chunk] > 0) return;
    b->task[task].flags |= LL_TASK_RELEASES;
    b->last_back[chunk] = task;
}

static int32_t cost_of(const ll_placing *b, const ll_slot *s)
{
    const ll_pipeline_costs *c = &b->p->cost;
    switch (s->kind) {
    case LL_SLOT_FORWARD:
        return c->forward[s->chunk];
    case LL_SLOT_BACKWARD:
        return c->backward[s->chunk];
    case LL_SLOT_BACKWARD_INPUT:
        return c->input[s->chunk];
    case LL_SLOT_BACKWARD_WEIGHT:
        return c->weight[s->chunk];
    case LL_SLOT_PAIR:
        break;
    }
    return c->pair[s->chunk * b->p->schedule->n_held(&b->p->pipe) + b->held[s->back_chunk]];
}

static bool sends_on(const ll_placing *b, bool forward, int64_t chunk)
{
    if (forward ? is_last(b, chunk) : is_first(b, chunk)) return false;
    return b->home[forward ? chunk + 1 : chunk - 1] != b->home[chunk];
}

/* Notes the task that ends a pass; without overlap_sends that is the send after it. */
static void ends(ll_placing *b, int64_t stage, int32_t task, bool forward, int64_t chunk,
                 int64_t micro)
{
    int32_t last = task;
    if (sends_on(b, forward, chunk)) {
        b->sends[stage] = (int8_t)(b->sends[stage] | (forward ? 1 : 2));
        if (!b->p->overlap_sends && !b->p->lock_step)
            last = ll_place(b, stage, LL_STREAM_COMPUTE, b->p->cost.send);
    }
    b->end[forward ? FORWARD : BACKWARD][at(b, chunk, micro)] = last;
}

static int32_t draw_of(const ll_placing *b, const ll_slot *s)
{
    const int64_t i = at(b, s->chunk, s->micro);
    if (s->kind == LL_SLOT_BACKWARD_WEIGHT) return (int32_t)(2 * b->n_chunk * b->n_micro + i);
    return (int32_t)(2 * i + (s->kind != LL_SLOT_FORWARD && s->kind != LL_SLOT_PAIR));
}

/* Place a slot; false if a task that it depends on is not placed yet. */
static bool place_slot(ll_placing *b, int64_t stage, const ll_slot *s)
{
    const bool pair = s->kind == LL_SLOT_PAIR;
    const ll_slot_kind kind = pair ? LL_SLOT_FORWARD : s->kind;
    bool sent, back_sent = false;
    const int32_t on = input_of(b, kind, s->chunk, s->micro, &sent);
    const int32_t back_on =
        pair ? input_of(b, LL_SLOT_BACKWARD, s->back_chunk, s->back_micro, &back_sent) : -1;
    if (on == -2 || back_on == -2) return false;
    const int32_t task = ll_place(b, stage, LL_STREAM_COMPUTE, cost_of(b, s));
    b->task[task].draw = draw_of(b, s);
    if (on >= 0) depend(b, task, on, sent);
    if (back_on >= 0) depend(b, task, back_on, back_sent);
    if (kind == LL_SLOT_FORWARD && !pair) depend_on_weights(b, stage, task, s->chunk);
    if (kind == LL_SLOT_BACKWARD || kind == LL_SLOT_BACKWARD_WEIGHT)
        release_gradients(b, task, s->chunk);
    if (pair) release_gradients(b, task, s->back_chunk);
    if (kind != LL_SLOT_BACKWARD_WEIGHT)
        ends(b, stage, task, kind == LL_SLOT_FORWARD, s->chunk, s->micro);
    if (pair) ends(b, stage, task, false, s->back_chunk, s->back_micro);
    return true;
}

/* The fast path of place_slot, as a search places thousands of pipelines: a whole forward or
 * backward pass, with overlapped sends. */
static inline bool place_pass(ll_placing *b, int64_t stage, const ll_slot *s)
{
    const bool forward = s->kind == LL_SLOT_FORWARD;
    const int64_t i = at(b, s->chunk, s->micro);
    const bool first = forward ? is_first(b, s->chunk) : is_last(b, s->chunk);
    const int32_t *ends = b->end[forward || first ? FORWARD : BACKWARD];
    const int32_t on = forward && first ? -1
                                        : ends[first     ? i
                                               : forward ? i - b->n_micro
                                                         : i + b->n_micro];
    if (on < 0 && !(forward && first)) return false;
    const int32_t task = b->n_task++;
    b->task[task] =
        (ll_task){.dep = {on, -1},
                  .cost = (forward ? b->p->cost.forward : b->p->cost.backward)[s->chunk],
                  .draw = (int32_t)(2 * i + !forward),
                  .lane = (int32_t)stage,
                  .stream = LL_STREAM_COMPUTE,
                  .flags = first || b->n_stage == 1 ? 0 : LL_TASK_DELAYED_0};
    b->end[forward ? FORWARD : BACKWARD][i] = b->last[stage] = task;
    if (forward)
        depend_on_weights(b, stage, task, s->chunk);
    else
        release_gradients(b, task, s->chunk);
    return true;
}

static inline bool place_next(ll_placing *b, int64_t stage)
{
    const ll_slot *s = &b->slot[stage][b->next[stage]];
    const bool plain = (s->kind == LL_SLOT_FORWARD || s->kind == LL_SLOT_BACKWARD) &&
                       b->p->overlap_sends && !b->p->lock_step;
    if (!(plain ? place_pass(b, stage, s) : place_slot(b, stage, s))) return false;
    b->next[stage]++;
    return true;
}

/* Place slot after slot, turn by turn. In most schedules inputs are placed by then, so hardly any
 * attempt fails. */
static void place_by_turns(ll_placing *b)
{
    for (int64_t y = 0, left = 1; left > 0; y++) {
        left = 0;
        for (int64_t s = 0; s < b->n_stage; s++) {
            const ll_slot *slot = b->slot[s];
            while (b->next[s] < b->n_slot[s] && slot[b->next[s]].turn <= y - s &&
                   place_next(b, s)) {
            }
            left += b->next[s] < b->n_slot[s] && slot[b->n_slot[s] - 1].turn > y - s;
        }
    }
}

/* Place each stage's slots as far as dependencies allow, until all are placed. Error if no stage
 * can go on. */
static ll_status place_freely(ll_placing *b, ll_error *err)
{
    place_by_turns(b);
    for (bool moved = true; moved;) {
        moved = false;
        for (int64_t s = 0; s < b->n_stage; s++)
            while (b->next[s] < b->n_slot[s] && place_next(b, s))
                moved = true;
    }
    for (int64_t s = 0; s < b->n_stage; s++)
        if (b->next[s] < b->n_slot[s])
            return ll_error_set(err, LL_ERR_INTERNAL,
                                "the pipeline schedule %s deadlocks at slot %lld of stage %lld",
                                b->p->schedule->name, (long long)b->next[s], (long long)s);
    return LL_OK;
}

static int n_bit(int8_t bits) { return (bits & 1) + (bits >> 1 & 1); }

/* The exchange of a stage after a turn: it starts when the stage and the neighbours that it
 * exchanges with are ready, and takes as many sends as the busiest of them has. ready: [n_stage]
 * last task before the exchange. */
static void place_exchange(ll_placing *b, int64_t stage, const int32_t *ready)
{
    const int64_t n = b->n_stage, other[2] = {(stage + 1) % n, (stage + n - 1) % n};
    const int8_t mine = b->sends[stage];
    int n_send = n_bit(mine);
    int32_t on[2] = {-1, -1};
    for (int back = 0; back < 2; back++) {
        const int8_t theirs = b->sends[other[back]];
        if (!(mine >> back & 1) && !(theirs >> (1 - back) & 1)) continue;
        on[back] = ready[other[back]];
        n_send = n_bit(theirs) > n_send ? n_bit(theirs) : n_send;
    }
    if (n_send == 0) return;
    const int32_t task =
        ll_place(b, stage, LL_STREAM_COMPUTE, n_send == 1 ? b->p->cost.send : b->p->cost.two_sends);
    b->task[task].dep[0] = on[0];
    b->task[task].dep[1] = on[1];
}

/* Lock-step: in global turn y, stage s runs its slots of turn y - s; then neighbours exchange. A
 * pass's input came with the exchange before it, so it needs no further dependency. */
static ll_status place_in_lock_step(ll_placing *b, ll_arena *mem, ll_error *err)
{
    int32_t *ready = ll_arena_array(mem, b->n_stage, int32_t);
    for (int64_t y = 0, left = 1; left > 0; y++) {
        left = 0;
        memset(b->sends, 0, (size_t)b->n_stage);
        for (int64_t s = 0; s < b->n_stage; s++) {
            while (b->next[s] < b->n_slot[s] && b->slot[s][b->next[s]].turn <= y - s) {
                if (!place_slot(b, s, &b->slot[s][b->next[s]]))
                    return ll_error_set(
                        err, LL_ERR_INTERNAL,
                        "stage %lld, turn %lld: a pass runs before its input was sent",
                        (long long)s, (long long)y);
                b->next[s]++;
            }
            left += b->n_slot[s] - b->next[s];
            ready[s] = b->last[s];
        }
        for (int64_t s = 0; s < b->n_stage; s++)
            place_exchange(b, s, ready);
    }
    return LL_OK;
}

static void exports(ll_placing *b, ll_arena *mem, ll_graph *out)
{
    int32_t *list = ll_arena_array(mem, b->n_chunk + b->n_stage, int32_t);
    out->n_export = 0;
    for (int64_t v = 0; v < b->n_chunk; v++)
        list[out->n_export++] = b->last_back[v];
    for (int64_t s = 0; s < b->n_stage; s++)
        list[out->n_export++] = b->last[s];
    out->export = list;
}

static void builder_begin(ll_placing *b, ll_arena *mem)
{
    const int64_t n_pass = b->n_chunk * b->n_micro;
    b->cap = (int32_t)(2 * b->n_chunk + 5 * b->n_stage + 2);
    b->home = ll_arena_array(mem, b->n_chunk, int64_t);
    b->held = ll_arena_array(mem, b->n_chunk, int32_t);
    b->slot = ll_arena_array(mem, b->n_stage, ll_slot *);
    b->n_slot = ll_arena_array(mem, b->n_stage, int64_t);
    b->next = ll_arena_array(mem, b->n_stage, int64_t);
    b->left = ll_arena_fill(mem, b->n_chunk, int64_t);
    for (int64_t v = 0; v < b->n_chunk; v++)
        b->left[v] = b->n_micro * b->n_model / b->n_chunk; /* each makes gradients once */
    for (int64_t s = 0; s < b->n_stage; s++) {
        b->n_slot[s] = b->p->schedule->n_slot(&b->p->pipe, s);
        b->slot[s] = ll_arena_fill(mem, b->n_slot[s], ll_slot);
        for (int64_t k = 0; k < b->p->schedule->n_held(&b->p->pipe); k++) {
            const int64_t v = b->p->schedule->chunk(&b->p->pipe, s, k);
            b->home[v] = s;
            b->held[v] = (int32_t)k;
        }
        b->p->schedule->order(&b->p->pipe, s, b->slot[s]);
        b->cap += (int32_t)(3 * b->n_slot[s] + 3);
    }
    for (int d = 0; d < LL_N_DIRECTION - !b->splits; d++) {
        b->end[d] = ll_arena_fill(mem, n_pass, int32_t);
        memset(b->end[d], 0xff, (size_t)n_pass * sizeof *b->end[d]);
    }
    b->task = ll_arena_fill(mem, b->cap, ll_task);
    b->gather = ll_arena_array(mem, b->n_chunk, int32_t);
    b->last_back = ll_arena_array(mem, b->n_chunk, int32_t);
    b->started = ll_arena_array(mem, b->n_chunk, bool);
    b->last_gather = ll_arena_array(mem, b->n_stage, int32_t);
    b->last = ll_arena_array(mem, b->n_stage, int32_t);
    b->sends = ll_arena_array(mem, b->n_stage, int8_t);
    memset(b->last, 0xff, (size_t)b->n_stage * sizeof *b->last);
}

ll_status ll_pipeline_tasks(const ll_pipeline *p, ll_arena *mem, ll_graph *out, ll_error *err)
{
    ll_placing b = {.p = p,
                    .n_stage = p->pipe.n_stage,
                    .n_chunk = ll_schedule_n_chunk(p->schedule, &p->pipe),
                    .n_model = ll_pipe_n_chunk(&p->pipe),
                    .n_micro = p->pipe.n_micro};
    b.splits = p->schedule->splits_backward;
    builder_begin(&b, mem);
    ll_place_weights(&b);
    LL_TRY(p->lock_step ? place_in_lock_step(&b, mem, err) : place_freely(&b, err));
    out->n_local = b.n_task;
    exports(&b, mem, out);
    ll_place_update(&b, mem);
    out->n_lane = b.n_stage;
    out->n_draw = (b.splits ? 3 : 2) * b.n_chunk * b.n_micro;
    out->n_task = b.n_task;
    out->task = b.task;
    return LL_OK;
}

/* In an interleaved pipeline micro-batches run in groups of n_stage; with a single group and more
 * than two stages the steady state is never reached. */
bool ll_pipeline_in_lock_step(const ll_schedule_type *schedule, const ll_pipe *pipe,
                              bool overlap_sends)
{
    return schedule->turns && pipe->n_inter > 1 && !overlap_sends &&
           (pipe->n_micro > pipe->n_stage || pipe->n_stage <= 2);
}
