/* The slow twin of engine `packet`: a heap of events, one packet after another.
 *
 * The rule that both follow; times are whole picoseconds.
 *
 *   Links    are numbered in the order in which the flows first cross them: flows by source, then
 *            as they are listed; of each flow path by path, there and back.
 *   Service  n bytes take ceil(n ceil(2^20 s / b) / 2^20) at b bytes per second. A packet is on one
 *            lane (wire), and lets the next one start after the time of all lanes (slot).
 *   Data     start in the order of arrival, when the slots of those before are over.
 *   Acks     start when they arrive, and hold up the data that come later by a slot.
 *   Hops     A packet that starts at t is whole at t + wire + latency. It reaches the next link so
 *            much earlier as it takes there, but no more than it took here.
 *   Windows  A flow has k packets in flight; at first 0 .. k-1 leave at time 0. Each
 *            acknowledgement that is whole lets one more leave. Packet n takes path n mod their
 *            number.
 *   Ties     Time passes in steps of the shortest latency of a link in use. Within a step links are
 *            served by number; on a link events by time, then sequence number, hop and flow. So the
 *            acknowledgements of a flow that come back over several links in one step count in the
 *            order of these links.
 *
 * Lists that start at time 0; no losses, no limits to buffers. */
#ifndef LL_TESTS_SUPPORT_PACKET_TWIN_H
#define LL_TESTS_SUPPORT_PACKET_TWIN_H

#include "sim/engine/engine.h"

#include <math.h>
#include <string.h>

enum { TWIN_HOP = 32, TWIN_PATH = 64 };

typedef struct twin_link {
    int64_t id, latency_ps, free_ps;
    double wire_q, slot_q; /* 2^20 times picoseconds per byte */
} twin_link;

typedef struct twin_flow {
    int64_t number; /* in the list */
    int32_t src, dst;
    int n_path, window, n_packet, packet_B, last_B, next;
    int n_there[TWIN_PATH], n_hop[TWIN_PATH];
    int link[TWIN_PATH][TWIN_HOP]; /* there and back */
} twin_flow;

typedef struct twin_event {
    int64_t step, ps;
    int link, seq, hop, flow;
} twin_event;

typedef struct twin {
    const ll_topology *topo;
    const ll_traffic *list;
    ll_wire wire;
    int ack_B, n_flow, n_link;
    int64_t step_ps;
    twin_flow *flow;   /* [n_flow] by source */
    twin_link *link;   /* [n_link] */
    int *number;       /* [topo->n_link] of a link + 1; 0: not in use */
    twin_event *event; /* [n_event] a heap: no event comes before that at half its place */
    int64_t n_event, cap_event;
    ll_arena *mem;
} twin;

/* ---- The heap -------------------------------------------------------------------------------- */

static inline bool twin_first(const twin_event *a, const twin_event *b)
{
    if (a->step != b->step) return a->step < b->step;
    if (a->link != b->link) return a->link < b->link;
    if (a->ps != b->ps) return a->ps < b->ps;
    if (a->seq != b->seq) return a->seq < b->seq;
    return a->hop != b->hop ? a->hop < b->hop : a->flow < b->flow;
}

static inline void twin_push(twin *t, const twin_event *e)
{
    if (t->n_event + 1 >= t->cap_event) {
        const int64_t n = t->cap_event;
        t->cap_event = 2 * n + 64;
        t->event = ll_arena_grown(t->mem, t->event, n, t->cap_event, sizeof *e);
    }
    int64_t i = ++t->n_event;
    for (; i > 1 && twin_first(e, &t->event[i / 2]); i /= 2)
        t->event[i] = t->event[i / 2];
    t->event[i] = *e;
}

static inline twin_event twin_pop(twin *t)
{
    const twin_event first = t->event[1], last = t->event[t->n_event--];
    int64_t i = 1;
    for (int64_t next; (next = 2 * i) <= t->n_event; i = next) {
        if (next < t->n_event && twin_first(&t->event[next + 1], &t->event[next])) next++;
        if (!twin_first(&t->event[next], &last)) break;
        t->event[i] = t->event[next];
    }
    t->event[i] = last;
    return first;
}

