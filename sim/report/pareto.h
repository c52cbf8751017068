/* Pareto fronts of machines that serve, as a table, a picture, JSON and CSV. */
#ifndef LL_REPORT_PARETO_H
#define LL_REPORT_PARETO_H

#include "sim/print/table.h"
#include "sim/report/plot.h"
#include "sim/step/pareto.h"

/* front: [n]. The points of the fronts; all = true: every point, with a column that says which are
 * on a front. Lives in mem. */
ll_table *ll_pareto_table(int n, const ll_pareto *front, bool all, ll_arena *mem);

/* A sentence for each machine: its points, those that were refused, and why the first of them was.
 */
void ll_pareto_notes(int n, const ll_pareto *front, ll_text *out);

/* Tokens/s of a chip over tokens/s of a user, a curve for each machine. */
void ll_draw_pareto(int n, const ll_pareto *front, ll_form form, ll_arena *mem, ll_figure *out);

#endif
