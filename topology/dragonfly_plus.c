/* Dragonfly+ (Shpiner et al., HiPINEB 2017; Megafly of Flajslik et al., ISC 2018): a dragonfly
 * whose groups are fat trees of two levels. A group has l leaves, with p chips each, and s spines,
 * with h global lanes each; every leaf is wired to every spine.
 *
 * The s h global ports of a group are numbered spine by spine, and are joined as those of a
 * dragonfly in palm-tree order (dragonfly.c): each pair of g groups has m = floor(s h / (g - 1))
 * links, and copy c leaves group i for group j at port c (g - 1) + (j - i) mod g - 1.
 *
 * Minimal routes: leaf, spine, global link, spine, leaf, spread over the m links of the pair;
 * within a group over all spines. Detours go through each other group, over copy c of both of its
 * links; where these are on two spines of it, over the leaf whose number is that of the source plus
 * that of the detour. */
#include "topology/routers.h"

typedef struct plus_param {
    ll_routers_param routers;
    int64_t leaves_per_group, spines_per_group, global_links, groups, local_links;
    double local_bandwidth_Bps, local_latency_s, global_bandwidth_Bps, global_latency_s;
} plus_param;

#define PLUS_COUNT(key) \
    LL_ROUTERS_KEY(key, COUNT, LL_KEY_DESIGN), .offset = offsetof(plus_param, key)
