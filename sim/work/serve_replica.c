#include "sim/work/serve_replica.h"

#include "sim/work/serve_engine.h"

#include <math.h>

struct ll_replica {
    ll_replica_setup setup;
    ll_serve_request *request;
    ll_serve_engine *engine; /* [n_group][n_rank] */
    ll_serve_queue arriving; /* in the order of time */
    ll_serve_queue *waiting; /* [n_rank] */
    int64_t *in_system;      /* [n_rank] requests that wait or run */
    double *ready_s;         /* [n_group] when the last iteration of the group ended */
    double *token_s;         /* [n_group] when those that decode got their last tokens */
    double *fresh;           /* [n_group] requests that got their first token since then, */
    double *fresh_s;         /* and the sum of the times when they did */
    double *stage_free_s;    /* [n_group] one stage for each group */
    int64_t since_look;      /* iterations */
    int32_t next_rank;       /* of round robin */
    int64_t n_arriving, n_ended;
    int32_t *ended; /* [n_request of this iteration] */
    ll_replica_use use;
};

static ll_serve_engine *engine_of(const ll_replica *r, int group, int rank)
{
    return &r->engine[group * r->setup.n_rank + rank];
}

ll_replica *ll_replica_create(const ll_replica_setup *setup, ll_serve_request *request,
                              int64_t n_request, ll_arena *mem)
{
    ll_replica *r = ll_arena_new(mem, ll_replica);
    const int n_rank = setup->n_rank, n_group = setup->n_group;
    *r = (ll_replica){.setup = *setup, .request = request, .arriving = LL_SERVE_QUEUE_EMPTY};
    r->engine = ll_arena_array(mem, n_group * n_rank, ll_serve_engine);
    r->waiting = ll_arena_array(mem, n_rank, ll_serve_queue);
    r->in_system = ll_arena_array(mem, n_rank, int64_t);
    r->ready_s = ll_arena_array(mem, n_group, double);
    r->token_s = ll_arena_array(mem, n_group, double);
    r->fresh = ll_arena_array(mem, n_group, double);
    r->fresh_s = ll_arena_array(mem, n_group, double);
    r->stage_free_s = ll_arena_array(mem, n_group, double);
    for (int i = 0; i < n_rank; i++)
        r->waiting[i] = LL_SERVE_QUEUE_EMPTY;
    int64_t place = 0;
    for (int i = 0; i < n_group * n_rank; i++) {
        ll_serve_engine_init(&r->engine[i], &r->setup, request, n_request, mem);
        place += r->engine[i].max_run;
    }
    r->ended = ll_arena_fill(mem, place, int32_t);
    return r;
}

void ll_replica_push(ll_replica *r, int32_t request, double at_s)
{
    r->request[request].at_s = at_s;
    ll_serve_queue_back(&r->arriving, r->request, request);
    r->n_arriving++;
}

int64_t ll_replica_load(const ll_replica *r)
{
    int64_t n = r->n_arriving;
    for (int i = 0; i < r->setup.n_rank; i++)
        n += r->in_system[i];
    return n;
}

const ll_replica_use *ll_replica_use_of(const ll_replica *r) { return &r->use; }

/* ---- Arrivals ---- */

static int rank_choose(ll_replica *r)
{
    const int n = r->setup.n_rank;
    if (r->setup.router == LL_ROUTER_ROUND_ROBIN) {
        const int rank = r->next_rank;
        r->next_rank = (rank + 1) % n;
        return rank;
    }
    int least = 0;
    for (int i = 1; i < n; i++)
        if (r->in_system[i] < r->in_system[least]) least = i;
    return least;
}

static bool runs_any(const ll_replica *r)
{
    for (int i = 0; i < r->setup.n_group * r->setup.n_rank; i++)
        if (r->engine[i].n_run > 0) return true;
    return false;
}

