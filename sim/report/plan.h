/* The best layouts of a study as a table, and in words. */
#ifndef LL_REPORT_PLAN_H
#define LL_REPORT_PLAN_H

#include "sim/print/table.h"
#include "sim/step/plan.h"

/* A row for each of the best layouts. err_frac: known error of predictions on this chip; layouts
 * within it of the best are marked as equal ("="). */
ll_table *ll_plan_table(const ll_plan_result *r, double err_frac, ll_arena *mem);

/* How much was searched, what faster layouts would need, and what the known error says. */
void ll_plan_notes(const ll_plan_result *r, double err_frac, ll_text *out);

/* The best layout as a whole configuration, which includes no other file. Error: that of reading
 * it again. Not collective. */
ll_status ll_plan_write(const ll_plan_result *r, ll_text *out, ll_error *err);

/* "tp 8 x pp 16, micro 1, 1f1b x 4, full recomputation, zero 1". In mem. */
const char *ll_planned_text(const ll_planned *p, ll_arena *mem);

#endif
