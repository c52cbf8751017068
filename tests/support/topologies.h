/* Fabrics of every family, built once for all tests that ask something of each of them:
 *     const ll_topology *topo[N_TOPOLOGY];
 *     topologies_make(mem, 24, topo);
 */
#ifndef LL_TESTS_SUPPORT_TOPOLOGIES_H
#define LL_TESTS_SUPPORT_TOPOLOGIES_H

#include "tests/support/topology_make.h"

/* Keys of a link between chips or from a chip to its switch, and of one between switches. */
#define LANE "bandwidth=50 GB/s; latency=300 ns; "
#define UP   "uplink_bandwidth=25 GB/s; uplink_latency=500 ns; "

/* Keys of links between routers: within and between groups, and of a grid. */
#define GROUPS                                                                  \
    "local_bandwidth=25 GB/s; local_latency=200 ns; global_bandwidth=20 GB/s; " \
    "global_latency=1 us; "
#define GRID "router_bandwidth=25 GB/s; router_latency=200 ns; "

enum { N_TOPOLOGY = 10 };

static inline ll_topology *topology_sized(ll_arena *mem, const char *type, int32_t n_chip,
                                          const char *text)
{
    return topology_must(mem, type, ll_arena_printf(mem, "size=%d; %s", n_chip, text));
}

/* One of every family; n_chip is a multiple of 4. topo: [N_TOPOLOGY], arena */
static inline void topologies_make(ll_arena *mem, int32_t n_chip, const ll_topology **topo)
{
    ll_topology *board = topology_must(mem, "mesh", "size=4; routing=spray; name=board; " LANE);
    ll_topology *slow =
        topology_sized(mem, "switch", n_chip / 4, "bandwidth=20 GB/s; latency=1 us");
    int n = 0;
    topo[n++] = topology_sized(mem, "switch", n_chip, "links=3; " LANE);
    topo[n++] = topology_sized(mem, "mesh", n_chip, LANE);
    topo[n++] = topology_sized(mem, "mesh", n_chip, "routing=spray; " LANE);
    topo[n++] = topology_sized(mem, "ring", n_chip, LANE);
    topo[n++] = topology_sized(mem, "line", n_chip, LANE);
    topo[n++] = topology_sized(mem, "clos", n_chip, "hosts_per_leaf=4; uplinks=2; " LANE UP);
    topo[n++] = topology_sized(mem, "clos", n_chip,
                               "hosts_per_leaf=4; uplinks=4; routing=ecmp; ecmp_paths=3; " LANE UP);
    topo[n++] = topology_sized(mem, "fat_tree", n_chip,
                               "hosts_per_leaf=4; uplinks=4; routing=dmodk; " LANE UP);
    topo[n++] = topology_times(mem, 2, (ll_topology *[]){board, slow});
    topo[n++] =
        topology_must(mem, "torus", ll_arena_printf(mem, "sizes=%d x 4; " LANE, n_chip / 4));
    LL_ASSERT(n == N_TOPOLOGY, "%d topologies", n);
}

#endif
