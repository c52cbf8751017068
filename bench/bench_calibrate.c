/* Engine `flow` against engine `packet`, by pattern and load: how far the throughput equations are from
 * the packets, and which burstiness kappa fits best.
 *
 *   mpirun -n R bench_calibrate [--format json] [kappa ...]     (default 0.05 0.005 0.01 0.02 0.1 0.5)
 *
 * 16 chips on a switch, a full mesh, a leaf-spine Clos with ECMP and a torus. Windows of 0.1 to 4
 * bandwidth-delay products are loads from 10 % to all that the fabric carries. Every flow has 20 MB in
 * packets of 512 B (small ones, so that the smallest window is still a packet), which is long enough
 * for the first windows not to matter. Up to seven flows are watched one by one, the others together;
 * compared is when each of them ends, without its latency: packet / flow - 1. The rows are for the first
 * kappa; the last lines, over all patterns, for each.
 */
#include "sim/base/rng.h"
#include "sim/engine/equations.h"
#include "tests/engine_make.h"

#include <math.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

enum { N_CHIP = 16, N_TOPOLOGY = 4, N_LOAD = 6, MAX_FLOW = N_CHIP * N_CHIP, MAX_KAPPA = 16 };
enum { ROW_DEVIATIONS = N_LOAD * LL_MAX_TRAFFIC };

typedef enum pattern {
    PERMUTATION,
    ALL_TO_ALL,
    INCAST,
    RING,
    HIERARCHICAL, /* rings of 4 neighbours, and rings of every fourth chip, as an all-reduce has them */
    UNIFORM,      /* three random peers of every chip */
    HOT_SPOT,     /* a permutation, and every fourth chip to chip 0 */
    N_PATTERN
} pattern;

enum { MAX_DEVIATION = ROW_DEVIATIONS * N_TOPOLOGY * N_PATTERN };

static const char *const pattern_names[N_PATTERN] = {
    "permutation", "all-to-all", "incast", "ring", "hierarchical", "uniform", "hot spot"};
static const char *const topology_names[N_TOPOLOGY] = {"switch", "mesh", "clos", "torus"};
static const double window[N_LOAD] = {0.1, 0.25, 0.5, 1, 2, 4}, size_B = 2e7;

typedef struct list {
    int32_t src[MAX_FLOW], dst[MAX_FLOW];
    double size_B[MAX_FLOW];
    int n;
} list;

typedef struct env {
    ll_arena *mem;
    ll_comm *comm;
    const ll_topology *topo[N_TOPOLOGY];
    bool json, print; /* print: this rank does */
    int n_kappa, n_row;
    double kappa[MAX_KAPPA];
    double *dev[MAX_KAPPA]; /* [n_dev] of [MAX_DEVIATION] */
    int n_dev;
} env;

static void add(list *l, int32_t src, int32_t dst)
{
    if (src == dst) return;
    l->src[l->n] = src;
    l->dst[l->n] = dst;
    l->size_B[l->n++] = size_B;
}

/* Fisher and Yates. to: [N_CHIP] */
static void permute(int32_t *to)
{
    for (int32_t i = 0; i < N_CHIP; i++)
        to[i] = i;
    for (int32_t i = N_CHIP - 1; i > 0; i--) {
        const int32_t j = (int32_t)(ll_rng_u01(3, 0, (uint64_t)i) * (i + 1)), swap = to[i];
        to[i] = to[j];
        to[j] = swap;
    }
}

static void add_chip(pattern p, int32_t i, const int32_t *to, list *l)
{
    for (int32_t k = 1; p == ALL_TO_ALL && k < N_CHIP; k++)
        add(l, i, (i + k) % N_CHIP);
    for (uint64_t k = 0; p == UNIFORM && k < 3; k++)
        add(l, i, (int32_t)(ll_rng_u01(7, (uint64_t)i, k) * N_CHIP));
    if (p == PERMUTATION || p == HOT_SPOT) add(l, i, to[i]);
    if (p == INCAST || (p == HOT_SPOT && i % 4 == 0)) add(l, i, 0);
    if (p == RING) add(l, i, (i + 1) % N_CHIP);
    if (p == HIERARCHICAL) {
        add(l, i, i / 4 * 4 + (i + 1) % 4);
        add(l, i, (i + 4) % N_CHIP);
    }
}

static void topologies(env *e)
{
    static const char *const ring = "size=4; bandwidth=50 GB/s; latency=500 ns; name=%s";
    ll_arena *mem = e->mem;
    ll_topology *x = topology_must(mem, "ring", ll_arena_printf(mem, ring, "x"));
    ll_topology *y = topology_must(mem, "ring", ll_arena_printf(mem, ring, "y"));
    e->topo[0] = topology_must(mem, "switch", "size=16; bandwidth=50 GB/s; latency=500 ns");
    e->topo[1] = topology_must(mem, "mesh", "size=16; bandwidth=50 GB/s; latency=500 ns");
    e->topo[2] = topology_must(
        mem, "clos",
        "size=16; hosts_per_leaf=4; uplinks=4; routing=ecmp; bandwidth=50 GB/s; latency=500 ns; "
        "uplink_bandwidth=50 GB/s; uplink_latency=500 ns");
    e->topo[3] = topology_times(mem, 2, (ll_topology *[]){x, y});
}

