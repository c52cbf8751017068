#include "sim/work/serve_run.h"

#include "sim/comm/progress.h"
#include "sim/work/serve_deal.h"

#include <math.h>
#include <string.h>

typedef struct run {
    const ll_serve_plan *plan;
    ll_serve_request *request;
    int64_t n_replica;
    ll_replica **replica; /* [n_replica]; those that only prefill come first */
    ll_deal deal;         /* where replicas know nothing of each other */
    ll_progress progress;
} run;

static double front_end_s(const run *r) { return r->plan->setup.server->front_end_s; }

/* ---- One replica after the other ---- */

static void send(run *r, int64_t i_replica, int64_t i, double sent_s)
{
    r->request[i].sent_s = sent_s;
    ll_replica_push(r->replica[i_replica], (int32_t)i, sent_s + front_end_s(r));
}

static int64_t client_count(const run *r, int64_t i_replica)
{
    return ll_deal_clients(r->plan->load.n_client, r->n_replica, i_replica);
}

/* A client of a closed loop has its answer and sends its next request. */
static int64_t send_next(run *r, int64_t i_replica, int64_t next, double now_s)
{
    if (next >= r->deal.first[i_replica + 1]) return next;
    send(r, i_replica, r->deal.request[next], now_s);
    return next + 1;
}

static void run_alone(run *r, int64_t i_replica)
{
    const ll_load *load = &r->plan->load;
    const bool closed = load->n_client > 0;
    const int64_t first = r->deal.first[i_replica], end = r->deal.first[i_replica + 1];
    const int64_t n_first = closed ? client_count(r, i_replica) : end - first;
    const int32_t *ended;
    int n;
    double end_s;
    int64_t next = first;
    while (next < first + n_first && next < end)
        next = send_next(r, i_replica, next, closed ? 0 : r->request[r->deal.request[next]].sent_s);
    while (ll_replica_step(r->replica[i_replica], &ended, &n, &end_s)) {
        for (int k = 0; k < n && closed; k++)
            next = send_next(r, i_replica, next, end_s);
        if (n > 0) ll_progress_step(&r->progress, n);
    }
}

/* What a rank found of its slice, to all: three times for each request, replica by replica. */
static void exchange(run *r, ll_comm *comm, int64_t lo, int64_t hi, ll_arena *mem)
{
    const int64_t from = r->deal.first[lo], to = r->deal.first[hi];
    double *own = ll_arena_fill(mem, 3 * (to - from) + 1, double);
    size_t n = 0, n_all = 0;
    for (int64_t k = from; k < to; k++) {
        const ll_serve_request *q = &r->request[r->deal.request[k]];
        own[n++] = q->sent_s;
        own[n++] = q->first_s;
        own[n++] = q->end_s;
    }
    const double *all = ll_comm_gather(comm, mem, own, n * sizeof *own, &n_all);
    LL_ASSERT(n_all == 3 * (size_t)r->plan->load.n_request * sizeof *all, "%zu bytes", n_all);
    for (int64_t k = 0; k < r->plan->load.n_request; k++) {
        ll_serve_request *q = &r->request[r->deal.request[k]];
        q->sent_s = *all++;
        q->first_s = *all++;
        q->end_s = *all++;
    }
}

static void use_add(ll_replica_use *sum, const ll_replica_use *one)
{
    sum->n_iteration += one->n_iteration;
    sum->n_decode_iteration += one->n_decode_iteration;
    sum->n_preempted += one->n_preempted;
    sum->busy_s += one->busy_s;
    sum->batch_sum += one->batch_sum;
    sum->gap_sum_s += one->gap_sum_s;
    sum->cache_s += one->cache_s;
    sum->end_s = fmax(sum->end_s, one->end_s);
    for (int k = 0; k < LL_GAP_BINS; k++)
        sum->gap[k] += one->gap[k];
}

