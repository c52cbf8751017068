/* Predictions beside published measurements: rows, their errors, and statistics of the errors.
 *
 * A row is a study, a list of settings over it, and what was measured:
 *
 *   quantity                 measured is ...
 *   step s                   the time of a step
 *   tokens/s/chip            the step follows from the tokens of a step
 *   TFLOP/s/chip CONVENTION  the step follows from its work, counted as the source counts:
 *     full+recompute           all scores, forward pass twice (Narayanan et al. 2021, eq. 3)
 *     full                     all scores, nothing twice
 *     causal                   the lower triangle of the scores, nothing twice
 *   busbw COLLECTIVE SIZE    GB/s as nccl-tests counts, among all chips; gives a time
 *   layer forward ms, layer backward ms   of one layer and micro-batch, transfers included
 *   fits                     1 or 0: whether the layout ran, or ran out of memory
 *   activations GB           of the fullest stage of a pipeline
 *   figure NAME              a rate that the workload reports, such as tokens_per_s_per_chip
 *
 * Errors are predicted over measured time, minus one, in percent: below zero the prediction is too
 * fast. A row may name other settings that its source leaves open (`otherwise`): it is also
 * predicted with each of them, which shows how much depends on the assumption; only the first
 * prediction counts. Rows of the group "open20" are the yardstick. An id counts once: if it has
 * several lines, its error is the median of their absolute errors, with the sign of most of them.
 * Lines of the groups "layer" and "memory" are counted separately; those of group "not_modelled"
 * are listed and not run. */
#ifndef LL_SIM_VALIDATE_VALIDATION_H
#define LL_SIM_VALIDATE_VALIDATION_H

#include "sim/comm/comm.h"
#include "sim/work/study.h"

#include <string.h>

typedef enum ll_quantity {
    LL_QUANTITY_STEP,
    LL_QUANTITY_TOKENS,
    LL_QUANTITY_FULL_RECOMPUTE,
    LL_QUANTITY_FULL,
    LL_QUANTITY_CAUSAL,
    LL_QUANTITY_BUSBW,
    LL_QUANTITY_LAYER_FORWARD,
    LL_QUANTITY_LAYER_BACKWARD,
    LL_QUANTITY_FITS,
    LL_QUANTITY_ACTIVATIONS,
    LL_QUANTITY_FIGURE, /* a rate that the workload reports, by its name */
    LL_N_QUANTITY
} ll_quantity;

enum { LL_VALIDATION_OTHER_MAX = 4 };
enum { LL_VALIDATION_DRAWS = 8 }; /* of jitter, over which a predicted step is the mean */

typedef struct ll_validation_row {
    const char *id, *group, *series, *study, *set, *what, *quantity_text, *assumed, *source;
    const char *cause; /* why the row is off, as far as known; "" if not stated */
    int n_other;       /* other settings that the source leaves open: of steps only */
    const char *other[LL_VALIDATION_OTHER_MAX]; /* [n_other] "a=1;b=2" */
    int quantity;                               /* ll_quantity */
    double measured, band_frac;
    int line;
} ll_validation_row;

typedef enum ll_validation_state {
    LL_VALIDATION_OK,
    LL_VALIDATION_MISFIT, /* more memory than the chip has */
    LL_VALIDATION_FAILED, /* an error in the row */
    LL_VALIDATION_NOT_MODELLED,
    LL_N_VALIDATION_STATE
} ll_validation_state;
extern const char *const ll_validation_state_names[LL_N_VALIDATION_STATE];

/* The outcome of a row. Plain bytes, as ranks exchange it. */
typedef struct ll_validation_outcome {
    int32_t i_row, state; /* ll_validation_state */
    char chip[48], family[16], precision[8], reason[1024];
    char engine[16];
    int64_t n_chip, tp, cp, pp, seq, seed;
    uint64_t config_hash;
    double measured, predicted; /* s; bytes for activations; 1 or 0 for fits */
    double other_measured[LL_VALIDATION_OTHER_MAX], other_predicted[LL_VALIDATION_OTHER_MAX];
    double work_flop; /* of a step, lower triangle only; 0 for collectives */
    double memory_B, capacity_B;
} ll_validation_outcome;

/* A parameter: a figure about the machines of the rows, except their numbers. One place in the
 * configuration files is one parameter, however many rows read it; so is a value that the table
 * sets. */
