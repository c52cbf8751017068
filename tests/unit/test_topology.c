/* Topologies against figures that are derived by hand. */
#include "tests/support/check.h"
#include "tests/support/topology_make.h"
#include "topology/divide.h"
#include "topology/edgelist.h"

#include <stdlib.h>

#define LANE "bandwidth=50 GB/s; latency=300 ns; "
#define UP   "uplink_bandwidth=50 GB/s; uplink_latency=500 ns; "
#define CORE "levels=3; core_bandwidth=50 GB/s; core_latency=1 us; "

static void test_divide(void)
{
    const int32_t by[] = {
        1, 2, 3, 5, 7, 8, 48, 72, 641, 1023, 1024, 65536, 16777213, INT32_MAX - 1, INT32_MAX};
    for (size_t i = 0; i < sizeof by / sizeof by[0]; i++) {
        ll_divisor d = ll_divisor_of(by[i]);
        for (int64_t k = 0; k <= INT32_MAX / by[i] && k < 100000; k++) {
            // Around each multiple, where a wrong reciprocal shows first.
            for (int64_t n = k * by[i] - 1; n <= k * by[i] + 1; n++) {
                if (n < 0 || n > INT32_MAX) continue;
                CHECK(ll_quotient((int32_t)n, &d) == n / by[i], "%lld / %d", (long long)n, by[i]);
                CHECK(ll_remainder((int32_t)n, &d) == n % by[i], "%lld %% %d", (long long)n, by[i]);
            }
        }
        for (int64_t n = INT32_MAX; n > INT32_MAX - 1000; n--)
            CHECK(ll_quotient((int32_t)n, &d) == n / by[i], "%lld / %d", (long long)n, by[i]);
    }
}

/* Add a flow of 1 from src to dst, split evenly over its paths, to load: [n_link]. */
static void add_flow(const ll_topology *topo, int32_t src, int32_t dst, double *load)
{
    int64_t link_id[LL_MAX_HOP];
    int32_t n_path = topo->type->n_path(topo, src, dst);
    for (int32_t p = 0; p < n_path; p++) {
        int n_hop = topo->type->route(topo, src, dst, p, LL_MAX_HOP, link_id);
        for (int i = 0; i < n_hop; i++)
            load[link_id[i]] += 1.0 / n_path;
    }
}

/* Loads of uniform all-to-all: one flow per ordered pair. */
static double *load_of_all(ll_arena *mem, const ll_topology *topo)
{
    double *load = ll_arena_array(mem, topo->n_link, double);
    for (int32_t src = 0; src < topo->n_chip; src++)
        for (int32_t dst = 0; dst < topo->n_chip; dst++)
            add_flow(topo, src, dst, load);
    return load;
}

static ll_link link_of(const ll_topology *topo, int64_t id)
{
    ll_link link;
    topo->type->link(topo, id, &link);
    return link;
}

/* Capacity of the links from chips below `cut` to chips from `cut` on. */
static double cut_Bps(const ll_topology *topo, int32_t cut)
{
    double sum_Bps = 0;
    for (int64_t id = 0; id < topo->n_link; id++) {
        ll_link l = link_of(topo, id);
        if (l.from < cut && l.to >= cut) sum_Bps += ll_link_capacity_Bps(&l);
    }
    return sum_Bps;
}

static void test_mesh(ll_arena *mem)
{
    // 8 chips in two halves: 4 x 4 pairs, 2 lanes each of 50 GB/s.
    ll_topology *mesh = topology_must(mem, "mesh", "size=8; links_per_pair=2; " LANE);
    CHECK_NEAR(cut_Bps(mesh, 4), 16 * 2 * 50e9, 1e-14);
    // All-to-all, direct: each pair has its own link. Spray: each flow puts 1/7 on its direct link
    // and 1/7 on both links of each of 6 detours, so 56 flows load 56 links with (1 + 12) / 7 each.
    double *direct = load_of_all(mem, mesh);
    ll_topology *spray = topology_must(mem, "mesh", "size=8; routing=spray; " LANE);
    double *sprayed = load_of_all(mem, spray);
    for (int64_t id = 0; id < mesh->n_link; id++) {
        CHECK_NEAR(direct[id], 1, 1e-14);
        CHECK_NEAR(sprayed[id], 13.0 / 7, 1e-12);
    }
    // A lone pair leaves over all 7 links of its source, 1/7 on each.
    double *lone = ll_arena_array(mem, spray->n_link, double);
    add_flow(spray, 5, 2, lone);
    for (int64_t id = 0; id < spray->n_link; id++) {
        ll_link l = link_of(spray, id);
        bool used = l.from == 5 || l.to == 2;
        CHECK(fabs(lone[id] - (used ? 1.0 / 7 : 0)) < 1e-15, "%lld -> %lld: %g", (long long)l.from,
              (long long)l.to, lone[id]);
    }
}

