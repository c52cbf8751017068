#include "sim/validate/kernel_report.h"

#include "sim/base/stats.h"
#include "sim/print/json.h"

#include <math.h>
#include <string.h>

/* ---- Prediction ------------------------------------------------------------------------------ */

static void other_chip(ll_kernel_report *out, const char *chip, ll_arena *mem)
{
    const size_t n = strlen(chip);
    out->n_other_chip++;
    for (const char *s = out->other_chips; *s; s += strcspn(s, " "), s += *s == ' ')
        if (!strncmp(s, chip, n) && (s[n] == ',' || !s[n])) return;
    if (strlen(out->other_chips) > 200) return;
    out->other_chips =
        ll_arena_printf(mem, "%s%s%s", out->other_chips, *out->other_chips ? ", " : "", chip);
}

void ll_kernel_predict(const ll_chip *chip, const ll_kernel_tables *own,
                       const ll_timed_table *table, ll_arena *mem, ll_kernel_report *out)
{
    *out = (ll_kernel_report){.chip = chip->name, .form = table->form, .other_chips = ""};
    out->row = ll_arena_array(mem, table->n, ll_kernel_row);
    for (int i = 0; i < table->n; i++) {
        const ll_timed *t = &table->row[i];
        ll_kernel_row row = {.kernel = t};
        if (!ll_timed_is_chip(chip, t->chip)) {
            other_chip(out, t->chip, mem);
            continue;
        }
        row.predicted_s = ll_timed_predict_s(chip, own, t, &row.without);
        if (row.predicted_s > 0)
            out->row[out->n++] = row;
        else if (ll_timed_has_model(t))
            out->n_no_peak++;
        else
            out->n_no_model[t->kind]++;
    }
}

/* ---- Classes --------------------------------------------------------------------------------- */

static const struct size {
    const char *name;
    double from_s, to_s;
} sizes[] = {{"all", 0, 1e30},
             {"20 us and more", 20e-6, 1e30},
             {"below 20 us", 0, 20e-6},
             {"20 to 100 us", 20e-6, 100e-6},
             {"100 us to 1 ms", 100e-6, 1e-3},
             {"1 ms and more", 1e-3, 1e30}};
enum { N_SIZE = sizeof sizes / sizeof *sizes };

static double error_of(const ll_kernel_row *row)
{
    return row->predicted_s / row->kernel->time_s - 1;
}

static const char *const routings[] = {"", "balanced", "skewed"};
enum { N_ROUTING = sizeof routings / sizeof *routings };

/* Index into routings. */
static int routing_of(const ll_timed *t)
{
    if (t->kind != LL_TIMED_EXPERTS) return 0;
    return strcmp(t->variant, "balanced") == 0 ? 1 : 2;
}

/* key: kind, precision, routing. */
static bool class_make(const ll_kernel_report *r, const int *key, const struct size *size,
                       double *error, ll_kernel_class *out)
{
    int n = 0;
    for (int i = 0; i < r->n; i++) {
        const ll_timed *t = r->row[i].kernel;
        if ((int)t->kind == key[0] && (int)t->precision == key[1] && routing_of(t) == key[2] &&
            t->time_s > 0 && t->time_s >= size->from_s && t->time_s < size->to_s)
            error[n++] = error_of(&r->row[i]);
    }
    if (n == 0) return false;
    *out = (ll_kernel_class){.kind = ll_timed_types[key[0]].name,
                             .precision = ll_timed_precision_names[key[1]],
                             .routing = routings[key[2]],
                             .size = size->name,
                             .n = n};
    ll_stats_sort(n, error);
    out->bias = ll_stats_quantile(n, error, 0.5);
    out->median_abs_err = ll_stats_median_abs(n, error);
    out->p90_abs_err = ll_stats_quantile(n, error, 0.9);
    return true;
}

