/* A choice among the types of a family of plugins: `type = "clos"` in a group of the
 * configuration.
 *
 * The owner of the list of types describes the key `type`; the other keys of the group are those of
 * the type.
 */
#ifndef LL_CONFIG_REGISTRY_H
#define LL_CONFIG_REGISTRY_H

#include "sim/config/config.h"

typedef struct ll_registry {
    const char *doc;            /* of the key `type` */
    const char *def;            /* default; NULL: it must be given */
    const char *(*name)(int i); /* of the i-th type; NULL after the last one */
} ll_registry;

/* The names of all types, ended by NULL. *n, if not NULL: how many. In mem. */
const char *const *ll_registry_names(const ll_registry *registry, ll_arena *mem, int *n);

/* The key `type` as a table of its own. In mem. */
const ll_key *ll_registry_keys(const ll_registry *registry, ll_arena *mem);

/* *out: index of the type that the group at `path` names. mem has to last as long as cfg. */
ll_status ll_registry_read(ll_config *cfg, const char *path, const ll_registry *registry,
                           ll_arena *mem, int *out, ll_error *err);

#endif
