#include "sim/work/serve_engine.h"

#include <math.h>

/* ---- Queues ---- */

void ll_serve_queue_back(ll_serve_queue *q, ll_serve_request *request, int32_t i)
{
    request[i].next = -1;
    request[i].prev = q->last;
    if (q->last < 0)
        q->first = i;
    else
        request[q->last].next = i;
    q->last = i;
}

void ll_serve_queue_front(ll_serve_queue *q, ll_serve_request *request, int32_t i)
{
    request[i].prev = -1;
    request[i].next = q->first;
    if (q->first < 0)
        q->last = i;
    else
        request[q->first].prev = i;
    q->first = i;
}

void ll_serve_queue_remove(ll_serve_queue *q, ll_serve_request *request, int32_t i)
{
    const int32_t next = request[i].next, prev = request[i].prev;
    if (prev < 0)
        q->first = next;
    else
        request[prev].next = next;
    if (next < 0)
        q->last = prev;
    else
        request[next].prev = prev;
}

int32_t ll_serve_queue_pop(ll_serve_queue *q, ll_serve_request *request)
{
    const int32_t i = q->first;
    ll_serve_queue_remove(q, request, i);
    return i;
}

/* ---- The cache ---- */

/* The last block of a request is half full in the mean. */
static double waste_tokens(const ll_server *server) { return 0.5 * (double)(server->block - 1); }

double ll_cache_tokens(const ll_server *server, double tokens)
{
    return tokens + waste_tokens(server);
}

static double context_sum(const ll_serve_engine *e)
{
    return e->context_base + (double)e->n_decode * e->setup->accepted * (double)e->step;
}

double ll_serve_engine_cache_tokens(const ll_serve_engine *e)
{
    if (e->setup->server->reserve_output) return e->held_tokens;
    return e->held_tokens + context_sum(e) + (double)e->n_decode * waste_tokens(e->setup->server);
}

/* What a request takes from when it starts until it decodes, or until it leaves. */
static double held_by(const ll_serve_engine *e, const ll_serve_request *q)
{
    const double whole = (double)q->prompt + (double)q->output, now = (double)q->prompt + q->done;
    return ll_cache_tokens(e->setup->server, e->setup->server->reserve_output ? whole : now);
}

/* ---- Who runs ---- */

void ll_serve_engine_init(ll_serve_engine *e, const ll_replica_setup *setup,
                          ll_serve_request *request, int64_t n_request, ll_arena *mem)
{
    const int64_t most = setup->server->max_batch / setup->n_group;
    const int64_t place = most < 1 ? 1 : most;
    *e = (ll_serve_engine){.setup = setup,
                           .request = request,
                           .cache_tokens = setup->cache_tokens / setup->n_group,
                           .max_run = place < n_request ? place : n_request,
                           .newest = -1,
                           .partial = -1,
                           .n_ring = setup->longest_output + 2};
    e->due = ll_arena_fill(mem, e->n_ring, ll_serve_queue);
    for (int64_t i = 0; i < e->n_ring; i++)
        e->due[i] = LL_SERVE_QUEUE_EMPTY;
    e->chunk = ll_arena_fill(mem, e->max_run, ll_serve_chunk);
}

static void run_begin(ll_serve_engine *e, int32_t i)
{
    ll_serve_request *q = &e->request[i];
    q->older = e->newest;
    q->newer = -1;
    if (e->newest >= 0) e->request[e->newest].newer = i;
    e->newest = i;
    e->n_run++;
    e->held_tokens += held_by(e, q);
}

static void run_end(ll_serve_engine *e, int32_t i)
{
    const ll_serve_request *q = &e->request[i];
    if (q->older >= 0) e->request[q->older].newer = q->newer;
    if (q->newer >= 0)
        e->request[q->newer].older = q->older;
    else
        e->newest = q->older;
    e->n_run--;
}

static double context_of(const ll_serve_engine *e, const ll_serve_request *q)
{
    return (double)q->prompt + q->done + e->setup->accepted * (double)(e->step - q->join);
}

/* Steps from now until n more tokens are there. */
static int64_t steps_for(const ll_serve_engine *e, double n)
{
    return n > 0 ? (int64_t)ceil(n / e->setup->accepted - 1e-9) : 0;
}

