#include "topology/shares.h"

#include <math.h>

/* Shares of about `total` in all; *rate: what passes. */
static int32_t shares_of(int32_t n, const double *weight, double sum, int32_t total, int32_t *share,
                         double *rate)
{
    int32_t found = 0;
    double least = (double)INFINITY;
    for (int32_t i = 0; i < n; i++) {
        share[i] = (int32_t)floor(total * weight[i] / sum + 0.5);
        found += share[i];
        if (share[i] > 0) least = fmin(least, weight[i] / share[i]);
    }
    *rate = found > 0 ? found * least : 0;
    return found;
}

int32_t ll_shares_find(int32_t n, const double *weight, int32_t most, int32_t *share)
{
    const double better = 1 + 1e-9;
    double sum = 0, best = 0, rate;
    int32_t total = 1;
    for (int32_t i = 0; i < n; i++)
        sum += weight[i];
    for (int32_t t = 1; t <= most; t++) {
        const int32_t found = shares_of(n, weight, sum, t, share, &rate);
        if (found > most || rate <= best * better) continue;
        best = rate;
        total = t;
    }
    return shares_of(n, weight, sum, total, share, &rate);
}
