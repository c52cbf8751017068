/* What every topology promises, checked on every registered type, small and odd sizes included, and
 * against its twin: the same graph written as an edge list and routed by breadth-first search. */
/* RANKS 1 */
#include "sim/base/mix.h"
#include "tests/support/check.h"
#include "tests/support/topologies.h"
#include "tests/toys/topology_toy.h"
#include "topology/edgelist.h"

#include <stdlib.h>

#define CORE "levels=3; core_bandwidth=100 GB/s; core_latency=2 us; "

#define ROUTERS "hosts_per_router=2; switch_latency=100 ns; " LANE

/* Types that only the tests have: a line for each, beside those of LL_TOPOLOGIES. */
static const ll_topology_type *const toys[] = {&ll_topology_toy, NULL};

typedef struct sample {
    const char *type, *text;
    int32_t n_chip;
    double out_min_Bps, out_max_Bps; /* of all links that leave a chip, least and most: by hand */
    bool distinct;                   /* the paths of a pair differ */
    bool shortest;                   /* all paths have the fewest hops that the graph allows */
    bool covered;                    /* every link is on some route */
} sample;

/* lanes * 50 GB/s; a mesh has size-1 neighbours, a ring 2, a line 1 at its ends and 2 inside. */
static const sample samples[] = {
    {"switch", "size=1; " LANE, 1, 50e9, 50e9, true, true, false},
    {"switch", "size=2; " LANE, 2, 50e9, 50e9, true, true, true},
    {"switch", "size=9; links=18; switch_latency=100 ns; " LANE, 9, 900e9, 900e9, true, true, true},
    {"mesh", "size=1; " LANE, 1, 0, 0, true, true, true},
    {"mesh", "size=2; routing=spray; " LANE, 2, 50e9, 50e9, true, true, true},
    {"mesh", "size=3; routing=spray; " LANE, 3, 100e9, 100e9, true, false, true},
    {"mesh", "size=7; links_per_pair=2; " LANE, 7, 600e9, 600e9, true, true, true},
    {"mesh", "size=8; routing=spray; " LANE, 8, 350e9, 350e9, true, false, true},
    {"ring", "size=1; " LANE, 1, 0, 0, true, true, true},
    {"ring", "size=2; " LANE, 2, 100e9, 100e9, true, true, true},
    {"ring", "size=3; " LANE, 3, 100e9, 100e9, true, true, true},
    {"ring", "size=8; links=3; " LANE, 8, 300e9, 300e9, true, true, true},
    {"ring", "size=13; " LANE, 13, 100e9, 100e9, true, true, true},
    {"ring", "size=129; " LANE, 129, 100e9, 100e9, true, true, true},
    {"line", "size=1; " LANE, 1, 0, 0, true, true, true},
    {"line", "size=2; " LANE, 2, 50e9, 50e9, true, true, true},
    {"line", "size=9; " LANE, 9, 50e9, 100e9, true, true, true},
    {"line", "size=65; " LANE, 65, 50e9, 100e9, true, true, true},
    {"clos", "size=1; hosts_per_leaf=4; uplinks=2; " LANE UP, 1, 50e9, 50e9, true, true, false},
    {"clos", "size=16; hosts_per_leaf=4; uplinks=4; " LANE UP, 16, 50e9, 50e9, true, true, true},
    {"clos",
     "size=13; hosts_per_leaf=4; uplinks=6; spines=3; links=2; switch_latency=150 ns; " LANE UP, 13,
     100e9, 100e9, true, true, true},
    {"clos", "size=24; rails=4; hosts_per_leaf=3; uplinks=3; " LANE UP, 24, 50e9, 50e9, true, true,
     true},
    {"clos", "size=20; rails=4; hosts_per_leaf=3; uplinks=3; routing=dmodk; " LANE UP, 20, 50e9,
     50e9, true, true, false},
    {"clos", "size=16; hosts_per_leaf=4; oversubscription=2:1; routing=dmodk; " LANE UP, 16, 50e9,
     50e9, true, true, true},
    {"clos", "size=16; hosts_per_leaf=4; uplinks=4; routing=dmodk; " LANE UP, 16, 50e9, 50e9, true,
     true, true},
    {"clos", "size=22; hosts_per_leaf=4; uplinks=4; spines=2; routing=ecmp; ecmp_paths=3; " LANE UP,
     22, 50e9, 50e9, false, true, false},
    {"clos",
     CORE "size=64; hosts_per_leaf=4; uplinks=4; leaves_per_pod=4; core_uplinks=2; " LANE UP, 64,
     50e9, 50e9, true, true, true},
    {"clos",
     CORE "size=61; hosts_per_leaf=4; uplinks=4; spines=2; leaves_per_pod=3; "
          "core_uplinks=3; routing=dmodk; " LANE UP,
     61, 50e9, 50e9, true, true, false},
    {"clos",
     CORE "size=64; hosts_per_leaf=4; uplinks=4; leaves_per_pod=4; core_uplinks=4; "
          "routing=dmodk; " LANE UP,
     64, 50e9, 50e9, true, true, true},
    {"clos",
     CORE "size=48; rails=2; hosts_per_leaf=4; uplinks=4; leaves_per_pod=2; "
          "core_uplinks=4; routing=ecmp; " LANE UP,
     48, 50e9, 50e9, true, true, false},
    {"fat_tree", "size=16; hosts_per_leaf=4; uplinks=4; " LANE UP, 16, 50e9, 50e9, true, true,
     true},
    {"torus", "sizes=4 x 3; " LANE, 12, 200e9, 200e9, true, true, true},
    {"torus", "sizes=2x4,3; links=2; " LANE, 24, 600e9, 600e9, true, true, true},
    {"dragonfly", ROUTERS GROUPS "routers_per_group=4; global_links=1; ", 40, 50e9, 50e9, true,
     false, true},
    {"dragonfly", ROUTERS GROUPS "routers_per_group=4; global_links=1; routing=valiant; ", 40, 50e9,
     50e9, true, false, true},
    {"dragonfly",
     ROUTERS GROUPS "routers_per_group=3; global_links=2; groups=4; arrangement=absolute; ", 24,
     50e9, 50e9, true, false, true},
    {"dragonfly",
     ROUTERS GROUPS "routers_per_group=3; global_links=3; groups=4; links=2; routing=valiant; "
                    "arrangement=absolute; ",
     24, 100e9, 100e9, true, false, true},
    {"dragonfly",
     ROUTERS GROUPS "routers_per_group=4; global_links=2; routing=valiant; valiant_paths=3; ", 72,
     50e9, 50e9, true, false, false},
    {"dragonfly", ROUTERS GROUPS "routers_per_group=5; global_links=1; groups=1; routing=valiant; ",
     10, 50e9, 50e9, true, true, true},
    {"dragonfly", ROUTERS GROUPS "routers_per_group=1; global_links=5; groups=6; ", 12, 50e9, 50e9,
     true, true, true},
    {"dragonfly_plus", ROUTERS GROUPS "leaves_per_group=3; spines_per_group=2; global_links=2; ",
     30, 50e9, 50e9, true, false, true},
    {"dragonfly_plus",
     ROUTERS GROUPS "leaves_per_group=3; spines_per_group=2; global_links=2; groups=3; "
                    "routing=valiant; ",
     18, 50e9, 50e9, true, false, true},
    {"dragonfly_plus",
     ROUTERS GROUPS "leaves_per_group=2; spines_per_group=3; global_links=2; routing=valiant; ", 28,
     50e9, 50e9, true, false, true},
    {"hyperx", ROUTERS GRID "sizes=3 x 4; ", 24, 50e9, 50e9, true, true, true},
    {"hyperx", ROUTERS GRID "sizes=2 x 3 x 2; widths=1 x 2 x 3; ", 24, 50e9, 50e9, true, true,
     true},
    {"hyperx", ROUTERS GRID "sizes=3 x 1 x 3; routing=valiant; ", 18, 50e9, 50e9, true, false,
     true},
    {"hyperx", ROUTERS GRID "sizes=4 x 4; routing=dimension_order; ", 32, 50e9, 50e9, true, true,
     true},
    {"hyperx", ROUTERS GRID "sizes=5 x 4; routing=valiant; valiant_paths=4; ", 40, 50e9, 50e9, true,
     false, false},
    {"dragonfly", ROUTERS GROUPS "routers_per_group=4; global_links=1; routing=ugal; ", 40, 50e9,
     50e9, true, false, true},
    {"slimfly", ROUTERS GRID "q=3; ", 36, 50e9, 50e9, true, true, true},
    {"slimfly", ROUTERS GRID "q=4; ", 64, 50e9, 50e9, true, true, true},
    {"slimfly", ROUTERS GRID "q=5; routing=valiant; valiant_paths=7; ", 100, 50e9, 50e9, false,
     false, false},
    {"twisted_torus", "sizes=8 x 4; " LANE, 32, 200e9, 200e9, true, true, true},
    {"twisted_torus", "sizes=3 x 6; links=2; " LANE, 18, 400e9, 400e9, true, true, true},
    {"twisted_torus", "sizes=4 x 2 x 2; " LANE, 16, 300e9, 300e9, true, true, true},
    {"twisted_torus", "sizes=2 x 4 x 4; " LANE, 32, 300e9, 300e9, true, true, true},
    {"rail_only",
     "nodes=5; chips_per_node=4; node_bandwidth=450 GB/s; node_latency=300 ns; "
     "rail_bandwidth=50 GB/s; rail_latency=1 us; switch_latency=100 ns; ",
     20, 500e9, 500e9, true, true, true},
    {"star", "size=1; " LANE, 1, 0, 0, true, true, true},
    {"star", "size=9; " LANE, 9, 50e9, 400e9, true, true, true},
};

