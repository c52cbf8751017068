/* Requests of one group on one attention rank: which of them run in an iteration, what that is of
 * work, and what becomes of them. Part of sim/work/serve_replica.h, which says what an iteration
 * is.
 *
 * A *step* is an iteration in which the group decodes. A request that began to decode in step j
 * with c tokens in the cache has c + a (s - j) in step s, where a are the tokens that it gets from
 * a step, so the sum over requests is kept as sum( c - a j ) and their number. */
#ifndef LL_WORK_SERVE_ENGINE_H
#define LL_WORK_SERVE_ENGINE_H

#include "sim/work/serve_replica.h"

/* Requests in a row, linked by next and prev. */
typedef struct ll_serve_queue {
    int32_t first, last;
    int64_t tokens; /* of the prompts that wait */
} ll_serve_queue;
#define LL_SERVE_QUEUE_EMPTY ((ll_serve_queue){-1, -1, 0})

void ll_serve_queue_back(ll_serve_queue *q, ll_serve_request *request, int32_t i);
void ll_serve_queue_front(ll_serve_queue *q, ll_serve_request *request, int32_t i);
int32_t ll_serve_queue_pop(ll_serve_queue *q, ll_serve_request *request);
void ll_serve_queue_remove(ll_serve_queue *q, ll_serve_request *request, int32_t i);

/* Tokens from..to of a prompt that are computed in the iteration. */
typedef struct ll_serve_chunk {
    int32_t request, from, to;
} ll_serve_chunk;

typedef struct ll_serve_engine {
    const ll_replica_setup *setup;
    ll_serve_request *request; /* all */
    int64_t max_run;           /* requests that run at once */
    double cache_tokens;       /* that its part of the cache holds */
    int64_t n_run;             /* requests that decode or are prefilled */
    int32_t newest;            /* of them */
    int64_t n_decode, step;
    double context_base; /* sum( c - a j ) over those that decode */
    double held_tokens;  /* cache of those that are prefilled; where places are reserved, of all */
    int32_t partial;     /* the prompt that is being computed in parts */
    int64_t n_waited;    /* iterations since prompts began to be collected */
    int64_t n_ring;
    ll_serve_queue
        *due; /* [n_ring] requests to which something happens in step s, at s mod n_ring */
    int64_t n_chunk;
    ll_serve_chunk *chunk; /* [max_run] of this iteration */
    bool stands;           /* nobody decodes in this iteration */
    int64_t n_joined;      /* requests that got their first token in it, and go on */
} ll_serve_engine;

void ll_serve_engine_init(ll_serve_engine *e, const ll_replica_setup *setup,
                          ll_serve_request *request, int64_t n_request, ll_arena *mem);

/* Chooses who runs. fair: requests that may run in this group, so that all groups have as many.
 * Returns how many gave their places up. */
int64_t ll_serve_engine_plan(ll_serve_engine *e, ll_serve_queue *waiting, int64_t fair);

/* Work of the planned iteration. */
typedef struct ll_serve_work {
    double n_decode, rows, prompt_rows, n_logits, n_host;
    double attention_s;
} ll_serve_work;
ll_serve_work ll_serve_engine_work(const ll_serve_engine *e);

/* Ends it at end_s: tokens are there. Requests that leave go to ended; returns their number. */
int64_t ll_serve_engine_finish(ll_serve_engine *e, double end_s, int32_t *ended);

/* Tokens of the cache that are taken. */
double ll_serve_engine_cache_tokens(const ll_serve_engine *e);

#endif
