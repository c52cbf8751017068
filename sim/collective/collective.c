#include "sim/collective/collective.h"

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
        .collective = f->request->collective,
        .repeat = 1,
        .dimension = f->dim};
    return r;
}

static int64_t first_link(const flat *f, int32_t member)
{
    const ll_topology *topo = f->cluster->topo;
    const ll_group *group = &f->request->group;
    int64_t hop[LL_MAX_HOP];
    topo->type->route(topo, ll_group_member(group, 0, 0), ll_group_member(group, 0, member), 0,
                      LL_MAX_HOP, hop);
    return hop[0];
}

/* One turn of a ring: every part passes every member. Where member 0 has a link of its own to each of its
 * neighbours, half of every part goes the other way round. */
static ll_round *ring_add(const flat *f, double part_B)
{
    const bool both_ways = first_link(f, 1) != first_link(f, f->n - 1);
    ll_round *r = both_ways ? round_add(f, LL_PATTERN_BOTH, 1, part_B / 2)
                            : round_add(f, LL_PATTERN_SHIFT, 1, part_B);
    r->repeat = f->n - 1;
    return r;
}

/* One way (gather, scatter; an all-reduce is both); a reduce-scatter runs halving downwards. */
static void plan_one_way(const flat *f)
{
    double part_B = f->request->size_B / f->n;
    if (f->request->algorithm == LL_ALGORITHM_RING) {
        ring_add(f, part_B)->own = 1;
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
        round_add(f, LL_PATTERN_SHIFT, 1, size_B)->n_reduce = f->n;
    } else {
        plan_one_way(f);
        const int n_scatter = f->plan->n_round;
        plan_one_way(f);
        f->plan->round[n_scatter].own = 0; /* once: the gather is in place */
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
        if (f->request->algorithm == LL_ALGORITHM_DIRECT) {
            round_add(f, LL_PATTERN_ALL, 0, size_B / f->n)->own = 1.0 / (f->n - 1);
        } else { /* the classic ring: everything passes through everybody, n/2 hops on average */
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

/* A hierarchical plan in the making. */
typedef struct tiered {
    const ll_cluster *cluster;
    const ll_request *request;
    const span *s;
    ll_plan *plan;
} tiered;

/* The fastest way to do `what` over digit k of the group alone. Gathers, scatters and reductions there
 * have what is left when the inner digits are scattered. */
static ll_status stage_choose(const tiered *t, ll_collective what, int k, ll_plan *out,
                              ll_error *err)
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
    ll_status status = ll_collective_choose(t->cluster, &line, mem, out, err);
    ll_arena_destroy(mem);
    return status;
}

/* Make the ring of digit k a part of one ring through all n members, see collective.h: of what is left of S
 * when the inner digits are scattered, (n-1)/n pass each chip, not (s_k - 1)/s_k. Of the n - 1 steps,
 * (s_k - 1) s_(k+1) s_(k+2) ... are between its units; a tree spares an all-reduce all but s_k - 1 of them. */
static void one_ring(const tiered *t, int k, ll_plan *ring)
{
    const double n = t->plan->group_size, size = t->s->size[k];
    double above = 1;
    for (int j = k + 1; j < t->s->n_digit; j++)
        above *= t->s->size[j];
    for (int i = 0; i < ring->n_round; i++) {
        ring->round[i].traffic.size_B *= (1 - 1 / n) / (1 - 1 / size);
        if (t->request->collective != LL_ALL_REDUCE)
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
    for (int i = 0; i < best.n_round; i++) {
        LL_ASSERT(plan->n_round < LL_MAX_ROUND, "n_round = %d", plan->n_round);
        plan->round[plan->n_round++] = best.round[i];
    }
    plan->stage[plan->n_stage++] = best.algorithm;
    return LL_OK;
}

/* All-reduce: over each inner digit a reduce-scatter on the way out and an all-gather on the way back, or
 * the switches in one stage. The bytes of the others are the same: the switches leave a part with
 * each member before they send the sum to all. */
static ll_status stages_all_reduce(const tiered *t, ll_error *err)
{
    const int last = t->s->n_digit - 1;
    bool by_switch[LL_MAX_DIGIT] = {false};
    ll_plan inner;
    for (int k = 0; k < last; k++) {
        if (t->cluster->topo->dim[t->s->dim[k]].reduces) {
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

/* How an uneven group lies over the parts below its outermost dimension (racks, say). */
typedef struct uneven {
    int32_t part;   /* chips of a part */
    int32_t fewest; /* members of a group on one part that it touches, over all groups that cross */
    int32_t most;   /* parts that a group touches */
} uneven;

static uneven uneven_of(const ll_topology *topo, const ll_group *group, int last_dim)
{
    uneven u = {1, INT32_MAX, 1};
    const int32_t n = ll_group_size(group), n_group = ll_group_count(group);
    for (int d = 0; d < last_dim; d++)
        u.part *= topo->dim[d].size;
    for (int32_t g = 0; g < n_group; g++) {
        int32_t run = 0, fewest = n, n_part = 0, at = -1; /* members come in ascending order */
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

/* One turn of as many rings as the emptiest part has members, see collective.h: `repeat` steps over the
 * line of one digit in dimension dim, all_B per chip in all. */
static void uneven_add(const tiered *t, int dim, int32_t size, int32_t stride, double repeat,
                       double all_B)
{
    ll_request line = *t->request;
    line.group.n_digit = 1;
    line.group.size[0] = size;
    line.group.stride[0] = stride;
    flat f = {t->cluster, &line, dim, size, t->plan};
    ring_add(&f, all_B / repeat)->repeat = repeat;
}

/* Gathers, scatters and reductions of a group that does not fill whole parts. */
static bool plan_uneven(const tiered *t)
{
    const ll_topology *topo = t->cluster->topo;
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
    t->plan->pipelined = true; /* one ring passes both */
    return true;
}

static ll_status plan_hierarchical(const tiered *t, ll_error *err)
{
    ll_collective what = t->request->collective;
    int last = t->s->n_digit - 1;
    if (!t->s->aligned && plan_uneven(t)) return LL_OK;
    if (!t->s->aligned || last < 1 || what == LL_SEND)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "hierarchical needs a group that fills whole parts of at least two "
                            "dimensions (this one has %d members); try ring",
                            t->plan->group_size);
    bool inwards = what == LL_ALL_GATHER || what == LL_BROADCAST;
    t->plan->pipelined = true;
    for (int k = 0; k <= last; k++)
        t->plan->pipelined = t->plan->pipelined && t->cluster->software[t->s->dim[k]].pipelined;
    if (what == LL_ALL_REDUCE) LL_TRY(stages_all_reduce(t, err));
    for (int i = 0; i <= last && what != LL_ALL_REDUCE; i++)
        LL_TRY(stage_add(t, what, inwards ? last - i : i, err));
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
    out->dimension = s.last_dim;
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
    return LL_OK;
}

/* Bytes of a slot of a reduction by the switches, after NCCL (enqueue.cc): chunks are smaller where the
 * buffer would fill few slots of every member. */
static double slot_B(const ll_software *soft, double size_B, int32_t n)
{
    static const double few[] = {64, 8, 2};
    double out_B = 131072.0 * (double)soft->channels_in_network;
    for (size_t i = 0; i < sizeof few / sizeof *few; i++)
        if (size_B < few[i] * n * out_B) out_B /= 2;
    return out_B;
}

/* Software steps of a round of chips whose bytes take bytes_s once. A step of Simple hides the more of its
 * latency the longer its part is: other slices of the part are on the way meanwhile. */
static double steps_s(const ll_software *soft, const ll_round *r, ll_protocol p, double bytes_s)
{
    /* 512 threads of 8 bytes; the end of LL between pairs by default (NCCL, both from memory). */
    static const double thread_B = 4096, channel_B = 16384;
    const double step_s = soft->step_s[p], part_B = r->traffic.size_B, n = r->repeat + r->depth;
    if (ll_collective_pairwise(r->collective))
        return p == LL_PROTOCOL_SIMPLE ? n * soft->step_pairs_s
                                       : step_s + soft->fill_pairs_ll_s * part_B / channel_B;
    if (p == LL_PROTOCOL_SIMPLE)
        return r->repeat * (hypot(step_s, bytes_s) - bytes_s) + r->depth * step_s;
    return n * (step_s + (p == LL_PROTOCOL_LL ? soft->fill_ll_s * fmin(1, part_B / thread_B) : 0));
}

/* Share of the link rate, and software steps, of a round that takes once_s on the wire. */
static double round_software(const ll_software *soft, const ll_round *r, ll_protocol p,
                             double once_s, double *step_s)
{
    if (r->n_reduce > 0) {
        const double size_B = r->traffic.size_B, slot = slot_B(soft, size_B, r->n_reduce);
        const double n_slot = slot > 0 ? fmax(1, size_B / slot) : 0;
        static const double least = 16; /* under way: of 8 members, whose curves set the step */
        double fill = 2.0 * r->n_reduce;
        if (n_slot > 0) fill = fmin(fill, fmax(n_slot, least));
        const double slots_s =
            once_s / soft->rate_frac_in_network + n_slot * soft->step_in_network_s;
        *step_s = n_slot > 0 ? fill * slots_s / n_slot : fill * soft->step_in_network_s;
        return slots_s > 0 ? once_s / slots_s : 1;
    }
    const double rate_frac = soft->rate_frac[r->collective] * soft->protocol_frac[p];
    *step_s = steps_s(soft, r, p, once_s / rate_frac);
    return rate_frac;
}

/* Repetitions of a round that copying the own part takes, and what moves when nothing else does. */
static double own_of(const ll_software *soft, const ll_round *r, ll_protocol p)
{
    const bool pairs = ll_collective_pairwise(r->collective);
    const double own = r->own * (pairs ? soft->own_all_to_all : soft->own_ring);
    if (p != LL_PROTOCOL_SIMPLE || r->own <= 0) return own;
    const double tail_B = pairs ? 0.5 * soft->tail_B : soft->tail_B;
    return own + fmin(0.5, r->own * tail_B / r->traffic.size_B);
}

static void cost_in(const ll_software *software, const ll_plan *plan, const ll_price *price,
                    ll_protocol p, ll_cost *out)
{
    double wire_s[LL_MAX_DIM] = {0}, slack_s[LL_MAX_DIM] = {0}; /* slack: lost to rate_frac */
    double launch_s = software[plan->dimension].launch_s[plan->collective];
    *out = (ll_cost){.protocol = p};
    for (int i = 0; i < plan->n_round; i++) {
        const ll_round *r = &plan->round[i];
        const ll_software *soft = &software[r->dimension];
        double latency_s = price[i].latency_s[0], once_s = price[i].end_s[0] - latency_s;
        double step_s, rate_frac = round_software(soft, r, p, once_s, &step_s);
        int dim = plan->pipelined ? r->dimension : 0;
        out->latency_s += (r->repeat + r->depth) * latency_s;
        out->fixed_s += step_s;
        launch_s = fmax(launch_s, soft->launch_s[plan->collective]);
        wire_s[dim] += r->repeat * once_s;
        slack_s[dim] += ((r->repeat + own_of(soft, r, p)) / rate_frac - r->repeat) * once_s;
        if (price[i].flow[0].max_s > out->flow.max_s) out->flow = price[i].flow[0];
    }
    int busiest = 0;
    for (int d = 1; d < LL_MAX_DIM; d++)
        if (wire_s[d] + slack_s[d] > wire_s[busiest] + slack_s[busiest]) busiest = d;
    out->wire_s = wire_s[busiest];
    out->fixed_s += launch_s;
    out->software_s = out->fixed_s + slack_s[busiest];
    out->total_s = out->software_s + out->latency_s + out->wire_s;
}

void ll_collective_cost(const ll_software *software, const ll_plan *plan, const ll_price *price,
                        ll_cost *out)
{
    *out = (ll_cost){0};
    if (plan->n_round == 0) return;
    ll_protocol taken;
    ll_collective_guess(software, plan, &taken);
    cost_in(software, plan, price, taken < LL_N_PROTOCOL ? taken : LL_PROTOCOL_SIMPLE, out);
    if (taken < LL_N_PROTOCOL) return;
    for (ll_protocol p = LL_PROTOCOL_LL; p < LL_PROTOCOL_SIMPLE; p++) {
        bool known = !(ll_collective_pairwise(plan->collective) && p == LL_PROTOCOL_LL128);
        for (int i = 0; i < plan->n_round && known; i++)
            known = software[plan->round[i].dimension].protocol_frac[p] > 0;
        ll_cost cost;
        if (known) cost_in(software, plan, price, p, &cost);
        if (known && cost.total_s < out->total_s) *out = cost;
    }
}

const char *ll_plan_name(const ll_plan *plan, ll_arena *mem)
{
    const char *name = plan->group_size < 2 ? "-" : ll_algorithm_names[plan->algorithm];
    for (int i = 0; i < plan->n_stage; i++)
        name = ll_arena_printf(mem, "%s%s%s", name, i ? ", " : "(",
                               ll_algorithm_names[plan->stage[i]]);
    return plan->n_stage ? ll_arena_printf(mem, "%s)", name) : name;
}
