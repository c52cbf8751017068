/* The ways of a flow: over each path that it uses, the hops of its packets to the destination, then
 * those of their acknowledgements back. Links that are met on the way are numbered (book.h). */
#ifndef LL_SIM_ENGINE_PACKET_WAYS_H
#define LL_SIM_ENGINE_PACKET_WAYS_H

#include "sim/engine/packet/book.h"

enum { LL_PACKET_WAY_MAX = 2 * LL_PACKET_MAX_HOP }; /* hops there and back */

typedef struct ll_packet_ways {
    ll_packet_book *book;
    const ll_packet_param *param;
    bool credits; /* buffers are finite: hops take and free places */
    ll_arena *mem;
    ll_packet_hop *hop; /* [n of cap][LL_PACKET_WAY_MAX]; hop.link: among those of all ranks */
    int *n_hop;         /* [n] */
    int32_t n, cap;     /* paths of the flow */
    int32_t n_minimal;  /* of these: the others are detours */
} ll_packet_ways;

/* In mem; book and param are borrowed. */
void ll_packet_ways_init(ll_packet_ways *w, ll_packet_book *book, const ll_packet_param *param,
                         bool credits, ll_arena *mem);

/* Writes those of one flow; *n_most: hops of the longest. Errors: LL_ERR_RUN if a route has too
 * many hops, or a link no latency. */
ll_status ll_packet_ways_write(ll_packet_ways *w, const ll_flow *f, int *n_most, ll_error *err);

static inline ll_packet_hop *ll_packet_ways_at(const ll_packet_ways *w, int32_t path)
{
    return w->hop + (size_t)path * LL_PACKET_WAY_MAX;
}

/* The first hop at which not all paths take the same link; `none` if they do. */
int ll_packet_ways_part(const ll_packet_ways *w, int none);

#endif
