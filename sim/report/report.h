/* What a run found, for people and for programs. Not collective: rank 0 calls these.
 *
 * The JSON and CSV forms are driven by one table of fields (report_json.c), which `lineloss list
 * json` prints: name, type, unit and meaning cannot diverge from what is written. */
#ifndef LL_REPORT_REPORT_H
#define LL_REPORT_REPORT_H

#include "sim/print/fields.h"
#include "sim/print/quantity.h"
#include "sim/step/result.h"
#include "sim/step/sensitivity.h"
#include "sim/work/study.h"

/* Published steps on a chip, as they are recorded beside the configurations. */
typedef struct ll_published {
    int64_t n_row, n_short;     /* 0: there are none; short: predicted steps that are too short */
    double median_abs_err_frac; /* of the predicted step time */
    /* What the step will take if it is off as they are: all of them to one side, and
     * LL_PUBLISHED_FEW or more; else 0. */
    double alike_s;
} ll_published;
enum { LL_PUBLISHED_FEW = 5 };

/* What the recorded validation says of a study (sim/validate/standing.h): in which respects it
 * lies outside of what was compared with measurements, and published steps on its chip. */
enum { LL_MAX_OUTSIDE = 8 };
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
    const ll_sensitivity *sensitivity; /* what it hangs on; NULL: was not asked for */
    const ll_seed_spread *spread;      /* over seeds of the jitter; NULL: was not asked for */
} ll_report;

/* The whole report in any format. width: columns of TEXT. */
void ll_report_print(const ll_report *r, ll_format format, int width, ll_arena *mem, ll_text *out);

/* One JSON object under `key` (NULL: at the top). */
void ll_report_json(const ll_report *r, const char *key, ll_arena *mem, ll_json *j);

/* Tables of what is on the wire, and of the memory of a chip. */
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