static void look(ll_replica *r, double now_s)
{
    if (r->since_look < r->setup.server->poll_iterations && runs_any(r)) return;
    r->since_look = 0;
    while (r->arriving.first >= 0 && r->request[r->arriving.first].at_s <= now_s) {
        const int32_t i = ll_serve_queue_pop(&r->arriving, r->request);
        const int rank = rank_choose(r);
        ll_serve_request *q = &r->request[i];
        q->done = r->setup.prefilled ? 1 : 0;
        q->from = r->setup.prefilled ? q->prompt + 1 : 0;
        ll_serve_queue_back(&r->waiting[rank], r->request, i);
        r->waiting[rank].tokens += q->prompt;
        r->in_system[rank]++;
        r->n_arriving--;
    }
}

/* ---- Which group is next ---- */

static bool has_work(const ll_replica *r, int group)
{
    for (int a = 0; a < r->setup.n_rank; a++)
        if (r->waiting[a].first >= 0 || engine_of(r, group, a)->n_run > 0) return true;
    return false;
}

static double start_s(const ll_replica *r, int group)
{
    const double free_s = fmax(r->ready_s[group], r->stage_free_s[0]);
    if (has_work(r, group)) return free_s;
    if (r->arriving.first < 0) return INFINITY;
    return fmax(free_s, r->request[r->arriving.first].at_s);
}

/* The group that starts first after group `last` at last_s, in the order of (time, number); -1:
 * none. */
static int next_group(const ll_replica *r, int last, double last_s)
{
    int first = -1;
    double first_s = INFINITY;
    for (int g = 0; g < r->setup.n_group; g++) {
        const double at_s = start_s(r, g);
        const bool later = at_s > last_s || (g > last && at_s >= last_s);
        if (later && at_s < first_s) first = g, first_s = at_s;
    }
    return first;
}

double ll_replica_next_s(const ll_replica *r)
{
    const int g = next_group(r, -1, 0);
    if (g < 0) return INFINITY;
    return start_s(r, g);
}

/* ---- An iteration ---- */

/* Plans it on all ranks of the group. False: nothing can run. */
static bool plan(ll_replica *r, int group)
{
    bool prefills = false, decodes = false;
    for (int a = 0; a < r->setup.n_rank; a++) {
        ll_serve_engine *e = engine_of(r, group, a);
        const int64_t n_group = r->setup.n_group;
        const int64_t fair = (r->in_system[a] + n_group - 1) / n_group;
        r->use.n_preempted += ll_serve_engine_plan(e, &r->waiting[a], fair);
        prefills = prefills || e->n_chunk > 0;
        decodes = decodes || e->n_decode > 0;
    }
    for (int a = 0; a < r->setup.n_rank; a++)
        engine_of(r, group, a)->stands = prefills && !r->setup.server->mixed;
    return prefills || decodes;
}

/* The time of the planned iteration, all stages together. */
static double iteration_s(ll_replica *r, int group)
{
    ll_serve_work most = {0};
    double attention_s = 0;
    for (int a = 0; a < r->setup.n_rank; a++) {
        const ll_serve_work w = ll_serve_engine_work(engine_of(r, group, a));
        most.n_decode = fmax(most.n_decode, w.n_decode);
        most.rows = fmax(most.rows, w.rows);
        most.prompt_rows = fmax(most.prompt_rows, w.prompt_rows);
        most.n_logits = fmax(most.n_logits, w.n_logits);
        most.n_host = fmax(most.n_host, w.n_host);
        attention_s = fmax(attention_s, w.attention_s);
    }
    const double n_new = 1 + (double)r->setup.n_draft;
    const double rows =
        most.prompt_rows > 0 ? most.rows : ll_server_padded(r->setup.server, most.n_decode) * n_new;
    return ll_surface_rows_s(r->setup.surface, rows) + attention_s +
           ll_surface_ends_s(r->setup.surface, most.n_logits, most.n_host);
}