/* Products of the types above: dimension 0 first. */
typedef struct product_sample {
    int n_child;
    const char *type[4], *text[4];
    int32_t n_chip;
    double out_min_Bps, out_max_Bps; /* sum of the children's */
    bool shortest;
} product_sample;

static const product_sample products[] = {
    {1, {"mesh"}, {"size=5; " LANE}, 5, 200e9, 200e9, true},
    {2,
     {"mesh", "mesh"},
     {"name=x; size=3; " LANE, "name=y; size=4; " LANE},
     12,
     250e9,
     250e9,
     true},
    {2,
     {"mesh", "switch"},
     {"size=3; routing=spray; " LANE, "size=5; links=4; " LANE},
     15,
     300e9,
     300e9,
     false},
    {3,
     {"ring", "ring", "line"},
     {"name=a; size=4; " LANE, "name=b; size=3; " LANE, "size=3; " LANE},
     36,
     250e9,
     300e9,
     true},
    {3,
     {"ring", "mesh", "ring"},
     {"name=a; size=4; " LANE, "size=4; routing=spray; " LANE, "name=b; size=2; " LANE},
     32,
     350e9,
     350e9,
     false},
    {3,
     {"ring", "mesh", "ring"},
     {"name=a; size=1; " LANE, "size=1; " LANE, "name=b; size=6; " LANE},
     6,
     100e9,
     100e9,
     true},
    {2,
     {"switch", "clos"},
     {"size=4; links=18; " LANE, "size=9; hosts_per_leaf=2; uplinks=2; routing=dmodk; " LANE UP},
     36,
     950e9,
     950e9,
     true},
    {4,
     {"mesh", "mesh", "clos", "switch"},
     {"name=x; size=2; " LANE, "name=y; size=3; " LANE,
      "size=4; hosts_per_leaf=2; uplinks=2; routing=ecmp; ecmp_paths=2; " LANE UP, "size=2; " LANE},
     48,
     250e9,
     250e9,
     true},
};