int ll_kernel_classes(const ll_kernel_report *report, ll_arena *mem, const ll_kernel_class **out)
{
    double *error = ll_arena_array(mem, report->n, double);
    enum { N_KEY = LL_N_TIMED * LL_N_TIMED_PRECISION * N_ROUTING };
    ll_kernel_class *all = ll_arena_array(mem, N_KEY * N_SIZE, ll_kernel_class);
    int n = 0;
    for (int k = 0; k < N_KEY; k++) {
        const int key[] = {k / N_ROUTING / LL_N_TIMED_PRECISION,
                           k / N_ROUTING % LL_N_TIMED_PRECISION, k % N_ROUTING};
        for (int c = 0; c < N_SIZE; c++)
            n += class_make(report, key, &sizes[c], error, &all[n]);
    }
    *out = all;
    return n;
}

ll_table *ll_kernel_classes_table(const ll_kernel_report *report, ll_arena *mem)
{
    static const ll_column columns[] = {
        {.name = "kind"},
        {.name = "precision"},
        {.name = "routing"},
        {.name = "size"},
        {.name = "kernels", .key = "n", .right = true},
        {.name = "median %", .key = "median_percent", .right = true},
        {.name = "P90 %", .key = "p90_percent", .right = true},
        {.name = "bias %", .key = "bias_percent", .right = true}};
    ll_table *t = ll_table_create(mem, "", (int)(sizeof columns / sizeof *columns), columns);
    const ll_kernel_class *all;
    const int n = ll_kernel_classes(report, mem, &all);
    for (int i = 0; i < n; i++) {
        ll_table_row(t);
        ll_table_set(t, 0, "%s", all[i].kind);
        ll_table_set(t, 1, "%s", all[i].precision);
        ll_table_set(t, 2, "%s", all[i].routing);
        ll_table_set(t, 3, "%s", all[i].size);
        ll_table_set(t, 4, "%d", all[i].n);
        ll_table_set(t, 5, "%.1f", 100 * all[i].median_abs_err);
        ll_table_set(t, 6, "%.1f", 100 * all[i].p90_abs_err);
        ll_table_set(t, 7, "%+.1f", 100 * all[i].bias);
    }
    return t;
}

/* ---- Rows ------------------------------------------------------------------------------------ */

static const char *shape_text(const ll_timed *t, ll_arena *mem)
{
    const ll_timed_type *type = &ll_timed_types[t->kind];
    const char *text = "";
    for (int d = 0; d < type->n_dim; d++)
        text = ll_arena_printf(mem, "%s%s%s=%.0f", text, d ? " " : "", type->dim[d], t->at[d]);
    return text;
}

ll_table *ll_kernel_rows_table(const ll_kernel_report *report, ll_arena *mem)
{
    static const ll_column columns[] = {
        {.name = "kind"},
        {.name = "precision"},
        {.name = "variant"},
        {.name = "shape"},
        {.name = "predicted us", .key = "predicted_us", .right = true},
        {.name = "measured us", .key = "measured_us", .right = true},
        {.name = "error %", .key = "error_percent", .right = true}};
    ll_table *t = ll_table_create(mem, "", (int)(sizeof columns / sizeof *columns), columns);
    for (int i = 0; i < report->n; i++) {
        const ll_kernel_row *row = &report->row[i];
        const bool measured = row->kernel->time_s > 0;
        ll_table_row(t);
        ll_table_set(t, 0, "%s", ll_timed_types[row->kernel->kind].name);
        ll_table_set(t, 1, "%s", ll_timed_precision_names[row->kernel->precision]);
        ll_table_set(t, 2, "%s", row->kernel->variant);
        ll_table_set(t, 3, "%s", shape_text(row->kernel, mem));
        ll_table_number(t, 4, 2, 1e6 * row->predicted_s);
        ll_table_set(t, 5, measured ? "%.2f" : "-", 1e6 * row->kernel->time_s);
        ll_table_set(t, 6, measured ? "%+.1f" : "-", measured ? 100 * error_of(row) : 0);
    }
    return t;
}

