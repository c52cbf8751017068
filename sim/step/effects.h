/* Which differences between studies matter: each key in which another study differs from the first
 * is given the other's value in the first, alone, and the headline of that is compared.
 *
 * A key that cannot be changed alone (a dimension more, a size that the batch does not divide by)
 * moves with the smallest group of keys that can; a group moves with all its keys, also those that
 * were changed alone, so effects do not add up. By `closed`, without jitter but for the keys of
 * jitter and for `seed`, as in sensitivity.h. Nothing is left out: what cannot be changed
 * says why. */
#ifndef LL_STEP_EFFECTS_H
#define LL_STEP_EFFECTS_H

#include "sim/step/speed.h"

/* What the value of study k does to the first study. */
typedef struct ll_effect {
    bool differs;       /* from the first study; if not, the rest is empty */
    double effect_frac; /* headline of the first study with it over that without, less 1; 0 if it
                           was not changed alone */
    const char *group;  /* NULL: changed alone; else the row of the group that it moves with */
    const char *why;    /* why it could not be changed alone, or was not run at all; else NULL */
} ll_effect;

typedef struct ll_effects_row {
    const char *path; /* "cluster.chip.memory_bandwidth"; of a group, its name: "fabric" */
    bool is_group;
    const char *const *text; /* [n_study] as typed; NULL: that study has no such key. Of a group:
                                all NULL */
    const ll_effect *effect; /* [n_study]; that of the first differs in nothing */
    double effect_frac;      /* the largest of them, without its sign */
} ll_effects_row;

typedef struct ll_effects {
    int n_study;
    const ll_metric *headline; /* what the effects are of: more is better */
    int n;
    ll_effects_row *row;      /* [n] by effect_frac, the largest first; then by path */
    double threshold_frac;    /* 0.005 */
    int n_below;              /* keys that were changed alone by all, and move less than that */
    const double *total_frac; /* [n_study] headline over that of the first, less 1: all together */
} ll_effects;

/* The groups, and what each holds: for reports. Ended by a name of NULL. */
typedef struct ll_effect_group {
    const char *name; /* "fabric" */
    const char *doc;  /* "topology, its software and its links" */
} ll_effect_group;
extern const ll_effect_group ll_effect_groups[];

/* study: [n], as ll_study_load has them. Everything lives in mem, and borrows from the studies. The
 * same for any number of ranks, which share the variants. Errors: one of the studies cannot be run.
 * Collective. */
ll_status ll_effects_find(int n, const ll_study *study, ll_comm *comm, ll_arena *mem,
                          ll_effects *out, ll_error *err);

#endif