/* NVL72: 18 lanes of 50 GB/s to 18 switch chips; up 300 ns, down 300 ns and the switch 100 ns. */
static void test_switch(ll_arena *mem)
{
    ll_topology *nvl =
        topology_must(mem, "switch", "size=72; links=18; switch_latency=100 ns; " LANE);
    double *load = load_of_all(mem, nvl);
    CHECK(nvl->n_link == 144 && nvl->n_node == 73, "%lld links", (long long)nvl->n_link);
    for (int64_t id = 0; id < nvl->n_link; id++) {
        ll_link l = link_of(nvl, id);
        CHECK_NEAR(ll_link_capacity_Bps(&l), 900e9, 1e-14);
        CHECK_NEAR(load[id], 71, 1e-14);
    }
    CHECK_NEAR(ll_topology_latency_s(nvl, 0, 71), 700e-9, 1e-12);
}

static void test_torus(ll_arena *mem)
{
    ll_topology *x = topology_must(mem, "ring", "name=x; size=4; " LANE);
    ll_topology *y = topology_must(mem, "ring", "name=y; size=5; " LANE);
    ll_topology *z = topology_must(mem, "ring", "name=z; size=3; " LANE);
    ll_topology *torus = topology_times(mem, 3, (ll_topology *[]){x, y, z});
    // Distances round a ring: of 4 they are 0 1 2 1, of 5 they are 0 1 2 2 1, of 3 they are 0 1 1:
    // 4 / 4 + 6 / 5 + 2 / 3 hops on average over all pairs, a chip with itself included: 60 x (60 +
    // 72 + 40) = 10320 in all.
    int64_t link_id[LL_MAX_HOP], n_hop = 0;
    for (int32_t src = 0; src < 60; src++)
        for (int32_t dst = 0; dst < 60; dst++)
            n_hop += torus->type->route(torus, src, dst, 0, LL_MAX_HOP, link_id);
    CHECK(n_hop == 10320, "%lld hops", (long long)n_hop);
    // (1,0,0) to (0,4,2): one hop down in x, one down in y, one down in z. Chip = x + 4 y + 20 z.
    CHECK(torus->type->route(torus, 1, 0 + 16 + 40, 0, LL_MAX_HOP, link_id) == 3, "corner");
    const int64_t stop[] = {1, 0, 16, 56};
    for (int i = 0; i < 3; i++) {
        ll_link l = link_of(torus, link_id[i]);
        CHECK(l.from == stop[i] && l.to == stop[i + 1] && l.dimension == i, "hop %d: %lld -> %lld",
              i, (long long)l.from, (long long)l.to);
    }
    // Half-way round x there are two ways; y and z have odd sizes: one way.
    CHECK(torus->type->n_path(torus, 0, 2) == 2 && torus->type->n_path(torus, 0, 2 + 8) == 2 &&
              torus->type->n_path(torus, 0, 1 + 8) == 1,
          "paths");
    CHECK(torus->n_link == 3 * 2 * 60, "%lld links", (long long)torus->n_link);
    // Splitting the ring of 4 in halves cuts two cables in each of its lines.
    CHECK_NEAR(cut_Bps(x, 2), 2 * 50e9, 1e-14);
    ll_topology *line = topology_must(mem, "line", "size=4; " LANE);
    CHECK_NEAR(cut_Bps(line, 2), 50e9, 1e-14);
}

