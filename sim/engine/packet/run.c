#include "sim/engine/packet/run.h"

#include "sim/base/index_map.h"
#include "sim/comm/progress.h"
#include "sim/engine/packet/recover.h"
#include "sim/engine/packet/running.h"
#include "sim/engine/packet/watch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A packet reaches the queue of hop `to` at time `ps`. */
static inline void send(ll_packet_running *run, ll_packet_hop to, int64_t ps, uint32_t order,
                        uint32_t flow)
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
static inline void give_credit(ll_packet_running *run, ll_packet_hop from, int64_t ps)
{
    const int64_t at_ps = ps + run->net->kind[ll_hop_kind(from)].latency_ps;
    uint32_t dt_ps;
    const int64_t window =
        ll_calendar_window(&run->cal, at_ps - run->cal.now_ps + run->cal.delta_ps - 1, &dt_ps);
    if (ll_hop_owner(from) == run->rank) {
        ll_calendar_put_credit(&run->cal, window, from.link, ll_hop_vl(from));
    } else {
        const ll_parcel p = {{from.link, LL_CALENDAR_CREDIT, ll_hop_vl(from), 0}, window};
        ll_exchange_put(&run->exchange, ll_hop_owner(from), &p);
    }
}

static void flow_ends(ll_packet_running *run, const ll_packet_flow *flow);

static inline void land(ll_packet_running *run, ll_packet_flow *flow, int64_t ps)
{
    run->n_landed++;
    if (ps > flow->end_ps) flow->end_ps = ps;
    if (run->release == NULL) return;
    if (--run->release->left[(uint64_t *)flow - run->net->store] == 0) flow_ends(run, flow);
}

/* The hop of the flow's path that an event is at. */
static inline const ll_packet_hop *hop_at(const ll_packet_net *net, const ll_packet_flow *flow,
                                          uint32_t order)
{
    const uint32_t h = order & ((1 << LL_PACKET_HOP_BITS) - 1);
    return flow->hop + ll_packet_way(flow, ll_packet_path(net, flow, order)) + h;
}

/* The order of a packet that leaves its source. */
static inline uint32_t next_order(const ll_packet_running *run, const ll_packet_flow *flow,
                                  uint32_t seq)
{
    const ll_packet_net *net = run->net;
    const bool choose = net->watch != NULL && flow->n_path > 1;
    const uint32_t path = choose ? ll_watch_choose(net, flow, seq, run->cal.now_ps) : 0;
    return ll_packet_order(net, seq, path);
}

/* The source has an acknowledgement at `ps`: its next packet may leave. */
static inline void reply(ll_packet_running *run, ll_packet_flow *flow, uint32_t flow_id, int64_t ps)
{
    if (flow->next == flow->n_packet) return;
    const uint32_t order = next_order(run, flow, flow->next++);
    send(run, *hop_at(run->net, flow, order), ps, order, flow_id);
}

/* ---- End-to-end recovery --------------------------------------------------------------------- */

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
            send(run, to, ps, ll_stream_seq(flow, s, k) << LL_PACKET_HOP_BITS, s->flow);
    if (r.first < r.end && ps > s->sent_ps) s->sent_ps = ps;
}

static void expire(ll_packet_running *run, const ll_event *e)
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

/* An answer is at the source at `ps`: what is missing goes again, then new packets. */
static void answered(ll_packet_running *run, ll_packet_flow *flow, const ll_event *e, int64_t ps)
{
    ll_recovery *r = run->recovery;
    const uint32_t order = e->order & ~(uint32_t)((1 << LL_PACKET_HOP_BITS) - 1);
    const uint32_t at = (order & ~LL_PACKET_GAP) >> LL_PACKET_HOP_BITS;
    ll_stream *s = ll_stream_of(r, flow, e->flow, at);
    send_again(run, flow, s, ll_stream_answered(run->net, r, s, order, ps), ps);
    const uint32_t *n_done = &r->stream[r->first[e->flow]].n_done;
    while (flow->next < flow->n_packet && flow->next - *n_done < flow->window) {
        ll_stream *next = ll_stream_of(r, flow, e->flow, flow->next);
        reply(run, flow, e->flow, leave(run, flow, next, flow->next, ps));
    }
}

