/* Engine `flow`: the throughput equations (equations.c) on the links of the topology, phase by phase,
 * over time by progressive filling (filling.h).
 *
 *   phase --routes--> incidence --fold--> classes --fill--> price
 *                         `-------fold = off: every flow, spread over the ranks--'
 *
 * Folded, every rank solves the same few classes by itself, so prices are the same bytes on every
 * rank, for any number of ranks. Unfolded, they agree to the tolerance of the solver.
 */
#include "sim/engine/engine.h"
#include "sim/engine/flow/filling.h"

#include <stddef.h>

typedef struct flow_param {
    int fold; /* index into fold_choices */
    double batch_frac, tolerance;
} flow_param;

static const char *const fold_choices[] = {"on", "off", NULL};

static const ll_key flow_keys[] = {
    {.name = "fold",
     .kind = LL_KIND_CHOICE,
     .offset = offsetof(flow_param, fold),
     .def = "on",
     .choices = fold_choices,
     .doc = "solve equal flows once (exact); off: solve every flow, spread over the ranks"},
    {.name = "batch_frac",
     .kind = LL_KIND_RATIO,
     .offset = offsetof(flow_param, batch_frac),
     .def = "0.01",
     .min = 0,
     .max = 0.5,
     .doc = "completions are taken together if no flow's size changes by more than this; 0: never"},
    {.name = "tolerance",
     .kind = LL_KIND_RATIO,
     .offset = offsetof(flow_param, tolerance),
     .def = "1e-9",
     .min = 1e-13,
     .max = 1e-3,
     .doc = "of the throughput equations, as a fraction of each link's load"},
    {0}};

typedef struct flow_run {
    const ll_problem *problem;
    const flow_param *param;
    ll_link_book *book;
    ll_comm *comm, *self;
    ll_arena *step; /* reset for each phase */
} flow_run;

static ll_status price_phase(flow_run *run, const ll_phase *phase, ll_price *price, ll_error *err)
{
    LL_ASSERT(phase->n_traffic <= LL_MAX_TRAFFIC, "n_traffic = %d", phase->n_traffic);
    *price = (ll_price){0};
    ll_incidence *inc;
    ll_rows rows;
    LL_TRY(ll_incidence_create(run->book, phase, run->comm, run->step, &inc, err));
    price->n_flow = inc->n_flow_all;
    if (inc->n_flow_all == 0) return LL_OK;
    const double kappa = run->problem->wire.kappa;
    const bool fold = run->param->fold == 0;
    if (fold)
        LL_TRY(ll_fold(inc, kappa, LL_FOLD_BITS, run->comm, run->step, &rows, err));
    else
        ll_fold_not(inc, kappa, run->comm, run->step, &rows);
    price->n_flow_class = fold ? rows.system.n_row : inc->n_flow_all;
    price->n_link_class = rows.system.n_link;
    return ll_filling_run(&rows, run->param->tolerance, run->param->batch_frac,
                          fold ? run->self : run->comm, run->step, price, err);
}

static ll_status flow_solve(const ll_problem *problem, const void *param, ll_comm *comm,
                            ll_arena *mem, ll_price *price, ll_error *err)
{
    flow_run run = {problem,
                    param,
                    ll_link_book_create(problem->topo, &problem->wire, mem),
                    comm,
                    ll_comm_self(mem),
                    ll_arena_create("flow phase")};
    ll_status status = LL_OK;
    for (int i = 0; i < problem->n_phase && status == LL_OK; i++) {
        ll_arena_reset(run.step);
        status = price_phase(&run, &problem->phase[i], &price[i], err);
    }
    ll_arena_destroy(run.step);
    ll_comm_destroy(run.self);
    return status;
}

const ll_engine_type ll_engine_flow = {
    .name = "flow",
    .doc = "throughput equations on the link graph: contention everywhere, exact for equal flows",
    .keys = flow_keys,
    .param_size = sizeof(flow_param),
    .solve = flow_solve,
    .error_free = ll_engine_has_no_errors,
};
