#include "sim/base/stats.h"

#include <math.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

void ll_stats_sort(int n, double *x)
{
    if (n > 0) qsort(x, (size_t)n, sizeof *x, ascending);
}

double ll_stats_quantile(int n, const double *x, double p)
{
    if (n == 0) return 0;
    const double at = p * (n - 1);
    const int low = (int)at;
    return low + 1 >= n ? x[n - 1] : x[low] + (at - low) * (x[low + 1] - x[low]);
}

double ll_stats_median_abs(int n, double *x)
{
    for (int i = 0; i < n; i++)
        x[i] = fabs(x[i]);
    ll_stats_sort(n, x);
    return ll_stats_quantile(n, x, 0.5);
}
