/* Virtual lanes, assigned so that routing cannot deadlock.
 *
 * With finite buffers a waiting packet holds a buffer behind its last link and waits for one behind
 * the next link. If links can be ordered so that every route ascends, no cycle of waiting packets
 * (deadlock) is possible (Dally and Seitz, 1987). Where a route has to descend, it moves to the
 * next lane, so that the pairs (lane, link) ascend. The order is found from the steps, from one
 * link to the next, of all routes in use:
 *
 *   take away a link that no remaining link leads to; if every one is led to (a ring, say), take
 *   the lowest one nevertheless, and the routes that lead to it go down there.
 *
 * So meshes, switches and Clos need one class of lanes, a ring two, a torus at most one more for
 * each ring. Further lanes spread flows by destination: of L lanes and k classes, class c to chip d
 * takes lane c (L/k) + d mod (L/k). With fewer lanes than classes the last lane is shared, and
 * deadlock is possible. */
#ifndef LL_SIM_ENGINE_PACKET_LANE_H
#define LL_SIM_ENGINE_PACKET_LANE_H

#include "sim/base/index_map.h"
#include "sim/engine/packet/net.h"

typedef struct ll_lane_order {
    ll_arena *mem;
    ll_index_map map;    /* of steps */
    uint32_t (*step)[2]; /* [map.n] of [cap] from link, to link: numbers among all in use */
    int64_t cap;
    uint32_t *place; /* [n_link_all] of each link in the order found, from 1 */
} ll_lane_order;

void ll_lane_order_init(ll_lane_order *order, ll_arena *mem);

/* Adds the steps of a route. A chip always accepts packets for itself, so nothing waits for a
 * buffer behind the last hop, and that step is left out. */
void ll_lane_order_add(ll_lane_order *order, const ll_packet_hop *way);

/* Finds the order of n links. */
void ll_lane_order_find(ll_lane_order *order, int64_t n);

/* Writes the class of each hop of the flow into the bits of its lane; returns the largest class. */
uint32_t ll_lane_order_class(const ll_lane_order *order, ll_packet_flow *flow);

/* Turns the classes of all hops of the net into lanes 0 .. n_lane-1. */
void ll_lane_assign(ll_packet_net *net, int n_lane);

#endif