/* A packet is at its destination at `ps`, whole. */
static void arrive(ll_packet_running *run, ll_packet_flow *flow, const ll_packet_hop *hop,
                   const ll_event *e, int64_t ps)
{
    const uint32_t seq = e->order >> LL_PACKET_HOP_BITS;
    const uint32_t at = e->order & ((1 << LL_PACKET_HOP_BITS) - 1);
    ll_stream *s = ll_stream_of(run->recovery, flow, e->flow, seq);
    bool fresh;
    uint32_t answer;
    if (ll_stream_arrive(run->net, s, seq / flow->n_path, &fresh, &answer))
        send(run, hop[1], ps, answer | (at + 1), e->flow);
    if (fresh) land(run, flow, ps);
}

/* Of the streams whose answers come to this rank. */
static void begin_timers(ll_packet_running *run, const ll_packet_flow *flow, uint32_t id,
                         int64_t ps)
{
    for (uint32_t path = 0; path < flow->n_path && path < flow->next; path++)
        if (ll_hop_owner(last_hop(flow, path)) == run->rank)
            leave(run, flow, ll_stream_of(run->recovery, flow, id, path), path, ps);
}

/* A sum, so that it does not matter in which order links are swept, nor on which rank. */
static inline void note(ll_packet_running *run, const ll_packet_link *link,
                        const ll_packet_flow *flow, const ll_event *e, int64_t start_ps)
{
    const uint64_t id = (uint64_t)run->net->link_id[link - run->net->link];
    const uint64_t what = ll_mix((uint64_t)e->order << 32 | flow->id);
    run->result.hash += ll_mix(ll_mix(id * 0x9e3779b97f4a7c15ULL + (uint64_t)start_ps) + what);
}

/* Times that the link damages the packet. */
static int damage(const ll_packet_net *net, const ll_packet_link *link, const ll_packet_flow *flow,
                  const ll_event *e)
{
    return ll_damage_count(&net->damage, net->link_id[link - net->link], flow->id, e->order);
}

/* Whether the packet is lost on the link, and with it the place that it would have taken. */
static bool dropped(ll_packet_running *run, const ll_packet_link *link, const ll_packet_flow *flow,
                    const ll_packet_hop *hop, const ll_event *e, int64_t start_ps, int64_t whole_ps)
{
    const ll_packet_net *net = run->net;
    const int64_t id = net->link_id[link - net->link];
    if (!ll_damage_at(&net->damage, id, flow->id, e->order, start_ps)) return false;
    if (hop->meta & LL_HOP_TAKES) give_credit(run, *hop, whole_ps);
    return true;
}

static inline bool at_switch(uint32_t order)
{
    return (order & ((1 << LL_PACKET_HOP_BITS) - 1)) > 0;
}

/* Serves the packet at `hop`, which is at the head of the queue of `link` at `ps`. lossy: links
 * damage packets; a constant, so that nothing of it is left where they do not. */