/* ---- Links and flows ------------------------------------------------------------------------- */

static inline double twin_q(double bw_Bps) { return ceil(1e12 / bw_Bps * 1048576); }
static inline int64_t twin_ps(int n_B, double q)
{
    return (int64_t)(((uint64_t)n_B * (uint64_t)q + 1048575) / 1048576);
}

static inline int twin_meet(twin *t, int64_t id)
{
    ll_link l;
    if (t->number[id] > 0) return t->number[id] - 1;
    t->topo->type->link(t->topo, id, &l);
    twin_link *link = &t->link[t->n_link];
    *link = (twin_link){.id = id,
                        .latency_ps = llround(l.latency_s * 1e12),
                        .wire_q = twin_q(l.bw_Bps),
                        .slot_q = twin_q(l.bw_Bps * l.width)};
    t->step_ps = link->latency_ps < t->step_ps ? link->latency_ps : t->step_ps;
    t->number[id] = ++t->n_link;
    return t->n_link - 1;
}

static inline void twin_routes(twin *t, twin_flow *f)
{
    const ll_topology_type *type = t->topo->type;
    f->n_path = type->n_path(t->topo, f->src, f->dst);
    LL_ASSERT(f->n_path <= TWIN_PATH, "%d paths", f->n_path);
    for (int p = 0; p < f->n_path; p++) {
        int64_t id[TWIN_HOP];
        const int back = p % type->n_path(t->topo, f->dst, f->src);
        const int n = type->route(t->topo, f->src, f->dst, p, TWIN_HOP / 2, id);
        const int m = type->route(t->topo, f->dst, f->src, back, TWIN_HOP / 2, id + n);
        LL_ASSERT(n > 0 && m > 0, "a route of more than %d hops", TWIN_HOP / 2);
        f->n_there[p] = n;
        f->n_hop[p] = n + m;
        for (int h = 0; h < n + m; h++)
            f->link[p][h] = twin_meet(t, id[h]);
    }
}

/* The number of flows of f's source on a link. */
static inline double twin_sharing(const twin *t, const twin_flow *f, int link)
{
    double sum = 0;
    for (int i = 0; i < t->n_flow; i++)
        for (int p = 0; p < t->flow[i].n_path && t->flow[i].src == f->src; p++)
            for (int h = 0; h < t->flow[i].n_there[p]; h++)
                sum += t->flow[i].link[p][h] == link ? 1.0 / t->flow[i].n_path : 0;
    return sum;
}

/* The window of sim/machine/wire.h, in packets. */
static inline int twin_window(const twin *t, const twin_flow *f)
{
    const ll_wire *wire = &t->wire;
    double share_Bps = (double)INFINITY, trip_s = 0;
    for (int p = 0; p < f->n_path; p++) {
        double latency_s = 0, s_per_B = 0;
        for (int h = 0; h < f->n_there[p]; h++) {
            ll_link l;
            t->topo->type->link(t->topo, t->link[f->link[p][h]].id, &l);
            latency_s += l.latency_s;
            s_per_B = fmax(s_per_B, 1 / l.bw_Bps);
            share_Bps = fmin(share_Bps, l.bw_Bps * l.width / twin_sharing(t, f, f->link[p][h]));
        }
        trip_s += (2 * latency_s + wire->packet_B * s_per_B) / f->n_path;
    }
    const double window_B =
        wire->window_bdp > 0 ? wire->window_bdp * share_Bps * trip_s : wire->window_B;
    const double n = ceil(window_B / wire->packet_B * (1 - 1e-6));
    return (int)fmax(n, wire->window_bdp > 0 ? fmax(ceil(wire->window_packets), 1) : 1);
}

