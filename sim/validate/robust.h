/* Robust least squares: values x that make weighted residuals small, where some residuals will not
 * be small whatever x is.
 *
 * Minimised is sum_i weight_i * (sqrt(r_i^2 + d^2) - d): squares where |r| is below d, absolute
 * values above, so that a point that is simply off pulls no more than any other. By
 * Levenberg-Marquardt on reweighted squares: each step solves (J' W J + lambda diag(J' W J)) step =
 * -J' W r, W_i = weight_i / sqrt(r_i^2 + d^2), J by differences; lambda falls where a step helps
 * and grows where it does not. No random draw: the same input gives the same answer. */
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
