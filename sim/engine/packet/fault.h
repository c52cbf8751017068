/* Packets that are damaged or dropped. (Links that are slow or down: topology/degraded.h.)
 *
 * Each packet is damaged on each link with the same probability, whatever its size. With recovery =
 * end_to_end the link drops it, and its source sends it again: recover.h. With recovery =
 * link, the receiving end of the link finds out when the last byte is there, and the sending end a
 * latency later: D = service + 2 latencies after it began to send. Then
 *   selective   it sends that packet again; what follows is not held back, but for the time that
 *               the packet takes once more
 *   go_back_n   it sends that packet and everything after it again: what was sent in between is
 *               void, so everything is D later
 * Overflow: with overflow = drop there are no credits. A data packet that finds, in the queue of a
 * link that is not its source's own, as much before it as buffer_packets of its size (on each lane)
 * is dropped there. Its source recovers it, so that needs recovery = end_to_end. That is what a
 * fabric without flow control does; the queue counts at the sending end of the link, where a switch
 * with output queues has it.
 *
 * A packet is damaged as a pure function of (seed, link, flow, packet, hop, attempt), so on any
 * rank; what tells apart the attempts of a source is the time at which the link begins to send. */
#ifndef LL_SIM_ENGINE_PACKET_FAULT_H
#define LL_SIM_ENGINE_PACKET_FAULT_H

#include "sim/base/index_map.h"
#include "sim/base/rng.h"
#include "sim/base/status.h"

#include <stdbool.h>

typedef struct ll_damage {
    double frac;   /* probability per packet and link; 0: none */
    bool overflow; /* full queues drop packets */
    bool any;      /* packets can be lost: frac > 0, or overflow */
    bool go_back_n, end_to_end;
    int64_t timeout_ps; /* end_to_end */
    uint64_t seed;
} ll_damage;

/* recovery = link: how often the packet is damaged on the link before it comes through. */
static inline int ll_damage_count(const ll_damage *d, int64_t link_id, uint32_t flow,
                                  uint32_t order)
{
    const uint64_t packet = ll_mix((uint64_t)flow << 32 | order);
    int n = 0;
    while (ll_rng_u01(d->seed, (uint64_t)link_id, packet + (uint64_t)n) < d->frac)
        n++;
    return n;
}

/* recovery = end_to_end: whether it is damaged if the link begins to send it at start_ps. */
static inline bool ll_damage_at(const ll_damage *d, int64_t link_id, uint32_t flow, uint32_t order,
                                int64_t start_ps)
{
    const uint64_t packet = ll_mix((uint64_t)flow << 32 | order);
    return ll_rng_u01(d->seed, (uint64_t)link_id, ll_mix(packet + (uint64_t)start_ps)) < d->frac;
}

#endif
