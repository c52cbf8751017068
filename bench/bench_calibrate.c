/* Engine `flow` against engine `packet`, by pattern and load: how far the throughput equations are from
 * the packets, and which burstiness kappa fits best.
 *
 *   mpirun -n R bench_calibrate [--format json] [kappa ...]         (default 0.05)
 *
 * 16 chips on a switch, a full mesh, a leaf-spine Clos with ECMP and a torus; every flow has 4 MB. The
 * windows of 0.1 to 4 bandwidth-delay products are loads from 10 % to all that the fabric carries. Up to
 * seven flows are watched one by one, the others together; compared is when each of them ends, without
 * its latency: packet / flow - 1. Median and largest deviation are over watched flows.
 */
#include "sim/base/rng.h"
#include "sim/engine/equations.h"
#include "tests/engine_make.h"

#include <math.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

enum { N_CHIP = 16, N_TOPOLOGY = 4, N_PATTERN = 6, N_LOAD = 6, MAX_FLOW = N_CHIP * N_CHIP };
enum { MAX_DEVIATION = N_LOAD * N_TOPOLOGY * LL_MAX_TRAFFIC };

static const double size_B = 4e7;
static const char *const pattern_names[N_PATTERN] = {"permutation", "all-to-all", "incast",
                                                     "ring",        "uniform",    "hot spot"};

typedef struct list {
    int32_t src[MAX_FLOW], dst[MAX_FLOW];
    double size_B[MAX_FLOW];
    int n;
} list;

typedef struct env {
    ll_arena *mem;
    ll_comm *comm;
    const ll_topology *topo[N_TOPOLOGY];
    double packet_B;
} env;

static void add(list *l, int32_t src, int32_t dst)
{
    if (src == dst) return;
    l->src[l->n] = src;
    l->dst[l->n] = dst;
    l->size_B[l->n++] = size_B;
}

static int32_t draw(int pattern, int i)
{
    return (int32_t)(ll_rng_u01(7, (uint64_t)pattern, (uint64_t)i) * N_CHIP);
}

static void make_list(int pattern, list *l)
{
    int32_t to[N_CHIP];
    l->n = 0;
    for (int32_t i = 0; i < N_CHIP; i++)
        to[i] = i;
    for (int32_t i = N_CHIP - 1; i > 0; i--) {
        const int32_t j = (int32_t)(ll_rng_u01(3, 0, (uint64_t)i) * (i + 1)), swap = to[i];
        to[i] = to[j];
        to[j] = swap;
    }
    for (int32_t i = 0; i < N_CHIP; i++) {
        for (int32_t k = 1; pattern == 1 && k < N_CHIP; k++)
            add(l, i, (i + k) % N_CHIP);
        for (int k = 0; pattern == 4 && k < 3; k++)
            add(l, i, draw(pattern, 3 * i + k));
        if (pattern == 0 || pattern == 5) add(l, i, to[i]);
        if (pattern == 2 || (pattern == 5 && i % 4 == 0)) add(l, i, 0);
        if (pattern == 3) add(l, i, (i + 1) % N_CHIP);
    }
}

static void topologies(env *e)
{
    ll_arena *mem = e->mem;
    ll_topology *ring =
        topology_must(mem, "ring", "size=4; bandwidth=50 GB/s; latency=500 ns; name=x");
    ll_topology *other =
        topology_must(mem, "ring", "size=4; bandwidth=50 GB/s; latency=500 ns; name=y");
    e->topo[0] = topology_must(mem, "switch", "size=16; bandwidth=50 GB/s; latency=500 ns");
    e->topo[1] = topology_must(mem, "mesh", "size=16; bandwidth=50 GB/s; latency=500 ns");
    e->topo[2] =
        topology_must(mem, "clos",
                      "size=16; hosts_per_leaf=4; uplinks=4; routing=ecmp; bandwidth=50 GB/s; "
                      "latency=500 ns; uplink_bandwidth=50 GB/s; uplink_latency=500 ns");
    e->topo[3] = topology_times(mem, 2, (ll_topology *[]){ring, other});
}

