#include "sim/report/report.h"

#include "sim/config/shipped.h"
#include "sim/print/fields.h"
#include "sim/print/paragraph.h"
#include "sim/report/headline.h"
#include "sim/report/summary.h"
#include "sim/report/waterfall.h"
#include "sim/version.h"
#include "sim/work/evidence.h"

#include <math.h>
#include <string.h>

enum { N_LOSS_TOLD = 4, N_INPUT_TOLD = 2, N_INPUT = 10 }; /* in the headline; in the table */

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

/* Percent in at most four characters, so that the table fits in 80 columns. */
static const char *percent_text(double frac, ll_arena *mem)
{
    return ll_arena_printf(mem, 100 * frac < 9.95 ? "%.1f" : "%.0f", 100 * frac);
}

ll_table *ll_report_transfers(const ll_report *r, ll_arena *mem)
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
        {.name = "hid %", .key = "hidden_percent", .right = true},
        {.name = "exposed", .right = true},
    };
    ll_table *t = ll_table_create(
        mem, "Transfers: time of one call and its parts; exposed: of all calls of a step",
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
            ll_table_set(t, 6 + k, "%s",
                         percent_text(x->total_s > 0 ? part_s[k] / x->total_s : 0, mem));
        const double all_s = x->calls * x->total_s;
        const double hidden_frac = all_s > 0 ? fmax(0, 1 - x->exposed_s / all_s) : 0;
        ll_table_set(t, 10, "%s", percent_text(hidden_frac, mem));
        ll_table_set(t, 11, "%s", ll_quantity_text(LL_KIND_TIME, x->exposed_s, mem));
    }
    return t;
}

ll_table *ll_report_memory(const ll_report *r, ll_arena *mem)
{
    const ll_memory *m = &r->result->memory;
    ll_table *t = ll_table_create(mem, "Memory per chip, on the fullest stage", 3,
                                  (ll_column[]){{.name = "part"},
                                                {.name = "size", .right = true},
                                                {.name = "of capacity", .right = true}});
    for (int i = 0; i < m->n + 2; i++) {
        const bool part = i < m->n;
        const double size_B = part ? m->part[i].size_B : i == m->n ? m->total_B : m->capacity_B;
        ll_table_row(t);
        ll_table_set(t, 0, "%s", part ? m->part[i].name : i == m->n ? "total" : "capacity");
        ll_table_set(t, 1, "%s", ll_quantity_text(LL_KIND_SIZE, size_B, mem));
        ll_table_set(t, 2, "%.1f %%", 100 * size_B / m->capacity_B);
    }
    return t;
}

