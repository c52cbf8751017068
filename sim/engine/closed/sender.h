/* What a sender's own flows leave of the links to each of them: see closed.c. */
#ifndef LL_ENGINE_CLOSED_SENDER_H
#define LL_ENGINE_CLOSED_SENDER_H

#include "sim/base/index_map.h"
#include "sim/machine/wire.h"
#include "sim/traffic/traffic.h"
#include "topology/topology.h"

/* A link that was crossed before, and how many flows (as shares) of the sender at hand are on it.
 */
typedef struct ll_sender_link {
    double share, cap_Bps, latency_s;
} ll_sender_link;

typedef struct ll_sender_flow {
    double size_B;
    int64_t id;                /* the caller's */
    int32_t n_hop, n_hop_path; /* of all paths, in `hop`; of path 0 */
    bool priced;
} ll_sender_flow;

/* One sender after another; links stay known. */
typedef struct ll_sender {
    const ll_topology *topo;
    ll_wire wire;
    ll_arena *mem;
    ll_index_map map;     /* link ids to indices into `link` */
    ll_sender_link *link; /* [map.n] of [cap_link] */
    int64_t cap_link;
    ll_sender_flow *flow; /* [n_flow] of [cap_flow] of the sender at hand */
    int64_t n_flow, cap_flow;
    int32_t *hop; /* [n_hop] of [cap_hop] indices of links, flow by flow */
    int64_t n_hop, cap_hop;
} ll_sender;

typedef struct ll_sender_price {
    double latency_s, time_s; /* one way at zero load; from first to last byte */
    double util_frac;         /* of the share of its narrowest link */
} ll_sender_price;

void ll_sender_init(ll_sender *s, const ll_topology *topo, const ll_wire *wire, ll_arena *mem);

/* One more flow of the sender at hand. priced: it is looked at by ll_sender_price. Nothing if it
 * has no bytes, or goes to its own chip. */
void ll_sender_add(ll_sender *s, const ll_flow *f, bool priced, int64_t id);

/* The flows that are priced: from *at on, *hop the begin of its hops (both 0 at first). False at
 * the end. */
bool ll_sender_next(const ll_sender *s, int64_t *at, int64_t *hop, int64_t *id,
                    ll_sender_price *out);

void ll_sender_clear(ll_sender *s); /* to the next sender */

#endif
