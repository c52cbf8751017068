/* Dispatch and combine of tokens as rounds of traffic, and their cost: see collective.h, and
 * machine/dispatcher.h for libraries of their own. */
#include "sim/collective/plan.h"

#include <math.h>

/* An exchange under construction. */
typedef struct exchange {
    const ll_cluster *cluster;
    const ll_request *request;
    const ll_routing *routing;
    const ll_dispatcher *by; /* NULL: all_to_all */
    int way;                 /* LL_DISPATCH_WAY or LL_COMBINE_WAY */
    double n_token;          /* of a chip */
    bool copies;             /* a row for each expert, not for each rank */
    ll_arena *mem;
    ll_plan *plan;
    double fullest; /* rows of the fullest rank over the mean, so far 1 */
} exchange;

/* Rows of each part over the mean, if a law says that they differ, and *reach, the mean number of
 * parts that a token reaches (or of its copies). NULL: all alike. */
static double *weights_of(exchange *x, int32_t n_part, double *reach)
{
    const ll_routing *r = x->routing;
    ll_routed routed;
    *reach = x->copies ? r->top_k : ll_routing_reach(r, n_part);
    if (r->law == LL_ROUTING_UNIFORM || r->law == LL_ROUTING_BALANCED) return NULL;
    ll_routing_draw(r, n_part, x->n_token * r->n_rank, x->mem, &routed);
    double *rows = x->copies ? routed.copies : routed.rows;
    if (!x->copies) *reach = routed.reach;
    for (int32_t p = 0; p < n_part; p++)
        rows[p] *= n_part / (*reach * x->n_token * r->n_rank);
    return rows;
}

static ll_round *round_add(exchange *x, const ll_group *group, int dimension, double rows,
                           const double *weight)
{
    const int32_t n = ll_group_size(group);
    const ll_dispatcher *d =
        ll_dispatcher_of(&x->cluster->dispatchers, x->cluster->topo->dim[dimension].name);
    const ll_round round = {.traffic = {.pattern = LL_PATTERN_ALL,
                                        .group = *group,
                                        .size_B = x->n_token * x->request->rows.row_B * rows / n,
                                        .weight = weight,
                                        .weight_of_sender = x->way == LL_COMBINE_WAY},
                            .collective = x->request->collective,
                            .repeat = 1,
                            .dimension = dimension,
                            .rate_frac = x->by != NULL && d != NULL ? d->rate_frac[x->way] : 0};
    return ll_plan_add(x->plan, &round, x->mem);
}

static void fullest_note(exchange *x, const double *weight, int32_t n)
{
    for (int32_t p = 0; p < n && weight != NULL; p++)
        x->fullest = fmax(x->fullest, weight[p]);
}

/* Every rank to every other. Returns rows that a chip sends for each token. */
static double plan_direct(exchange *x, int dimension)
{
    double reach;
    const int32_t n = x->plan->group_size;
    const double *weight = weights_of(x, n, &reach);
    fullest_note(x, weight, n);
    round_add(x, &x->request->group, dimension, reach, weight)->own = 1.0 / (n - 1);
    return reach;
}

/* Once to each node along the rail, then to the ranks of the node. Nodes do not share the links
 * within them, so the weights of the fullest node may stand for all. Returns rows that a chip sends
 * for each token. */
static double plan_hierarchical(exchange *x, const ll_span *s)
{
    ll_group inner = {.n_chip = x->request->group.n_chip}, outer = inner;
    double to_nodes, to_ranks;
    for (int k = 0; k < s->n_digit; k++) {
        ll_group *g = s->dim[k] == s->first_dim ? &inner : &outer;
        g->size[g->n_digit] = s->size[k];
        g->stride[g->n_digit++] = s->stride[k];
    }
    const int32_t n_node = ll_group_size(&outer), each = ll_group_size(&inner);
    const double *node = weights_of(x, n_node, &to_nodes);
    double *rank = weights_of(x, n_node * each, &to_ranks);
    fullest_note(x, rank, n_node * each);
    for (int32_t p = 0, most = 0; p < n_node && node != NULL; p++) {
        if (p > 0 && node[p] <= node[most]) continue;
        most = p;
        for (int32_t i = 0; i < each; i++)
            rank[i] = rank[p * each + i];
    }
    round_add(x, &outer, s->last_dim, to_nodes, node);
    round_add(x, &inner, s->first_dim, to_ranks, rank);
    x->plan->algorithm = LL_ALGORITHM_HIERARCHICAL;
    return to_nodes + to_ranks;
}

