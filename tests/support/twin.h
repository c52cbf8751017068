/* The slow twin of a varied study: a study loaded from its files with the values set as on the
 * command line, and run as a whole by `closed`. */
#ifndef LL_TESTS_SUPPORT_TWIN_H
#define LL_TESTS_SUPPORT_TWIN_H

#include "sim/step/result.h"
#include "sim/work/study.h"

enum { TWIN_MAX_SET = 8 };

typedef struct twin_env {
    ll_arena *mem;
    ll_comm *world, *self;
} twin_env;

static inline bool twin_equal(double a, double b) { return !(a < b) && !(a > b); }

/* A shipped study with n_set settings. Stops the test if it is refused. */
static inline ll_study twin_load(const twin_env *e, const char *name, int n_set,
                                 const char *const *set)
{
    ll_study study = {0};
    ll_error err;
    ll_error_init(&err);
    const ll_study_source from = {name, n_set, set, LL_STUDY_WHOLE};
    const ll_status status = ll_study_load(&from, e->self, e->mem, &study, &err);
    LL_ASSERT(status == LL_OK, "%s", err.text);
    return study;
}

/* The headline figure of the study with n_set settings, with or without jitter; 0 if it is
 * refused. */
static inline double twin_run(const twin_env *e, const char *name, int n_set,
                              const char *const *set, bool jitter)
{
    const char *sets[TWIN_MAX_SET + 3] = {"engine.type=closed"};
    const ll_arena_mark mark = ll_arena_here(e->mem);
    ll_study study;
    ll_error err;
    double headline = 0;
    int n = 1;
    ll_error_init(&err);
    LL_ASSERT(n_set <= TWIN_MAX_SET, "%d settings", n_set);
    for (int i = 0; i < n_set; i++)
        sets[n++] = set[i];
    if (!jitter) sets[n++] = "cluster.jitter.op=0";
    if (!jitter) sets[n++] = "cluster.jitter.chip=0";
    const ll_study_source from = {name, n, sets, LL_STUDY_WHOLE};
    if (ll_study_load(&from, e->self, e->mem, &study, &err) == LL_OK) {
        ll_result *result = ll_arena_new(e->mem, ll_result);
        const ll_status status = ll_run(&study, e->self, e->mem, result, &err);
        LL_ASSERT(status == LL_OK, "%s", err.text);
        headline = ll_result_metric(result, study.workload->headline);
    }
    ll_arena_release(e->mem, mark);
    return headline;
}

#endif
