/* Full mesh: one bundle of lanes for every ordered pair of chips.
 *
 * Link id: source * (n-1) + r, where r counts the other chips in ascending order.
 *
 * routing = spray splits each flow evenly over the direct link and all n-2 detours of two hops (the
 * all-path routing of UB-Mesh, arXiv 2503.20377): a lone pair then has all of its lanes, while
 * under uniform traffic each link carries (2n-3)/(n-1) of what direct routing puts on it. */
#include "topology/topology.h"

enum { MESH_DIRECT, MESH_SPRAY };
static const char *const mesh_routings[] = {"direct", "spray", NULL};

typedef struct mesh_param {
    int64_t size, links_per_pair;
    double bandwidth_Bps, latency_s;
    const char *name;
    int routing;
} mesh_param;

static const ll_key mesh_keys[] = {
    {"size", LL_KIND_COUNT, LL_KEY_DESIGN, offsetof(mesh_param, size), NULL, 1, 1 << 16, NULL,
     "number of chips"},
    {"links_per_pair", LL_KIND_COUNT, LL_KEY_DESIGN, offsetof(mesh_param, links_per_pair), "1", 1,
     1 << 16, NULL, "lanes from each chip to each other one"},
    {"bandwidth", LL_KIND_RATE, LL_KEY_FACT, offsetof(mesh_param, bandwidth_Bps), NULL, 1, 1e18,
     NULL, "bandwidth of one lane, per direction"},
    {"latency", LL_KIND_TIME, LL_KEY_FACT, offsetof(mesh_param, latency_s), NULL, 0, 1, NULL,
     "latency of one hop, chip to chip"},
    {"routing", LL_KIND_CHOICE, 0, offsetof(mesh_param, routing), "direct", 0, 0, mesh_routings,
     "direct link, or packets sprayed over it and all detours of two hops"},
    {"name", LL_KIND_STRING, 0, offsetof(mesh_param, name), "mesh", 0, 0, NULL,
     "name of the dimension"},
    {0}};

static ll_status mesh_create(const void *param, int n_child, const ll_topology *child,
                             ll_arena *mem, ll_topology *topo, ll_error *err)
{
    (void)n_child, (void)child, (void)err;
    mesh_param *state = ll_arena_new(mem, mesh_param);
    *state = *(const mesh_param *)param;
    bool detours = state->routing == MESH_SPRAY && state->size > 2;
    topo->n_chip = (int32_t)state->size;
    topo->n_node = state->size;
    topo->n_link = state->size * (state->size - 1);
    topo->max_path = detours ? topo->n_chip - 1 : 1;
    topo->max_hop = detours ? 2 : 1;
    topo->n_dim = 1;
    topo->dim[0] = (ll_dim){.name = state->name, .type = "mesh", .size = topo->n_chip};
    topo->state = state;
    return LL_OK;
}

static inline int64_t mesh_link_id(int32_t n_chip, int32_t from, int32_t to)
{
    return (int64_t)from * (n_chip - 1) + to - (to > from);
}

static void mesh_link(const ll_topology *topo, int64_t link_id, ll_link *out)
{
    const mesh_param *state = topo->state;
    int64_t n_peer = topo->n_chip - 1;
    int64_t peer = link_id % n_peer;
    out->from = link_id / n_peer;
    out->to = peer + (peer >= out->from);
    out->bw_Bps = state->bandwidth_Bps;
    out->latency_s = state->latency_s;
    out->width = (int32_t)state->links_per_pair;
    out->dimension = 0;
}

static int32_t mesh_n_path(const ll_topology *topo, int32_t src, int32_t dst)
{
    return src == dst ? 1 : topo->max_path;
}

static int mesh_route(const ll_topology *topo, int32_t src, int32_t dst, int32_t path, int cap,
                      int64_t *link_id)
{
    if (src == dst) return 0;
    if (cap < 1 + (path > 0)) return -1;
    if (path == 0) {
        link_id[0] = mesh_link_id(topo->n_chip, src, dst);
        return 1;
    }
    // Detour number path-1 goes over the (path-1)-th chip that is neither src nor dst.
    int32_t low = src < dst ? src : dst, high = src < dst ? dst : src;
    int32_t via = path - 1;
    via += via >= low;
    via += via >= high;
    link_id[0] = mesh_link_id(topo->n_chip, src, via);
    link_id[1] = mesh_link_id(topo->n_chip, via, dst);
    return 2;
}

static int32_t mesh_chip_orbit(const ll_topology *topo, const int32_t *split, int32_t chip,
                               int32_t *n_alike)
{
    const ll_part part = ll_part_of(split[0], topo->n_chip, chip);
    *n_alike = part.size;
    return part.first;
}

static int64_t mesh_link_orbit(const ll_topology *topo, const int32_t *split, int64_t link_id,
                               int64_t *n_alike)
{
    const int32_t n_peer = topo->n_chip - 1;
    const int32_t from = (int32_t)(link_id / n_peer), peer = (int32_t)(link_id % n_peer);
    const ll_part a = ll_part_of(split[0], topo->n_chip, from);
    const ll_part b = ll_part_of(split[0], topo->n_chip, peer + (peer >= from));
    const bool same = a.first == b.first;
    *n_alike = (int64_t)a.size * (same ? a.size - 1 : b.size);
    return mesh_link_id(topo->n_chip, a.first, same ? a.first + 1 : b.first);
}

const ll_topology_type ll_topology_mesh = {.name = "mesh",
                                           .doc = "full mesh, every chip wired to every other",
                                           .keys = mesh_keys,
                                           .param_size = sizeof(mesh_param),
                                           .composite = false,
                                           .create = mesh_create,
                                           .link = mesh_link,
                                           .n_path = mesh_n_path,
                                           .route = mesh_route,
                                           .chip_orbit = mesh_chip_orbit,
                                           .link_orbit = mesh_link_orbit};
