/* Rounds of flat algorithms, which treat the members as one line: ring, direct, halving, tree,
 * in_network, one_shot, two_shot. */
#include "sim/collective/plan.h"

static int log2_int(int32_t n)
{
    int k = 0;
    while ((2 << k) <= n)
        k++;
    return k;
}

static ll_round *round_add(const ll_flat *f, ll_pattern pattern, int32_t arg, double size_B)
{
    const ll_round r = {
        .traffic = {.pattern = pattern, .arg = arg, .group = f->request->group, .size_B = size_B},
        .collective = f->request->collective,
        .repeat = 1,
        .dimension = f->dim};
    return ll_plan_add(f->plan, &r, f->mem);
}

static int64_t first_link(const ll_flat *f, int32_t member)
{
    const ll_topology *topo = f->chooser->cluster->topo;
    const ll_group *group = &f->request->group;
    int64_t hop[LL_MAX_HOP];
    topo->type->route(topo, ll_group_member(group, 0, 0), ll_group_member(group, 0, member), 0,
                      LL_MAX_HOP, hop);
    return hop[0];
}

/* One turn of a ring, n-1 steps, after which every part has passed every member. If member 0 has
 * separate links to its two neighbours, half of every part goes round in the other direction. */
ll_round *ll_flat_ring(const ll_flat *f, double part_B)
{
    const bool both_ways = first_link(f, 1) != first_link(f, f->n - 1);
    ll_round *r = both_ways ? round_add(f, LL_PATTERN_BOTH, 1, part_B / 2)
                            : round_add(f, LL_PATTERN_SHIFT, 1, part_B);
    r->repeat = f->n - 1;
    return r;
}

/* All-gather or reduce-scatter; an all-reduce is both. Halving runs in reverse order for a
 * reduce-scatter. */
static void plan_one_way(const ll_flat *f)
{
    double part_B = f->request->size_B / f->n;
    if (f->request->algorithm == LL_ALGORITHM_RING) {
        ll_flat_ring(f, part_B)->own = 1;
    } else if (f->request->algorithm == LL_ALGORITHM_DIRECT) {
        round_add(f, LL_PATTERN_ALL, 0, part_B);
    } else {
        for (int k = 0; k < log2_int(f->n); k++)
            round_add(f, LL_PATTERN_XOR, 1 << k, part_B * (double)(1 << k));
    }
}

static void plan_all_reduce(const ll_flat *f)
{
    double size_B = f->request->size_B;
    if (f->request->algorithm == LL_ALGORITHM_TREE) {
        /* Up and down the trees; the levels are pipelined, so bytes count once. */
        round_add(f, LL_PATTERN_TREE, 0, size_B / 2)->depth = 2 * log2_int(f->n) - 1;
    } else if (f->request->algorithm == LL_ALGORITHM_IN_NETWORK) {
        /* The switch reduces what all members send and multicasts the result: S up and S down per
         * member, the same load on the same links as one shift of the whole buffer. */
        round_add(f, LL_PATTERN_SHIFT, 1, size_B)->n_reduce = f->n;
    } else if (f->request->algorithm == LL_ALGORITHM_ONE_SHOT) {
        round_add(f, LL_PATTERN_ALL, 0, size_B);
    } else if (f->request->algorithm == LL_ALGORITHM_TWO_SHOT) {
        round_add(f, LL_PATTERN_ALL, 0, size_B / f->n)->repeat = 2;
    } else {
        plan_one_way(f);
        const int n_scatter = f->plan->n_round;
        plan_one_way(f);
        f->plan->round[n_scatter].own = 0; /* one copy: the all-gather is in place */
    }
}

static void plan_broadcast(const ll_flat *f)
{
    double size_B = f->request->size_B;
    if (f->request->algorithm == LL_ALGORITHM_DIRECT)
        round_add(f, LL_PATTERN_ROOT, 0, size_B);
    else if (f->request->algorithm == LL_ALGORITHM_RING) /* a pipelined chain */
        round_add(f, LL_PATTERN_LINE, 1, size_B)->depth = f->n - 2;
    else /* tree: each edge of both trees carries half of the bytes, downwards */
        round_add(f, LL_PATTERN_TREE, 1, size_B / 2)->depth = log2_int(f->n) - 1;
}

