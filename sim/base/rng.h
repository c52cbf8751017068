/* Random numbers as pure functions of (seed, entity, draw): the same on every rank, in any order.
 *
 * Counter based (a keyed bijective mixing of the counter, after Salmon et al., "Parallel random
 * numbers: as easy as 1, 2, 3", SC 2011): no state, so a chip draws the same jitter wherever it is
 * simulated. */
#ifndef LL_BASE_RNG_H
#define LL_BASE_RNG_H

#include <stdint.h>

uint64_t ll_rng_bits(uint64_t seed, uint64_t entity_id, uint64_t draw);
double ll_rng_u01(uint64_t seed, uint64_t entity_id, uint64_t draw); /* in (0, 1), never 0 or 1 */
double ll_rng_normal(uint64_t seed, uint64_t entity_id, uint64_t draw); /* mean 0, variance 1 */

/* Exponential, less its mean: mean 0, variance 1, never below -1. */
double ll_rng_delay(uint64_t seed, uint64_t entity_id, uint64_t draw);
double ll_rng_delay_of(double u); /* the same from u in (0, 1); decreases in u */

#endif
