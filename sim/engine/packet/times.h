/* Times of packets on links, by kind of link and size of packet, computed once per run. A phase has
 * few kinds of links and few sizes of packets: flows of one kind have packets of one size. What is
 * in no column, the last packet of a flow mostly, is computed into the last column when it is
 * served. */
#ifndef LL_SIM_ENGINE_PACKET_TIMES_H
#define LL_SIM_ENGINE_PACKET_TIMES_H

#include "sim/engine/packet/net.h"

enum { LL_SIZE_ACK = 0, LL_SIZE_ODD = 15, LL_N_SIZE };

typedef struct ll_packet_times {
    _Alignas(32) int64_t wire_ps;
    int64_t slot_ps, latency_ps; /* those of ll_packet_kind */
} ll_packet_times;

/* [n_kind][LL_N_SIZE]. Sets the column of every flow, ll_packet_flow.size. Not collective. */
ll_packet_times *ll_packet_times_create(ll_packet_net *net, ll_arena *mem);

/* Computes the last column, for a packet of size_B, of the kinds of hop[0] and hop[1]. */
void ll_packet_times_odd(const ll_packet_net *net, ll_packet_times *times, const ll_packet_hop *hop,
                         uint32_t size_B);

/* Of the packet `seq` of the flow, or of its acknowledgement, at `hop`: its column. */
static inline uint32_t ll_packet_size(const ll_packet_net *net, ll_packet_times *times,
                                      const ll_packet_flow *flow, const ll_packet_hop *hop,
                                      uint32_t seq)
{
    if (hop->meta & LL_HOP_ACK) return LL_SIZE_ACK;
    const bool last = seq + 1 == flow->n_packet;
    if (!last && flow->size != LL_SIZE_ODD) return flow->size;
    ll_packet_times_odd(net, times, hop, last ? flow->last_B : flow->packet_B);
    return LL_SIZE_ODD;
}

static inline const ll_packet_times *ll_packet_times_at(const ll_packet_times *times,
                                                        ll_packet_hop hop, uint32_t size)
{
    return &times[ll_hop_kind(hop) * LL_N_SIZE + size];
}

#endif
