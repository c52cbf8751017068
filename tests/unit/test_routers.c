/* Topologies of routers against closed forms: links, diameter, mean hops, bisection of a stated
 * cut, and the busiest link of traffic that is hard for them. Hops count links between routers. */
#include "tests/support/check.h"
#include "tests/support/topologies.h"

#include <stdlib.h>

#define FABRIC                                                                       \
    LANE "local_bandwidth=50 GB/s; local_latency=200 ns; global_bandwidth=50 GB/s; " \
         "global_latency=1 "                                                         \
         "us; "
#define ROUTER LANE "router_bandwidth=50 GB/s; router_latency=200 ns; "

typedef struct facts {
    int diameter;    /* of routers with chips */
    double mean_hop; /* over ordered pairs of different chips, and over the paths of each */
} facts;

static facts facts_of(const ll_topology *t)
{
    facts f = {0};
    double n_pair = 0;
    for (int32_t src = 0; src < t->n_chip; src++)
        for (int32_t dst = 0; dst < t->n_chip; dst++) {
            int64_t hop[LL_MAX_HOP];
            const int32_t n_path = t->type->n_path(t, src, dst);
            if (src == dst) continue;
            n_pair++;
            for (int32_t p = 0; p < n_path; p++) {
                const int n = t->type->route(t, src, dst, p, LL_MAX_HOP, hop) - 2;
                if (n > f.diameter) f.diameter = n;
                f.mean_hop += (double)n / n_path;
            }
        }
    f.mean_hop /= n_pair;
    return f;
}

/* Lanes from nodes below and above the middle chip's router to the others: of links between routers
 * both of whose ends have chips; whoever asks knows that no other router joins the halves. */
static int64_t half_cut(const ll_topology *t, int32_t n_router)
{
    int64_t n = 0;
    for (int64_t i = 0; i < t->n_link; i++) {
        ll_link l;
        t->type->link(t, i, &l);
        const int64_t a = l.from - t->n_chip, b = l.to - t->n_chip;
        if (a >= 0 && b >= 0) n += a < n_router / 2 && b >= n_router / 2 ? l.width : 0;
    }
    return n;
}

/* Load of the busiest lane if chip i sends one byte to chip (i + shift) mod n. latency_s: only of
 * links with this latency; 0: of all. */
static double busiest(const ll_topology *t, int32_t shift, double latency_s)
{
    double *load = calloc((size_t)t->n_link, sizeof *load), most = 0;
    for (int32_t src = 0; src < t->n_chip; src++) {
        const int32_t dst = (src + shift) % t->n_chip, n_path = t->type->n_path(t, src, dst);
        for (int32_t p = 0; p < n_path; p++) {
            int64_t hop[LL_MAX_HOP];
            const int n = t->type->route(t, src, dst, p, LL_MAX_HOP, hop);
            for (int h = 0; h < n; h++)
                load[hop[h]] += 1.0 / n_path;
        }
    }
    for (int64_t i = 0; i < t->n_link; i++) {
        ll_link l;
        t->type->link(t, i, &l);
        if (latency_s > 0 && fabs(l.latency_s - latency_s) > 1e-15) continue;
        most = fmax(most, load[i] / l.width);
    }
    free(load);
    return most;
}

static ll_topology *dragonfly(ll_arena *mem, int p, int a, int h, const char *more)
{
    return topology_must(mem, "dragonfly",
                         ll_arena_printf(mem,
                                         "hosts_per_router=%d; routers_per_group=%d; "
                                         "global_links=%d; %s" FABRIC,
                                         p, a, h, more));
}

/* Of g = a h + 1 groups with one link between each two: a router reaches the a - 1 others of its
 * group in one hop; of a pair in two groups, router and gateway differ in (a - 1) of a cases at
 * either end.
 *     mean = p (a - 1 + (g - 1) a (1 + 2 (a - 1) / a)) / (p a g - 1)
 * Half of the groups to the other half (g even): (g / 2)^2 links. */
