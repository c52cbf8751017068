#include "sim/engine/packet/run.h"

#include "sim/base/index_map.h"
#include "sim/comm/progress.h"
#include "sim/engine/packet/injection.h"
#include "sim/engine/packet/retransmit.h"
#include "sim/engine/packet/send.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A sum, so that it does not matter in which order links are swept, nor on which rank. */
static __attribute__((noinline)) void note(ll_packet_running *run, const ll_packet_link *link,
                                           const ll_packet_flow *flow, const ll_event *e,
                                           int64_t start_ps)
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
    if (hop->meta & LL_HOP_TAKES) ll_packet_give_credit(run, *hop, whole_ps);
    return true;
}

static inline bool at_switch(uint32_t order)
{
    return (order & ((1 << LL_PACKET_HOP_BITS) - 1)) > 0;
}

/* ---- Serving a packet ------------------------------------------------------------------------ */

void ll_packet_send_away(ll_packet_running *run, ll_packet_hop to, int64_t ps, uint32_t order,
                         uint32_t flow)
{
    ll_packet_send(run, to, ps, order, flow);
}

void ll_packet_credit_away(ll_packet_running *run, ll_packet_hop from, int64_t ps)
{
    ll_packet_give_credit(run, from, ps);
}

/* Serves the packet at `hop`, which is at the head of the queue of `link` at `ps`. lossy: links
 * damage packets; a constant, so that nothing of it is left where they do not. */
static inline __attribute__((always_inline)) void
serve_as(ll_packet_running *run, const ll_calendar_near *near, ll_packet_link *link,
         const ll_packet_hop *hop, const ll_event *e, int64_t ps, const bool lossy)
{
    const ll_packet_net *net = run->net;
    ll_packet_flow *flow = ll_packet_flow_at(net, e->flow);
    const uint32_t meta = hop->meta, seq = ll_packet_seq(net, e->order);
    const uint32_t size = ll_packet_size(net, run->times, flow, hop, seq);
    const ll_packet_times times = *ll_packet_times_at(run->times, *hop, size);
    const int64_t wire_ps = times.wire_ps;
    int64_t turn_ps = ps > link->free_ps ? ps : link->free_ps;
    int64_t start_ps = meta & LL_HOP_ACK ? ps : turn_ps;
    int64_t slot_ps = times.slot_ps;
    if (lossy && net->damage.overflow && !(meta & LL_HOP_ACK) && at_switch(e->order) &&
        turn_ps - ps >= net->kind[ll_hop_kind(*hop)].buffer * slot_ps) {
        run->result.n_packet_hop--; /* dropped: not served */
        return;
    }
    const bool recovers = lossy && run->recovery != NULL;
    bool lost = false;
    if (recovers) {
        lost = dropped(run, link, flow, hop, e, start_ps, start_ps + wire_ps + times.latency_ps);
    } else if (lossy) {
        const int n = damage(net, link, flow, e);
        const int64_t delay_ps = n * (wire_ps + 2 * times.latency_ps);
        start_ps += delay_ps;
        if (net->damage.go_back_n && !(meta & LL_HOP_ACK))
            turn_ps += delay_ps;
        else
            slot_ps *= 1 + n;
    }
    const int64_t whole_ps = start_ps + wire_ps + times.latency_ps; /* its last byte is there */
    link->free_ps = turn_ps + slot_ps;
    link->busy_ps += slot_ps;
    if (net->hash != LL_HASH_OFF) note(run, link, flow, e, start_ps);
    if (meta & LL_HOP_FREES) ll_packet_credit_near(run, near, hop[-1], start_ps + wire_ps);
    if (lost) return;
    if (meta & LL_HOP_RETURNS) {
        if (recovers)
            ll_retransmit_answered(run, flow, e, whole_ps);
        else
            ll_packet_reply(run, near, flow, e->flow, whole_ps);
        return;
    }
    int64_t next_ps = whole_ps;
    if (meta & LL_HOP_LANDS) {
        if (net->injection != NULL) {
            ll_injection_land(run, flow, seq, whole_ps);
            return;
        }
        if (recovers) {
            ll_retransmit_arrive(run, flow, hop, e, whole_ps);
            return;
        }
        ll_packet_land(run, flow, whole_ps);
    } else if (net->cut_through) { /* its first byte may go on, as long as the rest keeps up */
        const int64_t next_wire_ps = ll_packet_times_at(run->times, hop[1], size)->wire_ps;
        next_ps -= next_wire_ps < wire_ps ? next_wire_ps : wire_ps;
    }
    ll_packet_send_near(run, near, hop[1], next_ps, e->order + 1, e->flow);
}

/* ---- Waiting for credits --------------------------------------------------------------------- */

