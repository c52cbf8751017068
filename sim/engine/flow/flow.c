/* Engine `flow`: the throughput equations (throughput.h) on the links of the topology, phase by
 * phase, over time by progressive filling (filling.h).
 *
 *   phase --routes--> incidence --fold--> classes --fill--> price
 *                         `-------fold = off: every flow, spread over the ranks--'
 *
 * Folded, every rank solves the same few classes by itself, so prices are the same bytes on every
 * rank, for any number of ranks. Unfolded, they agree to the tolerance of the solver. */
#include "sim/comm/progress.h"
#include "sim/engine/engine.h"
#include "sim/engine/flow/filling.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

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
     .doc = "solve each class of equal flows once (exact); off: solve every flow, spread over the "
            "ranks"},
    {.name = "batch_frac",
     .kind = LL_KIND_RATIO,
     .offset = offsetof(flow_param, batch_frac),
     .def = "0.01",
     .min = 0,
     .max = 0.5,
     .doc = "flows that end nearly together end at once, if it changes sizes by at most this "
            "fraction; 0: "
            "never"},
    {.name = "tolerance",
     .kind = LL_KIND_RATIO,
     .offset = offsetof(flow_param, tolerance),
     .def = "1e-9",
     .min = 1e-13,
     .max = 1e-3,
     .doc =
         "convergence: largest residual of the throughput equations, over the load of each link"},
    {0}};

typedef struct flow_state {
    const flow_param *param;
    double kappa;
    ll_link_book *book; /* facts about links used so far, in the state's arena */
    ll_comm *comm, *self;
    ll_arena *scratch;          /* of the current phase */
    struct flow_state *detours; /* the same with the topology's detours; NULL: it has none */
} flow_state;

/* Fills flow_end_s on every rank, from the ends of rows, and of nodes. Collective. */
static void flow_ends(const ll_incidence *inc, const int64_t *row_of, const ll_filling_ends *ends,
                      ll_comm *comm, const ll_phase *phase)
{
    const ll_timing *timing = inc->timing;
    double *end_s = phase->flow_end_s;
    memset(end_s, 0, (size_t)inc->n_number * sizeof *end_s);
    for (int64_t i = 0; i < inc->n_flow; i++)
        end_s[inc->number[i]] = ends->row_s[row_of[i]];
    ll_comm_max_f64(comm, inc->n_number, end_s);
    for (int t = 0; t < phase->n_traffic; t++) {
        const int64_t n = ll_traffic_n_flow(&phase->traffic[t]);
        if (timing != NULL && timing->first_node[t] >= 0)
            memcpy(end_s, ends->node_s + timing->first_node[t], (size_t)n * sizeof *end_s);
        end_s += n;
    }
}

/* A phase in which no flow has any bytes: all end when they are released. */
static ll_status nothing_sent(const ll_incidence *inc, const ll_phase *phase, ll_arena *mem,
                              ll_price *price)
{
    const ll_timing *timing = inc->timing;
    double *node_s = NULL;
    if (timing != NULL) {
        ll_clock clock = ll_clock_create(timing, 1, mem);
        const int64_t none = ll_clock_take(&clock);
        LL_ASSERT(none < 0, "node %lld has bytes", (long long)none);
        node_s = clock.ready;
        for (int64_t node = 0; node < timing->n_node; node++) {
            double *end_s = &price->end_s[ll_timing_traffic(timing, node)];
            *end_s = fmax(*end_s, node_s[node]);
        }
    }
    double *end_s = phase->flow_end_s;
    for (int t = 0; t < phase->n_traffic && end_s != NULL; t++) {
        const int64_t n = ll_traffic_n_flow(&phase->traffic[t]);
        const bool timed = timing != NULL && timing->first_node[t] >= 0;
        for (int64_t i = 0; i < n; i++)
            *end_s++ = timed ? node_s[timing->first_node[t] + i] : 0;
    }
    return LL_OK;
}

static const ll_fact_kind n_solve = {"n_solve", "1", "solves of the throughput equations",
                                     LL_MERGE_SUM};
static const ll_fact_kind n_newton = {"n_newton", "1", "Newton steps", LL_MERGE_SUM};
static const ll_fact_kind residual_frac = {"residual_frac", "1", "of the worst solve",
                                           LL_MERGE_MAX};

static void tell_work(ll_price *price, const ll_filling_work *work)
{
    ll_price_tell(price, &n_solve, work->n_solve);
    ll_price_tell(price, &n_newton, work->n_newton);
    ll_price_tell(price, &residual_frac, work->residual_frac);
    ll_price_tell(price, &ll_fact_max_util_frac, work->max_util_frac);
    ll_price_tell(price, &ll_fact_batch_err_frac, work->batch_err_frac);
}

/* Assumed shares of the time of a phase, for progress: routing the flows, and folding them; the
 * rest is for the equations. */
static const double looking_frac = 0.5, folding_frac = 0.4;

