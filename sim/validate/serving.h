/* Published serving runs: what the workload `serve` predicts for each, and how far off it is.
 *
 * A folder has three tables. `aggregated.csv` has the runs: chip, engine, model, precision,
 * lengths, requests at a time, layout, and the time to first token (TTFT) and per output token
 * (TPOT) that was measured. `excluded.csv` has the rows that do not count, and why; `settings.csv`
 * what a row is predicted with: each of its lines that fits the row adds settings, later ones win.
 *
 * A row is set aside if its number is a multiple of ten: constants that are free are set on those.
 * Of the others, runs of one configuration (all but version and day are the same) count once: the
 * error of a prediction is its distance from the range of what was measured. */
#ifndef LL_VALIDATE_SERVING_H
#define LL_VALIDATE_SERVING_H

#include "sim/base/csv.h"
#include "sim/comm/comm.h"
#include "sim/print/table.h"

#include <stdbool.h>
#include <stdint.h>

/* What is compared. */
typedef enum ll_served {
    LL_SERVED_TPOT,
    LL_SERVED_TTFT,
    LL_SERVED_WHOLE, /* TTFT + TPOT (n - 1), n: mean tokens of an answer */
    LL_N_SERVED
} ll_served;

/* Columns of aggregated.csv that are text, and those that are numbers. */
typedef enum ll_serving_word {
    LL_SERVING_SOURCE,
    LL_SERVING_CHIP,
    LL_SERVING_BACKEND,
    LL_SERVING_VERSION,
    LL_SERVING_MODEL,
    LL_SERVING_PRECISION,
    LL_SERVING_MEASURED, /* the day, "2026-03-25", or "" */
    LL_N_SERVING_WORD
} ll_serving_word;

typedef enum ll_serving_count {
    LL_SERVING_ISL,
    LL_SERVING_OSL,
    LL_SERVING_CONCURRENCY,
    LL_SERVING_CHIPS,
    LL_SERVING_TP,
    LL_SERVING_PP,
    LL_SERVING_ATTN_DP,
    LL_SERVING_MOE_TP,
    LL_SERVING_MOE_EP,
    LL_N_SERVING_COUNT
} ll_serving_count;

typedef struct ll_serving_row {
    int line; /* in the file; the rows themselves are numbered from 1 */
    const char *word[LL_N_SERVING_WORD];
    int64_t count[LL_N_SERVING_COUNT];
    double ttft_s, tpot_s;
    const char *excluded; /* why it does not count; "": it does */
    const char *set;      /* settings of the study that it is predicted by: "a=1;b=2" */
} ll_serving_row;

/* The prediction of a row. Plain bytes, as ranks exchange it. */
typedef struct ll_serving_outcome {
    int32_t i_row;
    double ttft_s, tpot_s; /* 0: it could not be run: */
    char reason[248];
} ll_serving_outcome;

/* Errors of a group of configurations, in percent. */
typedef struct ll_serving_stats {
    const char *scope, *name; /* "chip", "h100_sxm" */
    int n;
    struct {
        double median, p90; /* of absolute errors */
        double bias;        /* the median with its sign */
        double above;       /* share of errors above zero, of those that are not zero */
    } of[LL_N_SERVED];
} ll_serving_stats;

typedef struct ll_serving {
    const char *path; /* of aggregated.csv */
    int n_row;
    ll_serving_row *row;         /* [n_row] */
    ll_serving_outcome *outcome; /* [n_row] */
    int n_stats;
    ll_serving_stats *stats; /* [n_stats] all that count, by several scopes, and those set aside */
} ll_serving;

/* Whether the table at that path is one of serving runs, by its name. */
bool ll_serving_is(const char *path);

/* Read aggregated.csv at `path`, and the other two beside it. Collective. */
ll_status ll_serving_read(const char *path, ll_comm *comm, ll_arena *mem, ll_serving *out,
                          ll_error *err);

/* Predict the rows, with `set` over all of them: each engine with its rows on one rank. A row that
 * cannot be run is an outcome. Errors: of the studies beside the table. Collective. */
ll_status ll_serving_run(ll_serving *v, int n_set, const char *const *set, ll_comm *comm,
                         ll_arena *mem, ll_error *err);

/* The statistics, from rows and outcomes. Not collective. */
void ll_serving_stats_make(ll_serving *v, ll_arena *mem);

/* Whether constants are set on the row: every tenth. */
bool ll_serving_aside(int i_row);

/* Mean tokens of an answer. */
double ll_serving_output(const ll_serving_row *row);

/* What was measured or predicted of a row, in seconds. */
double ll_serving_value(const ll_serving_row *row, double ttft_s, double tpot_s, ll_served what);

/* Error of a prediction beside a range that was measured, in percent: 0 inside. */
double ll_serving_error(double predicted, double low, double high);

extern const char *const ll_served_names[LL_N_SERVED];

/* TEXT, MD and LATEX: statistics and what was left out. CSV: every row. JSON: both. */
void ll_serving_print(const ll_serving *v, ll_format format, int width, ll_arena *mem,
                      ll_text *out);

/* The file beside the table: "DIR/aggregated.csv" -> "DIR/aggregated_recorded.csv". */
const char *ll_serving_record_path(const char *table, ll_arena *mem);

/* Keeps medians and P90 in that file, or compares with those: an error for each
 * that is worse by more than a tenth of a point. Rank 0 reads. Collective. */
void ll_serving_record(const ll_serving *v, ll_text *out);
ll_status ll_serving_check(const ll_serving *v, const char *path, ll_comm *comm, ll_arena *mem,
                           ll_error *err);

#endif
