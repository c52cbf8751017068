/* A cluster: chips, a topology, the software that drives its links, and how uneven its chips are. */
#ifndef LL_SIM_CLUSTER_H
#define LL_SIM_CLUSTER_H

#include "sim/chip.h"
#include "sim/config/config.h"
#include "sim/engine/engine.h"
#include "topology/topology.h"

#include <stdbool.h>

typedef enum ll_collective {
    LL_ALL_REDUCE,
    LL_ALL_GATHER,
    LL_REDUCE_SCATTER,
    LL_ALL_TO_ALL,
    LL_BROADCAST,
    LL_SEND,
    LL_N_COLLECTIVE
} ll_collective;

extern const char *const ll_collective_names[]; /* "all_reduce", ...; ended by NULL */

/* What software adds to the wire on one dimension: T = launch + steps * step + wire / rate_frac
 * + ramp * S / (S + ramp_B), S the size of the collective (sim/collective.h). The ramp is what a library loses before its
 * pipeline is full and its large-message protocol is on; it is fitted to a measured curve. */
typedef struct ll_software {
    const char *dimension;             /* name of the dimension of the topology */
    double launch_s[LL_N_COLLECTIVE];  /* floor of one collective of no bytes */
    double rate_frac[LL_N_COLLECTIVE]; /* of the link rate that is achieved on long transfers */
    double rate_frac_in_network;       /* the same for all_reduce by the switches */
    const char *algorithms;            /* that `auto` may take, or "all" */
    double step_s;                     /* each further serial step of a ring or tree */
    double ramp_s, ramp_B;             /* see above; 0: none */
    double held_frac; /* of a transfer's time, that kernels beside it lose (sim/exposed.h) */
    bool
        pipelined; /* stages of a hierarchical collective on this and on other dimensions overlap */
} ll_software;

typedef struct ll_jitter {
    double op_frac;   /* standard deviation of one operation's time, over its mean */
    double chip_frac; /* standard deviation between chips, fixed for the run */
} ll_jitter;

typedef struct ll_cluster {
    const char *name;
    const char *doc;
    ll_chip chip;
    const char *link_rates; /* links that are slow or down: topology/degraded.h */
    ll_topology *topo;      /* with them */
    ll_wire wire;
    ll_software software[LL_MAX_DIM]; /* [topo->n_dim] */
    ll_jitter jitter;
} ll_cluster;

extern const ll_key ll_cluster_keys[], ll_wire_keys[], ll_software_keys[], ll_jitter_keys[];

/* Read the group "cluster" and build its topology. Everything lives in mem. Not collective. */
ll_status ll_cluster_read(ll_config *cfg, ll_arena *mem, ll_cluster *out, ll_error *err);

#endif
