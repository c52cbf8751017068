/* Tables of predicted serving runs, and what is kept of them. */
#include "sim/config/config.h"
#include "sim/machine/served.h"
#include "sim/print/json.h"
#include "sim/print/paragraph.h"
#include "sim/validate/serving.h"

#include <stdlib.h>
#include <string.h>

/* Times to the first token are known as far as settings are: those of InferenceX are public. */
static ll_table *stats_table(const ll_serving *v, ll_arena *mem)
{
    static const ll_column column[] = {{.name = "by", .key = "scope"},
                                       {.name = "which", .key = "name"},
                                       {.name = "n", .key = "configurations", .right = true},
                                       {.name = "TPOT", .key = "tpot_median_pct", .right = true},
                                       {.name = "P90", .key = "tpot_p90_pct", .right = true},
                                       {.name = "bias", .key = "tpot_bias_pct", .right = true},
                                       {.name = "above", .key = "tpot_above_pct", .right = true},
                                       {.name = "TTFT", .key = "ttft_median_pct", .right = true},
                                       {.name = "P90 ", .key = "ttft_p90_pct", .right = true},
                                       {.name = "bias ", .key = "ttft_bias_pct", .right = true},
                                       {.name = "whole", .key = "whole_median_pct", .right = true},
                                       {.name = "P90  ", .key = "whole_p90_pct", .right = true},
                                       {.name = "bias  ", .key = "whole_bias_pct", .right = true}};
    ll_table *t = ll_table_create(mem, "Served requests: errors in percent",
                                  sizeof column / sizeof *column, column);
    for (int i = 0; i < v->n_stats; i++) {
        const ll_serving_stats *s = &v->stats[i];
        ll_table_row(t);
        ll_table_set(t, 0, "%s", s->scope);
        ll_table_set(t, 1, "%s", s->name);
        ll_table_set(t, 2, "%d", s->n);
        int c = 3;
        for (int q = 0; q < LL_N_SERVED; q++) {
            ll_table_number(t, c++, 1, s->of[q].median);
            ll_table_number(t, c++, 1, s->of[q].p90);
            ll_table_number(t, c++, 1, s->of[q].bias);
            if (q == LL_SERVED_TPOT) ll_table_number(t, c++, 0, 100 * s->of[q].above);
        }
    }
    return t;
}

/* Rows that do not count, by the word before the colon; and rows that cannot be run. */
static ll_table *left_out_table(const ll_serving *v, ll_arena *mem)
{
    static const ll_column column[] = {{.name = "reason"}, {.name = "rows", .right = true}};
    ll_table *t = ll_table_create(mem, "Rows that do not count", 2, column);
    const char **reason = ll_arena_array(mem, v->n_row + 1, const char *);
    int *n = ll_arena_array(mem, v->n_row + 1, int), n_reason = 0;
    for (int i = 0; i < v->n_row; i++) {
        const char *why = v->row[i].excluded;
        if (!*why && v->outcome[i].tpot_s > 0) continue;
        if (!*why) why = ll_arena_printf(mem, "cannot be run: %s", v->outcome[i].reason);
        int k = 0;
        while (k < n_reason && strcmp(reason[k], why) != 0)
            k++;
        if (k == n_reason) reason[n_reason++] = why;
        n[k]++;
    }
    for (int k = 0; k < n_reason; k++) {
        ll_table_row(t);
        ll_table_set(t, 0, "%s", reason[k]);
        ll_table_set(t, 1, "%d", n[k]);
    }
    return t;
}

static ll_table *rows_table(const ll_serving *v, ll_arena *mem)
{
    static const char *const word_names[LL_N_SERVING_WORD] = {
        "source", "chip", "backend", "backend_version", "model", "precision", "measured"};
    static const char *const count_names[LL_N_SERVING_COUNT] = {
        "isl_max", "osl_max", "concurrency", "chips", "tp", "pp", "attn_dp", "moe_tp", "moe_ep"};
    static const char *const value_names[] = {
        "ttft_ms",        "tpot_ms",        "ttft_predicted_ms", "tpot_predicted_ms",
        "ttft_error_pct", "tpot_error_pct", "whole_error_pct"};
    enum { FIRST = 1 + LL_N_SERVING_WORD, VALUE = FIRST + LL_N_SERVING_COUNT, LAST = VALUE + 7 };
    ll_column column[LAST + 1] = {{.name = "row", .right = true}};
    for (int c = 0; c < LL_N_SERVING_WORD; c++)
        column[1 + c] = (ll_column){.name = word_names[c]};
    for (int c = 0; c < LL_N_SERVING_COUNT; c++)
        column[FIRST + c] = (ll_column){.name = count_names[c], .right = true};
    for (int c = 0; c < 7; c++)
        column[VALUE + c] = (ll_column){.name = value_names[c], .right = true};
    column[LAST] = (ll_column){.name = "not counted"};
    ll_table *t = ll_table_create(mem, "Serving runs", LAST + 1, column);
    for (int i = 0; i < v->n_row; i++) {
        const ll_serving_row *row = &v->row[i];
        const ll_serving_outcome *o = &v->outcome[i];
        ll_table_row(t);
        ll_table_set(t, 0, "%d", i + 1);
        for (int c = 0; c < LL_N_SERVING_WORD; c++)
            ll_table_set(t, 1 + c, "%s", row->word[c]);
        for (int c = 0; c < LL_N_SERVING_COUNT; c++)
            ll_table_set(t, FIRST + c, "%lld", (long long)row->count[c]);
        ll_table_number(t, VALUE, 3, 1e3 * row->ttft_s);
        ll_table_number(t, VALUE + 1, 3, 1e3 * row->tpot_s);
        static const ll_served order[] = {LL_SERVED_TTFT, LL_SERVED_TPOT, LL_SERVED_WHOLE};
        for (int k = 0; k < 5; k++)
            ll_table_set(t, VALUE + 2 + k, "-");
        if (o->tpot_s > 0) {
            ll_table_number(t, VALUE + 2, 3, 1e3 * o->ttft_s);
            ll_table_number(t, VALUE + 3, 3, 1e3 * o->tpot_s);
            for (int k = 0; k < 3; k++) {
                const double m = ll_serving_value(row, row->ttft_s, row->tpot_s, order[k]);
                const double p = ll_serving_value(row, o->ttft_s, o->tpot_s, order[k]);
                ll_table_number(t, VALUE + 4 + k, 1, ll_serving_error(p, m, m));
            }
        }
        ll_table_set(t, LAST, "%s",
                     *row->excluded        ? row->excluded
                     : o->tpot_s <= 0      ? o->reason
                     : ll_serving_aside(i) ? "set aside"
                                           : "");
    }
    return t;
}

