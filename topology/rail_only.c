/* Rail-only network (Wang et al., "Rail-only", HOTI 2024; arXiv 2307.12169): nodes of chips behind
 * switches of their own, and for each place in a node a rail, a switch that joins the chips of that
 * place of all nodes. Rails are joined with each other by nothing but the nodes, so a flow between
 * two rails goes through the switch of its own node first. It is the product of two layers of
 * switches; where a rail has leaves and spines, write the product of a switch and a clos. */
#include "topology/topology.h"

typedef struct rail_param {
    int64_t nodes, chips_per_node, node_links, rail_links;
    double node_bandwidth_Bps, node_latency_s, rail_bandwidth_Bps, rail_latency_s;
    double switch_latency_s;
    bool in_network;
} rail_param;

#define RAIL_KEY(key, kind_, flags_) .name = #key, .kind = LL_KIND_##kind_, .flags = flags_

static const ll_key rail_keys[] = {
    {RAIL_KEY(nodes, COUNT, LL_KEY_DESIGN), .offset = offsetof(rail_param, nodes), .min = 1,
     .max = 1 << 20, .doc = "nodes, which are the ports of each rail"},
    {RAIL_KEY(chips_per_node, COUNT, LL_KEY_DESIGN), .offset = offsetof(rail_param, chips_per_node),
     .min = 1, .max = 1 << 12, .doc = "chips of a node, each on a rail of its own"},
    {RAIL_KEY(node_links, COUNT, LL_KEY_DESIGN), .offset = offsetof(rail_param, node_links),
     .def = "1", .min = 1, .max = 1 << 16, .doc = "lanes of a chip to the switch of its node"},
    {RAIL_KEY(node_bandwidth, RATE, LL_KEY_FACT),
     .offset = offsetof(rail_param, node_bandwidth_Bps), .min = 1, .max = 1e18,
     .doc = "bandwidth of one of them, per direction"},
    {RAIL_KEY(node_latency, TIME, LL_KEY_FACT), .offset = offsetof(rail_param, node_latency_s),
     .max = 1, .doc = "latency of one hop within a node"},
    {RAIL_KEY(rail_links, COUNT, LL_KEY_DESIGN), .offset = offsetof(rail_param, rail_links),
     .def = "1", .min = 1, .max = 1 << 16, .doc = "lanes of a chip to its rail"},
    {RAIL_KEY(rail_bandwidth, RATE, LL_KEY_FACT),
     .offset = offsetof(rail_param, rail_bandwidth_Bps), .min = 1, .max = 1e18,
     .doc = "bandwidth of one of them, per direction"},
    {RAIL_KEY(rail_latency, TIME, LL_KEY_FACT), .offset = offsetof(rail_param, rail_latency_s),
     .max = 1, .doc = "latency of one hop between chip and rail"},
    {RAIL_KEY(switch_latency, TIME, LL_KEY_FACT), .offset = offsetof(rail_param, switch_latency_s),
     .def = "0 s", .max = 1, .doc = "latency of a switch; counts on each link that leaves it"},
    {RAIL_KEY(in_network, BOOL, LL_KEY_FACT), .offset = offsetof(rail_param, in_network),
     .def = "false", .doc = "the switches of nodes can reduce (all_reduce in the network)"},
    {0}};

/* Parameters of a layer of switches, as its keys name them. */
#define RAIL_SWITCH                                                          \
    "name=%s; size=%lld; links=%lld; bandwidth=%.17g B/s; latency=%.17g s; " \
    "switch_latency=%.17g s; in_network=%s"

static ll_status rail_switch(const char *text, ll_arena *mem, ll_topology *out, ll_error *err)
{
    void *param = ll_arena_alloc(mem, 1, ll_topology_switch.param_size);
    LL_TRY(ll_key_fill(ll_topology_switch.keys, text, mem, param, err));
    out->type = &ll_topology_switch;
    return ll_topology_switch.create(param, 0, NULL, mem, out, err);
}

static ll_status rail_create(const void *param, int n_child, const ll_topology *child,
                             ll_arena *mem, ll_topology *topo, ll_error *err)
{
    (void)n_child, (void)child;
    const rail_param *p = param;
    ll_topology *part = ll_arena_array(mem, 2, ll_topology);
    const char *node =
        ll_arena_printf(mem, RAIL_SWITCH, "node", (long long)p->chips_per_node,
                        (long long)p->node_links, p->node_bandwidth_Bps, p->node_latency_s,
                        p->switch_latency_s, p->in_network ? "true" : "false");
    const char *rail =
        ll_arena_printf(mem, RAIL_SWITCH, "rail", (long long)p->nodes, (long long)p->rail_links,
                        p->rail_bandwidth_Bps, p->rail_latency_s, p->switch_latency_s, "false");
    LL_TRY(rail_switch(node, mem, &part[0], err));
    LL_TRY(rail_switch(rail, mem, &part[1], err));
    return ll_topology_product.create(NULL, 2, part, mem, topo, err);
}

static void rail_link(const ll_topology *topo, int64_t link_id, ll_link *out)
{
    ll_topology_product.link(topo, link_id, out);
}

static int32_t rail_n_path(const ll_topology *topo, int32_t src, int32_t dst)
{
    return ll_topology_product.n_path(topo, src, dst);
}

static int rail_route(const ll_topology *topo, int32_t src, int32_t dst, int32_t path, int cap,
                      int64_t *link_id)
{
    return ll_topology_product.route(topo, src, dst, path, cap, link_id);
}

static int32_t rail_chip_orbit(const ll_topology *topo, const int32_t *split, int32_t chip,
                               int32_t *n_alike)
{
    return ll_topology_product.chip_orbit(topo, split, chip, n_alike);
}

static int64_t rail_link_orbit(const ll_topology *topo, const int32_t *split, int64_t link_id,
                               int64_t *n_alike)
{
    return ll_topology_product.link_orbit(topo, split, link_id, n_alike);
}

const ll_topology_type ll_topology_rail_only = {
    .name = "rail_only",
    .doc = "nodes behind a switch, and a switch for each place in them (rail)",
    .keys = rail_keys,
    .param_size = sizeof(rail_param),
    .composite = false,
    .create = rail_create,
    .link = rail_link,
    .n_path = rail_n_path,
    .route = rail_route,
    .chip_orbit = rail_chip_orbit,
    .link_orbit = rail_link_orbit};
