/* Which algorithm is the fastest: what `auto` means.
 *
 * Where the library of the outermost dimension has a tuning model, the algorithm that it predicts
 * to be the fastest is taken. Otherwise time is predicted in two steps. Engine `closed` sees only a
 * sender's own flows, so its time is a lower bound. Then, from the best by `closed` on, the busiest
 * link of each round counts as well (load.c), with the flows of all senders and groups:
 * oversubscribed switches, links of chips that forward traffic, incast. This is a lower bound too,
 * and equals what `flow` finds, except for trees, whose links are shared by flows of unequal
 * senders: if another algorithm is close, `flow` itself prices the tree, once for all sizes. The
 * search ends when all other candidates are slower by `closed` already.
 *
 * Of equal times the first is taken: ring before direct before halving and so on.
 *
 * Before all that, a custom all-reduce that the cluster names (sim/machine/shots.h) takes what is
 * within its limits. Engines have these by size and members, and predict nothing. */
#include "sim/collective/plan.h"
#include "sim/engine/symmetry.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Whether the library of the outermost dimension has the algorithm (`algorithms` of ll_software).
 */
static bool library_has(const char *have, ll_collective what, ll_algorithm algorithm)
{
    if (ll_algorithm_is_shot(algorithm)) return false;
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
    const bool gathers =
        what == LL_ALL_REDUCE || what == LL_ALL_GATHER || what == LL_REDUCE_SCATTER;
    const ll_traffic pairs = {.pattern = LL_PATTERN_ALL, .group = request->group};
    int32_t split[LL_MAX_DIM];
    if (!library_has(have, what, request->algorithm)) return false;
    return !gathers || request->algorithm != LL_ALGORITHM_DIRECT ||
           ll_group_size(&request->group) <= LL_DIRECT_MAX ||
           ll_symmetry_folds(cluster->topo, &pairs, split);
}

/* How a time is predicted; each is more accurate than the one before. */
typedef enum sight { BY_CLOSED, BY_LOAD, BY_FLOW } sight;

/* An algorithm that `auto` considers. */
typedef struct candidate {
    ll_plan plan;
    double total_s; /* prediction so far; INFINITY: impossible for this request */
    sight sight;
    ll_price *price; /* [plan.n_round] */
} candidate;

static ll_status price_closed(ll_chooser *c, candidate *one, ll_arena *mem, ll_error *err)
{
    const ll_plan *plan = &one->plan;
    ll_phase phase[LL_MAX_ROUND];
    one->price = ll_arena_array(mem, plan->n_round, ll_price);
    for (int i = 0; i < plan->n_round; i++)
        phase[i] = (ll_phase){.n_traffic = 1, .traffic = &plan->round[i].traffic};
    if (c->closed == NULL)
        LL_TRY(ll_engine_closed.create(c->cluster->topo, &c->cluster->wire, NULL, NULL, c->mem,
                                       &c->closed, err));
    return ll_engine_closed.price(c->closed, plan->n_round, phase, one->price, err);
}

static void total(ll_chooser *c, candidate *one)
{
    ll_cost cost;
    ll_collective_cost(c->cluster->software, &one->plan, one->price, &cost);
    one->total_s = cost.total_s;
}

/* Predict the time of a candidate by the next more accurate way. */
static ll_status look_closer(ll_chooser *c, candidate *one, ll_arena *mem, ll_error *err)
{
    bool bound = false;
    for (int i = 0; i < one->plan.n_round; i++) {
        const ll_traffic *t = &one->plan.round[i].traffic;
        const bool is_bound = ll_load_is_bound(c->cluster->topo, t);
        bound = bound || is_bound;
        if (one->sight == BY_CLOSED)
            ll_load_add(c, t, mem, &one->price[i]);
        else if (is_bound)
            LL_TRY(ll_load_solve(c, t, mem, &one->price[i], err));
    }
    total(c, one);
    one->sight = one->sight == BY_CLOSED && bound ? BY_LOAD : BY_FLOW;
    return LL_OK;
}

static ll_status look_at(ll_chooser *c, const ll_request *request, ll_arena *mem, candidate *out,
                         ll_error *err)
{
    ll_protocol protocol;
    const bool again = request->collective == LL_SEND && request->algorithm != LL_ALGORITHM_RING;
    if (again || !ll_collective_eligible(c->cluster, request) ||
        ll_chooser_plan(c, request, mem, &out->plan, NULL) != LL_OK)
        return LL_OK;
    out->total_s = ll_collective_guess(c->cluster->software, &out->plan, &protocol);
    if (out->total_s > 0) return LL_OK;
    LL_TRY(price_closed(c, out, mem, err));
    total(c, out);
    out->sight = BY_CLOSED;
    return LL_OK;
}

/* Whether a more accurate prediction of the best could change the choice: `flow` finds trees up to
 * 1.3 times as slow as their busiest link alone (on the fabrics of tests/physics/choice.c). 1.5 is
 * that bound with a margin; a larger one only prices more candidates. */
