/* Dispatch and combine of tokens as rounds of traffic: see collective.h. */
#include "sim/collective/plan.h"

/* Share of each member among the receivers of a dispatch, over the mean; NULL: all alike. */
static const double *weights_of(const ll_routing *r, double n_token, ll_arena *mem)
{
    ll_routed routed;
    if (r->law == LL_ROUTING_UNIFORM || r->law == LL_ROUTING_BALANCED) return NULL;
    ll_routing_draw(r, r->n_rank, n_token * r->n_rank, mem, &routed);
    const double mean = routed.mean_copies;
    for (int32_t i = 0; i < r->n_rank; i++)
        routed.copies[i] /= mean;
    return routed.copies;
}

ll_status ll_exchange_plan(ll_chooser *chooser, const ll_request *request, const ll_span *s,
                           ll_arena *mem, ll_plan *plan, ll_error *err)
{
    const ll_routing *r = &request->rows.routing;
    const char *name = ll_collective_names[request->collective];
    const char *obstacle =
        request->rows.row_B > 0 ? ll_routing_obstacle(r, mem) : "what its tokens are is not said";
    (void)chooser;
    if (obstacle == NULL && r->n_rank != plan->group_size)
        obstacle = ll_arena_printf(mem, "the routing is over %d ranks", r->n_rank);
    if (obstacle != NULL)
        return ll_error_set(err, LL_ERR_CONFIG, "%s of %d members: %s", name, plan->group_size,
                            obstacle);
    const ll_round round = {
        .traffic = {.pattern = LL_PATTERN_ALL,
                    .group = request->group,
                    .size_B = request->size_B * r->top_k / r->n_rank,
                    .weight = weights_of(r, request->size_B / request->rows.row_B, mem),
                    .weight_of_sender = request->collective == LL_COMBINE},
        .collective = LL_ALL_TO_ALL,
        .repeat = 1,
        .own = 1.0 / (r->n_rank - 1),
        .dimension = s->last_dim};
    ll_plan_add(plan, &round, mem);
    plan->algorithm = LL_ALGORITHM_DIRECT;
    return LL_OK;
}