/* What the library adds: see machine/dispatcher.h. */
static void library_note(exchange *x, double rows, double n_node)
{
    const ll_dispatcher *d = x->by;
    const double row_B = x->request->rows.row_B;
    ll_exchange_work *w = &x->plan->exchange;
    double token_s = d->token_s[x->way];
    if (d->multiprocessor_Bps[x->way] > 0)
        token_s += x->fullest * rows * row_B / d->multiprocessor_Bps[x->way];
    *w = (ll_exchange_work){.library = d->library,
                            .floor_s = d->floor_s[x->way],
                            .launch_s = d->launch_s[x->way] + d->launch_node_s * (n_node - 1),
                            .held_frac =
                                ll_dispatcher_held_frac(d, x->cluster->chip.n_multiprocessor)};
    if (d->row_Bps[x->way] > 0) w->launch_s += row_B / d->row_Bps[x->way];
    w->work_s = x->n_token * token_s / fmax(1, (double)d->n_multiprocessor);
}

static const char *obstacle_of(const exchange *x)
{
    const ll_routing *r = x->routing;
    const char *obstacle;
    if (!(x->request->rows.row_B > 0)) return "what its tokens are is not said";
    obstacle = ll_routing_obstacle(r, ll_arena_array(x->mem, LL_ROUTING_TEXT, char));
    if (obstacle == NULL && r->n_rank != x->plan->group_size)
        obstacle = ll_arena_printf(x->mem, "the routing is over %d ranks", r->n_rank);
    return obstacle;
}

ll_status ll_exchange_plan(ll_chooser *chooser, const ll_request *request, const ll_span *s,
                           ll_arena *mem, ll_plan *plan, ll_error *err)
{
    const ll_cluster *c = chooser->cluster;
    exchange x = {.cluster = c,
                  .request = request,
                  .routing = &request->rows.routing,
                  .by = ll_dispatcher_of(&c->dispatchers, c->topo->dim[s->last_dim].name),
                  .way = request->collective == LL_COMBINE ? LL_COMBINE_WAY : LL_DISPATCH_WAY,
                  .n_token = request->size_B / request->rows.row_B,
                  .mem = mem,
                  .plan = plan,
                  .fullest = 1};
    const char *obstacle = obstacle_of(&x);
    if (obstacle != NULL)
        return ll_error_set(err, LL_ERR_CONFIG, "%s of %d members: %s",
                            ll_collective_names[request->collective], plan->group_size, obstacle);
    x.copies =
        x.by == NULL ? ll_dispatchers_copy(&c->dispatchers) : x.by->copies == LL_COPIES_EXPERTS;
    plan->algorithm = LL_ALGORITHM_DIRECT;
    plan->pipelined = true;
    const bool nodes = s->aligned && s->first_dim != s->last_dim;
    plan->copies = x.copies ? x.routing->top_k : ll_routing_reach(x.routing, plan->group_size);
    const bool tiers = x.by != NULL && x.by->path == LL_PATH_HIERARCHICAL && nodes;
    const double rows = tiers ? plan_hierarchical(&x, s) : plan_direct(&x, s->last_dim);
    double n_inner = 1;
    for (int k = 0; k < s->n_digit && nodes; k++)
        n_inner *= s->dim[k] == s->first_dim ? s->size[k] : 1;
    if (x.by != NULL) library_note(&x, rows, nodes ? plan->group_size / n_inner : 1);
    return LL_OK;
}

void ll_exchange_cost(const ll_plan *plan, const ll_price *price, ll_cost *out)
{
    const ll_exchange_work *w = &plan->exchange;
    double moved_s = w->work_s;
    *out = (ll_cost){.protocol = LL_PROTOCOL_SIMPLE, .fixed_s = w->launch_s};
    for (int i = 0; i < plan->n_round; i++) {
        const double once_s = price[i].end_s[0] - price[i].latency_s[0];
        out->latency_s += price[i].latency_s[0];
        out->wire_s = fmax(out->wire_s, once_s);
        moved_s = fmax(moved_s, once_s / plan->round[i].rate_frac);
        if (price[i].flow[0].max_s > out->flow.max_s) out->flow = price[i].flow[0];
    }
    out->total_s = fmax(w->floor_s, w->launch_s + out->latency_s + moved_s);
    out->software_s = out->total_s - out->latency_s - out->wire_s;
}

double ll_plan_held_frac(const ll_software *software, const ll_plan *plan)
{
    return plan->exchange.library != NULL ? plan->exchange.held_frac
                                          : software[plan->dimension].held_frac;
}