/* progress: of total 1 for the phase. */
static ll_status price_phase(flow_state *state, const ll_phase *phase, ll_progress *progress,
                             ll_price *price, ll_error *err)
{
    ll_incidence *inc;
    ll_rows rows = {0};
    *price = (ll_price){0};
    ll_arena_reset(state->scratch);
    const bool fold = state->param->fold == 0;
    ll_progress_piece(progress, looking_frac);
    LL_TRY(ll_incidence_create(state->book, phase, fold, state->comm, state->scratch, &inc, err));
    ll_progress_step(progress, looking_frac);
    ll_price_tell(price, &ll_fact_n_flow, (double)inc->n_flow_all);
    if (inc->n_flow_all == 0) return nothing_sent(inc, phase, state->scratch, price);
    if (fold)
        LL_TRY(ll_fold(inc, state->kappa, LL_FOLD_BITS, state->comm, state->scratch, &rows, err));
    else
        ll_fold_not(inc, state->kappa, state->comm, state->scratch, &rows);
    ll_progress_step(progress, fold ? folding_frac : 0);
    ll_progress_piece(progress, 1 - progress->done);
    ll_price_tell(price, &ll_fact_n_flow_class,
                  (double)(fold ? rows.system.n_row : inc->n_flow_all));
    ll_price_tell(price, &ll_fact_n_link_class, (double)rows.system.n_link);
    ll_filling_ends ends = {.price = price};
    ll_filling_work work;
    if (phase->flow_end_s != NULL) {
        ends.row_s = ll_arena_array(state->scratch, rows.system.n_row, double);
        if (inc->timing != NULL)
            ends.node_s = ll_arena_array(state->scratch, inc->timing->n_node, double);
    }
    const ll_filling how = {state->param->tolerance, state->param->batch_frac, inc->timing};
    ll_comm_progress_set(state->self, progress);
    LL_TRY(ll_filling_run(&how, &rows, fold ? state->self : state->comm, state->scratch, &ends,
                          &work, err));
    tell_work(price, &work);
    if (phase->flow_end_s != NULL) flow_ends(inc, rows.row_of, &ends, state->comm, phase);
    return LL_OK;
}

/* Of routing = ugal (topology/routers.h): all minimal routes or all detours, what ends first. */
static ll_status price_either(flow_state *s, const ll_phase *phase, ll_price *price, ll_error *err)
{
    ll_progress progress;
    ll_progress_begin(&progress, s->comm, "flow", "of the traffic", 1);
    ll_status status = price_phase(s, phase, &progress, price, err);
    ll_progress_end(&progress);
    if (s->detours == NULL || status != LL_OK) return status;
    ll_arena *mem = ll_arena_create("flow detours");
    ll_phase other = *phase;
    ll_price around;
    int64_t n_flow = 0;
    double end_s = 0, around_s = 0;
    for (int i = 0; i < phase->n_traffic; i++)
        n_flow += ll_traffic_n_flow(&phase->traffic[i]);
    if (phase->flow_end_s != NULL) other.flow_end_s = ll_arena_array(mem, n_flow, double);
    status = price_either(s->detours, &other, &around, err);
    for (int i = 0; i < phase->n_traffic; i++) {
        end_s = fmax(end_s, price->end_s[i]);
        around_s = fmax(around_s, around.end_s[i]);
    }
    if (status == LL_OK && around_s < end_s) {
        *price = around;
        if (phase->flow_end_s != NULL)
            memcpy(phase->flow_end_s, other.flow_end_s, (size_t)n_flow * sizeof(double));
    }
    ll_arena_destroy(mem);
    return status;
}

static ll_status flow_create(const ll_topology *topo, const ll_wire *wire, const void *param,
                             ll_comm *comm, ll_arena *mem, void **state, ll_error *err)
{
    flow_state *s = ll_arena_new(mem, flow_state);
    *s = (flow_state){.param = param,
                      .kappa = wire->kappa,
                      .book = ll_link_book_create(topo, wire, mem),
                      .comm = comm,
                      .self = ll_comm_self(mem),
                      .scratch = ll_arena_create("flow phase")};
    *state = s;
    if (topo->detours == NULL) return LL_OK;
    void *detours;
    LL_TRY(flow_create(topo->detours, wire, param, comm, mem, &detours, err));
    s->detours = detours;
    return LL_OK;
}

static ll_status flow_price(void *state, int n, const ll_phase *phase, ll_price *price,
                            ll_error *err)
{
    flow_state *s = state;
    ll_status status = LL_OK;
    double effort = 0;
    for (int i = 0; i < n; i++)
        effort += ll_engine_walks_flows(NULL, NULL, NULL, &phase[i]);
    ll_progress all;
    ll_progress_begin(&all, s->comm, "flow", "of the traffic", fmax(effort, 1));
    for (int i = 0; i < n && status == LL_OK; i++) {
        const double share = ll_engine_walks_flows(NULL, NULL, NULL, &phase[i]);
        ll_progress_piece(&all, share);
        status = price_either(s, &phase[i], &price[i], err);
        ll_progress_step(&all, share);
    }
    ll_progress_end(&all);
    return status;
}

static void flow_destroy(void *state)
{
    flow_state *s = state;
    if (s->detours != NULL) flow_destroy(s->detours);
    ll_arena_destroy(s->scratch);
    ll_comm_destroy(s->self);
}

const ll_engine_type ll_engine_flow = {
    .name = "flow",
    .doc =
        "throughput equations on the link graph: contention on every link, exact for equal flows",
    .keys = flow_keys,
    .param_size = sizeof(flow_param),
    .can = LL_ENGINE_CAN_START | LL_ENGINE_CAN_PREDECESSORS | LL_ENGINE_CAN_FLOW_END,
    .create = flow_create,
    .price = flow_price,
    .destroy = flow_destroy,
    .effort = ll_engine_walks_flows,
    .error_free = ll_engine_has_no_errors,
};
