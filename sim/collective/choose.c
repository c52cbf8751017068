/* Which algorithm is the fastest: what `auto` means.
 *
 * Candidates are priced by engine `closed`, which sees a sender's own flows only. That is too kind
 * where chips pass on traffic for each other (rings, tori, around the corner of two meshes): there,
 * the time that the busiest link needs for the flows of one whole group counts as well. */
#include "sim/collective/plan.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Whether the library that drives the outermost dimension has the algorithm at all. */
static bool library_has(const char *have, ll_collective what, ll_algorithm algorithm)
{
    if (!strcmp(have, "all") || what == LL_ALL_TO_ALL || what == LL_SEND ||
        algorithm == LL_ALGORITHM_HIERARCHICAL)
        return true;
    const char *name = ll_algorithm_names[algorithm], *at = strstr(have, name);
    size_t n = strlen(name);
    while (at && !((at == have || at[-1] == ' ') && (at[n] == 0 || at[n] == ' ')))
        at = strstr(at + 1, name);
    return at != NULL;
}

bool ll_collective_eligible(const ll_cluster *cluster, const ll_request *request)
{
    const ll_collective what = request->collective;
    const int outermost = ll_collective_dimension(cluster->topo, &request->group);
    const char *have = cluster->software[outermost].algorithms;
    bool gathers = what == LL_ALL_REDUCE || what == LL_ALL_GATHER || what == LL_REDUCE_SCATTER;
    if (gathers && request->algorithm == LL_ALGORITHM_DIRECT &&
        ll_group_size(&request->group) > LL_DIRECT_MAX)
        return false;
    return library_has(have, what, request->algorithm);
}

/* Whether chips pass on traffic between members of group 0: the nearest, and some of the farthest.
 */
static bool look_for_forwarding(const ll_topology *topo, const ll_group *group)
{
    enum { NEAR = 8 };
    const int32_t from = ll_group_member(group, 0, 0), n = ll_group_size(group);
    for (int32_t k = 0; k < NEAR + 3; k++) {
        int32_t member = k < NEAR ? k + 1 : k == NEAR ? n / 2 : k == NEAR + 1 ? n / 2 + 1 : n - 1;
        if (member >= n) continue;
        int64_t hop[LL_MAX_HOP];
        int n_hop =
            topo->type->route(topo, from, ll_group_member(group, 0, member), 0, LL_MAX_HOP, hop);
        for (int h = 0; h + 1 < n_hop; h++) {
            ll_link link;
            topo->type->link(topo, hop[h], &link);
            if (link.to < topo->n_chip) return true;
        }
    }
    return false;
}

/* The same, found out once for each group. */
static bool chips_forward(ll_chooser *c, const ll_group *group)
{
    for (int i = 0; i < c->n_group; i++) {
        const ll_group *g = &c->group[i];
        bool same = g->n_digit == group->n_digit;
        for (int k = 0; k < g->n_digit && same; k++)
            same = g->size[k] == group->size[k] && g->stride[k] == group->stride[k];
        if (same) return c->forwards[i];
    }
    const bool forwards = look_for_forwarding(c->cluster->topo, group);
    if (c->n_group == LL_CHOOSER_GROUPS) return forwards;
    c->group[c->n_group] = *group;
    c->forwards[c->n_group++] = forwards;
    return forwards;
}

/* Seconds of work on each link: open addressing on the link id. */
typedef struct busy_link {
    int64_t link_1; /* link id + 1; 0: empty */
    double busy_s, cap_Bps;
} busy_link;

static double busy_add(const ll_topology *topo, busy_link *table, int64_t mask, int64_t id,
                       double size_B)
{
    int64_t at = id * 0x9e3779b1 & mask;
    while (table[at].link_1 && table[at].link_1 != id + 1)
        at = (at + 1) & mask;
    if (table[at].link_1 == 0) {
        ll_link link;
        topo->type->link(topo, id, &link);
        table[at].link_1 = id + 1;
        table[at].cap_Bps = ll_link_capacity_Bps(&link);
    }
    return table[at].busy_s += size_B / table[at].cap_Bps;
}

/* Time that the busiest link needs for the flows of group 0; 0 if they are too many to look at. */
static double busiest_s(const ll_topology *topo, const ll_traffic *t, ll_arena *mem)
{
    enum { FLOW_MAX = 32768 };
    int64_t n = ll_traffic_n_flow(t) / ll_group_count(&t->group), size = 64;
    if (n > FLOW_MAX / topo->max_path) return 0;
    while (size < 4 * n * topo->max_path * topo->max_hop)
        size *= 2;
    ll_arena_mark mark = ll_arena_here(mem);
    busy_link *table = ll_arena_array(mem, size, busy_link);
    double worst_s = 0;
    for (int64_t i = 0; i < n; i++) {
        ll_flow f;
        ll_traffic_flow(t, i, &f);
        int32_t n_path = topo->type->n_path(topo, f.src, f.dst);
        for (int32_t p = 0; p < n_path; p++) {
            int64_t hop[LL_MAX_HOP];
            int n_hop = topo->type->route(topo, f.src, f.dst, p, LL_MAX_HOP, hop);
            for (int h = 0; h < n_hop; h++)
                worst_s = fmax(worst_s, busy_add(topo, table, size - 1, hop[h], f.size_B / n_path));
        }
    }
    ll_arena_release(mem, mark);
    return worst_s;
}