static void test_clos(ll_arena *mem)
{
    // 4 leaves of 16 hosts and 8 uplinks: 2 to 1 oversubscribed.
    ll_topology *clos =
        topology_must(mem, "clos", "size=64; hosts_per_leaf=16; uplinks=8; " LANE UP);
    CHECK(clos->n_link == 2 * (64 + 4) && clos->n_node == 64 + 4 + 1, "%lld links",
          (long long)clos->n_link);
    double *load = load_of_all(mem, clos), up_Bps = 0;
    for (int64_t id = 0; id < clos->n_link; id++) {
        ll_link l = link_of(clos, id);
        // Between leaf and spines: 16 hosts of the leaf, 48 hosts elsewhere. At a host: 63 others.
        bool host = l.from < 64 || l.to < 64;
        CHECK_NEAR(load[id], host ? 63 : 16 * 48, 1e-12);
        CHECK(l.width == (host ? 1 : 8), "%d lanes", l.width);
        if (l.to == 68) up_Bps += ll_link_capacity_Bps(&l);
    }
    // Bisection: half of what all leaves have upwards, against 32 host links of 50 GB/s.
    CHECK_NEAR(up_Bps / 2, 0.5 * 32 * 50e9, 1e-14);
    // Same leaf: two host cables. Another leaf: two spine cables more. 3 switches are left in all.
    clos = topology_must(mem, "clos",
                         "size=64; hosts_per_leaf=16; uplinks=8; switch_latency=200 ns; " LANE UP);
    CHECK_NEAR(ll_topology_latency_s(clos, 0, 15), 2 * 300e-9 + 200e-9, 1e-12);
    CHECK_NEAR(ll_topology_latency_s(clos, 0, 16), 2 * 300e-9 + 2 * 500e-9 + 3 * 200e-9, 1e-12);
}

static void test_fat_tree(ll_arena *mem)
{
    const char *text = CORE "size=8192; hosts_per_leaf=16; uplinks=16; leaves_per_pod=16; "
                            "core_uplinks=16; switch_latency=100 ns; " LANE UP;
    ll_topology *spray = topology_must(mem, "clos", text);
    ll_topology *dmodk = topology_must(mem, "clos", ll_arena_printf(mem, "%srouting=dmodk", text));
    // 8192 / 16 = 512 leaves, 512 / 16 = 32 pods of 16 spines, 16 x 16 = 256 cores of radix 32.
    CHECK(dmodk->n_node == 8192 + 512 + 32 * 16 + 256, "%lld nodes", (long long)dmodk->n_node);
    CHECK(dmodk->n_link == 2 * 3 * 8192, "%lld links", (long long)dmodk->n_link);
    CHECK(spray->n_node == 8192 + 512 + 32 + 1, "%lld nodes", (long long)spray->n_node);
    CHECK(spray->n_link == 2 * (8192 + 512 + 32), "%lld links", (long long)spray->n_link);
    // No oversubscription: 8192 lanes of 50 GB/s from each level to the next.
    double into_core_Bps = 0;
    for (int64_t id = 0; id < spray->n_link; id++) {
        ll_link l = link_of(spray, id);
        if (l.to == spray->n_node - 1) into_core_Bps += ll_link_capacity_Bps(&l);
    }
    CHECK_NEAR(into_core_Bps, 8192 * 50e9, 1e-14);
    int64_t link_id[LL_MAX_HOP];
    CHECK(dmodk->type->route(dmodk, 0, 15, 0, LL_MAX_HOP, link_id) == 2, "same leaf");
    CHECK(dmodk->type->route(dmodk, 0, 16, 0, LL_MAX_HOP, link_id) == 4, "same pod");
    CHECK(dmodk->type->route(dmodk, 0, 256, 0, LL_MAX_HOP, link_id) == 6, "another pod");
    CHECK_NEAR(ll_topology_latency_s(dmodk, 0, 256), 2 * (300e-9 + 500e-9 + 1e-6) + 5 * 100e-9,
               1e-12);
    // To host 8191: spine 8191 mod 16 = 15, core (8191 / 16) mod 16 = 15 of it, the last one.
    dmodk->type->route(dmodk, 0, 8191, 0, LL_MAX_HOP, link_id);
    CHECK(link_of(dmodk, link_id[2]).to == dmodk->n_node - 1, "core");
}

/* D-mod-K carries every cyclic shift of a full fat tree without two flows on one link: the
 * classical result (Zahavi 2010) that it is chosen for. */
