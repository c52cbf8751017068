/* Figures of served requests, as benchmarks print them.
 *
 *   time to first token   from when the client sends until its first tokens are back; where tokens
 *                         are sent several at a time, the first of them come together
 *   time per output token ( end - first token ) / ( output - 1 ), of requests with more than one
 *   time between tokens   of a request, from step to step; with drafts a step has several tokens
 *
 * Which requests count. `all`: from the first that is sent to the last that is answered, so that
 * the opening burst and the drain count, as in a benchmark that times its whole run. `steady`: in a
 * closed loop those that end after each client has had an answer and while all of them still have
 * requests to send; in an open loop those that are sent in the middle eight tenths. */
#ifndef LL_WORK_SERVE_FIGURES_H
#define LL_WORK_SERVE_FIGURES_H

#include "sim/work/serve_run.h"

typedef enum ll_counted { LL_COUNTED_ALL, LL_COUNTED_STEADY } ll_counted;

typedef struct ll_latency {
    double mean, median, p90, p99;
} ll_latency;

typedef struct ll_serve_bounds {
    double ttft_s, tpot_s; /* latency that a good request keeps within; 0: no bound */
} ll_serve_bounds;

typedef struct ll_serve_figures {
    int64_t n_counted;
    ll_latency ttft_s, tpot_s, gap_s, whole_s; /* gap_s: time between tokens, of all requests */
    double request_per_s, output_per_s, prompt_per_s; /* over all replicas */
    double good_per_s;                                /* requests within the bounds */
    double output_tokens, span_s;                     /* that count, and in which time */
    double batch;                                     /* requests that decode in an iteration */
    double cache_frac;                                /* of all caches, in the mean over time */
    double n_iteration, n_preempted;                  /* over all replicas */
} ll_serve_figures;

/* What is counted, and of which run. */
typedef struct ll_serve_count {
    const ll_serve_plan *plan;
    const ll_serve_request *request; /* [plan->load.n_request] */
    const ll_replica_use *use;       /* [2], as of ll_serve_run */
    ll_counted counted;
    ll_serve_bounds bounds;
} ll_serve_count;

/* Error LL_ERR_CONFIG: too few requests for a steady state. */
ll_status ll_serve_figures_make(const ll_serve_count *count, ll_arena *mem, ll_serve_figures *out,
                                ll_error *err);

#endif
