#include "sim/config/registry.h"

const char *const *ll_registry_names(const ll_registry *registry, ll_arena *mem, int *n)
{
    int n_type = 0;
    while (registry->name(n_type))
        n_type++;
    const char **name = ll_arena_array(mem, n_type + 1, const char *);
    for (int i = 0; i < n_type; i++)
        name[i] = registry->name(i);
    if (n) *n = n_type;
    return name;
}

const ll_key *ll_registry_keys(const ll_registry *registry, ll_arena *mem)
{
    ll_key *keys = ll_arena_array(mem, 2, ll_key);
    keys[0] = (ll_key){.name = "type",
                       .kind = LL_KIND_CHOICE,
                       .def = registry->def,
                       .choices = ll_registry_names(registry, mem, NULL),
                       .doc = registry->doc};
    return keys;
}

ll_status ll_registry_read(ll_config *cfg, const char *path, const ll_registry *registry,
                           ll_arena *mem, int *out, ll_error *err)
{
    int choice = 0;
    LL_TRY(ll_config_fill(cfg, path, ll_registry_keys(registry, mem), &choice, err));
    *out = choice;
    return LL_OK;
}
