/* The queue for the token budget: how long it takes from when a prompt could be computed until its
 * first token is there.
 *
 * Prompts that wait are work, in parts of a prompt. In each iteration the server does up to as much
 * as the budget holds, and prompts arrive: a Markov chain over the work at the start of an
 * iteration, whose stationary distribution is found by iteration. Iterations with much work take
 * longer, so at a given rate more prompts arrive in them. */
#ifndef LL_WORK_SERVE_BACKLOG_H
#define LL_WORK_SERVE_BACKLOG_H

#include <stdbool.h>

/* An iteration with k prompts, which may be a part of one, in seconds. */
typedef double (*ll_prompts_s)(const void *self, double k);

typedef struct ll_backlog {
    double room;       /* prompts that the budget of an iteration holds */
    double a;          /* closed loop: others that arrive in an iteration, in the mean */
    double n_other;    /* closed loop: clients beside the own one */
    double rate_per_s; /* open loop; 0: closed */
    double most;       /* that arrive in an iteration in the mean, however long it is; 0: any */
    double rest;       /* of the running iteration that an arrival waits for; open loop: 1/2 */
    bool alone;        /* nobody decodes, nor ends, while there is a prompt to compute */
} ll_backlog;

/* Mean seconds from arrival until the prompt is complete. In a closed loop prompts arrive between
 * two iterations, as answers end there; in an open one at any
 * time. */
double ll_backlog_s(const ll_backlog *b, ll_prompts_s prompts_s, const void *self);

#endif
