/* Measured collectives: tables of (collective, chips, size, time), and what the model says to
 * each.
 *
 * Forms, told by their text (sim/validate/measured.h):
 *
 * Comma-separated, with a heading that names the columns, in any order:
 *     op,n,bytes,time_us            all_gather,8,1048576,17.1
 * and, if there, `cluster` (file or name; without it, the caller says which), `algorithm` (one that
 * was forced, as `lineloss list algorithms` has them), `use` (fit or
 * check; a check is shown beside a prediction, never fitted to) and `source`. The rules are
 * those of sim/base/csv.h: a cell with a comma stands in double quotes. bytes may have a unit
 * ("1 MiB").
 *
 * What nccl-tests and rccl-tests print, with whatever a launcher, the library or a shell puts
 * between the lines or before each; several runs may follow each other. The collective is that
 * of "# Collective test starting: all_gather_perf", of a command line with such a word, or of the
 * name of the file (all_gather.txt). Sizes of 0 are skipped, times are those out of place. The
 * number of chips is that of the "#  Rank" lines, and follows from busbw / algbw where they are
 * missing or cut. Rows whose figures contradict each other, and wrong values, are errors.
 *
 * The JSON of nccl-tests (-J); the table of HCCL Test, which needs the number of chips; the tables
 * of aiconfigurator (op_name, nccl_dtype, num_gpus, message_size, latency).
 *
 * Tables of all-reduces by the kernels of frameworks (sim/validate/measured_kernels.c), and of
 * dispatch and combine of tokens (sim/validate/measured_tokens.c).
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
    ll_algorithm algorithm; /* that was forced; AUTO: none */
    int32_t n;              /* chips: the first n of the cluster */
    bool check;
    double size_B, time_s;
    const char *file;
    int line;
    const char *chip;   /* as the table calls it; NULL: it does not say */
    const char *kernel; /* of a framework, that reduced; NULL: a library did */
    bool taken;         /* predicted by such a kernel: it takes this size */
    /* Of a dispatch or a combine: tokens, the library that sent them, and the multiprocessors that
     * it held; 0: as the cluster has it. Of other collectives: 0, "", 0. */
    ll_rows rows;
    const char *library; /* of all-reduces: the framework whose kernel it was */
    int64_t n_multiprocessor;
} ll_point;

typedef struct ll_points {
    int n;
    int64_t cap;
    ll_point *point;  /* [n] in the order of the files, arena */
    int n_untimed;    /* rows left out: their time and rate were printed as 0.00 */
    int n_other;      /* rows left out: they are no transfers of tokens */
    int n_other_chip; /* rows left out by ll_curve_of_chip */
} ll_points;

/* What the caller knows of files that do not say it. */
typedef struct ll_curve_given {
    int32_t n_chip; /* 0: unknown */
} ll_curve_given;

/* Add what the text of a file says. Errors, up to 20, have file, line, what stands there and
 * what is legal. Not collective. */
ll_status ll_curve_parse(const char *file, const char *text, const ll_curve_given *given,
                         ll_arena *mem, ll_points *io, ll_error *err);

/* Read the files on rank 0 and parse them on every rank. Collective. */
ll_status ll_curve_read(int n_file, const char *const *file, const ll_curve_given *given,
                        ll_comm *comm, ll_arena *mem, ll_points *out, ll_error *err);

/* Leave out the points that were measured on other chips, and count them. Error if none is left.
 * Not collective. */
ll_status ll_curve_of_chip(const ll_chip *chip, ll_points *io, ll_error *err);

/* The cluster as a point has it: *cluster, or for tokens and kernels of frameworks a copy in mem
 * with the library of the point; error if it has no such library. Not collective. */
ll_status ll_curve_cluster(const ll_cluster *cluster, const ll_point *p, ll_arena *mem,
                           const ll_cluster **out, ll_error *err);

/* The request that a point stands for; error if the cluster has fewer chips. Not collective. */
ll_status ll_curve_request(const ll_cluster *cluster, const ll_point *p, ll_request *out,
                           ll_error *err);

#endif
