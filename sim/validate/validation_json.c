/* A validation as one JSON object, by tables of fields, as the result of `run` is
 * (sim/report/document.h). */
#include "sim/config/shipped.h"
#include "sim/print/fields.h"
#include "sim/report/provenance.h"
#include "sim/validate/validation_params.h"
#include "sim/validate/validation_report.h"
#include "sim/version.h"

#include <math.h>
#include <string.h>

enum { SCHEMA_VERSION = 3 };

typedef struct other_json {
    const char *set;
    double predicted_s, error_pct;
} other_json;

typedef struct row_json {
    ll_validation_row row;
    const char *state, *cause;
    const char *reason, *family, *chip, *precision, *engine;
    int64_t n_chip, tp, cp, pp, seq, seed;
    uint64_t config_hash;
    double measured_s, predicted_s, predicted, error_pct, band_pct, memory_B; /* NaN: none */
    int n_other;
    const other_json *other;
} row_json;

typedef struct series_json {
    ll_validation_series s;
    double error_points;
    const other_json *other; /* predicted_s stands for the loss, in points */
} series_json;

typedef struct document {
    int schema_version;
    const char *note, *version, *git, *table;
    uint64_t table_hash;
    const char *const *set;
    int n_draw, n_stats, n_series, n_row;
    ll_validation_stats counted;
    const ll_validation_stats *stats;
    const series_json *series;
    ll_validation_param_list param;
    const row_json *row;
} document;

#define STATS(name_, type_, member_, unit_, doc_) \
    LL_FIELD(name_, type_, ll_validation_stats, member_, unit_, doc_)
#define ERRORS                                                                                     \
    STATS("rows", LL_FIELD_INT, n, "", "that count"),                                              \
        STATS("median_abs_err", LL_FIELD_NUMBER, median_abs_err, "%", "of the absolute errors"),   \
        STATS("p90_abs_err", LL_FIELD_NUMBER, p90_abs_err, "%", "of the absolute errors"),         \
        STATS("worst", LL_FIELD_NUMBER, worst, "%", "largest absolute error"),                     \
        STATS("worst_row", LL_FIELD_STRING, worst_row, "", "row with the largest absolute error"), \
        STATS("mean_err", LL_FIELD_NUMBER, mean_err, "%", "with its sign"),                        \
        STATS("share_positive", LL_FIELD_NUMBER, share_positive, "1",                              \
              "share of rows that are predicted to take longer than measured"),                    \
        STATS("share_in_band", LL_FIELD_NUMBER, share_in_band, "1",                                \
              "share of rows within the bands of their sources")

static const ll_field open_fields[] = {
    STATS("rows", LL_FIELD_INT, n_open, "", "rows whose sources leave a setting open"),
    STATS("median_abs_err_best", LL_FIELD_NUMBER, median_best, "%", "if it is what suits best"),
    STATS("median_abs_err_worst", LL_FIELD_NUMBER, median_worst, "%", "if it is what suits worst"),
    STATS("p90_abs_err_best", LL_FIELD_NUMBER, p90_best, "%", "if it is what suits best"),
    STATS("p90_abs_err_worst", LL_FIELD_NUMBER, p90_worst, "%", "if it is what suits worst"),
    {0}};

static const ll_field counted_fields[] = {
    ERRORS,
    {.name = "left_open",
     .type = LL_FIELD_OBJECT,
     .unit = "",
     .sub = open_fields,
     .doc = "bounds of the errors over the settings that sources leave open"},
    {0}};

static const ll_field stats_fields[] = {
    STATS("scope", LL_FIELD_STRING, scope, "", "open20, all, family or chip"),
    STATS("name", LL_FIELD_STRING, name, "", "of the family or chip"),
    ERRORS,
    {0}};

static const ll_field other_fields[] = {
    LL_FIELD("set", LL_FIELD_STRING, other_json, set, "",
             "another setting that the source leaves open"),
    LL_FIELD("predicted_s", LL_FIELD_NUMBER, other_json, predicted_s, "s", "with it"),
    LL_FIELD("error_pct", LL_FIELD_NUMBER, other_json, error_pct, "%", "with it"),
    {0}};

static const ll_field loss_fields[] = {
    LL_FIELD("set", LL_FIELD_STRING, other_json, set, "",
             "another setting that both ends leave open"),
    LL_FIELD("predicted_loss_pct", LL_FIELD_NUMBER, other_json, predicted_s, "%", "with it"),
    {0}};

#define SERIES(name_, type_, member_, unit_, doc_) \
    LL_FIELD(name_, type_, series_json, member_, unit_, doc_)
