/* Hierarchical plans, one dimension after another, and rings through uneven groups: see
 * collective.h. */
#include "sim/collective/plan.h"

#include <math.h>

/* A hierarchical plan under construction. */
typedef struct tiered {
    ll_chooser *chooser;
    const ll_request *request;
    const ll_span *s;
    ll_arena *mem; /* of the rounds */
    ll_plan *plan;
} tiered;

/* A library with a tuner for groups over several domains has rings there, and trees (domains.c),
 * nothing in between; a broadcast uses the NICs of all members. */
static bool has_tuner(const tiered *t)
{
    return t->chooser->cluster->software[t->s->last_dim].between.tuner != LL_TUNER_NONE;
}

/* The fastest flat plan for `what` over digit k of the group. All-gathers, reduce-scatters and
 * all-reduces there have the bytes that are left after the inner digits were scattered. */
static ll_status stage_choose(const tiered *t, ll_collective what, int k, ll_plan *out,
                              ll_error *err)
{
    bool shrinks = what == LL_ALL_GATHER || what == LL_REDUCE_SCATTER || what == LL_ALL_REDUCE;
    ll_request line = {.collective = what,
                       .algorithm = LL_ALGORITHM_AUTO,
                       .group = {.n_chip = t->request->group.n_chip, .n_digit = 1},
                       .size_B = t->request->size_B};
    line.group.size[0] = t->s->size[k];
    line.group.stride[0] = t->s->stride[k];
    const bool rings = has_tuner(t) && what != LL_ALL_TO_ALL;
    shrinks = shrinks || rings;
    for (int j = 0; j < k && shrinks; j++)
        line.size_B /= t->s->size[j];
    if (!rings) return ll_chooser_choose_flat(t->chooser, &line, t->mem, out, err);
    line.algorithm = LL_ALGORITHM_RING;
    return ll_chooser_plan(t->chooser, &line, t->mem, out, err);
}

/* Make the ring of digit k a part of one ring through all n members (collective.h): each chip
 * forwards (n-1)/n of the bytes left after the inner digits were scattered, not (s_k - 1)/s_k, and
 * the part that it copies is a part of n. Of
 * the n - 1 steps, (s_k - 1) s_(k+1) s_(k+2) ... are between the units of digit k; an all-reduce
 * of a library without trees over domains takes only s_k - 1 of them. */
static void one_ring(const tiered *t, int k, ll_plan *ring)
{
    const double n = t->plan->group_size, size = t->s->size[k];
    double above = 1;
    for (int j = k + 1; j < t->s->n_digit; j++)
        above *= t->s->size[j];
    for (int i = 0; i < ring->n_round; i++) {
        ring->round[i].traffic.size_B *= (1 - 1 / n) / (1 - 1 / size);
        ring->round[i].own /= above;
        if (t->request->collective != LL_ALL_REDUCE || has_tuner(t))
            ring->round[i].depth += (size - 1) * (above - 1);
    }
}

static ll_status stage_add(const tiered *t, ll_collective what, int k, ll_error *err)
{
    ll_plan best;
    LL_TRY(stage_choose(t, what, k, &best, err));
    ll_plan *plan = t->plan;
    const bool passes = what != LL_ALL_TO_ALL && what != LL_BROADCAST;
    if (plan->pipelined && passes && best.algorithm == LL_ALGORITHM_RING) one_ring(t, k, &best);
    for (int i = 0; i < best.n_round; i++)
        ll_plan_add(plan, &best.round[i], t->mem);
    plan->stage[plan->n_stage++] = best.algorithm;
    return LL_OK;
}

/* All-reduce: in each inner dimension a reduce-scatter on the way out and an all-gather on the way
 * back, or both by the switches in one stage. Either way the outer dimensions have the same bytes:
 * the switches leave a part with each member before they multicast the result. */
