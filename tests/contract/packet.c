/* What the packet engine promises beyond the other engines: the same bytes for any number of ranks,
 * down to the time at which every link serves every packet (state_hash); on every kind of topology,
 * with every choice of paths, with credits and without, with loss and without. Seven ranks divide
 * nothing, and are more than some fabrics have tiles. */
/* RANKS 1 2 3 4 7 */
#include "sim/base/rng.h"
#include "tests/support/check.h"
#include "tests/support/engine_make.h"
#include "tests/support/topologies.h"
#include "topology/edgelist.h"

#include <mpi.h>
#include <stdlib.h>
#include <string.h>

enum { N_CHIP = 24, N_LIST = 60, N_PACKET = N_TOPOLOGY + 11, N_TRAFFIC = 5, N_SETTING = 12 };

static const char *const settings[N_SETTING] = {
    "state_hash=end; packets_per_flow=0",
    "state_hash=end; packets_per_flow=0; buffer_packets=2; virtual_lanes=4",
    "state_hash=end; packets_per_flow=0; buffer_packets=7; virtual_lanes=4; "
    "switching=store_forward; paths=hash",
    "state_hash=end; packets_per_flow=20; buffer_packets=5; virtual_lanes=4; paths=adaptive",
    "state_hash=end; packets_per_flow=20; ack=100 B; paths=hash; seed=3",
    "state_hash=end; packets_per_flow=0; paths=adaptive",
    "state_hash=end; packets_per_flow=0; buffer_packets=3; virtual_lanes=4; loss=0.02; "
    "paths=adaptive",
    "state_hash=end; packets_per_flow=0; buffer_packets=3; virtual_lanes=4; loss=0.01; seed=4; "
    "retransmission=go_back_n",
    "state_hash=end; packets_per_flow=0; recovery=end_to_end; loss=0.003; timeout=30 us",
    "state_hash=end; packets_per_flow=20; buffer_packets=3; virtual_lanes=4; loss=0.01; "
    "recovery=end_to_end; timeout=100 us",
    "state_hash=end; packets_per_flow=0; buffer_packets=3; virtual_lanes=4; loss=0.003; "
    "recovery=end_to_end; retransmission=go_back_n",
    "state_hash=end; packets_per_flow=0; buffer_packets=4; overflow=drop; loss=0.001; timeout=50 "
    "us; "
    "recovery=end_to_end"};

/* The same graph as an edge list, routed over all shortest paths. */
static const ll_topology *twin_of(ll_arena *mem, const ll_topology *topo)
{
    char file[] = "/tmp/lineloss_packet_XXXXXX";
    const int fd = mkstemp(file);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    LL_ASSERT(out, "cannot write %s", file);
    ll_edgelist_write(topo, out);
    fclose(out);
    const ll_topology *twin =
        topology_must(mem, "custom", ll_arena_printf(mem, "dimensions=none; file=%s", file));
    remove(file);
    return twin;
}

/* The common ones; then a fabric of three levels, nodes on rails, an edge list, two that are
 * degraded, and those that have no size. topo: [N_PACKET] */
static void packet_topologies(ll_arena *mem, const ll_topology **topo)
{
    topologies_make(mem, N_CHIP, topo);
    const ll_topology *torus = topo[N_TOPOLOGY - 1];
    ll_topology *node = topology_must(mem, "switch", "size=4; links=18; " LANE);
    ll_topology *nics = topology_must(
        mem, "clos", "size=6; hosts_per_leaf=2; uplinks=2; routing=ecmp; ecmp_paths=4; " LANE UP);
    const ll_topology *ecmp = topology_must(
        mem, "clos", "size=24; hosts_per_leaf=4; uplinks=4; routing=ecmp; ecmp_paths=3; " LANE UP);
    int n = N_TOPOLOGY;
    topo[n++] = topology_must(mem, "clos",
                              "size=24; levels=3; rails=2; hosts_per_leaf=2; uplinks=2; "
                              "leaves_per_pod=4; core_uplinks=2; core_bandwidth=25 GB/s; "
                              "core_latency=2 us; routing=ecmp; ecmp_paths=4; " LANE UP);
    topo[n++] = topology_times(mem, 2, (ll_topology *[]){node, nics});
    topo[n++] = twin_of(mem, torus);
    /* Links of chip 0 of the torus, uplinks of one leaf: routes by search among others. */
    topo[n++] = topology_degraded(mem, torus, "0:0 24:0 3:0.5 17:0.3");
    topo[n++] = topology_degraded(mem, ecmp, "48:0 50:0 53:0.5");
    topo[n++] = topology_must(mem, "dragonfly",
                              "hosts_per_router=2; routers_per_group=3; global_links=1; "
                              "routing=valiant; " LANE GROUPS);
    topo[n++] = topology_must(mem, "dragonfly_plus",
                              "hosts_per_router=2; leaves_per_group=3; spines_per_group=3; "
                              "global_links=1; " LANE GROUPS);
    topo[n++] = topology_must(mem, "hyperx", "hosts_per_router=2; sizes=3 x 4; " LANE GRID);
    topo[n++] = topology_must(mem, "slimfly", "hosts_per_router=2; q=3; " LANE GRID);
    topo[n++] = topology_must(mem, "twisted_torus", "sizes=4 x 8; " LANE);
    topo[n++] = topology_must(mem, "rail_only",
                              "nodes=6; chips_per_node=4; node_bandwidth=450 GB/s; "
                              "node_latency=300 ns; rail_bandwidth=50 GB/s; rail_latency=1 us");
    LL_ASSERT(n == N_PACKET, "%d topologies", n);
}

