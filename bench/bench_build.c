/* What it costs to write out the flows of a phase for engine `packet`, before the first packet
 * moves.
 *
 *   mpirun -n R bench_build [--format json]
 *
 * As one rank of one, and as R ranks.
 *
 * Everyone half-way across (a shift, as a permutation) on 8192 and 65,536 chips of a leaf-spine
 * fabric, 16 ports to a leaf; and all-to-all within groups of 64 strided over 8192, so that half of
 * the flows cross the middle. CPU time and memory of the rank that needs most, the links and all
 * work space included. "flow B" is what stays per flow that the rank keeps. */
#include "sim/engine/packet/net.h"
#include "tests/support/engine_make.h"

#include <mpi.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

typedef struct load {
    const char *name;
    int32_t n_chip;
    ll_traffic traffic;
} load;

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

enum { USED_S, PEAK_B, N_KEPT, FLOW_B, N_FIGURE };
static const char *const figure_name[] = {"cpu", "memory per rank", "flows kept", "bytes per flow"};
static const char *const figure_unit[] = {"s", "B", "1", "B"};

static void measure(const load *l, ll_comm *comm, double *figure)
{
    ll_arena *mem = ll_arena_create("bench");
    const ll_topology *topo = topology_must(
        mem, "clos",
        ll_arena_printf(mem,
                        "size=%d; hosts_per_leaf=16; uplinks=16; bandwidth=12.5 GB/s; "
                        "latency=500 ns; uplink_bandwidth=12.5 GB/s; uplink_latency=500 ns",
                        l->n_chip));
    const ll_phase phase = {.n_traffic = 1, .traffic = &l->traffic};
    const ll_problem problem = {topo, wire_make(), 1, &phase};
    const test_engine packet = engine_make(mem, "packet", "");
    ll_packet_net net;
    ll_error err;
    ll_error_init(&err);
    const int64_t before_B = ll_arena_balance_B();
    ll_arena_peak_restart();
    figure[USED_S] = -cpu_s();
    const ll_packet_place place = {ll_comm_rank(comm), ll_comm_size(comm), ll_comm_n_here(comm),
                                   NULL};
    const ll_status status =
        ll_packet_net_create(&problem, &phase, packet.param, &place, mem, &net, &err);
    LL_ASSERT(status == LL_OK, "%s", err.text);
    figure[USED_S] += cpu_s();
    figure[PEAK_B] = (double)((int64_t)ll_arena_peak_B() - before_B);
    figure[N_KEPT] = (double)net.n_flow_kept;
    figure[FLOW_B] = 8.0 * (double)net.n_unit / (double)net.n_flow_kept + sizeof(uint32_t);
    ll_comm_max_f64(comm, N_FIGURE, figure);
    ll_arena_destroy(mem);
}

static void print(const load *l, int n_rank, const double *f, bool json, bool first)
{
    if (!json) {
        printf("%-30s %5d %10.3f %10.1f %12.0f %8.0f\n", l->name, n_rank, f[USED_S],
               f[PEAK_B] * 1e-6, f[N_KEPT], f[FLOW_B]);
        return;
    }
    for (int k = 0; k < N_FIGURE; k++)
        printf("%s{\"name\": \"build %s, %d ranks, %s\", \"value\": %.6g, \"unit\": \"%s\"}",
               first && k == 0 ? "" : ",\n ", l->name, n_rank, figure_name[k], f[k],
               figure_unit[k]);
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    const bool json = argc > 2 && strcmp(argv[1], "--format") == 0 && strcmp(argv[2], "json") == 0;
    ll_arena *mem = ll_arena_create("main");
    const MPI_Comm world = MPI_COMM_WORLD;
    ll_comm *all = ll_comm_create(&world, mem), *self = ll_comm_self(mem);
    const load loads[] = {
        {"shift, 8192 chips", 8192, traffic_make(LL_PATTERN_SHIFT, 8192, 4096, 2e6)},
        {"shift, 65536 chips", 65536, traffic_make(LL_PATTERN_SHIFT, 65536, 32768, 2e6)},
        {"all-to-all of 64, 8192 chips",
         8192,
         {.pattern = LL_PATTERN_ALL,
          .group = {.n_chip = 8192, .n_digit = 1, .size = {64}, .stride = {128}},
          .size_B = 2e6}}};
    const bool speaks = ll_comm_rank(all) == 0;
    if (speaks)
        printf(json ? "[" : "%-30s %5s %10s %10s %12s %8s\n", "load", "ranks", "CPU s", "MB",
               "flows kept", "flow B");
    for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++) {
        double f[N_FIGURE];
        measure(&loads[i], self, f);
        if (speaks) print(&loads[i], 1, f, json, i == 0);
        if (ll_comm_size(all) == 1) continue;
        measure(&loads[i], all, f);
        if (speaks) print(&loads[i], ll_comm_size(all), f, json, false);
    }
    if (json && speaks) printf("]\n");
    ll_comm_destroy(self);
    ll_comm_destroy(all);
    ll_arena_destroy(mem);
    MPI_Finalize();
    return 0;
}
