/* Engine `closed`: alpha-beta. A flow takes its latency plus its size over its rate, and the rate
 * is
 *     min(W / tau, min over its links of c / k),
 * k the flows of the same source and phase on that link (as shares). Flows of other sources are
 * ignored: the time is exact if every link carries the flows of one source only, and a lower bound
 * otherwise. A flow over paths of unequal latency ends when the last link that it needs is done
 * (sender.c). In timed lists k counts the flows that are released together (sim/traffic/timing.h).
 *
 * It prices only a few sources of group 0 (representatives), as on symmetric topologies groups are
 * copies of each other: member 0; the last member; and those after which a digit of the group, or a
 * dimension of the topology, wraps around, because a step from there takes the most hops. ALL and
 * ROOT reach every peer from member 0. For TREE the roots and their children are added. A LIST has
 * no groups, so every source is priced; so it is if links are slow or down, as no chip represents
 * others then. With weights every member of group 0 is priced, and if the end of each flow is asked
 * for, or a list is timed, every flow (every.c). */
#include "sim/engine/closed/every.h"

#include <math.h>

enum { MAX_REPRESENTATIVE = 8 };

typedef struct closed {
    ll_sender sender;
    ll_arena *scratch; /* of the current phase; NULL until a phase needs it */
} closed;

typedef struct closed_run {
    ll_sender *sender;
    const ll_topology *topo;
    const ll_phase *phase;
    ll_price *price;
    double util_frac;                   /* the largest so far */
    ll_list_order list[LL_MAX_TRAFFIC]; /* LIST: flows by source */
} closed_run;

/* Adds the flows of traffic i that leave `chip`. */
static void source_add(closed_run *run, int i, int32_t chip, bool priced)
{
    const ll_traffic *t = &run->phase->traffic[i];
    ll_flow f;
    if (t->pattern == LL_PATTERN_LIST) {
        const int64_t *first = run->list[i].first;
        for (int64_t k = first[chip]; k < first[chip + 1]; k++) {
            ll_traffic_flow(t, run->list[i].order[k], &f);
            ll_sender_add(run->sender, &f, priced, 0);
        }
        return;
    }
    const ll_source_view s = ll_traffic_source(t, chip);
    for (int32_t j = 0; j < s.n_peer; j++) {
        f = ll_traffic_peer(&s, j);
        ll_sender_add(run->sender, &f, priced, 0);
    }
}

/* Prices the flows of a traffic from one chip, together with all other flows from there. */
static void source_price(closed_run *run, int traffic, int32_t chip)
{
    ll_price *price = run->price;
    ll_sender_price one;
    for (int i = 0; i < run->phase->n_traffic; i++)
        source_add(run, i, chip, i == traffic);
    for (int64_t at = 0, hop = 0, id; ll_sender_next(run->sender, &at, &hop, &id, &one);) {
        price->latency_s[traffic] = fmax(price->latency_s[traffic], one.latency_s);
        price->end_s[traffic] = fmax(price->end_s[traffic], one.latency_s + one.time_s);
        run->util_frac = fmax(run->util_frac, one.util_frac);
    }
    ll_sender_clear(run->sender);
}

/* The last member of group 0 whose chip number is less than `below` above that of member 0. */
static int32_t last_below(const ll_group *g, int32_t below)
{
    int32_t member = 0, place = ll_group_size(g), offset = 0;
    for (int k = g->n_digit - 1; k >= 0; k--) {
        int32_t digit = (below - 1 - offset) / g->stride[k];
        if (digit > g->size[k] - 1) digit = g->size[k] - 1;
        place /= g->size[k];
        member += digit * place;
        offset += digit * g->stride[k];
    }
    return member;
}

static void representative_add(int32_t member, int32_t *list, int *n)
{
    if (member < 0) return;
    for (int i = 0; i < *n; i++)
        if (list[i] == member) return;
    if (*n < MAX_REPRESENTATIVE) list[(*n)++] = member;
}

/* Fills member[MAX_REPRESENTATIVE] with the members to be priced; returns their number. */
static int representatives(const ll_topology *topo, const ll_traffic *t, int32_t *member)
{
    const ll_group *g = &t->group;
    const int32_t size = ll_group_size(g);
    int n = 0;
    representative_add(0, member, &n);
    if (t->pattern == LL_PATTERN_ALL || t->pattern == LL_PATTERN_ROOT) return n;
    representative_add(size - 1, member, &n);
    if (t->pattern == LL_PATTERN_TREE) {
        const int32_t root = size % 2 == 0 ? size - 1 : 1 % size;
        representative_add(ll_traffic_tree(size, 0, 0, LL_TREE_RIGHT), member, &n);
        representative_add(ll_traffic_tree(size, 1, root, LL_TREE_RIGHT), member, &n);
        representative_add(root, member, &n);
    }
    int32_t span = 1;
    for (int d = 0; d < topo->n_dim; d++)
        representative_add(last_below(g, span *= topo->dim[d].size), member, &n);
    span = 1;
    for (int k = 0; k < g->n_digit; k++)
        representative_add((span *= g->size[k]) - 1, member, &n);
    return n;
}

