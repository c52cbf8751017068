#include "sim/traffic/timing.h"

#include "sim/base/index_map.h"

#include <math.h>

int ll_timing_traffic(const ll_timing *timing, int64_t node)
{
    int t = timing->n_traffic - 1;
    while (timing->first_node[t] < 0 || timing->first_node[t] > node)
        t--;
    return t;
}

double ll_timing_start_s(const ll_timing *timing, int64_t node)
{
    const int t = ll_timing_traffic(timing, node);
    const double *start_s = timing->traffic[t].start_s;
    return start_s == NULL ? 0 : start_s[node - timing->first_node[t]];
}

ll_flow ll_timing_flow(const ll_timing *timing, int64_t node)
{
    const int t = ll_timing_traffic(timing, node);
    ll_flow f;
    ll_traffic_flow(&timing->traffic[t], node - timing->first_node[t], &f);
    return f;
}

static int64_t n_after(const ll_traffic *t, int64_t flow)
{
    return t->first_after == NULL ? 0 : t->first_after[flow + 1] - t->first_after[flow];
}

/* ---- Checks ---------------------------------------------------------------------------------- */

static ll_status check_flow(const ll_traffic *t, int64_t flow, ll_error *err)
{
    if (t->start_s != NULL && !(t->start_s[flow] >= 0 && isfinite(t->start_s[flow])))
        return ll_error_set(err, LL_ERR_RUN, "flow %lld of a list starts at %g s: not a time >= 0",
                            (long long)flow, t->start_s[flow]);
    const int64_t n = n_after(t, flow);
    if (n < 0 || (t->first_after != NULL && t->first_after[0] != 0))
        return ll_error_set(err, LL_ERR_RUN,
                            "flow %lld of a list: first_after does not ascend from 0",
                            (long long)flow);
    for (int64_t i = 0; i < n; i++) {
        const int64_t before = t->after[t->first_after[flow] + i];
        if (before < 0 || before >= t->n_list)
            return ll_error_set(err, LL_ERR_RUN,
                                "flow %lld of a list waits for flow %lld; it has flows 0 to %lld",
                                (long long)flow, (long long)before, (long long)t->n_list - 1);
    }
    return LL_OK;
}

static ll_status check_circle(const ll_timing *timing, ll_arena *mem, ll_error *err)
{
    const ll_arena_mark mark = ll_arena_here(mem);
    ll_clock clock = ll_clock_create(timing, 1, mem);
    int64_t waits = -1;
    for (int64_t node; (node = ll_clock_take(&clock)) >= 0;)
        ll_clock_end(&clock, node, 0);
    for (int64_t node = 0; node < timing->n_node && waits < 0; node++)
        if (clock.wait[node] > 0)
            waits = node - timing->first_node[ll_timing_traffic(timing, node)];
    ll_arena_release(mem, mark);
    if (waits < 0) return LL_OK;
    return ll_error_set(err, LL_ERR_RUN,
                        "flow %lld of a list never starts: its predecessors form a cycle",
                        (long long)waits);
}

/* ---- Which flows are released together ------------------------------------------------------- */

typedef struct start {
    const ll_traffic *t; /* of its first flow */
    int64_t flow;
} start;

static bool released_alike(const start *a, const start *b)
{
    const double a_s = a->t->start_s == NULL ? 0 : a->t->start_s[a->flow];
    const double b_s = b->t->start_s == NULL ? 0 : b->t->start_s[b->flow];
    const int64_t n = n_after(a->t, a->flow);
    if (a_s < b_s || a_s > b_s || n != n_after(b->t, b->flow)) return false;
    if (n == 0) return true;
    return a->t == b->t &&
           memcmp(a->t->after + a->t->first_after[a->flow],
                  b->t->after + b->t->first_after[b->flow], (size_t)n * sizeof *a->t->after) == 0;
}

