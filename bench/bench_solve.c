/* The throughput equations without folding, spread over ranks: cost against chips and ranks.
 *
 *   mpirun -n R bench_solve [--format json] [chips ...]
 *   chips: multiples of 64; default 1024 2048 4096 8192
 *
 * A random permutation (nothing is symmetric) together with a ring step in each group of 64, on
 * meshes of 8 x 8 behind switches. Wall seconds of the whole price, and per solve of its filling.
 * The simulated end is printed because it must not depend on R. */
#include "sim/traffic/synthetic.h"
#include "tests/support/engine_make.h"
#include "tests/support/petsc.h"

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

static const ll_topology *pod(ll_arena *mem, int n_chip)
{
    ll_topology *x =
        topology_must(mem, "mesh", "size=8; bandwidth=56 GB/s; latency=300 ns; name=x");
    ll_topology *y =
        topology_must(mem, "mesh", "size=8; bandwidth=56 GB/s; latency=400 ns; name=y");
    ll_topology *spine = topology_must(
        mem, "switch",
        ll_arena_printf(mem, "size=%d; links=4; bandwidth=56 GB/s; latency=700 ns", n_chip / 64));
    return topology_times(mem, 3, (ll_topology *[]){x, y, spine});
}

static void run(int n_chip, bool json, bool first, ll_comm *comm)
{
    ll_arena *mem = ll_arena_create("bench");
    const ll_topology *topo = pod(mem, n_chip);
    const test_engine flow = engine_make(mem, "flow", "fold=off");
    const ll_traffic t[2] = {
        ll_synthetic_traffic(LL_SYNTHETIC_PERMUTATION, n_chip, 4e6, 1, mem),
        {.pattern = LL_PATTERN_SHIFT, .arg = 1, .group = {n_chip, 1, {64}, {1}}, .size_B = 2e6}};
    const double start_s = MPI_Wtime();
    const ll_price p = price_make(flow, topo, wire_make(), 2, t, comm);
    double used_s = MPI_Wtime() - start_s;
    ll_comm_max_f64(comm, 1, &used_s);
    ll_arena_destroy(mem);
    if (ll_comm_rank(comm) != 0) return;
    if (json)
        printf("%s{\"name\": \"solve.%d.np%d\", \"value\": %.5g, \"unit\": \"s\"}",
               first ? "" : ",\n", n_chip, ll_comm_size(comm), used_s);
    else
        printf("%8d %5d %8lld %8lld %8.3f %7.0f %7.0f %12.3f %14.9g\n", n_chip, ll_comm_size(comm),
               (long long)ll_price_fact(&p, "n_flow"), (long long)ll_price_fact(&p, "n_link_class"),
               used_s, ll_price_fact(&p, "n_solve"), ll_price_fact(&p, "n_newton"),
               1e3 * used_s / ll_price_fact(&p, "n_solve"), p.end_s[0]);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    const bool json = argc > 2 && strcmp(argv[1], "--format") == 0 && strcmp(argv[2], "json") == 0;
    const int from = json ? 3 : 1, shipped[] = {1024, 2048, 4096, 8192};
    if (!test_petsc_begin(NULL, NULL)) return 1;
    ll_arena *mem = ll_arena_create("comm");
    const MPI_Comm world = MPI_COMM_WORLD;
    ll_comm *comm = ll_comm_create(&world, mem);
    if (ll_comm_rank(comm) == 0)
        printf("%s",
               json ? "[\n"
                    : "   chips ranks    flows    links   wall s  solves  Newton ms per solve  "
                      "simulated end s\n");
    for (int i = from; i < argc; i++)
        run(atoi(argv[i]), json, i == from, comm);
    for (int i = 0; i < 4 && argc <= from; i++)
        run(shipped[i], json, i == 0, comm);
    if (ll_comm_rank(comm) == 0) printf("%s", json ? "\n]\n" : "");
    ll_comm_destroy(comm);
    ll_arena_destroy(mem);
    test_petsc_end();
    return 0;
}
