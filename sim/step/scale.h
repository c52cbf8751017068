/* Clusters of another number of chips: the sizes of the topology changed from the outside in.
 *
 * 8192 chips in 128 racks of 64 become 1024 in 16 racks, and 32 in one rack of 32. The number is
 * rounded to what the sizes and the layout can make. */
#ifndef LL_STEP_SCALE_H
#define LL_STEP_SCALE_H

#include "sim/work/study.h"

typedef struct ll_scaled {
    int64_t n_chip; /* as rounded */
    int n_change;
    ll_change change[8]; /* of sizes of the topology, and of dp if the study sets it */
} ll_scaled;

/* The study with about n_chip >= 1 chips: a multiple of `unit`, which is tp cp pp of the layout.
 * The text of changes is in mem. Error LL_ERR_CONFIG: the topology is not made of sizes. Not
 * collective. */
ll_status ll_scale_chips(const ll_study *study, int64_t n_chip, int64_t unit, ll_arena *mem,
                         ll_scaled *out, ll_error *err);

/* The batch nearest to `batch` sequences that a layout (tp, cp, pp, micro_batch, interleave and
 * schedule; dp is of n_chip chips) can run; 0: none near it. Pure. */
int64_t ll_scale_batch(const ll_layout *layout, int32_t n_chip, double batch);

#endif