static uint64_t release_hash(const start *r, int traffic)
{
    const int64_t n = n_after(r->t, r->flow);
    uint64_t h = ll_mix_f64(1, r->t->start_s == NULL ? 0 : r->t->start_s[r->flow]);
    if (n > 0) h = ll_mix(h + (uint64_t)traffic + 1);
    for (int64_t i = 0; i < n; i++)
        h = ll_mix(h * 0x9e3779b97f4a7c15ULL +
                   (uint64_t)r->t->after[r->t->first_after[r->flow] + i]);
    return h;
}

/* Numbers the releases in the order of the nodes; 0: released at time 0. On a collision of hashes
 * the next free number is taken. */
static void number_releases(ll_timing *timing, ll_arena *mem)
{
    static const ll_traffic at_once = {.pattern = LL_PATTERN_LIST};
    int64_t cap = 64;
    start *all = ll_arena_array(mem, cap, start);
    ll_index_map map;
    ll_index_map_init(&map, mem);
    all[0] = (start){&at_once, 0};
    (void)ll_index_map_of(&map, release_hash(&all[0], 0));
    for (int t = 0; t < timing->n_traffic; t++)
        for (int64_t i = 0; timing->first_node[t] >= 0 && i < timing->traffic[t].n_list; i++) {
            const start r = {&timing->traffic[t], i};
            uint64_t h = release_hash(&r, t);
            int64_t n = map.n, at = ll_index_map_of(&map, h);
            while (at < n && !released_alike(&all[at], &r))
                at = ll_index_map_of(&map, ++h);
            if (at == n && n == cap) {
                cap *= 2;
                all = ll_arena_grown(mem, all, n, cap, sizeof *all);
            }
            if (at == n) all[n] = r;
            timing->release[timing->first_node[t] + i] = (int32_t)at;
        }
}

/* ---- Making it ------------------------------------------------------------------------------- */

/* The successors of the flows of a list, whose nodes start at `base`: turn 0 counts them, turn 1
 * fills them in and moves first_next from begin to end of each range. Returns their number. */
static int64_t link_list(ll_timing *timing, const ll_traffic *list, int64_t base, int turn)
{
    for (int64_t i = 0; i < list->n_list; i++) {
        timing->n_before[base + i] = (int32_t)n_after(list, i);
        for (int64_t k = list->first_after[i]; k < list->first_after[i + 1]; k++) {
            int64_t *at = &timing->first_next[base + list->after[k] + 2 - turn];
            if (turn == 1) timing->next[*at] = (int32_t)(base + i);
            ++*at;
        }
    }
    return list->first_after[list->n_list] - list->first_after[0];
}

static void link_nodes(ll_timing *timing, ll_arena *mem)
{
    int64_t n_link = 0;
    timing->first_next = ll_arena_array(mem, timing->n_node + 2, int64_t);
    for (int turn = 0; turn < 2; turn++) {
        for (int t = 0; t < timing->n_traffic; t++) {
            const ll_traffic *list = &timing->traffic[t];
            const int64_t base = timing->first_node[t];
            if (base < 0 || list->first_after == NULL) continue;
            const int64_t n = link_list(timing, list, base, turn);
            if (turn == 0) n_link += n;
        }
        if (turn == 1) break;
        timing->next = ll_arena_array(mem, n_link, int32_t);
        for (int64_t i = 2; i < timing->n_node + 2; i++)
            timing->first_next[i] += timing->first_next[i - 1];
    }
}

static ll_status count_nodes(ll_timing *timing, ll_error *err)
{
    for (int t = 0; t < timing->n_traffic; t++) {
        const ll_traffic *list = &timing->traffic[t];
        timing->first_node[t] = -1;
        if (!ll_traffic_timed(list)) continue;
        timing->first_node[t] = timing->n_node;
        timing->n_node += list->n_list;
        if (timing->n_node > INT32_MAX ||
            (list->first_after != NULL && list->first_after[list->n_list] > INT32_MAX))
            return ll_error_set(err, LL_ERR_RUN,
                                "more than %d flows with start times or predecessors", INT32_MAX);
        for (int64_t i = 0; i < list->n_list; i++)
            LL_TRY(check_flow(list, i, err));
    }
    return LL_OK;
}