static void test_dmodk_shift(ll_arena *mem)
{
    const char *text[] = {
        "size=64; hosts_per_leaf=8; uplinks=8; routing=dmodk; " LANE UP,
        CORE "size=128; hosts_per_leaf=4; uplinks=4; leaves_per_pod=4; core_uplinks=4; "
             "routing=dmodk; " LANE UP};
    for (int t = 0; t < 2; t++) {
        ll_topology *clos = topology_must(mem, "clos", text[t]);
        for (int32_t shift = 1; shift < clos->n_chip; shift++) {
            ll_arena_mark mark = ll_arena_here(mem);
            double *load = ll_arena_array(mem, clos->n_link, double);
            for (int32_t src = 0; src < clos->n_chip; src++)
                add_flow(clos, src, (src + shift) % clos->n_chip, load);
            for (int64_t id = 0; id < clos->n_link; id++)
                CHECK(load[id] <= 1, "shift %d: %g flows on link %lld", shift, load[id],
                      (long long)id);
            ll_arena_release(mem, mark);
        }
    }
}

/* 4 rails, 2 nodes to a unit, so 8 hosts and 4 leaves to a unit. Host 5 is NIC 1 of node 1: unit 0,
 * leaf 1. Host 9 is NIC 1 of node 2: unit 1, leaf 4 + 1. Host 11 is NIC 3 of node 2: leaf 4 + 3. */
static void test_rail(ll_arena *mem)
{
    ll_topology *clos =
        topology_must(mem, "clos", "size=32; rails=4; hosts_per_leaf=2; uplinks=2; " LANE UP);
    CHECK(clos->n_node == 32 + 16 + 1, "%lld nodes", (long long)clos->n_node);
    const int32_t host_leaf[][2] = {{0, 0}, {3, 3}, {4, 0},  {5, 1},
                                    {8, 4}, {9, 5}, {11, 7}, {31, 15}};
    int64_t link_id[LL_MAX_HOP];
    for (size_t i = 0; i < sizeof host_leaf / sizeof host_leaf[0]; i++) {
        int32_t host = host_leaf[i][0];
        clos->type->route(clos, host, host ? 0 : 1, 0, LL_MAX_HOP, link_id);
        CHECK(link_of(clos, link_id[0]).to == 32 + host_leaf[i][1], "host %d: node %lld", host,
              (long long)link_of(clos, link_id[0]).to);
    }
    CHECK(clos->type->route(clos, 1, 5, 0, LL_MAX_HOP, link_id) == 2, "same rail, same unit");
    CHECK(clos->type->route(clos, 0, 1, 0, LL_MAX_HOP, link_id) == 4, "same node, other rail");
    CHECK(clos->type->route(clos, 1, 9, 0, LL_MAX_HOP, link_id) == 4, "same rail, other unit");
    // D-mod-K counts ports leaf by leaf, so hosts 1 and 5 of a leaf have different spines.
    clos = topology_must(mem, "clos",
                         "size=32; rails=4; hosts_per_leaf=2; uplinks=2; routing=dmodk; " LANE UP);
    int64_t other[LL_MAX_HOP];
    clos->type->route(clos, 8, 1, 0, LL_MAX_HOP, link_id);
    clos->type->route(clos, 8, 5, 0, LL_MAX_HOP, other);
    CHECK(link_id[1] != other[1], "both over link %lld", (long long)other[1]);
}

static ll_topology *twin_of(ll_arena *mem, const ll_topology *topo)
{
    char file[] = "/tmp/lineloss_topology_XXXXXX";
    int fd = mkstemp(file);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    LL_ASSERT(out, "cannot write %s", file);
    ll_edgelist_write(topo, out);
    fclose(out);
    ll_topology *twin =
        topology_must(mem, "custom", ll_arena_printf(mem, "dimensions=none; file=%s", file));
    remove(file);
    return twin;
}

/* The bundles of `spray` are exact: the twin of the graph with all spines and cores one by one
 * splits each flow over all of them; its load summed over the spines is that of the bundle, and
 * each lane of the bundle carries the same. Irregular traffic: pairs (s, d) with (7 s + 3 d) mod 5
 * < 2. */
