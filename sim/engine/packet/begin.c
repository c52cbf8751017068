#include "sim/engine/packet/begin.h"

#include "sim/engine/packet/injection.h"
#include "sim/engine/packet/retransmit.h"
#include "sim/engine/packet/send.h"
#include "sim/engine/packet/watch.h"

#include <math.h>

ll_status ll_packet_net_reset(ll_packet_net *net, double part, ll_error *err)
{
    const double most = LL_PACKET_SEQ_MAX >> (net->seq_shift - LL_PACKET_HOP_BITS);
    net->n_packet = 0;
    for (ll_packet_flow *flow = ll_packet_first(net); flow != NULL;
         flow = ll_packet_next(net, flow)) {
        const double size_B = part < 1 ? ceil((double)flow->size_B * part) : (double)flow->size_B;
        const double n = ceil(size_B / flow->packet_B);
        if (n > most)
            return ll_error_set(err, LL_ERR_RUN,
                                "engine packet: a flow of %g packets; at most %g are possible%s: "
                                "engine.packets_per_flow bounds them",
                                n, most, net->watch != NULL ? " with so many paths" : "");
        flow->n_packet = (uint32_t)n;
        flow->last_B = (uint32_t)(size_B - (n - 1) * flow->packet_B);
        flow->end_ps = 0;
        flow->next = flow->window < flow->n_packet ? flow->window : flow->n_packet;
        if (flow->home) net->n_packet += flow->n_packet;
    }
    for (int64_t l = 0; l < net->n_link; l++) {
        net->link[l] = (ll_packet_link){0};
        for (int v = 0; v < LL_PACKET_LANES; v++)
            net->link[l].credit[v] = net->kind[net->link_kind[l]].buffer;
    }
    if (net->watch != NULL) ll_watch_reset(net->watch, net->n_link);
    return LL_OK;
}

/* The flow's first window of packets is at its first links at `ps`. */
static void begin_flow(ll_packet_running *run, const ll_packet_flow *flow, int64_t ps)
{
    const ll_packet_net *net = run->net;
    const uint32_t id = (uint32_t)((const uint64_t *)flow - net->store);
    const uint32_t n = flow->window < flow->n_packet ? flow->window : flow->n_packet;
    for (uint32_t seq = 0; seq < n; seq++) {
        const bool knows = flow->n_minimal < flow->n_path && flow->home;
        const uint32_t path =
            knows ? ll_watch_choose(net, flow, seq, ps) : (seq + flow->id) % flow->n_minimal;
        const uint32_t order = ll_packet_order(net, seq, path);
        const ll_packet_hop hop = *ll_packet_hop_at(net, flow, order);
        if (ll_hop_owner(hop) == run->rank) ll_packet_send(run, hop, ps, order, id);
    }
    if (run->recovery != NULL) ll_retransmit_begin(run, flow, id, ps);
}

/* Starts what is released. */
static void begin_released(ll_packet_running *run)
{
    ll_clock *clock = &run->release->clock;
    const ll_flow_index *index = &run->net->index;
    for (int64_t node; (node = ll_clock_take(clock)) >= 0;) {
        const uint32_t id = run->net->flow_of_node[node];
        if (index->bit[id / 64] >> id % 64 & 1)
            begin_flow(run, ll_packet_flow_at(run->net, ll_flow_place(index, id)),
                       llround(clock->ready[node]));
    }
}

void ll_packet_flow_ends(ll_packet_running *run, const ll_packet_flow *flow)
{
    const ll_packet_net *net = run->net;
    const int traffic = ll_packet_traffic(flow);
    const int64_t first_node = net->timing->first_node[traffic];
    if (first_node < 0) return;
    const int64_t node = first_node + net->number[flow->id] - net->first_number[traffic];
    uint32_t dt_ps;
    const int64_t window = ll_calendar_window(&run->cal, flow->end_ps - run->cal.now_ps, &dt_ps);
    const ll_parcel parcel = ll_end_parcel((uint32_t)node, flow->end_ps, window);
    for (int i = 0; i < run->exchange.n_neighbour; i++)
        ll_exchange_put(&run->exchange, (uint32_t)run->exchange.neighbour[i], &parcel);
    ll_packet_release_hear(run->release, &parcel, run->mem);
}

void ll_packet_begin_released(ll_packet_running *run)
{
    ll_packet_release *r = run->release;
    for (int64_t i = 0; i < r->n_news; i++)
        ll_clock_end(&r->clock, r->news[i].event.link, (double)ll_end_ps(&r->news[i]));
    r->n_news = 0;
    begin_released(run);
}

/* Packets of the flow that land on this rank, about: those of its paths that end here. */
static double landing(const ll_packet_running *run, const ll_packet_flow *flow)
{
    const ll_packet_hop *hop = flow->hop;
    int n_here = 0, n_land = 0;
    for (int i = 0; i < flow->n_path * flow->n_hop; i++) {
        const bool lands = (hop[i].meta & LL_HOP_LANDS) != 0;
        n_land += lands;
        n_here += lands && ll_hop_owner(hop[i]) == run->rank;
    }
    return n_land > 0 ? (double)flow->n_packet * n_here / n_land : 0;
}

void ll_packet_begin(ll_packet_running *run)
{
    const ll_packet_net *net = run->net;
    for (ll_packet_flow *f = ll_packet_first(net); f != NULL; f = ll_packet_next(net, f)) {
        run->n_expected += landing(run, f);
        if (net->injection != NULL) continue;
        if (net->timing == NULL || net->timing->first_node[ll_packet_traffic(f)] < 0)
            begin_flow(run, f, 0);
    }
    if (run->release != NULL) begin_released(run);
    if (net->injection != NULL) run->n_expected = net->injection->n_part;
}
