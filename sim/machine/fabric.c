#include "sim/machine/fabric.h"

#include "topology/degraded.h"

#include <string.h>

static const char *type_name(int i)
{
    return ll_topology_types[i] ? ll_topology_types[i]->name : NULL;
}

const ll_registry ll_fabric_registry = {
    .doc = "kind of topology; its own keys follow", .def = NULL, .name = type_name};

/* Report an error that a topology found, without its line feed. */
static ll_status fault(ll_config *cfg, const char *path, const ll_error *why, ll_error *err)
{
    return ll_config_fault(cfg, path, err, "%.*s", (int)strcspn(why->text, "\n"), why->text);
}

/* A dimension is one topology, not a list of different ones. */
static ll_status check_alike(ll_config *cfg, const char *list, ll_arena *mem, ll_error *err)
{
    for (int i = 0; i < LL_MAX_DIM; i++)
        if (ll_config_has(cfg, ll_arena_printf(mem, "%s[%d][0]", list, i)))
            return ll_config_fault(cfg, ll_arena_printf(mem, "%s[%d]", list, i), err,
                                   "a list, but all lines of a dimension are alike; nodes that "
                                   "differ are written link by link: type = \"custom\", file = "
                                   "\"links.txt\"");
    return LL_OK;
}

/* Read a topology; of a product, its children first. build: false: only read the keys. */
static ll_status topology_read(ll_config *cfg, const char *path, bool build, ll_arena *mem,
                               ll_topology *topo, ll_error *err)
{
    int choice = 0, n_child = 0;
    ll_topology *child = NULL;
    ll_error why;
    LL_TRY(ll_registry_read(cfg, path, &ll_fabric_registry, mem, &choice, err));
    const ll_topology_type *type = ll_topology_types[choice];
    if (type->composite) {
        const char *list = ll_arena_printf(mem, "%s.dimensions", path);
        LL_TRY(check_alike(cfg, list, mem, err));
        LL_TRY(ll_config_list(cfg, list, &n_child, err));
        child = ll_arena_array(mem, n_child, ll_topology);
        for (int i = 0; i < n_child; i++) {
            const char *sub = ll_arena_printf(mem, "%s[%d]", list, i);
            LL_TRY(topology_read(cfg, sub, build, mem, &child[i], err));
        }
    }
    void *param = ll_arena_alloc(mem, 1, type->param_size);
    LL_TRY(ll_config_fill(cfg, path, type->keys, param, err));
    if (!build) return LL_OK;
    topo->type = type;
    ll_error_init(&why);
    if (type->create(param, n_child, child, mem, topo, &why) != LL_OK)
        return fault(cfg, path, &why, err);
    return LL_OK;
}

ll_status ll_fabric_topology(ll_config *cfg, const char *path, ll_arena *mem, ll_topology *topo,
                             ll_error *err)
{
    return topology_read(cfg, path, true, mem, topo, err);
}

ll_status ll_fabric_read(ll_config *cfg, const char *link_rates, const ll_topology *known,
                         ll_arena *mem, const ll_topology **out, ll_error *err)
{
    ll_topology *topo = ll_arena_new(mem, ll_topology);
    ll_error why;
    LL_TRY(topology_read(cfg, "cluster.topology", !known, mem, topo, err));
    *out = known ? known : topo;
    if (known || link_rates[strspn(link_rates, " ")] == 0) return LL_OK;
    ll_topology *degraded = ll_arena_new(mem, ll_topology);
    ll_error_init(&why);
    const ll_topology *beneath = topo->as_written ? topo->as_written : topo;
    if (ll_topology_degrade(beneath, link_rates, mem, degraded, &why) != LL_OK)
        return fault(cfg, "cluster.link_rates", &why, err);
    *out = degraded;
    return LL_OK;
}
