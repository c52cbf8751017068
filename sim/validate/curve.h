/* Measured collectives: tables of (collective, chips, size, time), and what the model says to
 * each.
 *
 * Two kinds of text are read; which one is seen from its first line that is not a comment.
 *
 * Comma-separated, with a heading that names the columns, in any order:
 *     op,n,bytes,time_us            all_gather,8,1048576,17.1
 * and, if there, `cluster` (file or name; without it, the caller says which), `use` (fit or
 * check; a check is shown beside a prediction, never fitted to) and `source`. The rules are
 * those of sim/base/csv.h: a cell with a comma stands in double quotes. bytes may have a unit
 * ("1 MiB").
 *
 * What nccl-tests prints. The lines with figures begin with the size; where the time stands is
 * found in the heading ("#  size  count  type ... time"), of which the first is out of place.
 * The number of chips is the number of "#  Rank" lines, the collective is in "# Collective test
 * starting: all_gather_perf", or else in the name of the file (all_gather.txt). Sizes of 0 are
 * skipped.
 *
 * Sizes are those of nccl-tests, see sim/collective/collective.h.
 */
#ifndef LL_SIM_VALIDATE_CURVE_H
#define LL_SIM_VALIDATE_CURVE_H

#include "sim/collective/collective.h"
#include "sim/work/study.h"

typedef struct ll_point {
    const char *cluster, *source; /* "" if the table does not say */
    ll_collective collective;
    int32_t n; /* chips: the first n of the cluster */
    bool check;
    double size_B, time_s;
    const char *file;
    int line;
} ll_point;

typedef struct ll_points {
    int n;
    int64_t cap;
    ll_point *point; /* [n] in the order of the files, arena */
} ll_points;

/* Add what the text of a file says. Errors, up to 20, have file, line, what stands there and
 * what is legal. Not collective. */
ll_status ll_curve_parse(const char *file, const char *text, ll_arena *mem, ll_points *io,
                         ll_error *err);

/* Read the files on rank 0 and parse them on every rank. Collective. */
ll_status ll_curve_read(int n_file, const char *const *file, ll_comm *comm, ll_arena *mem,
                        ll_points *out, ll_error *err);

/* The request that a point stands for; error if the cluster has fewer chips. Not collective. */
ll_status ll_curve_request(const ll_cluster *cluster, const ll_point *p, ll_request *out,
                           ll_error *err);

#endif
