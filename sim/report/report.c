#include "sim/report/report.h"

#include "sim/base/status.h"
#include "sim/config/shipped.h"
#include "sim/version.h"
#include "sim/work/evidence.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BAR = 40, NAME = 22 };

const char *const ll_report_conventions[] = {
    "units are SI; bytes, never bits; rates of links are per direction",
    "a multiply-add is 2 FLOP; the backward pass counts twice the forward pass",
    "recomputation and the embedding lookup do not count as work, the output projection does",
    "causal attention counts the lower triangle only",
    "MFU is model FLOP over step time, over the dense peak of all chips in the job's precision",
    "one chip at its peak is the baseline of effective chips unless another is named",
    NULL};

const char *ll_report_shape(const ll_topology *topo, ll_arena *mem)
{
    const char *s = "";
    for (int d = 0; d < topo->n_dim; d++)
        s = ll_arena_printf(mem, "%s%s%s %d", s, d ? " x " : "", topo->dim[d].type,
                            topo->dim[d].size);
    return s;
}

static const char *layout_text(const ll_job *job, ll_arena *mem)
{
    const char *s = "";
    const int64_t size[] = {job->tp, job->cp, job->pp, job->dp};
    static const char *const name[] = {"tp", "cp", "pp", "dp"};
    for (int i = 0; i < 4; i++)
        if (size[i] > 1)
            s = ll_arena_printf(mem, "%s%s%s %lld", s, *s ? " x " : "", name[i],
                                (long long)size[i]);
    if (!*s) s = "one chip";
    if (job->interleave > 1)
        s = ll_arena_printf(mem, "%s, %lld chunks per stage", s, (long long)job->interleave);
    return ll_arena_printf(mem, "%s, zero %lld", s, (long long)job->zero);
}

/* "outside: chip Ascend 950DT, chips 8192": what stands before the colons. */
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
    ll_summary_row *row;
    int n;
} summary;

static void add(summary *s, const char *what, const char *value)
{
    s->row[s->n++] = (ll_summary_row){what, value, NULL};
}

