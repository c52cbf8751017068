#include "sim/collective.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

const char *const ll_algorithm_names[] = {"auto", "ring",       "direct",       "halving",
                                          "tree", "in_network", "hierarchical", NULL};

static int log2_int(int32_t n)
{
    int k = 0;
    while ((2 << k) <= n)
        k++;
    return k;
}

/* The digits of a group, cut where the dimensions of the topology are. */
typedef struct span {
    bool aligned; /* every digit lies within one dimension, in every group */
    int n_digit;
    int32_t size[LL_MAX_DIGIT], stride[LL_MAX_DIGIT];
    int dim[LL_MAX_DIGIT];
    int first_dim, last_dim; /* the innermost and the outermost dimension that the group touches */
} span;

/* Cut one digit; false if it does not fall on the borders of the dimensions. */
static bool span_cut(const ll_topology *topo, int64_t size, int64_t stride, span *out)
{
    int64_t below = 1; /* chips per unit of dimension d */
    for (int d = 0; d < topo->n_dim && size > 1; d++) {
        int64_t above = below * topo->dim[d].size;
        if (stride < above) {
            if (out->n_digit == LL_MAX_DIGIT || stride % below || above % stride) return false;
            int64_t room = above / stride, take = size < room ? size : room;
            if (room % take || size % take) return false;
            out->size[out->n_digit] = (int32_t)take;
            out->stride[out->n_digit] = (int32_t)stride;
            out->dim[out->n_digit++] = d;
            size /= take;
            stride *= take;
        }
        below = above;
    }
    return size == 1;
}

static int dim_of(const ll_topology *topo, int64_t offset)
{
    int64_t above = 1;
    for (int d = 0; d < topo->n_dim; d++) {
        above *= topo->dim[d].size;
        if (offset < above) return d;
    }
    return topo->n_dim - 1;
}

static span span_of(const ll_topology *topo, const ll_group *group)
{
    span s = {.aligned = true};
    for (int k = 0; k < group->n_digit; k++)
        s.aligned = s.aligned && span_cut(topo, group->size[k], group->stride[k], &s);
    int last = group->n_digit - 1;
    if (s.aligned && s.n_digit) {
        s.first_dim = s.dim[0];
        s.last_dim = s.dim[s.n_digit - 1];
    } else if (last >= 0) {
        /* A group that straddles borders may touch any dimension up to the one it ends in. */
        s.first_dim = dim_of(topo, group->stride[0]);
        s.last_dim = dim_of(topo, (int64_t)group->stride[last] * group->size[last] - 1);
        if (!s.aligned && s.last_dim + 1 < topo->n_dim) s.last_dim++;
    }
    return s;
}

int ll_collective_dimension(const ll_topology *topo, const ll_group *group)
{
    return span_of(topo, group).last_dim;
}

/* A plan in the making: one collective over a flat group, driven by the software of `dim`. */
typedef struct flat {
    const ll_cluster *cluster;
    const ll_request *request;
    int dim;
    int32_t n; /* members */
    ll_plan *plan;
} flat;

static ll_round *round_add(const flat *f, ll_pattern pattern, int32_t arg, double size_B)
{
    ll_plan *plan = f->plan;
    LL_ASSERT(plan->n_round < LL_MAX_ROUND, "n_round = %d", plan->n_round);
    ll_round *r = &plan->round[plan->n_round++];
    *r = (ll_round){
        .traffic = {.pattern = pattern, .arg = arg, .group = f->request->group, .size_B = size_B},
        .repeat = 1,
        .dimension = f->dim,
        .rate_frac = f->cluster->software[f->dim].rate_frac[f->request->collective]};
    return r;
}

/* One way (gather, scatter; an all-reduce is both); a reduce-scatter runs halving downwards. */
static void plan_one_way(const flat *f)
{
    double part_B = f->request->size_B / f->n;
    if (f->request->algorithm == LL_ALGORITHM_RING) {
        round_add(f, LL_PATTERN_SHIFT, 1, part_B)->repeat = f->n - 1;
    } else if (f->request->algorithm == LL_ALGORITHM_DIRECT) {
        round_add(f, LL_PATTERN_ALL, 0, part_B);
    } else {
        for (int k = 0; k < log2_int(f->n); k++)
            round_add(f, LL_PATTERN_XOR, 1 << k, part_B * (double)(1 << k));
    }
}

static void plan_all_reduce(const flat *f)
{
    double size_B = f->request->size_B;
    if (f->request->algorithm == LL_ALGORITHM_TREE) {
        /* Up and down; the bytes of the levels overlap. */
        round_add(f, LL_PATTERN_TREE, 0, size_B / 2)->depth = 2 * log2_int(f->n) - 1;
    } else if (f->request->algorithm == LL_ALGORITHM_IN_NETWORK) {
        /* The switch adds up what all send and multicasts the sum: S up and S down per member, the
         * same load on the same links as one shift by the whole buffer. */
        round_add(f, LL_PATTERN_SHIFT, 1, size_B)->rate_frac =
            f->cluster->software[f->dim].rate_frac_in_network;
    } else {
        plan_one_way(f);
        plan_one_way(f);
    }
}

