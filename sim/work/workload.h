/* The interface of workloads. What is true of a training step, and of nothing else, is behind it.
 *
 * A workload defines what the chips do in one iteration (a graph of tasks), what must be in memory,
 * which causes its loss ladder removes, and which figures it reports. sim/step/ prices the graph,
 * executes it, and runs the ladder. */
#ifndef LL_WORK_WORKLOAD_H
#define LL_WORK_WORKLOAD_H

#include "sim/base/fault.h"
#include "sim/comm/comm.h"
#include "sim/work/graph.h"

struct ll_study;

/* What an idealisation removes; a set of these bits is a rung of the loss ladder. */
enum {
    LL_IDEAL_JITTER = 1 << 0,
    LL_IDEAL_LINK_ERRORS = 1 << 1,
    LL_IDEAL_CONTENTION = 1 << 2,
    LL_IDEAL_SOFTWARE = 1 << 3,
    LL_IDEAL_LATENCY = 1 << 4,
    LL_IDEAL_TRANSFERS = 1 << 5, /* no transfer takes any time */
    LL_IDEAL_WAITING = 1 << 6,   /* no idle time: the time of the busiest lane */
    LL_IDEAL_IMBALANCE = 1 << 7, /* lanes with equal work: the mean of their times */
    LL_IDEAL_OPTIMIZER = 1 << 8,
    LL_IDEAL_RECOMPUTE = 1 << 9,
    LL_IDEAL_LAUNCH = 1 << 10,
    LL_IDEAL_MEMORY = 1 << 11,
    LL_IDEAL_PEAK = 1 << 12,     /* only the work that counts is left, at the peak of all chips */
    LL_IDEAL_EXCHANGE = 1 << 13, /* no exchange of tokens takes any time */
    LL_IDEAL_ROUTING = 1 << 14,  /* all ranks are equally full */
    LL_IDEAL_ROUTER = 1 << 15,
    LL_IDEAL_PERMUTE = 1 << 16,
    LL_IDEAL_CASTS = 1 << 17,
    LL_IDEAL_TILES = 1 << 18,   /* rows of experts are not rounded up to tiles */
    LL_IDEAL_ROOFLINE = 1 << 19 /* kernels at the roofline of the data sheet (ll_kernel_ideal_s) */
};

/* A rung of the loss ladder: removes one cause more than the rung before. */
typedef struct ll_cause {
    const char *name;  /* a word for tables and pictures */
    const char *group; /* of causes that a picture gives one colour: "network" */
    const char *doc;   /* one line */
    unsigned removes;  /* one of LL_IDEAL_*; the last of a ladder is LL_IDEAL_PEAK */
} ll_cause;

/* Rungs that training and inference have alike, behind `jitter`. */
#define LL_CAUSES_OF_TRANSFERS                                                                  \
    {"link errors", "network", "damaged packets are retransmitted", LL_IDEAL_LINK_ERRORS},      \
        {"exchange", "network", "tokens go to their experts and back", LL_IDEAL_EXCHANGE},      \
        {"contention", "network", "transfers share links with other transfers",                 \
         LL_IDEAL_CONTENTION},                                                                  \
        {"software", "network",                                                                 \
         "communication library: launch, steps, and a rate below that of the link",             \
         LL_IDEAL_SOFTWARE},                                                                    \
        {"latency", "network", "propagation and switches, in each serial step of a collective", \
         LL_IDEAL_LATENCY},                                                                     \
        {"bandwidth", "network",                                                                \
         "exposed transfers: bytes over the links that compute does not hide",                  \
         LL_IDEAL_TRANSFERS},                                                                   \
    {                                                                                           \
        "routing", "waiting", "experts of the fullest chip take longer, and all wait for it",   \
            LL_IDEAL_ROUTING                                                                    \
    }

/* Memory per chip, of the fullest lane, in named parts. */
enum { LL_MAX_MEMORY_PART = 16 };
typedef struct ll_memory_part {
    const char *name;
    double size_B;
} ll_memory_part;
typedef struct ll_memory {
    int n;
    ll_memory_part part[LL_MAX_MEMORY_PART];
    double total_B, capacity_B;
    int64_t lane;       /* the fullest */
    const char *advice; /* what to change in the job so that it needs less */
} ll_memory;

/* Bytes of the part of that name; 0 if there is none. */
double ll_memory_part_B(const ll_memory *memory, const char *name);

/* Outcome of a run, from which the workload computes its figures. */
typedef struct ll_outcome {
    double iteration_s;
    double chip_power_W; /* of one chip; 0: not known */
    int32_t n_chip;
    const void *found; /* further results of the workload's clock; NULL: none */
} ll_outcome;