/* The work and how it is laid out. */
static void summary_work(const ll_report *r, summary *s)
{
    const ll_study *study = r->study;
    const ll_job *job = &study->job;
    add(s, "cluster", study->cluster.name);
    add(s, "chips",
        ll_arena_printf(s->mem, "%s %s", ll_thousands_text(r->result->n_chip, s->mem),
                        study->cluster.chip.name));
    add(s, "fabric", ll_report_shape(study->cluster.topo, s->mem));
    add(s, "model",
        ll_arena_printf(s->mem, "%s, %s", study->model.name, ll_precision_names[job->precision]));
    add(s, "layout", layout_text(job, s->mem));
    add(s, "batch",
        ll_arena_printf(s->mem, "%s x %s tokens",
                        ll_thousands_text((double)job->global_batch, s->mem),
                        ll_thousands_text((double)job->seq, s->mem)));
    add(s, "micro-batches",
        ll_arena_printf(s->mem, "%lld of %lld", (long long)ll_job_n_micro(job),
                        (long long)job->micro_batch));
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

/* Whether there were published steps like this one, and how far predictions for its chip were off. */
static void summary_standing(const ll_report *r, summary *s)
{
    const ll_standing *at = r->standing;
    const ll_published p = at->published;
    add(s, "validation", outside_short(at, s->mem));
    if (p.n_row == 0) {
        add(s, "published steps", "none on this chip");
        return;
    }
    add(s, "published steps",
        ll_arena_printf(s->mem, "%.1f %% off, %lld of %lld short%s%s", 100 * p.median_abs_err_frac,
                        (long long)p.n_short, (long long)p.n_row, p.alike_s > 0 ? ": rather " : "",
                        p.alike_s > 0 ? ll_quantity_text(LL_KIND_TIME, p.alike_s, s->mem) : ""));
    s->row[s->n - 1].note = ll_arena_printf(
        s->mem,
        "median error of predictions for %s; short: the published step took longer; rather: "
        "if this one is off as they are",
        r->study->cluster.chip.name);
}

/* What it makes of the chips. */
static void summary_speed(const ll_report *r, summary *s)
{
    const ll_result *res = r->result;
    add(s, "step time", ll_quantity_text(LL_KIND_TIME, res->step_s, s->mem));
    add(s, "tokens/s", ll_thousands_text(res->tokens_per_s, s->mem));
    add(s, "tokens/s per chip", ll_thousands_text(res->tokens_per_s_per_chip, s->mem));
    add(s, "MFU", ll_arena_printf(s->mem, "%.2f %%", 100 * res->mfu_frac));
    for (int i = 0; i < res->n_baseline; i++) {
        const ll_baseline *b = &res->baseline[i];
        add(s, i ? ll_arena_printf(s->mem, "... against %s", b->name) : "effective chips",
            ll_arena_printf(s->mem, "%.1f (%.2f %%)", b->effective_chips,
                            100 * b->efficiency_frac));
        s->row[s->n - 1].note = ll_arena_printf(s->mem, "against %s", b->doc);
    }
    add(s, "compute per step", ll_quantity_text(LL_KIND_TIME, res->compute_s, s->mem));
    add(s, "exposed transfers", ll_quantity_text(LL_KIND_TIME, res->exposed_s, s->mem));
    add(s, "pipeline bubble", ll_quantity_text(LL_KIND_TIME, res->bubble_s, s->mem));
    add(s, "energy per token",
        res->energy_J_per_token > 0 ? ll_arena_printf(s->mem, "%.4g J", res->energy_J_per_token)
                                    : "-");
    add(s, "memory per chip",
        ll_arena_printf(s->mem, "%s of %s",
                        ll_quantity_text(LL_KIND_SIZE, res->memory.total_B, s->mem),
                        ll_quantity_text(LL_KIND_SIZE, res->memory.capacity_B, s->mem)));
    add(s, "engine", r->study->engine->name);
    if (res->engine.simulated_frac > 0 && res->engine.simulated_frac < 1)
        s->row[s->n - 1].note = ll_arena_printf(
            s->mem,
            "at least %.2g %% of the bytes are packets; ends are extrapolated, within %.2g %%",
            100 * res->engine.simulated_frac, 100 * res->engine.batch_err_frac);
    summary_beside(res, s);
    add(s, "evidence", ll_evidence_name(res->evidence));
    summary_standing(r, s);
    add(s, "valid", res->valid ? "VALID" : "INVALID");
    add(s, "checksum", ll_arena_printf(s->mem, "%016llx", (unsigned long long)res->checksum));
}

int ll_report_summary(const ll_report *r, ll_arena *mem, ll_summary_row *row)
{
    summary s = {.mem = mem, .row = row};
    summary_work(r, &s);
    summary_speed(r, &s);
    LL_ASSERT(s.n <= LL_MAX_SUMMARY, "%d rows", s.n);
    return s.n;
}

/* [lo, hi) of BAR columns as '#', the columns before it as '.'. */
static void bar_add(ll_text *out, double lo_frac, double hi_frac)
{
    int lo = (int)lround(BAR * fmin(fmax(lo_frac, 0), 1));
    int hi = (int)lround(BAR * fmin(fmax(hi_frac, 0), 1));
    ll_text_add(out, "|");
    for (int i = 0; i < BAR; i++)
        ll_text_add(out, "%s", i < lo ? "." : i < hi ? "#" : " ");
    ll_text_add(out, "|\n");
}

static void waterfall_row(ll_text *out, const char *name, double chips, double frac)
{
    ll_text_add(out, "  %-*s %12.1f %8.2f %%  ", NAME, name, chips, 100 * frac);
}

void ll_report_waterfall(const ll_report *r, ll_text *out)
{
    const ll_result *res = r->result;
    double left = res->n_chip, n = res->n_chip;
    ll_text_add(out, "  %-*s %12s %10s\n", NAME, "", "chips", "of all");
    waterfall_row(out, "all chips, at peak", n, 1);
    bar_add(out, 0, 1);
    /* The ladder removes causes from the real machine upwards; a waterfall reads from the top. */
    for (int i = res->n_loss - 1; i >= 0; i--) {
        const ll_loss *loss = &res->loss[i];
        double after = left - loss->chips;
        if (loss->chips != 0) {
            waterfall_row(out, loss->cause, -loss->chips, -loss->frac);
            bar_add(out, fmin(left, after) / n, fmax(left, after) / n);
        }
        left = after;
    }
    waterfall_row(out, "effective chips", res->effective_chips, res->efficiency_frac);
    bar_add(out, 0, res->efficiency_frac);
}

static ll_table *losses_table(const ll_report *r, ll_arena *mem)
{
    ll_table *t =
        ll_table_create(mem, "Where the chips go", 5,
                        (ll_column[]){{.name = "cause"},
                                      {.name = "chips", .right = true},
                                      {.name = "%", .key = "percent", .right = true},
                                      {.name = "step without it", .key = "step_s", .right = true},
                                      {.name = "what was removed", .key = "doc"}});
    for (int i = r->result->n_loss - 1; i >= 0; i--) {
        const ll_loss *loss = &r->result->loss[i];
        ll_table_row(t);
        ll_table_set(t, 0, "%s", loss->cause);
        ll_table_set(t, 1, "%.1f", loss->chips);
        ll_table_set(t, 2, "%.2f", 100 * loss->frac);
        ll_table_set(t, 3, "%s", ll_quantity_text(LL_KIND_TIME, loss->step_s, mem));
        ll_table_set(t, 4, "%s", loss->doc);
    }
    return t;
}

static ll_table *transfers_table(const ll_report *r, ll_arena *mem)
{
    static const ll_column columns[] = {
        {.name = "transfer"},
        {.name = "chips", .right = true},
        {.name = "algorithm"},
        {.name = "size", .right = true},
        {.name = "calls", .right = true},
        {.name = "time", .right = true},
        {.name = "soft %", .key = "software_percent", .right = true},
        {.name = "lat %", .key = "latency_percent", .right = true},
        {.name = "wire %", .key = "wire_percent", .right = true},
        {.name = "cont %", .key = "contention_percent", .right = true},
        {.name = "exposed", .right = true},
    };
    ll_table *t = ll_table_create(
        mem, "What is on the wire: a call's time and its parts; exposed: all calls of a step",
        (int)(sizeof columns / sizeof *columns), columns);
    for (int i = 0; i < r->result->n_transfer; i++) {
        const ll_transfer_row *x = &r->result->transfer[i];
        const double part_s[] = {x->software_s, x->latency_s, x->wire_s, x->contention_s};
        ll_table_row(t);
        ll_table_set(t, 0, "%s", x->name);
        ll_table_set(t, 1, "%d", x->group_size);
        ll_table_set(t, 2, "%s", x->algorithm);
        ll_table_set(t, 3, "%s", ll_quantity_text(LL_KIND_SIZE, x->size_B, mem));
        ll_table_set(t, 4, "%.6g", x->calls);
        ll_table_set(t, 5, "%s", ll_quantity_text(LL_KIND_TIME, x->total_s, mem));
        for (int k = 0; k < 4; k++)
            ll_table_set(t, 6 + k, "%.1f", x->total_s > 0 ? 100 * part_s[k] / x->total_s : 0);
        ll_table_set(t, 10, "%s", ll_quantity_text(LL_KIND_TIME, x->exposed_s, mem));
    }
    return t;
}

static ll_table *memory_table(const ll_report *r, ll_arena *mem)
{
    const ll_memory *m = &r->result->memory;
    const struct {
        const char *name;
        double size_B;
    } part[] = {{"weights", m->weights_B},     {"gradients", m->gradients_B},
                {"optimizer", m->optimizer_B}, {"activations", m->activations_B},
                {"logits", m->logits_B},       {"reserved", m->reserved_B},
                {"total", m->total_B},         {"capacity", m->capacity_B}};
    ll_table *t = ll_table_create(mem, "Memory per chip, on the fullest stage", 3,
                                  (ll_column[]){{.name = "part"},
                                                {.name = "size", .right = true},
                                                {.name = "of capacity", .right = true}});
    for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
        ll_table_row(t);
        ll_table_set(t, 0, "%s", part[i].name);
        ll_table_set(t, 1, "%s", ll_quantity_text(LL_KIND_SIZE, part[i].size_B, mem));
        ll_table_set(t, 2, "%.1f %%", 100 * part[i].size_B / m->capacity_B);
    }
    return t;
}

