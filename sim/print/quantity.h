/* Numbers as people read them. */
#ifndef LL_PRINT_QUANTITY_H
#define LL_PRINT_QUANTITY_H

#include "sim/base/arena.h"
#include "sim/base/units.h"

/* "1,234,567" in mem: x rounded to a whole number. */
const char *ll_thousands_text(double x, ll_arena *mem);

/* Chips' worth of work in mem: "31.5", "72", "3,538": one decimal below 100 where it says more. */
const char *ll_chips_text(double chips, ll_arena *mem);

/* Seconds with four digits and a prefix, bytes likewise, in mem. */
const char *ll_quantity_text(ll_kind kind, double value, ll_arena *mem);

#endif
