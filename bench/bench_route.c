/* How long one route takes, for each type: pseudo-random pairs, path 0 and all paths in turn. */
#include "tests/support/topology_make.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { N_PAIR = 4096, N_ROUND = 500 };

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Nanoseconds per route, best of three runs. */
static double route_ns(const ll_topology *topo, double *mean_hop)
{
    static int32_t pair[N_PAIR][3];
    uint64_t h = 1;
    for (int i = 0; i < N_PAIR; i++) {
        for (int k = 0; k < 2; k++) {
            h = h * 6364136223846793005ULL + 1442695040888963407ULL;
            pair[i][k] = (int32_t)((h >> 33) % (uint64_t)topo->n_chip);
        }
        pair[i][2] = i % topo->type->n_path(topo, pair[i][0], pair[i][1]);
    }
    double best_s = 1e9;
    int64_t n_hop = 0;
    for (int run = 0; run < 3; run++) {
        int64_t link_id[LL_MAX_HOP];
        double start_s = now_s();
        n_hop = 0;
        for (int round = 0; round < N_ROUND; round++)
            for (int i = 0; i < N_PAIR; i++)
                n_hop += topo->type->route(topo, pair[i][0], pair[i][1], pair[i][2], LL_MAX_HOP,
                                           link_id);
        double run_s = now_s() - start_s;
        if (run_s < best_s) best_s = run_s;
    }
    *mean_hop = (double)n_hop / N_ROUND / N_PAIR;
    return best_s / N_ROUND / N_PAIR * 1e9;
}

#define LANE "bandwidth=50 GB/s; latency=300 ns; "
#define UP   "uplink_bandwidth=50 GB/s; uplink_latency=500 ns; "

/* An edge list for `custom`, through a temporary file that is removed again. */
static ll_topology *ring_of_cables(ll_arena *mem, int n)
{
    char path[] = "/tmp/lineloss_bench_XXXXXX";
    int fd = mkstemp(path);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    LL_ASSERT(out, "cannot write %s", path);
    fprintf(out, "chips %d\n", n);
    for (int i = 0; i < n; i++)
        fprintf(out, "%d <-> %d 1 50 GB/s 300 ns\n", i, (i + 1) % n);
    fclose(out);
    ll_topology *topo =
        topology_must(mem, "custom", ll_arena_printf(mem, "dimensions=none; file=%s", path));
    remove(path);
    return topo;
}

int main(int argc, char **argv)
{
    bool json = argc == 3 && strcmp(argv[1], "--format") == 0 && strcmp(argv[2], "json") == 0;
    if (argc > 1 && !json) {
        fprintf(stderr, "usage: %s [--format json]\n", argv[0]);
        return 1;
    }
    ll_arena *mem = ll_arena_create("bench");
    ll_topology *x = topology_must(mem, "mesh", "name=x; size=8; " LANE);
    ll_topology *y = topology_must(mem, "mesh", "name=y; size=8; " LANE);
    ll_topology *z = topology_must(mem, "switch", "name=z; size=128; " LANE);
    ll_topology *pod = topology_must(mem, "switch", "name=pod; size=64; " LANE);
    ll_topology *a = topology_must(mem, "ring", "name=a; size=16; " LANE);
    ll_topology *b = topology_must(mem, "ring", "name=b; size=16; " LANE);
    ll_topology *c = topology_must(mem, "ring", "name=c; size=16; " LANE);
    ll_topology *nv = topology_must(mem, "switch", "name=nv; size=8; " LANE);
    ll_topology *rail =
        topology_must(mem, "clos", "name=rail; size=1024; hosts_per_leaf=32; uplinks=32; " LANE UP);
    const char *fat = "size=8192; levels=3; hosts_per_leaf=16; uplinks=16; leaves_per_pod=16; "
                      "core_uplinks=16; core_bandwidth=50 GB/s; core_latency=1 us; " LANE UP;
    const struct {
        const char *name;
        const ll_topology *topo;
    } row[] = {
        {"switch", topology_must(mem, "switch", "size=72; links=18; " LANE)},
        {"mesh", topology_must(mem, "mesh", "size=64; " LANE)},
        {"mesh_spray", topology_must(mem, "mesh", "size=64; routing=spray; " LANE)},
        {"ring", topology_must(mem, "ring", "size=64; " LANE)},
        {"line", topology_must(mem, "line", "size=64; " LANE)},
        {"clos_2_levels", rail},
        {"clos_spray", topology_must(mem, "clos", fat)},
        {"clos_ecmp", topology_must(mem, "clos", ll_arena_printf(mem, "%srouting=ecmp", fat))},
        {"clos_dmodk", topology_must(mem, "clos", ll_arena_printf(mem, "%srouting=dmodk", fat))},
        {"product_mesh_mesh_switch", topology_times(mem, 3, (ll_topology *[]){x, y, z})},
        {"product_mesh_mesh_switch_switch",
         topology_times(mem, 4, (ll_topology *[]){x, y, z, pod})},
        {"product_torus", topology_times(mem, 3, (ll_topology *[]){a, b, c})},
        {"product_switch_clos", topology_times(mem, 2, (ll_topology *[]){nv, rail})},
        {"custom", ring_of_cables(mem, 64)},
    };
    int n_row = (int)(sizeof row / sizeof row[0]);
    printf(json ? "[\n" : "%-32s %8s %6s %10s\n", "topology", "chips", "hops", "ns/route");
    for (int i = 0; i < n_row; i++) {
        double mean_hop, ns = route_ns(row[i].topo, &mean_hop);
        if (json)
            printf("  {\"name\": \"route %s\", \"value\": %.3f, \"unit\": \"ns\"}%s\n", row[i].name,
                   ns, i + 1 < n_row ? "," : "");
        else
            printf("%-32s %8d %6.2f %10.2f\n", row[i].name, row[i].topo->n_chip, mean_hop, ns);
    }
    if (json) printf("]\n");
    ll_arena_destroy(mem);
    return 0;
}