static bool is_source(const closed_run *run, int traffic, int32_t chip)
{
    if (run->phase->traffic[traffic].pattern != LL_PATTERN_LIST) return true;
    const int64_t *first = run->list[traffic].first;
    return first[chip] < first[chip + 1];
}

static void traffic_price(closed_run *run, int traffic)
{
    const ll_traffic *t = &run->phase->traffic[traffic];
    const ll_topology *topo = run->topo;
    if (t->pattern == LL_PATTERN_LIST || topo->uneven) {
        for (int32_t c = 0; c < topo->n_chip; c++)
            if (is_source(run, traffic, c)) source_price(run, traffic, c);
        return;
    }
    int32_t some[MAX_REPRESENTATIVE];
    const bool all = t->weight != NULL;
    const int n = all ? ll_group_size(&t->group) : representatives(topo, t, some);
    for (int i = 0; i < n; i++)
        source_price(run, traffic, ll_group_member(&t->group, 0, all ? i : some[i]));
}

/* Prices a phase: by representatives, by sorted lists, or flow by flow. */
static ll_status phase_price(closed *state, const ll_phase *phase, ll_price *price, ll_error *err)
{
    closed_run run = {
        .sender = &state->sender, .topo = state->sender.topo, .phase = phase, .price = price};
    ll_timing *timing;
    bool lists = false;
    int64_t n_flow = 0;
    *price = (ll_price){0};
    for (int i = 0; i < phase->n_traffic; i++) {
        n_flow += ll_traffic_n_flow(&phase->traffic[i]);
        lists |= phase->traffic[i].pattern == LL_PATTERN_LIST;
    }
    ll_price_tell(price, &ll_fact_n_flow, (double)n_flow);
    if (lists || phase->flow_end_s != NULL) {
        if (state->scratch == NULL) state->scratch = ll_arena_create("closed phase");
        ll_arena_reset(state->scratch);
        LL_TRY(ll_timing_create(phase->n_traffic, phase->traffic, state->scratch, &timing, err));
        if (timing != NULL || phase->flow_end_s != NULL) {
            ll_closed_every(&state->sender, phase, timing, state->scratch, price);
            return LL_OK;
        }
    }
    for (int i = 0; i < phase->n_traffic && lists; i++)
        if (phase->traffic[i].pattern == LL_PATTERN_LIST)
            run.list[i] =
                ll_traffic_list_order(&phase->traffic[i], 0, run.topo->n_chip, state->scratch);
    for (int i = 0; i < phase->n_traffic; i++)
        traffic_price(&run, i);
    ll_price_tell(price, &ll_fact_max_util_frac, run.util_frac);
    return LL_OK;
}

static ll_status closed_create(const ll_topology *topo, const ll_wire *wire, const void *param,
                               ll_comm *comm, ll_arena *mem, void **state, ll_error *err)
{
    (void)param;
    (void)comm;
    (void)err;
    closed *c = ll_arena_new(mem, closed);
    ll_sender_init(&c->sender, topo, wire, mem);
    *state = c;
    return LL_OK;
}

static ll_status closed_price(void *state, int n, const ll_phase *phase, ll_price *price,
                              ll_error *err)
{
    for (int i = 0; i < n; i++)
        LL_TRY(phase_price(state, &phase[i], &price[i], err));
    return LL_OK;
}

static void closed_destroy(void *state) { ll_arena_destroy(((closed *)state)->scratch); }

static const ll_key closed_keys[] = {{0}};

const ll_engine_type ll_engine_closed = {
    .name = "closed",
    .doc = "alpha-beta model: instant; contention only between flows of the same sender",
    .keys = closed_keys,
    .param_size = 0,
    .can = LL_ENGINE_CAN_START | LL_ENGINE_CAN_PREDECESSORS | LL_ENGINE_CAN_FLOW_END,
    .create = closed_create,
    .price = closed_price,
    .destroy = closed_destroy,
    .effort = ll_engine_walks_flows,
    .error_free = ll_engine_has_no_errors,
};
