/* Dragonfly (Kim, Dally, Scott, Abts, "Technology-Driven, Highly-Scalable Dragonfly Topology", ISCA
 * 2008): groups of a routers that are a full mesh, and at least one global link between each two
 * groups. A router has p chips and h global ports; a = 2p = 2h is balanced.
 *
 * The a h global ports of a group are numbered router by router. Of g groups each pair has
 * m = floor(a h / (g - 1)) links; ports beyond m (g - 1) are empty. Copy c of the link between
 * groups i and j leaves group i at port c (g - 1) + s, with
 *   palmtree   s = (j - i) mod g - 1: all groups are alike
 *   absolute   s = j if j < i, else j - 1
 * (arrangements of Camarero, Vallejo, Beivide, ACM TACO 11(4), 2014).
 *
 * Minimal routes cross one global link, with at most one local hop before and one behind it, and
 * never a third group; a flow is spread over the m links of its pair of groups. Detours go through
 * another group: over copy c of both of its links, for each c, and each group but the two.
 *
 * Where all chips of a group send to the next group, minimal routes share m links among a p chips:
 * each gets m / (a p) of a global link. Detours have h global links of a router for p chips and two
 * hops, h / (2 p) of a link per chip, half of one if balanced. */
#include "topology/routers.h"

enum { DRAGONFLY_PALMTREE, DRAGONFLY_ABSOLUTE };
static const char *const dragonfly_arrangements[] = {"palmtree", "absolute", NULL};

typedef struct dragonfly_param {
    ll_routers_param routers;
    int64_t routers_per_group, global_links, groups, local_links;
    double local_bandwidth_Bps, local_latency_s, global_bandwidth_Bps, global_latency_s;
    int arrangement;
} dragonfly_param;

#define DRAGONFLY_COUNT(key) \
    LL_ROUTERS_KEY(key, COUNT, LL_KEY_DESIGN), .offset = offsetof(dragonfly_param, key)
