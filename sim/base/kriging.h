/* Values that are known at scattered points, and what they probably are between them: ordinary
 * kriging (Cressie, "Statistics for Spatial Data", 1993, section 3.2).
 *
 * Values of two points are taken to be alike by their distance d, the sum over the dimensions of
 * |difference| / length:
 *
 *   likeness = (1 - fine) exp(-d) + fine exp(-d / fine)
 *
 * The second part is what not even near neighbours share, so that one odd point does not pull at
 * all around it. At the points themselves the values come back exactly; far from all of them comes
 * the mean. Nothing is fitted: lengths are given.
 *
 * The same points have values in several columns (sizes of a kernel's longest dimension), each
 * interpolated on its own. */
#ifndef LL_BASE_KRIGING_H
#define LL_BASE_KRIGING_H

#include "sim/base/arena.h"

#include <stdbool.h>

typedef struct ll_kriging_points {
    int n, n_dim;
    const double *x; /* [n][n_dim], borrowed; they must differ */
    double length;   /* in the unit of x, the same in each dimension */
} ll_kriging_points;

typedef struct ll_kriging {
    ll_kriging_points point;
    int n_column;
    double *weight;  /* [n_column][n] */
    double *mean;    /* [n_column] */
    double *without; /* [n][n_column] value that the other points say; NULL: not asked */
} ll_kriging;

enum { LL_KRIGING_MAX_DIM = 8 };

/* value: [n][n_column]. O(n^3). */
void ll_kriging_fit(const ll_kriging_points *points, int n_column, const double *value,
                    bool without, ll_arena *mem, ll_kriging *out);

/* at: [n_dim]; likeness: [n], the scratch of the caller. Then the value of any column. */
void ll_kriging_likeness(const ll_kriging *k, const double *at, double *likeness);
double ll_kriging_value(const ll_kriging *k, const double *likeness, int column);

#endif
