/* Only the speed of a study, by engine `closed`, without losses and transfers: tens of microseconds
 * instead of a whole run. Batches of variants are run so: variants.h. */
#ifndef LL_STEP_SPEED_H
#define LL_STEP_SPEED_H

#include "sim/step/price.h"

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

/* The study as such searches run it: by engine `closed`, with or without jitter. In mem. */
const ll_study *ll_speed_study(const ll_study *study, bool jitter, ll_arena *mem);

/* The study as it is, by its own engine and with its own jitter. pricer: of a study with the same
 * fabric and engine, which prices equal transfers once; NULL: none. max_chip: chips with jitter of
 * their own, as LL_SPEED_MAX_CHIP; 0: all. Errors: as above. Collective. */
ll_status ll_speed_run(const ll_study *study, ll_pricer *pricer, int64_t max_chip, ll_comm *comm,
                       ll_arena *mem, ll_speed *out, ll_error *err);

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