static ll_status stages_all_reduce(const tiered *t, ll_error *err)
{
    const int last = t->s->n_digit - 1;
    bool by_switch[LL_MAX_DIGIT] = {false};
    ll_plan inner;
    for (int k = 0; k < last; k++) {
        if (t->chooser->cluster->topo->dim[t->s->dim[k]].reduces && !has_tuner(t)) {
            LL_TRY(stage_choose(t, LL_ALL_REDUCE, k, &inner, err));
            by_switch[k] = inner.algorithm == LL_ALGORITHM_IN_NETWORK;
        }
        LL_TRY(stage_add(t, by_switch[k] ? LL_ALL_REDUCE : LL_REDUCE_SCATTER, k, err));
    }
    LL_TRY(stage_add(t, LL_ALL_REDUCE, last, err));
    for (int k = last - 1; k >= 0; k--)
        if (!by_switch[k]) LL_TRY(stage_add(t, LL_ALL_GATHER, k, err));
    return LL_OK;
}

/* How an uneven group is spread over the parts (such as racks) that its outermost dimension
 * connects. */
typedef struct uneven {
    int32_t part; /* chips of a part */
    /* smallest number of members on a part, over all groups that span several parts */
    int32_t fewest;
    int32_t most; /* largest number of parts that a group spans */
} uneven;

static int32_t divisor(int32_t a, int32_t b) { return b == 0 ? a : divisor(b, a % b); }

/* Number of groups after which their positions relative to the parts repeat: the groups within one
 * block of the outermost digit, times the number of different positions at which blocks begin. */
static int32_t groups_that_differ(const ll_group *g, int32_t part)
{
    const int last = g->n_digit - 1;
    const int32_t block = g->stride[last] * g->size[last];
    const int64_t n = (int64_t)(block / ll_group_size(g)) * (part / divisor(block, part));
    return n < ll_group_count(g) ? (int32_t)n : ll_group_count(g);
}

static uneven uneven_of(const ll_topology *topo, const ll_group *group, int last_dim)
{
    uneven u = {1, INT32_MAX, 1};
    const int32_t n = ll_group_size(group);
    for (int d = 0; d < last_dim; d++)
        u.part *= topo->dim[d].size;
    const int32_t n_group = groups_that_differ(group, u.part);
    for (int32_t g = 0; g < n_group; g++) {
        int32_t run = 0, fewest = n, n_part = 0, at = -1; /* members are in ascending order */
        for (int32_t i = 0; i < n; i++, run++) {
            int32_t here = ll_group_member(group, g, i) / u.part;
            if (here == at) continue;
            if (n_part++ && run < fewest) fewest = run;
            at = here;
            run = 0;
        }
        if (run < fewest) fewest = run;
        if (n_part > 1 && fewest < u.fewest) u.fewest = fewest;
        if (n_part > u.most) u.most = n_part;
    }
    return u;
}

/* One turn of as many rings as the part with the fewest members has (collective.h): `repeat` steps
 * along one digit in dimension dim, with all_B per chip in total. */
static void uneven_add(const tiered *t, int dim, int32_t size, int32_t stride, double repeat,
                       double all_B)
{
    ll_request line = *t->request;
    line.group.n_digit = 1;
    line.group.size[0] = size;
    line.group.stride[0] = stride;
    ll_flat f = {t->chooser, &line, dim, size, t->plan, t->mem};
    ll_flat_ring(&f, all_B / repeat)->repeat = repeat;
}

/* All-gather, reduce-scatter and all-reduce of an uneven group; false if it is none. */
static bool plan_uneven(const tiered *t)
{
    const ll_topology *topo = t->chooser->cluster->topo;
    const ll_collective what = t->request->collective;
    const ll_group *group = &t->request->group;
    const int dim = t->s->last_dim;
    const int32_t n = t->plan->group_size;
    if (what == LL_ALL_TO_ALL || what == LL_BROADCAST || what == LL_SEND || dim == 0) return false;
    const uneven u = uneven_of(topo, group, dim);
    const int32_t inner = u.part % group->stride[0] ? u.part : u.part / group->stride[0];
    if (u.most < 2 || inner < 2 || n - 1 <= u.most) return false;
    const double all_B = t->request->size_B * (n - 1) / n;
    for (int turn = 0; turn < (what == LL_ALL_REDUCE ? 2 : 1); turn++) {
        uneven_add(t, dim - 1, inner, u.part / inner, n - 1 - u.most, all_B);
        uneven_add(t, dim, topo->dim[dim].size, u.part, u.most, all_B / u.fewest);
    }
    t->plan->stage[t->plan->n_stage++] = LL_ALGORITHM_RING;
    t->plan->stage[t->plan->n_stage++] = LL_ALGORITHM_RING;
    t->plan->pipelined = true; /* one ring runs through both */
    return true;
}

