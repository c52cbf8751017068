#include "sim/report/comparison.h"

#include "sim/base/status.h"
#include "sim/report/headline.h"
#include "sim/report/summary.h"

#include <math.h>
#include <string.h>

enum { MAX_FIGURE = 32, FULL_LOSSES = 3 /* studies */ };

typedef enum figure_style { THREE_DIGITS, WHOLE, PERCENT } figure_style;

/* A column of numbers. */
typedef struct figure {
    const char *name, *key;
    figure_style style;
    double scale;                 /* value * scale is printed; JSON has value itself */
    double value[LL_MAX_COMPARE]; /* [n]; NaN: this study has none */
} figure;

typedef struct figures {
    int n_study;
    const ll_report *report; /* [n_study] */
    ll_arena *mem;
    int n;
    figure figure[MAX_FIGURE];
} figures;

static figures *figures_new(int n, const ll_report *report, ll_arena *mem)
{
    LL_ASSERT(n <= LL_MAX_COMPARE, "n = %d", n);
    figures *f = ll_arena_new(mem, figures);
    f->n_study = n;
    f->report = report;
    f->mem = mem;
    return f;
}

/* A column that is still to be filled: value is NaN. */
static figure *figure_add(figures *f, const char *name, const char *key, figure_style style)
{
    LL_ASSERT(f->n < MAX_FIGURE, "figure %s", name);
    figure *out = &f->figure[f->n++];
    *out = (figure){.name = name, .key = key, .style = style, .scale = 1};
    for (int k = 0; k < LL_MAX_COMPARE; k++)
        out->value[k] = (double)NAN;
    return out;
}

/* Prints seconds in the unit that suits the largest value. */
static void figure_in_time(figure *f, const char *what, int n, ll_arena *mem)
{
    static const struct {
        double unit_s;
        const char *name;
    } units[] = {{1, "s"}, {1e-3, "ms"}, {1e-6, "us"}};
    double largest_s = 0;
    for (int k = 0; k < n; k++)
        if (f->value[k] > largest_s) largest_s = f->value[k];
    size_t i = 0;
    while (i + 1 < sizeof units / sizeof *units && largest_s < units[i].unit_s)
        i++;
    f->scale = 1 / units[i].unit_s;
    f->name = ll_arena_printf(mem, "%s (%s)", what, units[i].name);
}

/* A column of ratios to the first study, of the last figure. */
static void ratio_add(figures *f)
{
    const figure *of = &f->figure[f->n - 1];
    figure *out = figure_add(f, "x", ll_arena_printf(f->mem, "%s_ratio", of->key), THREE_DIGITS);
    for (int k = 0; k < f->n_study; k++)
        out->value[k] = of->value[k] / of->value[0];
}

static void cell_set(ll_table *t, int c, const figure *f, int k)
{
    const double x = f->value[k], shown = x * f->scale;
    if (!isfinite(x))
        ll_table_set(t, c, "-");
    else if (f->style == PERCENT)
        ll_table_set(t, c, "%.1f", 100 * shown);
    else
        ll_table_set(t, c, "%s",
                     f->style == WHOLE ? ll_thousands_text(shown, t->mem)
                                       : ll_digits_text(shown, LL_HEADLINE_DIGITS, t->mem));
    if (isfinite(x)) t->exact[(t->n_row - 1) * t->n_column + c] = x;
}

static ll_table *figures_table(const figures *f, const char *title)
{
    ll_column column[MAX_FIGURE + 1] = {{.name = "study"}};
    for (int i = 0; i < f->n; i++)
        column[i + 1] = (ll_column){
            .name = f->figure[i].name, .key = f->figure[i].key, .right = true, .decimal = true};
    ll_table *t = ll_table_create(f->mem, title, f->n + 1, column);
    for (int k = 0; k < f->n_study; k++) {
        ll_table_row(t);
        ll_table_set(t, 0, "%s", f->report[k].label);
        for (int i = 0; i < f->n; i++)
            cell_set(t, i + 1, &f->figure[i], k);
    }
    return t;
}

static int metric_find(const ll_result *r, const char *name)
{
    for (int m = 0; m < r->n_metric; m++)
        if (!strcmp(r->metric[m].name, name)) return m;
    return -1;
}

static bool figure_known(const figures *f, const char *key)
{
    for (int i = 0; i < f->n; i++)
        if (!strcmp(f->figure[i].key, key)) return true;
    return false;
}

/* A figure of a workload, for all studies whose workload has it. */
static void metric_add(figures *f, const ll_metric *m)
{
    figure *out = figure_add(f, m->label, m->name, THREE_DIGITS);
    for (int k = 0; k < f->n_study; k++) {
        const ll_result *r = f->report[k].result;
        const int at = metric_find(r, m->name);
        if (at >= 0 && r->metric_value[at] > 0) out->value[k] = r->metric_value[at];
    }
    if (m->kind == LL_KIND_TIME) figure_in_time(out, m->label, f->n_study, f->mem);
    if (m->kind == LL_KIND_RATIO && strcmp(m->unit, "1") != 0)
        out->name = ll_arena_printf(f->mem, "%s (%s)", m->label, m->unit);
}

