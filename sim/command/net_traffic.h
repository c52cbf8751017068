/* What `net --traffic FILE` and `net --pattern P` send. */
#ifndef LL_COMMAND_NET_TRAFFIC_H
#define LL_COMMAND_NET_TRAFFIC_H

#include "sim/command/options.h"
#include "sim/traffic/synthetic.h"
#include "sim/work/study.h"

typedef struct ll_net_traffic {
    const char *text; /* "pattern shift:4", "the flows of FILE" */
    int n;
    const ll_traffic *traffic; /* [n] one for each size of a pattern */
    double *size_B;            /* [n] of every flow; NaN if they differ */
} ll_net_traffic;

/* Whether the command line asks for flows rather than for collectives. */
bool ll_net_traffic_asked(const ll_options *opt);

/* Reads both options, and the sizes of a pattern. Errors: LL_ERR_CONFIG, with what is legal.
 * Collective. */
ll_status ll_net_traffic_read(const ll_options *opt, const ll_study *study, ll_comm *comm,
                              ll_arena *mem, ll_net_traffic *out, ll_error *err);

/* "shift:4" into *io, of which n_chip (the first chips) and seed are given; size_B = 1.
 * "adversarial" becomes the permutation that needs the busiest link for longest: of those that
 * stand in the list of patterns (with the seed's random one), and of all shifts along one dimension
 * of the topology. *name: in mem, "adversarial (tornado)". Error LL_ERR_CONFIG. Not collective. */
ll_status ll_net_pattern_parse(const char *word, const ll_topology *topo, ll_arena *mem,
                               ll_synthetic_ask *io, const char **name, ll_error *err);

#endif