/* The step after which its first tokens are sent, or its last. */
static void due_set(ll_serve_engine *e, int32_t i)
{
    ll_serve_request *q = &e->request[i];
    const int64_t interval = e->setup->server->stream_interval;
    const int32_t first = q->output < interval ? q->output : (int32_t)interval;
    const int32_t want = q->first_s < 0 ? first : q->output;
    const int64_t n_step = steps_for(e, want - q->done);
    q->due = q->join + (n_step > 0 ? n_step : 1);
    ll_serve_queue_back(&e->due[q->due % e->n_ring], e->request, i);
}

/* Its prompt is complete, and `done` tokens of its output are there. */
static void decode_join(ll_serve_engine *e, int32_t i)
{
    ll_serve_request *q = &e->request[i];
    q->join = e->step;
    e->n_decode++;
    e->context_base += context_of(e, q) - e->setup->accepted * (double)e->step;
    due_set(e, i);
}

static void decode_leave(ll_serve_engine *e, int32_t i)
{
    const ll_serve_request *q = &e->request[i];
    e->n_decode--;
    e->context_base -= (double)q->prompt + q->done - e->setup->accepted * (double)q->join;
    if (e->n_decode == 0) e->context_base = 0; /* and no rounding stays */
}

/* The newest request gives its place up: it keeps its tokens, which are computed again as a part of
 * its prompt. */
static void preempt(ll_serve_engine *e, ll_serve_queue *waiting)
{
    const int32_t i = e->newest;
    ll_serve_request *q = &e->request[i];
    if (i == e->partial) {
        e->partial = -1;
        e->held_tokens -= held_by(e, q);
    } else {
        decode_leave(e, i);
        ll_serve_queue_remove(&e->due[q->due % e->n_ring], e->request, i);
        const int32_t done = q->done + (int32_t)(e->setup->accepted * (double)(e->step - q->join));
        q->done = done < q->output ? done : q->output - 1;
    }
    q->from = 0;
    run_end(e, i);
    ll_serve_queue_front(waiting, e->request, i);
    waiting->tokens += q->prompt;
}

/* Whether waiting prompts may start, or are collected for longer. */
static bool collected(ll_serve_engine *e, const ll_serve_queue *waiting)
{
    const ll_server *s = e->setup->server;
    if (s->wait_iterations == 0 || e->n_decode == 0 || e->n_waited >= s->wait_iterations ||
        (double)waiting->tokens >= s->wait_frac * (double)s->max_tokens) {
        e->n_waited = 0;
        return true;
    }
    e->n_waited++;
    return false;
}

/* Computes tokens of the request in this iteration, as many as the budget has. */
static void chunk_add(ll_serve_engine *e, int32_t i, int64_t *budget)
{
    ll_serve_request *q = &e->request[i];
    const int32_t whole = q->prompt + q->done, left = whole - q->from;
    const int32_t n = left < *budget ? left : (int32_t)*budget;
    e->chunk[e->n_chunk++] = (ll_serve_chunk){i, q->from, q->from + n};
    *budget -= n;
    q->from += n;
    e->partial = q->from < whole ? i : -1;
}

static bool admits(const ll_serve_engine *e, const ll_serve_request *q, int64_t budget,
                   int64_t fair)
{
    const ll_server *s = e->setup->server;
    const int32_t left = q->prompt + q->done - q->from;
    if (e->n_run >= e->max_run || e->n_run >= fair) return false;
    if (left > 0 && (budget <= 0 || (!s->chunked && left > budget && left <= s->max_tokens)))
        return false;
    return ll_serve_engine_cache_tokens(e) + held_by(e, q) +
               e->setup->accepted * (double)(e->n_decode + 1) <=
           e->cache_tokens;
}

static void admit(ll_serve_engine *e, ll_serve_queue *waiting, int64_t fair, int64_t budget)
{
    while (waiting->first >= 0) {
        ll_serve_request *q = &e->request[waiting->first];
        if (q->from == 0 && q->done == 0)
            q->from = (int32_t)fmin(e->setup->prefix_hit * q->prompt, q->prompt - 1);
        if (!admits(e, q, budget, fair)) return;
        const int32_t i = ll_serve_queue_pop(waiting, e->request);
        waiting->tokens -= q->prompt;
        run_begin(e, i);
        if (q->from >= q->prompt + q->done) { /* came with its keys and values */
            if (!e->setup->server->reserve_output) e->held_tokens -= held_by(e, q);
            decode_join(e, i);
            continue;
        }
        chunk_add(e, i, &budget);
        if (e->partial >= 0) return;
    }
}