/* Every registered type is among them. */
static void check_complete(const ll_topology *const *topo)
{
    for (int t = 0; ll_topology_types[t]; t++) {
        bool known = false;
        for (int i = 0; i < N_PACKET; i++)
            known |= topo[i]->type == ll_topology_types[t];
        CHECK(known, "no case of '%s'", ll_topology_types[t]->name);
    }
}

/* Random pairs and sizes: nothing is symmetric. */
static ll_traffic random_list(ll_arena *mem)
{
    int32_t *src = ll_arena_array(mem, N_LIST, int32_t),
            *dst = ll_arena_array(mem, N_LIST, int32_t);
    double *size_B = ll_arena_array(mem, N_LIST, double);
    for (uint64_t i = 0; i < N_LIST; i++) {
        src[i] = (int32_t)(N_CHIP * ll_rng_u01(5, i, 0));
        dst[i] = (int32_t)(N_CHIP * ll_rng_u01(5, i, 1));
        size_B[i] = 6e4 * ll_rng_u01(5, i, 2);
    }
    return list_make(N_LIST, src, dst, size_B);
}

/* Random starts, and flows that wait for up to two earlier ones, some of which have no bytes. */
static ll_traffic timed_list(ll_arena *mem)
{
    ll_traffic t = random_list(mem);
    double *start_s = ll_arena_array(mem, N_LIST, double);
    int64_t *first_after = ll_arena_array(mem, N_LIST + 1, int64_t);
    int64_t *after = ll_arena_array(mem, 2 * N_LIST, int64_t);
    int64_t n = 0;
    for (int64_t i = 0; i < N_LIST; i++) {
        const uint64_t id = (uint64_t)i;
        if (ll_rng_u01(6, id, 0) < 0.3) start_s[i] = 2e-5 * ll_rng_u01(6, id, 1);
        for (uint64_t k = 0; k < 2; k++)
            if (i > 0 && ll_rng_u01(6, id, 2 + k) < 0.4)
                after[n++] = (int64_t)((double)i * ll_rng_u01(6, id, 4 + k));
        first_after[i + 1] = n;
    }
    t.start_s = start_s;
    t.first_after = first_after;
    t.after = after;
    return t;
}

int main(void)
{
    MPI_Init(NULL, NULL);
    ll_arena *mem = ll_arena_create("test");
    const MPI_Comm world = MPI_COMM_WORLD;
    ll_comm *comm = ll_comm_create(&world, mem), *self = ll_comm_self(mem);
    const ll_topology *topo[N_PACKET];
    const ll_traffic t[N_TRAFFIC] = {traffic_make(LL_PATTERN_ALL, N_CHIP, 0, 1e4),
                                     traffic_make(LL_PATTERN_SHIFT, N_CHIP, 7, 6e4),
                                     traffic_make(LL_PATTERN_TREE, N_CHIP, 0, 4e4), timed_list(mem),
                                     random_list(mem)};
    packet_topologies(mem, topo);
    check_complete(topo);
    for (int s = 0; s < N_SETTING; s++) {
        const test_engine packet = engine_make(mem, "packet", settings[s]);
        for (int i = 0; i < N_PACKET; i++)
            for (int k = 0; k < N_TRAFFIC; k++) {
                const ll_traffic both[2] = {t[k], t[N_TRAFFIC - 1]};
                const ll_price p = price_make(packet, topo[i], wire_make(), 2, both, comm);
                const ll_price q = price_make(packet, topo[i], wire_make(), 2, both, self);
                CHECK(memcmp(&p, &q, sizeof p) == 0 && ll_price_fact(&p, "state_hash") != 0,
                      "%s %d, traffic %d, '%s': %.17g s, hash %.0f; on one rank %.17g s, %.0f",
                      topo[i]->type->name, i, k, settings[s], p.end_s[0],
                      ll_price_fact(&p, "state_hash"), q.end_s[0], ll_price_fact(&q, "state_hash"));
            }
    }
    ll_comm_destroy(self);
    ll_comm_destroy(comm);
    ll_arena_destroy(mem);
    MPI_Finalize();
    return LL_CHECK_RESULT;
}