static void check_dragonfly(ll_arena *mem, int p, int a, int h)
{
    const ll_topology *t = dragonfly(mem, p, a, h, "");
    const int g = a * h + 1;
    const double n = p * a * g;
    const facts f = facts_of(t);
    CHECK(t->n_chip == p * a * g, "%d chips", t->n_chip);
    CHECK(t->n_link - 2 * t->n_chip == (int64_t)g * a * (a - 1) + (int64_t)g * a * h, "%lld links",
          (long long)t->n_link);
    CHECK(f.diameter == 3, "diameter %d", f.diameter);
    CHECK_NEAR(f.mean_hop, p * (a - 1 + (g - 1) * (double)a * (1 + 2 * (a - 1.0) / a)) / (n - 1),
               1e-12);
    if (g % 2 == 0)
        CHECK(half_cut(t, a * g) == (int64_t)(g / 2) * (g / 2), "%lld lanes",
              (long long)half_cut(t, a * g));
}

/* All chips of a group to those of the next: a p of them share the one link. Detours put 2 a p / (g
 * - 2) on a global link: from its source's group, and on the second leg. */
static void check_adversary(ll_arena *mem, int p, int a, int h, const char *arrangement)
{
    const char *text = ll_arena_printf(mem, "arrangement=%s; ", arrangement);
    const ll_topology *minimal = dragonfly(mem, p, a, h, text);
    const ll_topology *valiant =
        dragonfly(mem, p, a, h, ll_arena_printf(mem, "%srouting=valiant; ", text));
    const int g = a * h + 1;
    CHECK_NEAR(busiest(minimal, p * a, 1e-6), a * p, 1e-12);
    CHECK_NEAR(busiest(valiant, p * a, 1e-6), 2.0 * a * p / (g - 2), 1e-12);
    if (a == 2 * p && p == h) { // balanced: about half a link per chip
        const double frac = 1 / busiest(valiant, p * a, 0);
        CHECK(frac > 0.4 && frac < 0.5, "%s: %g of a link per chip", arrangement, frac);
    }
}

/* m links between each two groups, all of them equally busy. */
static void check_copies(ll_arena *mem)
{
    const ll_topology *t = dragonfly(mem, 2, 4, 2, "groups=5; ");
    CHECK(t->n_link - 2 * t->n_chip == 5 * 4 * 3 + 5 * 4 * 2, "%lld links", (long long)t->n_link);
    CHECK(t->type->n_path(t, 0, 8) == 2, "%d paths", t->type->n_path(t, 0, 8));
    CHECK_NEAR(busiest(t, 8, 1e-6), 8.0 / 2, 1e-12);
    const ll_topology *some = dragonfly(mem, 2, 4, 2, "groups=4; ");
    CHECK(strstr(some->dim[0].note, "2 global ports of a group empty"), "%s", some->dim[0].note);
}

/* Dragonfly+ of g = s h + 1 groups, p chips on l leaves: two hops within a group, three to another.
 *     mean = p (2 (l - 1) + 3 (g - 1) l) / (p l g - 1) */
static void check_plus(ll_arena *mem, int p, int l, int s, int h)
{
    const ll_topology *t = topology_must(
        mem, "dragonfly_plus",
        ll_arena_printf(mem,
                        "hosts_per_router=%d; leaves_per_group=%d; spines_per_group=%d; "
                        "global_links=%d; " FABRIC,
                        p, l, s, h));
    const int g = s * h + 1;
    const facts f = facts_of(t);
    CHECK(t->n_chip == p * l * g, "%d chips", t->n_chip);
    CHECK(t->n_link - 2 * t->n_chip == (int64_t)2 * g * l * s + (int64_t)g * s * h, "%lld links",
          (long long)t->n_link);
    CHECK(f.diameter == 3, "diameter %d", f.diameter);
    CHECK_NEAR(f.mean_hop, p * (2 * (l - 1) + 3.0 * (g - 1) * l) / ((double)p * l * g - 1), 1e-12);
    CHECK_NEAR(busiest(t, p * l, 1e-6), p * l, 1e-12);
}

static ll_topology *hyperx(ll_arena *mem, int p, const char *sizes, const char *more)
{
    return topology_must(
        mem, "hyperx",
        ll_arena_printf(mem, "hosts_per_router=%d; sizes=%s; %s" ROUTER, p, sizes, more));
}

/* HyperX: a dimension of S routers differs in (S - 1) / S of all pairs.
 *     mean = R p sum_d (S_d - 1) / S_d / (R p - 1), R routers
 * Half of the outermost dimension to the other half: K (S / 2)^2 R / S lanes. */