static void plan_broadcast(const flat *f)
{
    double size_B = f->request->size_B;
    if (f->request->algorithm == LL_ALGORITHM_DIRECT)
        round_add(f, LL_PATTERN_ROOT, 0, size_B);
    else if (f->request->algorithm == LL_ALGORITHM_RING) /* a pipelined chain */
        round_add(f, LL_PATTERN_LINE, 1, size_B)->depth = f->n - 2;
    else /* tree: each edge of both trees carries half, downwards */
        round_add(f, LL_PATTERN_TREE, 1, size_B / 2)->depth = log2_int(f->n) - 1;
}

static void plan_flat(const flat *f)
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
        if (f->request->algorithm == LL_ALGORITHM_DIRECT)
            round_add(f, LL_PATTERN_ALL, 0, size_B / f->n);
        else /* the classic ring: everything passes through everybody, n/2 hops on average */
            round_add(f, LL_PATTERN_SHIFT, 1, size_B / 2)->repeat = f->n - 1;
        break;
    case LL_BROADCAST:
        plan_broadcast(f);
        break;
    case LL_SEND:
        round_add(f, LL_PATTERN_SHIFT, 1, size_B);
        break;
    case LL_N_COLLECTIVE:
        LL_ASSERT(false, "collective %d", (int)f->request->collective);
    }
}

/* Why the algorithm cannot do this on a flat group, or NULL. */
static const char *flat_obstacle(const ll_cluster *cluster, ll_collective what,
                                 ll_algorithm algorithm, int32_t n, const span *s)
{
    switch (algorithm) {
    case LL_ALGORITHM_RING:
    case LL_ALGORITHM_DIRECT:
        return NULL;
    case LL_ALGORITHM_HALVING:
        if (what != LL_ALL_REDUCE && what != LL_ALL_GATHER && what != LL_REDUCE_SCATTER)
            return "halving does all_reduce, all_gather and reduce_scatter; try direct";
        return n & (n - 1) ? "halving needs a power of two of members; try ring" : NULL;
    case LL_ALGORITHM_TREE:
        return what != LL_ALL_REDUCE && what != LL_BROADCAST
                   ? "tree does all_reduce and broadcast; try ring"
                   : NULL;
    case LL_ALGORITHM_IN_NETWORK:
        if (what != LL_ALL_REDUCE) return "in_network does all_reduce; try ring";
        if (!s->aligned || s->first_dim != s->last_dim)
            return "in_network needs a group within one dimension; try hierarchical";
        return cluster->topo->dim[s->last_dim].reduces
                   ? NULL
                   : "the switches of this dimension do not reduce (in_network = false); try ring";
    case LL_ALGORITHM_AUTO:
    case LL_ALGORITHM_HIERARCHICAL:
    case LL_N_ALGORITHM:
        break;
    }
    return "not a flat algorithm";
}

/* Software of the whole plan: the launch of the outermost dimension it touches, a step for each
 * serial step but the first, and the ramp of each dimension. */
static void plan_software(const ll_cluster *cluster, const span *s, ll_plan *plan)
{
    double n_step = -1;
    bool seen[LL_MAX_DIM] = {false};
    for (int i = 0; i < plan->n_round; i++) {
        const ll_round *r = &plan->round[i];
        const ll_software *soft = &cluster->software[r->dimension];
        double steps = r->repeat + r->depth;
        plan->step_s += soft->step_s * (n_step < 0 ? steps - 1 : steps);
        n_step += steps;
        if (!seen[r->dimension] && plan->size_B > 0)
            plan->step_s += soft->ramp_s * plan->size_B / (plan->size_B + soft->ramp_B);
        seen[r->dimension] = true;
        plan->launch_s = fmax(plan->launch_s, soft->launch_s[plan->collective]);
    }
    if (plan->n_round)
        plan->launch_s =
            fmax(plan->launch_s, cluster->software[s->last_dim].launch_s[plan->collective]);
}

/* A hierarchical plan in the making. */
typedef struct tiered {
    const ll_cluster *cluster;
    const ll_request *request;
    const span *s;
    ll_plan *plan;
} tiered;

/* One stage, over digit k of the group, by the algorithm that is fastest there. Gathers, scatters and
 * reductions there have what is left when the inner digits are scattered. */
static ll_status stage_add(const tiered *t, ll_collective what, int k, ll_error *err)
{
    bool shrinks = what == LL_ALL_GATHER || what == LL_REDUCE_SCATTER || what == LL_ALL_REDUCE;
    ll_request line = {what,
                       LL_ALGORITHM_AUTO,
                       {.n_chip = t->request->group.n_chip, .n_digit = 1},
                       t->request->size_B};
    line.group.size[0] = t->s->size[k];
    line.group.stride[0] = t->s->stride[k];
    for (int j = 0; j < k && shrinks; j++)
        line.size_B /= t->s->size[j];
    ll_arena *mem = ll_arena_create("stage");
    ll_plan best;
    ll_status status = ll_collective_choose(t->cluster, &line, mem, &best, err);
    ll_arena_destroy(mem);
    LL_TRY(status);
    ll_plan *plan = t->plan;
    for (int i = 0; i < best.n_round; i++) {
        LL_ASSERT(plan->n_round < LL_MAX_ROUND, "n_round = %d", plan->n_round);
        plan->round[plan->n_round++] = best.round[i];
    }
    plan->stage[plan->n_stage++] = best.algorithm;
    return LL_OK;
}

