/* Keys of the workload `serve`, and what follows from them and the study alone. */
#ifndef LL_WORK_SERVE_PARAM_H
#define LL_WORK_SERVE_PARAM_H

#include "sim/work/serve_figures.h"
#include "sim/work/study.h"

typedef enum ll_serve_form { LL_SERVE_EVENT, LL_SERVE_STEADY } ll_serve_form;

typedef struct ll_serve_param {
    int64_t prompt, output; /* the longest */
    double prompt_spread, output_spread;
    int64_t concurrency;
    double rate_per_s;
    ll_text_file trace;
    int64_t n_request;
    int counted; /* ll_counted */
    int64_t n_draft;
    double accepted, prefix_hit;
    int router; /* ll_router */
    int64_t n_prefill;
    double ttft_bound_s, tpot_bound_s;
    int form; /* ll_serve_form */
} ll_serve_param;

extern const ll_key ll_serve_keys[];

/* Whether the keys make sense together, and with the server. Each fault in `why` names the key. */
bool ll_serve_legal(const ll_study *study, ll_faults *why);

/* Sets what the keys say of the layout. */
void ll_serve_lay(ll_study *study);

/* Instances, and attention ranks of each. */
int64_t ll_serve_replicas(const ll_study *study);
int64_t ll_serve_ranks(const ll_study *study);

/* The load; lengths are those of the keys, also where a trace has its own. */
ll_load ll_serve_load(const ll_study *study);

/* Tokens that the cache of an attention rank holds, over all groups of its pipeline. */
double ll_serve_cache_tokens(const ll_study *study, ll_arena *mem);

/* The iteration that the loss ladder explains, on one group of an attention rank: all clients of a
 * closed loop decode, as far as places and the cache reach, in the middle of their answers, and as
 * many prompts are computed as answers end. In an open loop: the largest batch that fits, as at
 * capacity. */
ll_batch ll_serve_typical(const ll_study *study, ll_arena *mem);

#endif