ll_status ll_timing_create(int n_traffic, const ll_traffic *traffic, ll_arena *mem, ll_timing **out,
                           ll_error *err)
{
    bool timed = false;
    for (int i = 0; i < n_traffic; i++)
        timed |= ll_traffic_timed(&traffic[i]);
    *out = NULL;
    if (!timed) return LL_OK;
    ll_timing *timing = ll_arena_new(mem, ll_timing);
    *timing = (ll_timing){.n_traffic = n_traffic, .traffic = traffic};
    timing->first_node = ll_arena_array(mem, n_traffic, int64_t);
    LL_TRY(count_nodes(timing, err));
    timing->release = ll_arena_array(mem, timing->n_node, int32_t);
    timing->n_before = ll_arena_array(mem, timing->n_node, int32_t);
    link_nodes(timing, mem);
    LL_TRY(check_circle(timing, mem, err));
    const ll_arena_mark mark = ll_arena_here(mem);
    number_releases(timing, mem);
    ll_arena_release(mem, mark);
    *out = timing;
    return LL_OK;
}

/* ---- Order of a list ------------------------------------------------------------------------- */

/* Stable merge sort by release. */
static void sort(const int32_t *release, int64_t n, int64_t *a, int64_t *work)
{
    if (n < 2) return;
    const int64_t half = n / 2;
    sort(release, half, a, work);
    sort(release, n - half, a + half, work);
    memcpy(work, a, (size_t)half * sizeof *a);
    int64_t i = 0, j = half, to = 0;
    while (i < half)
        a[to++] = j < n && release[a[j]] < release[work[i]] ? a[j++] : work[i++];
}

void ll_timing_sort(const ll_timing *timing, int traffic, int64_t n_source, ll_list_order *order,
                    ll_arena *mem)
{
    if (timing == NULL || timing->first_node[traffic] < 0) return;
    const ll_arena_mark mark = ll_arena_here(mem);
    int64_t *work = ll_arena_array(mem, order->first[n_source], int64_t);
    for (int64_t c = 0; c < n_source; c++)
        sort(timing->release + timing->first_node[traffic], order->first[c + 1] - order->first[c],
             order->order + order->first[c], work);
    ll_arena_release(mem, mark);
}

/* ---- The clock ------------------------------------------------------------------------------- */

ll_clock ll_clock_create(const ll_timing *timing, double unit, ll_arena *mem)
{
    ll_clock clock = {.timing = timing};
    clock.ready = ll_arena_array(mem, timing->n_node, double);
    clock.wait = ll_arena_array(mem, timing->n_node, int32_t);
    clock.queue = ll_arena_array(mem, timing->n_node, int32_t);
    for (int t = 0; t < timing->n_traffic; t++) {
        const int64_t base = timing->first_node[t];
        const double *start_s = timing->traffic[t].start_s;
        for (int64_t i = 0; base >= 0 && start_s != NULL && i < timing->traffic[t].n_list; i++)
            clock.ready[base + i] = start_s[i] * unit;
    }
    for (int64_t node = 0; node < timing->n_node; node++) {
        clock.wait[node] = timing->n_before[node];
        if (clock.wait[node] == 0) clock.queue[clock.n_released++] = (int32_t)node;
    }
    return clock;
}

void ll_clock_end(ll_clock *clock, int64_t node, double end)
{
    const ll_timing *timing = clock->timing;
    for (int64_t k = timing->first_next[node]; k < timing->first_next[node + 1]; k++) {
        const int32_t next = timing->next[k];
        clock->ready[next] = fmax(clock->ready[next], end);
        if (--clock->wait[next] == 0) clock->queue[clock->n_released++] = next;
    }
}

int64_t ll_clock_take(ll_clock *clock)
{
    while (clock->n_taken < clock->n_released) {
        const int64_t node = clock->queue[clock->n_taken++];
        const ll_flow f = ll_timing_flow(clock->timing, node);
        if (!ll_flow_is_nothing(&f)) return node;
        ll_clock_end(clock, node, clock->ready[node]);
    }
    return -1;
}