static ll_status plan_stages(const tiered *t, ll_error *err)
{
    const ll_collective what = t->request->collective;
    const int last = t->s->n_digit - 1;
    const bool inwards = what == LL_ALL_GATHER || what == LL_BROADCAST;
    t->plan->pipelined = true;
    for (int k = 0; k <= last; k++)
        t->plan->pipelined =
            t->plan->pipelined && t->chooser->cluster->software[t->s->dim[k]].pipelined;
    if (what == LL_ALL_REDUCE) LL_TRY(stages_all_reduce(t, err));
    for (int i = 0; i <= last && what != LL_ALL_REDUCE; i++)
        LL_TRY(stage_add(t, what, inwards ? last - i : i, err));
    return LL_OK;
}

/* Tiers of an uneven group of consecutive chips: the dimensions that it fills, from the innermost
 * on, and all others as one digit. False if it fills none. */
static bool cut_tiers(const ll_topology *topo, const ll_group *group, int last_dim, ll_span *out)
{
    int32_t left = ll_group_size(group), stride = 1;
    *out = (ll_span){.aligned = true, .last_dim = last_dim};
    if (group->n_digit != 1 || group->stride[0] != 1) return false;
    for (int d = 0; d < last_dim && left % topo->dim[d].size == 0; stride *= topo->dim[d++].size) {
        if (topo->dim[d].size == 1) continue;
        out->size[out->n_digit] = topo->dim[d].size;
        out->stride[out->n_digit] = stride;
        out->dim[out->n_digit++] = d;
        left /= topo->dim[d].size;
    }
    if (left < 2 || out->n_digit == 0 || out->n_digit == LL_MAX_DIGIT) return false;
    out->size[out->n_digit] = left;
    out->stride[out->n_digit] = stride;
    out->dim[out->n_digit++] = last_dim;
    return true;
}

/* The faster of rings through all members and tiers. With `pipelined` libraries it is rings
 * (collective.h). */
static ll_status plan_by_rings_or_tiers(const tiered *t, ll_error *err)
{
    ll_span cut;
    ll_plan tiers = *t->plan;
    const tiered by_tiers = {t->chooser, t->request, &cut, t->mem, &tiers};
    const bool rings = plan_uneven(t);
    if (!t->chooser->cluster->software[t->s->last_dim].pipelined &&
        cut_tiers(t->chooser->cluster->topo, &t->request->group, t->s->last_dim, &cut) &&
        plan_stages(&by_tiers, NULL) == LL_OK) {
        double rings_s = (double)INFINITY, tiers_s;
        if (rings) LL_TRY(ll_chooser_predict(t->chooser, t->plan, t->mem, &rings_s, err));
        LL_TRY(ll_chooser_predict(t->chooser, &tiers, t->mem, &tiers_s, err));
        if (tiers_s < rings_s) *t->plan = tiers;
        return LL_OK;
    }
    if (rings) return LL_OK;
    return ll_error_set(err, LL_ERR_CONFIG,
                        "hierarchical needs a group that fills whole parts of at least one "
                        "dimension and goes on beyond (this one has %d members); try ring",
                        t->plan->group_size);
}

ll_status ll_tiers_plan(ll_chooser *chooser, const ll_request *request, const ll_span *s,
                        ll_arena *mem, ll_plan *plan, ll_error *err)
{
    const tiered t = {chooser, request, s, mem, plan};
    if (request->collective == LL_SEND || (s->aligned && s->n_digit < 2))
        return ll_error_set(err, LL_ERR_CONFIG,
                            "hierarchical needs a group over at least two dimensions (this one has "
                            "%d members of one) and more than a send; try ring",
                            plan->group_size);
    return s->aligned ? plan_stages(&t, err) : plan_by_rings_or_tiers(&t, err);
}
