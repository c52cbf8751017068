/* The report of a run, for people and for programs. Not collective: rank 0 calls these functions.
 *
 * The JSON and CSV forms are driven by one table of fields (report_json.c), which `lineloss list
 * json` prints: name, type, unit and meaning cannot diverge from what is written. */
#ifndef LL_REPORT_REPORT_H
#define LL_REPORT_REPORT_H

#include "sim/print/fields.h"
#include "sim/print/quantity.h"
#include "sim/step/result.h"
#include "sim/step/sensitivity.h"
#include "sim/step/timeline.h"
#include "sim/work/study.h"

/* Published steps of dense models on a chip, as they are recorded beside the configurations; none
 * for a mixture of experts. */
typedef struct ll_published {
    int64_t n_row, n_short;     /* 0: none; n_short: those whose predicted step is too short */
    double median_abs_err_frac; /* of the predicted step time */
    /* The step corrected by the median error, if all errors have one sign and there are
     * LL_PUBLISHED_FEW or more; else 0. */
    double alike_s;
} ll_published;
enum { LL_PUBLISHED_FEW = 5 };

/* The recorded validation beside a study (sim/validate/standing.h): in which respects the study
 * lies outside the range that was compared with measurements, and published steps on its chip. */
enum { LL_MAX_OUTSIDE = 9 };
typedef struct ll_standing {
    int n_outside;                           /* 0: in none */
    const char *outside[LL_MAX_OUTSIDE + 1]; /* [n_outside], ended by NULL */
    ll_published published;
} ll_standing;

typedef struct ll_report {
    const ll_study *study;
    const ll_result *result;
    const char *label; /* in comparisons and pictures; the name of the study if that is unique */
    const ll_standing *standing;       /* borrowed */
    const ll_sensitivity *sensitivity; /* to each input; NULL: not computed */
    const ll_seed_spread *spread;      /* over seeds of the jitter; NULL: not computed */
    const ll_timeline *timeline;       /* NULL: not recorded */
} ll_report;

/* The whole report in any format. width: columns of TEXT. */
void ll_report_print(const ll_report *r, ll_format format, int width, ll_arena *mem, ll_text *out);

/* One JSON object under `key` (NULL: at the top). */
void ll_report_json(const ll_report *r, const char *key, ll_arena *mem, ll_json *j);

/* Tables of the transfers, and of the memory of a chip. */
ll_table *ll_report_transfers(const ll_report *r, ll_arena *mem);
ll_table *ll_report_memory(const ll_report *r, ll_arena *mem);

/* The JSON fields as rows "field, type, unit, meaning". */
ll_table *ll_report_fields(ll_arena *mem);

/* The columns of ll_report_tidy as rows "column, unit, meaning". */
ll_table *ll_report_columns(ll_arena *mem);

/* A row for each of n results and a column for each figure, in SI with the unit in the name; names
 * of things as text. The first columns are study and label. */
ll_table *ll_report_tidy(int n, const ll_report *report, ll_arena *mem);

/* Every plain field as a row "field, value, unit", the items of lists by name. */
ll_table *ll_report_flat(const ll_report *r, ll_arena *mem);

#endif
