/* A cluster: chips, a topology, the software that drives its links, and how uneven its chips are.
 */
#ifndef LL_MACHINE_CLUSTER_H
#define LL_MACHINE_CLUSTER_H

#include "sim/config/config.h"
#include "sim/machine/chip.h"
#include "sim/machine/software.h"
#include "sim/machine/wire.h"
#include "topology/topology.h"

typedef struct ll_jitter {
    double op_frac;   /* standard deviation of one operation's time, over its mean; exponential */
    double chip_frac; /* standard deviation between chips, fixed for the run; normal */
} ll_jitter;

typedef struct ll_cluster {
    const char *name;
    const char *doc;
    ll_chip chip;
    const char *link_rates;  /* links that are slow or down: topology/degraded.h */
    const ll_topology *topo; /* with them */
    ll_wire wire;
    ll_software software[LL_MAX_DIM]; /* [topo->n_dim] */
    ll_jitter jitter;
} ll_cluster;

extern const ll_key ll_cluster_keys[], ll_jitter_keys[];

/* Read the group "cluster" and build its topology, unless it is known (sim/machine/fabric.h; NULL:
 * it is not). What is not borrowed lives in mem. Not collective. */
ll_status ll_cluster_read(ll_config *cfg, const ll_topology *known, ll_arena *mem, ll_cluster *out,
                          ll_error *err);

#endif
