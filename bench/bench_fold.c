/* What folding costs: a product of meshes and a switch, patterns of a training step, one core.
 *
 *   bench_fold [--format json] [chips ...]      (multiples of 512; default 8192 65536 524288)
 *
 * Per phase: CPU seconds of the whole price (routes, folding, solve), nanoseconds per flow-hop, and
 * peak memory so far.
 */
#include "tests/support/engine_make.h"
#include "tests/support/petsc.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double rss_MB(void)
{
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return (double)use.ru_maxrss / 1024;
}

/* Boards of 8 in full mesh, racks of 8 boards in full mesh, the rest behind switches. */
static const ll_topology *pod(ll_arena *mem, int n_chip)
{
    ll_topology *board =
        topology_must(mem, "mesh", "size=8; bandwidth=56 GB/s; latency=300 ns; name=board");
    ll_topology *rack =
        topology_must(mem, "mesh", "size=8; bandwidth=56 GB/s; latency=400 ns; name=rack");
    ll_topology *spine = topology_must(
        mem, "switch",
        ll_arena_printf(mem, "size=%d; links=4; bandwidth=56 GB/s; latency=700 ns", n_chip / 64));
    return topology_times(mem, 3, (ll_topology *[]){board, rack, spine});
}

typedef struct named_phase {
    const char *name;
    ll_traffic t;
} named_phase;

static ll_traffic grouped(int n_chip, ll_pattern pattern, int arg, int32_t size, int32_t stride)
{
    return (ll_traffic){
        .pattern = pattern, .arg = arg, .group = {n_chip, 1, {size}, {stride}}, .size_B = 1e6};
}

static double mean_hops(const ll_topology *topo, const ll_traffic *t)
{
    const int64_t n = ll_traffic_n_flow(t);
    int64_t sum = 0, seen = 0;
    for (int64_t i = 0; i < n; i += 1 + n / 1000, seen++) {
        ll_flow f;
        int64_t hop[LL_MAX_HOP];
        ll_traffic_flow(t, i, &f);
        sum += topo->type->route(topo, f.src, f.dst, 0, LL_MAX_HOP, hop);
    }
    return (double)sum / (double)seen;
}

static void run(int n_chip, bool json, bool *first)
{
    ll_arena *mem = ll_arena_create("bench");
    const ll_topology *topo = pod(mem, n_chip);
    const named_phase phases[] = {
        {"ring_8", grouped(n_chip, LL_PATTERN_SHIFT, 1, 8, 1)},
        {"all_8", grouped(n_chip, LL_PATTERN_ALL, 0, 8, 1)},
        {"all_64", grouped(n_chip, LL_PATTERN_ALL, 0, n_chip > 100000 ? 8 : 64, 8)},
        {"ring_all", grouped(n_chip, LL_PATTERN_SHIFT, 1, n_chip / 64, 64)},
        {"shift_far", grouped(n_chip, LL_PATTERN_SHIFT, n_chip / 2 + 9, n_chip, 1)},
        {"tree_dp", grouped(n_chip, LL_PATTERN_TREE, 0, n_chip / 8, 8)},
    };
    ll_comm *comm = ll_comm_self(mem);
    const test_engine flow = engine_make(mem, "flow", "");
    for (size_t i = 0; i < sizeof phases / sizeof *phases; i++) {
        const double start_s = cpu_s();
        const ll_price p = price_make(flow, topo, wire_make(), 1, &phases[i].t, comm);
        const double used_s = cpu_s() - start_s;
        const double ns =
            1e9 * used_s / ((double)ll_price_fact(&p, "n_flow") * mean_hops(topo, &phases[i].t));
        if (json)
            printf("%s{\"name\": \"fold.%d.%s\", \"value\": %.5g, \"unit\": \"ns per flow-hop\"}",
                   *first ? "" : ",\n", n_chip, phases[i].name, ns);
        else
            printf("%8d %-10s %8lld %8lld %8lld %8.4f %8.1f %7.0f %8.0f\n", n_chip, phases[i].name,
                   (long long)ll_price_fact(&p, "n_flow"),
                   (long long)ll_price_fact(&p, "n_flow_class"),
                   (long long)ll_price_fact(&p, "n_link_class"), used_s, ns,
                   ll_price_fact(&p, "n_solve"), rss_MB());
        *first = false;
        fflush(stdout);
    }
    ll_comm_destroy(comm);
    ll_arena_destroy(mem);
}

int main(int argc, char **argv)
{
    const bool json = argc > 2 && strcmp(argv[1], "--format") == 0 && strcmp(argv[2], "json") == 0;
    const int from = json ? 3 : 1, shipped[] = {8192, 65536, 524288};
    bool first = true;
    if (!test_petsc_begin(NULL, NULL)) return 1;
    printf("%s", json ? "[\n"
                      : "   chips phase         flows     rows    links    CPU s  ns/f-hop  solves "
                        " peak MB\n");
    for (int i = from; i < argc; i++)
        run(atoi(argv[i]), json, &first);
    for (int i = 0; i < 3 && argc <= from; i++)
        run(shipped[i], json, &first);
    printf("%s", json ? "\n]\n" : "");
    test_petsc_end();
    return 0;
}
