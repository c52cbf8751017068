/* Numbers as people read them. */
#ifndef LL_PRINT_QUANTITY_H
#define LL_PRINT_QUANTITY_H

#include "sim/base/arena.h"
#include "sim/base/units.h"

/* "1,234,567" in mem: x rounded to a whole number. */
const char *ll_thousands_text(double x, ll_arena *mem);

/* Effective chips as "31.5" or "3,540" in mem: three digits, at most one after the point. */
const char *ll_chips_text(double chips, ll_arena *mem);

/* Significant digits, 1 to 4, of a value with this relative error: the error is between one and a
 * hundred units of the last digit. 2 digits for 16 %, 3 for 5 %; 4 if there is no error. */
int ll_quantity_digits(double err_frac);

/* x in decimals, rounded to so many significant digits: "4.72", "150", "1,200,000". In mem; "-"
 * if x is not finite. */
const char *ll_digits_text(double x, int digits, ll_arena *mem);

/* n values of one kind in the same unit, so that they can be compared, each with the digits that
 * its relative error allows: "145.9 s" and "5.365 s". A value that is not finite is "-".
 * text: [n], in mem. */
void ll_quantity_row(ll_kind kind, int n, const double *value, double err_frac, ll_arena *mem,
                     const char **text);

/* Seconds with four digits and a prefix, bytes likewise, in mem. */
const char *ll_quantity_text(ll_kind kind, double value, ll_arena *mem);

#endif
