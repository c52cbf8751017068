/* Reads the tables of published serving runs. */
#include "sim/base/text.h"
#include "sim/config/config.h"
#include "sim/validate/serving.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Columns of aggregated.csv: words, counts, times. */
enum { N_RUN_COLUMN = LL_N_SERVING_WORD + LL_N_SERVING_COUNT + 2 };
static const char *const run_columns[N_RUN_COLUMN] = {
    "source",   "chip",    "backend", "backend_version", "model",   "precision",
    "measured", "isl_max", "osl_max", "concurrency",     "chips",   "tp",
    "pp",       "attn_dp", "moe_tp",  "moe_ep",          "ttft_ms", "tpot_ms"};

/* What {name} stands for in settings.csv. */
static const char *const count_names[LL_N_SERVING_COUNT] = {
    "isl", "osl", "concurrency", "chips", "tp", "pp", "attn_dp", "moe_tp", "moe_ep"};

bool ll_serving_is(const char *path)
{
    static const char name[] = "aggregated.csv";
    const size_t n = strlen(path), m = sizeof name - 1;
    return n >= m && !strcmp(path + n - m, name);
}

/* A table to read: which file, what messages call it, and its columns. */
typedef struct table {
    const char *path, *what;
    ll_csv_columns columns;
} table;

static ll_status table_read(const table *t, ll_comm *comm, ll_arena *mem, ll_csv *csv, int *at,
                            ll_error *err)
{
    const char *bytes;
    size_t n;
    LL_TRY(ll_source_file(t->path, t->what, comm, mem, &bytes, &n, err));
    LL_TRY(ll_csv_parse(t->path, bytes, n, mem, csv, err));
    return ll_csv_find(csv, &t->columns, mem, at, err);
}

static void row_fill(const ll_csv *csv, const int *at, int i, ll_serving_row *row, ll_error *err)
{
    double x;
    *row = (ll_serving_row){.line = csv->line[i], .excluded = "", .set = ""};
    for (int c = 0; c < LL_N_SERVING_WORD; c++)
        row->word[c] = ll_csv_cell(csv, i, at[c]);
    for (int c = 0; c < LL_N_SERVING_COUNT; c++) {
        const int column = LL_N_SERVING_WORD + c;
        if (!ll_csv_number(ll_csv_cell(csv, i, at[column]), 0, 1e9, &x) || x != (double)(int64_t)x)
            ll_csv_fault(csv, i, at[column], "a whole number above zero", err);
        else
            row->count[c] = (int64_t)x;
    }
    double *const time_s[] = {&row->ttft_s, &row->tpot_s};
    for (int c = 0; c < 2; c++) {
        const int column = LL_N_SERVING_WORD + LL_N_SERVING_COUNT + c;
        if (!ll_csv_number(ll_csv_cell(csv, i, at[column]), 0, 1e9, time_s[c]))
            ll_csv_fault(csv, i, at[column], "milliseconds above zero", err);
        *time_s[c] /= 1e3;
    }
}

static ll_status runs_read(const char *path, ll_comm *comm, ll_arena *mem, ll_serving *out,
                           ll_error *err)
{
    const table t = {
        path, "a table of serving runs", {N_RUN_COLUMN, run_columns, (1u << N_RUN_COLUMN) - 1}};
    ll_csv csv;
    int at[N_RUN_COLUMN];
    LL_TRY(table_read(&t, comm, mem, &csv, at, err));
    out->n_row = csv.n_row;
    out->row = ll_arena_array(mem, csv.n_row, ll_serving_row);
    for (int i = 0; i < csv.n_row; i++)
        row_fill(&csv, at, i, &out->row[i], err);
    return err->status;
}

static ll_status excluded_read(const char *path, ll_comm *comm, ll_arena *mem, ll_serving *out,
                               ll_error *err)
{
    static const char *const names[] = {"row", "reason"};
    const table t = {path, "a table of rows that do not count", {2, names, 3}};
    ll_csv csv;
    int at[2];
    LL_TRY(table_read(&t, comm, mem, &csv, at, err));
    for (int i = 0; i < csv.n_row; i++) {
        const char *reason = ll_csv_cell(&csv, i, at[1]);
        double row;
        if (!ll_csv_number(ll_csv_cell(&csv, i, at[0]), 0, out->n_row, &row) ||
            row != (double)(int)row)
            ll_csv_fault(&csv, i, at[0], "the number of a row of aggregated.csv", err);
        else if (!*reason)
            ll_csv_fault(&csv, i, at[1], "why the row does not count", err);
        else
            out->row[(int)row - 1].excluded = reason;
    }
    return err->status;
}

/* ---- settings.csv ---- */

enum { SET_ISL = 5, SET_OSL, SET_TP, SET_CONCURRENCY, SET_MEASURED, SET_SET, SET_WHY, N_SET };
static const char *const set_columns[N_SET] = {"backend",     "model",    "chip", "precision",
                                               "source",      "isl",      "osl",  "tp",
                                               "concurrency", "measured", "set",  "why"};

/* Whether a word of a cell fits: the text itself. */
static bool word_fits(const char *word, size_t n, const char *text)
{
    return strlen(text) == n && !memcmp(word, text, n);
}

