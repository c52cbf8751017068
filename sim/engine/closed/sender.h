/* The rates of the flows of one sender, which share links only with each other: see closed.c. */
#ifndef LL_ENGINE_CLOSED_SENDER_H
#define LL_ENGINE_CLOSED_SENDER_H

#include "sim/base/index_map.h"
#include "sim/machine/wire.h"
#include "sim/traffic/traffic.h"
#include "topology/topology.h"

/* A link, and how many flows (as shares) of the current sender are on it. */
typedef struct ll_sender_link {
    double share, cap_Bps, lane_Bps, latency_s;
    double way_s; /* while a flow is priced: its shortest path over the link; else INFINITY */
} ll_sender_link;

typedef struct ll_sender_flow {
    double size_B;
    int64_t id;    /* the caller's */
    int32_t n_hop; /* of all paths, in `hop` */
    bool priced;
    ll_path_latency latency, packet; /* packet: from its first to its last byte */
} ll_sender_flow;

/* Works on one sender after another; facts about links are kept. */
typedef struct ll_sender {
    const ll_topology *topo;
    ll_wire wire;
    ll_arena *mem;
    ll_index_map map;     /* link ids to indices into `link` */
    ll_sender_link *link; /* [map.n] of [cap_link] */
    int64_t cap_link;
    ll_sender_flow *flow; /* [n_flow] of [cap_flow] of the current sender */
    int64_t n_flow, cap_flow;
    /* [n_hop] of [cap_hop] indices of links, flow by flow, path by path; ~index: a path ends */
    int32_t *hop;
    int64_t n_hop, cap_hop;
} ll_sender;

typedef struct ll_sender_price {
    double latency_s, time_s; /* one way at zero load; from then to the last byte's arrival */
    double util_frac;         /* rate over the flow's share of its narrowest link */
} ll_sender_price;

void ll_sender_init(ll_sender *s, const ll_topology *topo, const ll_wire *wire, ll_arena *mem);

/* Adds a flow of the current sender. priced: ll_sender_next returns its price; else it only shares
 * links. A flow without bytes, or to its own chip, is ignored. */
void ll_sender_add(ll_sender *s, const ll_flow *f, bool priced, int64_t id);

/* Iterates over the flows with `priced`: sets *id and *out. *at, *hop: position, 0 at first. False
 * after the last one. */
bool ll_sender_next(const ll_sender *s, int64_t *at, int64_t *hop, int64_t *id,
                    ll_sender_price *out);

void ll_sender_clear(ll_sender *s); /* removes all flows, for the next sender */

#endif
