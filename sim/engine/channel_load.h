/* Channel load: the bytes of a traffic on each link, if every flow is split evenly over its paths.
 *
 * No engine, and no machine with these routes, can be faster than its busiest link: the time that
 * this needs for its bytes is a lower bound for the traffic, and the rate at which it is always
 * busy an upper bound for the throughput of a pattern (Dally and Towles, "Principles and practices
 * of interconnection networks", 2004, section 3.3.1). */
#ifndef LL_ENGINE_CHANNEL_LOAD_H
#define LL_ENGINE_CHANNEL_LOAD_H

#include "sim/traffic/traffic.h"
#include "topology/topology.h"

typedef struct ll_channel_load {
    int64_t link; /* the busiest, of the lowest number; -1: no flow takes any link */
    double busy_s;
} ll_channel_load;

/* mem: scratch. Every flow is routed: of 8192 chips an all-to-all takes minutes. Not collective. */
ll_channel_load ll_channel_load_of(const ll_topology *topo, const ll_traffic *t, ll_arena *mem);

#endif
