#include "sim/report/summary.h"

#include "sim/engine/flow/solver_options.h"

#include <string.h>

const char *const ll_report_conventions[] = {
    "units are SI; bytes, never bits; rates of links are per direction",
    "a multiply-add is 2 FLOP; the backward pass counts twice the forward pass",
    "recomputation and the embedding lookup do not count as work, the output projection does",
    "causal attention counts the lower triangle only",
    "MFU is model FLOP over step time, over the dense peak of all chips in the job's precision",
    "one chip at its peak is the baseline of effective chips unless another is named",
    NULL};

static const char *shape_text(const ll_topology *topo, bool notes, ll_arena *mem)
{
    const char *s = "";
    for (int d = 0; d < topo->n_dim; d++) {
        const ll_dim *dim = &topo->dim[d];
        s = ll_arena_printf(mem, "%s%s%s %d", s, d ? " x " : "", dim->type, dim->size);
        if (notes && dim->note) s = ll_arena_printf(mem, "%s (%s)", s, dim->note);
    }
    return s;
}

const char *ll_report_shape(const ll_topology *topo, ll_arena *mem)
{
    return shape_text(topo, false, mem);
}

const char *ll_report_fabric(const ll_topology *topo, ll_arena *mem)
{
    return shape_text(topo, true, mem);
}

const char *ll_report_layout(const ll_study *study, ll_arena *mem)
{
    const ll_layout *l = &study->layout;
    const char *s = "";
    const int64_t size[] = {l->tp, l->cp, l->pp, l->dp};
    static const char *const name[] = {"tp", "cp", "pp", "dp"};
    for (int i = 0; i < 4; i++)
        if (size[i] > 1)
            s = ll_arena_printf(mem, "%s%s%s %lld", s, *s ? " x " : "", name[i],
                                (long long)size[i]);
    if (!*s) s = "one chip";
    if (ll_model_has_experts(&study->model))
        s = ll_arena_printf(mem, "%s, ep %lld x etp %lld", s, (long long)l->experts.ep,
                            (long long)l->experts.etp);
    if (l->interleave > 1)
        s = ll_arena_printf(mem, "%s, %lld chunks per stage", s, (long long)l->interleave);
    if (l->pp > 1 && l->schedule != &ll_schedule_one_f_one_b)
        s = ll_arena_printf(mem, "%s, schedule %s", s, l->schedule->name);
    if (l->plan) s = ll_arena_printf(mem, "%s, layers %s", s, l->plan_text);
    if (ll_study_serves(study)) return s;
    return ll_arena_printf(mem, "%s, zero %lld", s, (long long)study->stack.zero);
}

/* "outside: chip Ascend 950DT, chips 8192": the parts before the colons. */
static const char *outside_short(const ll_standing *at, ll_arena *mem)
{
    const char *s = "";
    for (int i = 0; i < at->n_outside; i++)
        s = ll_arena_printf(mem, "%s%s%.*s", s,
                            i ? ", " : "outside: ", (int)strcspn(at->outside[i], ":"),
                            at->outside[i]);
    return at->n_outside ? s : "within";
}

typedef struct summary {
    ll_arena *mem;
    ll_summary_row *row; /* [n], of cap */
    int n, cap;
} summary;

static void add(summary *s, const char *what, const char *value)
{
    if (s->n == s->cap) {
        const int cap = s->cap ? 2 * s->cap : 32;
        s->row = ll_arena_grown(s->mem, s->row, s->n, cap, sizeof *s->row);
        s->cap = cap;
    }
    s->row[s->n++] = (ll_summary_row){what, value, NULL};
}

/* The work and its layout. */
static void summary_work(const ll_report *r, summary *s)
{
    const ll_study *study = r->study;
    const ll_layout *l = &study->layout;
    add(s, "cluster", study->cluster.name);
    add(s, "chips",
        ll_arena_printf(s->mem, "%s %s", ll_thousands_text(r->result->n_chip, s->mem),
                        study->cluster.chip.name));
    add(s, "fabric", ll_report_fabric(study->cluster.topo, s->mem));
    if (study->cluster.topo->note) add(s, "edge list", study->cluster.topo->note);
    add(s, "model",
        ll_arena_printf(s->mem, "%s, %s", study->model.name, ll_precision_names[l->precision]));
    add(s, "layout", ll_report_layout(study, s->mem));
    if (ll_study_serves(study)) {
        add(s, "engine", study->server.name);
        const int64_t n_group = l->dp * l->pp;
        const char *where =
            n_group > 1 ? ll_arena_printf(s->mem, ", %lld times (dp x pp)", (long long)n_group)
                        : "";
        add(s, "batch",
            ll_arena_printf(s->mem, "%lld of %s tokens%s", (long long)l->micro_batch,
                            ll_thousands_text((double)l->seq, s->mem), where));
        return;
    }
    add(s, "batch",
        ll_arena_printf(s->mem, "%s x %s tokens",
                        ll_thousands_text((double)l->global_batch, s->mem),
                        ll_thousands_text((double)l->seq, s->mem)));
    add(s, "micro-batches",
        ll_arena_printf(s->mem, "%lld of %lld", (long long)ll_layout_n_micro(l),
                        (long long)l->micro_batch));
}

