/* Engine `packet`: packets on links per second, and memory, against chips, ranks, load and credits.
 *
 *   mpirun -n R bench_packet [--format json] [--quick] [chips ...]    (default 72 1024 8192 65536)
 *
 * A random permutation on a leaf-spine fabric of 100 Gb/s ports, 16 ports to a leaf, as many up,
 * 500 ns a hop; 2 MB per chip (65,536 chips: 250 kB) in packets of at most 4 KiB. Windows of half,
 * one and two bandwidth-delay products (--quick: one). Buffers of 16 packets with credits on two
 * virtual lanes, or none. Acknowledgements count as packets: each is served by as many links as its
 * packet.
 *
 * Every row is the median of three runs or more (five up to 1024 chips) on one rank and on all R in
 * turn, so that both see the same machine; the other ranks sleep while one runs. The simulated end
 * must be the same. "/cpu-s": for a second of CPU time of each rank, waiting included. Memory is
 * what was allocated at most, on the rank that had most, the making of the net included. The stages
 * are those of packet_profile.h, as shares of the time of rank 0. A row that ends in a star had
 * less than 95 % of its cores: something else ran, measure again.
 *
 * What limits R ranks: R would give the one-rank time / R. The rest is work that grew (caches,
 * packets packed for others), the exchange, and waiting for the slowest rank or its message.
 *
 * How near the machine's limit it is: an event of 16 bytes is written once, read, scattered and
 * read again, 80 bytes of traffic for each packet-hop. At the end: that traffic, in the fastest
 * row, as a fraction of what the same ranks copy together in pieces that do not fit the cache; and
 * how many such events could be written and read back per second, if that were all that is to do.
 *
 * Pages of 2 MiB help large nets where the C library can use them:
 * GLIBC_TUNABLES=glibc.malloc.hugetlb=1 took 7 % from the CPU time at 65,536 chips, and nothing at
 * 8192. */
#include "sim/base/stats.h"
#include "sim/engine/packet/begin.h"
#include "sim/engine/packet/calendar.h"
#include "sim/engine/packet/run.h"
#include "sim/traffic/synthetic.h"
#include "tests/support/engine_make.h"

#include <math.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MAX_REPEAT = 5, COPY_B = 1 << 28, EVENT_TRAFFIC_B = 5 * sizeof(ll_event) };

typedef struct bench {
    bool json, quick;
    int n_value; /* printed so far */
    ll_comm *all, *self;
    double best;                                 /* packet-hops per second, all ranks */
    double cpu_8192_s, hops_8192, memory_8192_B; /* one rank, window of one, no credits */
} bench;

/* One load. */
typedef struct load {
    int n_chip, buffer;
    double window, size_B;
} load;

/* The load on some ranks. */
typedef struct side {
    ll_comm *comm;
    ll_arena *mem;
    ll_packet_net net;
    ll_packet_result result;
    double net_s, net_B, run_B, in_flight; /* of this rank, but for packets in flight */
    double wall_s[MAX_REPEAT];             /* of the slowest rank */
    double cpu_s[MAX_REPEAT];              /* of the rank that had least */
    ll_packet_profile profile;             /* of rank 0, all repeats */
} side;

static double cpu_now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double median(const double *v, int n)
{
    double sorted[MAX_REPEAT];
    memcpy(sorted, v, (size_t)n * sizeof *v);
    return ll_stats_median_abs(n, sorted); /* times are not negative */
}

/* ---- The machine ----------------------------------------------------------------------------- */

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

/* Events that this rank alone writes and reads back per second, 256 MiB of them. */
static double stream_per_s(void)
{
    ll_arena *mem = ll_arena_create("stream");
    const int64_t n = COPY_B / (int64_t)sizeof(ll_event);
    ll_event *e = ll_arena_array(mem, n, ll_event);
    double best_s = 1e9;
    for (uint32_t turn = 0; turn < 5; turn++) {
        uint64_t sum = 0;
        const double start_s = MPI_Wtime();
        for (int64_t i = 0; i < n; i++)
            e[i] = (ll_event){
                .link = (uint32_t)i, .flow = turn, .order = (uint32_t)i ^ turn, .dt_ps = 1};
        for (int64_t i = 0; i < n; i++)
            sum += e[i].dt_ps + e[i].flow;
        const double used_s = MPI_Wtime() - start_s;
        if (sum == (uint64_t)n * (turn + 1) && used_s < best_s) best_s = used_s;
    }
    ll_arena_destroy(mem);
    return (double)n / best_s;
}

/* ---- The load -------------------------------------------------------------------------------- */

