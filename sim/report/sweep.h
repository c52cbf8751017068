/* Sweeps as tables and as a picture. */
#ifndef LL_REPORT_SWEEP_H
#define LL_REPORT_SWEEP_H

#include "sim/print/table.h"
#include "sim/report/cause_group.h"
#include "sim/report/plot.h"
#include "sim/step/sweep.h"

/* For people: a row for each point, with a bar of where its chips go, or why it cannot be run. */
ll_table *ll_sweep_table(const ll_sweep *sweep, ll_arena *mem);

/* For programs: a row for each point, a column for each key, figure and loss, in SI units and at
 * full precision. */
ll_table *ll_sweep_tidy(const ll_sweep *sweep, ll_arena *mem);

/* What a reader of the table has to know: points that failed, points left out, the legend. */
void ll_sweep_notes(const ll_sweep *sweep, ll_text *out);

/* Whether there is something to draw: a key with two numbers or more. */
bool ll_sweep_draws(const ll_sweep *sweep);

/* Time of an iteration, speed per chip, effective chips, and where the chips go, each over the
 * first key that has numbers (chips, if they vary); a curve for each combination of the others. */
void ll_draw_sweep(const ll_sweep *sweep, ll_form form, ll_arena *mem, ll_figure *out);

/* The result of a point, as far as bars and groups of causes need it; false if it failed. */
bool ll_sweep_result(const ll_sweep *sweep, int i, ll_result *out);

/* The groups of causes of all points. */
ll_cause_groups ll_sweep_groups(const ll_sweep *sweep, ll_arena *mem);

/* "weak", "tp 4, strong": how the curve of a point differs from others; x: the key on the axis. */
const char *ll_sweep_curve(const ll_sweep *sweep, const ll_sweep_point *p, int x, ll_arena *mem);

#endif
