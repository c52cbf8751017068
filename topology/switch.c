/* One layer of equal switch chips: every chip has `links` lanes up into the layer and as many down.
 *
 *     chip 0   chip 1  ...  chip n-1        up:   link i,      chip i -> layer, `links` lanes
 *        \        |            /            down: link n + i,  layer -> chip i
 *       [ sw 0 | sw 1 | ... | sw k ]
 *
 * Traffic is sprayed evenly over the lanes and so over the switch chips (18 of them in NVL72, each
 * with one lane to each chip). All switch chips then carry the same load, and the layer is exactly
 * one node with bundles of lanes.
 */
#include "topology/topology.h"

typedef struct switch_param {
    int64_t size, links;
    double bandwidth_Bps, latency_s, switch_latency_s;
    const char *name;
    bool in_network;
} switch_param;

static const ll_key switch_keys[] = {
    {"size", LL_KIND_COUNT, LL_KEY_DESIGN, offsetof(switch_param, size), NULL, 1, 1 << 24, NULL,
     "number of chips"},
    {"links", LL_KIND_COUNT, LL_KEY_DESIGN, offsetof(switch_param, links), "1", 1, 1 << 16, NULL,
     "lanes between each chip and the switch, per direction"},
    {"bandwidth", LL_KIND_RATE, LL_KEY_FACT, offsetof(switch_param, bandwidth_Bps), NULL, 1, 1e18,
     NULL, "bandwidth of one lane, per direction"},
    {"latency", LL_KIND_TIME, LL_KEY_FACT, offsetof(switch_param, latency_s), NULL, 0, 1, NULL,
     "latency of one hop, chip to switch or switch to chip"},
    {"switch_latency", LL_KIND_TIME, LL_KEY_FACT, offsetof(switch_param, switch_latency_s), "0 s",
     0, 1, NULL, "latency of the switch; counts on the link that leaves it"},
    {"in_network", LL_KIND_BOOL, LL_KEY_FACT, offsetof(switch_param, in_network), "false", 0, 0,
     NULL, "the switches can reduce (all_reduce in the network)"},
    {"name", LL_KIND_STRING, 0, offsetof(switch_param, name), "switch", 0, 0, NULL,
     "name of the dimension"},
    {0}};

static ll_status switch_create(const void *param, int n_child, const ll_topology *child,
                               ll_arena *mem, ll_topology *topo, ll_error *err)
{
    (void)n_child, (void)child, (void)err;
    switch_param *state = ll_arena_new(mem, switch_param);
    *state = *(const switch_param *)param;
    topo->n_chip = (int32_t)state->size;
    topo->n_node = state->size + 1;
    topo->n_link = 2 * state->size;
    topo->max_path = 1;
    topo->max_hop = 2;
    topo->n_dim = 1;
    topo->dim[0] = (ll_dim){
        .name = state->name, .type = "switch", .size = topo->n_chip, .reduces = state->in_network};
    topo->state = state;
    return LL_OK;
}

static void switch_link(const ll_topology *topo, int64_t link_id, ll_link *out)
{
    const switch_param *state = topo->state;
    bool up = link_id < topo->n_chip;
    out->from = up ? link_id : topo->n_chip;
    out->to = up ? topo->n_chip : link_id - topo->n_chip;
    out->bw_Bps = state->bandwidth_Bps;
    out->latency_s = state->latency_s + (up ? 0 : state->switch_latency_s);
    out->width = (int32_t)state->links;
    out->dimension = 0;
}

static int32_t switch_n_path(const ll_topology *topo, int32_t src, int32_t dst)
{
    (void)topo, (void)src, (void)dst;
    return 1;
}

static int switch_route(const ll_topology *topo, int32_t src, int32_t dst, int32_t path, int cap,
                        int64_t *link_id)
{
    (void)path;
    if (src == dst) return 0;
    if (cap < 2) return -1;
    link_id[0] = src;
    link_id[1] = (int64_t)topo->n_chip + dst;
    return 2;
}

static int32_t switch_chip_orbit(const ll_topology *topo, const int32_t *split, int32_t chip,
                                 int32_t *n_alike)
{
    const ll_part part = ll_part_of(split[0], topo->n_chip, chip);
    *n_alike = part.size;
    return part.first;
}

static int64_t switch_link_orbit(const ll_topology *topo, const int32_t *split, int64_t link_id,
                                 int64_t *n_alike)
{
    const int32_t n = topo->n_chip, down = link_id < n ? 0 : n;
    const ll_part part = ll_part_of(split[0], n, (int32_t)(link_id - down));
    *n_alike = part.size;
    return down + part.first;
}

const ll_topology_type ll_topology_switch = {.name = "switch",
                                             .doc = "one layer of switch chips, sprayed over",
                                             .keys = switch_keys,
                                             .param_size = sizeof(switch_param),
                                             .composite = false,
                                             .create = switch_create,
                                             .link = switch_link,
                                             .n_path = switch_n_path,
                                             .route = switch_route,
                                             .chip_orbit = switch_chip_orbit,
                                             .link_orbit = switch_link_orbit};