static const ll_topology_type *type_find(const char *name)
{
    for (int t = 0; toys[t]; t++)
        if (strcmp(toys[t]->name, name) == 0) return toys[t];
    return ll_topology_find(name);
}

static ll_topology *sample_make(ll_arena *mem, const sample *s)
{
    ll_error err;
    ll_error_init(&err);
    ll_topology *topo = topology_of(mem, type_find(s->type), s->text, 0, NULL, &err);
    LL_ASSERT(topo, "%s", err.text);
    return topo;
}

static void check_links(const ll_topology *topo, const sample *s)
{
    char *entered = calloc((size_t)topo->n_node, 1), *left = calloc((size_t)topo->n_node, 1);
    double *out_Bps = calloc((size_t)topo->n_chip, sizeof *out_Bps);
    double *in_Bps = calloc((size_t)topo->n_chip, sizeof *in_Bps);
    for (int64_t id = 0; id < topo->n_link; id++) {
        ll_link l;
        topo->type->link(topo, id, &l);
        bool ok = l.from >= 0 && l.from < topo->n_node && l.to >= 0 && l.to < topo->n_node;
        CHECK(ok && l.from != l.to, "%s: link %lld from %lld to %lld", s->text, (long long)id,
              (long long)l.from, (long long)l.to);
        CHECK(l.width >= 1 && l.bw_Bps > 0 && l.latency_s > 0, "%s: link %lld", s->text,
              (long long)id);
        CHECK(l.dimension >= 0 && l.dimension < topo->n_dim, "%s: dimension %d", s->text,
              l.dimension);
        if (!ok) continue;
        left[l.from] = entered[l.to] = 1;
        if (l.from < topo->n_chip) out_Bps[l.from] += ll_link_capacity_Bps(&l);
        if (l.to < topo->n_chip) in_Bps[l.to] += ll_link_capacity_Bps(&l);
    }
    double least = 1e30, most = 0;
    for (int32_t c = 0; c < topo->n_chip; c++) {
        CHECK_NEAR(in_Bps[c], out_Bps[c], 1e-14);
        least = fmin(least, out_Bps[c]);
        most = fmax(most, out_Bps[c]);
    }
    CHECK_NEAR(least, s->out_min_Bps, 1e-14);
    CHECK_NEAR(most, s->out_max_Bps, 1e-14);
    for (int64_t node = topo->n_chip; node < topo->n_node; node++)
        CHECK(left[node] && entered[node], "%s: nothing enters or leaves switch %lld", s->text,
              (long long)node);
    free(entered), free(left), free(out_Bps), free(in_Bps);
}

