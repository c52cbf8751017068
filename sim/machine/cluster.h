/* A cluster: chips, a topology, the communication library of each dimension, and jitter. */
#ifndef LL_MACHINE_CLUSTER_H
#define LL_MACHINE_CLUSTER_H

#include "sim/config/config.h"
#include "sim/machine/chip.h"
#include "sim/machine/dispatcher.h"
#include "sim/machine/shots.h"
#include "sim/machine/software.h"
#include "sim/machine/wire.h"
#include "topology/topology.h"

typedef struct ll_jitter {
    double op_frac;   /* standard deviation of a task's time over its mean; exponential */
    double chip_frac; /* standard deviation of speed between chips; normal, fixed for the run */
} ll_jitter;

typedef struct ll_cluster {
    const char *name;
    const char *doc;
    ll_chip chip;
    const char *link_rates;  /* links that are slow or down: topology/degraded.h */
    const ll_topology *topo; /* with these links degraded */
    ll_wire wire;
    ll_software software[LL_MAX_DIM]; /* [topo->n_dim] */
    ll_dispatchers dispatchers;
    ll_shots shots; /* custom all-reduces */
    ll_jitter jitter;
} ll_cluster;

extern const ll_key ll_cluster_keys[], ll_jitter_keys[];

/* Read the group "cluster" and build its topology. known: the topology if it is built already,
 * which is borrowed (sim/machine/fabric.h); or NULL. All else lives in mem. Errors (LL_ERR_CONFIG)
 * are added to err. Not collective. */
ll_status ll_cluster_read(ll_config *cfg, const ll_topology *known, ll_arena *mem, ll_cluster *out,
                          ll_error *err);

#endif
