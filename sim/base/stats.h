/* Medians and quantiles: one definition for every figure that is printed. */
#ifndef LL_BASE_STATS_H
#define LL_BASE_STATS_H

/* Puts n values into ascending order. */
void ll_stats_sort(int n, double *x);

/* The p-quantile of n values in ascending order, 0 <= p <= 1: the value at position p (n - 1),
 * counted from 0, interpolated linearly between neighbours (type 7 of Hyndman and Fan, "Sample
 * quantiles in statistical packages", 1996). The median of an even number of values is the mean of
 * the two in the middle. n = 0: 0. */
double ll_stats_quantile(int n, const double *x, double p);

/* The median of the absolute values, which x holds in ascending order afterwards. n = 0: 0. */
double ll_stats_median_abs(int n, double *x);

#endif