typedef struct ll_validation_param {
    char origin[128], key[96], text[48], source[256];
    int32_t evidence, n_row;
} ll_validation_param;

enum {
    LL_VALIDATION_STEP,     /* fitted to step times: its evidence says "fit" and "step" */
    LL_VALIDATION_FITTED,   /* to a table of kernels or collectives: its evidence says "fit" */
    LL_VALIDATION_MEASURED, /* a measured kernel, collective or device, taken as it is */
    LL_VALIDATION_ASSUMED,  /* assumed, unverified, press, unstated */
    LL_VALIDATION_STATED,   /* data sheets, and arithmetic on them: not a free parameter */
    LL_N_VALIDATION_PARAM
};

typedef struct ll_validation_stats {
    const char *scope, *name; /* "chip", "H100 SXM" */
    int n;
    double median_abs_err, p90_abs_err, worst; /* percent; worst without its sign */
    double mean_err, share_positive, share_in_band;
    const char *worst_row; /* its description */
    /* open20: if every row takes the setting left open by its source that suits best, and worst. */
    int n_open; /* rows that leave something open */
    double median_best, median_worst, p90_best, p90_worst;
    int64_t max_chip, max_tp, max_cp, max_pp, max_seq;
    const char *precisions; /* "bf16 fp8" */
} ll_validation_stats;

/* Work per chip and second lost from the smallest to the largest run of a series, in points. */
typedef struct ll_validation_series {
    const char *name, *chip;
    int64_t from_chip, to_chip;
    int n;
    double measured_loss, predicted_loss;
    int n_other; /* settings that both ends leave open, and the losses with them */
    const char *const *other;
    double other_loss[LL_VALIDATION_OTHER_MAX];
} ll_validation_series;

typedef struct ll_validation {
    const char *path;       /* of the table */
    uint64_t table_hash;    /* of its text; ll_validation_settings adds the settings */
    const char *const *set; /* over all rows; ended by NULL */
    int n_row;
    const ll_validation_row *row;         /* [n_row] */
    const ll_validation_outcome *outcome; /* [n_row] */
    int n_param;
    const ll_validation_param *param; /* [n_param] */
    int n_stats;                      /* open20 (if any), all, then by family, then by chip */
    const ll_validation_stats *stats; /* [n_stats] */
    int n_series;
    const ll_validation_series *series; /* [n_series] */
} ll_validation;

/* Read the table at `path`. Rank 0 reads. Studies are named from its folder. Errors are of the
 * table alone. Collective. */
ll_status ll_validation_read(const char *path, ll_comm *comm, ll_arena *mem, ll_validation *out,
                             ll_error *err);

/* The settings over all rows: n_set "path=value". Not collective. */
void ll_validation_settings(ll_validation *v, int n_set, const char *const *set, ll_arena *mem);

/* Predict the rows, each on one rank, with the settings over all of them, and count. A row that
 * cannot be run is an outcome, not an error. Collective. */
void ll_validation_run(ll_validation *v, ll_comm *comm, ll_arena *mem);

/* The statistics alone, from rows and outcomes. Not collective. */
void ll_validation_count(ll_validation *v, ll_arena *mem);

/* Whether a line can be predicted at all. */
static inline bool ll_validation_modelled(const ll_validation_row *row)
{
    return strcmp(row->group, "not_modelled") != 0;
}

double ll_validation_error(const ll_validation_outcome *o);              /* percent */
double ll_validation_other_error(const ll_validation_outcome *o, int k); /* the same, otherwise */

/* Whether a row ran and its error is larger than its band. */
bool ll_validation_beyond(const ll_validation *v, int i_row);

/* Why a row is beyond its band, "NO CAUSE STATED" if the table does not say; "" if it is within. */
const char *ll_validation_cause(const ll_validation *v, int i_row);

/* Work of a step as the convention counts it, in FLOP. quantity: FULL_RECOMPUTE, FULL or CAUSAL. */
double ll_validation_work_flop(const ll_study *study, ll_quantity quantity);

/* How a job uses its chips: "fsdp" (zero = 3), "tp-cp-pp" (any of them), "replicas". */
const char *ll_validation_family(const ll_study *study);

int ll_validation_param_class(const ll_validation_param *p); /* LL_VALIDATION_MEASURED, ... */

#endif
