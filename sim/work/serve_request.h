/* Requests that are served: their lengths, when they are sent, and what became of them.
 *
 * Lengths are drawn by number of the request, uniformly between a share of the longest and the
 * longest, or come from a trace. A *closed loop* has so many clients, each of which sends its next
 * request when the last one is answered; in an *open loop* requests come at a rate (a Poisson
 * process) or at the times of a trace, whatever the state of the servers. */
#ifndef LL_WORK_SERVE_REQUEST_H
#define LL_WORK_SERVE_REQUEST_H

#include "sim/base/arena.h"
#include "sim/base/key.h"
#include "sim/base/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct ll_serve_request {
    double sent_s;          /* by the client; < 0: not yet */
    double first_s;         /* when its first tokens are back at the client; < 0: not yet */
    double end_s;           /* when its last token is; < 0: not yet */
    int32_t prompt, output; /* tokens */
    /* Of the replica that has it: numbers of requests, -1: none. */
    int32_t next, prev;   /* in a queue, or among those to which something happens in a step */
    int32_t newer, older; /* among those that run, by when they started */
    int32_t done;         /* tokens of the output that are there */
    int32_t from;         /* tokens of prompt and `done` whose keys and values are there */
    int64_t join, due;    /* steps in which it began to decode, and in which something happens */
    double at_s;          /* when it arrives at the scheduler */
} ll_serve_request;

/* Lengths in tokens: uniform between `spread` of the longest and the longest. */
typedef struct ll_lengths {
    int64_t longest;
    double spread; /* 0 .. 1; 1: all alike */
} ll_lengths;

double ll_lengths_mean(const ll_lengths *l);
int32_t ll_lengths_shortest(const ll_lengths *l);

typedef struct ll_load {
    ll_lengths prompt, output; /* unless there is a trace */
    int64_t n_client;          /* closed loop; 0: open */
    double rate_per_s;         /* open loop without a trace */
    int64_t n_request;
    uint64_t seed;
} ll_load;

/* n_request requests with their lengths; in an open loop with their times, ascending. */
ll_serve_request *ll_load_draw(const ll_load *load, ll_arena *mem);

/* Requests of a table `arrival_s,prompt,output`. Errors LL_ERR_CONFIG with file and line: a missing
 * column or cell, times that are negative or descend, lengths below 1, no requests. */
ll_status ll_load_trace(const ll_text_file *file, ll_arena *mem, ll_serve_request **out, int64_t *n,
                        ll_error *err);

#endif
