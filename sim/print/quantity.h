/* Numbers as people read them. */
#ifndef LL_PRINT_QUANTITY_H
#define LL_PRINT_QUANTITY_H

#include "sim/base/arena.h"
#include "sim/base/units.h"

/* "1,234,567" in mem: x rounded to a whole number. */
const char *ll_thousands_text(double x, ll_arena *mem);

/* Chips' worth of work in mem, "31.5" and "3,540": three digits, at most one after the point. */
const char *ll_chips_text(double chips, ll_arena *mem);

/* Significant digits that a value with this relative error deserves, 1 to 4: the error is worth
 * one unit of the last digit or more, but less than a hundred. 2 for 16 %, 3 for 5 %; 4 for no
 * error. */
int ll_quantity_digits(double err_frac);

/* x in decimals, rounded to so many significant digits: "4.72", "150", "1,200,000". In mem; "-"
 * if x is not finite. */
const char *ll_digits_text(double x, int digits, ll_arena *mem);

/* n values of one kind in one unit, each with the digits that its relative error allows, so that
 * they compare: "145.9 s" and "5.365 s". A value that is not finite is "-". text: [n], in mem. */
void ll_quantity_row(ll_kind kind, int n, const double *value, double err_frac, ll_arena *mem,
                     const char **text);

/* Seconds with four digits and a prefix, bytes likewise, in mem. */
const char *ll_quantity_text(ll_kind kind, double value, ll_arena *mem);

#endif
