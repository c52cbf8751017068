/* Parameters of a plugin for tests, from text and its key table, without the configuration reader:
 *     param_make(mem, type->name, type->keys, type->param_size, "ffn=3072; gated=true")
 */
#ifndef LL_TESTS_SUPPORT_PARAM_MAKE_H
#define LL_TESTS_SUPPORT_PARAM_MAKE_H

#include "sim/base/key.h"

/* Keys that the text leaves out have their defaults. Stops the test if the text has an error. */
static inline void *param_make(ll_arena *mem, const char *name, const ll_key *keys, size_t size,
                               const char *text)
{
    ll_error err;
    ll_error_init(&err);
    void *param = ll_arena_alloc(mem, 1, size + 1);
    LL_ASSERT(ll_key_fill(keys, text, mem, param, &err) == LL_OK, "%s: %s", name, err.text);
    return param;
}

#endif
