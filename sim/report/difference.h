/* What differs between the effective configurations of studies. Not collective. */
#ifndef LL_REPORT_DIFFERENCE_H
#define LL_REPORT_DIFFERENCE_H

#include "sim/print/table.h"
#include "sim/report/comparison.h"
#include "sim/work/study.h"

#include <stdbool.h>

/* Rows "key, value in each study"; "-" where a study has no such key. label: [n] headings. grouped:
 * for people, with groups as headings, and one row for a group (a dimension of the fabric, say)
 * that some study does not have at all. */
ll_table *ll_difference_table(int n, const ll_study *study, const char *const *label, bool grouped,
                              ll_arena *mem);

#endif