static const ll_topology *fabric(ll_arena *mem, int n_chip)
{
    return topology_must(mem, "clos",
                         ll_arena_printf(mem,
                                         "size=%d; hosts_per_leaf=16; uplinks=16; "
                                         "bandwidth=12.5 GB/s; latency=500 ns; "
                                         "uplink_bandwidth=12.5 GB/s; uplink_latency=500 ns",
                                         n_chip));
}

/* Makes the net. Not collective. */
static void side_create(side *s, const load *l, const ll_topology *topo, ll_comm *comm)
{
    *s = (side){.comm = comm, .mem = ll_arena_create("side")};
    ll_arena *mem = ll_arena_create("bench");
    const test_engine packet = engine_make(
        mem, "packet", ll_arena_printf(mem, "packets_per_flow=0; buffer_packets=%d", l->buffer));
    const ll_traffic t =
        ll_synthetic_traffic(LL_SYNTHETIC_PERMUTATION, l->n_chip, l->size_B, 1, mem);
    const ll_phase phase = {.n_traffic = 1, .traffic = &t};
    const ll_problem problem = {
        topo, {.packet_B = 4096, .kappa = 0.05, .window_bdp = l->window}, 1, &phase};
    ll_error err;
    ll_error_init(&err);
    ll_arena_peak_restart();
    const double before_B = (double)ll_arena_balance_B();
    const ll_packet_place place = {ll_comm_rank(comm), ll_comm_size(comm), ll_comm_n_here(comm),
                                   NULL};
    s->net_s = -MPI_Wtime();
    const ll_status status =
        ll_packet_net_create(&problem, &phase, packet.param, &place, s->mem, &s->net, &err);
    LL_ASSERT(status == LL_OK, "%s", err.text);
    s->net_s += MPI_Wtime();
    s->net_B = (double)ll_arena_peak_B() - before_B;
    ll_arena_destroy(mem);
}

/* One run. Collective over the ranks of the side. */
static void side_run(side *s, const ll_topology *topo, int repeat)
{
    ll_arena *mem = ll_arena_create("run");
    ll_error err;
    ll_error_init(&err);
    ll_arena_peak_restart();
    const double before_B = (double)ll_arena_balance_B(), start_cpu_s = cpu_now_s();
    s->wall_s[repeat] = -MPI_Wtime();
    ll_status status = ll_packet_net_reset(&s->net, 1, &err);
    if (status == LL_OK) {
        for (ll_packet_flow *f = ll_packet_first(&s->net); f != NULL && repeat == 0;
             f = ll_packet_next(&s->net, f))
            s->in_flight += f->next;
        status = ll_packet_run(topo, &s->net, s->comm, mem, &s->profile, &s->result, &err);
    }
    LL_ASSERT(status == LL_OK, "%s", err.text);
    s->wall_s[repeat] += MPI_Wtime();
    s->cpu_s[repeat] = cpu_now_s() - start_cpu_s;
    s->run_B = fmax(s->run_B, (double)ll_arena_peak_B() - before_B);
    ll_comm_max_f64(s->comm, 1, &s->wall_s[repeat]);
    ll_comm_min_f64(s->comm, 1, &s->cpu_s[repeat]);
    ll_arena_destroy(mem);
}

/* Until every rank has come here; sleeps, where MPI_Barrier would keep a core busy. */
static void meet(const bench *b)
{
    MPI_Request request;
    MPI_Ibarrier(*(const MPI_Comm *)ll_comm_mpi(b->all), &request);
    for (int done = 0; !done;) {
        MPI_Test(&request, &done, MPI_STATUS_IGNORE);
        if (!done) nanosleep(&(struct timespec){0, 200000}, NULL);
    }
}

/* ---- Printing -------------------------------------------------------------------------------- */

static void value(bench *b, const char *name, double x, const char *unit)
{
    if (b->json)
        printf("%s  {\"name\": \"%s\", \"value\": %.6g, \"unit\": \"%s\"}",
               b->n_value++ ? ",\n" : "", name, x, unit);
}

static double total_s(const side *s)
{
    double sum_s = 0;
    for (int k = 0; k < LL_N_STAGE; k++)
        sum_s += s->profile.stage_s[k];
    return sum_s;
}

