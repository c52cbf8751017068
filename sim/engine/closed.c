/* Engine `closed`: alpha-beta. A flow takes its latency plus its size over its rate, and the rate is
 *     min(W / tau, min over its links of c / k),
 * k the flows of the same source and phase on that link (as shares). Flows of other sources do not
 * exist: so this is exact where every link carries the flows of one source, and a lower bound of the
 * time elsewhere.
 *
 * It looks at a few members of group 0 only, since groups are copies of each other wherever the
 * topology is symmetric: member 0; the last; and those after which a digit of the group, or a
 * dimension of the topology, wraps around, because a step from there takes the most hops. ALL and ROOT
 * reach every peer from member 0 already. In TREE the roots and their children are added. LIST has no
 * groups: every source counts. So it does where links are slow or down: no chip stands for others there.
 */
#include "sim/engine/engine.h"

#include <math.h>
#include <string.h>

enum { MAX_REPRESENTATIVE = 8, FIRST_SLOTS = 64 };

/* How many flows (as shares) of one source are on a link: open addressing on the link id. */
typedef struct share_slot {
    int64_t link_1; /* link id + 1; 0 is empty */
    double share;
    double cap_Bps, latency_s;
} share_slot;

typedef struct closed_run {
    const ll_problem *problem;
    const ll_phase *phase;
    ll_price *price;
    ll_arena *mem;
    share_slot *slot; /* [mask + 1] */
    int64_t *touched; /* [n_touched] of [(mask + 1) / 2] slots in use */
    int64_t mask, n_touched;
    ll_list_order list[LL_MAX_TRAFFIC]; /* LIST: by source */
} closed_run;

static void table_resize(closed_run *run, int64_t n)
{
    const share_slot *old = run->slot;
    const int64_t *old_touched = run->touched, n_old = run->n_touched;
    run->slot = ll_arena_array(run->mem, n, share_slot);
    run->touched = ll_arena_array(run->mem, n / 2, int64_t);
    run->mask = n - 1;
    for (int64_t i = 0; i < n_old; i++) {
        const share_slot *s = &old[old_touched[i]];
        int64_t at = s->link_1 & run->mask;
        while (run->slot[at].link_1 != 0)
            at = (at + 1) & run->mask;
        run->slot[at] = *s;
        run->touched[i] = at;
    }
}

static share_slot *slot_of(closed_run *run, int64_t link_id)
{
    int64_t at = (link_id + 1) & run->mask;
    for (; run->slot[at].link_1 != 0; at = (at + 1) & run->mask)
        if (run->slot[at].link_1 == link_id + 1) return &run->slot[at];
    if (run->n_touched == (run->mask + 1) / 2) {
        table_resize(run, 2 * (run->mask + 1));
        return slot_of(run, link_id);
    }
    ll_link link;
    const ll_topology *topo = run->problem->topo;
    topo->type->link(topo, link_id, &link);
    run->touched[run->n_touched++] = at;
    run->slot[at] = (share_slot){link_id + 1, 0, ll_link_capacity_Bps(&link), link.latency_s};
    return &run->slot[at];
}

static void table_clear(closed_run *run)
{
    for (int64_t i = 0; i < run->n_touched; i++)
        run->slot[run->touched[i]].link_1 = 0;
    run->n_touched = 0;
}

/* Adds the flow to the links it crosses. */
static void flow_count(closed_run *run, int32_t src, int32_t dst)
{
    const ll_topology *topo = run->problem->topo;
    const int32_t n_path = topo->type->n_path(topo, src, dst);
    for (int32_t path = 0; path < n_path; path++) {
        int64_t hop[LL_MAX_HOP];
        const int n_hop = topo->type->route(topo, src, dst, path, LL_MAX_HOP, hop);
        for (int h = 0; h < n_hop; h++)
            slot_of(run, hop[h])->share += 1.0 / n_path;
    }
}