static void check_spray(ll_arena *mem, const char *text, int n_spine, int n_core)
{
    ll_topology *spray = topology_must(mem, "clos", text);
    ll_topology *one = topology_must(mem, "clos", ll_arena_printf(mem, "%srouting=dmodk", text));
    ll_topology *twin = twin_of(mem, one);
    double *bundle = ll_arena_array(mem, spray->n_link, double);
    double *single = ll_arena_array(mem, twin->n_link, double);
    for (int32_t src = 0; src < spray->n_chip; src++) {
        for (int32_t dst = 0; dst < spray->n_chip; dst++) {
            if ((7 * src + 3 * dst) % 5 >= 2) continue;
            add_flow(spray, src, dst, bundle);
            add_flow(twin, src, dst, single);
        }
    }
    // Links come in the same order, each bundle of leaves as n_spine, of cores as n_spine x n_core.
    int64_t id = 0;
    for (int64_t b = 0; b < spray->n_link; b++) {
        ll_link l = link_of(spray, b);
        bool host = l.from < spray->n_chip || l.to < spray->n_chip;
        bool core = n_core && (l.from == spray->n_node - 1 || l.to == spray->n_node - 1);
        int n_part = host ? 1 : core ? n_spine * n_core : n_spine;
        for (int k = 0; k < n_part; k++, id++) {
            ll_link part = link_of(one, id);
            CHECK_NEAR(single[id] * n_part, bundle[b], 1e-12);
            CHECK(part.width * n_part == l.width && part.bw_Bps == l.bw_Bps &&
                      part.latency_s == l.latency_s,
                  "link %lld", (long long)b);
        }
    }
    CHECK(id == one->n_link, "%lld of %lld links", (long long)id, (long long)one->n_link);
}

/* Hashing: 64 * 48 pairs between leaves over 8 spines; a binomial count has mean n/8 and a standard
 * deviation of sqrt(n 7/64). Five of them are allowed, which a good hash exceeds once in 10^6. */
static void test_ecmp(ll_arena *mem)
{
    ll_topology *clos =
        topology_must(mem, "clos", "size=64; hosts_per_leaf=16; uplinks=8; routing=ecmp; " LANE UP);
    double *load = load_of_all(mem, clos);
    double into_spine[8] = {0}, n = 64 * 48;
    for (int64_t id = 0; id < clos->n_link; id++) {
        ll_link l = link_of(clos, id);
        if (l.to >= 64 + 4) into_spine[l.to - 68] += load[id];
    }
    for (int s = 0; s < 8; s++)
        CHECK(fabs(into_spine[s] - n / 8) < 5 * sqrt(n * 7 / 64), "spine %d: %g of %g", s,
              into_spine[s], n);
    // Three levels: 64 hosts in 4 pods, 64 * 48 pairs between pods over 4 x 4 cores.
    ll_topology *tall =
        topology_must(mem, "clos",
                      CORE "size=64; hosts_per_leaf=4; uplinks=4; leaves_per_pod=4; "
                           "core_uplinks=4; routing=ecmp; " LANE UP);
    double *tall_load = load_of_all(mem, tall), into_core[16] = {0};
    for (int64_t id = 0; id < tall->n_link; id++) {
        ll_link l = link_of(tall, id);
        if (l.to >= tall->n_node - 16) into_core[l.to - (tall->n_node - 16)] += tall_load[id];
    }
    for (int k = 0; k < 16; k++)
        CHECK(fabs(into_core[k] - n / 16) < 5 * sqrt(n * 15 / 256), "core %d: %g of %g", k,
              into_core[k], n);
    // More paths spread a pair: 4 queue pairs over 8 spines meet fewer than 4 at times, rarely 1.
    clos = topology_must(
        mem, "clos", "size=64; hosts_per_leaf=16; uplinks=8; routing=ecmp; ecmp_paths=4; " LANE UP);
    CHECK(clos->type->n_path(clos, 0, 63) == 4 && clos->type->n_path(clos, 0, 1) == 1, "paths");
}