static void print_side(bench *b, ll_arena *mem, const load *l, const side *s, int n_repeat,
                       double ratio)
{
    const double wall_s = median(s->wall_s, n_repeat), hops = (double)s->result.n_packet_hop;
    const double rate = hops / wall_s, memory_B = s->net_B + s->run_B;
    const int n_rank = ll_comm_size(s->comm);
    const double per_cpu_s = hops / median(s->cpu_s, n_repeat) / n_rank;
    if (rate > b->best) b->best = rate;
    const char *name = ll_arena_printf(mem, "packet.%d.window%g.buffer%d.np%d", l->n_chip,
                                       l->window, l->buffer, n_rank);
    value(b, name, rate, "packet-hops/s");
    value(b, ll_arena_printf(mem, "%s.cpu", name), per_cpu_s, "packet-hops/cpu-s");
    value(b, ll_arena_printf(mem, "%s.memory", name), memory_B, "B");
    value(b, ll_arena_printf(mem, "%s.net", name), s->net_s, "s");
    if (n_rank > 1) value(b, ll_arena_printf(mem, "%s.ratio", name), ratio, "1");
    if (b->json) return;
    printf("%7d %5d %6g %7s %11.0f %7.3f %7.2f %7.2f ", l->n_chip, n_rank, l->window,
           l->buffer ? "yes" : "no", hops, wall_s, rate * 1e-6, per_cpu_s * 1e-6);
    if (n_rank > 1)
        printf("%5.2f", ratio);
    else
        printf("%5s", "");
    printf(" %6.2f %8.1f ", s->net_s, memory_B * 1e-6);
    for (int k = 0; k < LL_N_STAGE; k++)
        printf(" %5.1f", 100 * s->profile.stage_s[k] / total_s(s));
    printf("%s\n", median(s->cpu_s, n_repeat) < 0.95 * wall_s ? " *" : "");
}

/* What keeps R ranks from being R times as fast, and what memory is used for. */
static void print_limits(const bench *b, const side *one, const side *all, int n_repeat)
{
    const double *stage_s = all->profile.stage_s, all_s = total_s(all) / n_repeat;
    const double n_rank = ll_comm_size(all->comm), ideal_s = total_s(one) / n_repeat / n_rank;
    const double wait_s = stage_s[LL_STAGE_WAIT] / n_repeat;
    const double exchange_s = stage_s[LL_STAGE_EXCHANGE] / n_repeat;
    if (b->json) return;
    printf(
        "    per packet-hop: credits %.1f, sort %.1f, sweep %.1f ns; memory: %.0f bytes per link "
        "with its flow, %.0f per packet in flight\n",
        1e9 * one->profile.stage_s[LL_STAGE_CREDIT] / n_repeat / (double)one->result.n_packet_hop,
        1e9 * one->profile.stage_s[LL_STAGE_SORT] / n_repeat / (double)one->result.n_packet_hop,
        1e9 * one->profile.stage_s[LL_STAGE_SWEEP] / n_repeat / (double)one->result.n_packet_hop,
        one->net_B / (double)one->net.n_link, one->run_B / one->in_flight);
    if (n_rank > 1)
        printf("    over the ideal share of %.3f s: waiting %.1f%%, exchange %.1f%%, work %.1f%%\n",
               ideal_s, 100 * wait_s / ideal_s, 100 * exchange_s / ideal_s,
               100 * (all_s - wait_s - exchange_s - ideal_s) / ideal_s);
}

static void print_row(bench *b, const load *l, const side *one, const side *all, int n_repeat)
{
    ll_arena *mem = ll_arena_create("print");
    print_side(b, mem, l, one, n_repeat, 1);
    if (ll_comm_size(b->all) > 1) {
        LL_ASSERT(one->result.end_ps[0] == all->result.end_ps[0] &&
                      one->result.n_packet_hop == all->result.n_packet_hop,
                  "%d ranks end at %lld ps, one at %lld", ll_comm_size(b->all),
                  (long long)all->result.end_ps[0], (long long)one->result.end_ps[0]);
        print_side(b, mem, l, all, n_repeat,
                   median(one->wall_s, n_repeat) / median(all->wall_s, n_repeat));
    }
    if (l->window == 1) print_limits(b, one, all, n_repeat);
    if (l->window == 1 && l->buffer == 0 && l->n_chip == 8192) {
        b->cpu_8192_s = one->net_s + median(one->cpu_s, n_repeat);
        b->hops_8192 = (double)one->result.n_packet_hop;
        b->memory_8192_B = one->net_B + one->run_B;
    }
    fflush(stdout);
    ll_arena_destroy(mem);
}

/* ---- Rows ------------------------------------------------------------------------------------ */

