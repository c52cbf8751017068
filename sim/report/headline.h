/* A result in sentences, and how far such predictions were off.
 *
 * A prediction is *corrected* by the median error of published steps on the same chip, if there are
 * LL_PUBLISHED_FEW of them or more and the errors of all have the same sign
 * (sim/validate/standing.h). Figures are rounded to three digits, as errors are larger than the
 * fourth. JSON and CSV have every digit.
 */
#ifndef LL_REPORT_HEADLINE_H
#define LL_REPORT_HEADLINE_H

#include "sim/report/report.h"

enum { LL_HEADLINE_DIGITS = 3 };

/* Effective chips after the correction; 0: there is none. */
double ll_headline_corrected_chips(const ll_report *r);

/* "72 GB200 do the work of 31.5 chips at their peak (43.8 %); a step takes 4.72 s.", in mem. */
const char *ll_headline_result(const ll_report *r, ll_arena *mem);

/* "The largest losses are kernels (22.8 chips, 31.6 %), ...": n of them, in mem. */
const char *ll_headline_losses(const ll_report *r, int n, ll_arena *mem);

/* A sentence on the known error of predictions for this chip, or why none is known: no step on it
 * has been published, or the study is of a mixture of experts; in mem. */
const char *ll_headline_chip_error(const ll_report *r, ll_arena *mem);

/* Whether that of report[k] is the same as that of a report before it. */
bool ll_headline_error_told(int k, const ll_report *report);

/* The same, and the result after the correction, in mem. */
const char *ll_headline_error(const ll_report *r, ll_arena *mem);

/* "The result depends most on cluster.chip.gemm_frac_bf16 (-6.1 and +5.8 %), ...", and the spread
 * of the results of other seeds; in mem. "" if neither was computed. */
const char *ll_headline_inputs(const ll_report *r, int n, ll_arena *mem);

#endif