/* 8 x 8 full meshes, 128-port switches, 4 x 4 x 4 pods: 524,288 chips in six dimensions. */
static void test_large(ll_arena *mem)
{
    const char *type[] = {"mesh", "mesh", "switch", "mesh", "ring", "line"};
    const char *text[] = {
        "name=x; size=8; " LANE, "name=y; size=8; " LANE, "size=128; links=4; " LANE,
        "name=z; size=4; " LANE, "size=4; " LANE,         "size=4; " LANE};
    ll_topology *child[6];
    for (int i = 0; i < 6; i++)
        child[i] = topology_must(mem, type[i], text[i]);
    int64_t before_B = ll_arena_balance_B();
    ll_topology *topo = topology_times(mem, 6, child);
    CHECK(ll_arena_balance_B() - before_B < 1 << 20, "create takes memory");
    CHECK(topo->n_chip == 524288 && topo->n_dim == 6, "%d chips", topo->n_chip);
    // Links that leave a chip: 7 + 7 + 1 + 3 + 2 + 3/2 (a line of 4 has 6 links), and 1 per chip
    // from a switch: 22.5 in all.
    CHECK(topo->n_link == 524288 / 2 * 45, "%lld links", (long long)topo->n_link);
    CHECK(topo->n_node == 524288 + 4096, "%lld nodes", (long long)topo->n_node);
    int64_t link_id[LL_MAX_HOP];
    for (int64_t k = 0; k < 20000; k++) {
        int32_t src = (int32_t)(k * 2654435761 % 524288), dst = (int32_t)(k * 40503 * 11 % 524288);
        int n_hop = topo->type->route(topo, src, dst, 0, LL_MAX_HOP, link_id);
        int64_t at = src;
        for (int i = 0; i < n_hop; i++) {
            ll_link l = link_of(topo, link_id[i]);
            CHECK(l.from == at, "%d -> %d: hop %d", src, dst, i);
            at = l.to;
        }
        CHECK(at == dst, "%d -> %d ends at %lld", src, dst, (long long)at);
    }
    // The first and the last link of each kind, by hand: link 0 is 0 -> 1 in x; the last one leads
    // in the last line of the last dimension from coordinate 3 to 2, 131072 chips apart.
    ll_link first = link_of(topo, 0), last = link_of(topo, topo->n_link - 1);
    CHECK(first.from == 0 && first.to == 1 && first.dimension == 0, "first");
    CHECK(last.from == 524287 && last.to == 524287 - 131072 && last.dimension == 5, "last: %lld",
          (long long)last.to);
}

/* A product of products is the flat product: the same links on every route, other numbers at most.
 */
static void test_nested(ll_arena *mem)
{
    ll_topology *x = topology_must(mem, "mesh", "name=x; size=3; " LANE);
    ll_topology *y = topology_must(mem, "ring", "name=y; size=4; " LANE);
    ll_topology *z = topology_must(mem, "switch", "name=z; size=5; " LANE);
    ll_topology *flat = topology_times(mem, 3, (ll_topology *[]){x, y, z});
    ll_topology *board = topology_times(mem, 2, (ll_topology *[]){x, y});
    ll_topology *nested = topology_times(mem, 2, (ll_topology *[]){board, z});
    CHECK(nested->n_dim == 3 && nested->n_link == flat->n_link && nested->n_node == flat->n_node &&
              nested->max_hop == flat->max_hop,
          "%d dimensions", nested->n_dim);
    for (int32_t i = 0; i < 60 * 60; i++) {
        int32_t src = i / 60, dst = i % 60, n_path = flat->type->n_path(flat, src, dst);
        CHECK(nested->type->n_path(nested, src, dst) == n_path, "%d -> %d", src, dst);
        for (int32_t p = 0; p < n_path; p++) {
            int64_t a[LL_MAX_HOP], b[LL_MAX_HOP];
            int n = flat->type->route(flat, src, dst, p, LL_MAX_HOP, a);
            int m = nested->type->route(nested, src, dst, p, LL_MAX_HOP, b);
            CHECK(n == m, "%d -> %d: %d and %d hops", src, dst, n, m);
            for (int k = 0; k < n && k < m; k++) {
                ll_link l = link_of(flat, a[k]), r = link_of(nested, b[k]);
                CHECK(l.from == r.from && l.to == r.to && l.dimension == r.dimension,
                      "%d -> %d: hop %d", src, dst, k);
            }
        }
    }
}

