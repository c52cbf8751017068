#include "sim/engine/packet/window.h"

#include <math.h>

/* A path of a flow at zero load. */
typedef struct way {
    double latency_s;    /* one way */
    double data_s_per_B; /* from first to last byte, there */
    double ack_s_per_B;  /* and back */
} way;

/* All of them. */
typedef struct ways {
    double share_Bps; /* c/k of engine.h */
    ll_path_latency latency, data_per_B, ack_per_B;
} ways;

/* One hop more. */
static void way_extend(way *w, const ll_packet_kind *kind, bool ack, bool cut_through)
{
    double *per_B = ack ? &w->ack_s_per_B : &w->data_s_per_B;
    const double one = (double)kind->wire_q / (1 << LL_PACKET_Q) * 1e-12;
    *per_B = cut_through ? fmax(*per_B, one) : *per_B + one;
    if (!ack) w->latency_s += kind->latency_s;
}

static ways ways_of(const ll_packet_flow *flow, const ll_packet_kind *kinds, const double *share,
                    bool cut_through)
{
    ways all = {.share_Bps = INFINITY};
    for (int path = 0; path < flow->n_path; path++) {
        const ll_packet_hop *h = flow->hop + ll_packet_way(flow, (size_t)path);
        way w = {0};
        for (bool more = true; more; more = !(h++->meta & LL_HOP_RETURNS)) {
            const ll_packet_kind *kind = &kinds[ll_hop_kind(*h)];
            const bool ack = (h->meta & LL_HOP_ACK) != 0;
            if (!ack) all.share_Bps = fmin(all.share_Bps, kind->cap_Bps / share[h->link]);
            way_extend(&w, kind, ack, cut_through);
        }
        ll_path_latency_add(&all.latency, w.latency_s, 1.0 / flow->n_path);
        ll_path_latency_add(&all.data_per_B, w.data_s_per_B, 1.0 / flow->n_path);
        ll_path_latency_add(&all.ack_per_B, w.ack_s_per_B, 1.0 / flow->n_path);
    }
    return all;
}

double ll_packet_window_set(const ll_wire *wire, const ll_packet_param *param,
                            const ll_packet_kind *kind, const double *share, ll_packet_flow *flow)
{
    const ways w = ways_of(flow, kind, share, param->switching == 0);
    const double most_B = fmax(floor(wire->packet_B), 1);
    double each_B = most_B, n = 0;
    for (int turn = 0; turn < 4; turn++) { /* the round trip depends on the size of a packet */
        const double tau_s =
            2 * w.latency.mean_s + each_B * w.data_per_B.mean_s + param->ack_B * w.ack_per_B.mean_s;
        const double window_B = wire->window_bdp > 0 ? fmax(wire->window_bdp * w.share_Bps * tau_s,
                                                            wire->window_packets * most_B)
                                                     : wire->window_B;
        if (turn == 0) n = fmax(ceil(window_B / most_B * (1 - 1e-9)), 1);
        if (n > 1) each_B = fmin(fmax(floor(window_B / n * (1 + 1e-9)), 1), most_B);
    }
    flow->window = (uint32_t)fmin(n, LL_PACKET_SEQ_MAX);
    flow->packet_B = (uint32_t)each_B;
    return w.latency.longest_s;
}
