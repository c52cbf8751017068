/* The oracle of a study: a workload with a clock of its own (ll_workload_type.clock) asks it how
 * long an iteration of a given shape takes.
 *
 * An iteration is built, priced and executed with nothing idealised. Answers are memoised by the
 * bytes of the shape, and the pricer prices equal transfers of different iterations once. */
#ifndef LL_STEP_ORACLE_H
#define LL_STEP_ORACLE_H

#include "sim/step/price.h"

typedef struct ll_answers ll_answers;

/* typical_s: time of the iteration that the loss ladder is about; the answer to shape NULL. The
 * pricer is borrowed. */
ll_answers *ll_answers_create(const ll_study *study, ll_pricer *pricer, double typical_s,
                              ll_comm *comm, ll_arena *mem);
ll_oracle ll_answers_oracle(ll_answers *answers);

typedef struct ll_answers_use {
    int64_t n_asked, n_run; /* iterations asked for, and those that had to be run */
} ll_answers_use;
ll_answers_use ll_answers_use_of(const ll_answers *answers);

void ll_answers_destroy(ll_answers *answers);

/* Runs the workload's clock, and fills the workload's figures. value: [n_metric <= LL_MAX_METRIC],
 * in the order and units of ll_workload_type.metric. Collective. */
ll_status ll_figures_find(const ll_study *study, ll_pricer *pricer, double typical_s, ll_comm *comm,
                          ll_arena *mem, double *value, ll_error *err);

#endif
