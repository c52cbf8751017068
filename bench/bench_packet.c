/* Engine `packet`: packets on links per second, and memory, against chips, ranks and features.
 *
 *   mpirun -n R bench_packet [--format json] [chips ...]            (default 72 1024 8192)
 *
 * A random permutation on a leaf-spine fabric of 100 Gb/s ports, 16 ports to a leaf, as many up, 500 ns a
 * hop; 2 MB per chip in packets of 4 KiB. Windows of half, one and two bandwidth-delay products. Buffers of
 * 16 packets with credits on two virtual lanes, or none. Acknowledgements count as packets. The
 * simulated end is printed because it must not depend on R.
 *
 * How near the machine's limit that is: an event of 16 bytes is written once and read, scattered and
 * read again, 80 bytes of traffic for each packet-hop. At the end: that traffic, in the fastest row, as a
 * fraction of what the same ranks copy together in pieces that do not fit the cache.
 */
#include "sim/base/rng.h"
#include "sim/engine/calendar.h"
#include "sim/engine/packet_run.h"
#include "tests/engine_make.h"

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct bench {
    bool json;
    int n_row;
    ll_comm *comm;
    double best; /* packet-hops per second */
} bench;

enum { COPY_B = 1 << 28, EVENT_TRAFFIC_B = 5 * sizeof(ll_event) };

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Best of five copies of 256 MiB on every rank at once. Collective. */
static double copy_Bps(ll_comm *comm)
{
    ll_arena *mem = ll_arena_create("copy");
    char *a = ll_arena_array(mem, COPY_B, char), *b = ll_arena_array(mem, COPY_B, char);
    double best_s = 1e9;
    for (int i = 0; i < 5; i++) {
        a[i] = (char)i;
        double used_s = -MPI_Wtime();
        memcpy(b, a, COPY_B);
        used_s += MPI_Wtime();
        ll_comm_max_f64(comm, 1, &used_s);
        if (used_s < best_s && b[i] == i) best_s = used_s;
    }
    ll_arena_destroy(mem);
    return 2.0 * COPY_B * ll_comm_size(comm) / best_s;
}

static const ll_topology *fabric(ll_arena *mem, int n_chip)
{
    return topology_must(mem, "clos",
                         ll_arena_printf(mem,
                                         "size=%d; hosts_per_leaf=16; uplinks=16; "
                                         "bandwidth=12.5 GB/s; latency=500 ns; "
                                         "uplink_bandwidth=12.5 GB/s; uplink_latency=500 ns",
                                         n_chip));
}

/* Fisher and Yates; fixed points stay, and send nothing. */
static ll_traffic permutation(ll_arena *mem, int32_t n)
{
    int32_t *src = ll_arena_array(mem, n, int32_t), *dst = ll_arena_array(mem, n, int32_t);
    double *size_B = ll_arena_array(mem, n, double);
    for (int32_t i = 0; i < n; i++) {
        src[i] = dst[i] = i;
        size_B[i] = 2e6;
    }
    for (int32_t i = n - 1; i > 0; i--) {
        const int32_t j = (int32_t)(ll_rng_u01(1, (uint64_t)i, 0) * (i + 1)), swap = dst[i];
        dst[i] = dst[j];
        dst[j] = swap;
    }
    return list_make(n, src, dst, size_B);
}

static void print_row(bench *b, int n_chip, double window, int buffer, const ll_price *p,
                      double wall_s, double used_s)
{
    const double rate = (double)p->n_packet_hop / wall_s;
    if (rate > b->best) b->best = rate;
    if (b->json)
        printf("%s{\"name\": \"packet.%d.window%g.buffer%d.np%d\", \"value\": %.4g, "
               "\"unit\": \"packet-hops/s\"}",
               b->n_row++ ? ",\n" : "", n_chip, window, buffer, ll_comm_size(b->comm), rate);
    else
        printf("%8d %5d %7g %7d %12lld %8.3f %8.3f %9.2f %8.1f %16.12g\n", n_chip,
               ll_comm_size(b->comm), window, buffer, (long long)p->n_packet_hop, wall_s, used_s,
               rate * 1e-6, (double)ll_arena_peak_B() * 1e-6, p->end_s[0]);
    fflush(stdout);
}

/* Wall seconds of the slowest rank, CPU seconds of all. */
static void run(bench *b, int n_chip, double window, int buffer)
{
    ll_arena *mem = ll_arena_create("bench");
    const ll_topology *topo = fabric(mem, n_chip);
    const test_engine packet = engine_make(
        mem, "packet",
        ll_arena_printf(mem, "packets_per_flow=0; buffer_packets=%d; virtual_lanes=2", buffer));
    const ll_traffic t = permutation(mem, n_chip);
    const ll_wire wire = {.packet_B = 4096, .kappa = 0.05, .window_bdp = window};
    const double start_s = MPI_Wtime(), start_cpu_s = cpu_s();
    const ll_price p = price_make(packet, topo, wire, 1, &t, b->comm);
    double wall_s = MPI_Wtime() - start_s;
    uint64_t used_ns = (uint64_t)(1e9 * (cpu_s() - start_cpu_s));
    ll_comm_max_f64(b->comm, 1, &wall_s);
    ll_comm_sum_u64(b->comm, 1, &used_ns);
    ll_arena_destroy(mem);
    if (ll_comm_rank(b->comm) == 0)
        print_row(b, n_chip, window, buffer, &p, wall_s, 1e-9 * (double)used_ns);
}

static void run_all(bench *b, int n_chip)
{
    for (double window = 0.5; window <= 2; window *= 2) {
        run(b, n_chip, window, 0);
        run(b, n_chip, window, 16);
    }
}

int main(int argc, char **argv)
{
    const bool json = argc > 2 && strcmp(argv[1], "--format") == 0 && strcmp(argv[2], "json") == 0;
    const int from = json ? 3 : 1, shipped[] = {72, 1024, 8192};
    MPI_Init(NULL, NULL);
    ll_arena *mem = ll_arena_create("comm");
    const MPI_Comm world = MPI_COMM_WORLD;
    bench b = {.json = json, .comm = ll_comm_create(&world, mem)};
    const bool first = ll_comm_rank(b.comm) == 0;
    if (first)
        printf("%s", json ? "[\n"
                          : "   chips ranks  window  buffer  packet-hops   wall s    CPU s   "
                            "Mhops/s  peak MB  simulated end s\n");
    for (int i = from; i < argc; i++)
        run_all(&b, atoi(argv[i]));
    for (int i = 0; i < 3 && argc <= from; i++)
        run_all(&b, shipped[i]);
    const double copied_Bps = copy_Bps(b.comm);
    if (first && json)
        printf("\n]\n");
    else if (first)
        printf("%zu bytes per packet in flight, %zu per link, %zu per flow and %zu per hop of it; "
               "copy "
               "%.1f GB/s, of which the fastest row uses %.0f%%\n",
               sizeof(ll_event), sizeof(ll_packet_link), sizeof(ll_packet_flow),
               sizeof(ll_packet_hop), copied_Bps * 1e-9,
               100 * b.best * EVENT_TRAFFIC_B / copied_Bps);
    ll_comm_destroy(b.comm);
    ll_arena_destroy(mem);
    MPI_Finalize();
    return 0;
}