/* What a Clos says of its oversubscription: 4 ports of 50 GB/s over uplinks of 25 GB/s. */
static void test_oversubscription(ll_arena *mem)
{
#define TALL "levels=3; core_bandwidth=25 GB/s; core_latency=1 us; "
    static const struct {
        const char *text, *note;
        int32_t width; /* of the uplinks of a leaf */
    } cases[] = {
        {"size=8; oversubscription=2:1; ", "2:1 at the leaf", 4},
        {"size=8; oversubscription=1; ", "1:1 at the leaf", 8},
        {"size=8; uplinks=8; ", NULL, 8},
        {"size=8; uplinks=2; ", "4:1 at the leaf", 2},
        {"size=4; oversubscription=2:1; ", "one leaf, so 2:1 has no effect", 4},
        {"size=8; rails=2; oversubscription=2:1; ", "one leaf a rail, so 2:1 has no effect", 4},
        {TALL "size=16; uplinks=8; leaves_per_pod=2; core_uplinks=1; ", "2:1 above a pod", 8},
        {TALL "size=16; oversubscription=2; leaves_per_pod=2; core_uplinks=1; ",
         "2:1 at the leaf, 2:1 above a pod", 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *text = ll_arena_printf(
            mem, "%shosts_per_leaf=4; uplink_bandwidth=25 GB/s; uplink_latency=1 us; " LANE,
            cases[i].text);
        const ll_topology *clos = topology_must(mem, "clos", text);
        const char *note = clos->dim[0].note;
        CHECK(cases[i].note ? note && !strcmp(note, cases[i].note) : !note, "%s: %s", text, note);
        const ll_link up = link_of(clos, 2 * clos->n_chip); // the first behind those of the hosts
        CHECK(up.width == cases[i].width, "%s: %d uplinks", text, up.width);
    }
}

static void test_errors(ll_arena *mem)
{
    static const struct {
        const char *text, *want;
    } bad[] = {
        {"size=8; hosts_per_leaf=4; uplinks=4; spines=3; ", "uplinks = 4 cannot be shared equally"},
        {"size=9; hosts_per_leaf=4; uplinks=4; rails=2; ",
         "size = 9 is not a multiple of rails = 2"},
        {"size=8; hosts_per_leaf=4; uplinks=4; ecmp_paths=2; ", "ecmp_paths needs routing"},
        {"size=8; hosts_per_leaf=4; uplinks=4; leaves_per_pod=2; ", "need levels = 3"},
        {"size=8; hosts_per_leaf=4; uplinks=4; core_latency=1 us; ", "need levels = 3"},
        {"size=8; hosts_per_leaf=4; ", "neither uplinks nor oversubscription is given"},
        {"size=8; hosts_per_leaf=4; uplinks=4; oversubscription=2; ",
         "uplinks = 4 makes 1:1; give uplinks or oversubscription, not both"},
        {"size=8; hosts_per_leaf=4; oversubscription=3:1; ",
         "3:1 takes 1.333 uplinks of 50 GB/s, which is no whole number; write uplinks = 2, which "
         "is 2:1"},
        {"size=8; hosts_per_leaf=4; oversubscription=100:1; ", "write uplinks = 1, which is 4:1"},
        {"size=8; hosts_per_leaf=4; uplinks=4; levels=3; ", "levels = 3 needs leaves_per_pod"},
    };
    ll_error err;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ll_error_init(&err);
        ll_topology *topo = topology_make(
            mem, "clos", ll_arena_printf(mem, "%s" LANE UP, bad[i].text), 0, NULL, &err);
        CHECK(!topo && strstr(err.text, bad[i].want), "'%s' gave '%s'", bad[i].text, err.text);
    }
    // A ring of 130 would have routes of 65 hops, one more than the limit; so would a line of 66.
    ll_error_init(&err);
    CHECK(!topology_make(mem, "ring", "size=1026; " LANE, 0, NULL, &err), "ring of 1026");
    CHECK(!topology_make(mem, "line", "size=514; " LANE, 0, NULL, &err), "line of 514");

    ll_topology child[9];
    for (int i = 0; i < 9; i++)
        child[i] = *topology_must(mem, "ring", ll_arena_printf(mem, "name=r%d; size=2; " LANE, i));
    const struct {
        int n_child;
        const char *text, *want; /* the ring 0 is replaced by this one */
    } product[] = {{0, "size=2; " LANE, "needs a list"},
                   {9, "size=2; " LANE, "more than 8 dimensions"},
                   {2, "name=r1; size=2; " LANE, "two dimensions are called 'r1'"},
                   {2, "size=1025; " LANE, "can have 513 hops"}};
    for (int i = 0; i < 4; i++) {
        ll_error_init(&err);
        child[0] = *topology_must(mem, "ring", product[i].text);
        CHECK(!topology_make(mem, "product", "", product[i].n_child, child, &err) &&
                  strstr(err.text, product[i].want),
              "'%s' gave '%s'", product[i].want, err.text);
    }
    for (int i = 0; i < 2; i++)
        child[i] =
            *topology_must(mem, "switch", ll_arena_printf(mem, "name=s%d; size=65536; " LANE, i));
    ll_error_init(&err);
    CHECK(!topology_make(mem, "product", "", 2, child, &err) &&
              strstr(err.text, "4294967296 chips"),
          "%s", err.text);
}

