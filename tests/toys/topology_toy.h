#ifndef LL_TESTS_TOYS_TOPOLOGY_TOY_H
#define LL_TESTS_TOYS_TOPOLOGY_TOY_H

#include "topology/topology.h"

typedef struct ll_star_param {
    int64_t size;
    double bandwidth_Bps, latency_s;
} ll_star_param;

extern const ll_topology_type ll_topology_toy;

#endif