static ll_status plan_hierarchical(const tiered *t, ll_error *err)
{
    ll_collective what = t->request->collective;
    int last = t->s->n_digit - 1;
    if (!t->s->aligned || last < 1 || what == LL_SEND)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "hierarchical needs a group that fills whole parts of at least two "
                            "dimensions (this one has %d members); try ring",
                            t->plan->group_size);
    bool inwards = what == LL_ALL_GATHER || what == LL_BROADCAST;
    for (int i = 0; i <= last; i++) {
        int k = inwards ? last - i : i;
        LL_TRY(stage_add(t, what == LL_ALL_REDUCE && k < last ? LL_REDUCE_SCATTER : what, k, err));
    }
    for (int k = last - 1; k >= 0 && what == LL_ALL_REDUCE; k--)
        LL_TRY(stage_add(t, LL_ALL_GATHER, k, err));
    t->plan->pipelined = true;
    for (int i = 0; i < t->plan->n_round; i++)
        t->plan->pipelined =
            t->plan->pipelined && t->cluster->software[t->plan->round[i].dimension].pipelined;
    return LL_OK;
}

ll_status ll_collective_plan(const ll_cluster *cluster, const ll_request *request, ll_plan *out,
                             ll_error *err)
{
    int32_t n = ll_group_size(&request->group);
    span s = span_of(cluster->topo, &request->group);
    memset(out, 0, offsetof(ll_plan, round)); /* the rounds are large, and set as they are added */
    out->collective = request->collective;
    out->algorithm = request->algorithm;
    out->size_B = request->size_B;
    out->group_size = n;
    if (n < 2) return LL_OK;
    if (request->algorithm == LL_ALGORITHM_HIERARCHICAL) {
        LL_TRY(plan_hierarchical(&(tiered){cluster, request, &s, out}, err));
    } else {
        const char *obstacle =
            flat_obstacle(cluster, request->collective, request->algorithm, n, &s);
        if (obstacle)
            return ll_error_set(err, LL_ERR_CONFIG, "%s of %d members: %s",
                                ll_collective_names[request->collective], n, obstacle);
        plan_flat(&(flat){cluster, request, s.last_dim, n, out});
    }
    plan_software(cluster, &s, out);
    return LL_OK;
}

void ll_collective_cost(const ll_plan *plan, const ll_price *price, ll_cost *out)
{
    double wire_s[LL_MAX_DIM] = {0}, slack_s[LL_MAX_DIM] = {0}; /* slack: lost to rate_frac */
    *out = (ll_cost){.software_s = plan->launch_s + plan->step_s};
    for (int i = 0; i < plan->n_round; i++) {
        const ll_round *r = &plan->round[i];
        double latency_s = price[i].latency_s[0];
        double round_s = r->repeat * (price[i].end_s[0] - latency_s);
        int dim = plan->pipelined ? r->dimension : 0;
        out->latency_s += (r->repeat + r->depth) * latency_s;
        wire_s[dim] += round_s;
        slack_s[dim] += round_s * (1 / r->rate_frac - 1);
    }
    int busiest = 0;
    for (int d = 1; d < LL_MAX_DIM; d++)
        if (wire_s[d] + slack_s[d] > wire_s[busiest] + slack_s[busiest]) busiest = d;
    out->wire_s = wire_s[busiest];
    out->software_s += slack_s[busiest];
    out->total_s = out->software_s + out->latency_s + out->wire_s;
}

ll_status ll_collective_time(const ll_study *study, const ll_plan *plan, ll_comm *comm,
                             ll_arena *mem, ll_cost *out, ll_error *err)
{
    ll_phase phase[LL_MAX_ROUND];
    ll_arena_mark mark = ll_arena_here(mem);
    ll_price *price = ll_arena_array(mem, plan->n_round, ll_price);
    for (int i = 0; i < plan->n_round; i++)
        phase[i] = (ll_phase){.n_traffic = 1, .traffic = &plan->round[i].traffic};
    ll_problem problem = {.topo = study->cluster.topo,
                          .wire = study->cluster.wire,
                          .n_phase = plan->n_round,
                          .phase = phase};
    ll_status status = study->engine->solve(&problem, study->engine_param, comm, mem, price, err);
    if (status == LL_OK) ll_collective_cost(plan, price, out);
    ll_arena_release(mem, mark);
    return status;
}

const char *ll_plan_name(const ll_plan *plan, ll_arena *mem)
{
    const char *name = plan->group_size < 2 ? "-" : ll_algorithm_names[plan->algorithm];
    for (int i = 0; i < plan->n_stage; i++)
        name = ll_arena_printf(mem, "%s%s%s", name, i ? ", " : "(",
                               ll_algorithm_names[plan->stage[i]]);
    return plan->n_stage ? ll_arena_printf(mem, "%s)", name) : name;
}