/* The facts that nobody has measured or published: assumed in a file, by default, or unstated. */
static ll_table *weak_table(const ll_report *r, ll_arena *mem)
{
    ll_table *t = ll_table_create(mem, "What it rests on: assumed or unstated figures", 4,
                                  (ll_column[]){{.name = "key"},
                                                {.name = "value"},
                                                {.name = "evidence"},
                                                {.name = "why", .key = "source"}});
    for (int i = 0; i < ll_config_n_entry(r->study->config); i++) {
        const ll_config_entry *e = ll_config_entry_at(r->study->config, i);
        if (e->evidence != LL_EVIDENCE_ASSUMED && e->evidence != LL_EVIDENCE_UNSTATED) continue;
        if (!ll_evidence_counts(r->study, e)) continue;
        ll_table_row(t);
        ll_table_set(t, 0, "%s", e->path);
        ll_table_set(t, 1, "%s", e->text);
        ll_table_set(t, 2, "%s", ll_evidence_name(e->evidence));
        ll_table_set(t, 3, "%s", *e->source ? e->source : ll_shipped_short(e->origin, mem));
    }
    return t;
}

static ll_table *summary_table(const ll_report *r, ll_arena *mem)
{
    ll_summary_row row[LL_MAX_SUMMARY];
    int n = ll_report_summary(r, mem, row);
    ll_table *t = ll_table_create(mem, r->study->name, 2,
                                  (ll_column[]){{.name = "quantity"}, {.name = "value"}});
    for (int i = 0; i < n; i++) {
        ll_table_row(t);
        ll_table_set(t, 0, "%s", row[i].what);
        ll_table_set(t, 1, "%s", row[i].value);
    }
    return t;
}

