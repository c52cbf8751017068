/* Which differences between studies matter: each key in which another study differs from the first
 * is set to the other's value in the first study, alone, and the headline figures before and after
 * are compared.
 *
 * A key that cannot be changed alone (one more dimension, a dp that does not divide the batch) is
 * changed with the first group of ll_effect_groups with which the study is legal. A group changes
 * all its keys, also those that were changed alone, and differences may cancel: effects do not add
 * up to that of all keys together. A key that only one of two studies has is never changed alone.
 *
 * As in sensitivity.h, all of it runs by engine `closed`, with jitter only for the keys of jitter
 * and for `seed`; so keys of the engine have no effect and are not run. Every difference has a row:
 * one that was not changed alone says why. */
#ifndef LL_STEP_EFFECTS_H
#define LL_STEP_EFFECTS_H

#include "sim/step/variants.h"

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
    /* Headline of the first study with the other's value, over its own, less 1: 0.02 is 2 % faster.
     * 0 if the key was not changed alone. */
    double effect_frac;
    /* that it was changed with; NULL: it was changed alone, or not run */
    const ll_effect_group *group;
    const char *why; /* why it could not be changed alone, or was not run; NULL: it was */
} ll_effect;

typedef struct ll_effects_row {
    const char *path;   /* "cluster.chip.memory_bandwidth"; of a group, its name */
    bool is_group;      /* a row for a group exists if some key was changed with it */
    const char **text;  /* [n_study] as typed; NULL: no such key. Of a group: all NULL */
    ll_effect *effect;  /* [n_study]; the first differs in nothing */
    double effect_frac; /* the largest of effect[], without sign */
} ll_effects_row;

typedef struct ll_effects {
    int n_study;
    const ll_metric *headline; /* what the effects are of: more is better */
    int n;
    ll_effects_row *row;   /* [n] by effect_frac, the largest first; then by path */
    double threshold_frac; /* 0.005 */
    int n_below; /* keys changed alone in all studies, with an effect below the threshold */
    /* [n_study] headline over that of the first, less 1: all differences together */
    double *total_frac;
} ll_effects;

/* study: [n], as ll_study_load fills them, all of the same workload; each is compared with the
 * first. Everything lives in mem, and borrows from the studies. The same for any number of ranks,
 * which share the variants. Error: that of a study that cannot be run. Collective. */
ll_status ll_effects_find(int n, const ll_study *study, ll_comm *comm, ll_arena *mem,
                          ll_effects *out, ll_error *err);

#endif