static void row_json(const ll_kernel_report *report, const ll_kernel_row *row, ll_json *j)
{
    const ll_timed *t = row->kernel;
    const ll_timed_type *type = &ll_timed_types[t->kind];
    ll_json_open(j, NULL, '{');
    ll_json_string(j, "kind", type->name);
    ll_json_string(j, "chip", t->chip ? t->chip : report->chip);
    ll_json_string(j, "precision", ll_timed_precision_names[t->precision]);
    if (*t->variant)
        ll_json_string(j, t->kind == LL_TIMED_EXPERTS ? "routing" : "kv_precision", t->variant);
    for (int d = 0; d < type->n_dim; d++)
        ll_json_number(j, type->dim[d], t->at[d]);
    ll_json_number(j, "predicted_us", 1e6 * row->predicted_s);
    ll_json_number(j, "measured_us", t->time_s > 0 ? 1e6 * t->time_s : (double)NAN);
    ll_json_number(j, "err_frac", t->time_s > 0 ? error_of(row) : (double)NAN);
    ll_json_bool(j, "left_out", row->without);
    ll_json_close(j);
}

void ll_kernel_json(const ll_kernel_report *report, ll_arena *mem, ll_text *out)
{
    const ll_kernel_class *all;
    const int n = ll_kernel_classes(report, mem, &all);
    ll_json j;
    ll_json_init(&j, out);
    ll_json_open(&j, NULL, '{');
    ll_json_string(&j, "chip", report->chip);
    ll_json_string(&j, "form", report->form);
    ll_json_integer(&j, "other_chip_rows", report->n_other_chip);
    ll_json_integer(&j, "no_peak_rows", report->n_no_peak);
    ll_json_open(&j, "no_model_rows", '{');
    for (int kind = 0; kind < LL_N_TIMED; kind++)
        if (report->n_no_model[kind])
            ll_json_integer(&j, ll_timed_types[kind].name, report->n_no_model[kind]);
    ll_json_close(&j);
    ll_json_open(&j, "classes", '[');
    for (int i = 0; i < n; i++) {
        ll_json_open(&j, NULL, '{');
        ll_json_string(&j, "kind", all[i].kind);
        ll_json_string(&j, "precision", all[i].precision);
        if (*all[i].routing) ll_json_string(&j, "routing", all[i].routing);
        ll_json_string(&j, "size", all[i].size);
        ll_json_integer(&j, "n", all[i].n);
        ll_json_number(&j, "median_abs_err", all[i].median_abs_err);
        ll_json_number(&j, "p90_abs_err", all[i].p90_abs_err);
        ll_json_number(&j, "bias", all[i].bias);
        ll_json_close(&j);
    }
    ll_json_close(&j);
    ll_json_open(&j, "rows", '[');
    for (int i = 0; i < report->n; i++)
        row_json(report, &report->row[i], &j);
    ll_json_close(&j);
    ll_json_close(&j);
    ll_text_add(out, "\n");
}

void ll_kernel_notes(const ll_kernel_report *r, ll_text *out)
{
    int n_without = 0;
    for (int i = 0; i < r->n; i++)
        n_without += r->row[i].without;
    ll_text_add(out, "%d kernels of %s.\n", r->n, r->chip);
    if (n_without)
        ll_text_add(out,
                    "%d of them are of shapes that the chip's own table has: each is predicted "
                    "without its shape.\n",
                    n_without);
    if (r->n_other_chip)
        ll_text_add(out, "%d rows of other chips passed over: %s.\n", r->n_other_chip,
                    r->other_chips);
    if (r->n_no_peak)
        ll_text_add(out, "%d rows of precisions for which %s has no peak.\n", r->n_no_peak,
                    r->chip);
    for (int kind = 0; kind < LL_N_TIMED; kind++)
        if (r->n_no_model[kind])
            ll_text_add(out, "%d rows of kind %s: no model of it yet, nothing is predicted.\n",
                        r->n_no_model[kind], ll_timed_types[kind].name);
}
