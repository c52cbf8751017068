/* What a collective costs on the cluster of a study, by the engine of the study. */
#ifndef LL_STEP_PRICE_H
#define LL_STEP_PRICE_H

#include "sim/collective/collective.h"
#include "sim/work/study.h"

/* Cost of a plan on the study's cluster, priced by its engine, every group at once. Collective. */
ll_status ll_collective_time(const ll_study *study, const ll_plan *plan, ll_comm *comm,
                             ll_arena *mem, ll_cost *out, ll_error *err);

/* The same, and what the engine did: all rounds merged, no times. Collective. */
ll_status ll_collective_work(const ll_study *study, const ll_plan *plan, ll_comm *comm,
                             ll_arena *mem, ll_cost *out, ll_price *work, ll_error *err);

#endif