static bool contested(const candidate *list, const candidate *best)
{
    static const double near = 1.5;
    const double within_s = best->sight == BY_LOAD ? near * best->total_s : (double)INFINITY;
    bool any = false;
    for (int a = LL_ALGORITHM_RING; a < LL_N_ALGORITHM; a++)
        any = any || (&list[a] != best && list[a].total_s < within_s);
    return any;
}

/* A direct exchange keeps a connection to each other member open, which costs nothing in the model;
 * so in large groups it must be faster by 1 %. Assumed: it decides ties, and no measurement says
 * what connections cost. */
#define LL_DIRECT_MARGIN 1.01

/* The time by which candidates are compared. */
static double counted_s(const candidate *one)
{
    const bool many = one->plan.algorithm == LL_ALGORITHM_DIRECT &&
                      one->plan.collective != LL_ALL_TO_ALL && one->plan.group_size > LL_DIRECT_FEW;
    return many ? LL_DIRECT_MARGIN * one->total_s : one->total_s;
}

/* The fastest of list[LL_N_ALGORITHM]; of equal ones the first. */
static candidate *fastest(candidate *list)
{
    static const double equal = 1 + 1e-9;
    candidate *best = &list[LL_ALGORITHM_RING];
    for (int a = LL_ALGORITHM_RING + 1; a < LL_N_ALGORITHM; a++)
        if (equal * counted_s(&list[a]) < counted_s(best)) best = &list[a];
    return best;
}

/* Plan with the fastest of the algorithms before `end`, in the order of ll_algorithm. */
static ll_status choose(ll_chooser *c, const ll_request *request, int end, ll_arena *mem,
                        ll_plan *out, ll_error *err)
{
    candidate list[LL_N_ALGORITHM];
    for (int a = LL_ALGORITHM_RING; a < LL_N_ALGORITHM; a++) {
        ll_request one = *request;
        one.algorithm = (ll_algorithm)a;
        list[a] = (candidate){.total_s = (double)INFINITY, .sight = BY_FLOW};
        if (a < end) LL_TRY(look_at(c, &one, mem, &list[a], err));
    }
    candidate *best = fastest(list);
    for (; best->sight != BY_FLOW && contested(list, best); best = fastest(list))
        LL_TRY(look_closer(c, best, mem, err));
    *out = best->plan;
    if (isfinite(best->total_s)) return LL_OK;
    const int outermost = ll_collective_dimension(c->cluster->topo, &request->group);
    return ll_error_set(
        err, LL_ERR_CONFIG, "no algorithm for %s: cluster.software algorithms = \"%s\"",
        ll_collective_names[request->collective], c->cluster->software[outermost].algorithms);
}

/* The algorithm by which the custom all-reduce of the cluster takes a request; AUTO if it leaves
 * it to the collective library. */
static ll_algorithm shot_of(const ll_cluster *cluster, const ll_request *request)
{
    const ll_span s = ll_span_of(cluster->topo, &request->group);
    const int32_t n = ll_group_size(&request->group);
    ll_shot_way way;
    if (request->collective != LL_ALL_REDUCE || n < 2 || !s.aligned || s.first_dim != s.last_dim ||
        !ll_shots_take(&cluster->shots, cluster->topo->dim[s.last_dim].name, n, request->size_B,
                       &way))
        return LL_ALGORITHM_AUTO;
    return way == LL_ONE_SHOT ? LL_ALGORITHM_ONE_SHOT : LL_ALGORITHM_TWO_SHOT;
}

ll_status ll_chooser_choose(ll_chooser *c, const ll_request *request, ll_arena *mem, ll_plan *out,
                            ll_error *err)
{
    if (request->algorithm != LL_ALGORITHM_AUTO || request->collective >= LL_N_OF_BYTES)
        return ll_chooser_plan(c, request, mem, out, err);
    ll_request by_shot = *request;
    by_shot.algorithm = shot_of(c->cluster, request);
    if (by_shot.algorithm != LL_ALGORITHM_AUTO) return ll_chooser_plan(c, &by_shot, mem, out, err);
    return choose(c, request, LL_N_ALGORITHM, mem, out, err);
}

ll_status ll_chooser_choose_flat(ll_chooser *c, const ll_request *request, ll_arena *mem,
                                 ll_plan *out, ll_error *err)
{
    return choose(c, request, LL_ALGORITHM_HIERARCHICAL, mem, out, err);
}

ll_status ll_chooser_predict(ll_chooser *c, const ll_plan *plan, ll_arena *mem, double *total_s,
                             ll_error *err)
{
    candidate one = {.plan = *plan, .sight = BY_CLOSED};
    LL_TRY(price_closed(c, &one, mem, err));
    while (one.sight != BY_FLOW)
        LL_TRY(look_closer(c, &one, mem, err));
    *total_s = one.total_s;
    return LL_OK;
}

/* Engine `closed` need not be destroyed: it holds memory of its own only for lists, and plans have
 * none. */
void ll_chooser_init(ll_chooser *chooser, const ll_cluster *cluster, ll_arena *mem)
{
    *chooser = (ll_chooser){.cluster = cluster, .mem = mem};
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