static void check_hyperx(ll_arena *mem)
{
    const ll_topology *t = hyperx(mem, 2, "3 x 4", "widths=1 x 2; ");
    const facts f = facts_of(t);
    CHECK(t->n_chip == 24 && t->n_link - 48 == 12 * (2 + 3), "%d chips", t->n_chip);
    CHECK(f.diameter == 2, "diameter %d", f.diameter);
    CHECK_NEAR(f.mean_hop, 24 * (2.0 / 3 + 3.0 / 4) / 23, 1e-12);
    CHECK(half_cut(t, 12) == 2 * 2 * 2 * 3, "%lld lanes", (long long)half_cut(t, 12));
    const facts cube = facts_of(hyperx(mem, 1, "2 x 2 x 2 x 2", ""));
    CHECK(cube.diameter == 4, "diameter %d", cube.diameter);
    CHECK_NEAR(cube.mean_hop, 16 * 2.0 / 15, 1e-12);
    /* One row of S routers with p chips, all to the next router: p on one link; on detours p over S
     * - 2 of them, on both legs. */
    const double row = busiest(hyperx(mem, 4, "8", ""), 4, 2e-7);
    const double spread = busiest(hyperx(mem, 4, "8", "routing=valiant; "), 4, 2e-7);
    CHECK_NEAR(row, 4, 1e-12);
    CHECK_NEAR(spread, 2 * 4.0 / 6, 1e-12);
}

/* Slim Fly: 2 q^2 routers with k = (3q - d) / 2 links, q = 4w + d; k routers are one hop away, the
 * others two: mean = p (k + 2 (R - 1 - k)) / (p R - 1). q = 5 is the Hoffman-Singleton graph, in
 * which no two routers have more than one in between. */
static void check_slimfly(ll_arena *mem, int q, int k, int max_path)
{
    const int p = 2, n_router = 2 * q * q;
    const ll_topology *t = topology_must(
        mem, "slimfly", ll_arena_printf(mem, "hosts_per_router=%d; q=%d; " ROUTER, p, q));
    const facts f = facts_of(t);
    CHECK(t->n_chip == p * n_router && t->n_link - 2 * t->n_chip == (int64_t)n_router * k,
          "q = %d: %d chips", q, t->n_chip);
    CHECK(f.diameter == 2, "q = %d: diameter %d", q, f.diameter);
    CHECK_NEAR(f.mean_hop, p * (k + 2.0 * (n_router - 1 - k)) / (p * n_router - 1.0), 1e-12);
    if (max_path > 0) CHECK(t->max_path == max_path, "q = %d: %d paths", q, t->max_path);
}

/* Hops of a torus of chips are those of facts_of and two more. Mean of a plain ring of n chips with
 * itself: n / 4 for even n. */
static void check_twisted(ll_arena *mem, const char *sizes, int diameter)
{
    const ll_topology *t =
        topology_must(mem, "twisted_torus", ll_arena_printf(mem, "sizes=%s; " LANE, sizes));
    const ll_topology *plain =
        topology_must(mem, "torus", ll_arena_printf(mem, "sizes=%s; " LANE, sizes));
    double load[2 * 4] = {0}, least = 1e30, most = 0;
    CHECK(t->n_link == 2 * t->n_dim * t->n_chip, "%s: %lld links", sizes, (long long)t->n_link);
    CHECK(t->max_hop == diameter && facts_of(t).diameter + 2 == diameter, "%s: diameter %d", sizes,
          t->max_hop);
    CHECK(facts_of(t).mean_hop < facts_of(plain).mean_hop - 0.01, "%s: %g hops, %g of a torus",
          sizes, facts_of(t).mean_hop, facts_of(plain).mean_hop);
    for (int32_t dst = 1; dst < t->n_chip; dst++)
        for (int32_t p = 0, n = t->type->n_path(t, 0, dst); p < n; p++) {
            int64_t hop[LL_MAX_HOP];
            const int n_hop = t->type->route(t, 0, dst, p, LL_MAX_HOP, hop);
            for (int h = 0; h < n_hop; h++)
                load[hop[h] / t->n_chip] += 1.0 / n;
        }
    for (int d = 0; d < 2 * t->n_dim; d++) { // all to all: every link is equally busy
        least = fmin(least, load[d]);
        most = fmax(most, load[d]);
    }
    CHECK_NEAR(least, most, 1e-12);
}

/* The links of a dragonfly as an edge list. By fewest hops routes go through third groups; with a
 * weight of 3 on global links each has the one path of the type. */
