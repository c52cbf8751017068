#include "sim/step/account.h"

#include "sim/step/jitter.h"

#include <math.h>

/* Idealisations that change what kernels cost. */
enum {
    KERNELS = LL_IDEAL_RECOMPUTE | LL_IDEAL_LAUNCH | LL_IDEAL_MEMORY | LL_IDEAL_ROUTING |
              LL_IDEAL_ROUTER | LL_IDEAL_PERMUTE | LL_IDEAL_CASTS | LL_IDEAL_TILES |
              LL_IDEAL_ROOFLINE
};

/* Another graph of the study, with the same transfers. */
static ll_status variant_build(const ll_study *study, unsigned removes, const ll_graph *graph,
                               ll_arena *mem, const ll_graph **out, ll_error *err)
{
    ll_graph *other = ll_arena_new(mem, ll_graph);
    LL_TRY(study->workload->build(study, NULL, removes, mem, other, err));
    LL_ASSERT(other->n_transfer == graph->n_transfer, "%d transfers, %d", other->n_transfer,
              graph->n_transfer);
    *out = other;
    return LL_OK;
}

static bool ranks_differ(const ll_study *study) { return study->layout.experts.hot > 1; }

ll_status ll_ladder_make(const ll_study *study, ll_pricer *pricer, ll_comm *comm, ll_arena *mem,
                         ll_ladder *out, ll_error *err)
{
    const double peak_flop_per_s = study->cluster.chip.peak_flop_per_s[study->layout.precision];
    ll_graph *graph = ll_arena_fill(mem, 1, ll_graph);
    const ll_graph *even = graph;
    ll_prices *prices = ll_arena_fill(mem, 1, ll_prices);
    const unsigned routing = ranks_differ(study) ? LL_IDEAL_ROUTING : 0;
    LL_TRY(study->workload->build(study, NULL, 0, mem, graph, err));
    LL_TRY(ll_prices_make(pricer, graph, mem, prices, err));
    if (routing) LL_TRY(variant_build(study, routing, graph, mem, &even, err));
    const ll_graph *lean = even;
    if (ll_stack_recomputes(&study->stack))
        LL_TRY(variant_build(study, routing | LL_IDEAL_RECOMPUTE, graph, mem, &lean, err));
    *out = (ll_ladder){.study = study,
                       .graph = graph,
                       .even = even,
                       .lean = lean,
                       .prices = prices,
                       .comm = comm,
                       .mem = mem,
                       .ideal_s = study->workload->work_flop(study) /
                                  (study->cluster.topo->n_chip * peak_flop_per_s)};
    return LL_OK;
}

static void kernels_cost(ll_ladder *l, const ll_view *view)
{
    if (l->kernels && l->kernels_of == (view->removes & KERNELS)) return;
    l->kernels = ll_costs_kernels(view, l->mem);
    l->kernels_of = view->removes & KERNELS;
}

void ll_ladder_chunk_s(ll_ladder *l, int64_t chunk, double *forward_s, double *backward_s)
{
    const ll_view view = {l->study, l->graph, l->prices, 0, -1};
    const ll_chunk_work *c = ll_graph_chunk(l->graph, chunk);
    kernels_cost(l, &view);
    const ll_arena_mark mark = ll_arena_here(l->mem);
    ll_costs costs;
    ll_costs_make(&view, l->kernels, l->mem, &costs);
    for (int i = 0; i < l->graph->n_cost; i++) {
        const ll_cost_of *of = &l->graph->cost[i];
        const double s = costs.task[i].kernels_s + costs.task[i].exposed_s;
        if (of->kind == LL_COST_OP && of->index == c->forward_op) *forward_s = s;
        if (of->kind == LL_COST_OP && of->index == c->backward_op) *backward_s = s;
    }
    ll_arena_release(l->mem, mark);
}

double ll_ladder_time(ll_ladder *l, unsigned removes, int free)
{
    const ll_graph *graph = removes & LL_IDEAL_RECOMPUTE ? l->lean
                            : removes & LL_IDEAL_ROUTING ? l->even
                                                         : l->graph;
    const ll_view view = {l->study, graph, l->prices, removes, free};
    if (removes & LL_IDEAL_PEAK) return l->ideal_s;
    kernels_cost(l, &view);
    const ll_arena_mark mark = ll_arena_here(l->mem);
    ll_costs costs;
    double end_s, largest_s, mean_s;
    ll_costs_make(&view, l->kernels, l->mem, &costs);
    if (removes & LL_IDEAL_WAITING) {
        ll_execute_busy(graph, &costs, l->mem, &largest_s, &mean_s);
        end_s = removes & LL_IDEAL_IMBALANCE ? mean_s : largest_s;
    } else {
        const bool jitter =
            !(removes & LL_IDEAL_JITTER) && !ll_jitter_is_none(&l->study->cluster.jitter);
        const ll_run_mode mode = {.jitter = jitter,
                                  .max_replica = l->max_replica,
                                  .progress = l->progress,
                                  .sink = l->sink};
        ll_execute(l->study, graph, &costs, &mode, l->comm, l->mem, &end_s);
    }
    ll_arena_release(l->mem, mark);
    return end_s;
}

/* On a grid on which sums and differences of up to 2^22 chips are exact in a double. */
static double on_grid(double chips) { return ldexp(nearbyint(ldexp(chips, 30)), -30); }

static const ll_loss *loss_of(const ll_result *r, unsigned removes)
{
    for (int i = 0; i < r->n_loss; i++)
        if (r->loss[i].removes == removes) return &r->loss[i];
    return NULL;
}