static inline __attribute__((always_inline)) void
serve_as(ll_packet_running *run, ll_packet_link *link, ll_packet_flow *flow,
         const ll_packet_hop *hop, const ll_event *e, int64_t ps, const bool lossy)
{
    const ll_packet_net *net = run->net;
    const ll_packet_kind *kind = &net->kind[ll_hop_kind(*hop)];
    const uint32_t meta = hop->meta, seq = ll_packet_seq(net, e->order);
    const uint32_t size_B = meta & LL_HOP_ACK           ? net->ack_B
                            : seq + 1 == flow->n_packet ? flow->last_B
                                                        : flow->packet_B;
    const int64_t wire_ps = ll_packet_ps(size_B, kind->wire_q);
    int64_t turn_ps = ps > link->free_ps ? ps : link->free_ps;
    int64_t start_ps = meta & LL_HOP_ACK ? ps : turn_ps;
    int64_t slot_ps = ll_packet_ps(size_B, kind->slot_q);
    if (lossy && net->damage.overflow && !(meta & LL_HOP_ACK) && at_switch(e->order) &&
        turn_ps - ps >= kind->buffer * slot_ps) {
        run->result.n_packet_hop--; /* dropped: not served */
        return;
    }
    const bool recovers = lossy && run->recovery != NULL;
    bool lost = false;
    if (recovers) {
        lost = dropped(run, link, flow, hop, e, start_ps, start_ps + wire_ps + kind->latency_ps);
    } else if (lossy) {
        const int n = damage(net, link, flow, e);
        const int64_t delay_ps = n * (wire_ps + 2 * kind->latency_ps);
        start_ps += delay_ps;
        if (net->damage.go_back_n && !(meta & LL_HOP_ACK))
            turn_ps += delay_ps;
        else
            slot_ps *= 1 + n;
    }
    const int64_t whole_ps = start_ps + wire_ps + kind->latency_ps; /* its last byte is there */
    link->free_ps = turn_ps + slot_ps;
    link->busy_ps += slot_ps;
    if (net->hash != LL_HASH_OFF) note(run, link, flow, e, start_ps);
    if (meta & LL_HOP_FREES) give_credit(run, hop[-1], start_ps + wire_ps);
    if (lost) return;
    if (meta & LL_HOP_RETURNS) {
        if (recovers)
            answered(run, flow, e, whole_ps);
        else
            reply(run, flow, e->flow, whole_ps);
        return;
    }
    int64_t next_ps = whole_ps;
    if (meta & LL_HOP_LANDS) {
        if (recovers) {
            arrive(run, flow, hop, e, whole_ps);
            return;
        }
        land(run, flow, whole_ps);
    } else if (net->cut_through) { /* its first byte may go on, as long as the rest keeps up */
        const int64_t next_wire_ps = ll_packet_ps(size_B, net->kind[ll_hop_kind(hop[1])].wire_q);
        next_ps -= next_wire_ps < wire_ps ? next_wire_ps : wire_ps;
    }
    send(run, hop[1], next_ps, e->order + 1, e->flow);
}

static __attribute__((noinline)) void serve_lossy(ll_packet_running *run, ll_packet_link *link,
                                                  ll_packet_flow *flow, const ll_packet_hop *hop,
                                                  const ll_event *e, int64_t ps)
{
    serve_as(run, link, flow, hop, e, ps, true);
}

static inline __attribute__((always_inline)) void serve(ll_packet_running *run,
                                                        ll_packet_link *link, ll_packet_flow *flow,
                                                        const ll_packet_hop *hop, const ll_event *e,
                                                        int64_t ps)
{
    if (run->net->damage.any)
        serve_lossy(run, link, flow, hop, e, ps);
    else
        serve_as(run, link, flow, hop, e, ps, false);
}

/* ---- Waiting for credits --------------------------------------------------------------------- */

static void wait(ll_packet_running *run, ll_packet_link *link, uint32_t vl, const ll_event *e)
{
    uint32_t i = run->spare_waiter;
    if (i != 0) {
        run->spare_waiter = run->waiter[i].next;
    } else {
        if (run->n_waiter == run->cap_waiter) {
            run->cap_waiter = 2 * run->cap_waiter + 1024;
            run->waiter = ll_arena_grown(run->mem, run->waiter, run->n_waiter, run->cap_waiter,
                                         sizeof *run->waiter);
        }
        if (run->n_waiter == 0) run->n_waiter = 1;
        i = run->n_waiter++;
    }
    run->waiter[i] = (ll_packet_waiter){e->order, e->flow, 0};
    if (link->head[vl] == 0)
        link->head[vl] = i;
    else
        run->waiter[link->tail[vl]].next = i;
    link->tail[vl] = i;
    if (run->net->watch != NULL) run->net->watch->waiting[link - run->net->link]++;
}

/* Credits have come: packets go on, lane by lane, at the beginning of the window. */
static __attribute__((noinline)) void wake(ll_packet_running *run, ll_packet_link *link)
{
    for (int vl = 0; vl < LL_PACKET_LANES; vl++)
        while (link->head[vl] != 0 && link->credit[vl] > 0) {
            const uint32_t i = link->head[vl];
            const ll_event e = {.order = run->waiter[i].order, .flow = run->waiter[i].flow};
            link->head[vl] = run->waiter[i].next;
            run->waiter[i].next = run->spare_waiter;
            run->spare_waiter = i;
            link->credit[vl]--;
            if (run->net->watch != NULL) run->net->watch->waiting[link - run->net->link]--;
            ll_packet_flow *flow = ll_packet_flow_at(run->net, e.flow);
            serve(run, link, flow, hop_at(run->net, flow, e.order), &e, run->cal.now_ps);
        }
}

