#include "sim/engine/channel_load.h"

static void add_flow(const ll_topology *topo, const ll_flow *f, double *load_B)
{
    const ll_topology_type *type = topo->type;
    const int32_t n_path = f->src == f->dst ? 0 : type->n_path(topo, f->src, f->dst);
    for (int32_t p = 0; p < n_path; p++) {
        int64_t hop[LL_MAX_HOP];
        const int n_hop = type->route(topo, f->src, f->dst, p, LL_MAX_HOP, hop);
        for (int h = 0; h < n_hop; h++)
            load_B[hop[h]] += f->size_B / n_path;
    }
}

ll_channel_load ll_channel_load_of(const ll_topology *topo, const ll_traffic *t, ll_arena *mem)
{
    const ll_arena_mark mark = ll_arena_here(mem);
    double *load_B = ll_arena_array(mem, topo->n_link, double);
    ll_channel_load out = {.link = -1};
    for (int64_t i = 0; i < ll_traffic_n_flow(t); i++) {
        ll_flow f;
        ll_traffic_flow(t, i, &f);
        add_flow(topo, &f, load_B);
    }
    for (int64_t id = 0; id < topo->n_link; id++) {
        ll_link link;
        if (!(load_B[id] > 0)) continue;
        topo->type->link(topo, id, &link);
        const double busy_s = load_B[id] / ll_link_capacity_Bps(&link);
        if (busy_s > out.busy_s) out = (ll_channel_load){id, busy_s};
    }
    ll_arena_release(mem, mark);
    return out;
}