static const ll_field series_fields[] = {
    SERIES("name", LL_FIELD_STRING, s.name, "", "of the series"),
    SERIES("chip", LL_FIELD_STRING, s.chip, "", "its chip"),
    SERIES("runs", LL_FIELD_INT, s.n, "", "in it"),
    SERIES("from_chips", LL_FIELD_INT64, s.from_chip, "chips", "of the smallest run"),
    SERIES("to_chips", LL_FIELD_INT64, s.to_chip, "chips", "of the largest run"),
    SERIES("measured_loss_pct", LL_FIELD_NUMBER, s.measured_loss, "%",
           "work per chip lost from the smallest to the largest run"),
    SERIES("predicted_loss_pct", LL_FIELD_NUMBER, s.predicted_loss, "%", "the same, predicted"),
    SERIES("error_points", LL_FIELD_NUMBER, error_points, "%", "predicted minus measured"),
    {LL_FIELD_LIST_OF("otherwise", other_json, loss_fields, series_json, other, s.n_other,
                      "the same with other settings that the sources leave open")},
    {0}};

#define ROW(name_, type_, member_, unit_, doc_) \
    LL_FIELD(name_, type_, row_json, member_, unit_, doc_)
static const ll_field row_fields[] = {
    ROW("id", LL_FIELD_STRING, row.id, "", "of the row; several lines may have it"),
    ROW("study", LL_FIELD_STRING, row.study, "", "file of the study, beside the table"),
    ROW("what", LL_FIELD_STRING, row.what, "", "description"),
    ROW("group", LL_FIELD_STRING, row.group, "",
        "open20, series, extra, layer, memory or "
        "not_modelled"),
    ROW("series", LL_FIELD_STRING, row.series, "", "scaling series that the row belongs to"),
    ROW("set", LL_FIELD_STRING, row.set, "", "settings of the row over its study"),
    ROW("state", LL_FIELD_STRING, state, "", "ok, misfit, failed or not modelled"),
    ROW("reason", LL_FIELD_STRING, reason, "", "why it is not ok"),
    ROW("config_hash", LL_FIELD_HASH, config_hash, "",
        "of its effective configuration, as in the result of `run`; 0: it has none"),
    ROW("engine", LL_FIELD_STRING, engine, "", "network engine"),
    ROW("seed", LL_FIELD_INT64, seed, "", "of the first of the draws"),
    ROW("family", LL_FIELD_STRING, family, "", "family of the layout: fsdp, tp-cp-pp or replicas"),
    ROW("chip", LL_FIELD_STRING, chip, "", "name of the chip"),
    ROW("chips", LL_FIELD_INT64, n_chip, "chips", "of the job"),
    ROW("tp", LL_FIELD_INT64, tp, "chips", "tensor parallel"),
    ROW("cp", LL_FIELD_INT64, cp, "chips", "context parallel"),
    ROW("pp", LL_FIELD_INT64, pp, "stages", "pipeline"),
    ROW("sequence", LL_FIELD_INT64, seq, "tokens", "per sequence"),
    ROW("precision", LL_FIELD_STRING, precision, "", "of the GEMMs"),
    ROW("quantity", LL_FIELD_STRING, row.quantity_text, "", "what was published"),
    ROW("published", LL_FIELD_NUMBER, row.measured, "", "in the unit that `quantity` names"),
    ROW("measured_s", LL_FIELD_NUMBER, measured_s, "s",
        "time that follows from the published value"),
    ROW("predicted_s", LL_FIELD_NUMBER, predicted_s, "s", "mean over the draws; null: no time"),
    ROW("error_pct", LL_FIELD_NUMBER, error_pct, "%", "predicted over measured time, minus 1"),
    ROW("predicted", LL_FIELD_NUMBER, predicted, "",
        "of the group memory: 1 if it fits, 0 if not, or GB"),
    ROW("band_pct", LL_FIELD_NUMBER, band_pct, "%",
        "error that the uncertainty of the source explains"),
    ROW("memory_B", LL_FIELD_NUMBER, memory_B, "B", "per chip, on the fullest stage"),
    ROW("assumed", LL_FIELD_STRING, row.assumed, "",
        "assumption about a setting that the source leaves open"),
    {LL_FIELD_LIST_OF("otherwise", other_json, other_fields, row_json, other, n_other,
                      "predictions with other settings that the source leaves open")},
    ROW("cause", LL_FIELD_STRING, cause, "", "why it is beyond its band"),
    ROW("source", LL_FIELD_STRING, row.source, "", "source of the measurement"),
    {0}};