static void check_edge_list(ll_arena *mem)
{
    const ll_topology *t = dragonfly(mem, 1, 4, 2, "");
    int n_less = 0;
    for (int weight = 1; weight <= 3; weight += 2) {
        char file[] = "/tmp/lineloss_dragonfly_XXXXXX";
        const int fd = mkstemp(file);
        FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
        LL_ASSERT(out, "cannot write %s", file);
        fprintf(out, "chips %d\n", t->n_chip);
        for (int64_t i = t->n_chip; i < t->n_node; i++)
            fprintf(out, "switch s%lld\n", (long long)i);
        for (int64_t i = 0; i < t->n_link; i++) {
            ll_link l;
            t->type->link(t, i, &l);
            fprintf(out, "%s%lld -> %s%lld %d %.17g B/s %.17g s weight %d\n",
                    l.from < t->n_chip ? "" : "s", (long long)l.from, l.to < t->n_chip ? "" : "s",
                    (long long)l.to, l.width, l.bw_Bps, l.latency_s,
                    l.latency_s > 0.9e-6 ? weight : 1);
        }
        fclose(out);
        const ll_topology *list =
            topology_must(mem, "custom", ll_arena_printf(mem, "dimensions=none; file=%s", file));
        remove(file);
        for (int32_t src = 0; src < t->n_chip; src++)
            for (int32_t dst = 0; dst < t->n_chip; dst++) {
                int64_t a[LL_MAX_HOP], b[LL_MAX_HOP];
                const int n = t->type->route(t, src, dst, 0, LL_MAX_HOP, a);
                const int n_list = list->type->route(list, src, dst, 0, LL_MAX_HOP, b);
                n_less += weight == 1 && n_list < n;
                if (weight == 1) continue;
                CHECK(list->type->n_path(list, src, dst) == 1 && n == n_list &&
                          memcmp(a, b, (size_t)n * sizeof a[0]) == 0,
                      "%d -> %d: another route than the type's", src, dst);
            }
    }
    CHECK(n_less > 0, "no route through a third group");
}

static void check_refused(ll_arena *mem, const char *type, const char *text, const char *why)
{
    ll_error err;
    ll_error_init(&err);
    CHECK(!topology_make(mem, type, text, 0, NULL, &err) && strstr(err.text, why), "%s: %s", text,
          err.text);
}

int main(void)
{
    ll_arena *mem = ll_arena_create("test");
    check_dragonfly(mem, 2, 4, 2);
    check_dragonfly(mem, 1, 3, 1);
    check_dragonfly(mem, 3, 5, 1);
    check_adversary(mem, 2, 4, 2, "palmtree");
    check_adversary(mem, 4, 8, 4, "palmtree");
    check_adversary(mem, 3, 4, 2, "palmtree");
    check_copies(mem);
    check_edge_list(mem);
    check_plus(mem, 2, 3, 2, 2);
    check_plus(mem, 1, 2, 4, 1);
    check_hyperx(mem);
    check_slimfly(mem, 5, 7, 1);
    check_slimfly(mem, 4, 6, 0);
    check_slimfly(mem, 7, 11, 0);
    check_slimfly(mem, 8, 12, 0);
    check_slimfly(mem, 9, 13, 0);
    check_twisted(mem, "8 x 4", 4);
    check_twisted(mem, "4 x 8 x 4", 6);
    check_twisted(mem, "8 x 8 x 4", 6);
    check_refused(mem, "slimfly", "hosts_per_router=2; q=6; " ROUTER, "not a power of a prime");
    check_refused(mem, "twisted_torus", "sizes=8 x 8; " LANE, "k or 2k");
    check_refused(mem, "dragonfly",
                  "hosts_per_router=2; routers_per_group=4; global_links=2; groups=10; " FABRIC,
                  "at most 8 others");
    check_refused(
        mem, "dragonfly",
        "hosts_per_router=2; routers_per_group=4; global_links=2; valiant_paths=3; " FABRIC,
        "valiant_paths needs a routing with detours");
    check_refused(mem, "hyperx", "hosts_per_router=2; sizes=3 y 4; " ROUTER, "sizes = \"3 y 4\"");
    check_refused(mem, "hyperx", "hosts_per_router=2; sizes=3 x 4; widths=1 x 2 x 3; " ROUTER,
                  "each of the 2 dimensions");
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