/* The main figures of every workload, or all others. */
static void metrics_add(figures *f, bool main_ones)
{
    for (int k = 0; k < f->n_study; k++)
        for (int i = 0; i < f->report[k].result->n_metric; i++) {
            const ll_metric *m = &f->report[k].result->metric[i];
            if (m->main == main_ones && !figure_known(f, m->name)) metric_add(f, m);
        }
}

/* Chips, the main figures of the workload, effective chips, and corrected effective chips. */
static void results_add(figures *f)
{
    const ll_report *report = f->report;
    figure *chips = figure_add(f, "chips", "chips", WHOLE);
    for (int k = 0; k < f->n_study; k++)
        chips->value[k] = report[k].result->n_chip;
    metrics_add(f, true);
    ratio_add(f);
    figure *effective = figure_add(f, "effective chips", "effective_chips", THREE_DIGITS);
    for (int k = 0; k < f->n_study; k++)
        effective->value[k] = report[k].result->effective_chips;
    ratio_add(f);
    figure *frac = figure_add(f, "% of peak", "efficiency_frac", PERCENT);
    figure *corrected = figure_add(f, "corrected", "effective_chips_corrected", THREE_DIGITS);
    for (int k = 0; k < f->n_study; k++) {
        const double chips_corrected = ll_headline_corrected_chips(&report[k]);
        frac->value[k] = report[k].result->efficiency_frac;
        if (chips_corrected > 0) corrected->value[k] = chips_corrected;
    }
}

static void more_add(figures *f)
{
    figure *own = figure_add(f, "% of one chip", "efficiency_frac_one_chip", PERCENT);
    figure *compute = figure_add(f, "compute", "compute_s", THREE_DIGITS);
    figure *exposed = figure_add(f, "exposed", "exposed_s", THREE_DIGITS);
    figure *bubble = figure_add(f, "bubble", "bubble_s", THREE_DIGITS);
    figure *memory = figure_add(f, "memory (GB)", "memory_B", THREE_DIGITS);
    figure *full = figure_add(f, "% full", "memory_frac", PERCENT);
    figure *seeds = figure_add(f, "seeds %", "seed_spread_frac", PERCENT);
    for (int k = 0; k < f->n_study; k++) {
        const ll_seed_spread *spread = f->report[k].spread;
        if (spread)
            seeds->value[k] = (spread->headline.max - spread->headline.min) / spread->headline.mean;
        const ll_result *r = f->report[k].result;
        for (int b = 0; b < r->n_baseline; b++)
            if (!strcmp(r->baseline[b].name, "one_chip"))
                own->value[k] = r->baseline[b].efficiency_frac;
        compute->value[k] = r->compute_s;
        exposed->value[k] = r->exposed_s;
        bubble->value[k] = r->bubble_s;
        memory->value[k] = r->memory.total_B;
        full->value[k] = r->memory.total_B / r->memory.capacity_B;
    }
    memory->scale = 1e-9;
    figure_in_time(compute, "compute", f->n_study, f->mem);
    figure_in_time(exposed, "exposed", f->n_study, f->mem);
    figure_in_time(bubble, "bubble", f->n_study, f->mem);
}

ll_table *ll_comparison_results(int n, const ll_report *report, ll_arena *mem)
{
    figures *f = figures_new(n, report, mem);
    results_add(f);
    return figures_table(f, "Results");
}

ll_table *ll_comparison_more(int n, const ll_report *report, ll_arena *mem)
{
    figures *f = figures_new(n, report, mem);
    more_add(f);
    return figures_table(f, "Of a step and a chip");
}

ll_table *ll_comparison_all(int n, const ll_report *report, ll_arena *mem)
{
    figures *f = figures_new(n, report, mem);
    results_add(f);
    more_add(f);
    metrics_add(f, false);
    figure *mfu = figure_add(f, "MFU %", "mfu_frac", PERCENT);
    for (int k = 0; k < n; k++)
        mfu->value[k] = report[k].result->mfu_frac;
    return figures_table(f, "Results");
}

/* The rows of the summary that describe a study. */
static const char *const setup_rows[] = {"cluster", "fabric", "model", "layout", "batch"};
enum { N_SETUP = sizeof setup_rows / sizeof *setup_rows };

static const char *setup_text(const ll_report *r, const char *what, ll_arena *mem)
{
    const ll_summary_row *row;
    const int n = ll_report_summary(r, mem, &row);
    for (int i = 0; i < n; i++)
        if (!strcmp(row[i].what, what)) return row[i].value;
    return "-";
}