/* Deviation of each watched flow, in dev[]; returns how many. *load_frac: of the busiest link. */
static int compare(const env *e, const ll_topology *topo, const list *l, double window,
                   double kappa, double *dev, double *load_frac)
{
    const ll_wire wire = {.packet_B = e->packet_B, .kappa = kappa, .window_bdp = window};
    const test_engine flow = engine_make(e->mem, "flow", "batch_frac=0");
    const test_engine packet = engine_make(e->mem, "packet", "packets_per_flow=0; ack=4 B");
    ll_traffic t[LL_MAX_TRAFFIC];
    int n = 0, from = 0;
    for (; n < LL_MAX_TRAFFIC && from < l->n; n++) {
        const int each = n + 1 < LL_MAX_TRAFFIC ? 1 : l->n - from;
        t[n] = list_make(each, l->src + from, l->dst + from, l->size_B + from);
        from += each;
    }
    const ll_price a = price_make(flow, topo, wire, n, t, e->comm);
    const ll_price b = price_make(packet, topo, wire, n, t, e->comm);
    *load_frac = b.max_util_frac;
    for (int i = 0; i < n; i++)
        dev[i] = (b.end_s[i] - b.latency_s[i]) / (a.end_s[i] - a.latency_s[i]) - 1;
    return n;
}

static int by_value(const void *a, const void *b)
{
    const double x = fabs(*(const double *)a), y = fabs(*(const double *)b);
    return x < y ? -1 : x > y;
}

static void run_kappa(const env *e, double kappa, bool json, int *n_row)
{
    static const double window[N_LOAD] = {0.1, 0.25, 0.5, 1, 2, 4};
    static const char *const names[N_TOPOLOGY] = {"switch", "mesh", "clos", "torus"};
    const bool print = ll_comm_rank(e->comm) == 0;
    list *l = ll_arena_new(e->mem, list);
    for (int p = 0; p < N_PATTERN; p++) {
        make_list(p, l);
        for (int k = 0; k < N_TOPOLOGY; k++) {
            double dev[MAX_DEVIATION], load_frac = 0;
            int n = 0;
            if (print && !json) printf("%6g %-12s %-8s", kappa, pattern_names[p], names[k]);
            for (int w = 0; w < N_LOAD; w++) {
                const int more = compare(e, e->topo[k], l, window[w], kappa, dev + n, &load_frac);
                double worst = 0;
                for (int i = n; i < n + more; i++)
                    if (fabs(dev[i]) > fabs(worst)) worst = dev[i];
                if (print && !json) printf(" %4.0f%%:%+6.1f", 100 * load_frac, 100 * worst);
                n += more;
            }
            qsort(dev, (size_t)n, sizeof *dev, by_value);
            if (!print) continue;
            if (json)
                printf("%s{\"name\": \"calibrate.kappa%g.%s.%s\", \"value\": %.4g, \"unit\": "
                       "\"%% median\"}",
                       (*n_row)++ ? ",\n" : "", kappa, pattern_names[p], names[k],
                       100 * fabs(dev[n / 2]));
            else
                printf("   median %5.2f worst %+6.2f\n", 100 * fabs(dev[n / 2]), 100 * dev[n - 1]);
        }
    }
}

int main(int argc, char **argv)
{
    const bool json = argc > 2 && strcmp(argv[1], "--format") == 0 && strcmp(argv[2], "json") == 0;
    const int from = json ? 3 : 1;
    ll_error err;
    ll_error_init(&err);
    if (ll_equations_init(NULL, NULL, &err) != LL_OK) return (int)err.status;
    const MPI_Comm world = MPI_COMM_WORLD;
    env e = {.mem = ll_arena_create("calibrate"),
             .packet_B = getenv("PB") ? atof(getenv("PB")) : 4096};
    e.comm = ll_comm_create(&world, e.mem);
    topologies(&e);
    int n_row = 0;
    const bool print = ll_comm_rank(e.comm) == 0;
    if (print)
        printf("%s", json ? "[\n"
                          : " kappa pattern      topology  load of the busiest link: worst "
                            "deviation in %% of a watched flow's time\n");
    for (int i = from; i < argc; i++)
        run_kappa(&e, atof(argv[i]), json, &n_row);
    if (argc <= from) run_kappa(&e, 0.05, json, &n_row);
    if (print) printf("%s", json ? "\n]\n" : "");
    ll_comm_destroy(e.comm);
    ll_arena_destroy(e.mem);
    ll_equations_final();
    return 0;
}