/* Description of a figure that the workload reports; a static row for each. */
enum { LL_MAX_METRIC = 48 };
typedef struct ll_metric {
    const char *name;  /* with its unit, as in JSON: "tokens_per_s"; NULL ends a table */
    const char *label; /* as in tables: "tokens/s" */
    const char *unit;  /* "1/s" */
    /* how it is printed: TIME, SIZE, COUNT (whole, with thousands separators) or RATIO */
    ll_kind kind;
    const char *doc;
    bool main; /* shown in every table: two or three */
} ll_metric;

/* Times of iterations, for a workload with a clock of its own (such as serving, where requests come
 * and go): it asks thousands of times how long an iteration of a given shape takes. Answers are
 * memoised (sim/step/oracle.h).
 *
 * A *shape* distinguishes the iterations of a workload, such as by the tokens of a batch. It is a
 * struct of the workload of shape_size bytes, and is compared byte by byte: clear it before you
 * fill it if it has padding. Shape NULL is the iteration that the loss ladder is about. */
typedef struct ll_oracle {
    /* *out_s: time of the iteration. Every rank asks for the same shapes in the same order, and for
     * none after an error. Collective. */
    ll_status (*iteration_s)(void *self, const void *shape, double *out_s, ll_error *err);
    void *self;
    ll_comm *comm; /* the ranks that ask; NULL: this one alone */
} ll_oracle;

typedef struct ll_workload_type {
    const char *name, *doc;
    const ll_key *keys; /* of the group `job`, beside the layout's; ended by {0} */
    size_t param_size;
    /* Of inference: sets what its keys say of the layout (ll_infer_lay), before that is checked;
     * the study has a group `server`. NULL: of training, whose layout and software have keys of
     * their own. */
    void (*lay)(struct ll_study *study);
    /* Of inference: the iteration that the loss ladder is about. Memory taken from mem is released
     * before it returns. Pure. */
    ll_batch (*batch)(const struct ll_study *study, ll_arena *mem);
    /* Whether the workload can run with the study's layout. Each fault in `why` names the key and
     * what would be legal. Pure. */
    bool (*legal)(const struct ll_study *study, ll_faults *why);
    /* Memory of the fullest lane, whether it fits or not. Memory taken from mem is released before
     * it returns. Pure. */
    void (*memory)(const struct ll_study *study, ll_arena *mem, ll_memory *out);
    /* FLOP of an iteration that count as work, over all chips. */
    double (*work_flop)(const struct ll_study *study);
    /* Which collectives an iteration uses: bit c for ll_collective c. Memory taken from mem is
     * released before it returns. Pure. */
    unsigned (*collectives)(const struct ll_study *study, ll_arena *mem);
    size_t shape_size; /* 0: iterations are all alike, and shapes are NULL */
    /* The graph of an iteration of that shape, in mem. `removes` may take away work
     * (LL_IDEAL_RECOMPUTE); the tasks are the same. Not collective. */
    ll_status (*build)(const struct ll_study *study, const void *shape, unsigned removes,
                       ll_arena *mem, ll_graph *out, ll_error *err);
    /* Runs the workload's clock and fills iteration_s and `found` (in mem), from which `metrics`
     * are computed. Workloads that repeat one iteration use ll_workload_one_iteration. Collective.
     */
    ll_status (*clock)(const struct ll_study *study, const ll_oracle *oracle, ll_arena *mem,
                       ll_outcome *out, ll_error *err);
    const ll_cause *ladder;  /* ended by {0} */
    const ll_metric *metric; /* ended by {0} */
    const char *headline;    /* name of the metric that says how fast it is: more is better */
    /* Of inference, for Pareto fronts: the key of the number of requests, and the metric that says
     * how fast one of them is. NULL: none. */
    const char *load, *per_user;
    /* The setting of `job` with which a search runs it ("form", "steady"); NULL: as it is. */
    const char *quick[2];
    void (*metrics)(const struct ll_study *study, const ll_outcome *outcome, double *value);
    /* What a reader has to know of the figures, in whole sentences, in mem; "": nothing. Pure. */
    const char *(*remark)(const struct ll_study *study, const double *value, ll_arena *mem);
} ll_workload_type;

/* The place of a figure of that name among the workload's. */
int ll_workload_metric(const ll_workload_type *workload, const char *name);

ll_status ll_workload_one_iteration(const struct ll_study *study, const ll_oracle *oracle,
                                    ll_arena *mem, ll_outcome *out, ll_error *err);

const char *ll_workload_no_remark(const struct ll_study *study, const double *value, ll_arena *mem);

#define LL_WORKLOADS(X)           X(train) X(prefill) X(decode) X(serve)
#define LL_WORKLOAD_DECLARE(name) extern const ll_workload_type ll_workload_##name;
LL_WORKLOADS(LL_WORKLOAD_DECLARE)
#undef LL_WORKLOAD_DECLARE

extern const ll_workload_type *const ll_workload_types[]; /* ended by NULL */

#endif
