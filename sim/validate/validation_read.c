/* Reads the table of published measurements, and reports its errors. */
#include "sim/base/csv.h"
#include "sim/base/text.h"
#include "sim/validate/validation.h"

#include <float.h>
#include <string.h>

static const char *const quantity_names[LL_N_QUANTITY] = {
    [LL_QUANTITY_STEP] = "step s",
    [LL_QUANTITY_TOKENS] = "tokens/s/chip",
    [LL_QUANTITY_FULL_RECOMPUTE] = "TFLOP/s/chip full+recompute",
    [LL_QUANTITY_FULL] = "TFLOP/s/chip full",
    [LL_QUANTITY_CAUSAL] = "TFLOP/s/chip causal",
    [LL_QUANTITY_BUSBW] = "busbw ", /* COLLECTIVE SIZE */
    [LL_QUANTITY_LAYER_FORWARD] = "layer forward ms",
    [LL_QUANTITY_LAYER_BACKWARD] = "layer backward ms",
    [LL_QUANTITY_FITS] = "fits",
    [LL_QUANTITY_ACTIVATIONS] = "activations GB",
    [LL_QUANTITY_FIGURE] = "figure " /* NAME */};

static int quantity_find(const char *text)
{
    for (int q = 0; q < LL_N_QUANTITY; q++)
        if (q == LL_QUANTITY_BUSBW || q == LL_QUANTITY_FIGURE
                ? !strncmp(text, quantity_names[q], strlen(quantity_names[q]))
                : !strcmp(text, quantity_names[q]))
            return q;
    return -1;
}

static ll_status row_check(const char *path, ll_validation_row *row, const char *measured,
                           const char *band, ll_error *err)
{
    if (!ll_validation_modelled(row)) return LL_OK;
    row->quantity = quantity_find(row->quantity_text);
    if (row->quantity < 0)
        return ll_error_add(
            err, LL_ERR_CONFIG,
            "%s:%d: quantity = '%s'; expected step s, tokens/s/chip, "
            "TFLOP/s/chip full+recompute (or full, or causal), busbw COLLECTIVE "
            "SIZE, layer forward ms, layer backward ms, fits, activations GB, or figure "
            "NAME",
            path, row->line, row->quantity_text);
    if (!ll_csv_number(measured, -DBL_MAX, DBL_MAX, &row->measured) || row->measured < 0 ||
        (row->measured == 0 && row->quantity != LL_QUANTITY_FITS))
        return ll_error_add(err, LL_ERR_CONFIG,
                            "%s:%d: measured = '%s'; expected a number above zero", path, row->line,
                            measured);
    if (!ll_csv_number(band, -DBL_MAX, DBL_MAX, &row->band_frac) || row->band_frac < 0)
        return ll_error_add(err, LL_ERR_CONFIG,
                            "%s:%d: band_pct = '%s'; expected a number of percent", path, row->line,
                            band);
    row->band_frac /= 100;
    return LL_OK;
}

/* "a=1;b=2 or c=3": alternative settings. */
static ll_status others_read(const char *path, ll_validation_row *row, const char *text,
                             ll_arena *mem, ll_error *err)
{
    static const char between[] = " or ";
    const bool step = row->quantity <= LL_QUANTITY_CAUSAL;
    if (*text && (!ll_validation_modelled(row) || !step))
        return ll_error_add(err, LL_ERR_CONFIG,
                            "%s:%d: otherwise = '%s'; only steps can be predicted otherwise", path,
                            row->line, text);
    while (*text) {
        const char *end = strstr(text, between);
        const size_t length = end ? (size_t)(end - text) : strlen(text);
        if (row->n_other == LL_VALIDATION_OTHER_MAX)
            return ll_error_add(err, LL_ERR_CONFIG, "%s:%d: otherwise has more than %d settings",
                                path, row->line, LL_VALIDATION_OTHER_MAX);
        row->other[row->n_other++] = ll_arena_strndup(mem, text, length);
        text += length + (end ? strlen(between) : 0);
    }
    return LL_OK;
}

typedef enum column {
    COLUMN_ID,
    COLUMN_GROUP,
    COLUMN_SERIES,
    COLUMN_STUDY,
    COLUMN_SET,
    COLUMN_WHAT,
    COLUMN_QUANTITY,
    COLUMN_MEASURED,
    COLUMN_BAND,
    COLUMN_ASSUMED,
    COLUMN_SOURCE,
    COLUMN_CAUSE, /* this and the next column are optional */
    COLUMN_OTHERWISE,
    N_COLUMN
} column;

static const char *const column_names[N_COLUMN] = {
    "id",       "group",    "series",  "study",  "set",   "what",     "quantity",
    "measured", "band_pct", "assumed", "source", "cause", "otherwise"};

static ll_status rows_make(const ll_csv *csv, ll_arena *mem, ll_validation *out, ll_error *err)
{
    static const ll_csv_columns columns = {N_COLUMN, column_names, (1u << COLUMN_CAUSE) - 1};
    int at[N_COLUMN];
    LL_TRY(ll_csv_find(csv, &columns, mem, at, err));
    ll_validation_row *row = ll_arena_array(mem, csv->n_row, ll_validation_row);
    for (int i = 0; i < csv->n_row; i++) {
        const char *cell[N_COLUMN];
        for (int c = 0; c < N_COLUMN; c++)
            cell[c] = ll_csv_cell(csv, i, at[c]);
        row[i] = (ll_validation_row){.id = cell[COLUMN_ID],
                                     .group = cell[COLUMN_GROUP],
                                     .series = cell[COLUMN_SERIES],
                                     .study = cell[COLUMN_STUDY],
                                     .set = cell[COLUMN_SET],
                                     .what = cell[COLUMN_WHAT],
                                     .quantity_text = cell[COLUMN_QUANTITY],
                                     .assumed = cell[COLUMN_ASSUMED],
                                     .source = cell[COLUMN_SOURCE],
                                     .cause = cell[COLUMN_CAUSE],
                                     .line = csv->line[i]};
        row_check(csv->name, &row[i], cell[COLUMN_MEASURED], cell[COLUMN_BAND], err);
        others_read(csv->name, &row[i], cell[COLUMN_OTHERWISE], mem, err);
    }
    out->n_row = csv->n_row;
    out->row = row;
    return err->status;
}

void ll_validation_settings(ll_validation *v, int n_set, const char *const *set, ll_arena *mem)
{
    const char **own = ll_arena_array(mem, n_set + 1, const char *);
    for (int i = 0; i < n_set; i++) {
        own[i] = set[i];
        v->table_hash = ll_text_hash(v->table_hash, set[i], strlen(set[i]) + 1);
    }
    v->set = own;
}

ll_status ll_validation_read(const char *path, ll_comm *comm, ll_arena *mem, ll_validation *out,
                             ll_error *err)
{
    const char *bytes = NULL;
    size_t n = 0;
    ll_csv csv;
    *out = (ll_validation){.path = path};
    LL_TRY(ll_source_file(path, "a table of measurements", comm, mem, &bytes, &n, err));
    out->table_hash = ll_text_hash(LL_HASH_START, bytes, n);
    ll_validation_settings(out, 0, NULL, mem);
    LL_TRY(ll_csv_parse(path, bytes, n, mem, &csv, err));
    return rows_make(&csv, mem, out, err);
}