static void take_credits(ll_packet_running *run, int tile)
{
    ll_page *pages = ll_calendar_credits(&run->cal, tile);
    while (pages != NULL) {
        for (uint32_t i = 0; i < pages->n; i++) {
            const uint32_t id = pages->credit[i] >> 2, vl = pages->credit[i] & 3;
            ll_packet_link *link = &run->net->link[id];
            link->credit[vl]++;
            if (link->head[vl] == 0 || link->credit[vl] > 1) continue; /* woken by the first */
            const ll_event e = {.link = id, .flow = LL_CALENDAR_CREDIT};
            ll_calendar_put(&run->cal, run->cal.now, &e);
        }
        pages = ll_calendar_give(&run->cal, pages);
    }
}

/* ---- Windows --------------------------------------------------------------------------------- */

enum { AHEAD = 16 }; /* events: their flows are fetched in advance; `sorted` is as much longer */

/* The n events of a tile in one window, by link and in order. */
static void sweep(ll_packet_running *run, const ll_event *e, int64_t n)
{
    for (const ll_event *end = e + n; e < end; e++) {
        __builtin_prefetch(run->net->store + e[AHEAD].flow);
        __builtin_prefetch(run->net->store + e[AHEAD].flow + 8); // its hops
        ll_packet_link *link = &run->net->link[e->link];
        if (e->flow >= LL_CALENDAR_TIMER) {
            if (e->flow == LL_CALENDAR_CREDIT)
                wake(run, link);
            else
                expire(run, e);
            continue;
        }
        run->result.n_packet_hop++;
        ll_packet_flow *flow = ll_packet_flow_at(run->net, e->flow);
        const ll_packet_hop *hop = hop_at(run->net, flow, e->order);
        if (hop->meta & LL_HOP_TAKES) {
            const uint32_t vl = ll_hop_vl(*hop);
            if (link->credit[vl] == 0 || link->head[vl] != 0) {
                wait(run, link, vl, e);
                continue;
            }
            link->credit[vl]--;
        }
        serve(run, link, flow, hop, e, run->cal.now_ps + e->dt_ps);
    }
}

/* The queues of the links of these events may have changed. */
static void note_served(ll_packet_watch *watch, const ll_event *e, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (i + 1 == n || e[i + 1].link != e[i].link) ll_watch_served(watch, e[i].link);
}

/* paths = adaptive: sends the states of queues after this window to the ranks that watch them. */
static void spread_news(ll_packet_running *run)
{
    ll_packet_watch *watch = run->net->watch;
    for (uint32_t i = 0; i < watch->n_changed; i++) {
        const uint32_t link = watch->changed[i];
        const uint32_t number = (uint32_t)watch->base[run->rank] + link;
        const uint64_t queue = ll_queue_of(run->net->link[link].free_ps, watch->waiting[link]);
        const ll_parcel parcel = ll_queue_parcel(number, queue);
        for (int64_t k = watch->first[link]; k < watch->first[link + 1]; k++) {
            if (watch->watcher[k] == run->rank)
                watch->queue[number] = queue;
            else
                ll_exchange_put(&run->exchange, watch->watcher[k], &parcel);
        }
    }
    watch->n_changed = 0;
}

static void run_tile(ll_packet_running *run, int tile)
{
    take_credits(run, tile);
    ll_profile_end(run->profile, LL_STAGE_CREDIT);
    const int64_t n = ll_calendar_take(&run->cal, tile);
    ll_profile_end(run->profile, LL_STAGE_SORT);
    sweep(run, run->cal.sorted, n);
    if (run->net->watch != NULL) note_served(run->net->watch, run->cal.sorted, n);
    ll_profile_end(run->profile, LL_STAGE_SWEEP);
}