static void headline(const ll_report *r, ll_arena *mem, ll_text *out)
{
    ll_summary_row row[LL_MAX_SUMMARY];
    int n = ll_report_summary(r, mem, row);
    ll_text_add(out, "%s%s%s\n", r->study->name, *r->study->doc ? ": " : "", r->study->doc);
    for (int i = 0; i < n; i++)
        ll_text_add(out, row[i].note ? "  %-25s %-18s  %s\n" : "  %-25s %s%s\n", row[i].what,
                    row[i].value, row[i].note ? row[i].note : "");
}

static void verdict(const ll_report *r, ll_text *out)
{
    const ll_result *res = r->result;
    for (int i = 0; i < res->n_check; i++)
        ll_text_add(out, "  %-4s %s\n", res->check[i].ok ? "ok" : "BAD", res->check[i].what);
    ll_text_add(out, "lineloss result is %s: %s, checksum %016llx, seed %lld, lineloss %s (%s)\n",
                res->valid ? "VALID" : "INVALID", r->study->name, (unsigned long long)res->checksum,
                (long long)r->study->seed, ll_version(), ll_git());
}

static void evidence_count(const ll_report *r, ll_text *out)
{
    int n[LL_EVIDENCE_UNSTATED + 1] = {0}, n_fact = 0;
    for (int i = 0; i < ll_config_n_entry(r->study->config); i++) {
        const ll_config_entry *e = ll_config_entry_at(r->study->config, i);
        if (!ll_evidence_counts(r->study, e)) continue;
        n[e->evidence]++;
        n_fact++;
    }
    ll_text_add(out, "The weakest evidence it rests on is '%s'.\nOf %d figures about the world, ",
                ll_evidence_name(r->result->evidence), n_fact);
    const char *before = "";
    for (int e = LL_EVIDENCE_MEASURED; e <= LL_EVIDENCE_UNSTATED; e++)
        if (n[e]) {
            ll_text_add(out, "%s%d %s", before, n[e], ll_evidence_name((ll_evidence)e));
            before = ", ";
        }
    ll_text_add(out, ".\n");
}

static void validation_print(const ll_report *r, ll_text *out)
{
    const ll_standing *at = r->standing;
    if (at->n_outside == 0)
        ll_text_add(out, "It lies within what was compared with published steps (scripts/validate "
                         "has the errors).\n");
    for (int i = 0; i < at->n_outside; i++)
        ll_text_add(out, "Outside of what was validated: %s\n", at->outside[i]);
}

static void report_text(const ll_report *r, int width, ll_arena *mem, ll_text *out)
{
    headline(r, mem, out);
    ll_text_add(out, "\nWhere the chips go\n");
    ll_report_waterfall(r, out);
    for (int i = r->result->n_loss - 1; i >= 0; i--)
        if (r->result->loss[i].chips != 0)
            ll_text_add(out, "  %s: %s\n", r->result->loss[i].cause, r->result->loss[i].doc);
    ll_text_add(out, "\n");
    ll_table_print(transfers_table(r, mem), LL_FORMAT_TEXT, width, out);
    ll_text_add(out, "\n");
    ll_table_print(memory_table(r, mem), LL_FORMAT_TEXT, width, out);
    ll_text_add(out, "\n");
    validation_print(r, out);
    evidence_count(r, out);
    ll_table *weak = weak_table(r, mem);
    if (weak->n_row) ll_table_print(weak, LL_FORMAT_TEXT, width, out);
    ll_text_add(out, "\nConventions\n");
    for (int i = 0; ll_report_conventions[i]; i++)
        ll_text_add(out, "  %s\n", ll_report_conventions[i]);
    ll_text_add(out, "\n");
    verdict(r, out);
}

void ll_report_print(const ll_report *r, ll_format format, int width, ll_arena *mem, ll_text *out)
{
    if (format == LL_FORMAT_TEXT) {
        report_text(r, width, mem, out);
    } else if (format == LL_FORMAT_JSON) {
        ll_json j;
        ll_json_init(&j, out);
        ll_report_json(r, NULL, mem, &j);
    } else if (format == LL_FORMAT_CSV) {
        ll_table_print(ll_report_flat(r, mem), format, 0, out);
    } else {
        enum { N_TABLE = 5 };
        ll_table *const tables[N_TABLE] = {summary_table(r, mem), losses_table(r, mem),
                                           transfers_table(r, mem), memory_table(r, mem),
                                           weak_table(r, mem)};
        for (size_t i = 0; i < N_TABLE; i++) {
            if (i) ll_text_add(out, "\n");
            ll_table_print(tables[i], format, 0, out);
        }
    }
}