void ll_serving_print(const ll_serving *v, ll_format format, int width, ll_arena *mem, ll_text *out)
{
    if (format == LL_FORMAT_CSV) {
        ll_table_print(rows_table(v, mem), format, 0, out);
    } else if (format == LL_FORMAT_JSON) {
        ll_text_add(out, "{\n\"errors\": ");
        ll_table_print(stats_table(v, mem), format, 0, out);
        ll_text_add(out, ",\n\"left_out\": ");
        ll_table_print(left_out_table(v, mem), format, 0, out);
        ll_text_add(out, ",\n\"rows\": ");
        ll_table_print(rows_table(v, mem), format, 0, out);
        ll_text_add(out, "}\n");
    } else {
        ll_table_print(stats_table(v, mem), format, width, out);
        ll_text_add(out, "\n");
        ll_table_print(left_out_table(v, mem), format, width, out);
        ll_text_add(out, "\nRules of kernels that were chosen with such rows in view:\n");
        for (int i = 0; ll_served_rules[i]; i++)
            ll_paragraph(out, ll_arena_printf(mem, "- %s.", ll_served_rules[i]), width, 2);
    }
}

/* ---- aggregated_recorded.csv ---- */

const char *ll_serving_record_path(const char *table, ll_arena *mem)
{
    return ll_arena_printf(mem, "%.*s_recorded.csv", (int)(strlen(table) - strlen(".csv")), table);
}

#define HEADING \
    "scope,name,configurations,tpot_median,tpot_p90,ttft_median,ttft_p90,whole_median,whole_p90"

void ll_serving_record(const ll_serving *v, ll_text *out)
{
    ll_text_add(out,
                "# Errors of served requests in percent: written by `scripts/validate "
                "configs/published/serving/aggregated.csv\n# --record`, read by --check.\n" HEADING
                "\n");
    for (int i = 0; i < v->n_stats; i++) {
        const ll_serving_stats *s = &v->stats[i];
        ll_text_add(out, "%s,%s,%d", s->scope, s->name, s->n);
        for (int q = 0; q < LL_N_SERVED; q++)
            ll_text_add(out, ",%.2f,%.2f", s->of[q].median, s->of[q].p90);
        ll_text_add(out, "\n");
    }
}

static void stats_check(const ll_serving_stats *now, const char *const *cell, ll_error *err)
{
    static const char *const what[] = {"median", "P90"};
    for (int q = 0; q < LL_N_SERVED; q++) {
        const double is[] = {now->of[q].median, now->of[q].p90};
        for (int k = 0; k < 2; k++) {
            const double was = strtod(cell[3 + 2 * q + k], NULL);
            if (is[k] > was + 0.1)
                ll_error_add(err, LL_ERR_RUN,
                             "%s %s: %s of %s is %.2f %%, recorded %.2f %%; if that is intended: "
                             "--record",
                             now->scope, now->name, what[k], ll_served_names[q], is[k], was);
        }
    }
}

ll_status ll_serving_check(const ll_serving *v, const char *path, ll_comm *comm, ll_arena *mem,
                           ll_error *err)
{
    const char *bytes;
    size_t n;
    ll_csv csv;
    LL_TRY(ll_source_file(path, "a table of errors", comm, mem, &bytes, &n, err));
    LL_TRY(ll_csv_parse(path, bytes, n, mem, &csv, err));
    if (csv.n_column != 9)
        return ll_error_set(err, LL_ERR_CONFIG, "%s: expected the columns " HEADING, path);
    for (int r = 0; r < csv.n_row; r++) {
        const char *const *cell = csv.cell + (size_t)r * 9;
        int i = 0;
        while (i < v->n_stats &&
               (strcmp(v->stats[i].scope, cell[0]) != 0 || strcmp(v->stats[i].name, cell[1]) != 0))
            i++;
        if (i == v->n_stats)
            ll_error_add(err, LL_ERR_RUN, "%s %s is recorded, and has no rows now", cell[0],
                         cell[1]);
        else
            stats_check(&v->stats[i], cell, err);
    }
    return err->status;
}
