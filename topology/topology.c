#include "topology/topology.h"

#include <string.h>

#define LL_TOPOLOGY_ENTRY(name) &ll_topology_##name,
const ll_topology_type *const ll_topology_types[] = {LL_TOPOLOGIES(LL_TOPOLOGY_ENTRY) NULL};
#undef LL_TOPOLOGY_ENTRY

const ll_topology_type *ll_topology_find(const char *name)
{
    for (int i = 0; ll_topology_types[i]; i++)
        if (strcmp(ll_topology_types[i]->name, name) == 0) return ll_topology_types[i];
    return NULL;
}

int32_t ll_topology_chip_alone(const ll_topology *topo, const int32_t *split, int32_t chip,
                               int32_t *n_alike)
{
    (void)topo, (void)split;
    *n_alike = 1;
    return chip;
}

int64_t ll_topology_link_alone(const ll_topology *topo, const int32_t *split, int64_t link_id,
                               int64_t *n_alike)
{
    (void)topo, (void)split;
    *n_alike = 1;
    return link_id;
}

double ll_topology_latency_s(const ll_topology *topo, int32_t src, int32_t dst)
{
    const int32_t n_path = topo->type->n_path(topo, src, dst);
    double longest_s = 0;
    for (int32_t path = 0; path < n_path; path++) {
        int64_t link_id[LL_MAX_HOP];
        const int n_hop = topo->type->route(topo, src, dst, path, LL_MAX_HOP, link_id);
        LL_ASSERT(n_hop >= 0, "%s: %d to %d has more than %d hops", topo->type->name, src, dst,
                  LL_MAX_HOP);
        double latency_s = 0;
        for (int i = 0; i < n_hop; i++) {
            ll_link link;
            topo->type->link(topo, link_id[i], &link);
            latency_s += link.latency_s;
        }
        if (latency_s > longest_s) longest_s = latency_s;
    }
    return longest_s;
}

void ll_topology_coord(const ll_topology *topo, int32_t chip, int32_t *coord)
{
    for (int d = 0; d < topo->n_dim; d++) {
        coord[d] = chip % topo->dim[d].size;
        chip /= topo->dim[d].size;
    }
}

int32_t ll_topology_chip(const ll_topology *topo, const int32_t *coord)
{
    int32_t chip = 0;
    for (int d = topo->n_dim - 1; d >= 0; d--)
        chip = chip * topo->dim[d].size + coord[d];
    return chip;
}

int ll_topology_dimension(const ll_topology *topo, const char *name)
{
    for (int d = 0; d < topo->n_dim; d++)
        if (strcmp(topo->dim[d].name, name) == 0) return d;
    return -1;
}

const char *ll_topology_dimension_names(const ll_topology *topo, ll_arena *mem)
{
    const char *text = "";
    for (int d = 0; d < topo->n_dim; d++)
        text = ll_arena_printf(mem, "%s%s%s", text, d ? ", " : "", topo->dim[d].name);
    return text;
}
