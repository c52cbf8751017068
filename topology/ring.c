/* Ring and line: each chip is wired to the next and to the previous one; a ring closes.
 *
 * Link ids, up (towards higher ids) first:     ring of n                line of n
 *     chip i to the next                       i          i = 0..n-1    i            i = 0..n-2
 *     chip i to the previous                   n + i      i = 0..n-1    n-1 + (i-1)  i = 1..n-1
 *
 * Routes take the shorter way round. Half-way round an even ring both ways are equally short, and a
 * flow is split over the two. A ring of two chips has two cables between them.
 */
#include "topology/ring.h"
#include "topology/topology.h"

_Static_assert(LL_RING_SIZE_MAX == 2 * LL_MAX_HOP + 1, "half of a ring is a route");

typedef ll_ring_param ring_param;

// A route may not be longer than LL_MAX_HOP: that bounds the size.
#define RING_KEYS(size_max, name_def)                                                         \
    {"size", LL_KIND_COUNT, LL_KEY_DESIGN, offsetof(ring_param, size), NULL,                  \
     1,      size_max,      NULL,          "number of chips"},                                \
        {"links",                                                                             \
         LL_KIND_COUNT,                                                                       \
         LL_KEY_FACT,                                                                         \
         offsetof(ring_param, links),                                                         \
         "1",                                                                                 \
         1,                                                                                   \
         1 << 16,                                                                             \
         NULL,                                                                                \
         "lanes to each neighbour, per direction"},                                           \
        {"bandwidth", LL_KIND_RATE, LL_KEY_FACT, offsetof(ring_param, bandwidth_Bps),   NULL, \
         1,           1e18,         NULL,        "bandwidth of one lane, per direction"},     \
        {"latency",                                                                           \
         LL_KIND_TIME,                                                                        \
         LL_KEY_FACT,                                                                         \
         offsetof(ring_param, latency_s),                                                     \
         NULL,                                                                                \
         0,                                                                                   \
         1,                                                                                   \
         NULL,                                                                                \
         "latency of one hop, chip to chip"},                                                 \
    {                                                                                         \
        "name", LL_KIND_STRING, 0, offsetof(ring_param, name), name_def, 0, 0, NULL,          \
            "name of the dimension"                                                           \
    }

static const ll_key ring_keys[] = {RING_KEYS(LL_RING_SIZE_MAX, "ring"), {0}};
static const ll_key line_keys[] = {RING_KEYS(LL_MAX_HOP + 1, "line"), {0}};

/* What the two types share. */
static ring_param *chain_create(const void *param, const char *type, ll_arena *mem,
                                ll_topology *topo)
{
    ring_param *state = ll_arena_new(mem, ring_param);
    *state = *(const ring_param *)param;
    topo->n_chip = (int32_t)state->size;
    topo->n_node = state->size;
    topo->n_dim = 1;
    topo->dim[0] = (ll_dim){.name = state->name, .type = type, .size = topo->n_chip};
    topo->state = state;
    return state;
}

static void chain_link(const ring_param *state, int64_t from, int64_t to, ll_link *out)
{
    out->from = from;
    out->to = to;
    out->bw_Bps = state->bandwidth_Bps;
    out->latency_s = state->latency_s;
    out->width = (int32_t)state->links;
    out->dimension = 0;
}

static ll_status ring_create(const void *param, int n_child, const ll_topology *child,
                             ll_arena *mem, ll_topology *topo, ll_error *err)
{
    (void)n_child, (void)child, (void)err;
    int64_t n = chain_create(param, "ring", mem, topo)->size;
    topo->n_link = n > 1 ? 2 * n : 0;
    topo->max_path = n % 2 == 0 ? 2 : 1;
    topo->max_hop = (int)(n / 2);
    return LL_OK;
}

static void ring_link(const ll_topology *topo, int64_t link_id, ll_link *out)
{
    int64_t n = topo->n_chip;
    bool up = link_id < n;
    int64_t from = up ? link_id : link_id - n;
    int64_t to = up ? (from + 1 < n ? from + 1 : 0) : (from > 0 ? from - 1 : n - 1);
    chain_link(topo->state, from, to, out);
}

