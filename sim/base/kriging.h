/* Interpolation between values that are known at scattered points: ordinary kriging (Cressie,
 * "Statistics for Spatial Data", 1993, section 3.2).
 *
 * The correlation of two values (their likeness) falls with the distance d of their points, the
 * sum over the dimensions of |difference| / length:
 *
 *   likeness = (1 - fine) exp(-d) + fine exp(-d / fine)
 *
 * The second part, of a short range, lets a point differ from its near neighbours, so that one odd
 * point does not pull on all around it. At a known point the result is its value; far from all of
 * them it is their mean. Nothing is fitted: lengths are given.
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
    double *without; /* [n][n_column] predicted from all other points; NULL: not asked */
} ll_kriging;

enum { LL_KRIGING_MAX_DIM = 8 };

/* value: [n][n_column]. O(n^3). */
void ll_kriging_fit(const ll_kriging_points *points, int n_column, const double *value,
                    bool without, ll_arena *mem, ll_kriging *out);

/* at: [n_dim]; likeness: [n], the scratch of the caller. Then the value of any column. */
void ll_kriging_likeness(const ll_kriging *k, const double *at, double *likeness);
double ll_kriging_value(const ll_kriging *k, const double *likeness, int column);

#endif