static inline void twin_flows(twin *t)
{
    for (int32_t src = 0; src < t->topo->n_chip; src++)
        for (int64_t i = 0; i < t->list->n_list; i++) {
            if (t->list->src[i] != src || t->list->dst[i] == src || !(t->list->list_B[i] > 0))
                continue;
            twin_flow *f = &t->flow[t->n_flow++];
            *f = (twin_flow){.number = i, .src = src, .dst = t->list->dst[i]};
            f->packet_B = (int)t->wire.packet_B;
            f->n_packet = (int)ceil(ceil(t->list->list_B[i]) / f->packet_B);
            f->last_B = (int)(ceil(t->list->list_B[i]) - (f->n_packet - 1.0) * f->packet_B);
            twin_routes(t, f);
        }
    for (int i = 0; i < t->n_flow; i++)
        t->flow[i].window = twin_window(t, &t->flow[i]);
}

/* ---- Packets --------------------------------------------------------------------------------- */

/* Packet `seq` reaches hop `hop` of its path at `ps`. */
static inline void twin_arrive(twin *t, int flow, int seq, int hop, int64_t ps)
{
    const twin_flow *f = &t->flow[flow];
    twin_push(t, &(twin_event){.step = ps / t->step_ps,
                               .ps = ps,
                               .link = f->link[seq % f->n_path][hop],
                               .seq = seq,
                               .hop = hop,
                               .flow = flow});
}

static inline void twin_serve(twin *t, const twin_event *e, int64_t *end_ps)
{
    twin_flow *f = &t->flow[e->flow];
    twin_link *link = &t->link[e->link];
    const int path = e->seq % f->n_path;
    const bool ack = e->hop >= f->n_there[path];
    const int size_B = ack ? t->ack_B : e->seq + 1 == f->n_packet ? f->last_B : f->packet_B;
    const int64_t wire_ps = twin_ps(size_B, link->wire_q);
    const int64_t turn_ps = e->ps > link->free_ps ? e->ps : link->free_ps;
    const int64_t whole_ps = (ack ? e->ps : turn_ps) + wire_ps + link->latency_ps;
    link->free_ps = turn_ps + twin_ps(size_B, link->slot_q);
    if (e->hop + 1 == f->n_hop[path]) { /* the acknowledgement is back */
        if (f->next < f->n_packet) {
            twin_arrive(t, e->flow, f->next, 0, whole_ps);
            f->next++;
        }
        return;
    }
    int64_t next_ps = whole_ps;
    if (e->hop + 1 == f->n_there[path]) {
        int64_t *last_ps = &end_ps[f->number];
        *last_ps = whole_ps > *last_ps ? whole_ps : *last_ps;
    } else {
        const int64_t there_ps = twin_ps(size_B, t->link[f->link[path][e->hop + 1]].wire_q);
        next_ps -= there_ps < wire_ps ? there_ps : wire_ps;
    }
    twin_arrive(t, e->flow, e->seq, e->hop + 1, next_ps);
}

/* end_ps: [list->n_list] when the last byte of each flow is there. */
static inline void packet_twin(const ll_topology *topo, const ll_traffic *list, const ll_wire *wire,
                               int ack_B, int64_t *end_ps)
{
    ll_arena *mem = ll_arena_create("packet twin");
    twin t = {.topo = topo, .list = list, .wire = *wire, .ack_B = ack_B, .step_ps = INT64_MAX};
    t.mem = mem;
    t.flow = ll_arena_array(mem, list->n_list, twin_flow);
    t.link = ll_arena_array(mem, topo->n_link, twin_link);
    t.number = ll_arena_array(mem, topo->n_link, int);
    memset(end_ps, 0, (size_t)list->n_list * sizeof *end_ps);
    twin_flows(&t);
    for (int i = 0; i < t.n_flow; i++)
        for (; t.flow[i].next < t.flow[i].window && t.flow[i].next < t.flow[i].n_packet;
             t.flow[i].next++)
            twin_arrive(&t, i, t.flow[i].next, 0, 0);
    while (t.n_event > 0) {
        const twin_event e = twin_pop(&t);
        twin_serve(&t, &e, end_ps);
    }
    ll_arena_destroy(mem);
}

#endif