/* The flow's time, once all flows of its source are counted. */
static void flow_price(closed_run *run, int traffic, int32_t src, int32_t dst, double size_B)
{
    const ll_topology *topo = run->problem->topo;
    const ll_wire *wire = &run->problem->wire;
    const int32_t n_path = topo->type->n_path(topo, src, dst);
    double latency_s = 0, share_Bps = INFINITY, util = 0;
    for (int32_t path = 0; path < n_path; path++) {
        int64_t hop[LL_MAX_HOP];
        const int n_hop = topo->type->route(topo, src, dst, path, LL_MAX_HOP, hop);
        for (int h = 0; h < n_hop; h++) {
            const share_slot *s = slot_of(run, hop[h]);
            share_Bps = fmin(share_Bps, s->cap_Bps / s->share);
            if (path == 0) latency_s += s->latency_s;
        }
    }
    double rate_Bps = share_Bps;
    const double floor_Bps =
        latency_s > 0 ? wire->window_packets * wire->packet_B / (2 * latency_s) : (double)INFINITY;
    if (wire->window_bdp > 0) /* W / tau = window_bdp c / k, but for the packets that always fit */
        rate_Bps = fmin(rate_Bps, fmax(wire->window_bdp * rate_Bps, floor_Bps));
    else if (latency_s > 0)
        rate_Bps = fmin(rate_Bps, wire->window_B / (2 * latency_s));
    util = rate_Bps / share_Bps;
    ll_price *price = run->price;
    price->latency_s[traffic] = fmax(price->latency_s[traffic], latency_s);
    price->end_s[traffic] = fmax(price->end_s[traffic], latency_s + size_B / rate_Bps);
    price->max_util_frac = fmax(price->max_util_frac, util);
}

typedef enum visit { VISIT_COUNT, VISIT_PRICE } visit;

static void flow_visit(closed_run *run, visit what, int traffic, const ll_flow *f)
{
    if (f->src == f->dst || !(f->size_B > 0)) return;
    if (what == VISIT_COUNT)
        flow_count(run, f->src, f->dst);
    else
        flow_price(run, traffic, f->src, f->dst, f->size_B);
}

/* Every flow of one traffic that leaves `chip`. */
static void source_visit(closed_run *run, visit what, int traffic, int32_t chip)
{
    const ll_traffic *t = &run->phase->traffic[traffic];
    ll_flow f;
    if (t->pattern == LL_PATTERN_LIST) {
        const int64_t *first = run->list[traffic].first;
        for (int64_t k = first[chip]; k < first[chip + 1]; k++) {
            ll_traffic_flow(t, run->list[traffic].order[k], &f);
            flow_visit(run, what, traffic, &f);
        }
        return;
    }
    const ll_source_view s = ll_traffic_source(t, chip);
    for (int32_t j = 0; j < s.n_peer; j++) {
        f = (ll_flow){chip, ll_traffic_peer(&s, j), t->size_B};
        flow_visit(run, what, traffic, &f);
    }
}

static void source_price(closed_run *run, int traffic, int32_t chip)
{
    for (int i = 0; i < run->phase->n_traffic; i++)
        source_visit(run, VISIT_COUNT, i, chip);
    source_visit(run, VISIT_PRICE, traffic, chip);
    table_clear(run);
}

/* The last member whose chip is less than `below` chips after member 0. */
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

/* member: [MAX_REPRESENTATIVE]; returns how many. */
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
    const ll_topology *topo = run->problem->topo;
    if (t->pattern == LL_PATTERN_LIST || topo->uneven) {
        for (int32_t c = 0; c < topo->n_chip; c++)
            if (is_source(run, traffic, c)) source_price(run, traffic, c);
        return;
    }
    int32_t member[MAX_REPRESENTATIVE];
    const int n = representatives(topo, t, member);
    for (int i = 0; i < n; i++)
        source_price(run, traffic, ll_group_member(&t->group, 0, member[i]));
}

static ll_status closed_solve(const ll_problem *problem, const void *param, ll_comm *comm,
                              ll_arena *mem, ll_price *price, ll_error *err)
{
    (void)param;
    (void)comm;
    (void)err;
    closed_run run = {.problem = problem, .mem = mem};
    table_resize(&run, FIRST_SLOTS);
    for (int p = 0; p < problem->n_phase; p++) {
        run.phase = &problem->phase[p];
        run.price = &price[p];
        LL_ASSERT(run.phase->n_traffic <= LL_MAX_TRAFFIC, "n_traffic = %d", run.phase->n_traffic);
        price[p] = (ll_price){0};
        for (int i = 0; i < run.phase->n_traffic; i++) {
            price[p].n_flow += ll_traffic_n_flow(&run.phase->traffic[i]);
            if (run.phase->traffic[i].pattern == LL_PATTERN_LIST)
                run.list[i] =
                    ll_traffic_list_order(&run.phase->traffic[i], 0, problem->topo->n_chip, mem);
        }
        for (int i = 0; i < run.phase->n_traffic; i++)
            traffic_price(&run, i);
    }
    return LL_OK;
}

static const ll_key closed_keys[] = {{0}};

const ll_engine_type ll_engine_closed = {
    .name = "closed",
    .doc = "alpha-beta with the sender's own flows only: instant, no contention between senders",
    .keys = closed_keys,
    .param_size = 0,
    .solve = closed_solve,
    .error_free = ll_engine_has_no_errors,
};