static __attribute__((noinline)) void wait(ll_packet_running *run, ll_packet_link *link,
                                           uint32_t vl, const ll_event *e)
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
static inline __attribute__((always_inline)) void wake_as(ll_packet_running *run,
                                                          ll_packet_link *link, const bool lossy)
{
    const ll_calendar_near near = ll_calendar_near_of(&run->cal);
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
            const ll_packet_hop *hop = ll_packet_hop_at(run->net, flow, e.order);
            serve_as(run, &near, link, hop, &e, near.now_ps, lossy);
        }
}

static __attribute__((noinline)) void wake(ll_packet_running *run, ll_packet_link *link)
{
    wake_as(run, link, false);
}

static __attribute__((noinline)) void wake_lossy(ll_packet_running *run, ll_packet_link *link)
{
    wake_as(run, link, true);
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
static inline __attribute__((always_inline)) void
sweep_as(ll_packet_running *run, const ll_event *e, int64_t n, const bool lossy)
{
    const ll_calendar_near near = ll_calendar_near_of(&run->cal);
    const ll_packet_net *net = run->net;
    uint64_t *const store = net->store;
    ll_packet_link *const links = net->link;
    for (const ll_event *end = e + n; e < end; e++) {
        __builtin_prefetch(store + e[AHEAD].flow);
        __builtin_prefetch(store + e[AHEAD].flow + 8); // its hops
        ll_packet_link *link = &links[e->link];
        if (e->flow >= LL_CALENDAR_TIMER) {
            if (e->flow == LL_CALENDAR_TIMER)
                ll_retransmit_expire(run, e);
            else if (lossy)
                wake_lossy(run, link);
            else
                wake(run, link);
            continue;
        }
        run->result.n_packet_hop++;
        ll_packet_flow *flow = (ll_packet_flow *)(store + e->flow);
        const ll_packet_hop *hop = ll_packet_hop_at(net, flow, e->order);
        if (hop->meta & LL_HOP_TAKES) {
            const uint32_t vl = ll_hop_vl(*hop);
            if (link->credit[vl] == 0 || link->head[vl] != 0) {
                wait(run, link, vl, e);
                continue;
            }
            link->credit[vl]--;
        }
        serve_as(run, &near, link, hop, e, near.now_ps + e->dt_ps, lossy);
    }
}

static void sweep(ll_packet_running *run, const ll_event *e, int64_t n)
{
    if (run->net->damage.any)
        sweep_as(run, e, n, true);
    else
        sweep_as(run, e, n, false);
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

ll_status ll_packet_run(const ll_topology *topo, ll_packet_net *net, ll_comm *comm, ll_arena *mem,
                        ll_packet_profile *profile, ll_packet_result *out, ll_error *err)
{
    ll_packet_running *run = ll_arena_new(mem, ll_packet_running);
    run->net = net;
    run->mem = mem;
    run->profile = profile;
    run->rank = (uint32_t)ll_comm_rank(comm);
    run->times = ll_packet_times_create(net, mem);
    ll_calendar_init(&run->cal, net->delta_ps, net->n_link, mem);
    run->release = ll_packet_release_create(net, mem);
    ll_exchange_init(&run->exchange, net, run->release, comm, profile, mem);
    if (net->damage.any && net->damage.end_to_end) run->recovery = ll_recovery_create(net, mem);
    ll_packet_begin(run);
    ll_progress progress;
    ll_progress_begin(&progress, comm, "packet", "of the traffic", fmax(run->n_expected, 1));
    ll_profile_begin(profile);
    for (int64_t window = 0; window != INT64_MAX; run->result.n_window++) {
        run_window(run, window);
        if (net->hash == LL_HASH_WINDOWS) print_hash(run);
        if (run->release != NULL) ll_packet_begin_released(run); /* by what ended here */
        window = ll_exchange_window(&run->exchange, &run->cal);
        if (net->injection != NULL) window = ll_injection_release(run, window);
        if (run->release != NULL) ll_packet_begin_released(run); /* and elsewhere */
        ll_progress_reach(&progress, net->injection != NULL ? (double)net->injection->next
                                                            : (double)run->n_landed);
    }
    ll_progress_end(&progress);
    uint64_t n_left = net->n_packet - run->n_landed; /* modulo 2^64 on each rank */
    if (net->injection != NULL)
        n_left = net->injection->stuck ? net->injection->n_released - run->n_landed : 0;
    ll_comm_sum_u64(comm, 1, &n_left);
    if (n_left > 0) return ll_packet_circle(run, topo, n_left, err);
    ll_packet_finish(run, out);
    if (run->release != NULL)
        memcpy(net->ready_ps, run->release->clock.ready,
               (size_t)net->timing->n_node * sizeof *net->ready_ps);
    return LL_OK;
}
