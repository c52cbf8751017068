/* One study by several engines: each checks the others. */
#ifndef LL_STEP_ENGINES_H
#define LL_STEP_ENGINES_H

#include "sim/step/result.h"

typedef struct ll_engine_list {
    int n;
    const ll_engine_type *engine[LL_MAX_BESIDE];
} ll_engine_list;

/* Parse the value of --beside, such as "closed,packet". Error LL_ERR_CONFIG if an engine is unknown
 * or given twice. Not collective. */
ll_status ll_engine_list_parse(const char *names, ll_engine_list *out, ll_error *err);

/* Error LL_ERR_CONFIG if the list has no engine but the study's own. Not collective. */
ll_status ll_engine_list_other(const ll_engine_list *list, const ll_engine_type *own,
                               ll_error *err);

/* Runs the study by each engine of the list, and fills result->beside. result: found by the study's
 * own engine. Errors: those of ll_run. Collective. */
ll_status ll_beside_run(const ll_study *study, const ll_engine_list *list, ll_comm *comm,
                        ll_arena *mem, ll_result *result, ll_error *err);

#endif
