/* The best layouts of a training study: what a user would try by hand, all of it.
 *
 * A layout is a value of each of LL_PLAN_AXES; dp follows. All that the bounds leave are screened
 * by closed forms (screen.h). Those with the shortest steps that fit the memory are run by engine
 * `closed` with their pipelines, and the best of these by the study's engine with jitter and
 * losses. The study's own layout takes part from there on, if it is within the bounds. Switches
 * that the study has off stay off: the software may not have them.
 */
#ifndef LL_STEP_PLAN_H
#define LL_STEP_PLAN_H

#include "sim/step/over.h"
#include "sim/step/variants.h"

/* Axes of the search: keys of `job`. The last two share what the others cost. */
#define LL_PLAN_AXES(X) \
    X(tp)               \
    X(cp)               \
    X(pp)               \
    X(ep)               \
    X(etp)              \
    X(micro_batch) X(recompute) X(zero) X(overlap_exchange) X(overlap_tp) X(interleave) X(schedule)
typedef enum ll_plan_axis {
#define LL_PLAN_ENUM(name) LL_PLAN_##name,
    LL_PLAN_AXES(LL_PLAN_ENUM)
#undef LL_PLAN_ENUM
        LL_N_PLAN_AXIS
} ll_plan_axis;
extern const char *const ll_plan_axis_names[]; /* "tp", ... */

enum { LL_PLAN_BEST = 10, LL_PLAN_MAX_VALUE = 64, LL_PLAN_MAX_UNFIT = 3 };

/* The values that each axis may have, in ascending order. */
typedef struct ll_plan_space {
    int n[LL_N_PLAN_AXIS];
    int64_t value[LL_N_PLAN_AXIS][LL_PLAN_MAX_VALUE];
} ll_plan_space;

typedef struct ll_planned {
    int64_t value[LL_N_PLAN_AXIS];
    bool own;         /* the layout that the study has */
    double screen_s;  /* step by the screen; 0 of `own` */
    double memory_B;  /* of one that does not fit: by the screen */
    ll_layout layout; /* as structs, dp included */
    ll_stack stack;
    const ll_found *found; /* its run with losses; NULL of one that does not fit */
    /* Cause (index into the ladder) that costs more chips than in the best, by the most, and how
     * many; -1: none. */
    int worse_by;
    double worse_chips;
} ll_planned;

typedef struct ll_plan_result {
    const ll_study *study;
    ll_plan_space space;
    int64_t n_tried, n_legal, n_unfit; /* combinations; legal ones; of these too large for a chip */
    double screen_cpu_s;               /* of the screen, on this rank */
    int n;
    ll_planned *best; /* [n <= LL_PLAN_BEST] the fastest first */
    int n_unfit_best;
    ll_planned unfit[LL_PLAN_MAX_UNFIT]; /* faster than the best by the screen, but too large */
} ll_plan_result;

/* What is searched: over[n_over], which name axes, instead of the default values. Error
 * LL_ERR_CONFIG: another key, or a study that is not of training. Not collective. */
ll_status ll_plan_space_make(const ll_study *study, int n_over, const ll_over *over,
                             ll_plan_space *out, ll_error *err);

/* Everything lives in mem. The same for any number of ranks. Error LL_ERR_CONFIG: no layout is
 * legal, or none fits: says which constraint is the nearest to give. Collective. */
ll_status ll_plan_find(const ll_study *study, const ll_plan_space *space, ll_comm *comm,
                       ll_arena *mem, ll_plan_result *out, ll_error *err);

/* A layout as structs, from its values; the layout that the study has. Pure. */
void ll_planned_lay(const ll_study *study, ll_planned *planned);
void ll_planned_own(const ll_study *study, ll_planned *out);

/* The settings of a layout: changes[LL_N_PLAN_AXIS + 6] of the study, in mem; returns how many. */
int ll_plan_changes(const ll_study *study, const ll_planned *planned, ll_arena *mem,
                    ll_change *out);

#endif
