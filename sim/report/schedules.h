/* The pipeline schedules side by side. */
#ifndef LL_REPORT_SCHEDULES_H
#define LL_REPORT_SCHEDULES_H

#include "sim/print/table.h"

/* A row for each schedule, with 1, 2 and 4 chunks per stage if it can have them, on 8 stages with
 * 32 micro-batches: what a stage holds at most, and the share of a step in which it waits, by the
 * schedule's closed form. Forward pass, input gradients and weight gradients take the same time, no
 * transfer takes any, and a pair takes as long as its passes. Not collective. */
ll_table *ll_schedules_table(ll_arena *mem);

#endif