/* One path: consecutive links from src to dst, none twice. Marks its links in `used`. */
static void check_path(const ll_topology *topo, const sample *s, const int64_t *link_id, int n_hop,
                       const int32_t *pair, char *used)
{
    int64_t at = pair[0];
    CHECK(n_hop >= 1 && n_hop <= topo->max_hop, "%s: %d -> %d: %d hops of %d", s->text, pair[0],
          pair[1], n_hop, topo->max_hop);
    for (int i = 0; i < n_hop; i++) {
        ll_link l;
        bool ok = link_id[i] >= 0 && link_id[i] < topo->n_link;
        CHECK(ok, "%s: %d -> %d: link id %lld", s->text, pair[0], pair[1], (long long)link_id[i]);
        if (!ok) return;
        topo->type->link(topo, link_id[i], &l);
        CHECK(l.from == at, "%s: %d -> %d: hop %d leaves %lld, not %lld", s->text, pair[0], pair[1],
              i, (long long)l.from, (long long)at);
        at = l.to;
        used[link_id[i]] = 1;
        for (int k = 0; k < i; k++)
            CHECK(link_id[k] != link_id[i], "%s: %d -> %d: a link twice", s->text, pair[0],
                  pair[1]);
    }
    CHECK(at == pair[1], "%s: %d -> %d ends at %lld", s->text, pair[0], pair[1], (long long)at);
}

