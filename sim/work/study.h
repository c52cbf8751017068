/* A study: one configuration file, read and checked. */
#ifndef LL_WORK_STUDY_H
#define LL_WORK_STUDY_H

#include "sim/comm/comm.h"
#include "sim/config/config.h"
#include "sim/engine/engine.h"
#include "sim/machine/cluster.h"
#include "sim/model/model.h"
#include "sim/work/layout.h"
#include "sim/work/workload.h"

typedef struct ll_study {
    const char *name;
    const char *doc;
    const char *path;                   /* the file as the user named it */
    const struct ll_study_source *from; /* what it was read from, */
    ll_source source;                   /* and the text that was read: variants read no file */
    int64_t seed;
    const ll_engine_type *engine;
    const void *engine_param; /* of the engine's keys */
    ll_cluster cluster;
    ll_model model;
    const ll_workload_type *workload;
    const void *workload_param; /* of the workload's keys */
    ll_layout layout;
    ll_stack stack;
    unsigned collectives; /* bit c: some transfer is an ll_collective c */
    ll_memory memory;     /* per chip, of the fullest lane; it fits */
    ll_config *config;    /* the effective configuration */
    /* Tasks of pipelines that a search has built before (sim/work/pipeline.h), borrowed; NULL:
     * none. */
    struct ll_pipelines *pipelines;
} ll_study;

enum {
    LL_STUDY_CLUSTER = 1, /* the file must describe a cluster only (commands `net`, `list`) */
    LL_STUDY_WHOLE = 2    /* cluster, model and job */
};

extern const ll_key ll_study_keys[];

/* The same study with another engine, whose keys have their defaults; if it is the study's own, as
 * it is. Not collective. */
ll_study ll_study_with_engine(const ll_study *study, const ll_engine_type *engine, ll_arena *mem);

/* Where a study is read from. */
typedef struct ll_study_source {
    const char *path; /* a file, or the name of a study that is shipped ("nvl72") */
    int n_set;
    const char *const *set; /* [n_set] "path=value" */
    int what;               /* LL_STUDY_CLUSTER or LL_STUDY_WHOLE */
} ll_study_source;

/* Read, parse and check a study. Errors are LL_ERR_CONFIG, all that were found, and the same on
 * every rank. Collective. */
ll_status ll_study_load(const ll_study_source *from, ll_comm *comm, ll_arena *mem, ll_study *out,
                        ll_error *err);

/* The second half of it, which looks at no file: from the source that was read (ll_source_read)
 * with the same path and sets, which the study borrows. Not collective. */
ll_status ll_study_parse(const ll_study_source *from, ll_source source, ll_arena *mem,
                         ll_study *out, ll_error *err);

/* A change of a configuration: the value at a path, or all that is there. */
typedef struct ll_change {
    const char *path;
    const char *text;      /* the value as typed with --set; or NULL: */
    const ll_config *from; /* as it is written in that configuration (ll_config_take) */
} ll_change;

/* The study again with changes: read from the same text, and checked anew. Borrows from `study` and
 * from the changes. Errors are LL_ERR_CONFIG: why there is no such study. Not collective. */
ll_status ll_study_vary(const ll_study *study, int n, const ll_change *change, ll_arena *mem,
                        ll_study *out, ll_error *err);

#endif