/* Predicted time: by `closed`, and no less than the busiest link of each round needs. */
static ll_status predict(ll_chooser *c, const ll_plan *plan, ll_arena *mem, double *total_s,
                         ll_error *err)
{
    enum { FEW = 8 };
    ll_phase phase[LL_MAX_ROUND];
    ll_price few[FEW], *price = few;
    const ll_topology *topo = c->cluster->topo;
    if (plan->n_round > FEW) price = ll_arena_array(mem, plan->n_round, ll_price);
    for (int i = 0; i < plan->n_round; i++)
        phase[i] = (ll_phase){.n_traffic = 1, .traffic = &plan->round[i].traffic};
    ll_status status = LL_OK;
    if (c->closed == NULL)
        status =
            ll_engine_closed.create(topo, &c->cluster->wire, NULL, NULL, c->mem, &c->closed, err);
    if (status == LL_OK)
        status = ll_engine_closed.price(c->closed, plan->n_round, phase, price, err);
    for (int i = 0; i < plan->n_round && status == LL_OK; i++) {
        const ll_traffic *t = &plan->round[i].traffic;
        if (chips_forward(c, &t->group))
            price[i].end_s[0] =
                fmax(price[i].end_s[0], price[i].latency_s[0] + busiest_s(topo, t, mem));
    }
    ll_cost cost = {0};
    if (status == LL_OK) ll_collective_cost(c->cluster->software, plan, price, &cost);
    *total_s = cost.total_s;
    return status;
}

/* One algorithm: its plan, and the time that is predicted; INFINITY if it is not possible here. */
static ll_status candidate(ll_chooser *c, const ll_request *request, ll_arena *mem, ll_plan *plan,
                           double *total_s, ll_error *err)
{
    ll_protocol protocol;
    *total_s = (double)INFINITY;
    if (!ll_collective_eligible(c->cluster, request) ||
        ll_chooser_plan(c, request, mem, plan, NULL) != LL_OK)
        return LL_OK;
    *total_s = ll_collective_guess(c->cluster->software, plan, &protocol);
    return *total_s > 0 ? LL_OK : predict(c, plan, mem, total_s, err);
}

ll_status ll_chooser_choose(ll_chooser *c, const ll_request *request, ll_arena *mem, ll_plan *out,
                            ll_error *err)
{
    if (request->algorithm != LL_ALGORITHM_AUTO) return ll_chooser_plan(c, request, mem, out, err);
    const int32_t n = ll_group_size(&request->group);
    double best_s = (double)INFINITY;
    /* Hierarchical first: where chips forward, a large group does not look at flat ways as well. */
    for (int a = LL_ALGORITHM_HIERARCHICAL; a >= LL_ALGORITHM_RING; a--) {
        ll_request one = *request;
        ll_plan plan;
        double total_s;
        one.algorithm = (ll_algorithm)a;
        LL_TRY(candidate(c, &one, mem, &plan, &total_s, err));
        if (isinf(total_s)) continue;
        if (total_s <= best_s) {
            best_s = total_s;
            *out = plan;
        }
        if (a == LL_ALGORITHM_HIERARCHICAL && n > LL_FLAT_MAX && chips_forward(c, &one.group) &&
            one.collective != LL_ALL_TO_ALL)
            break;
    }
    if (isfinite(best_s)) return LL_OK;
    const int outermost = ll_collective_dimension(c->cluster->topo, &request->group);
    return ll_error_set(
        err, LL_ERR_CONFIG, "no algorithm for %s: cluster.software algorithms = \"%s\"",
        ll_collective_names[request->collective], c->cluster->software[outermost].algorithms);
}

/* Nothing of `closed` has to be given back: it has lists in an arena of its own, and plans have
 * none. */
void ll_chooser_init(ll_chooser *chooser, const ll_cluster *cluster, ll_arena *mem)
{
    chooser->cluster = cluster;
    chooser->mem = mem;
    chooser->n_group = 0;
    chooser->closed = NULL;
}

ll_chooser *ll_chooser_create(const ll_cluster *cluster, ll_arena *mem)
{
    ll_chooser *chooser = ll_arena_new(mem, ll_chooser);
    ll_chooser_init(chooser, cluster, mem);
    return chooser;
}

ll_status ll_collective_choose(const ll_cluster *cluster, const ll_request *request, ll_arena *mem,
                               ll_plan *out, ll_error *err)
{
    ll_chooser chooser;
    ll_chooser_init(&chooser, cluster, mem);
    return ll_chooser_choose(&chooser, request, mem, out, err);
}