static void check_pair(const ll_topology *topo, const sample *s, int32_t src, int32_t dst,
                       char *used)
{
    enum { MAX_PATH = 64 };
    int64_t path[MAX_PATH][LL_MAX_HOP];
    int n_hop[MAX_PATH];
    const int32_t pair[] = {src, dst};
    int32_t n_path = topo->type->n_path(topo, src, dst);
    CHECK(n_path >= 1 && n_path <= topo->max_path && n_path <= MAX_PATH, "%s: %d paths", s->text,
          n_path);
    if (src == dst) {
        CHECK(n_path == 1, "%s: %d paths to itself", s->text, n_path);
        CHECK(topo->type->route(topo, src, dst, 0, 0, path[0]) == 0, "%s: %d to itself", s->text,
              src);
        return;
    }
    for (int32_t p = 0; p < n_path && p < MAX_PATH; p++) {
        n_hop[p] = topo->type->route(topo, src, dst, p, LL_MAX_HOP, path[p]);
        check_path(topo, s, path[p], n_hop[p], pair, used);
        int64_t small[LL_MAX_HOP];
        CHECK(topo->type->route(topo, src, dst, p, n_hop[p] - 1, small) == -1, "%s: cap", s->text);
        CHECK(topo->type->route(topo, src, dst, p, n_hop[p], small) == n_hop[p], "%s: cap",
              s->text);
        for (int32_t q = 0; s->distinct && q < p; q++)
            CHECK(n_hop[p] != n_hop[q] ||
                      memcmp(path[p], path[q], (size_t)n_hop[p] * sizeof path[p][0]) != 0,
                  "%s: %d -> %d: paths %d and %d are the same", s->text, src, dst, p, q);
    }
    double there_s = ll_topology_latency_s(topo, src, dst);
    if (strstr(s->text, "valiant_paths") != NULL) return; // other detours on the way back
    CHECK_NEAR(ll_topology_latency_s(topo, dst, src), there_s, 1e-14);
}

static void check_coordinates(const ll_topology *topo, const sample *s)
{
    int64_t n_chip = 1;
    CHECK(topo->n_dim >= 1 && topo->n_dim <= LL_MAX_DIM, "%s: %d dimensions", s->text, topo->n_dim);
    for (int d = 0; d < topo->n_dim; d++) {
        n_chip *= topo->dim[d].size;
        CHECK(type_find(topo->dim[d].type) && topo->dim[d].name[0], "%s: dim %d", s->text, d);
    }
    CHECK(n_chip == topo->n_chip, "%s: sizes multiply to %lld", s->text, (long long)n_chip);
    for (int32_t c = 0; c < topo->n_chip; c++) {
        int32_t coord[LL_MAX_DIM], stride = 1, sum = 0;
        ll_topology_coord(topo, c, coord);
        for (int d = 0; d < topo->n_dim; stride *= topo->dim[d++].size) {
            CHECK(coord[d] >= 0 && coord[d] < topo->dim[d].size, "%s: chip %d", s->text, c);
            sum += coord[d] * stride; // dimension 0 is the fastest
        }
        CHECK(sum == c && ll_topology_chip(topo, coord) == c, "%s: chip %d", s->text, c);
    }
}

/* The same graph as an edge list: the same links; hops no fewer than the formula's, and as many
 * where that claims shortest paths; then each route of the formula is one of the twin's. */