static void run_slices(run *r, ll_comm *comm, ll_replica_use *use, ll_arena *mem)
{
    int64_t lo, hi;
    size_t n_all;
    ll_comm_slice(comm, r->n_replica, &lo, &hi);
    ll_replica_use *own = ll_arena_array(mem, hi - lo, ll_replica_use);
    r->deal = ll_deal_make(&r->plan->load, r->request, r->n_replica, mem);
    const int64_t n_own = r->deal.first[hi] - r->deal.first[lo];
    ll_progress_begin(&r->progress, comm, "serve", "of the requests", (double)n_own);
    for (int64_t p = lo; p < hi; p++) {
        run_alone(r, p);
        own[p - lo] = *ll_replica_use_of(r->replica[p]);
    }
    ll_progress_end(&r->progress);
    exchange(r, comm, lo, hi, mem);
    const ll_replica_use *all =
        ll_comm_gather(comm, mem, own, (size_t)(hi - lo) * sizeof *own, &n_all);
    for (size_t p = 0; p < n_all / sizeof *all; p++)
        use_add(use, &all[p]);
}

/* ---- All replicas together ---- */

/* A replica of those from..to: the one with the fewest requests, or the next in turn. */
static int64_t choose(const run *r, int64_t from, int64_t to, int64_t *turn)
{
    if (r->plan->setup.router == LL_ROUTER_ROUND_ROBIN) return from + (*turn)++ % (to - from);
    int64_t least = from;
    for (int64_t p = from + 1; p < to; p++)
        if (ll_replica_load(r->replica[p]) < ll_replica_load(r->replica[least])) least = p;
    return least;
}

/* What reaches a replica from outside: a new request, or a prompt whose keys and values are on
 * their way to a decode replica. */
typedef struct on_way {
    double at_s;
    int32_t request;
} on_way;

typedef struct together {
    run *r;
    int64_t n_sent, n_way, turn_in, turn_out;
    on_way *way; /* [n_way] heap by (time, number) */
} together;

static bool is_before(const on_way *a, const on_way *b)
{
    return a->at_s < b->at_s || (!(a->at_s > b->at_s) && a->request < b->request);
}

static void swap(on_way *a, on_way *b)
{
    const on_way c = *a;
    *a = *b;
    *b = c;
}

