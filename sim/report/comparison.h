/* Results side by side: the same tables for the terminal, Markdown, LaTeX and the page.
 *
 * A row is a study, a column a figure in one unit, so that numbers can be compared down a column.
 * Ratios are to the first study. Figures are rounded to three digits (sim/report/headline.h).
 */
#ifndef LL_REPORT_COMPARISON_H
#define LL_REPORT_COMPARISON_H

#include "sim/report/report.h"

enum { LL_MAX_COMPARE = 12 }; /* studies */

/* report: [n], borrowed. All tables live in mem. */

/* Chips, the main figures of the workload, effective chips, what is known of the error. */
ll_table *ll_comparison_results(int n, const ll_report *report, ll_arena *mem);

/* What each study is: cluster, model, layout, batch, as far as they differ; NULL if in nothing. */
ll_table *ll_comparison_setup(int n, const ll_report *report, ll_arena *mem);

/* Compute, exposed transfers, bubble, memory of a step and a chip; how far seeds are apart. */
ll_table *ll_comparison_more(int n, const ll_report *report, ll_arena *mem);

/* All of these figures and those of the workload in one table, to select columns from. */
ll_table *ll_comparison_all(int n, const ll_report *report, ll_arena *mem);

/* Where the chips go: causes down, studies across; chips and per cent of all chips for three
 * studies at most, per cent alone for more. Causes that take nothing anywhere are left out. */
ll_table *ll_comparison_losses(int n, const ll_report *report, ll_arena *mem);

/* What is known of the error on each chip: a sentence for each, in mem; ended by NULL. */
const char *const *ll_comparison_errors(int n, const ll_report *report, ll_arena *mem);

#endif
