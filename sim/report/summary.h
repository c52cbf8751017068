/* The headline figures of a result, in words. */
#ifndef LL_REPORT_SUMMARY_H
#define LL_REPORT_SUMMARY_H

#include "sim/report/report.h"

typedef struct ll_summary_row {
    const char *what, *value;
    const char *note; /* NULL: none */
} ll_summary_row;

/* *row: [the count that is returned], in mem. Equal rows of several results have the same `what`.
 * */
int ll_report_summary(const ll_report *r, ll_arena *mem, const ll_summary_row **row);

/* "switch 72", "mesh 8 x mesh 8 x switch 128", in mem. */
const char *ll_report_shape(const ll_topology *topo, ll_arena *mem);

/* The same with the notes of the dimensions: "switch 8 x clos 16 (2:1 at the leaf)". In mem. */
const char *ll_report_fabric(const ll_topology *topo, ll_arena *mem);

/* "tp 8 x pp 9, ep 8 x etp 1, 2 chunks per stage, zero 1": the layout in words, in mem. */
const char *ll_report_layout(const ll_study *study, ll_arena *mem);

/* Words that explain how the figures are counted; ended by NULL. */
extern const char *const ll_report_conventions[];

#endif
