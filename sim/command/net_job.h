/* The command line of `net`: which collectives, sizes, chips and engines. */
#ifndef LL_COMMAND_NET_JOB_H
#define LL_COMMAND_NET_JOB_H

#include "sim/collective/collective.h"
#include "sim/command/options.h"
#include "sim/step/engines.h"
#include "sim/work/study.h"

enum { LL_NET_SIZES = 128 };

typedef struct ll_net_job {
    int n_what;
    ll_collective what[LL_N_OF_BYTES]; /* [n_what] */
    ll_algorithm algorithm;
    ll_group group;
    int n_size;
    double size_B[LL_NET_SIZES]; /* [n_size] rising */
    ll_rows rows;                /* of a dispatch or a combine; else row_B is 0 */
    ll_engine_list beside;
    bool timing;
} ll_net_job;

/* "8B..1GiBx2": from, to, factor; ".." and "x" may be left out. Adds to job->size_B; id: the option
 * that said so. Error LL_ERR_CONFIG. Not collective. */
ll_status ll_net_sizes_parse(ll_option_id id, const char *word, ll_net_job *job, ll_error *err);

/* --chips, or all chips of the cluster. Error LL_ERR_CONFIG. Not collective. */
ll_status ll_net_chips_parse(const ll_options *opt, const ll_topology *topo, int32_t *out,
                             ll_error *err);

/* Errors: LL_ERR_CONFIG, with what is legal. Not collective. */
ll_status ll_net_job_parse(const ll_options *opt, const ll_study *study, ll_arena *mem,
                           ll_net_job *job, ll_error *err);

#endif