static void run_window(ll_packet_running *run, int64_t window)
{
    ll_calendar_go(&run->cal, window);
    for (uint64_t tiles = ll_calendar_tiles(&run->cal); tiles != 0; tiles &= tiles - 1)
        run_tile(run, __builtin_ctzll(tiles));
    if (run->net->watch != NULL) spread_news(run);
}

/* Rank 0 prints the hash of all ranks after each window. Collective. */
static void print_hash(ll_packet_running *run)
{
    uint64_t hash = run->result.hash;
    ll_comm_sum_u64(run->exchange.comm, 1, &hash);
    if (run->rank == 0)
        fprintf(stderr, "packet: window %lld, %lld ps, hash %016llx\n", (long long)run->cal.now,
                (long long)run->cal.now_ps, (unsigned long long)hash);
}

/* The flow's first window of packets is at its first links at `ps`. */
static void begin_flow(ll_packet_running *run, const ll_packet_flow *flow, int64_t ps)
{
    const ll_packet_net *net = run->net;
    const uint32_t id = (uint32_t)((const uint64_t *)flow - net->store);
    const uint32_t n = flow->window < flow->n_packet ? flow->window : flow->n_packet;
    for (uint32_t seq = 0; seq < n; seq++) {
        const uint32_t order = ll_packet_order(net, seq, (seq + flow->id) % flow->n_path);
        const ll_packet_hop hop = *hop_at(net, flow, order);
        if (ll_hop_owner(hop) == run->rank) send(run, hop, ps, order, id);
    }
    if (run->recovery != NULL) begin_timers(run, flow, id, ps);
}

/* ---- Flows that start later ------------------------------------------------------------------ */

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

/* The flow ends at end_ps, in a later window; all ranks are told before that. */
static void flow_ends(ll_packet_running *run, const ll_packet_flow *flow)
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

/* What this window, here and elsewhere, has released; before time goes on. */
static void release(ll_packet_running *run)
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

static void begin(ll_packet_running *run)
{
    const ll_packet_net *net = run->net;
    for (ll_packet_flow *f = ll_packet_first(net); f != NULL; f = ll_packet_next(net, f)) {
        run->n_expected += landing(run, f);
        if (net->timing == NULL || net->timing->first_node[ll_packet_traffic(f)] < 0)
            begin_flow(run, f, 0);
    }
    if (run->release != NULL) begin_released(run);
}

ll_status ll_packet_run(const ll_topology *topo, ll_packet_net *net, ll_comm *comm, ll_arena *mem,
                        ll_packet_profile *profile, ll_packet_result *out, ll_error *err)
{
    ll_packet_running *run = ll_arena_new(mem, ll_packet_running);
    run->net = net;
    run->mem = mem;
    run->profile = profile;
    run->rank = (uint32_t)ll_comm_rank(comm);
    ll_calendar_init(&run->cal, net->delta_ps, net->n_link, mem);
    run->release = ll_packet_release_create(net, mem);
    ll_exchange_init(&run->exchange, net, run->release, comm, profile, mem);
    if (net->damage.any && net->damage.end_to_end) run->recovery = ll_recovery_create(net, mem);
    begin(run);
    ll_progress progress;
    ll_progress_begin(&progress, comm, "packet", "of the traffic", fmax(run->n_expected, 1));
    ll_profile_begin(profile);
    for (int64_t window = 0; window != INT64_MAX; run->result.n_window++) {
        run_window(run, window);
        if (net->hash == LL_HASH_WINDOWS) print_hash(run);
        if (run->release != NULL) release(run); /* by what ended here */
        window = ll_exchange_window(&run->exchange, &run->cal);
        if (run->release != NULL) release(run); /* and elsewhere */
        ll_progress_reach(&progress, (double)run->n_landed);
    }
    ll_progress_end(&progress);
    uint64_t n_left = net->n_packet - run->n_landed; /* modulo 2^64 on each rank */
    ll_comm_sum_u64(comm, 1, &n_left);
    if (n_left > 0) return ll_packet_circle(run, topo, n_left, err);
    ll_packet_finish(run, out);
    if (run->release != NULL)
        memcpy(net->ready_ps, run->release->clock.ready,
               (size_t)net->timing->n_node * sizeof *net->ready_ps);
    return LL_OK;
}
