/* Division by a number that is known when a topology is created, as a multiplication and a shift.
 *
 * With l = ceil(log2 d) and m = ceil(2^(31+l) / d), floor(n / d) = (n m) >> (31 + l) for every
 * 0 <= n < 2^31 (Granlund and Montgomery, "Division by invariant integers using multiplication",
 * PLDI 1994, theorem 4.2: 0 <= m d - 2^(31+l) < 2^l). m < 2^32, so the product fits in 64 bits.
 */
#ifndef LL_TOPOLOGY_DIVIDE_H
#define LL_TOPOLOGY_DIVIDE_H

#include <stdint.h>

typedef struct ll_divisor {
    uint64_t mul;
    int32_t by;
    int32_t shift;
} ll_divisor;

/* by >= 1 */
static inline ll_divisor ll_divisor_of(int32_t by)
{
    int l = 0;
    while (((int64_t)1 << l) < by)
        l++;
    uint64_t power = (uint64_t)1 << (31 + l);
    ll_divisor d = {.mul = (power + (uint64_t)by - 1) / (uint64_t)by, .by = by, .shift = 31 + l};
    return d;
}

/* n / d and n mod d, n >= 0 */
static inline int32_t ll_quotient(int32_t n, const ll_divisor *d)
{
    return (int32_t)(((uint64_t)n * d->mul) >> d->shift);
}

static inline int32_t ll_remainder(int32_t n, const ll_divisor *d)
{
    return n - ll_quotient(n, d) * d->by;
}

#endif
