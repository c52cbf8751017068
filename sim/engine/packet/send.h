/* Where a packet goes next, and what its arrival sets off: what a run does for each packet and hop,
 * inline because it takes most of the time. */
#ifndef LL_SIM_ENGINE_PACKET_SEND_H
#define LL_SIM_ENGINE_PACKET_SEND_H

#include "sim/engine/packet/begin.h"
#include "sim/engine/packet/watch.h"

/* A packet reaches the queue of hop `to` at time `ps`. */
static inline void ll_packet_send(ll_packet_running *run, ll_packet_hop to, int64_t ps,
                                  uint32_t order, uint32_t flow)
{
    ll_parcel p = {.event = {.link = to.link, .order = order, .flow = flow}};
    p.window = ll_calendar_window(&run->cal, ps - run->cal.now_ps, &p.event.dt_ps);
    if (ll_hop_owner(to) == run->rank) {
        ll_calendar_put(&run->cal, p.window, &p.event);
        return;
    }
    p.event.flow = ll_packet_flow_at(run->net, flow)->id;
    ll_exchange_put(&run->exchange, ll_hop_owner(to), &p);
}

/* Returns a credit: the buffer behind hop `from` is free at `ps`, and its link may use it from the
 * first window on that begins after the credit has travelled back. */
static inline void ll_packet_give_credit(ll_packet_running *run, ll_packet_hop from, int64_t ps)
{
    const int64_t at_ps = ps + run->net->kind[ll_hop_kind(from)].latency_ps;
    uint32_t dt_ps;
    const int64_t window =
        ll_calendar_window(&run->cal, at_ps - run->cal.now_ps + run->cal.delta_ps - 1, &dt_ps);
    if (ll_hop_owner(from) == run->rank) {
        ll_calendar_put_credit(&run->cal, window, from.link, ll_hop_vl(from));
    } else {
        const ll_parcel p = {
            {.link = from.link, .flow = LL_CALENDAR_CREDIT, .order = ll_hop_vl(from)}, window};
        ll_exchange_put(&run->exchange, ll_hop_owner(from), &p);
    }
}

/* The flow's packet is whole at its destination at `ps`. */
static inline void ll_packet_land(ll_packet_running *run, ll_packet_flow *flow, int64_t ps)
{
    run->n_landed++;
    if (ps > flow->end_ps) flow->end_ps = ps;
    if (run->release == NULL) return;
    if (--run->release->left[(uint64_t *)flow - run->net->store] == 0)
        ll_packet_flow_ends(run, flow);
}

/* The hop of the flow's path that an event is at. */
static inline const ll_packet_hop *ll_packet_hop_at(const ll_packet_net *net,
                                                    const ll_packet_flow *flow, uint32_t order)
{
    const uint32_t h = order & ((1 << LL_PACKET_HOP_BITS) - 1);
    return flow->hop + ll_packet_way(flow, ll_packet_path(net, flow, order)) + h;
}

/* The order of a packet that leaves its source. */
static inline uint32_t ll_packet_next_order(const ll_packet_running *run,
                                            const ll_packet_flow *flow, uint32_t seq)
{
    const ll_packet_net *net = run->net;
    const bool choose = net->watch != NULL && flow->n_path > 1;
    const uint32_t path = choose ? ll_watch_choose(net, flow, seq, run->cal.now_ps) : 0;
    return ll_packet_order(net, seq, path);
}

/* Not inline: what the sweep has for another rank, or far in time. */
void ll_packet_send_away(ll_packet_running *run, ll_packet_hop to, int64_t ps, uint32_t order,
                         uint32_t flow);
void ll_packet_credit_away(ll_packet_running *run, ll_packet_hop from, int64_t ps);

/* The same two in the sweep: what is for this rank and near is put at once. */
static inline void ll_packet_send_near(ll_packet_running *run, const ll_calendar_near *near,
                                       ll_packet_hop to, int64_t ps, uint32_t order, uint32_t flow)
{
    const uint64_t after_ps = (uint64_t)(ps - near->now_ps);
    if (ll_hop_owner(to) == run->rank && after_ps < near->span_ps)
        ll_near_put(&run->cal, near, after_ps,
                    (ll_event){.link = to.link, .order = order, .flow = flow});
    else
        ll_packet_send_away(run, to, ps, order, flow);
}

static inline void ll_packet_credit_near(ll_packet_running *run, const ll_calendar_near *near,
                                         ll_packet_hop from, int64_t ps)
{
    const ll_packet_kind *kind = &run->net->kind[ll_hop_kind(from)];
    const uint64_t after_ps = (uint64_t)(ps - near->now_ps + kind->latency_ps + near->delta_ps - 1);
    if (ll_hop_owner(from) == run->rank && after_ps < near->span_ps)
        ll_near_put_credit(&run->cal, near, after_ps, from.link, ll_hop_vl(from));
    else
        ll_packet_credit_away(run, from, ps);
}

/* The source has an acknowledgement at `ps`: its next packet may leave. */
static inline void ll_packet_reply(ll_packet_running *run, const ll_calendar_near *near,
                                   ll_packet_flow *flow, uint32_t flow_id, int64_t ps)
{
    if (flow->next == flow->n_packet) return;
    const uint32_t order = ll_packet_next_order(run, flow, flow->next++);
    ll_packet_send_near(run, near, *ll_packet_hop_at(run->net, flow, order), ps, order, flow_id);
}

#endif
