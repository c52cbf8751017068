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

/* From every chip to every chip, itself too. */
static ll_traffic to_all(int32_t n, ll_arena *mem)
{
    int32_t *src = ll_arena_array(mem, (int64_t)n * n, int32_t);
    int32_t *dst = ll_arena_array(mem, (int64_t)n * n, int32_t);
    for (int32_t i = 0; i < n * n; i++) {
        src[i] = i / n;
        dst[i] = i % n;
    }
    return list_make((int64_t)n * n, src, dst, NULL);
}

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
    const ll_traffic t =
        what == LL_SYNTHETIC_UNIFORM ? to_all(topo->n_chip, mem) : ll_synthetic_make(&ask, mem);
    const ll_open_load at = {.load = load,
                             .link_Bps = link_Bps,
                             .n_warm = n_measure / 4,
                             .n_measure = n_measure,
                             .patience = (int64_t)(0.8 * sqrt(1.25 * (double)n_measure)),
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
        CHECK(out.sustained, "load %g: %llu late", r, (unsigned long long)out.n_late);
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

/* Dimension order on 8 x 8, k = 8. Of a torus: uniform traffic loads each link with k / 8, the
 * complement with 2, the transpose with 3.5 flows, tornado with 3. Of a mesh: k / 4, k / 2, k - 1,
 * and 3 each way (Dally and Towles, 2004, section 3.3). Loads of 95.5 % of what that allows are
 * sustained, and none that is 2 % above it. */
static void bounds(ll_arena *mem, ll_comm *comm)
{
    static const ll_synthetic what[] = {LL_SYNTHETIC_UNIFORM, LL_SYNTHETIC_BIT_COMPLEMENT,
                                        LL_SYNTHETIC_TRANSPOSE, LL_SYNTHETIC_TORNADO};
    static const double bound[2][4] = {{1, 1 / 2.0, 2 / 7.0, 1 / 3.0},
                                       {1 / 2.0, 1 / 4.0, 1 / 7.0, 1 / 3.0}};
    ll_topology *line[2];
    for (int d = 0; d < 2; d++)
        line[d] = topology_must(mem, "line",
                                d ? "size=8; bandwidth=100 GB/s; latency=10 ns; name=y"
                                  : "size=8; bandwidth=100 GB/s; latency=10 ns; name=x");
    const ll_topology *topo[] = {
        topology_must(mem, "torus", "sizes=8 x 8; bandwidth=100 GB/s; latency=10 ns"),
        topology_times(mem, 2, line)};
    n_measure = 80000;
    for (int i = 0; i < 8; i++) {
        const double most = bound[i / 4][i % 4];
        const ll_open_result below = run(topo[i / 4], what[i % 4], 0.955 * most, "", comm);
        const ll_open_result above = run(topo[i / 4], what[i % 4], 1.02 * most, "", comm);
        const char *name = ll_synthetic_names[what[i % 4]];
        CHECK(below.sustained, "%s %s: longest %g s", i < 4 ? "torus" : "mesh", name, below.max_s);
        CHECK(!above.sustained, "%s %s: longest %g s", i < 4 ? "torus" : "mesh", name, above.max_s);
    }
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
        bounds(mem, comm);
    }
    ll_comm_destroy(comm);
    ll_arena_destroy(mem);
    test_petsc_end();
    return LL_CHECK_RESULT;
}