static const ll_field document_fields[] = {
    LL_FIELD("note", LL_FIELD_STRING, document, note, "", "how errors are counted"),
    LL_FIELDS_VERSION(document),
    LL_FIELD("table", LL_FIELD_STRING, document, table, "", "of the measurements"),
    LL_FIELD("table_hash", LL_FIELD_HASH, document, table_hash, "",
             "of the table and of the settings over all rows"),
    {.name = "set",
     .type = LL_FIELD_WORDS,
     .offset = offsetof(document, set),
     .unit = "",
     .doc = "settings over all rows"},
    LL_FIELD("draws", LL_FIELD_INT, document, n_draw, "",
             "draws of jitter over which a step is averaged, with seeds from that of the row on"),
    {.name = "counted",
     .type = LL_FIELD_OBJECT,
     .offset = offsetof(document, counted),
     .unit = "",
     .sub = counted_fields,
     .doc = "errors of one row per id of the group open20; of all rows if there are none"},
    {LL_FIELD_LIST_OF("stats", ll_validation_stats, stats_fields, document, stats, n_stats,
                      "errors by scope: all rows, by family, by chip")},
    {LL_FIELD_LIST_OF("series", series_json, series_fields, document, series, n_series,
                      "scaling series")},
    {.name = "parameters",
     .type = LL_FIELD_OBJECT,
     .offset = offsetof(document, param),
     .unit = "",
     .sub = ll_validation_param_fields,
     .doc = "figures about the machines of the rows"},
    {LL_FIELD_LIST_OF("rows", row_json, row_fields, document, row, n_row, "of the table")},
    {0}};

static const other_json *row_others(const ll_validation *v, int i, ll_arena *mem)
{
    const ll_validation_row *r = &v->row[i];
    other_json *other = ll_arena_array(mem, r->n_other, other_json);
    for (int k = 0; k < r->n_other; k++)
        other[k] = (other_json){r->other[k], v->outcome[i].other_predicted[k],
                                ll_validation_other_error(&v->outcome[i], k)};
    return other;
}

static row_json row_make(const ll_validation *v, int i, ll_arena *mem)
{
    const ll_validation_row *r = &v->row[i];
    const ll_validation_outcome *o = &v->outcome[i];
    const bool ok = o->state == LL_VALIDATION_OK, memory = !strcmp(r->group, "memory");
    const double none = (double)NAN, GB = r->quantity == LL_QUANTITY_FITS ? 1 : 1e9;
    return (row_json){.row = *r,
                      .state = ll_validation_state_names[o->state],
                      .cause = ll_validation_cause(v, i),
                      .reason = o->reason,
                      .family = o->family,
                      .chip = o->chip,
                      .precision = o->precision,
                      .engine = o->engine,
                      .n_chip = o->n_chip,
                      .tp = o->tp,
                      .cp = o->cp,
                      .pp = o->pp,
                      .seq = o->seq,
                      .seed = o->seed,
                      .config_hash = o->config_hash,
                      .measured_s = ok && !memory ? o->measured : none,
                      .predicted_s = ok && !memory ? o->predicted : none,
                      .error_pct = ok && !memory ? ll_validation_error(o) : none,
                      .predicted = ok && memory ? o->predicted / GB : none,
                      .band_pct = 100 * r->band_frac,
                      .memory_B = o->memory_B,
                      .n_other = ok ? r->n_other : 0,
                      .other = row_others(v, i, mem)};
}

static series_json series_make(const ll_validation_series *s, ll_arena *mem)
{
    other_json *other = ll_arena_array(mem, s->n_other, other_json);
    for (int k = 0; k < s->n_other; k++)
        other[k] = (other_json){s->other[k], s->other_loss[k], 0};
    return (series_json){*s, s->predicted_loss - s->measured_loss, other};
}

static document *document_make(const ll_validation *v, ll_arena *mem)
{
    document *d = ll_arena_new(mem, document);
    row_json *row = ll_arena_array(mem, v->n_row, row_json);
    series_json *series = ll_arena_array(mem, v->n_series, series_json);
    for (int i = 0; i < v->n_row; i++)
        row[i] = row_make(v, i, mem);
    for (int i = 0; i < v->n_series; i++)
        series[i] = series_make(&v->series[i], mem);
    *d = (document){.schema_version = SCHEMA_VERSION,
                    .note = "errors in percent of the measured time: predicted over measured, "
                            "less 1",
                    .version = ll_version(),
                    .git = ll_git(),
                    .table = ll_shipped_short(v->path, mem),
                    .table_hash = v->table_hash,
                    .set = v->set,
                    .n_draw = LL_VALIDATION_DRAWS,
                    .counted = v->stats[0],
                    .n_stats = v->n_stats,
                    .stats = v->stats,
                    .n_series = v->n_series,
                    .series = series,
                    .param = ll_validation_param_list_of(v, mem),
                    .n_row = v->n_row,
                    .row = row};
    return d;
}

void ll_validation_json(const ll_validation *v, ll_arena *mem, ll_text *out)
{
    ll_json j;
    ll_json_init(&j, out);
    ll_json_open(&j, NULL, '{');
    ll_fields_json(document_fields, document_make(v, mem), &j);
    ll_json_close(&j);
}

void ll_validation_fields_add(const char *prefix, ll_table *t)
{
    ll_fields_list_add(document_fields, prefix, t);
}
