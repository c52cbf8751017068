#include "topology/routers.h"

#include "sim/base/mix.h"

#include <string.h>

const char *const ll_routing_choices[] = {"minimal", "valiant", "ugal", NULL};

typedef struct routers_state {
    ll_routers_param param;
    const ll_router_graph *type;
    const void *graph;
    ll_divisor hosts;
    bool alike; /* routers have orbits: not if a hash chooses detours */
} routers_state;

/* With the routes of param->routing, but with minimal ones for ugal. */
static void routers_fill(const routers_state *of, const ll_routers_size *size, ll_arena *mem,
                         ll_topology *topo)
{
    const ll_routers_param *p = &of->param;
    const bool detours = p->routing == LL_ROUTING_VALIANT && size->max_detour > 0;
    const bool some = p->valiant_paths > 0 && p->valiant_paths < size->max_detour;
    const int64_t n_detour = !detours ? 1 : some ? p->valiant_paths : size->max_detour;
    const int max_hop = detours ? size->max_detour_hop : 0;
    routers_state *state = ll_arena_new(mem, routers_state);
    *state = *of;
    state->alike = !(detours && some);
    topo->n_chip = (int32_t)(size->n_host_router * p->hosts);
    topo->n_node = topo->n_chip + size->n_router;
    topo->n_link = 2 * (int64_t)topo->n_chip + size->n_link;
    topo->max_path = (int32_t)(n_detour > size->max_way ? n_detour : size->max_way);
    topo->max_hop = 2 + (max_hop > size->max_hop ? max_hop : size->max_hop);
    topo->n_dim = 1;
    topo->dim[0] = (ll_dim){.name = p->name, .type = topo->type->name, .size = topo->n_chip};
    topo->state = state;
}

ll_status ll_routers_create(const ll_routers_param *param, const ll_router_graph *type,
                            const void *graph, const ll_routers_size *size, ll_arena *mem,
                            ll_topology *topo, ll_error *err)
{
    const int64_t n_chip = size->n_host_router * param->hosts;
    if (n_chip > 1 << 24)
        return ll_error_set(err, LL_ERR_CONFIG, "%lld chips; at most %d are possible",
                            (long long)n_chip, 1 << 24);
    if (param->valiant_paths > 0 && param->routing == LL_ROUTING_MINIMAL)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "valiant_paths needs a routing with detours; leave it out");
    const ll_divisor hosts = ll_divisor_of((int32_t)param->hosts);
    const routers_state state = {*param, type, graph, hosts, true};
    routers_fill(&state, size, mem, topo);
    if (param->routing != LL_ROUTING_UGAL || size->max_detour == 0) return LL_OK;
    routers_state around = state;
    around.param.routing = LL_ROUTING_VALIANT;
    ll_topology *detours = ll_arena_new(mem, ll_topology);
    detours->type = topo->type;
    routers_fill(&around, size, mem, detours);
    topo->detours = detours;
    return LL_OK;
}

int32_t ll_router_alone(const void *graph, int32_t router, int32_t *n_alike)
{
    (void)graph;
    *n_alike = 1;
    return router;
}

int64_t ll_router_link_alone(const void *graph, int64_t i, int64_t *n_alike)
{
    (void)graph;
    *n_alike = 1;
    return i;
}

void ll_routers_link(const ll_topology *topo, int64_t link_id, ll_link *out)
{
    const routers_state *state = topo->state;
    const ll_routers_param *p = &state->param;
    const int64_t n = topo->n_chip;
    if (link_id >= 2 * n) {
        state->type->link(state->graph, link_id - 2 * n, out);
        out->from += n;
        out->to += n;
        out->latency_s += p->switch_latency_s;
        out->dimension = 0;
        return;
    }
    const bool up = link_id < n;
    const int64_t chip = up ? link_id : link_id - n;
    const int64_t router = n + ll_quotient((int32_t)chip, &state->hosts);
    *out = (ll_link){.from = up ? chip : router,
                     .to = up ? router : chip,
                     .bw_Bps = p->bandwidth_Bps,
                     .latency_s = p->latency_s + (up ? 0 : p->switch_latency_s),
                     .width = (int32_t)p->links};
}

