/* Packets that are lost. Links that are slow or down are the topology's: topology/degraded.h.
 *
 * Each packet is damaged on each link with the same probability, whatever its size. The receiving
 * end of the link finds out when the last byte is there, and the sending end a latency later:
 * D = service + 2 latencies after it began to send. Then
 *   selective   it sends that packet again; what follows is not held back, but for the time that the
 *               packet takes once more
 *   go_back_n   it sends that packet and everything after it again: what was sent in between is void,
 *               so everything is D later
 * A packet is damaged as a pure function of (seed, link, flow, packet, hop, attempt), so on any rank.
 */
#ifndef LL_SIM_ENGINE_PACKET_FAULT_H
#define LL_SIM_ENGINE_PACKET_FAULT_H

#include "sim/base/rng.h"
#include "sim/base/status.h"
#include "sim/engine/index_map.h"

#include <stdbool.h>

typedef struct ll_loss {
    double frac; /* probability per packet and link; 0: none */
    bool go_back_n;
    uint64_t seed;
} ll_loss;

/* Times that the packet is damaged on the link before it comes through. */
static inline int ll_loss_count(const ll_loss *loss, int64_t link_id, uint32_t flow, uint32_t order)
{
    const uint64_t packet = ll_mix((uint64_t)flow << 32 | order);
    int n = 0;
    while (ll_rng_u01(loss->seed, (uint64_t)link_id, packet + (uint64_t)n) < loss->frac)
        n++;
    return n;
}

#endif
