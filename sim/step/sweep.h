/* A sweep: one study at many values of some of its keys, each point run as a whole.
 *
 * Several keys make the product of their values, the last one varying fastest, or go together
 * (zip). If `chips` is one of them, the cluster is scaled (scale.h), and with it the work, in one
 * or both of two ways: weak scaling has the same number of sequences (or requests) for each chip,
 * strong scaling the same number in all; either is rounded to what the layout can run. */
#ifndef LL_STEP_SWEEP_H
#define LL_STEP_SWEEP_H

#include "sim/step/over.h"
#include "sim/step/variants.h"

typedef enum ll_scaling { LL_SCALING_NONE, LL_SCALING_WEAK, LL_SCALING_STRONG } ll_scaling;
extern const char *const ll_scaling_names[]; /* "none", "weak", "strong" */

/* More points than this are refused, with the time that they would take. */
enum { LL_SWEEP_MAX = 100000, LL_SWEEP_MAX_OVER = 6 };

typedef struct ll_sweep_point {
    ll_scaling scaling;
    int64_t at[LL_SWEEP_MAX_OVER]; /* which value of each key */
    int64_t n_chip;                /* as the cluster was scaled; 0: it was not */
    const ll_found *found;
} ll_sweep_point;

typedef struct ll_sweep {
    const ll_study *study;
    int n_over;
    const ll_over *over; /* [n_over] */
    int n;
    ll_sweep_point *point; /* [n] */
    int n_same;            /* points left out, as rounding made them equal to one before */
} ll_sweep;

typedef struct ll_sweep_how {
    int n_over;
    const ll_over *over; /* [n_over], 1 to LL_SWEEP_MAX_OVER */
    bool zip;
    bool weak, strong; /* if chips vary: which curves; at least one */
    ll_extent extent;
    const ll_batch_store *store; /* NULL: none */
} ll_sweep_how;

/* Everything lives in mem. A point that cannot be run says
 * why in its place. Errors (LL_ERR_CONFIG): one key twice, zipped keys with unequal numbers of
 * values, chips that cannot vary, too many points. Ranks share the points; the result is the same
 * for any number of ranks. Collective. */
ll_status ll_sweep_run(const ll_study *study, const ll_sweep_how *how, ll_comm *comm, ll_arena *mem,
                       ll_sweep *out, ll_error *err);

#endif
