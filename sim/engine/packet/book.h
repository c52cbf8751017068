/* The links that a phase uses, numbered in the order in which its flows first cross them, the same
 * on every rank; and their kinds (equal latency, rate, buffer).
 *
 * Ownership. A link belongs to one rank: that of the chip at which it ends, else of the chip at
 * which it starts; a link between switches to the rank of the source (destination) of the first
 * route that crosses it in its first (second) half. All events at a chip are on its rank. */
#ifndef LL_SIM_ENGINE_PACKET_BOOK_H
#define LL_SIM_ENGINE_PACKET_BOOK_H

#include "sim/base/index_map.h"
#include "sim/engine/packet/net.h"
#include "sim/engine/packet/slice.h"

typedef struct ll_packet_met {
    int64_t id;
    uint32_t kind, owner;
    uint32_t local; /* its number among the owner's links */
} ll_packet_met;

typedef struct ll_packet_book {
    const ll_problem *problem;
    int64_t buffer_packets;
    ll_packet_slice slice;
    ll_arena *mem;
    ll_index_map link_map, kind_map;
    ll_packet_met *met; /* [link_map.n] of [cap_met] */
    int64_t cap_met;
    uint32_t *n_owned;    /* [size] links of each rank */
    ll_packet_kind *kind; /* [kind_map.n] of [LL_PACKET_KINDS] */
    int64_t delta_ps;     /* the shortest latency */
} ll_packet_book;

void ll_packet_book_init(ll_packet_book *book, const ll_problem *problem, int64_t buffer_packets,
                         int size, ll_arena *mem);

/* *number: that of link `id`, which is added if it is new. It is on a route from chip src to dst;
 * first_half: in the first half of its hops. Error LL_ERR_RUN if the link has no latency, or is out
 * of the ranges of net.h. Not collective. */
ll_status ll_packet_book_meet(ll_packet_book *book, int64_t id, int32_t src, int32_t dst,
                              bool first_half, uint32_t *number, ll_error *err);

#endif
