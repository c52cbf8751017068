/* Links that are slow or down, as the three engines see them, against times by hand.
 *
 * Links of 100 GB/s and L = 500 ns a hop; flows of 40 MB, which take T = 400 us at full rate;
 * windows of 10 bandwidth-delay products, so that a flow alone has its link to itself. `closed`
 * gives latency + size over rate exactly. `flow` and `packet` add their queueing: less than 1 % of
 * these times. */
#include "tests/support/check.h"
#include "tests/support/engine_make.h"
#include "tests/support/petsc.h"

#include <mpi.h>

#define LINK "bandwidth=100 GB/s; latency=500 ns"

static const double L_S = 500e-9, T_S = 400e-6, SIZE_B = 40e6;

typedef struct env {
    ll_arena *mem;
    ll_comm *comm;
} env;

static void check_engines(const env *e, const char *what, const ll_topology *topo, ll_traffic t,
                          double want_s)
{
    static const char *const name[] = {"closed", "flow", "packet"};
    static const double tolerance[] = {1e-12, 0.01, 0.01};
    ll_wire wire = wire_make();
    wire.window_bdp = 10;
    for (int i = 0; i < 3; i++) {
        const ll_price p = price_make(engine_make(e->mem, name[i], ""), topo, wire, 1, &t, e->comm);
        CHECK(fabs(p.end_s[0] - want_s) <= tolerance[i] * want_s, "%s, %s: %.6g s, want %.6g", what,
              name[i], p.end_s[0], want_s);
    }
}

int main(void)
{
    if (!test_petsc_begin(NULL, NULL)) return 1;
    ll_arena *mem = ll_arena_create("test");
    const MPI_Comm world = MPI_COMM_WORLD;
    const env e = {mem, ll_comm_create(&world, mem)};

    /* Everyone to the next chip on a mesh of 6, each on a link of its own: link 5 c + c from chip c
     * to c + 1. The one of chip 2 at 40 % takes T / 0.4; it belongs to no end and no wrap of
     * anything. */
    const ll_topology *mesh = topology_must(mem, "mesh", "size=6; " LINK);
    const ll_traffic next = traffic_make(LL_PATTERN_SHIFT, 6, 1, SIZE_B);
    check_engines(&e, "whole", mesh, next, L_S + T_S);
    check_engines(&e, "slow", topology_degraded(mem, mesh, "12:0.4"), next, L_S + T_S / 0.4);

    /* Down: two hops over a third chip. The links 2 -> v and v -> 3 that it takes carry nothing
     * else. */
    check_engines(&e, "down", topology_degraded(mem, mesh, "12:0"), next, 2 * L_S + T_S);

    /* A ring of 4, everyone half-way round: two paths each, so every link carries 2 half flows: T.
     * Without link 1 (from chip 1 to 2), flows 0 -> 2 and 1 -> 3 go the other way whole. Links
     * down, 4 + c from c to c - 1: from 0: 1 + 1/2 (0 -> 2) ... link 4 has flow 0 whole, flow 1
     * whole, flow 0's neighbour 3 none:
     *   4 (0->3): flow 0 whole, flow 1 whole (1->0->3)       2
     *   5 (1->0): flow 1 whole, flow 2 half (2->1->0)        1.5
     *   6 (2->1): flow 2 half, flow 3 half (3->2->1)         1
     *   7 (3->2): flow 3 half, flow 0 whole                  1.5
     * Link 4 is busy for 2 T: the end for engines that know of contention, within what queues cost.
     * (Flow 0 alone and flow 1 alone take T in `closed`, which knows no other source.) */
    const ll_topology *ring = topology_must(mem, "ring", "size=4; " LINK);
    const ll_topology *cut = topology_degraded(mem, ring, "1:0");
    const ll_traffic half = traffic_make(LL_PATTERN_SHIFT, 4, 2, SIZE_B);
    ll_wire wire = wire_make();
    wire.window_bdp = 10;
    for (int i = 0; i < 2; i++) {
        const char *name = i ? "packet" : "flow";
        const ll_price p = price_make(engine_make(mem, name, ""), cut, wire, 1, &half, e.comm);
        CHECK(fabs(p.end_s[0] - 2 * T_S) < 0.02 * 2 * T_S, "%s: %.6g s", name, p.end_s[0]);
    }
    ll_comm_destroy(e.comm);
    ll_arena_destroy(mem);
    test_petsc_end();
    return LL_CHECK_RESULT;
}