/* When it has left the last stage. */
static double pass_through(ll_replica *r, double now_s, double time_s)
{
    const int n_stage = r->setup.n_group;
    double at_s = now_s;
    for (int p = 0; p < n_stage; p++)
        r->stage_free_s[p] = at_s = fmax(at_s, r->stage_free_s[p]) + time_s / n_stage;
    return at_s;
}

static void gap_count(ll_replica_use *use, double gap_s, uint64_t n)
{
    const int bin = gap_s > 1e-6 ? (int)(64 * log2(gap_s / 1e-6)) : 0;
    use->gap[bin < LL_GAP_BINS ? bin : LL_GAP_BINS - 1] += n;
    use->gap_sum_s += gap_s * (double)n;
}

static void count(ll_replica *r, int group, double now_s, double end_s, double time_s)
{
    ll_replica_use *use = &r->use;
    uint64_t n_decode = 0;
    double used = 0;
    for (int i = 0; i < r->setup.n_rank; i++) {
        const ll_serve_engine *e = engine_of(r, group, i);
        if (!e->stands) n_decode += (uint64_t)e->n_decode;
        used += ll_serve_engine_cache_tokens(e);
    }
    use->n_iteration++;
    use->busy_s += time_s / r->setup.n_group;
    use->cache_s += used / (r->setup.n_rank * r->setup.cache_tokens) * (end_s - now_s);
    use->end_s = fmax(use->end_s, end_s);
    if (n_decode == 0) return;
    use->n_decode_iteration++;
    use->batch_sum += (double)n_decode;
    const uint64_t fresh = (uint64_t)fmin(r->fresh[group], (double)n_decode);
    if (fresh > 0) gap_count(use, end_s - r->fresh_s[group] / r->fresh[group], fresh);
    if (n_decode > fresh) gap_count(use, end_s - r->token_s[group], n_decode - fresh);
    r->fresh[group] = r->fresh_s[group] = 0;
    r->token_s[group] = end_s;
}

static void finish(ll_replica *r, int group, double end_s)
{
    r->n_ended = 0;
    for (int a = 0; a < r->setup.n_rank; a++) {
        const int64_t n =
            ll_serve_engine_finish(engine_of(r, group, a), end_s, &r->ended[r->n_ended]);
        r->n_ended += n;
        r->in_system[a] -= n;
        r->fresh[group] += (double)engine_of(r, group, a)->n_joined;
        r->fresh_s[group] += (double)engine_of(r, group, a)->n_joined * end_s;
    }
    r->ready_s[group] = end_s;
}

bool ll_replica_step(ll_replica *r, const int32_t **ended, int *n, double *end_s)
{
    double now_s = 0;
    for (int g = next_group(r, -1, 0); g >= 0; g = next_group(r, g, now_s)) {
        now_s = start_s(r, g);
        look(r, now_s);
        if (!plan(r, g)) continue; /* what waits has no room in this group */
        const double time_s = iteration_s(r, g);
        *end_s = pass_through(r, now_s, time_s);
        count(r, g, now_s, *end_s, time_s);
        finish(r, g, *end_s);
        r->since_look++;
        *ended = r->ended;
        *n = (int)r->n_ended;
        return true;
    }
    LL_ASSERT(ll_replica_load(r) == 0, "%lld requests wait for nothing",
              (long long)ll_replica_load(r));
    return false;
}

/* ---- Histogram ---- */

double ll_gap_quantile(const uint64_t gap[LL_GAP_BINS], double p)
{
    uint64_t n = 0, below = 0;
    for (int i = 0; i < LL_GAP_BINS; i++)
        n += gap[i];
    const double at = p * (double)n;
    for (int i = 0; i < LL_GAP_BINS; i++) {
        if (gap[i] > 0 && (double)(below + gap[i]) >= at)
            return 1e-6 * exp2((i + (at - (double)below) / (double)gap[i]) / 64);
        below += gap[i];
    }
    return 0;
}
