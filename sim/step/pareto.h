/* The Pareto front of a machine that serves: how many tokens per second a chip gives, at which
 * speed for each user. A point is a layout with a load (a number of requests); it is on the front
 * if no other point is better in one and as good in the other.
 *
 * Layouts: all tp (to 64) and pp (to 16) that divide the chips, and for experts all ep that do
 * (with etp = 1), or etp = tp. Loads: powers of two, from one request for each group to 4096. The
 * points are run as variants of the study (speed.h): by engine `closed`, without jitter, in the
 * quick form of the workload if it has one (`form = "steady"`). Those that are then on the front
 * are run again as the study says, until every point of the front is one that was. */
#ifndef LL_STEP_PARETO_H
#define LL_STEP_PARETO_H

#include "sim/step/variants.h"

typedef struct ll_pareto_point {
    int64_t tp, pp, ep, etp;
    int64_t load;              /* requests, over all instances */
    double per_chip, per_user; /* tokens/s */
    const double *value;       /* [n_metric] figures of the workload */
    bool front;
    bool simulated; /* every iteration, not by the form with which searches run the workload */
} ll_pareto_point;

typedef struct ll_pareto {
    const ll_study *study;
    int n;
    ll_pareto_point *point; /* [n] those that run, by per_user, the fastest for a user first */
    int n_front;
    int n_refused;      /* layouts and loads that are not legal, or do not fit */
    const char *reason; /* of the first of them; "" */
} ll_pareto;

/* Error LL_ERR_CONFIG: the study's workload has no load that can be varied, or nothing runs, with
 * the reason. The same for any number of ranks, which share the points. Collective. */
ll_status ll_pareto_find(const ll_study *study, ll_comm *comm, ll_arena *mem, ll_pareto *out,
                         ll_error *err);

#endif
