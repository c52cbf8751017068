/* Which algorithm is the fastest: what `auto` means.
 *
 * Candidates are priced by engine `closed`, which sees a sender's own flows only. That is too kind where
 * chips pass on traffic for each other (rings, tori, around the corner of two meshes): there, the time
 * that the busiest link needs for the flows of one whole group counts as well.
 */
#include "sim/collective/collective.h"

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

/* Whether chips pass on traffic between members of group 0: the nearest, and some of the farthest. */
static bool chips_forward(const ll_topology *topo, const ll_group *group)
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

/* Seconds of work on each link: open addressing on the link id. */
typedef struct busy_link {
    int64_t link_1; /* link id + 1; 0: empty */
    double busy_s;
} busy_link;

static double busy_add(const ll_topology *topo, busy_link *table, int64_t mask, int64_t id,
                       double size_B)
{
    int64_t at = id * 0x9e3779b1 & mask;
    while (table[at].link_1 && table[at].link_1 != id + 1)
        at = (at + 1) & mask;
    ll_link link;
    topo->type->link(topo, id, &link);
    table[at].link_1 = id + 1;
    return table[at].busy_s += size_B / ll_link_capacity_Bps(&link);
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
static ll_status predict(const ll_cluster *cluster, const ll_plan *plan, ll_arena *mem,
                         double *total_s, ll_error *err)
{
    ll_phase phase[LL_MAX_ROUND];
    ll_arena_mark mark = ll_arena_here(mem);
    ll_price *price = ll_arena_array(mem, plan->n_round, ll_price);
    for (int i = 0; i < plan->n_round; i++)
        phase[i] = (ll_phase){.n_traffic = 1, .traffic = &plan->round[i].traffic};
    ll_problem problem = {cluster->topo, cluster->wire, plan->n_round, phase};
    ll_status status = ll_engine_solve(&ll_engine_closed, &problem, NULL, NULL, mem, price, err);
    for (int i = 0; i < plan->n_round && status == LL_OK; i++) {
        const ll_traffic *t = &plan->round[i].traffic;
        if (chips_forward(cluster->topo, &t->group))
            price[i].end_s[0] =
                fmax(price[i].end_s[0], price[i].latency_s[0] + busiest_s(cluster->topo, t, mem));
    }
    ll_cost cost = {0};
    ll_collective_cost(cluster->software, plan, price, &cost);
    *total_s = cost.total_s;
    ll_arena_release(mem, mark);
    return status;
}

ll_status ll_collective_choose(const ll_cluster *cluster, const ll_request *request, ll_arena *mem,
                               ll_plan *out, ll_error *err)
{
    if (request->algorithm != LL_ALGORITHM_AUTO)
        return ll_collective_plan(cluster, request, out, err);
    const int outermost = ll_collective_dimension(cluster->topo, &request->group);
    const char *have = cluster->software[outermost].algorithms;
    const int32_t n = ll_group_size(&request->group);
    double best_s = (double)INFINITY;
    /* Hierarchical first: where chips forward, a large group does not look at flat ways as well. */
    for (int a = LL_ALGORITHM_HIERARCHICAL; a >= LL_ALGORITHM_RING; a--) {
        ll_request one = *request;
        ll_error why;
        ll_plan plan;
        one.algorithm = (ll_algorithm)a;
        ll_error_init(&why);
        if (!ll_collective_eligible(cluster, &one) ||
            ll_collective_plan(cluster, &one, &plan, &why) != LL_OK)
            continue;
        ll_protocol protocol;
        double total_s = ll_collective_guess(cluster->software, &plan, &protocol);
        if (total_s <= 0) LL_TRY(predict(cluster, &plan, mem, &total_s, err));
        if (total_s <= best_s) {
            best_s = total_s;
            *out = plan;
        }
        if (a == LL_ALGORITHM_HIERARCHICAL && n > LL_FLAT_MAX &&
            chips_forward(cluster->topo, &one.group) && one.collective != LL_ALL_TO_ALL)
            break;
    }
    if (isfinite(best_s)) return LL_OK;
    return ll_error_set(err, LL_ERR_CONFIG,
                        "no algorithm for %s: cluster.software algorithms = \"%s\"",
                        ll_collective_names[request->collective], have);
}

double ll_collective_bus_factor(ll_collective collective, double n)
{
    switch (collective) {
    case LL_ALL_REDUCE:
        return 2 * (n - 1) / n;
    case LL_ALL_GATHER:
    case LL_REDUCE_SCATTER:
    case LL_ALL_TO_ALL:
        return (n - 1) / n;
    case LL_BROADCAST:
    case LL_SEND:
    case LL_N_COLLECTIVE:
        break;
    }
    return 1;
}
