/* Whole shares in proportion to weights. A flow that is split evenly over its paths then fills
 * paths of unequal width too: each of them is listed as often as it has shares. */
#ifndef LL_TOPOLOGY_SHARES_H
#define LL_TOPOLOGY_SHARES_H

#include <stdint.h>

/* Shares of n weights above 0, at most `most` >= n in all, so that the rate at which the whole
 * passes, sum of shares * min (weight / share), is as large as it can be; with equal rates the
 * fewest. A weight that would hold up the others has no share. share: [n]. Returns their sum. */
int32_t ll_shares_find(int32_t n, const double *weight, int32_t most, int32_t *share);

#endif
