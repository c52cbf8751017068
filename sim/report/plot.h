/* The picture of a comparison: a waterfall for each result, side by side, drawn by gnuplot.
 *
 * Files in DIR: compare.gp (the script, to restyle), one compare-<n>.dat per result, and what
 * gnuplot makes of them: compare.svg, compare.pdf, compare.png.
 */
#ifndef LL_REPORT_PLOT_H
#define LL_REPORT_PLOT_H

#include "sim/comm/comm.h"
#include "sim/report/report.h"

#include <stdbool.h>

/* Write script and data, then run gnuplot if it is found; *drawn says (on rank 0) whether it made
 * the pictures. report: [n], each a panel. Collective. */
ll_status ll_plot_waterfalls(const char *dir, int n, const ll_report *report, ll_comm *comm,
                             ll_arena *mem, bool *drawn, ll_error *err);

/* Run gnuplot on dir/script; false if it is not installed or fails. On one rank. */
bool ll_plot_gnuplot(const char *dir, const char *script);

#endif
