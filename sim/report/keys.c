#include "sim/report/keys.h"

#include "sim/engine/engine.h"
#include "sim/machine/chip.h"
#include "sim/machine/cluster.h"
#include "sim/machine/fabric.h"
#include "sim/model/model.h"
#include "sim/work/layout.h"
#include "sim/work/stack.h"
#include "sim/work/study.h"
#include "sim/work/workload.h"

#include <string.h>

static const char *bound_text(const ll_key *key, double value, ll_arena *mem)
{
    char out[64];
    if (key->kind >= LL_KIND_BOOL) return "-";
    ll_units_format(key->kind, value, out, sizeof out);
    return ll_arena_strdup(mem, out);
}

/* What a value may look like: an example with its unit, or the words to choose from. */
static const char *example_text(const ll_key *key, ll_arena *mem)
{
    if (key->kind == LL_KIND_BOOL) return "true, false";
    if (key->kind != LL_KIND_CHOICE)
        return (key->flags & LL_KEY_PATH) ? "a file name" : ll_units_example(key->kind);
    const char *s = "";
    for (int i = 0; key->choices && key->choices[i]; i++)
        s = ll_arena_printf(mem, "%s%s%s", s, i ? ", " : "", key->choices[i]);
    return s;
}

static void keys_add(ll_table *t, const char *prefix, const ll_key *keys)
{
    for (; keys->name; keys++) {
        ll_table_row(t);
        ll_table_set(t, 0, "%s%s", prefix, keys->name);
        ll_table_set(t, 1, "%s", ll_units_kind_name(keys->kind));
        ll_table_set(t, 2, "%s", example_text(keys, t->mem));
        ll_table_set(t, 3, "%s", keys->def ? *keys->def ? keys->def : "\"\"" : "required");
        ll_table_set(t, 4, "%s", bound_text(keys, keys->min, t->mem));
        ll_table_set(t, 5, "%s", bound_text(keys, keys->max, t->mem));
        ll_table_set(t, 6, "%s", keys->doc);
    }
}

static void topologies_add(ll_table *t)
{
    keys_add(t, "cluster.topology.", ll_registry_keys(&ll_fabric_registry, t->mem));
    for (int i = 0; ll_topology_types[i]; i++) {
        const ll_topology_type *type = ll_topology_types[i];
        keys_add(t, ll_arena_printf(t->mem, "cluster.topology (%s).", type->name), type->keys);
        if (!type->composite) continue;
        ll_table_row(t);
        ll_table_set(t, 0, "cluster.topology (%s).dimensions[]", type->name);
        ll_table_set(t, 1, "list");
        ll_table_set(t, 3, "required");
        ll_table_set(t, 4, "-");
        ll_table_set(t, 5, "-");
        ll_table_set(t, 6, "topologies, each with its own type and keys, innermost first");
    }
}

ll_table *ll_keys_table(ll_arena *mem)
{
    static const ll_column columns[] = {
        {.name = "key"},  {.name = "kind"}, {.name = "example"}, {.name = "default"},
        {.name = "from"}, {.name = "to"},   {.name = "meaning"},
    };
    ll_table *t = ll_table_create(mem, "", (int)(sizeof columns / sizeof *columns), columns);
    keys_add(t, "", ll_study_keys);
    for (int i = 0; ll_engine_types[i]; i++)
        keys_add(t, ll_arena_printf(mem, "engine (%s).", ll_engine_types[i]->name),
                 ll_engine_types[i]->keys);
    keys_add(t, "cluster.", ll_cluster_keys);
    keys_add(t, "cluster.chip.", ll_chip_keys);
    topologies_add(t);
    keys_add(t, "cluster.software[].", ll_software_keys);
    keys_add(t, "cluster.wire.", ll_wire_keys);
    keys_add(t, "cluster.jitter.", ll_jitter_keys);
    keys_add(t, "model.", ll_model_keys);
    for (int i = 0; ll_block_types[i]; i++)
        if (i == 0 || ll_block_types[i]->keys != ll_block_types[i - 1]->keys)
            keys_add(t, "model.", ll_block_types[i]->keys);
    keys_add(t, "job.", ll_layout_keys);
    keys_add(t, "job.", ll_stack_keys);
    for (int i = 0; ll_workload_types[i]; i++)
        keys_add(t, "job.", ll_workload_types[i]->keys);
    return t;
}

const char *ll_keys_leaf(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot ? dot + 1 : path;
}

const char *ll_keys_group(const char *path, ll_arena *mem)
{
    const char *dot = strrchr(path, '.');
    return ll_arena_strndup(mem, path, dot ? (size_t)(dot - path) : 0);
}

void ll_keys_text(ll_arena *mem, ll_text *out)
{
    const ll_table *t = ll_keys_table(mem);
    const char *group = "";
    for (int i = 0; i < t->n_row; i++) {
        const char **cell = t->cell + (size_t)i * (size_t)t->n_column;
        const char *now = ll_keys_group(cell[0], mem);
        if (strcmp(now, group) != 0) ll_text_add(out, "\n%s\n", now);
        group = now;
        ll_text_add(out, "  %-26s %s", ll_keys_leaf(cell[0]), cell[1]);
        if (*cell[2] && strcmp(cell[2], cell[1]) != 0) ll_text_add(out, " (%s)", cell[2]);
        if (!strcmp(cell[3], "required"))
            ll_text_add(out, ", required");
        else
            ll_text_add(out, ", default %s", cell[3]);
        if (strcmp(cell[4], "-") != 0) ll_text_add(out, ", %s to %s", cell[4], cell[5]);
        ll_text_add(out, "\n  %26s %s\n", "", cell[6]);
    }
}
