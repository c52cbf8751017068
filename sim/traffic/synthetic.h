/* Synthetic traffic: the usual test patterns of network simulation, as flows of equal size.
 *
 * n chips. A permutation has one flow for each chip; fixed points send nothing. Some patterns need
 * coordinates: a *grid* gives the chips along each dimension of the topology, dimension 0 fastest.
 * Where a pattern is known from the literature it is that of Dally and Towles, "Principles and
 * practices of interconnection networks" (2004), table 3.1.
 *
 * The first N_CALIBRATED of them also calibrate engines against each other. */
#ifndef LL_TRAFFIC_SYNTHETIC_H
#define LL_TRAFFIC_SYNTHETIC_H

#include "sim/traffic/traffic.h"

typedef enum ll_synthetic {
    LL_SYNTHETIC_PERMUTATION,
    LL_SYNTHETIC_ALL_TO_ALL,
    LL_SYNTHETIC_INCAST,
    LL_SYNTHETIC_RING,
    LL_SYNTHETIC_HIERARCHICAL,
    LL_SYNTHETIC_UNIFORM,
    LL_SYNTHETIC_HOT_SPOT,
    LL_N_CALIBRATED,
    LL_SYNTHETIC_SHIFT = LL_N_CALIBRATED,
    LL_SYNTHETIC_TRANSPOSE,
    LL_SYNTHETIC_BIT_COMPLEMENT,
    LL_SYNTHETIC_BIT_REVERSAL,
    LL_SYNTHETIC_SHUFFLE,
    LL_SYNTHETIC_TORNADO,
    LL_SYNTHETIC_OUTCAST,
    LL_SYNTHETIC_NEAREST,
    LL_N_SYNTHETIC
} ll_synthetic;

/* What a pattern is called, and the number that may follow its name, as in "shift:4". */
typedef struct ll_synthetic_row {
    const char *name, *doc;
    const char *arg; /* what the number means; NULL: there is none */
    int32_t arg_def; /* without it; 0: it has to be given; -1: as many as there are */
} ll_synthetic_row;

extern const ll_synthetic_row ll_synthetic_rows[LL_N_SYNTHETIC];
extern const char *const ll_synthetic_names[]; /* [LL_N_SYNTHETIC], ended by NULL */

typedef struct ll_grid {
    int n_dim;
    int32_t size[LL_MAX_DIGIT]; /* [n_dim] their product is n */
    bool open[LL_MAX_DIGIT];    /* [n_dim] the ends of the dimension are no neighbours: a line */
} ll_grid;

typedef struct ll_synthetic_ask {
    ll_synthetic what;
    int32_t arg; /* of a pattern that takes one */
    int32_t n_chip;
    ll_grid grid;
    double size_B; /* of each flow */
    uint64_t seed; /* of random draws */
} ll_synthetic_ask;

/* What stands in the way of the pattern, such as "a square number of chips; there are 72": the end
 * of a sentence that begins with "needs", in mem. NULL: nothing. */
const char *ll_synthetic_obstacle(const ll_synthetic_ask *ask, ll_arena *mem);

/* A LIST traffic in mem; flows in the order of their sources. The ask has no obstacle. Not
 * collective. */
ll_traffic ll_synthetic_make(const ll_synthetic_ask *ask, ll_arena *mem);

/* The same of a pattern without a grid, with the number that it has by itself. */
ll_traffic ll_synthetic_traffic(ll_synthetic what, int32_t n_chip, double size_B, uint64_t seed,
                                ll_arena *mem);

#endif
