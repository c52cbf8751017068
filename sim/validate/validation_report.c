#include "sim/validate/validation_report.h"

#include "sim/report/report.h"
#include "sim/validate/validation_params.h"
#include "sim/version.h"

#include <math.h>
#include <string.h>

static bool in_group(const ll_validation *v, int i, const char *group)
{
    return !strcmp(v->row[i].group, group);
}

static bool has_group(const ll_validation *v, const char *group)
{
    for (int i = 0; i < v->n_row; i++)
        if (in_group(v, i, group)) return true;
    return false;
}

static bool in_memory(const ll_validation *v, int i) { return in_group(v, i, "memory"); }

static const char *seconds(double x, ll_arena *mem)
{
    if (x < 1e-3) return ll_arena_printf(mem, "%.4g us", 1e6 * x);
    return x < 0.1 ? ll_arena_printf(mem, "%.4g ms", 1e3 * x) : ll_arena_printf(mem, "%.4g s", x);
}

/* The assumption of a row, and the cause of its error if it is beyond its band, up to the colon for
 * rows that do not count; the table of causes has the whole text. */
static const char *remark(const ll_validation *v, int i, ll_arena *mem)
{
    const ll_validation_row *r = &v->row[i];
    const ll_validation_outcome *o = &v->outcome[i];
    const char *text = r->assumed;
    for (int k = 0; k < r->n_other && o->state == LL_VALIDATION_OK; k++)
        text = ll_arena_printf(mem, "%s%sWith %s %+.1f %%", text, *text ? ". " : "", r->other[k],
                               ll_validation_other_error(o, k));
    const char *cause = ll_validation_cause(v, i);
    if (!*cause) return text;
    const size_t n = in_group(v, i, "open20") ? strlen(cause) : strcspn(cause, ":");
    return ll_arena_printf(mem, "%s%sCAUSE: %.*s", text, *text ? ". " : "", (int)n, cause);
}

/* Rows of one group, for people. */
static ll_table *rows_table(const ll_validation *v, const char *title, const char *group,
                            ll_arena *mem)
{
    static const ll_column columns[] = {{.name = "id"},
                                        {.name = "what"},
                                        {.name = "chips", .right = true},
                                        {.name = "chip"},
                                        {.name = "measured", .right = true},
                                        {.name = "predicted", .right = true},
                                        {.name = "error %", .right = true},
                                        {.name = "band", .right = true},
                                        {.name = "assumed; cause"}};
    ll_table *t = ll_table_create(mem, title, (int)(sizeof columns / sizeof *columns), columns);
    for (int i = 0; i < v->n_row; i++) {
        const ll_validation_row *r = &v->row[i];
        const ll_validation_outcome *o = &v->outcome[i];
        if (!in_group(v, i, group)) continue;
        ll_table_row(t);
        ll_table_set(t, 0, "%s", r->id);
        ll_table_set(t, 1, "%s", r->what);
        ll_table_set(t, 7, "%g", 100 * r->band_frac);
        ll_table_set(t, 8, "%s", remark(v, i, mem));
        if (o->n_chip) ll_table_set(t, 2, "%lld", (long long)o->n_chip);
        ll_table_set(t, 3, "%s", o->chip);
        if (o->state != LL_VALIDATION_OK) {
            ll_table_set(t, 8, "%s", o->reason);
            continue;
        }
        ll_table_set(t, 4, "%s", seconds(o->measured, mem));
        ll_table_set(t, 5, "%s", seconds(o->predicted, mem));
        ll_table_set(t, 6, "%+.1f", ll_validation_error(o));
    }
    return t;
}

/* Rows beyond their band, by stated cause, in the order of the table. */
static ll_table *cause_table(const ll_validation *v, ll_arena *mem)
{
    static const ll_column columns[] = {{.name = "cause"},
                                        {.name = "rows", .right = true},
                                        {.name = "mean error %", .right = true},
                                        {.name = "worst", .right = true},
                                        {.name = "worst row"}};
    ll_table *t = ll_table_create(mem, "Rows beyond their band, by cause",
                                  (int)(sizeof columns / sizeof *columns), columns);
    bool *done = ll_arena_array(mem, v->n_row, bool);
    for (int i = 0; i < v->n_row; i++) {
        if (done[i] || !ll_validation_beyond(v, i)) continue;
        int n = 0, worst = i;
        double sum = 0;
        for (int k = i; k < v->n_row; k++) {
            if (!ll_validation_beyond(v, k) || strcmp(v->row[k].cause, v->row[i].cause) != 0)
                continue;
            const double error = ll_validation_error(&v->outcome[k]);
            if (fabs(error) > fabs(ll_validation_error(&v->outcome[worst]))) worst = k;
            done[k] = true;
            sum += error;
            n++;
        }
        ll_table_row(t);
        ll_table_set(t, 0, "%s", ll_validation_cause(v, i));
        ll_table_set(t, 1, "%d", n);
        ll_table_set(t, 2, "%+.1f", sum / n);
        ll_table_set(t, 3, "%+.1f", ll_validation_error(&v->outcome[worst]));
        ll_table_set(t, 4, "%s %s", v->row[worst].id, v->row[worst].what);
    }
    return t;
}

