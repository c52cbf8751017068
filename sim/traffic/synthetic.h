/* Synthetic traffic: the usual test patterns of network simulation, as lists of flows of equal
 * size.
 *
 * Used to calibrate engines against each other, and by the benchmarks. n chips, s = floor(sqrt(n)).
 */
#ifndef LL_TRAFFIC_SYNTHETIC_H
#define LL_TRAFFIC_SYNTHETIC_H

#include "sim/traffic/traffic.h"

typedef enum ll_synthetic {
    LL_SYNTHETIC_PERMUTATION, /* random permutation; fixed points send nothing */
    LL_SYNTHETIC_ALL_TO_ALL,
    LL_SYNTHETIC_INCAST,       /* every chip to chip 0 */
    LL_SYNTHETIC_RING,         /* every chip to the next one */
    LL_SYNTHETIC_HIERARCHICAL, /* rings of s neighbours, and rings of every s-th chip, at once */
    LL_SYNTHETIC_UNIFORM,      /* every chip to three random peers */
    LL_SYNTHETIC_HOT_SPOT,     /* a permutation, plus every fourth chip to chip 0 */
    LL_N_SYNTHETIC
} ll_synthetic;

extern const char *const ll_synthetic_names[]; /* "permutation", ...; ended by NULL */

/* A LIST traffic in mem, of size_B bytes per flow. seed: of the random draws. Not collective. */
ll_traffic ll_synthetic_traffic(ll_synthetic what, int32_t n_chip, double size_B, uint64_t seed,
                                ll_arena *mem);

#endif
