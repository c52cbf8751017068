/* Ramp and drain of a closed loop: what a benchmark counts that times its whole run.
 *
 * All clients send at once, so their answers end together at first: m answers of each client take
 * m + w lives, where w is between 0 (answers of one length: all clients keep step) and
 * ( 1 - v^2 ) / 2 with v the coefficient of variation of a life (renewal theory: Feller, "An
 * Introduction to Probability Theory", vol. II, XI.3). When the last request has been sent, those
 * that run end one after the other, and iterations get shorter with them: the last one has its
 * whole life before it, and the others what is left of theirs, which is distributed as
 * ( 1 - F(s) ) / mean where they do not keep step. */
#ifndef LL_WORK_SERVE_DRAIN_H
#define LL_WORK_SERVE_DRAIN_H

#include "sim/work/serve_unit.h"

/* A unit in its steady state. */
typedef struct ll_drain_state {
    double n_client; /* requests that run at once, over all units */
    double n;        /* of them that decode, per unit */
    double first_s;  /* to the first token */
    double step_s;
} ll_drain_state;

typedef struct ll_drain {
    double span_s;  /* from the first request that is sent to the last answer */
    double saved_s; /* by which the mean request is answered faster, as the drain is */
} ll_drain;

ll_drain ll_drain_find(const ll_unit *s, const ll_drain_state *x);

#endif
