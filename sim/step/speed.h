/* How fast a study is, and nothing else: without losses and transfers, by `closed`, in tens of
 * microseconds. For whoever runs hundreds of variants of one study. */
#ifndef LL_STEP_SPEED_H
#define LL_STEP_SPEED_H

#include "sim/work/study.h"

#include <stdbool.h>

/* Chips that draw a speed for each of their tasks, at most: beyond them the first whole replicas
 * that these chips hold stand for all (at least one). */
enum { LL_SPEED_MAX_CHIP = 4096 };

typedef struct ll_speed {
    double iteration_s;
    double headline; /* the workload's figure of that name */
} ll_speed;

/* jitter: with the draws of the study's seed; else chips and passes are all equally fast.
 * Collective. */
ll_status ll_speed_find(const ll_study *study, bool jitter, ll_comm *comm, ll_arena *mem,
                        ll_speed *out, ll_error *err);

/* A study with changes, and what came of it. */
typedef struct ll_variant {
    int n_change;
    const ll_change *change; /* [n_change] */
    bool jitter;
    ll_speed speed; /* found; 0 if the study is refused */
    char why[320];  /* found; "", or why it is refused */
} ll_variant;

/* Run them all: ranks share those without jitter, and run the others together. `name` is for the
 * progress line. The same on every rank and for any number of ranks. Collective. */
void ll_variants_run(const ll_study *study, const char *name, int n, ll_variant *variant,
                     ll_comm *comm);

/* The figure of the workload that headlines are about. */
const ll_metric *ll_headline(const ll_study *study);

/* Of a sample. sd: standard deviation, over n - 1; of one it is 0. */
typedef struct ll_moments {
    double mean, min, max, sd;
} ll_moments;

/* How far apart the results of several seeds are, by `closed`. */
typedef struct ll_seed_spread {
    int n; /* seeds: that of the study, and those that follow it */
    ll_moments iteration_s, headline;
    int32_t n_chip; /* that drew: not all on very large clusters, which spread less than these */
} ll_seed_spread;

/* Prices do not depend on the seed: `closed` prices once, and n_seed >= 1 iterations are run. No
 * jitter: all are equal. Collective. */
ll_status ll_seed_spread_find(const ll_study *study, int n_seed, ll_comm *comm, ll_arena *mem,
                              ll_seed_spread *out, ll_error *err);

#endif
