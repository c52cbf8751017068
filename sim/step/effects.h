/* Which differences between studies matter: each key in which another study differs from the first
 * is given the other's value in the first, alone, and the headline of that is compared.
 *
 * A key that cannot be changed alone (a dimension more, a size that the batch does not divide by)
 * moves with the first group of ll_effect_groups that can. A group moves with all its keys, also
 * with those that were changed alone, and one difference may make up for another: effects do not
 * add up to that of all of them. A key that only one of two studies has is never changed alone.
 *
 * By `closed`, without jitter but for the keys of jitter and for `seed`, as in sensitivity.h; so
 * keys of the engine are not run. Nothing is left out: what was not changed alone says why. */
#ifndef LL_STEP_EFFECTS_H
#define LL_STEP_EFFECTS_H

#include "sim/step/speed.h"

/* A group of keys that can move as one, small groups first; the last is all keys but those of the
 * engine, and the seed. */
typedef struct ll_effect_group {
    const char *name; /* "fabric"; NULL ends the list */
    const char *doc;  /* "topology, its software and its link rates" */
    unsigned parts;   /* of the configuration */
} ll_effect_group;
extern const ll_effect_group ll_effect_groups[];

/* What the value of study k does to the first study. */
typedef struct ll_effect {
    bool differs; /* from the first study; if not, the rest is empty */
    /* Headline of the first study with it over that without, less 1: positive is faster. 0 if it
     * was not changed alone. */
    double effect_frac;
    const ll_effect_group *group; /* that it moves with; NULL: it was changed alone, or not run */
    const char *why; /* why it could not be changed alone, or was not run; NULL: it was */
} ll_effect;

typedef struct ll_effects_row {
    const char *path;   /* "cluster.chip.memory_bandwidth"; of a group, its name */
    bool is_group;      /* which exists if some key moves with it */
    const char **text;  /* [n_study] as typed; NULL: no such key. Of a group: all NULL */
    ll_effect *effect;  /* [n_study]; the first differs in nothing */
    double effect_frac; /* the largest of them, without its sign */
} ll_effects_row;

typedef struct ll_effects {
    int n_study;
    const ll_metric *headline; /* what the effects are of: more is better */
    int n;
    ll_effects_row *row;   /* [n] by effect_frac, the largest first; then by path */
    double threshold_frac; /* 0.005 */
    int n_below;           /* keys that were changed alone in all studies, and move less than it */
    double *total_frac;    /* [n_study] headline over that of the first, less 1: by all together */
} ll_effects;

/* study: [n], as ll_study_load has them, of one workload. Everything lives in mem, and borrows from
 * the studies. The same for any number of ranks, which share the variants. Errors: one of the
 * studies cannot be run. Collective. */
ll_status ll_effects_find(int n, const ll_study *study, ll_comm *comm, ll_arena *mem,
                          ll_effects *out, ll_error *err);

#endif
