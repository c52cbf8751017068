/* What a result says in a sentence, and how far such predictions were off.
 *
 * A prediction for a chip is *corrected* where steps that others published on this chip are known,
 * LL_PUBLISHED_FEW of them or more, and predictions of all of them are off to the same side: then
 * by the median of their errors (sim/validate/standing.h). Figures are rounded to three digits: no
 * error that was found is smaller than that. JSON and CSV have every digit.
 */
#ifndef LL_REPORT_HEADLINE_H
#define LL_REPORT_HEADLINE_H

#include "sim/report/report.h"

enum { LL_HEADLINE_DIGITS = 3 };

/* Effective chips if the step takes as long as published steps suggest; 0: nothing is corrected. */
double ll_headline_corrected_chips(const ll_report *r);

/* "72 GB200 do the work of 31.5 chips at their peak (43.8 %); a step takes 4.72 s.", in mem. */
const char *ll_headline_result(const ll_report *r, ll_arena *mem);

/* "The largest losses are kernels (22.8 chips, 31.6 %), ...": n of them, in mem. */
const char *ll_headline_losses(const ll_report *r, int n, ll_arena *mem);

/* What is known of the error of predictions for this chip, or that nobody has published a step on
 * it. A sentence, in mem. */
const char *ll_headline_chip_error(const ll_report *r, ll_arena *mem);

/* The same, and what the result becomes if it is corrected by that. In mem. */
const char *ll_headline_error(const ll_report *r, ll_arena *mem);

/* "It hangs most on cluster.chip.gemm_frac_bf16 (10 % less: -6.1 %, 10 % more: +5.8 %), ...", and
 * how far results of other seeds are apart; in mem. "" if neither was asked for. */
const char *ll_headline_inputs(const ll_report *r, int n, ll_arena *mem);

#endif
