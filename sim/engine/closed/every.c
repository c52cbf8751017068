#include "sim/engine/closed/every.h"

#include <math.h>

typedef struct every {
    const ll_phase *phase;
    const ll_timing *timing;
    ll_price *price;
    int64_t first[LL_MAX_TRAFFIC + 1]; /* number of flow 0 of each traffic */
    int64_t n_flow;
    ll_list_order order; /* all flows by source, then by release */
    int32_t *src;        /* [n_flow] */
    int32_t *release;    /* [n_flow]; NULL: all 0 */
    double util_frac;    /* the largest so far */
    double *took_s;      /* [n_flow] duration of each flow; 0: no bytes */
} every;

static int traffic_of(const every *e, int64_t flow)
{
    int t = 0;
    while (flow >= e->first[t + 1])
        t++;
    return t;
}

static void flow_at(const every *e, int64_t flow, ll_flow *out)
{
    const int t = traffic_of(e, flow);
    ll_traffic_flow(&e->phase->traffic[t], flow - e->first[t], out);
}

/* Sorts all flows of the phase by source, as if they were one list. */
static void order_all(every *e, int32_t n_chip, ll_arena *mem)
{
    e->src = ll_arena_array(mem, e->n_flow, int32_t);
    for (int64_t i = 0; i < e->n_flow; i++) {
        ll_flow f;
        flow_at(e, i, &f);
        e->src[i] = f.src;
    }
    const ll_traffic all = {.pattern = LL_PATTERN_LIST, .n_list = e->n_flow, .src = e->src};
    e->order = ll_traffic_list_order(&all, 0, n_chip, mem);
    if (e->timing == NULL) return;
    int64_t first_node = 0;
    ll_timing as_one = {.n_traffic = 1, .traffic = &all, .n_node = e->n_flow};
    e->release = ll_arena_array(mem, e->n_flow, int32_t);
    for (int t = 0; t < e->phase->n_traffic; t++)
        for (int64_t i = e->first[t]; i < e->first[t + 1]; i++)
            e->release[i] = ll_timing_release(e->timing, t, i - e->first[t]);
    as_one.release = e->release;
    as_one.first_node = &first_node;
    ll_timing_sort(&as_one, 0, n_chip, &e->order, mem);
}

/* Prices the flows order[lo .. hi-1], which one source releases together. */
static void price_together(every *e, ll_sender *sender, int64_t lo, int64_t hi)
{
    ll_sender_price one;
    for (int64_t k = lo; k < hi; k++) {
        ll_flow f;
        flow_at(e, e->order.order[k], &f);
        ll_sender_add(sender, &f, true, e->order.order[k]);
    }
    for (int64_t at = 0, hop = 0, i; ll_sender_next(sender, &at, &hop, &i, &one);) {
        double *latency_s = &e->price->latency_s[traffic_of(e, i)];
        e->took_s[i] = one.latency_s + one.time_s;
        *latency_s = fmax(*latency_s, one.latency_s);
        e->util_frac = fmax(e->util_frac, one.util_frac);
    }
    ll_sender_clear(sender);
}

static void flow_ends(every *e, int64_t flow, double end_s)
{
    double *last_s = &e->price->end_s[traffic_of(e, flow)];
    *last_s = fmax(*last_s, end_s);
    if (e->phase->flow_end_s != NULL) e->phase->flow_end_s[flow] = end_s;
}

/* Ends of timed flows: takes nodes in the order of release, each after its predecessors. */
static void run_clock(every *e, ll_arena *mem)
{
    const ll_timing *timing = e->timing;
    ll_clock clock = ll_clock_create(timing, 1, mem);
    for (int64_t node; (node = ll_clock_take(&clock)) >= 0;) {
        const int t = ll_timing_traffic(timing, node);
        ll_clock_end(&clock, node,
                     clock.ready[node] + e->took_s[e->first[t] + node - timing->first_node[t]]);
    }
    for (int t = 0; t < timing->n_traffic; t++)
        for (int64_t i = e->first[t]; i < e->first[t + 1]; i++)
            flow_ends(e, i,
                      timing->first_node[t] < 0
                          ? e->took_s[i]
                          : clock.ready[timing->first_node[t] + i - e->first[t]] + e->took_s[i]);
}

void ll_closed_every(ll_sender *sender, const ll_phase *phase, const ll_timing *timing,
                     ll_arena *mem, ll_price *price)
{
    every e = {.phase = phase, .timing = timing, .price = price};
    for (int t = 0; t < phase->n_traffic; t++)
        e.first[t + 1] = e.first[t] + ll_traffic_n_flow(&phase->traffic[t]);
    e.n_flow = e.first[phase->n_traffic];
    e.took_s = ll_arena_array(mem, e.n_flow, double);
    order_all(&e, sender->topo->n_chip, mem);
    for (int64_t lo = 0, hi; lo < e.n_flow; lo = hi) {
        const int64_t *order = e.order.order;
        for (hi = lo + 1; hi < e.n_flow && e.src[order[hi]] == e.src[order[lo]]; hi++)
            if (e.release != NULL && e.release[order[hi]] != e.release[order[lo]]) break;
        price_together(&e, sender, lo, hi);
    }
    ll_price_tell(price, &ll_fact_max_util_frac, e.util_frac);
    if (timing != NULL)
        run_clock(&e, mem);
    else
        for (int64_t i = 0; i < e.n_flow; i++)
            flow_ends(&e, i, e.took_s[i]);
}
