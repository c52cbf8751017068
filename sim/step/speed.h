/* Only the speed of a study, by engine `closed`, without losses and transfers: tens of microseconds
 * instead of a whole run. For callers that run hundreds of variants of one study. */
#ifndef LL_STEP_SPEED_H
#define LL_STEP_SPEED_H

#include "sim/work/study.h"

#include <stdbool.h>

/* Chips with jitter of their own, at most. On larger clusters the first whole replicas that fit
 * into this many chips (at least one) stand for all. */
enum { LL_SPEED_MAX_CHIP = 4096 };

typedef struct ll_speed {
    double iteration_s;
    double headline;             /* value of ll_headline, such as tokens/s */
    double value[LL_MAX_METRIC]; /* all figures of the workload */
} ll_speed;

/* jitter: true: as drawn by the study's seed; false: all chips and tasks are equally fast. Errors:
 * those of pricing and of the workload's clock. Collective. */
ll_status ll_speed_find(const ll_study *study, bool jitter, ll_comm *comm, ll_arena *mem,
                        ll_speed *out, ll_error *err);

/* A study with changes, and its speed. */
typedef struct ll_variant {
    int n_change;
    const ll_change *change; /* [n_change] */
    bool jitter;
    ll_speed speed; /* result; 0 if the changed study is illegal */
    char why[320];  /* result; "", or why it is illegal */
} ll_variant;

/* Run variant[n]: ranks share those without jitter, and run the others together. `name` is shown in
 * the progress line. The results are the same on every rank and for any number of ranks.
 * Collective. */
void ll_variants_run(const ll_study *study, const char *name, int n, ll_variant *variant,
                     ll_comm *comm);

/* The setting with which searches run the workload (ll_workload_type.quick), in mem; false: none.
 */
bool ll_quick_change(const ll_study *study, ll_arena *mem, ll_change *out);

/* The figure of the workload that says how fast it is: more is better. */
const ll_metric *ll_headline(const ll_study *study);

/* Of a sample. sd: standard deviation with n - 1; 0 for a sample of one. */
typedef struct ll_moments {
    double mean, min, max, sd;
} ll_moments;

/* Spread of the results over several seeds, by engine `closed`. */
typedef struct ll_seed_spread {
    int n; /* number of seeds: the study's own, and the next ones */
    ll_moments iteration_s, headline;
    int32_t n_chip; /* chips with jitter; on larger clusters the real spread is smaller */
} ll_seed_spread;

/* Prices once, as prices do not depend on the seed, and runs n_seed >= 1 iterations. Without jitter
 * in the study all are equal. Collective. */
ll_status ll_seed_spread_find(const ll_study *study, int n_seed, ll_comm *comm, ll_arena *mem,
                              ll_seed_spread *out, ll_error *err);

#endif