ll_table *ll_comparison_setup(int n, const ll_report *report, ll_arena *mem)
{
    const char *text[N_SETUP][LL_MAX_COMPARE];
    ll_column column[N_SETUP + 1] = {{.name = "study"}};
    int shown[N_SETUP], n_shown = 0;
    for (int i = 0; i < N_SETUP; i++) {
        bool differs = false;
        for (int k = 0; k < n; k++) {
            text[i][k] = setup_text(&report[k], setup_rows[i], mem);
            differs = differs || strcmp(text[i][k], text[i][0]) != 0;
        }
        if (!differs) continue;
        shown[n_shown++] = i;
        column[n_shown] = (ll_column){.name = setup_rows[i]};
    }
    if (n_shown == 0) return NULL;
    ll_table *t = ll_table_create(mem, "The studies", n_shown + 1, column);
    for (int k = 0; k < n; k++) {
        ll_table_row(t);
        ll_table_set(t, 0, "%s", report[k].label);
        for (int c = 0; c < n_shown; c++)
            ll_table_set(t, c + 1, "%s", text[shown[c]][k]);
    }
    return t;
}

static const ll_loss *loss_find(const ll_result *r, const char *cause)
{
    for (int i = 0; i < r->n_loss; i++)
        if (!strcmp(r->loss[i].cause, cause)) return &r->loss[i];
    return NULL;
}

/* Three digits, but no more than two after the point. */
static const char *chips_text(double chips, ll_arena *mem)
{
    return fabs(chips) < 1 ? ll_arena_printf(mem, "%.2f", chips)
                           : ll_digits_text(chips, LL_HEADLINE_DIGITS, mem);
}

/* A row of chips and percent, or of percent alone. loss: [n]; NULL: the study has no such cause. */
static void loss_row(int n, const char *name, const double *chips, const double *frac, ll_table *t)
{
    const bool full = n <= FULL_LOSSES;
    ll_table_row(t);
    ll_table_set(t, 0, "%s", name);
    for (int k = 0, c = 1; k < n; k++) {
        if (full) {
            ll_table_set(t, c, "%s", isnan(chips[k]) ? "-" : chips_text(chips[k], t->mem));
            if (!isnan(chips[k])) t->exact[(t->n_row - 1) * t->n_column + c] = chips[k];
            c++;
        }
        if (isnan(frac[k]))
            ll_table_set(t, c++, "-");
        else
            ll_table_number(t, c++, 1, 100 * frac[k]);
    }
}

static void cause_row(int n, const ll_report *report, const char *cause, ll_table *t)
{
    double chips[LL_MAX_COMPARE], frac[LL_MAX_COMPARE];
    bool takes = false;
    for (int k = 0; k < n; k++) {
        const ll_loss *loss = loss_find(report[k].result, cause);
        chips[k] = loss ? loss->chips : (double)NAN;
        frac[k] = loss ? loss->frac : (double)NAN;
        takes = takes || (loss && loss->chips != 0);
    }
    if (takes) loss_row(n, cause, chips, frac, t);
}

ll_table *ll_comparison_losses(int n, const ll_report *report, ll_arena *mem)
{
    const bool full = n <= FULL_LOSSES;
    ll_column column[2 * LL_MAX_COMPARE + 1] = {{.name = "cause"}};
    double chips[LL_MAX_COMPARE], frac[LL_MAX_COMPARE];
    int n_column = 1;
    for (int k = 0; k < n; k++) {
        const char *label = report[k].label;
        column[n_column++] = (ll_column){.name = label, .right = true, .decimal = true};
        if (full)
            column[n_column++] = (ll_column){.name = "%",
                                             .key = ll_arena_printf(mem, "%s_percent", label),
                                             .right = true,
                                             .decimal = true};
        chips[k] = report[k].result->effective_chips;
        frac[k] = report[k].result->efficiency_frac;
    }
    ll_table *t = ll_table_create(
        mem, full ? "Where the chips go" : "Where the chips go, % of all chips", n_column, column);
    for (int k = 0; k < n; k++)
        for (int i = report[k].result->n_loss - 1; i >= 0; i--) {
            const char *cause = report[k].result->loss[i].cause;
            bool known = false;
            for (int before = 0; before < k && !known; before++)
                known = loss_find(report[before].result, cause) != NULL;
            if (!known) cause_row(n, report, cause, t);
        }
    loss_row(n, "effective chips", chips, frac, t);
    return t;
}

const char *const *ll_comparison_errors(int n, const ll_report *report, ll_arena *mem)
{
    const char **out = ll_arena_array(mem, n + 1, const char *);
    int n_out = 0;
    for (int k = 0; k < n; k++)
        if (!ll_headline_error_told(k, report))
            out[n_out++] = ll_headline_chip_error(&report[k], mem);
    out[n_out] = NULL;
    return out;
}