static const char *memory_verdict(const ll_validation_row *r, const ll_validation_outcome *o,
                                  ll_arena *mem)
{
    if (o->state != LL_VALIDATION_OK) return o->reason;
    if (r->quantity != LL_QUANTITY_FITS)
        return ll_arena_printf(mem, "%+.1f %%", ll_validation_error(o));
    return fabs(o->measured - o->predicted) < 0.5 ? "right" : "WRONG";
}

static ll_table *memory_table(const ll_validation *v, ll_arena *mem)
{
    static const ll_column columns[] = {{.name = "id"},
                                        {.name = "what"},
                                        {.name = "chips", .right = true},
                                        {.name = "published", .right = true},
                                        {.name = "predicted", .right = true},
                                        {.name = "GB per chip", .right = true},
                                        {.name = "of", .right = true},
                                        {.name = "verdict"},
                                        {.name = "source"}};
    ll_table *t = ll_table_create(mem, "Memory", (int)(sizeof columns / sizeof *columns), columns);
    for (int i = 0; i < v->n_row; i++) {
        const ll_validation_row *r = &v->row[i];
        const ll_validation_outcome *o = &v->outcome[i];
        if (!in_memory(v, i)) continue;
        const bool fits = r->quantity == LL_QUANTITY_FITS;
        ll_table_row(t);
        ll_table_set(t, 0, "%s", r->id);
        ll_table_set(t, 1, "%s", r->what);
        ll_table_set(t, 2, "%lld", (long long)o->n_chip);
        ll_table_set(t, 3, fits ? "%s" : "%s GB",
                     fits ? (r->measured > 0 ? "fits" : "does not")
                          : ll_arena_printf(mem, "%.2f", r->measured));
        ll_table_set(t, 4, fits ? "%s" : "%s GB",
                     fits ? (o->predicted > 0 ? "fits" : "does not")
                          : ll_arena_printf(mem, "%.2f", o->predicted / 1e9));
        ll_table_set(t, 5, "%.1f", o->memory_B / 1e9);
        ll_table_set(t, 6, "%.1f", o->capacity_B / 1e9);
        ll_table_set(t, 7, "%s", memory_verdict(r, o, mem));
        ll_table_set(t, 8, "%s", r->source);
    }
    return t;
}

static ll_table *series_table(const ll_validation *v, ll_arena *mem)
{
    static const ll_column columns[] = {{.name = "series"},
                                        {.name = "chip"},
                                        {.name = "runs", .right = true},
                                        {.name = "from chips", .right = true},
                                        {.name = "to", .right = true},
                                        {.name = "measured loss", .right = true},
                                        {.name = "predicted", .right = true},
                                        {.name = "error, points", .right = true},
                                        {.name = "left open"}};
    ll_table *t =
        ll_table_create(mem, "Scaling: work per chip lost from the smallest to the largest run, %",
                        (int)(sizeof columns / sizeof *columns), columns);
    for (int i = 0; i < v->n_series; i++) {
        const ll_validation_series *s = &v->series[i];
        ll_table_row(t);
        ll_table_set(t, 0, "%s", s->name);
        ll_table_set(t, 1, "%s", s->chip);
        ll_table_set(t, 2, "%d", s->n);
        ll_table_set(t, 3, "%lld", (long long)s->from_chip);
        ll_table_set(t, 4, "%lld", (long long)s->to_chip);
        ll_table_set(t, 5, "%.2f", s->measured_loss);
        ll_table_set(t, 6, "%.2f", s->predicted_loss);
        ll_table_set(t, 7, "%+.2f", s->predicted_loss - s->measured_loss);
        const char *text = "";
        for (int k = 0; k < s->n_other; k++)
            text = ll_arena_printf(mem, "%s%swith %s %+.2f", text, k ? "; " : "", s->other[k],
                                   s->other_loss[k] - s->measured_loss);
        ll_table_set(t, 8, "%s", text);
    }
    return t;
}