static void check_twin(ll_arena *mem, const ll_topology *topo, const sample *s)
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
    CHECK(twin->n_chip == topo->n_chip && twin->n_node == topo->n_node &&
              twin->n_link == topo->n_link,
          "%s: another graph", s->text);
    for (int64_t id = 0; id < topo->n_link; id++) {
        ll_link a, b;
        topo->type->link(topo, id, &a);
        twin->type->link(twin, id, &b);
        CHECK(a.from == b.from && a.to == b.to && a.width == b.width && a.bw_Bps == b.bw_Bps &&
                  a.latency_s == b.latency_s,
              "%s: link %lld differs", s->text, (long long)id);
    }
    for (int64_t i = 0; i < (int64_t)topo->n_chip * topo->n_chip; i++) {
        int32_t src = (int32_t)(i / topo->n_chip), dst = (int32_t)(i % topo->n_chip);
        int64_t a[LL_MAX_HOP], b[LL_MAX_HOP];
        int n_twin = twin->type->route(twin, src, dst, 0, LL_MAX_HOP, b);
        int32_t n_path = topo->type->n_path(topo, src, dst);
        int32_t n_twin_path = twin->type->n_path(twin, src, dst);
        for (int32_t p = 0; p < n_path; p++) {
            int n = topo->type->route(topo, src, dst, p, LL_MAX_HOP, a);
            CHECK(s->shortest ? n == n_twin : n >= n_twin, "%s: %d -> %d: %d hops, twin %d",
                  s->text, src, dst, n, n_twin);
            if (n != n_twin || n_twin_path == 64) continue;
            bool found = false;
            for (int32_t q = 0; q < n_twin_path && !found; q++) {
                twin->type->route(twin, src, dst, q, LL_MAX_HOP, b);
                found = memcmp(a, b, (size_t)n * sizeof a[0]) == 0;
            }
            CHECK(found, "%s: %d -> %d: path %d is none of the twin's", s->text, src, dst, p);
        }
    }
    sample of_twin = *s;
    of_twin.distinct = of_twin.shortest = true;
    char *used = calloc((size_t)topo->n_link + 1, 1);
    for (int32_t src = 0; src < twin->n_chip; src += 5)
        for (int32_t dst = 0; dst < twin->n_chip; dst++)
            check_pair(twin, &of_twin, src, dst, used);
    free(used);
}

/* Sum over the hops of a path of what its links' orbits are called. */
static uint64_t path_name(const ll_topology *topo, const int32_t *split, int32_t src, int32_t dst,
                          int32_t path)
{
    int64_t hop[LL_MAX_HOP], n;
    uint64_t sum = 0;
    const int n_hop = topo->type->route(topo, src, dst, path, LL_MAX_HOP, hop);
    for (int h = 0; h < n_hop; h++)
        sum += ll_mix((uint64_t)topo->type->link_orbit(topo, split, hop[h], &n) + 1);
    return ll_mix(sum);
}

/* What a flow crosses, and between whom. */
static uint64_t flow_name(const ll_topology *topo, const int32_t *split, int32_t src, int32_t dst)
{
    int32_t n;
    uint64_t sum = ll_mix(path_name(topo, split, src, dst, 0) + 1);
    for (int32_t p = 0; p < topo->type->n_path(topo, src, dst); p++)
        sum += path_name(topo, split, src, dst, p);
    sum = ll_mix(sum) + (uint64_t)topo->type->chip_orbit(topo, split, src, &n);
    return ll_mix(sum) + (uint64_t)topo->type->chip_orbit(topo, split, dst, &n);
}

/* Everyone sends to everyone: chips of an orbit send the same, and links of an orbit carry the
 * same. They are as many as the type says, and no chip of another part of the split is alike. */
