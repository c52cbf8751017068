/* Hard cases for a network engine that follows flows: engine `flow` on one core.
 *
 *   bench_cases [--format json] [name ...]
 *
 *   all_pairs_512     1 MiB between all pairs of 512 hosts on a crossbar at once
 *   unequal_128       16,256 flows of 1 to 2 MB, all pairs of 128 hosts on a crossbar
 *   unequal_128_deep  the same with windows 100 times as deep
 *   permutation_N     64 MiB, a random permutation of N hosts on a fat-tree with D-mod-k routes
 *
 * Prints CPU seconds, simulated end, solves, Newton steps, the bound that batching leaves, and peak
 * memory, beside figures quoted from SimGrid 3.32 (max-min sharing, CM02) for the same case on a
 * machine of this kind. Max-min is another rule of sharing, so simulated ends may differ, and by
 * how much is printed. In unequal_128 most of it is the window: 1/127 of a link each, twice over,
 * which the last flows of a host cannot leave when the others are done. Deep windows come closer.
 */
#include "tests/support/engine_make.h"
#include "tests/support/petsc.h"

#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

/* --- topologies of the cases: a crossbar, and a full-bisection fat-tree with D-mod-k ---------- */

typedef struct tree_shape {
    int32_t host, leaf, pod; /* hosts per leaf, leaves per pod, pods; 1 leaf, 1 pod: a crossbar */
    double bw_Bps, latency_s;
} tree_shape;

static void tree_link(const ll_topology *topo, int64_t link_id, ll_link *out)
{
    const tree_shape *t = topo->state;
    *out = (ll_link){
        .from = link_id, .to = 0, .bw_Bps = t->bw_Bps, .latency_s = t->latency_s, .width = 1};
}

static int32_t tree_n_path(const ll_topology *topo, int32_t src, int32_t dst)
{
    (void)topo;
    (void)src;
    (void)dst;
    return 1;
}

/* Links in blocks of n: host up, host down, leaf up (leaf, j), leaf down, middle up (pod, j, u),
 * middle down. D-mod-k chooses j = dst mod hosts per leaf and u = leaf of dst mod leaves per pod.
 */
static int tree_route(const ll_topology *topo, int32_t src, int32_t dst, int32_t path, int cap,
                      int64_t *link_id)
{
    const tree_shape *t = topo->state;
    const int64_t n = topo->n_chip;
    (void)path;
    (void)cap;
    const int32_t from = src / t->host, to = dst / t->host;
    const int32_t pod_from = from / t->leaf, pod_to = to / t->leaf;
    const int32_t j = dst % t->host, u = to % t->leaf;
    int h = 0;
    link_id[h++] = src;
    if (from != to) link_id[h++] = 2 * n + (int64_t)from * t->host + j;
    if (pod_from != pod_to) {
        link_id[h++] = 4 * n + ((int64_t)pod_from * t->host + j) * t->leaf + u;
        link_id[h++] = 5 * n + ((int64_t)pod_to * t->host + j) * t->leaf + u;
    }
    if (from != to) link_id[h++] = 3 * n + (int64_t)to * t->host + j;
    link_id[h++] = n + dst;
    return h;
}

static const ll_topology_type tree_type = {.name = "tree",
                                           .link = tree_link,
                                           .n_path = tree_n_path,
                                           .route = tree_route,
                                           .chip_orbit = ll_topology_chip_alone,
                                           .link_orbit = ll_topology_link_alone};

static ll_topology tree_make(const tree_shape *t)
{
    const int32_t n = t->host * t->leaf * t->pod;
    return (ll_topology){.type = &tree_type,
                         .n_chip = n,
                         .n_node = 3 * (int64_t)n,
                         .n_link = 6 * (int64_t)n,
                         .max_path = 1,
                         .max_hop = 6,
                         .n_dim = 1,
                         .dim = {{.name = "tree", .type = "tree", .size = n}},
                         .state = t};
}

/* --- traffic ---------------------------------------------------------------------------------- */

static ll_traffic all_pairs(ll_arena *mem, int32_t n)
{
    (void)mem;
    return (ll_traffic){.pattern = LL_PATTERN_ALL,
                        .group = {.n_chip = n, .n_digit = 1, .size = {n}, .stride = {1}},
                        .size_B = 1048576};
}

static ll_traffic list_room(ll_arena *mem, int64_t n, int32_t **src, int32_t **dst, double **size)
{
    *src = ll_arena_array(mem, n, int32_t);
    *dst = ll_arena_array(mem, n, int32_t);
    *size = ll_arena_array(mem, n, double);
    return (ll_traffic){.pattern = LL_PATTERN_LIST, .src = *src, .dst = *dst, .list_B = *size};
}

static ll_traffic unequal_pairs(ll_arena *mem, int32_t n)
{
    int32_t *src, *dst;
    double *size;
    ll_traffic t = list_room(mem, (int64_t)n * n, &src, &dst, &size);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            if (i == j) continue;
            src[t.n_list] = (int32_t)i;
            dst[t.n_list] = (int32_t)j;
            size[t.n_list++] = 1e6 * (1 + (double)((7919 * i + 104729 * j) % 1000) / 1000);
        }
    return t;
}

/* Fisher and Yates with x = x * 6364136223846793005 + 1442695040888963407, x0 = 1, j = (x >> 33)
 * mod (i + 1), i = n-1 .. 1; fixed points are dropped. */