static ll_table *stats_table(const ll_validation *v, ll_arena *mem)
{
    static const ll_column columns[] = {{.name = "rows of"},
                                        {.name = "n", .right = true},
                                        {.name = "median", .right = true},
                                        {.name = "P90", .right = true},
                                        {.name = "worst", .right = true},
                                        {.name = "mean", .right = true},
                                        {.name = "too slow", .right = true},
                                        {.name = "in band", .right = true},
                                        {.name = "worst row"}};
    ll_table *t = ll_table_create(mem, "Absolute errors, %",
                                  (int)(sizeof columns / sizeof *columns), columns);
    for (int i = 0; i < v->n_stats; i++) {
        const ll_validation_stats *s = &v->stats[i];
        const bool plain = !strcmp(s->scope, "all") || !strcmp(s->scope, "open20");
        ll_table_row(t);
        ll_table_set(t, 0, "%s%s%s", plain ? "" : s->scope, plain ? "" : " ",
                     !strcmp(s->scope, "open20") ? "open20" : s->name);
        ll_table_set(t, 1, "%d", s->n);
        ll_table_set(t, 2, "%.1f", s->median_abs_err);
        ll_table_set(t, 3, "%.1f", s->p90_abs_err);
        ll_table_set(t, 4, "%.1f", s->worst);
        ll_table_set(t, 5, "%+.1f", s->mean_err);
        ll_table_set(t, 6, "%.0f %%", 100 * s->share_positive);
        ll_table_set(t, 7, "%.0f %%", 100 * s->share_in_band);
        ll_table_set(t, 8, "%s", s->worst_row);
    }
    return t;
}

static void not_modelled_print(const ll_validation *v, ll_text *out)
{
    const char *before = "Not modelled yet, not counted: ";
    for (int i = 0; i < v->n_row; i++) {
        if (v->outcome[i].state != LL_VALIDATION_NOT_MODELLED) continue;
        ll_text_add(out, "%s%s %s", before, v->row[i].id, v->row[i].what);
        before = "; ";
    }
    if (*before == ';') ll_text_add(out, ".\n");
}

/* How many rows are beyond their band, and how many of them have no stated cause. */
static void beyond_print(const ll_validation *v, ll_text *out)
{
    int n = 0, n_unsaid = 0, n_unknown = 0;
    for (int i = 0; i < v->n_row; i++) {
        if (!ll_validation_beyond(v, i)) continue;
        n++;
        n_unsaid += !*v->row[i].cause;
        n_unknown += !strncmp(v->row[i].cause, "not known", 9);
    }
    ll_text_add(out,
                "%d rows beyond their band: %d without a stated cause, %d of a cause not known.\n",
                n, n_unsaid, n_unknown);
}

static void headline(const ll_validation *v, ll_text *out)
{
    const ll_validation_stats *s = &v->stats[0];
    ll_text_add(out,
                "%d %s: absolute error median %.1f %%, P90 %.1f %%, worst %.1f %% (%s); %.0f too "
                "slow, %.0f too fast; %.0f in their band.\n",
                s->n, strcmp(s->scope, "open20") ? "rows" : "open rows", s->median_abs_err,
                s->p90_abs_err, s->worst, s->worst_row, s->n * s->share_positive,
                s->n * (1 - s->share_positive), s->n * s->share_in_band);
    if (s->n_open)
        ll_text_add(
            out,
            "%d rows were also tried with other values of what their sources leave open: the "
            "median lies between %.1f and %.1f %%, P90 between %.1f and %.1f %%.\n",
            s->n_open, s->median_best, s->median_worst, s->p90_best, s->p90_worst);
}

static void print_text(const ll_validation *v, int width, ll_arena *mem, ll_text *out)
{
    static const struct {
        const char *group, *title;
    } part[] = {
        {"open20", "The open rows"}, {"series", "Scaling series"}, {"extra", "Further rows"}};
    ll_text_add(out, "Error: predicted over measured time, less one; below zero the prediction is "
                     "too fast.\n\n");
    for (size_t k = 0; k < sizeof part / sizeof *part; k++) {
        if (!has_group(v, part[k].group)) continue;
        ll_table_print(rows_table(v, part[k].title, part[k].group, mem), LL_FORMAT_TEXT, width,
                       out);
        ll_text_add(out, "\n");
    }
    if (v->n_series) {
        ll_table_print(series_table(v, mem), LL_FORMAT_TEXT, width, out);
        ll_text_add(out, "\n");
    }
    if (has_group(v, "layer")) {
        ll_table_print(rows_table(v, "Single layers", "layer", mem), LL_FORMAT_TEXT, width, out);
        ll_text_add(out, "\n");
    }
    if (has_group(v, "memory")) {
        ll_table_print(memory_table(v, mem), LL_FORMAT_TEXT, width, out);
        ll_text_add(out, "\n");
    }
    ll_table_print(stats_table(v, mem), LL_FORMAT_TEXT, width, out);
    ll_text_add(out, "\n");
    ll_table_print(cause_table(v, mem), LL_FORMAT_TEXT, width, out);
    ll_text_add(out, "\n");
    beyond_print(v, out);
    not_modelled_print(v, out);
    ll_text_add(out, "\n");
    ll_validation_param_print(v, LL_FORMAT_TEXT, width, mem, out);
    headline(v, out);
}

