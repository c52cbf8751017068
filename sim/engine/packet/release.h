/* Timed flows (sim/traffic/timing.h) in the packet engine.
 *
 * A rank hands the first window of a flow's packets to those of its first links that are its own,
 * at the time at which the flow starts: at the beginning where that is known, else when the last of
 * its predecessors ends. A packet is known to land when its last link begins to send it, a latency
 * before and so in an earlier window of time. So when a flow ends, every rank is told with the
 * messages of that window, and all ranks do the same: they count down what waits for it, and start
 * what is theirs, in a later window than the one at hand. All ranks are each other's neighbours
 * then.
 *
 * The packets with which a flow starts take its paths in turn, as they do with paths = adaptive at
 * time 0, where all queues are empty; what is queued at the start is not known to every rank. */
#ifndef LL_SIM_ENGINE_PACKET_RELEASE_H
#define LL_SIM_ENGINE_PACKET_RELEASE_H

#include "sim/engine/packet/calendar.h"
#include "sim/engine/packet/net.h"
#include "sim/traffic/timing.h"

typedef struct ll_packet_release {
    ll_clock clock; /* in picoseconds */
    uint32_t *left; /* [n_unit] by the flow's place: packets that have not landed (its last rank) */
    ll_parcel *news; /* [n_news] of [cap_news] ends of flows received from other ranks */
    int64_t n_news, cap_news;
} ll_packet_release;

/* NULL if the net is not timed. For one run of the net. */
ll_packet_release *ll_packet_release_create(const ll_packet_net *net, ll_arena *mem);

/* Node `node` ends at ps. */
static inline ll_parcel ll_end_parcel(uint32_t node, int64_t ps, int64_t window)
{
    return (ll_parcel){{.link = node,
                        .flow = LL_CALENDAR_END,
                        .order = (uint32_t)((uint64_t)ps >> 32),
                        .dt_ps = (uint32_t)(uint64_t)ps},
                       window};
}

static inline int64_t ll_end_ps(const ll_parcel *p)
{
    return (int64_t)((uint64_t)p->event.order << 32 | p->event.dt_ps);
}

void ll_packet_release_hear(ll_packet_release *r, const ll_parcel *parcel, ll_arena *mem);

#endif