static ll_traffic permutation(ll_arena *mem, int32_t n)
{
    int32_t *src, *dst, *to = ll_arena_array(mem, n, int32_t);
    double *size;
    uint64_t x = 1;
    ll_traffic t = list_room(mem, n, &src, &dst, &size);
    for (int32_t i = 0; i < n; i++)
        to[i] = i;
    for (int32_t i = n - 1; i > 0; i--) {
        x = x * 6364136223846793005ULL + 1442695040888963407ULL;
        const int32_t j = (int32_t)((x >> 33) % (uint64_t)(i + 1));
        const int32_t swap = to[i];
        to[i] = to[j];
        to[j] = swap;
    }
    for (int32_t i = 0; i < n; i++) {
        if (to[i] == i) continue;
        src[t.n_list] = i;
        dst[t.n_list] = to[i];
        size[t.n_list++] = 67108864;
    }
    return t;
}

/* --- the cases -------------------------------------------------------------------------------- */

typedef struct bench_case {
    const char *name;
    tree_shape shape;
    ll_traffic (*traffic)(ll_arena *mem, int32_t n);
    double window_bdp;
    const char *quoted_cpu; /* of SimGrid, s */
    double quoted_end_s;    /* of SimGrid; 0: it did not finish, or was not run */
} bench_case;

// clang-format off
static const bench_case cases[] = {
    {"all_pairs_512", {512, 1, 1, 1e11, 500e-9}, all_pairs, 2, ">191", 0},
    {"unequal_128", {128, 1, 1, 1e9, 1e-6}, unequal_pairs, 2, "114.7", 0.193074},
    {"unequal_128_deep", {128, 1, 1, 1e9, 1e-6}, unequal_pairs, 200, "114.7", 0.193074},
    {"permutation_512", {8, 8, 8, 1e11, 500e-9}, permutation, 2, "0.024", 0.003357443},
    {"permutation_2048", {16, 16, 8, 1e11, 500e-9}, permutation, 2, "1.58", 0.003358443},
    {"permutation_4096", {16, 16, 16, 1e11, 500e-9}, permutation, 2, "15.2", 0.003358443},
    {"permutation_8192", {32, 16, 16, 1e11, 500e-9}, permutation, 2, ">191", 0},
    {0}};
// clang-format on

static double cpu_s(void)
{
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
           1e-6 * (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
}

static double rss_MB(void)
{
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return (double)use.ru_maxrss / 1024;
}

static void print_row(const bench_case *c, const ll_price *p, double used_s, bool json)
{
    if (json) {
        printf("{\"name\": \"cases.%s.cpu\", \"value\": %.4f, \"unit\": \"s\"},\n"
               "{\"name\": \"cases.%s.end\", \"value\": %.9g, \"unit\": \"s\"},\n"
               "{\"name\": \"cases.%s.solves\", \"value\": %.0f, \"unit\": \"1\"},\n"
               "{\"name\": \"cases.%s.batch_err\", \"value\": %.3g, \"unit\": \"1\"},\n"
               "{\"name\": \"cases.%s.rss\", \"value\": %.1f, \"unit\": \"MB\"}",
               c->name, used_s, c->name, p->end_s[0], c->name, ll_price_fact(p, "n_solve"), c->name,
               ll_price_fact(p, "batch_err_frac"), c->name, rss_MB());
        return;
    }
    char other[64] = "-";
    if (c->quoted_end_s > 0)
        snprintf(other, sizeof other, "%.9f (%+.2f %%)", c->quoted_end_s,
                 100 * (p->end_s[0] / c->quoted_end_s - 1));
    printf("%-17s %7lld %7lld %7lld %6.3f %12.9f %6.0f %6.0f %7.4f %6.0f | %6s  %s\n", c->name,
           (long long)ll_price_fact(p, "n_flow"), (long long)ll_price_fact(p, "n_flow_class"),
           (long long)ll_price_fact(p, "n_link_class"), used_s, p->end_s[0],
           ll_price_fact(p, "n_solve"), ll_price_fact(p, "n_newton"),
           ll_price_fact(p, "batch_err_frac"), rss_MB(), c->quoted_cpu, other);
}

static void run_case(const bench_case *c, bool json)
{
    ll_arena *mem = ll_arena_create("bench");
    const ll_topology topo = tree_make(&c->shape);
    const ll_traffic traffic = c->traffic(mem, topo.n_chip);
    ll_comm *comm = ll_comm_self(mem);
    ll_wire wire = wire_make();
    wire.window_bdp = c->window_bdp;
    const double start_s = cpu_s();
    const ll_price price = price_make(engine_make(mem, "flow", ""), &topo, wire, 1, &traffic, comm);
    print_row(c, &price, cpu_s() - start_s, json);
    ll_comm_destroy(comm);
    ll_arena_destroy(mem);
}

static bool wanted(const char *name, int argc, char **argv)
{
    int n_name = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--format") == 0) {
            i++;
            continue;
        }
        n_name++;
        if (strcmp(argv[i], name) == 0) return true;
    }
    return n_name == 0;
}

int main(int argc, char **argv)
{
    const bool json = argc > 2 && strcmp(argv[1], "--format") == 0 && strcmp(argv[2], "json") == 0;
    if (!test_petsc_begin(NULL, NULL)) return 1;
    printf("%s", json ? "[\n"
                      : "                                                      simulated         "
                        "Newton  batch   peak | quoted: SimGrid 3.32\n"
                        "case                flows   rows   links  CPU s        end s  solves  "
                        "steps   error     MB |  CPU s  simulated end s\n");
    bool first = true;
    for (const bench_case *c = cases; c->name; c++) {
        if (!wanted(c->name, argc, argv)) continue;
        if (json && !first) printf(",\n");
        first = false;
        run_case(c, json);
        fflush(stdout);
    }
    printf("%s", json ? "\n]\n" : "");
    test_petsc_end();
    return 0;
}