static void check_orbits(const ll_topology *topo, const sample *s, const int32_t *split)
{
    uint64_t *sent = calloc((size_t)topo->n_chip, sizeof *sent);
    uint64_t *carried = calloc((size_t)topo->n_link + 1, sizeof *carried);
    int64_t *count = calloc((size_t)(topo->n_chip + topo->n_link), sizeof *count), *of_link;
    of_link = count + topo->n_chip;
    for (int64_t i = 0; i < (int64_t)topo->n_chip * topo->n_chip; i++) {
        const int32_t src = (int32_t)(i / topo->n_chip), dst = (int32_t)(i % topo->n_chip);
        if (src == dst) continue;
        const uint64_t name = ll_mix(flow_name(topo, split, src, dst));
        sent[src] += name;
        for (int32_t p = 0; p < topo->type->n_path(topo, src, dst); p++) {
            int64_t hop[LL_MAX_HOP];
            const int n = topo->type->route(topo, src, dst, p, LL_MAX_HOP, hop);
            for (int h = 0; h < n; h++)
                carried[hop[h]] += name;
        }
    }
    for (int32_t c = 0, n; c < topo->n_chip; c++)
        count[topo->type->chip_orbit(topo, split, c, &n)]++;
    for (int64_t l = 0, n; l < topo->n_link; l++)
        of_link[topo->type->link_orbit(topo, split, l, &n)]++;
    for (int32_t c = 0, n; c < topo->n_chip; c++) {
        const int32_t first = topo->type->chip_orbit(topo, split, c, &n);
        int32_t a[LL_MAX_DIM], b[LL_MAX_DIM];
        CHECK(first <= c && n == count[first] && sent[c] == sent[first],
              "%s: chip %d is like %d (%d, %lld)", s->text, c, first, n, (long long)count[first]);
        ll_topology_coord(topo, c, a);
        ll_topology_coord(topo, first, b);
        for (int d = 0; d < topo->n_dim; d++)
            CHECK((a[d] < split[d]) == (b[d] < split[d]) && (a[d] > split[d]) == (b[d] > split[d]),
                  "%s: chip %d is like %d", s->text, c, first);
    }
    for (int64_t l = 0, n; l < topo->n_link; l++) {
        const int64_t first = topo->type->link_orbit(topo, split, l, &n);
        ll_link a, b;
        topo->type->link(topo, l, &a);
        topo->type->link(topo, first, &b);
        CHECK(first <= l && n == of_link[first] && carried[l] == carried[first] &&
                  a.bw_Bps == b.bw_Bps && a.latency_s == b.latency_s && a.width == b.width,
              "%s: link %lld is like %lld (%lld, %lld)", s->text, (long long)l, (long long)first,
              (long long)n, (long long)of_link[first]);
    }
    free(sent), free(carried), free(count);
}

/* Without a split, and with splits all over. */
static void check_symmetry(const ll_topology *topo, const sample *s)
{
    for (int32_t turn = 0; turn < 6; turn++) {
        int32_t split[LL_MAX_DIM];
        for (int d = 0; d < topo->n_dim; d++)
            split[d] = turn == 0 ? topo->dim[d].size : (7 * turn + d) % (topo->dim[d].size + 1);
        check_orbits(topo, s, split);
    }
}

/* Detours are routes over the same links. */
static void check_detours(const ll_topology *topo, const sample *s)
{
    const ll_topology *detours = topo->detours;
    char *used = calloc((size_t)topo->n_link + 1, 1);
    CHECK(detours->n_chip == topo->n_chip && detours->n_link == topo->n_link, "%s: another graph",
          s->text);
    for (int64_t id = 0; id < topo->n_link; id++) {
        ll_link a, b;
        topo->type->link(topo, id, &a);
        detours->type->link(detours, id, &b);
        CHECK(a.from == b.from && a.to == b.to && a.width == b.width, "%s: link %lld differs",
              s->text, (long long)id);
    }
    for (int32_t src = 0; src < topo->n_chip; src++)
        for (int32_t dst = 0; dst < topo->n_chip; dst++)
            check_pair(detours, s, src, dst, used);
    free(used);
}

