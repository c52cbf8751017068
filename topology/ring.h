/* Parameters of a ring, which types that are made of rings fill in. */
#ifndef LL_TOPOLOGY_RING_H
#define LL_TOPOLOGY_RING_H

#include <stdint.h>

typedef struct ll_ring_param {
    int64_t size, links; /* chips; lanes to each neighbour, per direction */
    double bandwidth_Bps, latency_s;
    const char *name;
} ll_ring_param;

enum { LL_RING_SIZE_MAX = 1025 }; /* no route has more than LL_MAX_HOP hops */

#endif
