#include "sim/engine/packet/retransmit.h"

#include "sim/engine/packet/send.h"

/* The hop over which the answers of a stream reach its source. */
static ll_packet_hop last_hop(const ll_packet_flow *flow, uint32_t path)
{
    const ll_packet_hop *hop = flow->hop + ll_packet_way(flow, path);
    while (!(hop->meta & LL_HOP_RETURNS))
        hop++;
    return *hop;
}

/* Sets the stream's timer, which expires with the first window that begins at its deadline or
 * later. */
static void wind_up(ll_packet_running *run, const ll_packet_flow *flow, ll_stream *s)
{
    const int64_t delta_ps = run->cal.delta_ps;
    const ll_event e = {.link = last_hop(flow, s->path).link,
                        .flow = LL_CALENDAR_TIMER,
                        .order = (uint32_t)(s - run->recovery->stream)};
    ll_calendar_put(&run->cal, (s->deadline_ps + delta_ps - 1) / delta_ps, &e);
    s->armed = true;
}

/* The stream may send a new packet at `ps`; returns when it does. */
static int64_t leave(ll_packet_running *run, const ll_packet_flow *flow, ll_stream *s, uint32_t seq,
                     int64_t ps)
{
    if (ps > s->sent_ps) s->sent_ps = ps;
    if (seq / flow->n_path == s->oldest) s->deadline_ps = s->sent_ps + run->net->damage.timeout_ps;
    if (!s->armed) wind_up(run, flow, s);
    return s->sent_ps;
}

static void send_again(ll_packet_running *run, const ll_packet_flow *flow, ll_stream *s,
                       ll_resend r, int64_t ps)
{
    const ll_packet_hop to = flow->hop[ll_packet_way(flow, s->path)];
    for (uint32_t k = r.first; k < r.end; k++)
        if (ll_stream_missing(s, k))
            ll_packet_send(run, to, ps, ll_stream_seq(flow, s, k) << LL_PACKET_HOP_BITS, s->flow);
    if (r.first < r.end && ps > s->sent_ps) s->sent_ps = ps;
}

void ll_retransmit_expire(ll_packet_running *run, const ll_event *e)
{
    ll_stream *s = &run->recovery->stream[e->order];
    const ll_packet_flow *flow = ll_packet_flow_at(run->net, s->flow);
    const int64_t ps = run->cal.now_ps + run->cal.delta_ps;
    s->armed = s->oldest < ll_stream_length(flow, s->path, flow->next);
    if (!s->armed) return;
    if (s->deadline_ps <= run->cal.now_ps)
        send_again(run, flow, s, ll_stream_expired(run->net, s, ps), ps);
    wind_up(run, flow, s);
}

void ll_retransmit_answered(ll_packet_running *run, ll_packet_flow *flow, const ll_event *e,
                            int64_t ps)
{
    ll_recovery *r = run->recovery;
    const uint32_t order = e->order & ~(uint32_t)((1 << LL_PACKET_HOP_BITS) - 1);
    const uint32_t at = (order & ~LL_PACKET_GAP) >> LL_PACKET_HOP_BITS;
    ll_stream *s = ll_stream_of(r, flow, e->flow, at);
    send_again(run, flow, s, ll_stream_answered(run->net, r, s, order, ps), ps);
    const uint32_t *n_done = &r->stream[r->first[e->flow]].n_done;
    while (flow->next < flow->n_packet && flow->next - *n_done < flow->window) {
        ll_stream *next = ll_stream_of(r, flow, e->flow, flow->next);
        const int64_t leave_ps = leave(run, flow, next, flow->next, ps);
        const uint32_t sent = ll_packet_next_order(run, flow, flow->next++);
        ll_packet_send(run, *ll_packet_hop_at(run->net, flow, sent), leave_ps, sent, e->flow);
    }
}

void ll_retransmit_arrive(ll_packet_running *run, ll_packet_flow *flow, const ll_packet_hop *hop,
                          const ll_event *e, int64_t ps)
{
    const uint32_t seq = e->order >> LL_PACKET_HOP_BITS;
    const uint32_t at = e->order & ((1 << LL_PACKET_HOP_BITS) - 1);
    ll_stream *s = ll_stream_of(run->recovery, flow, e->flow, seq);
    bool fresh;
    uint32_t answer;
    if (ll_stream_arrive(run->net, s, seq / flow->n_path, &fresh, &answer))
        ll_packet_send(run, hop[1], ps, answer | (at + 1), e->flow);
    if (fresh) ll_packet_land(run, flow, ps);
}

void ll_retransmit_begin(ll_packet_running *run, const ll_packet_flow *flow, uint32_t id,
                         int64_t ps)
{
    for (uint32_t path = 0; path < flow->n_path && path < flow->next; path++)
        if (ll_hop_owner(last_hop(flow, path)) == run->rank)
            leave(run, flow, ll_stream_of(run->recovery, flow, id, path), path, ps);
}
