/* One replica of an inference engine, iteration by iteration.
 *
 * A replica has `n_rank` attention ranks, each with its own cache, and `n_group` groups of
 * requests on each of them, one for each pipeline stage. In an iteration a group runs the model
 * forward once:
 *
 *   look      requests that have arrived join the queue of a rank (every poll_iterations)
 *   make room where keys and values would not fit, the newest request gives its place up and is
 *             computed again later
 *   admit     waiting prompts start, first come first served, while a place in the batch, blocks of
 *             the cache and tokens of the budget are left; they may be collected first, and cut
 *   run       all that decode get `accepted` tokens, unless prompts run alone first; prompts that
 *             are complete get their first token
 *   finish    requests with their last token leave
 *
 * Attention ranks of a group run in step: rows are padded to the fullest rank, attention waits for
 * the longest, the host for the most requests; where iterations are not mixed, decoding stands
 * still on all ranks while one prefills. Groups follow each other through the stages, each of which
 * takes an equal part of the iteration, as a line of servers in which nobody overtakes.
 *
 * Cost: a request that decodes stands in the list of the iteration in which something happens to it
 * (its first tokens are sent, or its last), and sums over requests are kept, so an iteration costs
 * O( ranks + stages ) and what happens in it. */
#ifndef LL_WORK_SERVE_REPLICA_H
#define LL_WORK_SERVE_REPLICA_H

#include "sim/work/serve_request.h"
#include "sim/work/serve_surface.h"

typedef enum ll_router { LL_ROUTER_ROUND_ROBIN, LL_ROUTER_LEAST_LOADED } ll_router;

typedef struct ll_replica_setup {
    const ll_server *server;
    ll_surface *surface; /* filled */
    int n_rank, n_group;
    double cache_tokens; /* that the cache of an attention rank holds, over all groups */
    int64_t n_draft;     /* drafted tokens that an iteration verifies for each request */
    double
        accepted; /* tokens that a request gets from an iteration in the mean, 1 .. 1 + n_draft */
    double prefix_hit;      /* share of each prompt that is found in the cache */
    bool prefilled;         /* prompts come with their keys and values and their first token */
    bool prefill_only;      /* requests leave with their first token */
    int router;             /* ll_router: to the attention ranks */
    int32_t longest_output; /* tokens */
} ll_replica_setup;

/* Time between tokens of a request as a histogram: bins of 1/64 octave from 1 us on. */
enum { LL_GAP_BINS = 64 * 34 };

/* Sums over iterations. */
typedef struct ll_replica_use {
    int64_t n_iteration, n_decode_iteration, n_preempted;
    double busy_s;    /* of the first stage */
    double batch_sum; /* requests that decode, over iterations in which any does */
    double gap_sum_s; /* over all gaps */
    double cache_s;   /* occupied share of the cache of all ranks, times time */
    double end_s;     /* of the last iteration */
    uint64_t gap[LL_GAP_BINS];
} ll_replica_use;

typedef struct ll_replica ll_replica;

/* request: all requests, shared, of which the replica fills first_s and end_s of those it gets. */
ll_replica *ll_replica_create(const ll_replica_setup *setup, ll_serve_request *request,
                              int64_t n_request, ll_arena *mem);

/* A request arrives at the scheduler; in the order of time. */
void ll_replica_push(ll_replica *replica, int32_t request, double at_s);

/* When its next iteration starts if nothing arrives before; INFINITY: it has nothing to do. */
double ll_replica_next_s(const ll_replica *replica);

/* Requests that it has and has not finished. */
int64_t ll_replica_load(const ll_replica *replica);

/* Runs the next iteration. Requests that end in it, in the order in which they do: [*n], valid
 * until the next call. *end_s: when. False: there is nothing to run. */
bool ll_replica_step(ll_replica *replica, const int32_t **ended, int *n, double *end_s);

const ll_replica_use *ll_replica_use_of(const ll_replica *replica);

/* The quantile p of a histogram of gaps, in seconds; 0 if it is empty. */
double ll_gap_quantile(const uint64_t gap[LL_GAP_BINS], double p);

/* Tokens of the cache that a request with so many tokens takes: its last block is half full in the
 * mean. */
double ll_cache_tokens(const ll_server *server, double tokens);

#endif
