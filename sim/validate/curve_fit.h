/* The software of one dimension (ll_software), fitted to measured collectives.
 *
 * Minimised is the weighted mean of |log(predicted / measured)|: a factor counts alike up and down,
 * and the points of a table that are simply wrong do not pull. Weights: 1 below 1 MiB, 2 below 16
 * MiB, 4 from there on, because the time of a training step is in the long ones. The prediction is
 * the model's own: the fastest plan that the library has (sim/collective/collective.h), priced by
 * engine `closed`.
 *
 * Only what the points can tell is fitted (the table `params` in curve_fit.c): rates of the
 * collectives that they have, protocols that the library has (frac_ll, frac_ll128 above 0), the
 * copy of the own part where groups of two sizes were measured. The rest stays as the cluster has
 * it.
 *
 * What cannot be true is an error: a point that is faster than the links of a chip can carry what
 * it has to send or receive, whatever the algorithm; and rates that end at a bound while the long
 * points stay away from the prediction. A value that ends at a bound, and one of a collective that
 * was not measured, is marked: nobody measured it.
 *
 * The search runs over the logarithms by simplex, from fixed starts, with restarts. The
 * leave-one-out error of a point is that of a fit, from the found values on, to the others. */
#ifndef LL_SIM_VALIDATE_CURVE_FIT_H
#define LL_SIM_VALIDATE_CURVE_FIT_H

#include "sim/validate/curve.h"

enum { LL_MAX_FITTED = 24, LL_MAX_FITTED_KEY = 3 };

typedef struct ll_fitted {
    const char *key[LL_MAX_FITTED_KEY + 1]; /* of ll_software_keys, ended by NULL */
    bool measured[LL_MAX_FITTED_KEY];       /* the points have the collective of key[k] */
    bool at_bound; /* of what the search allows: the points do not tell it */
    ll_kind kind;
    double value;
} ll_fitted;

typedef struct ll_curve_fit {
    int dimension;
    int n_fitted;
    ll_fitted fitted[LL_MAX_FITTED];
    int n_fit;            /* points that were fitted to; the others are checks */
    double *predicted_s;  /* [points->n] */
    double *left_out_s;   /* [points->n] by a fit to the others; < 0 for checks */
    double left_out_frac; /* median of |left_out_s / time_s - 1| */
} ll_curve_fit;

/* Fit to all points but the checks. Error if they touch several dimensions, are too few, or cannot
 * be true. Leaving points out is shared between ranks. Collective. */
ll_status ll_curve_fit_software(const ll_study *study, const ll_points *points, ll_comm *comm,
                                ll_arena *mem, ll_curve_fit *out, ll_error *err);

/* Error if a point is faster than the links of a chip carry the bytes that it has to send. Not
 * collective. */
ll_status ll_curve_wire_check(const ll_cluster *cluster, const ll_points *points, ll_arena *mem,
                              ll_error *err);

#endif
