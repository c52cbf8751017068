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

/* The text of `key` in "a=1; b=2", or NULL. */
static inline const char *make_value(ll_arena *mem, const char *text, const char *key)
{
    size_t n = strlen(key);
    for (const char *at = text; *at; at += strcspn(at, ";"), at += *at == ';') {
        at += strspn(at, " ");
        if (strncmp(at, key, n) == 0 && at[n] == '=')
            return ll_arena_strndup(mem, at + n + 1, strcspn(at + n + 1, ";"));
    }
    return NULL;
}

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

/* Fill one field; false if `value` is not legal for the key. */
static inline bool make_field(const ll_key *key, const char *value, char *field)
{
    double number = 0;
    char why[256];
    switch (key->kind) {
    case LL_KIND_BOOL:
        *(bool *)field = strcmp(value, "true") == 0;
        return true;
    case LL_KIND_STRING:
        *(const char **)field = value;
        return true;
    case LL_KIND_CHOICE:
        for (int i = 0; key->choices[i]; i++) {
            if (strcmp(key->choices[i], value) != 0) continue;
            *(int *)field = i;
            return true;
        }
        return false;
    case LL_KIND_COUNT:
    case LL_KIND_RATIO:
    case LL_KIND_TIME:
    case LL_KIND_SIZE:
    case LL_KIND_RATE:
    case LL_KIND_COMPUTE:
    case LL_KIND_POWER:
        break;
    }
    if (ll_units_parse(key->kind, value, &number, why, sizeof why) != LL_OK) return false;
    if (number < key->min || number > key->max) return false;
    if (key->kind == LL_KIND_COUNT)
        *(int64_t *)field = (int64_t)number;
    else
        *(double *)field = number;
    return true;
}

/* NULL and a message in err if a key is missing, illegal or unknown, or create() refuses. */
static inline ll_topology *topology_of(ll_arena *mem, const ll_topology_type *type,
                                       const char *text, int n_child, const ll_topology *child,
                                       ll_error *err)
{
    char *param = ll_arena_alloc(mem, 1, type->param_size + 1);
    int n_given = 0, n_asked = 0;
    for (const char *at = text; (at = strchr(at, '=')); at++)
        n_given++;
    for (const ll_key *key = type->keys; key->name; key++) {
        const char *value = make_value(mem, text, key->name);
        n_asked += value != NULL;
        if (!value) value = key->def;
        if (value && key->flags & LL_KEY_PATH) {
            *(ll_text_file *)(void *)(param + key->offset) = make_file(mem, value);
            continue;
        }
        if (!value || !make_field(key, value, param + key->offset)) {
            ll_error_set(err, LL_ERR_CONFIG, "%s: %s = %s", type->name, key->name,
                         value ? value : "(missing)");
            return NULL;
        }
    }
    if (n_asked != n_given) {
        ll_error_set(err, LL_ERR_CONFIG, "%s: unknown key in '%s'", type->name, text);
        return NULL;
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