/* Detours that the pair uses; 0: its minimal ways. *all: those that there are. */
static int32_t routers_n_detour(const routers_state *state, int32_t a, int32_t b, int32_t *all)
{
    const int64_t most = state->param.valiant_paths;
    *all = 0;
    if (state->param.routing != LL_ROUTING_VALIANT) return 0;
    *all = state->type->n_detour(state->graph, a, b);
    return most > 0 && most < *all ? (int32_t)most : *all;
}

int32_t ll_routers_n_path(const ll_topology *topo, int32_t src, int32_t dst)
{
    const routers_state *state = topo->state;
    const int32_t a = ll_quotient(src, &state->hosts), b = ll_quotient(dst, &state->hosts);
    int32_t all;
    if (a == b) return 1;
    const int32_t n = routers_n_detour(state, a, b, &all);
    return n > 0 ? n : state->type->n_way(state->graph, a, b);
}

int ll_routers_route(const ll_topology *topo, int32_t src, int32_t dst, int32_t path, int cap,
                     int64_t *link_id)
{
    const routers_state *state = topo->state;
    const int32_t a = ll_quotient(src, &state->hosts), b = ll_quotient(dst, &state->hosts);
    const int64_t first = 2 * (int64_t)topo->n_chip; /* link between routers */
    int64_t hop[LL_MAX_HOP];
    int n_hop = 0;
    if (src == dst) return 0;
    if (a != b) {
        int32_t all, n = routers_n_detour(state, a, b, &all);
        if (n > 0 && n < all) {
            const uint64_t pair = (uint64_t)(uint32_t)a << 32 | (uint32_t)b;
            const int64_t from = (int64_t)(ll_mix(pair + LL_MIX_GOLDEN) % (uint64_t)all);
            path = (int32_t)((from + (int64_t)path * all / n) % all);
        }
        n_hop = n > 0 ? state->type->detour(state->graph, a, b, path, hop)
                      : state->type->way(state->graph, a, b, path, hop);
    }
    if (n_hop + 2 > cap) return -1;
    link_id[0] = src;
    for (int h = 0; h < n_hop; h++)
        link_id[1 + h] = first + hop[h];
    link_id[1 + n_hop] = topo->n_chip + dst;
    return n_hop + 2;
}

/* The chips of a router are alike, and so are those of routers that are alike; those of one router
 * also where chips are singled out, as far as they are in one part. */
int32_t ll_routers_chip_orbit(const ll_topology *topo, const int32_t *split, int32_t chip,
                              int32_t *n_alike)
{
    const routers_state *state = topo->state;
    const int32_t hosts = state->hosts.by, router = ll_quotient(chip, &state->hosts);
    if (split[0] >= topo->n_chip && state->alike) {
        const int32_t first = state->type->router_orbit(state->graph, router, n_alike);
        *n_alike *= hosts;
        return first * hosts;
    }
    const ll_part part = ll_part_of(split[0], topo->n_chip, chip);
    const int32_t end = part.first + part.size, last = (router + 1) * hosts;
    const int32_t lo = part.first > router * hosts ? part.first : router * hosts;
    *n_alike = (end < last ? end : last) - lo;
    return lo;
}

int64_t ll_routers_link_orbit(const ll_topology *topo, const int32_t *split, int64_t link_id,
                              int64_t *n_alike)
{
    const routers_state *state = topo->state;
    const int64_t n = topo->n_chip;
    if (link_id < 2 * n) {
        const int64_t of = link_id < n ? 0 : n;
        int32_t n_chip;
        const int32_t first = ll_routers_chip_orbit(topo, split, (int32_t)(link_id - of), &n_chip);
        *n_alike = n_chip;
        return of + first;
    }
    if (split[0] < n || !state->alike) return ll_topology_link_alone(topo, split, link_id, n_alike);
    return 2 * n + state->type->link_orbit(state->graph, link_id - 2 * n, n_alike);
}