#define PLUS_RATE(key) \
    LL_ROUTERS_KEY(key, RATE, LL_KEY_FACT), .offset = offsetof(plus_param, key##_Bps)
#define PLUS_TIME(key) \
    LL_ROUTERS_KEY(key, TIME, LL_KEY_FACT), .offset = offsetof(plus_param, key##_s)

static const ll_key plus_keys[] = {
    LL_ROUTERS_KEYS("dragonfly_plus"),
    LL_ROUTERS_ROUTING,
    {PLUS_COUNT(leaves_per_group), .min = 1, .max = 1 << 10,
     .doc = "leaves of a group, which have the chips"},
    {PLUS_COUNT(spines_per_group), .min = 1, .max = 1 << 10,
     .doc = "spines of a group, each wired to all of its leaves"},
    {PLUS_COUNT(global_links), .min = 1, .max = 1 << 10,
     .doc = "lanes from each spine to other groups (h)"},
    {PLUS_COUNT(groups), .def = "0", .max = 1 << 20,
     .doc = "groups (g), at most spines * h + 1; 0: as many"},
    {PLUS_COUNT(local_links), .def = "1", .min = 1, .max = 1 << 16,
     .doc = "lanes between a leaf and a spine"},
    {PLUS_RATE(local_bandwidth), .min = 1, .max = 1e18,
     .doc = "bandwidth of one lane within a group, per direction"},
    {PLUS_TIME(local_latency), .max = 1, .doc = "latency of one hop within a group"},
    {PLUS_RATE(global_bandwidth), .min = 1, .max = 1e18,
     .doc = "bandwidth of one lane between groups, per direction"},
    {PLUS_TIME(global_latency), .max = 1, .doc = "latency of one hop between groups"},
    {0}};

/* Links: up from leaf to spine, group by group and leaf by leaf; down, in this order; global. */
typedef struct plus {
    plus_param param;
    int32_t n_leaf, n_spine, n_group, n_copy, h;
    int64_t n_up; /* g l s; as many lead down */
} plus;

static int64_t up_id(const plus *d, int32_t group, int32_t leaf, int32_t spine)
{
    return ((int64_t)group * d->n_leaf + leaf) * d->n_spine + spine;
}

static int32_t ahead_of(const plus *d, int32_t from, int32_t to)
{
    return to > from ? to - from : to - from + d->n_group;
}

/* The global port by which copy c of the link to group `to` leaves group `from`. */
static int32_t port_to(const plus *d, int32_t from, int32_t to, int32_t c)
{
    return c * (d->n_group - 1) + ahead_of(d, from, to) - 1;
}

static void plus_link(const void *graph, int64_t i, ll_link *out)
{
    const plus *d = graph;
    const plus_param *p = &d->param;
    const int64_t first_spine = (int64_t)d->n_group * d->n_leaf;
    if (i < 2 * d->n_up) {
        const bool up = i < d->n_up;
        const int64_t at = up ? i : i - d->n_up, leaf = at / d->n_spine;
        const int64_t spine = first_spine + leaf / d->n_leaf * d->n_spine + at % d->n_spine;
        *out = (ll_link){.from = up ? leaf : spine,
                         .to = up ? spine : leaf,
                         .bw_Bps = p->local_bandwidth_Bps,
                         .latency_s = p->local_latency_s,
                         .width = (int32_t)p->local_links};
        return;
    }
    const int32_t n_other = d->n_group - 1, n_port = d->n_copy * n_other;
    const int32_t from = (int32_t)((i - 2 * d->n_up) / n_port);
    const int32_t port = (int32_t)((i - 2 * d->n_up) % n_port);
    const int32_t to = (from + port % n_other + 1) % d->n_group;
    const int32_t back = port_to(d, to, from, port / n_other);
    *out = (ll_link){.from = first_spine + (int64_t)from * d->n_spine + port / d->h,
                     .to = first_spine + (int64_t)to * d->n_spine + back / d->h,
                     .bw_Bps = p->global_bandwidth_Bps,
                     .latency_s = p->global_latency_s,
                     .width = 1};
}

static int32_t plus_n_way(const void *graph, int32_t a, int32_t b)
{
    const plus *d = graph;
    return a / d->n_leaf == b / d->n_leaf ? d->n_spine : d->n_copy;
}

/* From a leaf to the spine at the far end of copy c of the link to `group`, which is returned. */
static int32_t go_global(const plus *d, int32_t leaf, int32_t group, int32_t c, int64_t *link)
{
    const int32_t from = leaf / d->n_leaf, port = port_to(d, from, group, c);
    link[0] = up_id(d, from, leaf % d->n_leaf, port / d->h);
    link[1] = 2 * d->n_up + (int64_t)from * d->n_copy * (d->n_group - 1) + port;
    return port_to(d, group, from, c) / d->h;
}

static int plus_way(const void *graph, int32_t a, int32_t b, int32_t k, int64_t *link)
{
    const plus *d = graph;
    const int32_t group = b / d->n_leaf, leaf = b % d->n_leaf;
    if (a / d->n_leaf == group) {
        link[0] = up_id(d, group, a % d->n_leaf, k);
        link[1] = d->n_up + up_id(d, group, leaf, k);
        return 2;
    }
    const int32_t spine = go_global(d, a, group, k, link);
    link[2] = d->n_up + up_id(d, group, leaf, spine);
    return 3;
}

static int32_t plus_n_detour(const void *graph, int32_t a, int32_t b)
{
    const plus *d = graph;
    return a / d->n_leaf == b / d->n_leaf ? 0 : (d->n_group - 2) * d->n_copy;
}

/* Groups and leaves are counted on from the source's, as the groups turn. */
static int plus_detour(const void *graph, int32_t a, int32_t b, int32_t k, int64_t *link)
{
    const plus *d = graph;
    const int32_t c = k % d->n_copy, from = a / d->n_leaf, to = b / d->n_leaf;
    int32_t step = 1 + k / d->n_copy;
    step += step >= ahead_of(d, from, to);
    const int32_t group = (from + step) % d->n_group, port = port_to(d, group, to, c);
    const int32_t came = go_global(d, a, group, c, link), goes = port / d->h;
    const int32_t turn = (a + k) % d->n_leaf; /* leaf between two spines */
    int n = 2;
    if (came != goes) {
        link[n++] = d->n_up + up_id(d, group, turn, came);
        link[n++] = up_id(d, group, turn, goes);
    }
    link[n++] = 2 * d->n_up + (int64_t)group * d->n_copy * (d->n_group - 1) + port;
    link[n++] = d->n_up + up_id(d, to, b % d->n_leaf, port_to(d, to, group, c) / d->h);
    return n;
}

/* Groups turn; leaves come before spines. */
static int32_t plus_router_orbit(const void *graph, int32_t router, int32_t *n_alike)
{
    const plus *d = graph;
    *n_alike = d->n_group;
    return router % d->n_leaf;
}

static int64_t plus_link_orbit(const void *graph, int64_t i, int64_t *n_alike)
{
    const plus *d = graph;
    *n_alike = d->n_group;
    if (i < 2 * d->n_up) return i / d->n_up * d->n_up + i % d->n_up % (d->n_up / d->n_group);
    return 2 * d->n_up + (i - 2 * d->n_up) % ((int64_t)d->n_copy * (d->n_group - 1));
}

static const ll_router_graph plus_graph = {.link = plus_link,
                                           .n_way = plus_n_way,
                                           .way = plus_way,
                                           .n_detour = plus_n_detour,
                                           .detour = plus_detour,
                                           .router_orbit = plus_router_orbit,
                                           .link_orbit = plus_link_orbit};

static ll_status plus_create(const void *param, int n_child, const ll_topology *child,
                             ll_arena *mem, ll_topology *topo, ll_error *err)
{
    (void)n_child, (void)child;
    const plus_param *p = param;
    plus *d = ll_arena_new(mem, plus);
    const int64_t n_port = p->spines_per_group * p->global_links;
    const int64_t g = p->groups ? p->groups : n_port + 1;
    if (g > n_port + 1)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "groups = %lld: with %lld global ports a group is joined with at most "
                            "%lld others",
                            (long long)g, (long long)n_port, (long long)n_port);
    const int64_t m = g > 1 ? n_port / (g - 1) : 0, l = p->leaves_per_group;
    *d = (plus){.param = *p,
                .n_leaf = (int32_t)l,
                .n_spine = (int32_t)p->spines_per_group,
                .n_group = (int32_t)g,
                .n_copy = (int32_t)m,
                .h = (int32_t)p->global_links,
                .n_up = g * l * p->spines_per_group};
    const ll_routers_size size = {.n_router = g * (l + p->spines_per_group),
                                  .n_host_router = g * l,
                                  .n_link = 2 * d->n_up + g * (g - 1) * m,
                                  .max_hop = g > 1   ? 3
                                             : l > 1 ? 2
                                                     : 0,
                                  .max_detour_hop = 6,
                                  .max_way =
                                      m > d->n_spine || l == 1 ? (m > 1 ? m : 1) : d->n_spine,
                                  .max_detour = g > 2 ? (g - 2) * m : 0};
    LL_TRY(ll_routers_create(&p->routers, &plus_graph, d, &size, mem, topo, err));
    topo->dim[0].note =
        ll_arena_printf(mem,
                        "%lld groups of %lld leaves and %lld spines, %lld link%s between each "
                        "two groups",
                        (long long)g, (long long)l, (long long)p->spines_per_group, (long long)m,
                        m == 1 ? "" : "s");
    return LL_OK;
}

const ll_topology_type ll_topology_dragonfly_plus = {
    .name = "dragonfly_plus",
    .doc = "groups that are fat trees of two levels, with links between all groups",
    .keys = plus_keys,
    .param_size = sizeof(plus_param),
    .create = plus_create,
    LL_ROUTERS_SLOTS};