static void check_topology(ll_arena *mem, const ll_topology *topo, const sample *s)
{
    check_symmetry(topo, s);
    CHECK(topo->n_chip == s->n_chip, "%s %s: %d chips", s->type, s->text, topo->n_chip);
    CHECK(topo->max_hop <= LL_MAX_HOP, "%s: %d hops", s->text, topo->max_hop);
    check_links(topo, s);
    check_coordinates(topo, s);
    char *used = calloc((size_t)topo->n_link + 1, 1);
    for (int32_t src = 0; src < topo->n_chip; src++)
        for (int32_t dst = 0; dst < topo->n_chip; dst++)
            check_pair(topo, s, src, dst, used);
    for (int64_t id = 0; s->covered && id < topo->n_link; id++)
        CHECK(used[id], "%s: nothing goes over link %lld", s->text, (long long)id);
    free(used);
    check_twin(mem, topo, s);
    if (topo->detours != NULL) check_detours(topo, s);
}

static void check_product(ll_arena *mem, const product_sample *p)
{
    ll_topology *child[4];
    const char *text = "product";
    for (int i = 0; i < p->n_child; i++) {
        child[i] = topology_must(mem, p->type[i], p->text[i]);
        text = ll_arena_printf(mem, "%s x %s %s", text, p->type[i], p->text[i]);
    }
    ll_topology *topo = topology_times(mem, p->n_child, child);
    sample s = {"product",      text, p->n_chip,   p->out_min_Bps,
                p->out_max_Bps, true, p->shortest, false};
    s.distinct = strstr(text, "ecmp") == NULL;
    check_topology(mem, topo, &s);
    CHECK(topo->n_dim == p->n_child, "%s: %d dimensions", text, topo->n_dim);
    for (int i = 0; i < p->n_child; i++)
        CHECK(strcmp(topo->dim[i].type, p->type[i]) == 0 && topo->dim[i].size == child[i]->n_chip,
              "%s: dimension %d", text, i);
    // Paths are all combinations, and latency adds up, over the dimensions that differ.
    for (int64_t i = 0; i < (int64_t)topo->n_chip * topo->n_chip; i++) {
        int32_t src = (int32_t)(i / topo->n_chip), dst = (int32_t)(i % topo->n_chip);
        int32_t a[LL_MAX_DIM], b[LL_MAX_DIM], n_path = 1;
        double latency_s = 0;
        ll_topology_coord(topo, src, a);
        ll_topology_coord(topo, dst, b);
        for (int d = 0; d < p->n_child; d++) {
            n_path *= child[d]->type->n_path(child[d], a[d], b[d]);
            latency_s += ll_topology_latency_s(child[d], a[d], b[d]);
        }
        CHECK(topo->type->n_path(topo, src, dst) == n_path, "%s: %d -> %d", text, src, dst);
        CHECK_NEAR(ll_topology_latency_s(topo, src, dst), latency_s, 1e-12);
    }
}

int main(void)
{
    ll_arena *mem = ll_arena_create("test");
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        ll_arena_mark mark = ll_arena_here(mem);
        check_topology(mem, sample_make(mem, &samples[i]), &samples[i]);
        ll_arena_release(mem, mark);
    }
    for (size_t i = 0; i < sizeof products / sizeof products[0]; i++)
        check_product(mem, &products[i]);
    // Every registered type is above; custom is the twin of each, product has its own table.
    for (int t = 0; ll_topology_types[t]; t++) {
        const char *name = ll_topology_types[t]->name;
        bool known = strcmp(name, "custom") == 0 || strcmp(name, "product") == 0;
        for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++)
            known |= strcmp(samples[i].type, name) == 0;
        CHECK(known, "no sample of '%s'", name);
        CHECK(ll_topology_find(name) == ll_topology_types[t], "'%s' is not found", name);
    }
    CHECK(!ll_topology_find("hypercube"), "found a type that does not exist");
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
