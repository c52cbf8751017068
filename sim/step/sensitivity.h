/* What a result hangs on: how much its headline moves if one figure about the world is a tenth
 * smaller or larger, and all others stay.
 *
 * Figures about the world are the numbers of a configuration that want evidence (LL_KEY_FACT), but
 * whole numbers: those are counted, not estimated. A figure of 0 is switched off and stays so. Each
 * key is a row of its own, also where several dimensions hold the same number.
 *
 * Every variant is read and checked anew, from the text that the study was read from, and run by
 * `closed`: what a change does to contention is left out, and with it what acts on contention alone
 * (such as wire.kappa). Chips and passes are all equally fast, so that effects are no noise; but
 * for figures of jitter, which are changed under the same draws, by the first replicas of as many
 * chips as LL_SPEED_MAX_CHIP allows. What a file of an edge list says is not varied. */
#ifndef LL_STEP_SENSITIVITY_H
#define LL_STEP_SENSITIVITY_H

#include "sim/step/speed.h"

/* One side of a row: the figure made smaller, or larger. */
typedef struct ll_side {
    double value;       /* SI; within the bounds of its key */
    bool clipped;       /* by them, so it is less than change_frac away */
    double effect_frac; /* headline over that of the study, less 1: positive is faster */
    const char *why;    /* NULL, or why there is no such study, and the effect is 0 */
} ll_side;

typedef struct ll_sensitivity_row {
    const ll_config_entry *entry; /* key, text, value, evidence; of study->config */
    ll_side minus, plus;
    double effect_frac; /* the larger of the two, without its sign */
} ll_sensitivity_row;

typedef struct ll_sensitivity {
    double change_frac;        /* 0.1 */
    const ll_metric *headline; /* what the effects are of: more is better */
    ll_speed base;             /* of the study, by `closed`, without jitter */
    int n;                     /* figures with an effect, or with a side that cannot be */
    ll_sensitivity_row *row;   /* [n] by effect_frac, the largest first; then by path */
    int n_tried;               /* figures that were varied: rows, and those without effect */
    int n_zero, n_whole;       /* figures that were not: 0, or whole numbers */
} ll_sensitivity;

/* One line for reports: what `closed` leaves out of these effects, and of those of effects.h. */
extern const char *const ll_closed_leaves_out;

/* study: as ll_study_load has it. Everything lives in mem. The same for any number of ranks, which
 * share the variants. Errors: the study itself cannot be run. Collective. */
ll_status ll_sensitivity_find(const ll_study *study, ll_comm *comm, ll_arena *mem,
                              ll_sensitivity *out, ll_error *err);

#endif
