/* Values over which a key of a study is varied, as a user types them:
 *
 *   job.tp=1,2,4,8                   a list
 *   job.pp=1..16                     whole numbers: each
 *   job.global_batch=256..1024+256   from 256 on in steps of 256
 *   chips=64..8192x2                 each twice the one before
 *   cluster.chip.memory_bandwidth=2 TB/s..8 TB/s/4
 *                                    four values, evenly on a logarithmic axis, with both ends
 *
 * A path without a point is of `job` if that has the key: tp=1..8. `chips` is no key of the
 * configuration: it is the number of chips, which scale.h makes of the sizes of the topology. */
#ifndef LL_STEP_OVER_H
#define LL_STEP_OVER_H

#include "sim/work/study.h"

#include <stdbool.h>

typedef struct ll_over {
    const char *path; /* "job.tp"; "chips" */
    bool is_chips;
    const ll_config_entry *entry; /* as the study has it; NULL of chips */
    int64_t n;
    double *value;     /* [n] SI; of words 0 */
    const char **text; /* [n] as they are set */
} ll_over;

/* Most values of one key. */
enum { LL_OVER_MAX = 1 << 20 };

/* Everything lives in mem and borrows from the study. Errors (LL_ERR_CONFIG), beginning with
 * `option text`: no such key, with the nearest; a key that cannot vary; a range that is empty; a
 * value that is not of the kind of the key, or out of its bounds. Not collective. */
ll_status ll_over_parse(const ll_study *study, const char *option, const char *text, ll_arena *mem,
                        ll_over *out, ll_error *err);

/* A value as a user would type it, with its unit and at full precision. In mem. */
const char *ll_typed(ll_kind kind, double value, ll_arena *mem);

#endif