/* The step time of other engines, and the transfer in which they differ most. */
static void summary_beside(const ll_result *res, summary *s)
{
    for (int i = 0; i < res->n_beside; i++) {
        const ll_other_engine *b = &res->beside[i];
        add(s, ll_arena_printf(s->mem, "... engine %s", b->engine),
            ll_arena_printf(s->mem, "%s (%+.2f %%)",
                            ll_quantity_text(LL_KIND_TIME, b->step_s, s->mem), 100 * b->diff_frac));
        if (b->transfer)
            s->row[s->n - 1].note =
                ll_arena_printf(s->mem, "differs most in %s: a call takes %s, not %s (%+.2f %%)",
                                b->transfer, ll_quantity_text(LL_KIND_TIME, b->transfer_s, s->mem),
                                ll_quantity_text(LL_KIND_TIME, b->result_transfer_s, s->mem),
                                100 * b->transfer_diff_frac);
    }
}

/* A figure of the workload as people read it; "-" for 0, which stands for not known. */
static const char *metric_text(const ll_metric *m, double value, ll_arena *mem)
{
    if (m->kind == LL_KIND_COUNT) return ll_thousands_text(value, mem);
    if (!(value > 0)) return "-";
    if (m->kind == LL_KIND_RATIO)
        return ll_arena_printf(mem, strcmp(m->unit, "1") ? "%.4g %s" : "%.4g", value, m->unit);
    return ll_quantity_text(m->kind, value, mem);
}

static bool ends_in(const char *s, const char *end)
{
    const size_t n = strlen(s), n_end = strlen(end);
    return n >= n_end && !strcmp(s + n - n_end, end);
}

/* Whether figure i is a mean that its median, P90 and P99 follow. */
static bool spread_is(const ll_result *res, int i)
{
    return i + 3 < res->n_metric && ends_in(res->metric[i + 1].name, "_median_s") &&
           ends_in(res->metric[i + 2].name, "_p90_s") && ends_in(res->metric[i + 3].name, "_p99_s");
}

/* "210 ms; median 94.4 ms, P90 241 ms, P99 1.91 s", or the mean alone where no more is known. */
static const char *spread_text(const ll_result *res, int i, ll_arena *mem)
{
    const char *s[4];
    if (!(res->metric_value[i + 3] > 0))
        return metric_text(&res->metric[i], res->metric_value[i], mem);
    for (int k = 0; k < 4; k++)
        s[k] = ll_quantity_text(LL_KIND_TIME, res->metric_value[i + k], mem);
    return ll_arena_printf(mem, "%s; median %s, P90 %s, P99 %s", s[0], s[1], s[2], s[3]);
}

/* Speed and efficiency. */
static void summary_speed(const ll_report *r, summary *s)
{
    const ll_result *res = r->result;
    for (int i = 0; i < res->n_metric; i++)
        if (spread_is(res, i)) {
            add(s, res->metric[i].label, spread_text(res, i, s->mem));
            i += 3;
        } else {
            add(s, res->metric[i].label,
                metric_text(&res->metric[i], res->metric_value[i], s->mem));
        }
    for (int i = 0; i < res->n_baseline; i++) {
        const ll_baseline *b = &res->baseline[i];
        add(s, i ? ll_arena_printf(s->mem, "... against %s", b->name) : "effective chips",
            ll_arena_printf(s->mem, "%.1f (%.2f %%)", b->effective_chips,
                            100 * b->efficiency_frac));
        s->row[s->n - 1].note =
            ll_arena_printf(s->mem, "against %s%s", b->doc, i ? "" : "; the percentage is the MFU");
    }
    add(s, ll_study_serves(r->study) ? "compute" : "compute per step",
        ll_quantity_text(LL_KIND_TIME, res->compute_s, s->mem));
    add(s, "exposed transfers", ll_quantity_text(LL_KIND_TIME, res->exposed_s, s->mem));
    add(s, "pipeline bubble", ll_quantity_text(LL_KIND_TIME, res->bubble_s, s->mem));
    add(s, "memory per chip",
        ll_arena_printf(s->mem, "%s of %s",
                        ll_quantity_text(LL_KIND_SIZE, res->memory.total_B, s->mem),
                        ll_quantity_text(LL_KIND_SIZE, res->memory.capacity_B, s->mem)));
    add(s, ll_study_serves(r->study) ? "network engine" : "engine", r->study->engine->name);
    const double simulated_frac = ll_price_fact(&res->work, "simulated_frac");
    if (simulated_frac > 0 && simulated_frac < 1)
        s->row[s->n - 1].note = ll_arena_printf(
            s->mem,
            "at least %.2g %% of the bytes are packets; ends are extrapolated, within %.2g %%",
            100 * simulated_frac, 100 * ll_price_fact(&res->work, "batch_err_frac"));
    const char *options = ll_solver_options(s->mem);
    if (*options) add(s, "PETSc options", options);
    summary_beside(res, s);
    add(s, "evidence", ll_evidence_name(res->evidence));
    add(s, "validation", outside_short(r->standing, s->mem));
}

int ll_report_summary(const ll_report *r, ll_arena *mem, const ll_summary_row **row)
{
    summary s = {.mem = mem};
    summary_work(r, &s);
    summary_speed(r, &s);
    *row = s.row;
    return s.n;
}