#define DRAGONFLY_RATE(key) \
    LL_ROUTERS_KEY(key, RATE, LL_KEY_FACT), .offset = offsetof(dragonfly_param, key##_Bps)
#define DRAGONFLY_TIME(key) \
    LL_ROUTERS_KEY(key, TIME, LL_KEY_FACT), .offset = offsetof(dragonfly_param, key##_s)

static const ll_key dragonfly_keys[] = {
    LL_ROUTERS_KEYS("dragonfly"),
    LL_ROUTERS_ROUTING,
    {DRAGONFLY_COUNT(routers_per_group), .min = 1, .max = 1 << 10,
     .doc = "routers of a group (a), all wired to each other"},
    {DRAGONFLY_COUNT(global_links), .min = 1, .max = 1 << 10,
     .doc = "lanes from each router to other groups (h)"},
    {DRAGONFLY_COUNT(groups), .def = "0", .max = 1 << 20,
     .doc = "groups (g), at most a h + 1; 0: a h + 1"},
    {DRAGONFLY_COUNT(local_links), .def = "1", .min = 1, .max = 1 << 16,
     .doc = "lanes between each two routers of a group"},
    {DRAGONFLY_RATE(local_bandwidth), .min = 1, .max = 1e18,
     .doc = "bandwidth of one lane within a group, per direction"},
    {DRAGONFLY_TIME(local_latency), .max = 1, .doc = "latency of one hop within a group"},
    {DRAGONFLY_RATE(global_bandwidth), .min = 1, .max = 1e18,
     .doc = "bandwidth of one lane between groups, per direction"},
    {DRAGONFLY_TIME(global_latency), .max = 1, .doc = "latency of one hop between groups"},
    {LL_ROUTERS_KEY(arrangement, CHOICE, 0), .offset = offsetof(dragonfly_param, arrangement),
     .def = "palmtree", .choices = dragonfly_arrangements,
     .doc =
         "which global port leads to which group: by distance (palmtree) or by number (absolute)"},
    {0}};

typedef struct dragonfly {
    dragonfly_param param;
    int32_t n_router, n_group, n_copy; /* a, g, m */
    int32_t h;
    int64_t n_local; /* links within groups; global ones follow, m (g - 1) of each group */
} dragonfly;

/* ---- Links ----------------------------------------------------------------------------------- */

static int64_t local_id(const dragonfly *d, int32_t group, int32_t from, int32_t to)
{
    const int64_t a = d->n_router;
    return (group * a + from) * (a - 1) + to - (to > from);
}

/* The global port by which copy c of the link to group `to` leaves group `from`. */
static int32_t port_to(const dragonfly *d, int32_t from, int32_t to, int32_t c)
{
    const int32_t g = d->n_group;
    const int32_t ahead = to > from ? to - from : to - from + g;
    const int32_t s = d->param.arrangement == DRAGONFLY_PALMTREE ? ahead - 1 : to - (to > from);
    return c * (g - 1) + s;
}

static int64_t global_id(const dragonfly *d, int32_t group, int32_t port)
{
    return d->n_local + (int64_t)group * d->n_copy * (d->n_group - 1) + port;
}

static void dragonfly_link(const void *graph, int64_t i, ll_link *out)
{
    const dragonfly *d = graph;
    const dragonfly_param *p = &d->param;
    const int64_t a = d->n_router;
    if (i < d->n_local) {
        const int64_t from = i / (a - 1), peer = i % (a - 1), group = from / a;
        *out = (ll_link){.from = from,
                         .to = group * a + peer + (peer >= from % a),
                         .bw_Bps = p->local_bandwidth_Bps,
                         .latency_s = p->local_latency_s,
                         .width = (int32_t)p->local_links};
        return;
    }
    const int32_t n_other = d->n_group - 1, n_port = d->n_copy * n_other;
    const int32_t from = (int32_t)((i - d->n_local) / n_port);
    const int32_t port = (int32_t)((i - d->n_local) % n_port), s = port % n_other;
    const int32_t to =
        p->arrangement == DRAGONFLY_PALMTREE ? (from + s + 1) % d->n_group : s + (s >= from);
    const int32_t back = port_to(d, to, from, port / n_other);
    *out = (ll_link){.from = from * a + port / d->h,
                     .to = to * a + back / d->h,
                     .bw_Bps = p->global_bandwidth_Bps,
                     .latency_s = p->global_latency_s,
                     .width = 1};
}

/* ---- Ways ------------------------------------------------------------------------------------ */

/* A place on the way: router `at` of a group. */
typedef struct place {
    int32_t group, at;
} place;

static place place_of(const dragonfly *d, int32_t router)
{
    return (place){router / d->n_router, router % d->n_router};
}

/* Goes to a router of the same group; returns the hops, 0 or 1. */
static int go_local(const dragonfly *d, place *p, int32_t to, int64_t *link)
{
    if (p->at == to) return 0;
    *link = local_id(d, p->group, p->at, to);
    p->at = to;
    return 1;
}

/* Goes to another group over copy c; returns the hops, 1 or 2. */
static int go_global(const dragonfly *d, place *p, int32_t group, int32_t c, int64_t *link)
{
    const int32_t port = port_to(d, p->group, group, c), back = port_to(d, group, p->group, c);
    const int n = go_local(d, p, port / d->h, link);
    link[n] = global_id(d, p->group, port);
    *p = (place){group, back / d->h};
    return n + 1;
}

static int32_t dragonfly_n_way(const void *graph, int32_t a, int32_t b)
{
    const dragonfly *d = graph;
    return a / d->n_router == b / d->n_router ? 1 : d->n_copy;
}

static int dragonfly_way(const void *graph, int32_t a, int32_t b, int32_t k, int64_t *link)
{
    const dragonfly *d = graph;
    place at = place_of(d, a);
    const place end = place_of(d, b);
    int n = at.group == end.group ? 0 : go_global(d, &at, end.group, k, link);
    n += go_local(d, &at, end.at, link + n);
    return n;
}

static int32_t dragonfly_n_detour(const void *graph, int32_t a, int32_t b)
{
    const dragonfly *d = graph;
    return a / d->n_router == b / d->n_router ? 0 : (d->n_group - 2) * d->n_copy;
}

/* Groups are counted on from the source's, so that what turns with the groups stays the same. */
static int dragonfly_detour(const void *graph, int32_t a, int32_t b, int32_t k, int64_t *link)
{
    const dragonfly *d = graph;
    const int32_t c = k % d->n_copy;
    place at = place_of(d, a);
    const place end = place_of(d, b);
    const int32_t ahead = (end.group - at.group + d->n_group) % d->n_group;
    int32_t step = 1 + k / d->n_copy;
    step += step >= ahead;
    int n = go_global(d, &at, (at.group + step) % d->n_group, c, link);
    n += go_global(d, &at, end.group, c, link + n);
    n += go_local(d, &at, end.at, link + n);
    return n;
}

/* ---- Orbits: the groups of a palm tree turn -------------------------------------------------- */

static int32_t dragonfly_router_orbit(const void *graph, int32_t router, int32_t *n_alike)
{
    const dragonfly *d = graph;
    if (d->param.arrangement != DRAGONFLY_PALMTREE) return ll_router_alone(graph, router, n_alike);
    *n_alike = d->n_group;
    return router % d->n_router;
}

static int64_t dragonfly_link_orbit(const void *graph, int64_t i, int64_t *n_alike)
{
    const dragonfly *d = graph;
    if (d->param.arrangement != DRAGONFLY_PALMTREE) return ll_router_link_alone(graph, i, n_alike);
    *n_alike = d->n_group;
    if (i < d->n_local) return i % (d->n_local / d->n_group);
    return d->n_local + (i - d->n_local) % ((int64_t)d->n_copy * (d->n_group - 1));
}

static const ll_router_graph dragonfly_graph = {.link = dragonfly_link,
                                                .n_way = dragonfly_n_way,
                                                .way = dragonfly_way,
                                                .n_detour = dragonfly_n_detour,
                                                .detour = dragonfly_detour,
                                                .router_orbit = dragonfly_router_orbit,
                                                .link_orbit = dragonfly_link_orbit};

/* ---- Creation -------------------------------------------------------------------------------- */

static ll_status dragonfly_create(const void *param, int n_child, const ll_topology *child,
                                  ll_arena *mem, ll_topology *topo, ll_error *err)
{
    (void)n_child, (void)child;
    const dragonfly_param *p = param;
    dragonfly *d = ll_arena_new(mem, dragonfly);
    const int64_t a = p->routers_per_group, n_port = a * p->global_links;
    const int64_t g = p->groups ? p->groups : n_port + 1;
    if (g > n_port + 1)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "groups = %lld: with %lld global ports a group is joined with at most "
                            "%lld others",
                            (long long)g, (long long)n_port, (long long)n_port);
    const int64_t m = g > 1 ? n_port / (g - 1) : 0;
    *d = (dragonfly){.param = *p,
                     .n_router = (int32_t)a,
                     .n_group = (int32_t)g,
                     .n_copy = (int32_t)m,
                     .h = (int32_t)p->global_links,
                     .n_local = g * a * (a - 1)};
    const int local = a > 1, global = g > 1;
    const ll_routers_size size = {.n_router = a * g,
                                  .n_host_router = a * g,
                                  .n_link = d->n_local + g * (g - 1) * m,
                                  .max_hop = local + global * (1 + local),
                                  .max_detour_hop = 2 + 3 * local,
                                  .max_way = global ? m : 1,
                                  .max_detour = g > 2 ? (g - 2) * m : 0};
    LL_TRY(ll_routers_create(&p->routers, &dragonfly_graph, d, &size, mem, topo, err));
    topo->dim[0].note = ll_arena_printf(
        mem, "%lld groups of %lld routers, %lld link%s between each two groups%s", (long long)g,
        (long long)a, (long long)m, m == 1 ? "" : "s",
        m * (g - 1) < n_port ? ll_arena_printf(mem, ", %lld global ports of a group empty",
                                               (long long)(n_port - m * (g - 1)))
                             : "");
    return LL_OK;
}

const ll_topology_type ll_topology_dragonfly = {
    .name = "dragonfly",
    .doc = "groups of routers, a full mesh each, with links between all groups",
    .keys = dragonfly_keys,
    .param_size = sizeof(dragonfly_param),
    .create = dragonfly_create,
    LL_ROUTERS_SLOTS};
