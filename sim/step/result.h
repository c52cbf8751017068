/* What a run of a study found. Plain data: filled by sim/step/run.c, read by the reports. */
#ifndef LL_STEP_RESULT_H
#define LL_STEP_RESULT_H

#include "sim/collective/collective.h"
#include "sim/work/study.h"

enum { LL_MAX_LOSS = 24, LL_MAX_BASELINE = 4, LL_MAX_CHECK = 8, LL_MAX_BESIDE = 4 };

/* One step of the ladder of idealisations: what removing this cause gives back. */
typedef struct ll_loss {
    const char *cause; /* "contention": a word for tables and pictures */
    const char *group; /* of causes: "network" */
    const char *doc;   /* one line: what was removed, and how */
    unsigned removes;  /* LL_IDEAL_* */
    double chips;      /* chips' worth of work that are lost to it */
    double frac;       /* chips / n_chip */
    double step_s;     /* step time once this cause and all before it are removed */
} ll_loss;

/* Effective chips and efficiency of the same run, measured against a baseline: what one chip would
 * do. */
typedef struct ll_baseline {
    const char *name; /* "peak", "one_chip" */
    const char *doc;
    double effective_chips, efficiency_frac;
} ll_baseline;

/* One kind of transfer of the step, as priced. Times are of one call, in seconds. */
typedef struct ll_transfer_row {
    const char *name;      /* "tp all_gather" */
    const char *algorithm; /* "ring", "hierarchical(direct, direct, ring)" */
    int32_t group_size;
    double size_B;  /* bytes per group, as defined in sim/collective/collective.h */
    double calls;   /* per chip and step */
    double total_s; /* of a call: software + latency + wire */
    double software_s, latency_s, wire_s;
    double contention_s; /* part of wire_s due to contention, without link errors */
    double exposed_s;    /* per step, all calls together: what compute does not hide */
} ll_transfer_row;

/* The same study by another engine (sim/step/engines.h). */
typedef struct ll_other_engine {
    const char *engine;
    double step_s;
    double diff_frac;          /* step_s over that of the result, less 1 */
    const char *transfer;      /* the one whose time per step differs most; NULL: none */
    double transfer_s;         /* of a call, by that engine */
    double result_transfer_s;  /* of a call, as in the result */
    double transfer_diff_frac; /* transfer_s / result_transfer_s - 1 */
} ll_other_engine;

typedef struct ll_check { /* self-checks of the run; all must hold for VALID */
    const char *what;
    bool ok;
} ll_check;

typedef struct ll_result {
    int32_t n_chip;
    int n_metric;            /* the workload's own figures */
    double step_s;           /* of an iteration of the workload */
    const ll_metric *metric; /* [n_metric] */
    double metric_value[LL_MAX_METRIC];
    double mfu_frac;
    double effective_chips, efficiency_frac; /* against `baseline`[0], one chip at its peak */
    int n_baseline, n_loss;
    ll_baseline baseline[LL_MAX_BASELINE];
    ll_loss loss[LL_MAX_LOSS]; /* sums exactly to n_chip - effective_chips */
    int n_transfer;
    ll_transfer_row transfer[LL_MAX_TRANSFER];
    ll_memory memory;
    double compute_s;     /* kernels of the busiest chip, per step */
    double exposed_s;     /* exposed transfers of the critical stage, per step */
    double bubble_s;      /* pipeline idle time, per step */
    int n_phase;          /* distinct phases that the engine has priced */
    ll_price work;        /* effort and other facts of all phases; no times */
    ll_evidence evidence; /* the weakest evidence among the values that the result depends on */
    int n_check;
    ll_check check[LL_MAX_CHECK];
    bool valid;
    uint64_t checksum; /* ll_result_checksum */
    int n_beside;
    ll_other_engine beside[LL_MAX_BESIDE]; /* other engines, if any were asked for */
} ll_result;

/* Value of a figure of the workload by its name, such as "tokens_per_s"; 0 if there is none of that
 * name. */
double ll_result_metric(const ll_result *r, const char *name);

/* Hash of step time, effective chips, figures, losses, transfers and memory, in a fixed order and
 * at full precision: equal results have equal checksums on all machines with the same
 * floating-point library. */
uint64_t ll_result_checksum(const ll_result *r, ll_arena *mem);

/* Run a study: prices, step time, loss budget, figures, self-checks. Errors: those of the engine
 * and of the workload's clock. Progress goes to stderr if it is a terminal. Collective. */
ll_status ll_run(const ll_study *study, ll_comm *comm, ll_arena *mem, ll_result *out,
                 ll_error *err);

/* The same, and the timeline of the iteration (sim/step/timeline.h), in mem. Collective. */
struct ll_timeline;
ll_status ll_run_watched(const ll_study *study, ll_comm *comm, ll_arena *mem, ll_result *out,
                         struct ll_timeline *timeline, ll_error *err);

#endif
