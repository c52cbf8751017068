#include "sim/engine/packet/effort.h"

#include <math.h>

/* Runs of a quarter, half and all of the packets. */
static const double cut_runs = 1.75;

/* Effort of setting up a flow, in packets served; measured on 8192 chips. */
enum { SET_UP = 30 };

double ll_packet_kept(const ll_packet_param *param, double most_packets, double most_window)
{
    const double wanted = (double)param->packets_per_flow, step = 4 * most_window;
    const double most = step * ceil(fmax(wanted, 8 * most_window) / step);
    return wanted > 0 && most < most_packets ? most : most_packets;
}

static double size_most_B(const ll_traffic *t)
{
    double most_B = 0;
    if (t->pattern != LL_PATTERN_LIST) return t->size_B;
    for (int64_t i = 0; i < t->n_list; i++)
        most_B = fmax(most_B, t->list_B[i]);
    return most_B;
}

/* Total bytes of the traffic. */
static double size_all_B(const ll_traffic *t)
{
    double all_B = 0;
    if (t->pattern != LL_PATTERN_LIST) return t->size_B * (double)ll_traffic_n_flow(t);
    for (int64_t i = 0; i < t->n_list; i++)
        all_B += t->list_B[i];
    return all_B;
}

/* Of the flows after flow i from the same source, how many start over link `id`. */
static double n_sharing(const ll_topology *topo, const ll_traffic *t, int64_t i, int64_t id)
{
    enum { MOST = 64 };
    ll_flow first, f;
    double n = 0;
    ll_traffic_flow(t, i, &first);
    for (int64_t k = i; k < ll_traffic_n_flow(t) && k < i + MOST; k++) {
        int64_t hop[LL_MAX_HOP];
        ll_traffic_flow(t, k, &f);
        if (f.src != first.src) break;
        if (f.src == f.dst) continue;
        n += topo->type->route(topo, f.src, f.dst, 0, LL_MAX_HOP, hop) > 0 && hop[0] == id;
    }
    return fmax(n, 1);
}

/* Of the first flow that leaves its chip: returns its hops; *window: packets in flight. */
static int sample(const ll_topology *topo, const ll_wire *wire, const ll_traffic *t, double *window)
{
    enum { LOOK = 16 };
    int64_t hop[LL_MAX_HOP], i = 0;
    int n_hop = 0;
    ll_flow f;
    for (; i < ll_traffic_n_flow(t) && i < LOOK && n_hop < 1; i++) {
        ll_traffic_flow(t, i, &f);
        if (f.src != f.dst) n_hop = topo->type->route(topo, f.src, f.dst, 0, LL_MAX_HOP, hop);
    }
    double latency_s = 0, cap_Bps = INFINITY;
    for (int h = 0; h < n_hop; h++) {
        ll_link link;
        topo->type->link(topo, hop[h], &link);
        latency_s += link.latency_s;
        cap_Bps = fmin(cap_Bps, ll_link_capacity_Bps(&link));
    }
    *window = 1;
    if (n_hop < 1) return 0;
    const double trip_B = cap_Bps / n_sharing(topo, t, i - 1, hop[0]) * 2 * latency_s;
    const double least = wire->window_packets, given = wire->window_B / wire->packet_B;
    const double wanted = ceil(fmax(wire->window_bdp * trip_B / wire->packet_B, least));
    *window = fmax(wire->window_bdp > 0 ? wanted : given, 1);
    return n_hop;
}

ll_packet_effort ll_packet_effort_of(const ll_topology *topo, const ll_wire *wire,
                                     const ll_packet_param *param, const ll_phase *phase)
{
    double most = 0, most_window = 1, n_served = 0;
    ll_packet_effort out = {0};
    for (int i = 0; i < phase->n_traffic; i++) {
        const ll_traffic *t = &phase->traffic[i];
        const double n_flow = (double)ll_traffic_n_flow(t);
        double window;
        const int n_hop = sample(topo, wire, t, &window);
        most_window = fmax(most_window, window);
        most = fmax(most, size_most_B(t) / wire->packet_B);
        n_served += 2 * n_hop * fmax(size_all_B(t) / wire->packet_B, n_flow);
        out.set_up += SET_UP * n_flow;
    }
    const double kept = ll_packet_kept(param, most, most_window);
    const bool cut = kept < most;
    out.run = cut ? n_served * kept / most : n_served;
    out.all = out.set_up + (cut ? cut_runs : 1) * out.run;
    return out;
}
