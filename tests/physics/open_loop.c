/* Open loops: queues of theory, loads that a network can and cannot carry, and the same result on
 * any number of ranks. */
/* RANKS 1 2 3 4 */
#include "sim/engine/packet/open.h"
#include "sim/traffic/synthetic.h"
#include "tests/support/check.h"
#include "tests/support/engine_make.h"
#include "tests/support/petsc.h"

#include <math.h>
#include <mpi.h>
#include <string.h>

static const double link_Bps = 100e9, packet_s = 4096 / 100e9;

static int64_t n_measure = 20000; /* packet times */

static ll_open_result run(const ll_topology *topo, ll_synthetic what, double load, const char *keys,
                          ll_comm *comm)
{
    ll_arena *mem = ll_arena_create("open");
    const test_engine packet = engine_make(mem, "packet", keys);
    const ll_problem problem = {.topo = topo, .wire = wire_make()};
    ll_synthetic_ask ask = {.what = what, .n_chip = topo->n_chip, .arg = topo->n_chip - 1};
    ask.grid.n_dim = topo->n_dim;
    for (int d = 0; d < topo->n_dim; d++)
        ask.grid.size[d] = topo->dim[d].size;
    const ll_traffic t = ll_synthetic_make(&ask, mem);
    const ll_open_load at = {.load = load,
                             .link_Bps = link_Bps,
                             .n_warm = n_measure / 10,
                             .n_measure = n_measure,
                             .patience = 120,
                             .n_batch = 10,
                             .seed = 1};
    ll_open_result out;
    ll_open *open;
    ll_error err;
    ll_error_init(&err);
    ll_status status = ll_open_create(&problem, packet.param, &t, comm, mem, &open, &err);
    if (status == LL_OK) status = ll_open_run(open, &at, &out, &err);
    LL_ASSERT(status == LL_OK, "%s", err.text);
    ll_arena_destroy(mem);
    return out;
}

/* 63 chips send to one through a switch. Its link has 63 Bernoulli sources, each a packet in a slot
 * with probability r / 63: mean wait (N - 1) / N * r / (2 (1 - r)) packets (Karol, Hluchyj and
 * Morgan, "Input versus output queueing on a space-division packet switch", 1987). Here sources are
 * not aligned, which adds up to 3 %. What the queue of the source adds is nothing: it sends
 * one packet in 63 slots. */
static void one_queue(ll_arena *mem, ll_comm *comm)
{
    const ll_topology *topo =
        topology_must(mem, "switch", "size=64; bandwidth=100 GB/s; latency=500 ns");
    const double loads[] = {0.3, 0.6, 0.8};
    n_measure = 400000;
    for (int i = 0; i < 3; i++) {
        const double r = loads[i];
        const ll_open_result out = run(topo, LL_SYNTHETIC_INCAST, r / 63, "", comm);
        const double wait = (out.mean_s - 2 * 500e-9 - packet_s) / packet_s;
        const double theory = 62.0 / 63 * r / (2 * (1 - r));
        CHECK(fabs(wait - theory) < 0.04 * theory, "load %g: waits %g, theory %g", r, wait, theory);
        CHECK(out.sustained && out.n_late == 0, "load %g: %llu late", r,
              (unsigned long long)out.n_late);
        CHECK(fabs(out.accepted / out.offered - 1) < 0.01, "load %g: %g of %g", r, out.accepted,
              out.offered);
    }
    n_measure = 20000;
    const ll_open_result out = run(topo, LL_SYNTHETIC_INCAST, 1.2 / 63, "", comm);
    CHECK(!out.sustained && fabs(out.accepted * 63 - 1) < 0.001, "overload: %g accepted",
          out.accepted * 63);
}

/* Alone on its links a packet takes their latency and its own time; at load 0.9 too, as a chip
 * sends at most one packet in a slot, but for what two slots that touch cost. */
static void no_queue(ll_arena *mem, ll_comm *comm)
{
    const ll_topology *topo =
        topology_must(mem, "ring", "size=16; bandwidth=100 GB/s; latency=100 ns");
    const ll_open_result light = run(topo, LL_SYNTHETIC_RING, 0.001, "", comm);
    CHECK(fabs(light.p50_s - 100e-9 - packet_s) < 0.004 * light.p50_s, "%g s", light.p50_s);
    CHECK(light.max_s < 100e-9 + 2 * packet_s + 1e-12, "%g s", light.max_s);
    const ll_open_result heavy = run(topo, LL_SYNTHETIC_RING, 0.9, "", comm);
    CHECK(heavy.max_s < 100e-9 + 2 * packet_s + 1e-12, "%g s", heavy.max_s);
    CHECK(fabs(heavy.offered - 0.9) < 0.01 && heavy.sustained, "%g offered", heavy.offered);
}

/* Tornado on a torus: 3 hops one way in each dimension, so three flows on each link that is used,
 * which carries a third of its rate of each. */
static void torus(ll_arena *mem, ll_comm *comm)
{
    const ll_topology *topo =
        topology_must(mem, "torus", "sizes=8 x 8; bandwidth=100 GB/s; latency=100 ns");
    const ll_open_result below = run(topo, LL_SYNTHETIC_TORNADO, 0.93 / 3, "", comm);
    CHECK(below.sustained && fabs(below.accepted - 0.31) < 0.004, "%g", below.accepted);
    const ll_open_result above = run(topo, LL_SYNTHETIC_TORNADO, 1.04 / 3, "", comm);
    CHECK(!above.sustained && above.accepted < 1.0 / 3 + 1e-3, "%g", above.accepted);
    /* Few buffers carry less, and what they do not take waits at the chips. */
    const ll_open_result few =
        run(topo, LL_SYNTHETIC_TORNADO, 0.93 / 3, "buffer_packets=4; virtual_lanes=4", comm);
    CHECK(!few.sustained && few.accepted < below.accepted, "%g", few.accepted);
    const ll_open_result more =
        run(topo, LL_SYNTHETIC_TORNADO, 0.2, "buffer_packets=16; virtual_lanes=4", comm);
    CHECK(more.sustained, "%g s", more.max_s);
}

/* With cross links, several paths, and buffers: the same bits on one rank and on all. */
static void ranks(ll_arena *mem, ll_comm *comm)
{
    static const char *const keys[] = {"", "paths=hash", "paths=adaptive",
                                       "buffer_packets=8; virtual_lanes=4",
                                       "switching=store_forward"};
    const ll_topology *topo =
        topology_must(mem, "torus", "sizes=4 x 6; bandwidth=100 GB/s; latency=50 ns");
    n_measure = 1000;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const ll_open_result all = run(topo, LL_SYNTHETIC_UNIFORM, 0.7, keys[i], comm);
        const ll_open_result one = run(topo, LL_SYNTHETIC_UNIFORM, 0.7, keys[i], ll_comm_self(mem));
        CHECK(memcmp(&all, &one, sizeof all) == 0, "'%s': %.17g and %.17g s", keys[i], all.mean_s,
              one.mean_s);
    }
    n_measure = 20000;
}

int main(void)
{
    if (!test_petsc_begin(NULL, NULL)) return 1;
    ll_arena *mem = ll_arena_create("test");
    const MPI_Comm world = MPI_COMM_WORLD;
    ll_comm *comm = ll_comm_create(&world, mem);
    ranks(mem, comm);
    if (ll_comm_size(comm) == 1) {
        one_queue(mem, comm);
        no_queue(mem, comm);
        torus(mem, comm);
    }
    ll_comm_destroy(comm);
    ll_arena_destroy(mem);
    test_petsc_end();
    return LL_CHECK_RESULT;
}