/* Hops from src to dst going up. */
static inline int32_t ring_ahead(const ll_topology *topo, int32_t src, int32_t dst)
{
    int32_t ahead = dst - src;
    return ahead < 0 ? ahead + topo->n_chip : ahead;
}

static int32_t ring_n_path(const ll_topology *topo, int32_t src, int32_t dst)
{
    return src != dst && 2 * ring_ahead(topo, src, dst) == topo->n_chip ? 2 : 1;
}

static int ring_route(const ll_topology *topo, int32_t src, int32_t dst, int32_t path, int cap,
                      int64_t *link_id)
{
    int32_t n = topo->n_chip;
    int32_t ahead = ring_ahead(topo, src, dst);
    // Path 1 exists only half-way round, where it is the way down.
    bool up = 2 * ahead + path <= n;
    int32_t n_hop = up ? ahead : n - ahead;
    if (n_hop > cap) return -1;
    for (int32_t i = 0, at = src; i < n_hop; i++) {
        link_id[i] = up ? at : (int64_t)n + at;
        at = up ? (at + 1 < n ? at + 1 : 0) : (at > 0 ? at - 1 : n - 1);
    }
    return n_hop;
}

/* A ring turns as a whole, if no chip is singled out. */
static int32_t ring_chip_orbit(const ll_topology *topo, const int32_t *split, int32_t chip,
                               int32_t *n_alike)
{
    if (split[0] < topo->n_chip) return ll_topology_chip_alone(topo, split, chip, n_alike);
    *n_alike = topo->n_chip;
    return 0;
}

static int64_t ring_link_orbit(const ll_topology *topo, const int32_t *split, int64_t link_id,
                               int64_t *n_alike)
{
    if (split[0] < topo->n_chip) return ll_topology_link_alone(topo, split, link_id, n_alike);
    *n_alike = topo->n_chip;
    return link_id < topo->n_chip ? 0 : topo->n_chip;
}

static ll_status line_create(const void *param, int n_child, const ll_topology *child,
                             ll_arena *mem, ll_topology *topo, ll_error *err)
{
    (void)n_child, (void)child, (void)err;
    int64_t n = chain_create(param, "line", mem, topo)->size;
    topo->n_link = 2 * (n - 1);
    topo->max_path = 1;
    topo->max_hop = (int)(n - 1);
    return LL_OK;
}

static void line_link(const ll_topology *topo, int64_t link_id, ll_link *out)
{
    int64_t n_up = topo->n_chip - 1;
    if (link_id < n_up)
        chain_link(topo->state, link_id, link_id + 1, out);
    else
        chain_link(topo->state, link_id - n_up + 1, link_id - n_up, out);
}

static int32_t line_n_path(const ll_topology *topo, int32_t src, int32_t dst)
{
    (void)topo, (void)src, (void)dst;
    return 1;
}

static int line_route(const ll_topology *topo, int32_t src, int32_t dst, int32_t path, int cap,
                      int64_t *link_id)
{
    (void)path;
    int32_t n_up = topo->n_chip - 1;
    int32_t n_hop = dst > src ? dst - src : src - dst;
    if (n_hop > cap) return -1;
    for (int32_t i = 0; i < n_hop; i++)
        link_id[i] = dst > src ? src + i : (int64_t)n_up + (src - i) - 1;
    return n_hop;
}

const ll_topology_type ll_topology_ring = {.name = "ring",
                                           .doc = "each chip wired to the next; closed",
                                           .keys = ring_keys,
                                           .param_size = sizeof(ring_param),
                                           .composite = false,
                                           .create = ring_create,
                                           .link = ring_link,
                                           .n_path = ring_n_path,
                                           .route = ring_route,
                                           .chip_orbit = ring_chip_orbit,
                                           .link_orbit = ring_link_orbit};

const ll_topology_type ll_topology_line = {.name = "line",
                                           .doc = "each chip wired to the next; open at both ends",
                                           .keys = line_keys,
                                           .param_size = sizeof(ring_param),
                                           .composite = false,
                                           .create = line_create,
                                           .link = line_link,
                                           .n_path = line_n_path,
                                           .route = line_route,
                                           .chip_orbit = ll_topology_chip_alone,
                                           .link_orbit = ll_topology_link_alone};