/* Whether the study has no such cause. */
static bool lacks(const ll_ladder *l, unsigned removes)
{
    enum {
        OF_EXPERTS =
            LL_IDEAL_EXCHANGE | LL_IDEAL_ROUTER | LL_IDEAL_PERMUTE | LL_IDEAL_CASTS | LL_IDEAL_TILES
    };
    if (removes == LL_IDEAL_LINK_ERRORS) return !l->prices->link_errors;
    if (removes == LL_IDEAL_ROUTING) return !ranks_differ(l->study);
    return removes & OF_EXPERTS && !ll_model_has_experts(&l->study->model);
}

static void climb(ll_ladder *l, ll_result *out)
{
    const double n = out->n_chip;
    unsigned removes = 0;
    out->step_s = ll_ladder_time(l, removes, -1);
    double before = out->effective_chips = on_grid(n * l->ideal_s / out->step_s);
    for (const ll_cause *c = l->study->workload->ladder; c->name; c++) {
        if (lacks(l, c->removes)) continue;
        removes |= c->removes;
        const double step_s = ll_ladder_time(l, removes, -1);
        const double now = c->removes == LL_IDEAL_PEAK ? n : on_grid(n * l->ideal_s / step_s);
        LL_ASSERT(out->n_loss < LL_MAX_LOSS, "%d losses", out->n_loss);
        out->loss[out->n_loss++] = (ll_loss){.cause = c->name,
                                             .group = c->group,
                                             .doc = c->doc,
                                             .removes = c->removes,
                                             .chips = now - before,
                                             .frac = (now - before) / n,
                                             .step_s = step_s};
        before = now;
    }
}

/* Exposed time of each transfer: how much shorter the step is if that transfer takes no time. */
static void expose(ll_ladder *l, double even_s, ll_result *out)
{
    for (int i = 0; i < l->prices->n; i++) {
        const ll_priced *p = l->prices->at[i];
        const ll_cost *real = &p->cost[LL_PRICING_REAL];
        out->transfer[out->n_transfer++] = (ll_transfer_row){
            .name = l->graph->transfer[i].name,
            .algorithm = ll_plan_name(&p->plan, l->mem),
            .group_size = p->plan.group_size,
            .size_B = p->transfer.size_B,
            .calls = l->graph->transfer[i].calls,
            .total_s = real->total_s,
            .software_s = real->software_s,
            .latency_s = real->latency_s,
            .wire_s = real->wire_s,
            .contention_s = p->cost[LL_PRICING_CLEAN].wire_s - p->cost[LL_PRICING_ALONE].wire_s,
            .exposed_s = even_s - ll_ladder_time(l, LL_IDEAL_JITTER, i)};
    }
}

/* Step time of the rung that removes a cause; that of the rung before if the ladder has no such
 * cause. */
static double rung_s(const ll_result *r, unsigned removes, double before_s)
{
    const ll_loss *loss = loss_of(r, removes);
    return loss ? loss->step_s : before_s;
}

/* Replicas that this rank executes in all, for the progress line: those of each rung, and those of
 * each run in which one transfer takes no time. */
static double n_replica_run(const ll_ladder *l)
{
    int64_t lo, hi;
    double n = l->prices->n;
    bool jitter = !ll_jitter_is_none(&l->study->cluster.jitter);
    ll_comm_slice(l->comm, l->study->layout.dp, &lo, &hi);
    n += jitter ? (double)(hi - lo) : 1;
    for (const ll_cause *c = l->study->workload->ladder; c->name; c++) {
        if (lacks(l, c->removes)) continue;
        jitter = jitter && !(c->removes & LL_IDEAL_JITTER);
        n += jitter ? (double)(hi - lo) : 1;
    }
    return n;
}

void ll_account(ll_ladder *l, ll_result *out)
{
    ll_progress progress;
    l->progress = &progress;
    ll_progress_begin(&progress, l->comm, "pipelines", "of the replicas", n_replica_run(l));
    climb(l, out);
    const double even_s = rung_s(out, LL_IDEAL_JITTER, out->step_s);
    expose(l, even_s, out);
    ll_progress_end(&progress);
    l->progress = NULL;
    const double mute_s = rung_s(out, LL_IDEAL_TRANSFERS, even_s);
    const double full_s = rung_s(out, LL_IDEAL_WAITING, mute_s);
    const double alone_s = rung_s(out, LL_IDEAL_IMBALANCE, full_s);
    out->exposed_s = even_s - mute_s;
    out->bubble_s = rung_s(out, LL_IDEAL_ROUTING, mute_s) - full_s;
    out->compute_s = full_s;
    out->mfu_frac = out->efficiency_frac = out->effective_chips / out->n_chip;
    out->baseline[0] = (ll_baseline){"peak", "one chip at the peak of the job's precision",
                                     out->effective_chips, out->efficiency_frac};
    out->baseline[1] =
        (ll_baseline){"one_chip", "one chip that runs its share of the same kernels alone",
                      out->n_chip * alone_s / out->step_s, alone_s / out->step_s};
    out->n_baseline = 2;
    const ll_loss *roofline = loss_of(out, LL_IDEAL_ROOFLINE);
    if (roofline)
        out->baseline[out->n_baseline++] = (ll_baseline){
            "roofline", "chips that read weights, keys and values once, or compute at their peak",
            out->n_chip * roofline->step_s / out->step_s, roofline->step_s / out->step_s};
}
