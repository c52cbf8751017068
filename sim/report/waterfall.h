/* Waterfall of the losses, from all chips down to the effective chips: bars for text and pictures.
 * */
#ifndef LL_REPORT_WATERFALL_H
#define LL_REPORT_WATERFALL_H

#include "sim/report/report.h"

typedef enum ll_bar_kind { LL_BAR_ALL, LL_BAR_LOST, LL_BAR_EFFECTIVE } ll_bar_kind;

typedef struct ll_bar {
    const char *name; /* of a loss: its cause */
    ll_bar_kind kind;
    double lo_frac, hi_frac; /* from and to, of all chips */
    double chips, frac;      /* of the bar itself; a loss is positive */
} ll_bar;

/* *bar: [the count that is returned], in mem: all chips, the losses from the top, effective chips.
 * */
int ll_report_bars(const ll_result *r, ll_arena *mem, const ll_bar **bar);

/* The bars in characters, with chips and percent; losses of 0 chips are left out. */
void ll_report_waterfall(const ll_report *r, ll_arena *mem, ll_text *out);

#endif
