/* A topology in one file, for the tests: a star, all chips wired to chip 0. Topologies are added
 * like this: a table here, one line in LL_TOPOLOGIES of topology/topology.h (here: in the list of
 * tests/contract/topology.c), and one line in the samples of tests/contract/topology.c, which is
 * its test.
 *
 * Link ids: chip i to the hub i-1; the hub to chip i n-1 + i-1; i = 1..n-1. */
#include "tests/toys/topology_toy.h"

static const ll_key keys[] = {{.name = "size",
                               .kind = LL_KIND_COUNT,
                               .flags = LL_KEY_FACT,
                               .offset = offsetof(ll_star_param, size),
                               .min = 1,
                               .max = 1 << 20,
                               .doc = "chips, with the hub"},
                              {.name = "bandwidth",
                               .kind = LL_KIND_RATE,
                               .flags = LL_KEY_FACT,
                               .offset = offsetof(ll_star_param, bandwidth_Bps),
                               .min = 1,
                               .max = 1e18,
                               .doc = "of one wire, per direction"},
                              {.name = "latency",
                               .kind = LL_KIND_TIME,
                               .flags = LL_KEY_FACT,
                               .offset = offsetof(ll_star_param, latency_s),
                               .min = 0,
                               .max = 1,
                               .doc = "of one hop, chip to chip"},
                              {0}};

static ll_status create(const void *param, int n_child, const ll_topology *child, ll_arena *mem,
                        ll_topology *topo, ll_error *err)
{
    (void)n_child, (void)child, (void)err;
    ll_star_param *state = ll_arena_new(mem, ll_star_param);
    *state = *(const ll_star_param *)param;
    topo->n_chip = (int32_t)state->size;
    topo->n_node = state->size;
    topo->n_link = 2 * (state->size - 1);
    topo->max_path = 1;
    topo->max_hop = state->size > 2 ? 2 : (int)state->size - 1;
    topo->uneven = true;
    topo->n_dim = 1;
    topo->dim[0] = (ll_dim){.name = "star", .type = "star", .size = topo->n_chip};
    topo->state = state;
    return LL_OK;
}

static void link_of(const ll_topology *topo, int64_t link_id, ll_link *out)
{
    const ll_star_param *state = topo->state;
    const int64_t n = state->size - 1;
    *out = (ll_link){.bw_Bps = state->bandwidth_Bps, .latency_s = state->latency_s, .width = 1};
    if (link_id < n)
        out->from = link_id + 1;
    else
        out->to = link_id - n + 1;
}

static int32_t n_path(const ll_topology *topo, int32_t src, int32_t dst)
{
    (void)topo, (void)src, (void)dst;
    return 1;
}

static int route(const ll_topology *topo, int32_t src, int32_t dst, int32_t path, int cap,
                 int64_t *link_id)
{
    (void)path;
    const int n_hop = src == dst ? 0 : (src != 0) + (dst != 0);
    if (n_hop > cap) return -1;
    if (n_hop > 0 && src != 0) *link_id++ = src - 1;
    if (n_hop > 0 && dst != 0) *link_id = topo->n_chip - 1 + (dst - 1);
    return n_hop;
}

const ll_topology_type ll_topology_toy = {.name = "star",
                                          .doc = "all chips wired to chip 0",
                                          .keys = keys,
                                          .param_size = sizeof(ll_star_param),
                                          .composite = false,
                                          .create = create,
                                          .link = link_of,
                                          .n_path = n_path,
                                          .route = route,
                                          .chip_orbit = ll_topology_chip_alone,
                                          .link_orbit = ll_topology_link_alone};