/* A graph that falls apart, and one whose shortest paths are counted by hand: a grid of 3 x 3 has
 * 6 shortest paths between opposite corners. */
static void test_custom(ll_arena *mem)
{
    char file[] = "/tmp/lineloss_topology_XXXXXX";
    int fd = mkstemp(file);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    LL_ASSERT(out, "cannot write %s", file);
    fprintf(out, "chips 3\n0 <-> 1 1 1 GB/s 1 ns\n1 -> 2 1 1 GB/s 1 ns\n");
    fclose(out);
    ll_error err;
    ll_error_init(&err);
    const char *text = ll_arena_printf(mem, "dimensions=none; file=%s", file);
    CHECK(!topology_make(mem, "custom", text, 0, NULL, &err) &&
              strstr(err.text, "chip 2 cannot reach chip 0"),
          "%s", err.text);
    remove(file);
    ll_topology *x = topology_must(mem, "line", "name=x; size=3; " LANE);
    ll_topology *y = topology_must(mem, "line", "name=y; size=3; " LANE);
    ll_topology *twin = twin_of(mem, topology_times(mem, 2, (ll_topology *[]){x, y}));
    CHECK(twin->type->n_path(twin, 0, 8) == 6, "%d paths", twin->type->n_path(twin, 0, 8));
    CHECK(twin->type->n_path(twin, 1, 7) == 1 && twin->max_path == 6 && twin->max_hop == 4, "grid");
    // 2^7 shortest paths over 7 doubled hops: the first 64 are used.
    out = fopen(file, "w");
    LL_ASSERT(out, "cannot write %s", file);
    fprintf(out, "chips 8\n");
    for (int i = 0; i < 14; i++)
        fprintf(out, "%d <-> %d 1 1 GB/s 1 ns\n", i / 2, i / 2 + 1);
    fclose(out);
    twin = topology_must(mem, "custom", text);
    remove(file);
    CHECK(twin->type->n_path(twin, 0, 7) == 64 && twin->type->n_path(twin, 0, 5) == 32, "doubled");
}

int main(void)
{
    ll_arena *mem = ll_arena_create("test");
    test_divide();
    test_switch(mem);
    test_mesh(mem);
    test_torus(mem);
    test_clos(mem);
    test_fat_tree(mem);
    test_dmodk_shift(mem);
    test_rail(mem);
    check_spray(mem, "size=24; hosts_per_leaf=4; uplinks=6; spines=3; " LANE UP, 3, 0);
    check_spray(mem, "size=36; rails=2; hosts_per_leaf=4; uplinks=5; " LANE UP, 5, 0);
    check_spray(mem,
                CORE
                "size=50; hosts_per_leaf=4; uplinks=4; leaves_per_pod=3; core_uplinks=3; " LANE UP,
                4, 3);
    test_ecmp(mem);
    test_large(mem);
    test_nested(mem);
    test_oversubscription(mem);
    test_errors(mem);
    test_custom(mem);
    ll_arena_destroy(mem);
    CHECK(ll_arena_balance_B() == 0, "%lld bytes left", (long long)ll_arena_balance_B());
    return LL_CHECK_RESULT;
}
