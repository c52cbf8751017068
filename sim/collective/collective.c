#include "sim/collective/plan.h"

/* Split one digit at the borders of the dimensions; false if a border falls inside a factor. A part
 * of a dimension must divide it, unless a group is all that there is: its first n_chip chips. */
static bool span_cut(const ll_topology *topo, int64_t size, int64_t stride, int32_t n_chip,
                     ll_span *out)
{
    int64_t below = 1; /* chips per unit of dimension d */
    for (int d = 0; d < topo->n_dim && size > 1; d++) {
        int64_t above = below * topo->dim[d].size;
        if (stride < above) {
            if (out->n_digit == LL_MAX_DIGIT || stride % below || above % stride) return false;
            int64_t room = above / stride, take = size < room ? size : room;
            if ((room % take && stride * take != n_chip) || size % take) return false;
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

ll_span ll_span_of(const ll_topology *topo, const ll_group *group)
{
    ll_span s = {.aligned = true};
    for (int k = 0; k < group->n_digit; k++)
        s.aligned =
            s.aligned && span_cut(topo, group->size[k], group->stride[k], group->n_chip, &s);
    int last = group->n_digit - 1;
    if (s.aligned && s.n_digit) {
        s.first_dim = s.dim[0];
        s.last_dim = s.dim[s.n_digit - 1];
    } else if (last >= 0) {
        /* A group that crosses borders may use any dimension up to the one in which it ends. */
        s.first_dim = dim_of(topo, group->stride[0]);
        s.last_dim = dim_of(topo, (int64_t)group->stride[last] * group->size[last] - 1);
        if (!s.aligned && s.last_dim + 1 < topo->n_dim) s.last_dim++;
    }
    return s;
}

unsigned ll_collective_dimensions(const ll_topology *topo, const ll_group *group)
{
    const ll_span s = ll_span_of(topo, group);
    unsigned mask = 0;
    if (topo->uneven) return (1u << topo->n_dim) - 1;
    for (int k = 0; k < s.n_digit && s.aligned; k++)
        mask |= 1u << s.dim[k];
    for (int d = s.first_dim; d <= s.last_dim && !s.aligned; d++)
        mask |= 1u << d;
    return mask;
}

int ll_collective_dimension(const ll_topology *topo, const ll_group *group)
{
    return ll_span_of(topo, group).last_dim;
}

ll_round *ll_plan_add(ll_plan *plan, const ll_round *round, ll_arena *mem)
{
    LL_ASSERT(plan->n_round < LL_MAX_ROUND, "n_round = %d", plan->n_round);
    if (plan->n_round == plan->cap_round) {
        plan->cap_round = 2 * plan->n_round + 2;
        plan->round =
            ll_arena_grown(mem, plan->round, plan->n_round, plan->cap_round, sizeof *round);
    }
    plan->round[plan->n_round] = *round;
    return &plan->round[plan->n_round++];
}

ll_status ll_chooser_plan(ll_chooser *chooser, const ll_request *request, ll_arena *mem,
                          ll_plan *out, ll_error *err)
{
    const ll_cluster *cluster = chooser->cluster;
    const int32_t n = ll_group_size(&request->group);
    const ll_span s = ll_span_of(cluster->topo, &request->group);
    *out = (ll_plan){.collective = request->collective,
                     .algorithm = request->algorithm,
                     .size_B = request->size_B,
                     .group_size = n,
                     .dimension = s.last_dim};
    if (n < 2) return LL_OK;
    if (request->collective >= LL_N_OF_BYTES)
        return ll_exchange_plan(chooser, request, &s, mem, out, err);
    ll_domains_count(chooser, &s, out);
    if (request->algorithm == LL_ALGORITHM_HIERARCHICAL)
        return ll_tiers_plan(chooser, request, &s, mem, out, err);
    const char *obstacle =
        ll_flat_obstacle(cluster, request->collective, request->algorithm, n, &s);
    if (obstacle)
        return ll_error_set(err, LL_ERR_CONFIG, "%s of %d members: %s",
                            ll_collective_names[request->collective], n, obstacle);
    if (ll_algorithm_is_shot(request->algorithm))
        out->shot =
            ll_shots_by(&cluster->shots, cluster->topo->dim[s.last_dim].name,
                        request->algorithm == LL_ALGORITHM_ONE_SHOT ? LL_ONE_SHOT : LL_TWO_SHOT, n,
                        request->size_B);
    if (ll_domains_is(cluster, request, &s)) {
        ll_domains_plan(request, &s, mem, out);
        return LL_OK;
    }
    ll_flat_plan(&(ll_flat){chooser, request, s.last_dim, n, out, mem});
    return LL_OK;
}

ll_status ll_collective_plan(const ll_cluster *cluster, const ll_request *request, ll_arena *mem,
                             ll_plan *out, ll_error *err)
{
    ll_chooser chooser;
    ll_chooser_init(&chooser, cluster, mem);
    return ll_chooser_plan(&chooser, request, mem, out, err);
}

const char *ll_plan_name(const ll_plan *plan, ll_arena *mem)
{
    const char *name = plan->group_size < 2 ? "-" : ll_algorithm_names[plan->algorithm];
    for (int i = 0; i < plan->n_stage; i++)
        name = ll_arena_printf(mem, "%s%s%s", name, i ? ", " : "(",
                               ll_algorithm_names[plan->stage[i]]);
    return plan->n_stage ? ll_arena_printf(mem, "%s)", name) : name;
}

double ll_collective_bus_factor(ll_collective collective, double n)
{
    switch (collective) {
    case LL_ALL_REDUCE:
        return 2 * (n - 1) / n;
    case LL_ALL_GATHER:
    case LL_REDUCE_SCATTER:
    case LL_ALL_TO_ALL:
    case LL_DISPATCH: /* of each copy of a token */
    case LL_COMBINE:
        return (n - 1) / n;
    case LL_BROADCAST:
    case LL_SEND:
    case LL_N_COLLECTIVE:
        break;
    }
    return 1;
}
