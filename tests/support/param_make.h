/* Parameters of a plugin for tests, from text and its key table, without the configuration reader:
 *     param_make(mem, type->name, type->keys, type->param_size, "ffn=3072; gated=true")
 */
#ifndef LL_TESTS_SUPPORT_PARAM_MAKE_H
#define LL_TESTS_SUPPORT_PARAM_MAKE_H

#include "tests/support/topology_make.h"

/* Keys that the text leaves out have their defaults. Stops the test if the text has an error. */
static inline void *param_make(ll_arena *mem, const char *name, const ll_key *keys, size_t size,
                               const char *text)
{
    char *param = ll_arena_alloc(mem, 1, size + 1);
    for (const ll_key *key = keys; key->name; key++) {
        const char *value = make_value(mem, text, key->name);
        if (!value) value = key->def;
        LL_ASSERT(value && make_field(key, value, param + key->offset), "%s: %s", name, key->name);
    }
    return param;
}

#endif
