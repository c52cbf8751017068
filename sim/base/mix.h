/* Mixing: 64 bits whose low ones are as good as any other, for hash tables, colours and draws by
 * a key.
 *
 * The finaliser of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
 * generators", 2014): a bijection of 64 bits in which each bit of x changes about half of the
 * bits of the result.
 */
#ifndef LL_BASE_MIX_H
#define LL_BASE_MIX_H

#include <stdint.h>
#include <string.h>

#define LL_MIX_GOLDEN 0x9e3779b97f4a7c15ULL /* 2^64 over the golden ratio: spreads 1, 2, 3 ... */

static inline uint64_t ll_mix(uint64_t x)
{
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9ULL;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

/* A hash of v that continues h. */
static inline uint64_t ll_mix_f64(uint64_t h, double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    return ll_mix(h * LL_MIX_GOLDEN + bits + 1);
}

#endif
