/* Jitter: by how much chips and tasks are slower than priced, and so how long stragglers make
 * everybody wait.
 *
 * Each chip has a speed of its own, normally distributed and fixed for the run. Each task has an
 * exponentially distributed delay on each chip, less its mean, so that the mean time of a task
 * stays as priced. The expected maximum of n exponential delays grows by op_frac * ln 2 for each
 * doubling of n, without bound; normal delays would flatten (sim/machine/cluster.h: ll_jitter).
 *
 * Pure functions of (seed, chip, draw): a chip draws the same wherever it is simulated. */
#ifndef LL_STEP_JITTER_H
#define LL_STEP_JITTER_H

#include "sim/work/study.h"

/* The chips of one replica, lane by lane, and how slow each is. */
typedef struct ll_crew {
    const ll_study *study;
    int64_t n_lane, n_inner;
    int64_t *chip;      /* [n_lane * n_inner] */
    double *speed;      /* [n_lane * n_inner]: 1 + relative slowness of the chip; 1.01: 1 % slow */
    double *most_speed; /* [n_lane] the largest of its lane: that of its slowest chip */
} ll_crew;

ll_crew ll_crew_make(const ll_study *study, int64_t n_lane, int64_t n_inner, ll_arena *mem);

/* Fills chip and speed for that replica. */
void ll_crew_place(ll_crew *crew, int64_t replica);

/* Time of a task on the slowest chip of a lane, over its price: 1.1 is 10 % longer. draw: number of
 * the task's draw, from 1. */
double ll_crew_slowest(const ll_crew *crew, int64_t lane, uint64_t draw);

bool ll_jitter_is_none(const ll_jitter *jitter);

#endif
