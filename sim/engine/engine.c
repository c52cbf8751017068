#include "sim/engine/engine.h"

#include <string.h>

#define ENGINE_ADDRESS(name) &ll_engine_##name,
const ll_engine_type *const ll_engine_types[] = {LL_ENGINES(ENGINE_ADDRESS) NULL};
#undef ENGINE_ADDRESS

const ll_engine_type *ll_engine_find(const char *name)
{
    for (int i = 0; ll_engine_types[i] != NULL; i++)
        if (strcmp(ll_engine_types[i]->name, name) == 0) return ll_engine_types[i];
    return NULL;
}

bool ll_engine_has_no_errors(const void *param, void *out)
{
    (void)param;
    (void)out;
    return false;
}
