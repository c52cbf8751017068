/* Trees over domains: see collective.h. */
#include "sim/collective/plan.h"

#include <math.h>

bool ll_domains_is(const ll_cluster *cluster, const ll_request *request, const ll_span *s)
{
    if (request->collective != LL_ALL_REDUCE || !s->aligned || s->first_dim == s->last_dim)
        return false;
    if (request->algorithm == LL_ALGORITHM_IN_NETWORK_TREE) return true;
    return request->algorithm == LL_ALGORITHM_TREE &&
           cluster->software[s->last_dim].between.tree_frac > 0;
}

/* The digits of a span inside its outermost dimension, or those in it, as groups of their own. */
static ll_group digits_of(const ll_span *s, int32_t n_chip, bool outermost)
{
    ll_group out = {.n_chip = n_chip};
    for (int k = 0; k < s->n_digit; k++) {
        if ((s->dim[k] == s->last_dim) != outermost) continue;
        out.size[out.n_digit] = s->size[k];
        out.stride[out.n_digit++] = s->stride[k];
    }
    return out;
}

/* A chain through the members of a domain, up to its head and down again, starts at another member
 * on each channel; so each passes (G-1)/G of the bytes on to either neighbour. */
void ll_domains_plan(const ll_request *request, const ll_span *s, ll_arena *mem, ll_plan *plan)
{
    const ll_group inside = digits_of(s, request->group.n_chip, false);
    const bool by_switch = request->algorithm == LL_ALGORITHM_IN_NETWORK_TREE;
    const double n = ll_group_size(&inside), S = request->size_B;
    ll_round r = {.traffic = {.pattern = by_switch ? LL_PATTERN_SHIFT : LL_PATTERN_BOTH,
                              .arg = 1,
                              .group = inside,
                              .size_B = by_switch ? S : S * (n - 1) / n},
                  .collective = LL_ALL_REDUCE,
                  .repeat = 1,
                  .dimension = s->first_dim,
                  .n_reduce = by_switch ? (int32_t)n : 0};
    for (int k = 0; k < s->n_digit; k++)
        if (s->dim[k] != s->last_dim) r.dimension = s->dim[k];
    ll_plan_add(plan, &r, mem);
    r.traffic = (ll_traffic){.pattern = LL_PATTERN_TREE,
                             .group = digits_of(s, request->group.n_chip, true),
                             .size_B = S / (2 * n)};
    r.dimension = s->last_dim;
    r.n_reduce = 0;
    ll_plan_add(plan, &r, mem);
    plan->pipelined = true;
}

/* Rate of all links of dimension d by which chip 0 reaches another chip along it. */
static double links_Bps(const ll_topology *topo, int d)
{
    enum { MAX_FIRST = 64 };
    int64_t first[MAX_FIRST], hop[LL_MAX_HOP];
    int32_t stride = 1;
    int n = 0;
    double sum_Bps = 0;
    for (int k = 0; k < d; k++)
        stride *= topo->dim[k].size;
    const int32_t n_path = topo->dim[d].size > 1 ? topo->type->n_path(topo, 0, stride) : 0;
    for (int32_t p = 0; p < n_path && n < MAX_FIRST; p++) {
        bool known = topo->type->route(topo, 0, stride, p, LL_MAX_HOP, hop) == 0;
        for (int i = 0; i < n; i++)
            known = known || first[i] == hop[0];
        if (known) continue;
        ll_link link;
        topo->type->link(topo, hop[0], &link);
        first[n++] = hop[0];
        sum_Bps += ll_link_capacity_Bps(&link);
    }
    return sum_Bps;
}

void ll_domains_count(ll_chooser *chooser, const ll_span *s, ll_plan *plan)
{
    const ll_cluster *c = chooser->cluster;
    if (!s->aligned) return;
    plan->n_domain = 1;
    for (int k = 0; k < s->n_digit; k++)
        if (s->dim[k] == s->last_dim) plan->n_domain *= s->size[k];
    if (c->software[s->last_dim].between.tuner == LL_TUNER_NONE) return;
    double *nic_Bps = &chooser->nic_Bps[s->last_dim];
    if (!(*nic_Bps > 0)) *nic_Bps = links_Bps(c->topo, s->last_dim);
    plan->nic_Bps = *nic_Bps;
}

double ll_domains_nic_frac(const ll_software *soft, const ll_plan *plan, const ll_round *round)
{
    const double nics = (double)soft->between.nics;
    if (nics <= 0 || plan->n_domain == 0 || round->dimension != plan->dimension ||
        ll_collective_pairwise(round->collective))
        return 1;
    return fmin(1, nics / ll_plan_members(plan));
}
