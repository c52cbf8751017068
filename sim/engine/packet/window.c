#include "sim/engine/packet/window.h"

#include <math.h>

/* All paths of a flow at zero load. */
typedef struct ways {
    double share_Bps; /* c/k of sim/machine/wire.h */
    ll_path_latency latency, packet;
} ways;

/* Seconds that a byte takes on one lane. */
static double lane_s(const ll_packet_kind *kind)
{
    return (double)kind->wire_q / (1 << LL_PACKET_Q) * 1e-12;
}

static ways ways_of(const ll_packet_flow *flow, const ll_packet_kind *kinds, const double *share,
                    double packet_B, bool cut_through)
{
    ways all = {.share_Bps = INFINITY};
    for (int path = 0; path < flow->n_path; path++) {
        const ll_packet_hop *h = flow->hop + ll_packet_way(flow, (size_t)path);
        double latency_s = 0, packet_s = 0;
        for (bool more = true; more; more = !(h++->meta & LL_HOP_LANDS)) {
            const ll_packet_kind *kind = &kinds[ll_hop_kind(*h)];
            const double one_s = packet_B * lane_s(kind);
            all.share_Bps = fmin(all.share_Bps, kind->cap_Bps / share[h->link]);
            packet_s = cut_through ? fmax(packet_s, one_s) : packet_s + one_s;
            latency_s += kind->latency_s;
        }
        ll_path_latency_add(&all.latency, latency_s, 1.0 / flow->n_path);
        ll_path_latency_add(&all.packet, packet_s, 1.0 / flow->n_path);
    }
    return all;
}

double ll_packet_window_set(const ll_wire *wire, const ll_packet_param *param,
                            const ll_packet_kind *kind, const double *share, ll_packet_flow *flow)
{
    const double packet_B = fmax(floor(wire->packet_B), 1);
    const ways w = ways_of(flow, kind, share, packet_B, param->switching == 0);
    const double trip_s = 2 * w.latency.mean_s + w.packet.mean_s;
    const double n = ll_wire_window_packets(wire, w.share_Bps, trip_s);
    flow->window = (uint32_t)fmin(n, LL_PACKET_SEQ_MAX);
    flow->packet_B = (uint32_t)packet_B;
    return w.latency.longest_s;
}