static void way_push(together *t, double at_s, int32_t request)
{
    int64_t i = t->n_way++;
    t->way[i] = (on_way){at_s, request};
    for (; i > 0 && is_before(&t->way[i], &t->way[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&t->way[i], &t->way[(i - 1) / 2]);
}

static on_way way_pop(together *t)
{
    const on_way first = t->way[0];
    t->way[0] = t->way[--t->n_way];
    for (int64_t i = 0;;) {
        int64_t least = i;
        for (int64_t k = 2 * i + 1; k <= 2 * i + 2 && k < t->n_way; k++)
            if (is_before(&t->way[k], &t->way[least])) least = k;
        if (least == i) return first;
        swap(&t->way[i], &t->way[least]);
        i = least;
    }
}

/* A client sends its next request, if there is one. */
static void send_later(together *t, double now_s)
{
    ll_serve_request *request = t->r->request;
    if (t->n_sent >= t->r->plan->load.n_request) return;
    const int64_t i = t->n_sent++;
    request[i].sent_s = now_s;
    way_push(t, now_s + front_end_s(t->r), (int32_t)i);
}

/* Requests that a replica has ended: prompts travel on to a decode replica, clients go on. */
static void ended_together(together *t, int64_t i_replica, const int32_t *ended, int n,
                           double end_s)
{
    const ll_serve_plan *plan = t->r->plan;
    for (int k = 0; k < n; k++) {
        ll_serve_request *q = &t->r->request[ended[k]];
        if (i_replica < plan->n_prefill && q->output > 1) {
            q->end_s = -1;
            way_push(t, end_s + plan->transfer_s + plan->transfer_token_s * q->prompt, ended[k]);
            continue;
        }
        ll_progress_step(&t->r->progress, 1);
        if (plan->load.n_client > 0) send_later(t, end_s);
    }
}

/* Hands what is on the way first to a replica. */
static void arrive(together *t)
{
    const ll_serve_plan *plan = t->r->plan;
    const on_way next = way_pop(t);
    const bool fresh = t->r->request[next.request].first_s < 0;
    int64_t p;
    if (plan->n_prefill == 0)
        p = choose(t->r, 0, t->r->n_replica, &t->turn_in);
    else if (fresh)
        p = choose(t->r, 0, plan->n_prefill, &t->turn_in);
    else
        p = choose(t->r, plan->n_prefill, t->r->n_replica, &t->turn_out);
    ll_replica_push(t->r->replica[p], next.request, next.at_s);
}

static void run_together(run *r, ll_comm *comm, ll_replica_use use[2], ll_arena *mem)
{
    const ll_load *load = &r->plan->load;
    together t = {.r = r, .way = ll_arena_fill(mem, load->n_request + 1, on_way)};
    const int64_t n_first = load->n_client > 0 ? load->n_client : load->n_request;
    ll_progress_begin(&r->progress, comm, "serve", "of the requests", (double)load->n_request);
    for (int64_t i = 0; i < n_first; i++)
        send_later(&t, load->n_client > 0 ? 0 : r->request[i].sent_s);
    for (;;) {
        int64_t first = 0;
        double next_s = INFINITY;
        for (int64_t p = 0; p < r->n_replica; p++) {
            const double at_s = ll_replica_next_s(r->replica[p]);
            if (at_s < next_s) first = p, next_s = at_s;
        }
        if (t.n_way > 0 && t.way[0].at_s <= next_s) {
            arrive(&t);
            continue;
        }
        const int32_t *ended;
        int n;
        double end_s;
        if (!isfinite(next_s) || !ll_replica_step(r->replica[first], &ended, &n, &end_s)) break;
        ended_together(&t, first, ended, n, end_s);
    }
    ll_progress_end(&r->progress);
    for (int64_t p = 0; p < r->n_replica; p++)
        use_add(&use[p < r->plan->n_prefill], ll_replica_use_of(r->replica[p]));
}

/* ---- Both ---- */

/* Each request has to fit the cache of a group when nothing else is there. */
static ll_status fits(const ll_serve_plan *plan, const ll_serve_request *request, ll_error *err)
{
    const ll_replica_setup *s = &plan->setup;
    const double room = s->cache_tokens / s->n_group;
    for (int64_t i = 0; i < plan->load.n_request; i++) {
        const double whole = (double)request[i].prompt + request[i].output + s->accepted;
        if (ll_cache_tokens(s->server, whole) > room)
            return ll_error_set(err, LL_ERR_CONFIG,
                                "%s%srequest %lld has %d + %d tokens, but the cache of an "
                                "attention rank holds %.0f%s; "
                                "try a larger tp or pp, or a narrower kv_precision",
                                plan->trace ? plan->trace : "", plan->trace ? ": " : "",
                                (long long)i + 1, request[i].prompt, request[i].output, floor(room),
                                s->n_group > 1 ? " for each group of the pipeline" : "");
    }
    return LL_OK;
}

static ll_replica *replica_make(const ll_serve_plan *plan, int64_t i, ll_serve_request *request,
                                ll_arena *mem)
{
    ll_replica_setup setup = plan->setup;
    setup.prefill_only = i < plan->n_prefill;
    setup.prefilled = plan->n_prefill > 0 && !setup.prefill_only;
    return ll_replica_create(&setup, request, plan->load.n_request, mem);
}

ll_status ll_serve_run(const ll_serve_plan *plan, ll_comm *comm, ll_serve_request *request,
                       ll_replica_use use[2], ll_arena *mem, ll_error *err)
{
    LL_TRY(fits(plan, request, err));
    run r = {.plan = plan, .request = request, .n_replica = plan->n_replica};
    r.replica = ll_arena_array(mem, r.n_replica, ll_replica *);
    memset(use, 0, 2 * sizeof *use);
    const bool open = plan->load.n_client == 0;
    const bool jointly = plan->n_prefill > 0 ||
                         (open && r.n_replica > 1 && plan->setup.router == LL_ROUTER_LEAST_LOADED);
    int64_t lo = 0, hi = r.n_replica;
    if (!jointly) ll_comm_slice(comm, r.n_replica, &lo, &hi);
    for (int64_t p = lo; p < hi; p++)
        r.replica[p] = replica_make(plan, p, request, mem);
    if (jointly)
        run_together(&r, comm, use, mem);
    else
        run_slices(&r, comm, &use[0], mem);
    return LL_OK;
}
