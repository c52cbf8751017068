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
    const struct ll_study_source *from; /* path and settings that it was read from */
    ll_source source; /* the text that was read; variants are parsed from it, not from files */
    int64_t seed;
    const ll_engine_type *engine;
    const void *engine_param; /* values of the engine's keys */
    ll_cluster cluster;
    ll_model model;
    const ll_workload_type *workload;
    const void *workload_param; /* values of the workload's keys */
    ll_layout layout;
    ll_stack stack;
    ll_server server;     /* of inference */
    unsigned collectives; /* bit c: the job has a transfer of ll_collective c */
    ll_memory memory;     /* per chip, of the fullest lane; checked to fit */
    ll_config *config;    /* the effective configuration */
    /* Cache of pipeline tasks (sim/work/pipeline.h), borrowed; NULL: none. */
    struct ll_pipelines *pipelines;
} ll_study;

/* Whether it is of inference: it has a server, and no training software. */
static inline bool ll_study_serves(const ll_study *study)
{
    return study->workload && study->workload->lay;
}

enum {
    LL_STUDY_CLUSTER = 1, /* the file must describe a cluster only (commands `net`, `list`) */
    LL_STUDY_WHOLE = 2    /* cluster, model and job */
};

extern const ll_key ll_study_keys[];

/* The same study with another engine, whose keys have their defaults. The study's own engine keeps
 * its keys. Not collective. */
ll_study ll_study_with_engine(const ll_study *study, const ll_engine_type *engine, ll_arena *mem);

/* Where a study is read from, as the user gives it. */
typedef struct ll_study_source {
    const char *path; /* a file, or the name of a shipped study ("nvl72") */
    int n_set;
    const char *const *set; /* [n_set] "path=value" */
    int what;               /* LL_STUDY_CLUSTER or LL_STUDY_WHOLE */
} ll_study_source;

/* Read, parse and check a study. Error LL_ERR_CONFIG with all faults that were found, the same on
 * every rank. Collective. */
ll_status ll_study_load(const ll_study_source *from, ll_comm *comm, ll_arena *mem, ll_study *out,
                        ll_error *err);

/* The second half of ll_study_load, without files: parse and check a source that ll_source_read has
 * read for the same path and settings. The study borrows both. Error LL_ERR_CONFIG. Not collective.
 */
ll_status ll_study_parse(const ll_study_source *from, ll_source source, ll_arena *mem,
                         ll_study *out, ll_error *err);

/* A change of a configuration at a path: a new value, or the value or group of another
 * configuration. */
typedef struct ll_change {
    const char *path;
    const char *text;      /* the value as typed with --set; or NULL: */
    const ll_config *from; /* take what that configuration has at the path (ll_config_take) */
} ll_change;

/* Make a variant: parse the same text with changes, and check it again. It borrows from `study` and
 * from the changes. Error LL_ERR_CONFIG if the changed study is illegal, with the reason. Not
 * collective. */
ll_status ll_study_vary(const ll_study *study, int n, const ll_change *change, ll_arena *mem,
                        ll_study *out, ll_error *err);

/* The same study with another layout and other software, as structs and without text, for
 * searches. It borrows from `study`, whose `config` it keeps. layout->dp may be 0. False: it is not
 * legal or does not fit, and why is added to `why`, which may be NULL. Not collective. */
bool ll_study_lay(const ll_study *study, const ll_layout *layout, const ll_stack *stack,
                  ll_arena *mem, ll_study *out, ll_faults *why);

#endif
