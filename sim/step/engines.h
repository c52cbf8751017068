/* One study by several engines: each checks the others. */
#ifndef LL_STEP_ENGINES_H
#define LL_STEP_ENGINES_H

#include "sim/step/result.h"

typedef struct ll_engine_list {
    int n;
    const ll_engine_type *engine[LL_MAX_BESIDE];
} ll_engine_list;

/* "closed,packet". Error LL_ERR_CONFIG if one is unknown or named twice. Not collective. */
ll_status ll_engine_list_parse(const char *names, ll_engine_list *out, ll_error *err);

/* Error LL_ERR_CONFIG if the list has nothing but the engine of the study. Not collective. */
ll_status ll_engine_list_other(const ll_engine_list *list, const ll_engine_type *own,
                               ll_error *err);

/* Fills result->beside: the study again by each engine of the list. result: of the study's own
 * engine. Collective. */
ll_status ll_beside_run(const ll_study *study, const ll_engine_list *list, ll_comm *comm,
                        ll_arena *mem, ll_result *result, ll_error *err);

#endif