static void run_load(bench *b, const load *l)
{
    const int n_repeat = l->n_chip <= 1024 ? MAX_REPEAT : 3;
    const bool first = ll_comm_rank(b->all) == 0, several = ll_comm_size(b->all) > 1;
    ll_arena *mem = ll_arena_create("row");
    const ll_topology *topo = fabric(mem, l->n_chip);
    side one = {0}, all = {0};
    if (first) side_create(&one, l, topo, b->self);
    meet(b);
    if (several) side_create(&all, l, topo, b->all);
    for (int k = 0; k < n_repeat; k++) {
        if (first) side_run(&one, topo, k);
        meet(b);
        if (several) side_run(&all, topo, k);
    }
    if (several) {
        ll_comm_max_f64(b->all, 1, &all.net_B);
        ll_comm_max_f64(b->all, 1, &all.run_B);
    }
    if (first) print_row(b, l, &one, several ? &all : &one, n_repeat);
    ll_arena_destroy(one.mem);
    ll_arena_destroy(all.mem);
    ll_arena_destroy(mem);
}

static void run_size(bench *b, int n_chip)
{
    const double size_B = n_chip > 8192 ? 2.5e5 : 2e6;
    static const double window[] = {0.5, 1, 2};
    for (int i = b->quick ? 1 : 0; i < (b->quick ? 2 : 3); i++)
        for (int buffer = 0; buffer <= 16; buffer += 16)
            run_load(b, &(load){n_chip, buffer, window[i], size_B});
}

/* A 2 MB permutation of 8192 chips beside htsim (UEC version), which took 136.7 s of CPU, 20.1
 * million packet-hops and 654 MB for 8192 nodes x 2 MB on a virtual machine of this kind. */
static void print_permutation(bench *b)
{
    if (b->cpu_8192_s == 0) return;
    value(b, "packet.permutation8192.cpu", b->cpu_8192_s, "s");
    value(b, "packet.permutation8192.memory", b->memory_8192_B, "B");
    if (!b->json)
        printf("permutation of 2 MB over 8192 chips, one rank: %.2f s of CPU with the net, %.1f "
               "million packet-hops, %.0f MB\n  (htsim: 136.7 s, 20.1 million, 654 MB: %.0f times "
               "the time, %.0f times the time per packet-hop)\n",
               b->cpu_8192_s, b->hops_8192 * 1e-6, b->memory_8192_B * 1e-6, 136.7 / b->cpu_8192_s,
               136.7 / 20.1e6 / (b->cpu_8192_s / b->hops_8192));
}

static void print_machine(bench *b, double copied_Bps)
{
    const double stream = stream_per_s(), frac = b->best * EVENT_TRAFFIC_B / copied_Bps;
    value(b, "packet.copy", copied_Bps, "B/s");
    value(b, "packet.copy.fraction", frac, "1");
    value(b, "packet.stream", stream, "events/s");
    if (!b->json)
        printf("copy %.1f GB/s on all ranks, of which the fastest row uses %.0f%%; events of %zu "
               "bytes written and read back: %.0f million per second on one rank\n",
               copied_Bps * 1e-9, 100 * frac, sizeof(ll_event), stream * 1e-6);
}

int main(int argc, char **argv)
{
    const int shipped[] = {72, 1024, 8192, 65536};
    int n_chip[16], n_size = 0;
    MPI_Init(NULL, NULL);
    ll_arena *mem = ll_arena_create("comm");
    const MPI_Comm world = MPI_COMM_WORLD;
    bench b = {.all = ll_comm_create(&world, mem), .self = ll_comm_self(mem)};
    const bool first = ll_comm_rank(b.all) == 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--quick") == 0) b.quick = true;
        if (strcmp(argv[i], "json") == 0) b.json = true;
        const long chips = strtol(argv[i], NULL, 10);
        if (chips > 1 && chips < INT32_MAX && n_size < 16) n_chip[n_size++] = (int)chips;
    }
    if (first)
        printf("%s",
               b.json ? "[\n"
                      : "  chips ranks window credits packet-hops  wall s Mhops/s  /cpu-s ratio  "
                        "net s  peak MB  credit sort sweep exch. wait %\n");
    for (int i = 0; i < n_size; i++)
        run_size(&b, n_chip[i]);
    for (int i = 0; i < 4 && n_size == 0; i++)
        run_size(&b, shipped[i]);
    const double copied_Bps = copy_Bps(b.all);
    if (first) {
        print_permutation(&b);
        print_machine(&b, copied_Bps);
        if (b.json) printf("\n]\n");
    }
    ll_comm_destroy(b.self);
    ll_comm_destroy(b.all);
    ll_arena_destroy(mem);
    MPI_Finalize();
    return 0;
}
