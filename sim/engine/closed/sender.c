#include "sim/engine/closed/sender.h"

#include <math.h>

void ll_sender_init(ll_sender *s, const ll_topology *topo, const ll_wire *wire, ll_arena *mem)
{
    *s = (ll_sender){.topo = topo, .wire = *wire, .mem = mem};
    ll_index_map_init(&s->map, mem);
}

/* Reads capacity and latency of a link that is used for the first time. */
static void meet(ll_sender *s, int64_t i, int64_t link_id)
{
    if (i == s->cap_link) {
        s->cap_link = 2 * i + 32;
        s->link = ll_arena_grown(s->mem, s->link, i, s->cap_link, sizeof *s->link);
    }
    ll_link link;
    s->topo->type->link(s->topo, link_id, &link);
    s->link[i] = (ll_sender_link){.cap_Bps = ll_link_capacity_Bps(&link),
                                  .lane_Bps = link.bw_Bps,
                                  .latency_s = link.latency_s,
                                  .way_s = (double)INFINITY};
}

static void reserve(ll_sender *s, int64_t n_hop)
{
    if (s->n_flow == s->cap_flow) {
        s->cap_flow = 2 * s->cap_flow + 16;
        s->flow = ll_arena_grown(s->mem, s->flow, s->n_flow, s->cap_flow, sizeof *s->flow);
    }
    if (s->n_hop + n_hop > s->cap_hop) {
        s->cap_hop = 2 * (s->n_hop + n_hop) + 64;
        s->hop = ll_arena_grown(s->mem, s->hop, s->n_hop, s->cap_hop, sizeof *s->hop);
    }
}

void ll_sender_add(ll_sender *s, const ll_flow *f, bool priced, int64_t id)
{
    if (f->src == f->dst || !(f->size_B > 0)) return;
    const ll_topology_type *type = s->topo->type;
    const int32_t n_path = type->n_path(s->topo, f->src, f->dst);
    const double share = 1.0 / n_path;
    reserve(s, (int64_t)n_path * s->topo->max_hop);
    ll_sender_flow *flow = &s->flow[s->n_flow++];
    *flow = (ll_sender_flow){.size_B = f->size_B, .id = id, .priced = priced};
    for (int32_t path = 0; path < n_path; path++) {
        int64_t hop[LL_MAX_HOP];
        double latency_s = 0, lane_Bps = (double)INFINITY;
        const int n_hop = type->route(s->topo, f->src, f->dst, path, LL_MAX_HOP, hop);
        for (int h = 0; h < n_hop; h++) {
            const int64_t n = s->map.n, i = ll_index_map_of(&s->map, (uint64_t)hop[h]);
            if (i == n) meet(s, i, hop[h]);
            s->link[i].share += share;
            s->hop[s->n_hop++] = (int32_t)i;
            latency_s += s->link[i].latency_s;
            lane_Bps = fmin(lane_Bps, s->link[i].lane_Bps);
        }
        s->hop[s->n_hop - 1] = ~s->hop[s->n_hop - 1];
        flow->n_hop += n_hop;
        ll_path_latency_add(&flow->latency, latency_s, share);
        ll_path_latency_add(&flow->packet, s->wire.packet_B / lane_Bps, share);
    }
}

static ll_sender_link *link_at(const ll_sender *s, int32_t hop)
{
    return &s->link[hop < 0 ? ~hop : hop];
}

/* When the last byte arrives of a flow whose paths differ in latency, if no window holds it back: a
 * link is busy for all bytes that cross it from when the first of them can be there, and what a
 * path carries takes that path. Where a shared link is the narrowest, the longest path adds
 * nothing. */
static double spread_s(const ll_sender *s, const ll_sender_flow *flow, const int32_t *hop)
{
    const double part_B = flow->size_B / flow->latency.n_path;
    double end_s = 0;
    for (int32_t h = 0, first = 0; h < flow->n_hop; first = h) {
        double way_s = 0, cap_Bps = (double)INFINITY;
        for (bool more = true; more; more = hop[h++] >= 0) {
            way_s += link_at(s, hop[h])->latency_s;
            cap_Bps = fmin(cap_Bps, link_at(s, hop[h])->cap_Bps);
        }
        for (int32_t i = first; i < h; i++)
            link_at(s, hop[i])->way_s = fmin(link_at(s, hop[i])->way_s, way_s);
        end_s = fmax(end_s, way_s + part_B / cap_Bps);
    }
    for (int32_t h = 0; h < flow->n_hop; h++) {
        const ll_sender_link *link = link_at(s, hop[h]);
        end_s = fmax(end_s, link->way_s + flow->size_B * link->share / link->cap_Bps);
    }
    for (int32_t h = 0; h < flow->n_hop; h++)
        link_at(s, hop[h])->way_s = (double)INFINITY;
    return end_s;
}

static ll_sender_price price(const ll_sender *s, const ll_sender_flow *flow, const int32_t *hop)
{
    const double trip_s = 2 * flow->latency.mean_s + flow->packet.mean_s;
    double share_Bps = (double)INFINITY;
    for (int32_t h = 0; h < flow->n_hop; h++) {
        const ll_sender_link *link = link_at(s, hop[h]);
        share_Bps = fmin(share_Bps, link->cap_Bps / link->share);
    }
    const double window_B = s->wire.packet_B * ll_wire_window_packets(&s->wire, share_Bps, trip_s);
    const double rate_Bps = fmin(share_Bps, window_B / trip_s);
    const ll_path_latency *l = &flow->latency;
    double time_s = flow->size_B / rate_Bps;
    if (l->longest_s > l->shortest_s && !(rate_Bps < share_Bps))
        time_s = spread_s(s, flow, hop) - l->longest_s;
    return (ll_sender_price){l->longest_s, time_s, rate_Bps / share_Bps};
}

bool ll_sender_next(const ll_sender *s, int64_t *at, int64_t *hop, int64_t *id,
                    ll_sender_price *out)
{
    while (*at < s->n_flow) {
        const ll_sender_flow *flow = &s->flow[(*at)++];
        const int32_t *first = s->hop + *hop;
        *hop += flow->n_hop;
        if (!flow->priced) continue;
        *id = flow->id;
        *out = price(s, flow, first);
        return true;
    }
    return false;
}

void ll_sender_clear(ll_sender *s)
{
    for (int64_t h = 0; h < s->n_hop; h++)
        link_at(s, s->hop[h])->share = 0;
    s->n_hop = s->n_flow = 0;
}