/* Deviations of the watched flows for every kappa; *load_frac: of the busiest link. */
static int compare(env *e, const ll_topology *topo, const list *l, double bdp, double *load_frac)
{
    ll_wire wire = {.packet_B = 512, .window_bdp = bdp};
    const test_engine flow = engine_make(e->mem, "flow", "batch_frac=0");
    const test_engine packet = engine_make(e->mem, "packet", "packets_per_flow=0; ack=2 B");
    ll_traffic t[LL_MAX_TRAFFIC];
    int n = 0, from = 0;
    for (; n < LL_MAX_TRAFFIC && from < l->n; n++) {
        const int each = n + 1 < LL_MAX_TRAFFIC ? 1 : l->n - from;
        t[n] = list_make(each, l->src + from, l->dst + from, l->size_B + from);
        from += each;
    }
    const ll_price b = price_make(packet, topo, wire, n, t, e->comm);
    *load_frac = b.max_util_frac;
    for (int k = 0; k < e->n_kappa; k++) {
        wire.kappa = e->kappa[k];
        const ll_price a = price_make(flow, topo, wire, n, t, e->comm);
        for (int i = 0; i < n; i++)
            e->dev[k][e->n_dev + i] =
                (b.end_s[i] - b.latency_s[i]) / (a.end_s[i] - a.latency_s[i]) - 1;
    }
    return n;
}

static int by_value(const void *a, const void *b)
{
    const double x = fabs(*(const double *)a), y = fabs(*(const double *)b);
    return x < y ? -1 : x > y;
}

static void run_case(env *e, pattern p, int topology)
{
    list *l = ll_arena_new(e->mem, list);
    int32_t to[N_CHIP];
    double row[ROW_DEVIATIONS], load_frac;
    const int first = e->n_dev;
    permute(to);
    for (int32_t i = 0; i < N_CHIP; i++)
        add_chip(p, i, to, l);
    if (e->print && !e->json) printf("%-13s %-7s", pattern_names[p], topology_names[topology]);
    for (int w = 0; w < N_LOAD; w++) {
        const int n = compare(e, e->topo[topology], l, window[w], &load_frac);
        double worst = 0;
        for (int i = e->n_dev; i < e->n_dev + n; i++)
            if (fabs(e->dev[0][i]) > fabs(worst)) worst = e->dev[0][i];
        if (e->print && !e->json) printf(" %3.0f%%:%+5.1f", 100 * load_frac, 100 * worst);
        e->n_dev += n;
    }
    const int n = e->n_dev - first;
    memcpy(row, e->dev[0] + first, (size_t)n * sizeof *row);
    qsort(row, (size_t)n, sizeof *row, by_value);
    if (e->print && e->json)
        printf("%s{\"name\": \"calibrate.%s.%s\", \"value\": %.4g, \"unit\": \"%% median\"}",
               e->n_row++ ? ",\n" : "", pattern_names[p], topology_names[topology],
               100 * fabs(row[n / 2]));
    else if (e->print)
        printf("  %5.2f %+6.2f\n", 100 * fabs(row[n / 2]), 100 * row[n - 1]);
    fflush(stdout);
}

static void summary(env *e)
{
    for (int k = 0; k < e->n_kappa && e->print; k++) {
        double *dev = e->dev[k];
        qsort(dev, (size_t)e->n_dev, sizeof *dev, by_value);
        const double median = 100 * fabs(dev[e->n_dev / 2]), worst = 100 * fabs(dev[e->n_dev - 1]);
        if (e->json)
            printf(",\n{\"name\": \"calibrate.kappa%g\", \"value\": %.4g, \"unit\": \"%% median\"}"
                   ",\n{\"name\": \"calibrate.kappa%g.worst\", \"value\": %.4g, \"unit\": \"%%\"}",
                   e->kappa[k], median, e->kappa[k], worst);
        else
            printf("kappa %-6g: median %.2f %%, 95 of 100 below %.2f %%, worst %.2f %%\n",
                   e->kappa[k], median, 100 * fabs(dev[e->n_dev * 95 / 100]), worst);
    }
}

int main(int argc, char **argv)
{
    static const double shipped[] = {0.05, 0.005, 0.01, 0.02, 0.1, 0.5};
    const bool json = argc > 2 && strcmp(argv[1], "--format") == 0 && strcmp(argv[2], "json") == 0;
    ll_error err;
    ll_error_init(&err);
    if (ll_equations_init(NULL, NULL, &err) != LL_OK) return (int)err.status;
    const MPI_Comm world = MPI_COMM_WORLD;
    env e = {.mem = ll_arena_create("calibrate"), .json = json};
    e.comm = ll_comm_create(&world, e.mem);
    e.print = ll_comm_rank(e.comm) == 0;
    for (int i = json ? 3 : 1; i < argc && e.n_kappa < MAX_KAPPA; i++)
        e.kappa[e.n_kappa++] = atof(argv[i]);
    while (argc <= (json ? 3 : 1) && e.n_kappa < 6) {
        e.kappa[e.n_kappa] = shipped[e.n_kappa];
        e.n_kappa++;
    }
    for (int k = 0; k < e.n_kappa; k++)
        e.dev[k] = ll_arena_array(e.mem, MAX_DEVIATION, double);
    topologies(&e);
    if (e.print)
        printf("%s",
               json ? "[\n"
                    : "                      load of the busiest link: largest deviation in % of a "
                      "watched flow     median   worst\n");
    for (int p = 0; p < N_PATTERN; p++)
        for (int t = 0; t < N_TOPOLOGY; t++)
            run_case(&e, (pattern)p, t);
    summary(&e);
    if (e.print) printf("%s", json ? "\n]\n" : "");
    ll_comm_destroy(e.comm);
    ll_arena_destroy(e.mem);
    ll_equations_final();
    return 0;
}
