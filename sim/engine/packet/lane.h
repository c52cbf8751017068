/* Virtual lanes, chosen so that packets cannot wait for each other in a circle.
 *
 * With finite buffers a packet that waits holds a place behind its last link and waits for one
 * behind the next. If links can be put in an order in which every route goes up, no circle of
 * waiting is possible (Dally and Seitz, 1987). Where a route must go down, it moves to the next
 * lane: the pairs (lane, link) are then in such an order. The order is found from the steps, from
 * one link to the next, of all routes in use:
 *
 *   take away a link that no remaining link leads to; if every one is led to (a ring, say), take
 *   the lowest one nevertheless, and the routes that lead to it go down there.
 *
 * So meshes, switches and Clos need one class of lanes, a ring two, a torus at most one more for
 * each ring. Lanes that are left over share the flows out by destination: of L lanes and k classes,
 * class c to chip d takes lane c (L/k) + d mod (L/k). With fewer lanes than classes the last lane
 * is shared, and waiting in a circle is possible. */
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

/* The steps of one way; a chip always takes what is for it, so nobody waits for a place behind the
 * last hop: that step does not count. */
void ll_lane_order_add(ll_lane_order *order, const ll_packet_hop *way);

/* Finds the order, of n links. */
void ll_lane_order_find(ll_lane_order *order, int64_t n);

/* Writes the class of each hop of the flow into the place of its lane; returns the largest. */
uint32_t ll_lane_order_class(const ll_lane_order *order, ll_packet_flow *flow);

/* Turns the classes of all flows of the net into lanes: n_lane lanes for net->n_class classes. */
void ll_lane_assign(ll_packet_net *net, int n_lane);

#endif
