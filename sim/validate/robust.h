/* Robust least squares: finds x for which weighted residuals are small, where outliers may remain
 * large for any x.
 *
 * It minimises sum_i weight_i * (sqrt(r_i^2 + d^2) - d), which is quadratic for |r| below d and
 * linear above, so that an outlier pulls no more than any other point. The method is
 * Levenberg-Marquardt on reweighted squares: each step solves (J' W J + lambda diag(J' W J)) step =
 * -J' W r, W_i = weight_i / sqrt(r_i^2 + d^2), J by differences; lambda falls if a step improves
 * the sum and grows if it does not. No random draw: the same input gives the same answer. */
#ifndef LL_VALIDATE_ROBUST_H
#define LL_VALIDATE_ROBUST_H

#include "sim/base/arena.h"

typedef struct ll_robust {
    int n, n_residual;                                                  /* variables, residuals */
    const double *weight;                                               /* [n_residual] >= 0 */
    double knee;                                                        /* d */
    void (*residuals)(const double *x, double *r, const void *context); /* r: [n_residual] */
    const void *context;
} ll_robust;

/* Improve x [n] until a step gains less than 1e-6 of the sum, or n_step steps were tried; returns
 * the sum. Not collective. */
double ll_robust_minimise(const ll_robust *problem, double *x, int n_step, ll_arena *mem);

#endif