int64_t ll_serve_engine_plan(ll_serve_engine *e, ll_serve_queue *waiting, int64_t fair)
{
    const ll_server *s = e->setup->server;
    int64_t n_preempted = 0;
    e->n_chunk = 0;
    while (!s->reserve_output && e->n_run > 1 &&
           ll_serve_engine_cache_tokens(e) + e->setup->accepted * (double)e->n_decode >
               e->cache_tokens) {
        preempt(e, waiting);
        n_preempted++;
    }
    const int64_t decode_tokens = s->mixed ? e->n_decode * (1 + e->setup->n_draft) : 0;
    int64_t budget = s->max_tokens - decode_tokens;
    if (e->partial >= 0 && budget > 0) chunk_add(e, e->partial, &budget);
    if (e->partial < 0 && n_preempted == 0 && waiting->first >= 0 && collected(e, waiting))
        admit(e, waiting, fair, budget);
    return n_preempted;
}

/* ---- What it is of work, and what becomes of it ---- */

ll_serve_work ll_serve_engine_work(const ll_serve_engine *e)
{
    const double n_new = 1 + (double)e->setup->n_draft;
    ll_serve_work w = {.n_decode = e->stands ? 0 : (double)e->n_decode};
    ll_surface *surface = e->setup->surface;
    double n_first = 0;
    for (int64_t k = 0; k < e->n_chunk; k++) {
        const ll_serve_chunk *c = &e->chunk[k];
        const ll_serve_request *q = &e->request[c->request];
        w.prompt_rows += c->to - c->from;
        w.attention_s +=
            ll_surface_prefill_s(surface, (double)e->n_chunk, c->from, c->to) / (double)e->n_chunk;
        n_first += c->to == q->prompt + q->done;
    }
    w.rows = w.prompt_rows + w.n_decode * n_new;
    w.n_logits = w.n_decode * n_new + n_first;
    w.n_host = w.n_decode + (double)e->n_chunk;
    if (w.n_decode > 0)
        w.attention_s +=
            ll_surface_decode_s(surface, w.n_decode, context_sum(e) / (double)e->n_decode);
    return w;
}

/* Its last token is there: it leaves. */
static void leave(ll_serve_engine *e, int32_t i, double end_s)
{
    ll_serve_request *q = &e->request[i];
    q->end_s = end_s;
    q->done = q->output;
    run_end(e, i);
}

/* Requests with something due in the step that has just ended. */
static int64_t due_finish(ll_serve_engine *e, double end_s, int32_t *ended)
{
    ll_serve_queue *due = &e->due[e->step % e->n_ring];
    int64_t n = 0;
    for (ll_serve_queue all = *due; all.first >= 0;) {
        *due = LL_SERVE_QUEUE_EMPTY;
        const int32_t i = ll_serve_queue_pop(&all, e->request);
        ll_serve_request *q = &e->request[i];
        const bool first = q->first_s < 0;
        if (first) q->first_s = end_s;
        if (!first || steps_for(e, q->output - q->done) <= e->step - q->join) {
            decode_leave(e, i);
            if (e->setup->server->reserve_output) e->held_tokens -= held_by(e, q);
            leave(e, i, end_s);
            ended[n++] = i;
        } else {
            due_set(e, i);
        }
    }
    return n;
}

/* Prompts that are complete get a token. */
static int64_t prompts_finish(ll_serve_engine *e, double end_s, int32_t *ended)
{
    int64_t n = 0;
    e->n_joined = 0;
    for (int64_t k = 0; k < e->n_chunk; k++) {
        const int32_t i = e->chunk[k].request;
        ll_serve_request *q = &e->request[i];
        if (q->from < q->prompt + q->done) continue;
        const bool last = q->done + 1 >= q->output || e->setup->prefill_only;
        if (last || !e->setup->server->reserve_output) e->held_tokens -= held_by(e, q);
        q->done++;
        if (q->first_s < 0 && (last || e->setup->server->stream_interval == 1)) q->first_s = end_s;
        if (last) {
            leave(e, i, end_s);
            ended[n++] = i;
        } else {
            decode_join(e, i);
            e->n_joined++;
        }
    }
    return n;
}

int64_t ll_serve_engine_finish(ll_serve_engine *e, double end_s, int32_t *ended)
{
    int64_t n = 0;
    if (!e->stands && e->n_decode > 0) {
        e->step++;
        n = due_finish(e, end_s, ended);
    }
    return n + prompts_finish(e, end_s, ended + n);
}