/* For a README: the rows that count, without the single rows of series. */
static void print_short(const ll_validation *v, ll_format format, ll_arena *mem, ll_text *out)
{
    const char *group = has_group(v, "open20") ? "open20" : "extra";
    ll_text_add(out, "By `scripts/validate`, lineloss %s (%s). ", ll_version(), ll_git());
    headline(v, out);
    ll_text_add(out, "\n");
    ll_table_print(rows_table(v, "", group, mem), format, 0, out);
    ll_text_add(out, "\n");
    if (v->n_series) ll_table_print(series_table(v, mem), format, 0, out);
    ll_text_add(out, "\n");
    if (has_group(v, "layer")) {
        ll_table_print(rows_table(v, "Single layers", "layer", mem), format, 0, out);
        ll_text_add(out, "\n");
    }
    if (has_group(v, "memory")) {
        ll_table_print(memory_table(v, mem), format, 0, out);
        ll_text_add(out, "\n");
    }
    ll_table_print(stats_table(v, mem), format, 0, out);
    ll_text_add(out, "\n");
    ll_table_print(cause_table(v, mem), format, 0, out);
    ll_text_add(out, "\n");
    beyond_print(v, out);
    not_modelled_print(v, out);
    ll_text_add(out, "\n");
    ll_validation_param_print(v, format, 0, mem, out);
}

static ll_table *flat_table(const ll_validation *v, ll_arena *mem)
{
    static const char *const name[] = {
        "id",       "group",     "series",   "family",    "study",      "what",        "chip",
        "chips",    "precision", "quantity", "published", "measured_s", "predicted_s", "error_pct",
        "band_pct", "state",     "assumed",  "source",    "cause"};
    enum { N = sizeof name / sizeof *name };
    ll_column column[N];
    for (int k = 0; k < N; k++)
        column[k] = (ll_column){.name = name[k], .right = k == 7 || (k >= 10 && k <= 14)};
    ll_table *t = ll_table_create(mem, "", N, column);
    for (int i = 0; i < v->n_row; i++) {
        const ll_validation_row *r = &v->row[i];
        const ll_validation_outcome *o = &v->outcome[i];
        const char *const text[] = {r->id,    r->group, r->series, o->family,
                                    r->study, r->what,  o->chip};
        ll_table_row(t);
        for (int k = 0; k < 7; k++)
            ll_table_set(t, k, "%s", text[k]);
        ll_table_set(t, 7, "%lld", (long long)o->n_chip);
        ll_table_set(t, 8, "%s", o->precision);
        ll_table_set(t, 9, "%s", r->quantity_text);
        ll_table_set(t, 10, "%.17g", r->measured);
        if (o->state == LL_VALIDATION_OK && !in_memory(v, i)) {
            ll_table_set(t, 11, "%.9g", o->measured);
            ll_table_set(t, 12, "%.9g", o->predicted);
            ll_table_set(t, 13, "%.4f", ll_validation_error(o));
        }
        ll_table_set(t, 14, "%g", 100 * r->band_frac);
        ll_table_set(t, 15, "%s", *o->reason ? o->reason : ll_validation_state_names[o->state]);
        ll_table_set(t, 16, "%s", r->assumed);
        ll_table_set(t, 17, "%s", r->source);
        ll_table_set(t, 18, "%s", ll_validation_cause(v, i));
    }
    return t;
}

void ll_validation_print(const ll_validation *v, ll_format format, int width, ll_arena *mem,
                         ll_text *out)
{
    switch (format) {
    case LL_FORMAT_TEXT:
        print_text(v, width, mem, out);
        break;
    case LL_FORMAT_JSON:
        ll_validation_json(v, mem, out);
        break;
    case LL_FORMAT_CSV:
        ll_table_print(flat_table(v, mem), format, 0, out);
        break;
    case LL_FORMAT_MD:
    case LL_FORMAT_LATEX:
    case LL_N_FORMAT:
        print_short(v, format, mem, out);
        break;
    }
}
