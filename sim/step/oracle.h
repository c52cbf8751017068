/* The oracle of a study: answers a workload's clock, which asks for the time of iterations of one
 * shape after another.
 *
 * An iteration is built, priced and run as it really is. What was asked before is known, by the
 * bytes of the shape; and equal transfers of different iterations are priced once, by the pricer.
 */
#ifndef LL_STEP_ORACLE_H
#define LL_STEP_ORACLE_H

#include "sim/step/price.h"

typedef struct ll_answers ll_answers;

/* typical_s: the answer to shape NULL. The pricer is borrowed. */
ll_answers *ll_answers_create(const ll_study *study, ll_pricer *pricer, double typical_s,
                              ll_comm *comm, ll_arena *mem);
ll_oracle ll_answers_oracle(ll_answers *answers);

typedef struct ll_answers_use {
    int64_t n_asked, n_run; /* iterations asked for; run, as they were not known */
} ll_answers_use;
ll_answers_use ll_answers_use_of(const ll_answers *answers);

void ll_answers_destroy(ll_answers *answers);

/* Runs the workload's clock. value: [its metrics], at most LL_MAX_METRIC. Collective. */
ll_status ll_figures_find(const ll_study *study, ll_pricer *pricer, double typical_s, ll_comm *comm,
                          ll_arena *mem, double *value, ll_error *err);

#endif