/* "16", "16-64", "16-", "-64". */
static bool range_fits(const char *word, size_t n, const char *text)
{
    const double x = strtod(text, NULL);
    const char *dash = memchr(word, '-', n);
    if (!dash) return word_fits(word, n, text);
    return (dash == word || x >= strtod(word, NULL)) &&
           (dash + 1 == word + n || x <= strtod(dash + 1, NULL));
}

/* "2026-04-03-": that day and later; without the dash at the end: that day. */
static bool day_fits(const char *word, size_t n, const char *text)
{
    if (word[n - 1] != '-') return word_fits(word, n, text);
    return *text && strncmp(text, word, n - 1) >= 0;
}

static bool cell_fits(const char *cell, const char *text,
                      bool (*fits)(const char *word, size_t n, const char *text))
{
    if (!*cell) return true;
    for (const char *s = cell; *s;) {
        const size_t n = strcspn(s, " ");
        if (n && fits(s, n, text)) return true;
        s += n + strspn(s + n, " ");
    }
    return false;
}

static bool line_fits(const ll_csv *csv, const int *at, int i, const ll_serving_row *row)
{
    static const int word[] = {LL_SERVING_BACKEND, LL_SERVING_MODEL, LL_SERVING_CHIP,
                               LL_SERVING_PRECISION, LL_SERVING_SOURCE};
    static const int count[] = {LL_SERVING_ISL, LL_SERVING_OSL, LL_SERVING_TP,
                                LL_SERVING_CONCURRENCY};
    for (int c = 0; c < SET_ISL; c++)
        if (!cell_fits(ll_csv_cell(csv, i, at[c]), row->word[word[c]], word_fits)) return false;
    for (int c = SET_ISL; c <= SET_CONCURRENCY; c++) {
        char text[32];
        snprintf(text, sizeof text, "%lld", (long long)row->count[count[c - SET_ISL]]);
        if (!cell_fits(ll_csv_cell(csv, i, at[c]), text, range_fits)) return false;
    }
    return cell_fits(ll_csv_cell(csv, i, at[SET_MEASURED]), row->word[LL_SERVING_MEASURED],
                     day_fits);
}

/* Adds the settings with the row's numbers for {tp} and the like, and the folder of the tables for
 * {folder}. False: an unknown name. */
static bool settings_add(const char *set, const ll_serving_row *row, const char *folder,
                         ll_text *out)
{
    if (out->n) ll_text_add(out, ";");
    for (const char *s = set; *s;) {
        const size_t n = strcspn(s, "{");
        ll_text_add(out, "%.*s", (int)n, s);
        s += n;
        if (!*s) break;
        const size_t length = strcspn(++s, "}");
        int c = 0;
        while (c < LL_N_SERVING_COUNT && !word_fits(s, length, count_names[c]))
            c++;
        if (!s[length]) return false;
        if (c < LL_N_SERVING_COUNT)
            ll_text_add(out, "%lld", (long long)row->count[c]);
        else if (word_fits(s, length, "folder"))
            ll_text_add(out, "%s", folder);
        else
            return false;
        s += length + 1;
    }
    return true;
}

static ll_status settings_read(const char *path, ll_comm *comm, ll_arena *mem, ll_serving *out,
                               ll_error *err)
{
    const table t = {path, "a table of settings", {N_SET, set_columns, (1u << N_SET) - 1}};
    ll_csv csv;
    int at[N_SET];
    LL_TRY(table_read(&t, comm, mem, &csv, at, err));
    const char *slash = strrchr(path, '/');
    const char *folder = slash ? ll_arena_strndup(mem, path, (size_t)(slash - path)) : ".";
    for (int i = 0; i < csv.n_row; i++)
        if (!*ll_csv_cell(&csv, i, at[SET_WHY]))
            ll_csv_fault(&csv, i, at[SET_WHY], "where the settings are from", err);
    for (int r = 0; r < out->n_row && err->status == LL_OK; r++) {
        ll_text text;
        ll_text_init(&text, mem);
        for (int i = 0; i < csv.n_row; i++)
            if (line_fits(&csv, at, i, &out->row[r]) &&
                !settings_add(ll_csv_cell(&csv, i, at[SET_SET]), &out->row[r], folder, &text))
                return ll_csv_fault(&csv, i, at[SET_SET],
                                    "settings, with {isl}, {osl}, {concurrency}, {chips}, {tp}, "
                                    "{pp}, {attn_dp}, {moe_tp} or {moe_ep} for numbers of the "
                                    "row, and {folder} for that of the table",
                                    err);
        out->row[r].set = text.n ? text.s : "";
    }
    return err->status;
}

ll_status ll_serving_read(const char *path, ll_comm *comm, ll_arena *mem, ll_serving *out,
                          ll_error *err)
{
    const char *slash = strrchr(path, '/');
    const int n = slash ? (int)(slash - path + 1) : 0;
    *out = (ll_serving){.path = path};
    LL_TRY(runs_read(path, comm, mem, out, err));
    LL_TRY(excluded_read(ll_arena_printf(mem, "%.*sexcluded.csv", n, path), comm, mem, out, err));
    return settings_read(ll_arena_printf(mem, "%.*ssettings.csv", n, path), comm, mem, out, err);
}