/* Figures that are not measured or published: assumed in a file or by default, or unstated. */
static ll_table *weak_table(const ll_report *r, ll_arena *mem)
{
    ll_table *t = ll_table_create(mem, "Figures that are assumed or unstated", 4,
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

/* The effect of an input on one side, or "-" where the study is not legal. */
static const char *side_text(const ll_side *side, ll_arena *mem)
{
    if (side->why) return "-";
    return ll_arena_printf(mem, "%+.2f%s", 100 * side->effect_frac,
                           side->clipped ? " (bound)" : "");
}

/* The inputs on which the result depends most. */
static ll_table *inputs_table(const ll_report *r, ll_arena *mem)
{
    const ll_sensitivity *s = r->sensitivity;
    const char *less = ll_arena_printf(mem, "%.0f %% less", 100 * s->change_frac);
    const char *more = ll_arena_printf(mem, "%.0f %% more", 100 * s->change_frac);
    ll_table *t = ll_table_create(
        mem,
        ll_arena_printf(mem, "Sensitivity: change of %s, in %%, if one input changes",
                        s->headline->label),
        5,
        (ll_column[]){{.name = "input", .key = "path"},
                      {.name = "value"},
                      {.name = less, .key = "less_percent", .right = true, .decimal = true},
                      {.name = more, .key = "more_percent", .right = true, .decimal = true},
                      {.name = "evidence"}});
    for (int i = 0; i < s->n && i < N_INPUT; i++) {
        const ll_config_entry *e = s->row[i].entry;
        ll_table_row(t);
        ll_table_set(t, 0, "%s", e->path);
        ll_table_set(t, 1, "%s", e->text);
        ll_table_set(t, 2, "%s", side_text(&s->row[i].minus, mem));
        ll_table_set(t, 3, "%s", side_text(&s->row[i].plus, mem));
        ll_table_set(t, 4, "%s", ll_evidence_name(e->evidence));
    }
    return t;
}

/* The table, and a sentence on the inputs that it leaves out. */
static void inputs_print(const ll_report *r, int width, ll_arena *mem, ll_text *out)
{
    const ll_sensitivity *s = r->sensitivity;
    if (!s || s->n == 0) return;
    ll_table_print(inputs_table(r, mem), LL_FORMAT_TEXT, width, out);
    ll_paragraph(out,
                 ll_arena_printf(
                     mem,
                     "%d inputs were changed, one by one; %d change%s the result at all, %s. "
                     "`lineloss check %s` lists every value with its source.",
                     s->n_tried, s->n, s->n == 1 ? "s" : "", ll_closed_leaves_out, r->study->path),
                 width, 0);
}

static ll_table *summary_table(const ll_report *r, ll_arena *mem)
{
    const ll_summary_row *row;
    const int n = ll_report_summary(r, mem, &row);
    ll_table *t = ll_table_create(mem, r->study->name, 2,
                                  (ll_column[]){{.name = "quantity"}, {.name = "value"}});
    for (int i = 0; i < n; i++) {
        ll_table_row(t);
        ll_table_set(t, 0, "%s", row[i].what);
        ll_table_set(t, 1, "%s", row[i].value);
    }
    return t;
}

/* The headline: the result, the largest losses, and how far such predictions were off. */
static void headline(const ll_report *r, int width, ll_arena *mem, ll_text *out)
{
    ll_text_add(out, "%s%s%s\n", r->study->name, *r->study->doc ? ": " : "", r->study->doc);
    ll_paragraph(out, ll_headline_result(r, mem), width, 2);
    const char *remark = r->study->workload->remark(r->study, r->result->metric_value, mem);
    if (*remark) ll_paragraph(out, remark, width, 2);
    ll_paragraph(out, ll_headline_losses(r, N_LOSS_TOLD, mem), width, 2);
    if (r->sensitivity || r->spread)
        ll_paragraph(out, ll_headline_inputs(r, N_INPUT_TOLD, mem), width, 2);
    ll_paragraph(out, ll_headline_error(r, mem), width, 2);
}

static void figures(const ll_report *r, int width, ll_arena *mem, ll_text *out)
{
    enum { LEAST = 21, MOST = 36 }; /* of the names' column */
    const ll_summary_row *row;
    const int n = ll_report_summary(r, mem, &row);
    int column = LEAST;
    for (int i = 0; i < n; i++) {
        const int length = (int)strlen(row[i].what);
        if (length > column) column = length < MOST ? length : MOST;
    }
    for (int i = 0; i < n; i++) {
        const char *line = ll_arena_printf(mem, "  %-*s %s", column, row[i].what, row[i].value);
        if (row[i].note) line = ll_arena_printf(mem, "%s: %s", line, row[i].note);
        ll_paragraph(out, line, width, column + 3);
    }
}

/* The self-checks that fail, or one line that all hold. */
static void verdict(const ll_report *r, ll_text *out)
{
    const ll_result *res = r->result;
    int n_ok = 0;
    for (int i = 0; i < res->n_check; i++) {
        if (!res->check[i].ok) ll_text_add(out, "FAILED: %s\n", res->check[i].what);
        n_ok += res->check[i].ok;
    }
    ll_text_add(out, "%d of %d self-checks hold.\n", n_ok, res->n_check);
    ll_text_add(out, "lineloss result is %s: %s, checksum %016llx, seed %lld, lineloss %s (%s)\n",
                res->valid ? "VALID" : "INVALID", r->study->name, (unsigned long long)res->checksum,
                (long long)r->study->seed, ll_version(), ll_git());
}

static void evidence_count(const ll_report *r, int width, ll_arena *mem, ll_text *out)
{
    int n[LL_EVIDENCE_UNSTATED + 1] = {0}, n_fact = 0;
    for (int i = 0; i < ll_config_n_entry(r->study->config); i++) {
        const ll_config_entry *e = ll_config_entry_at(r->study->config, i);
        if (!ll_evidence_counts(r->study, e)) continue;
        n[e->evidence]++;
        n_fact++;
    }
    ll_text_add(out, "The weakest evidence of a figure that was used is '%s'.\n",
                ll_evidence_name(r->result->evidence));
    const char *s = ll_arena_printf(mem, "Of %d figures about the world", n_fact);
    for (int e = LL_EVIDENCE_CHOICE; e <= LL_EVIDENCE_UNSTATED; e++)
        if (n[e]) s = ll_arena_printf(mem, "%s, %d %s", s, n[e], ll_evidence_name((ll_evidence)e));
    ll_paragraph(out, ll_arena_printf(mem, "%s.", s), width, 0);
}

static void validation_print(const ll_report *r, int width, ll_arena *mem, ll_text *out)
{
    const ll_standing *at = r->standing;
    if (at->n_outside == 0)
        ll_paragraph(
            out,
            "The study lies within the range of the published steps (scripts/validate prints "
            "their errors).",
            width, 0);
    for (int i = 0; i < at->n_outside; i++)
        ll_paragraph(
            out, ll_arena_printf(mem, "Outside the range that was validated: %s", at->outside[i]),
            width, 2);
}

static void report_text(const ll_report *r, int width, ll_arena *mem, ll_text *out)
{
    headline(r, width, mem, out);
    ll_text_add(out, "\n");
    figures(r, width, mem, out);
    ll_text_add(out, "\nWhere the chips go\n");
    ll_report_waterfall(r, mem, out);
    for (int i = r->result->n_loss - 1; i >= 0; i--)
        if (r->result->loss[i].chips != 0)
            ll_paragraph(
                out,
                ll_arena_printf(mem, "  %s: %s", r->result->loss[i].cause, r->result->loss[i].doc),
                width, 4);
    ll_text_add(out, "\n");
    ll_table_print(ll_report_transfers(r, mem), LL_FORMAT_TEXT, width, out);
    ll_paragraph(
        out,
        "soft: launch, steps and ramps of the library; lat: latency of an empty fabric; "
        "wire: bytes over the links; cont: waiting for other traffic, a part of wire; hid: "
        "overlapped with kernels, or with a wait for other chips; 0 too where a step without the "
        "transfer gains more than its time.",
        width, 0);
    ll_text_add(out, "\n");
    ll_table_print(ll_report_memory(r, mem), LL_FORMAT_TEXT, width, out);
    ll_text_add(out, "\n");
    validation_print(r, width, mem, out);
    evidence_count(r, width, mem, out);
    ll_text_add(out, "\n");
    inputs_print(r, width, mem, out);
    ll_text_add(out, "\nConventions\n");
    for (int i = 0; ll_report_conventions[i]; i++)
        ll_paragraph(out, ll_arena_printf(mem, "  %s", ll_report_conventions[i]), width, 4);
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
        ll_table_print(ll_report_tidy(1, r, mem), format, 0, out);
    } else {
        enum { N_TABLE = 5 };
        ll_table *const tables[N_TABLE] = {summary_table(r, mem), losses_table(r, mem),
                                           ll_report_transfers(r, mem), ll_report_memory(r, mem),
                                           weak_table(r, mem)};
        for (size_t i = 0; i < N_TABLE; i++) {
            if (i) ll_text_add(out, "\n");
            ll_table_print(tables[i], format, 0, out);
        }
    }
}
