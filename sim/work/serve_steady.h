/* The steady state of serving by formula: milliseconds, for searches, where the event form
 * (sim/work/serve_run.h) takes seconds.
 *
 * A group of requests on one attention rank is a *unit*. In an iteration n of its requests decode
 * and, with probability q, k prompts are computed, so an iteration takes
 *
 *     (1 - q) T( n, 0 ) + q T( n, k )
 *
 * where q and k come from the mean number a of prompts per iteration: prompts arrive at random, by
 * groups that were answered together (a closed loop in which all lengths are equal keeps the groups
 * that its opening burst has made), or when the server has collected them. Units that run in step
 * all wait where one of them has a prompt.
 *
 * Closed loop of c clients per unit (mean value analysis: a request sees the c - 1 others). With w
 * seconds to the first token, s steps of t seconds, and a life L = w + s t,
 *
 *     n = 1 + (c - 1) s t / L,   a = (c - 1) t / L,   requests/s = c / L           (Little's law)
 *
 * are solved by iteration. Where places in the batch or in the cache hold fewer than c, so many
 * run, and the others wait: w = c / (requests/s) - s t.
 *
 * Open loop at rate x: a processor shared by its requests, whose number has the distribution
 * p(n) ~ prod( x s t(i) / i ), whatever the distribution of lengths (Kelly, "Reversibility and
 * Stochastic Networks", 1979, section 3.3). Time to first token: the rest of the running iteration,
 * the queue for the token budget (M/D/c, after Lee and Longton 1959), and the own iterations. */
#ifndef LL_WORK_SERVE_STEADY_H
#define LL_WORK_SERVE_STEADY_H

#include "sim/work/serve_run.h"

/* Why the formula does not hold; the numbers stand in results. */
typedef enum ll_steady_limit {
    LL_STEADY_HOLDS,
    LL_STEADY_CACHE,
    LL_STEADY_BUDGET,
    LL_STEADY_WHOLE,
    LL_STEADY_EQUAL,
    LL_STEADY_IN_STEP,
    LL_STEADY_FRONT_END,
    LL_STEADY_QUEUE,
    LL_STEADY_COLLECTED,
    LL_STEADY_NEARLY,
    LL_STEADY_SHORT,
    LL_STEADY_ABOVE,
    LL_STEADY_NEAR,
    LL_STEADY_BURSTS,
    LL_STEADY_PREFILL,
    LL_STEADY_UNEQUAL,
    LL_STEADY_TRACE,
    LL_N_STEADY_LIMIT
} ll_steady_limit;

/* "the cache is full: requests wait for each other, or are preempted"; of LL_STEADY_HOLDS "". */
const char *ll_steady_limit_text(int limit);

typedef struct ll_steady {
    double ttft_s, tpot_s, gap_s;       /* means */
    double request_per_s, output_per_s; /* over all replicas */
    double batch;                       /* requests that decode, per unit */
    double prefill_frac;                /* of the iterations, or of the token budget if larger */
    double capacity_per_s;              /* requests per second that can be served at most */
    ll_steady_limit limit;
} ll_steady;

/* Means over requests that are served all the time; with `burst`, times to first token are those of
 * the whole run, with its opening burst. Replicas that only prefill: not modelled, limit says so.
 * Collective unless the surface is filled. */
void ll_steady_find(const ll_serve_plan *plan, bool burst, ll_steady *out);

#endif
