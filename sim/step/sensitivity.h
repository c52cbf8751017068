/* Sensitivity: how much the headline of a result moves if one figure of its configuration is 10 %
 * smaller or larger, and all others stay.
 *
 * Varied are the numbers that need evidence (LL_KEY_FACT), such as bandwidths and latencies. Whole
 * numbers are not: they are counted, not estimated. A figure of 0 is switched off and stays so.
 * Each key is a row of its own, also where several dimensions have the same number.
 *
 * Every variant is read and checked anew, from the text that the study was read from, and run by
 * `closed`: what a change does to contention is left out, and with it what acts on contention alone
 * (such as wire.kappa). There is no jitter, so that effects are not noise. Only figures of jitter
 * are varied with it, by the same draws before and after, on the first replicas that
 * LL_SPEED_MAX_CHIP chips hold. Served requests are run by formula where one can be
 * (ll_workload_type.quick). Rates in an edge list file are not varied. */
#ifndef LL_STEP_SENSITIVITY_H
#define LL_STEP_SENSITIVITY_H

#include "sim/step/variants.h"

/* One side of a row: the figure made smaller, or larger. */
typedef struct ll_side {
    double value;       /* in SI units; within the bounds of its key */
    bool clipped;       /* a bound made the change smaller than change_frac */
    double effect_frac; /* headline over that of the study, less 1: 0.02 is 2 % faster */
    const char *why;    /* NULL, or why such a study is illegal; effect_frac is 0 then */
} ll_side;

typedef struct ll_sensitivity_row {
    const ll_config_entry *entry; /* key, text, value, evidence; of study->config */
    ll_side minus, plus;
    double effect_frac; /* the larger of the two sides, without sign */
} ll_sensitivity_row;

typedef struct ll_sensitivity {
    double change_frac;        /* 0.1 */
    const ll_metric *headline; /* what the effects are of: more is better */
    ll_speed base;             /* of the study, by `closed`, without jitter */
    int n;                     /* figures with an effect, or with an illegal side */
    ll_sensitivity_row *row;   /* [n] by effect_frac, the largest first; then by path */
    int n_tried;               /* figures that were varied, those without effect included */
    int n_zero, n_whole;       /* figures that were not varied: 0, or whole numbers */
} ll_sensitivity;

/* One line for reports: what `closed` leaves out of these effects, and of those of effects.h. */
extern const char *const ll_closed_leaves_out;

/* study: as ll_study_load fills it. Everything lives in mem. Ranks share the variants; the result
 * is the same for any number of ranks. Error: that of a study that cannot be run itself.
 * Collective. */
ll_status ll_sensitivity_find(const ll_study *study, ll_comm *comm, ll_arena *mem,
                              ll_sensitivity *out, ll_error *err);

#endif
