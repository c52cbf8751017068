/* How slow chips are at their tasks.
 *
 * Chips differ by a normal factor each, fixed for the run. A task takes longer by an exponential
 * factor, less its mean: what disturbs a task delays it, and seldom by much. The expected maximum
 * of n exponential delays grows by op_frac * ln 2 for each doubling of n, without bound; normal
 * delays would flatten (sim/machine/cluster.h: ll_jitter).
 *
 * Pure functions of (seed, chip, draw): a chip draws the same wherever it is simulated. */
#ifndef LL_STEP_JITTER_H
#define LL_STEP_JITTER_H

#include "sim/work/study.h"

/* The chips of one replica, lane by lane, and how fast each is. */
typedef struct ll_crew {
    const ll_study *study;
    int64_t n_lane, n_inner;
    int64_t *chip;      /* [n_lane * n_inner] */
    double *speed;      /* [n_lane * n_inner]: 1 + how slow the chip is */
    double *most_speed; /* [n_lane] the largest of them */
} ll_crew;

ll_crew ll_crew_make(const ll_study *study, int64_t n_lane, int64_t n_inner, ll_arena *mem);

/* Put the crew on the chips of a replica. */
void ll_crew_place(ll_crew *crew, int64_t replica);

/* How much longer than priced a task takes on the slowest chip of a lane. draw: of the task, from
 * 1. */
double ll_crew_slowest(const ll_crew *crew, int64_t lane, uint64_t draw);

bool ll_jitter_is_none(const ll_jitter *jitter);

#endif