void ll_flat_plan(const ll_flat *f)
{
    double size_B = f->request->size_B;
    switch (f->request->collective) {
    case LL_ALL_REDUCE:
        plan_all_reduce(f);
        break;
    case LL_ALL_GATHER:
    case LL_REDUCE_SCATTER:
        plan_one_way(f);
        break;
    case LL_ALL_TO_ALL:
        if (f->request->algorithm == LL_ALGORITHM_DIRECT) {
            round_add(f, LL_PATTERN_ALL, 0, size_B / f->n)->own = 1.0 / (f->n - 1);
        } else { /* classic ring: members forward messages, n/2 hops on average */
            ll_round *r = round_add(f, LL_PATTERN_SHIFT, 1, size_B / 2);
            r->repeat = f->n - 1;
            r->own = 2.0 / f->n;
        }
        break;
    case LL_BROADCAST:
        plan_broadcast(f);
        break;
    case LL_SEND:
        round_add(f, LL_PATTERN_SHIFT, 1, size_B);
        break;
    case LL_DISPATCH:
    case LL_COMBINE:
    case LL_N_COLLECTIVE:
        LL_ASSERT(false, "collective %d", (int)f->request->collective);
    }
}

static const char *domains_obstacle(const ll_cluster *cluster, ll_collective what, const ll_span *s)
{
    int n_dim = 0, inner = -1;
    if (what != LL_ALL_REDUCE) return "in_network_tree can do all_reduce only; try hierarchical";
    for (int k = 0; k < s->n_digit && s->aligned; k++) {
        if (s->dim[k] == s->last_dim || s->dim[k] == inner) continue;
        inner = s->dim[k];
        n_dim++;
    }
    if (n_dim != 1)
        return "in_network_tree needs a group over whole parts of one dimension and of the one "
               "outside; try hierarchical";
    if (!cluster->topo->dim[inner].reduces)
        return "the switches inside do not reduce (in_network = false); try tree";
    return cluster->software[s->last_dim].between.tree_frac > 0
               ? NULL
               : "cluster.software has no figures of trees over domains (rate_frac_tree); try "
                 "hierarchical";
}

static const char *shot_obstacle(const ll_cluster *cluster, ll_collective what, bool one,
                                 const ll_span *s)
{
    if (what != LL_ALL_REDUCE) return "one_shot and two_shot can do all_reduce only; try direct";
    if (!s->aligned || s->first_dim != s->last_dim)
        return "one_shot and two_shot need a group within one dimension, such as the chips of a "
               "node; try hierarchical";
    if (ll_shots_by(&cluster->shots, cluster->topo->dim[s->last_dim].name,
                    one ? LL_ONE_SHOT : LL_TWO_SHOT, 2, 0) != NULL)
        return NULL;
    return one ? "cluster.custom_all_reduces has no figures of one_shot for this dimension; "
                 "`lineloss list parts` has those that were measured"
               : "cluster.custom_all_reduces has no figures of two_shot for this dimension; "
                 "`lineloss list parts` has those that were measured";
}

const char *ll_flat_obstacle(const ll_cluster *cluster, ll_collective what, ll_algorithm algorithm,
                             int32_t n, const ll_span *s)
{
    switch (algorithm) {
    case LL_ALGORITHM_RING:
    case LL_ALGORITHM_DIRECT:
        return NULL;
    case LL_ALGORITHM_HALVING:
        if (what != LL_ALL_REDUCE && what != LL_ALL_GATHER && what != LL_REDUCE_SCATTER)
            return "halving can do all_reduce, all_gather and reduce_scatter only; try direct";
        return n & (n - 1) ? "halving needs a power of two as the number of members; try ring"
                           : NULL;
    case LL_ALGORITHM_TREE:
        return what != LL_ALL_REDUCE && what != LL_BROADCAST
                   ? "tree can do all_reduce and broadcast only; try ring"
                   : NULL;
    case LL_ALGORITHM_IN_NETWORK:
        if (what != LL_ALL_REDUCE) return "in_network can do all_reduce only; try ring";
        if (!s->aligned || s->first_dim != s->last_dim)
            return "in_network needs a group within one dimension; try hierarchical";
        return cluster->topo->dim[s->last_dim].reduces
                   ? NULL
                   : "the switches of this dimension do not reduce (in_network = false); try ring";
    case LL_ALGORITHM_IN_NETWORK_TREE:
        return domains_obstacle(cluster, what, s);
    case LL_ALGORITHM_ONE_SHOT:
    case LL_ALGORITHM_TWO_SHOT:
        return shot_obstacle(cluster, what, algorithm == LL_ALGORITHM_ONE_SHOT, s);
    case LL_ALGORITHM_AUTO:
    case LL_ALGORITHM_HIERARCHICAL:
    case LL_N_ALGORITHM:
        break;
    }
    return "not a flat algorithm";
}
