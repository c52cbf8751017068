/* Results side by side: tables for the terminal, Markdown, LaTeX and the page.
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

/* Cluster, model, layout and batch of each study, as far as they differ; NULL if nothing does. */
ll_table *ll_comparison_setup(int n, const ll_report *report, ll_arena *mem);

/* Compute, exposed transfers, bubble and memory, per step and chip; the spread over seeds. */
ll_table *ll_comparison_more(int n, const ll_report *report, ll_arena *mem);

/* All of these figures and those of the workload in one table, to select columns from. */
ll_table *ll_comparison_all(int n, const ll_report *report, ll_arena *mem);

/* Where the chips go: a row for each cause, columns for each study: chips and percent of all chips
 * for up to three studies, percent alone for more. Causes that cost no study anything are left
 * out. */
ll_table *ll_comparison_losses(int n, const ll_report *report, ll_arena *mem);

/* A sentence for each chip on the known error of predictions, in mem; ended by NULL. */
const char *const *ll_comparison_errors(int n, const ll_report *report, ll_arena *mem);

#endif
