/* Topologies for tests and benchmarks, from text and the key table of their type, without the
 * configuration reader:
 *     topology_make(mem, "switch", "size=8; bandwidth=50 GB/s; latency=300 ns", 0, NULL, &err)
 */
#ifndef LL_TESTS_SUPPORT_TOPOLOGY_MAKE_H
#define LL_TESTS_SUPPORT_TOPOLOGY_MAKE_H

#include "sim/base/text.h"
#include "topology/degraded.h"

#include <stdio.h>
#include <string.h>

/* As the configuration reader does it for a key of a file. */
static inline ll_text_file make_file(ll_arena *mem, const char *path)
{
    ll_text text;
    ll_text_init(&text, mem);
    FILE *in = fopen(path, "r");
    LL_ASSERT(in, "cannot read %s", path);
    for (int c = getc(in); c != EOF; c = getc(in))
        ll_text_add(&text, "%c", c);
    fclose(in);
    return (ll_text_file){ll_arena_strdup(mem, path), text.s};
}

/* NULL and a message in err if a key is missing, illegal or unknown, or create() refuses. */
static inline ll_topology *topology_of(ll_arena *mem, const ll_topology_type *type,
                                       const char *text, int n_child, const ll_topology *child,
                                       ll_error *err)
{
    char *param = ll_arena_alloc(mem, 1, type->param_size + 1);
    if (ll_key_fill(type->keys, text, mem, param, err) != LL_OK) return NULL;
    for (const ll_key *key = type->keys; key->name; key++)
        if (key->flags & LL_KEY_PATH) {
            ll_text_file *file = (void *)(param + key->offset);
            *file = make_file(mem, file->name);
        }
    ll_topology *topo = ll_arena_new(mem, ll_topology);
    topo->type = type;
    return type->create(param, n_child, child, mem, topo, err) == LL_OK ? topo : NULL;
}

/* The same for a registered type. */
static inline ll_topology *topology_make(ll_arena *mem, const char *type_name, const char *text,
                                         int n_child, const ll_topology *child, ll_error *err)
{
    const ll_topology_type *type = ll_topology_find(type_name);
    LL_ASSERT(type, "no topology '%s'", type_name);
    return topology_of(mem, type, text, n_child, child, err);
}

/* The same for text that must be right. */
static inline ll_topology *topology_must(ll_arena *mem, const char *type_name, const char *text)
{
    ll_error err;
    ll_error_init(&err);
    ll_topology *topo = topology_make(mem, type_name, text, 0, NULL, &err);
    LL_ASSERT(topo, "%s", err.text);
    return topo;
}

/* Product of [n_child] topologies, which must fit together. */
static inline ll_topology *topology_times(ll_arena *mem, int n_child, ll_topology *const *child)
{
    ll_error err;
    ll_error_init(&err);
    ll_topology *part = ll_arena_array(mem, n_child, ll_topology);
    for (int i = 0; i < n_child; i++)
        part[i] = *child[i];
    ll_topology *topo = topology_make(mem, "product", "", n_child, part, &err);
    LL_ASSERT(topo, "%s", err.text);
    return topo;
}

/* The same with links that are slow or down, which must be right. */
static inline ll_topology *topology_degraded(ll_arena *mem, const ll_topology *beneath,
                                             const char *rates)
{
    ll_error err;
    ll_error_init(&err);
    ll_topology *topo = ll_arena_new(mem, ll_topology);
    LL_ASSERT(ll_topology_degrade(beneath, rates, mem, topo, &err) == LL_OK, "%s", err.text);
    return topo;
}

#endif
