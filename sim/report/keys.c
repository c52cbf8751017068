#include "sim/report/keys.h"

#include "sim/engine/engine.h"
#include "sim/machine/chip.h"
#include "sim/machine/cluster.h"
#include "sim/machine/fabric.h"
#include "sim/model/model.h"
#include "sim/work/experts.h"
#include "sim/work/layout.h"
#include "sim/work/stack.h"
#include "sim/work/study.h"
#include "sim/work/workload.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *bound_text(const ll_key *key, double value, ll_arena *mem)
{
    char out[64];
    if (key->kind >= LL_KIND_BOOL) return "-";
    int exponent = 0; /* 1e9 is easier to read than 1000000000 */
    double mantissa = value;
    for (; mantissa >= 10 && fmod(mantissa, 10) == 0; exponent++)
        mantissa /= 10;
    if (key->kind == LL_KIND_COUNT && exponent >= 6)
        snprintf(out, sizeof out, "%.0fe%d", mantissa, exponent);
    else
        ll_units_format(key->kind, value, out, sizeof out);
    return ll_arena_strdup(mem, out);
}

/* An example of a value with its unit, or the words to choose from. */
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

/* A list, which is in no table of keys. */
static void list_add(ll_table *t, const char *key, const char *example, const char *def,
                     const char *doc)
{
    const char *const cell[] = {key, "list", example, def, "-", "-", doc};
    ll_table_row(t);
    for (int i = 0; i < 7; i++)
        ll_table_set(t, i, "%s", cell[i]);
}

/* "clos or fat_tree": the types that have the keys of the i-th; NULL if one before it has them. */
static const char *types_with_keys(int i, ll_arena *mem)
{
    const ll_key *keys = ll_topology_types[i]->keys;
    const char *s = "";
    for (int k = 0; ll_topology_types[k]; k++) {
        if (ll_topology_types[k]->keys != keys) continue;
        if (k < i) return NULL;
        s = ll_arena_printf(mem, "%s%s%s", s, *s ? " or " : "", ll_topology_types[k]->name);
    }
    return s;
}

static void topologies_add(ll_table *t)
{
    keys_add(t, "cluster.topology.", ll_registry_keys(&ll_fabric_registry, t->mem));
    for (int i = 0; ll_topology_types[i]; i++) {
        const ll_topology_type *type = ll_topology_types[i];
        const char *types = types_with_keys(i, t->mem);
        if (types)
            keys_add(t, ll_arena_printf(t->mem, "cluster.topology (%s).", types), type->keys);
        if (!type->composite) continue;
        list_add(t, ll_arena_printf(t->mem, "cluster.topology (%s).dimensions[]", type->name), "",
                 "required", "topologies, each with its own type and keys, innermost first");
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
    list_add(t, "set", "[ \"job.tp = 8\", \"cluster.chip = @h200\" ]", "[ ]",
             "replaces values of included files, as --set does: set = [ \"job.tp = 8\" ]; a whole "
             "group by \"GROUP = @FILE\"");
    for (int i = 0; ll_engine_types[i]; i++)
        keys_add(t, ll_arena_printf(mem, "engine (%s).", ll_engine_types[i]->name),
                 ll_engine_types[i]->keys);
    keys_add(t, "cluster.", ll_cluster_keys);
    keys_add(t, "cluster.chip.", ll_chip_keys);
    topologies_add(t);
    keys_add(t, "cluster.software[].", ll_software_keys);
    keys_add(t, "cluster.dispatchers[].", ll_dispatcher_keys);
    keys_add(t, "cluster.custom_all_reduces[].", ll_shot_keys);
    keys_add(t, "cluster.wire.", ll_wire_keys);
    keys_add(t, "cluster.jitter.", ll_jitter_keys);
    keys_add(t, "model.", ll_model_keys);
    for (int i = 0; ll_block_types[i]; i++)
        if (i == 0 || ll_block_types[i]->keys != ll_block_types[i - 1]->keys)
            keys_add(t, ll_arena_printf(t->mem, "model (%s).", ll_block_types[i]->name),
                     ll_block_types[i]->keys);
    keys_add(t, "job.", ll_layout_step_keys);
    keys_add(t, "job.", ll_layout_keys);
    keys_add(t, "job.", ll_experts_keys);
    keys_add(t, "job.", ll_stack_keys);
    for (int i = 0; ll_workload_types[i]; i++)
        keys_add(t, ll_arena_printf(t->mem, "job (%s).", ll_workload_types[i]->name),
                 ll_workload_types[i]->keys);
    keys_add(t, "server.", ll_server_keys);
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

/* Explanations of keys of one group that begin alike; "..." stands for the rest of a name. */
static const struct {
    const char *group, *family, *doc;
} families[] = {
    {"cluster.software[]", "step..., frac...",
     "the protocols of NCCL: Simple (no suffix), LL and LL128 (_ll, _ll128). A message uses the "
     "fastest protocol, or the one that the tuning model chooses."},
    {"cluster.software[]", "guess_...",
     "the library's tuning model (NCCL: tuning.cc): the time that it predicts when it chooses "
     "algorithm and protocol: guess_base + steps x guess_step + bytes / guess_rate, for each "
     "protocol. The choice follows the prediction even where it is wrong. guess_rate = 0: the "
     "library has no such model, and the fastest is used."},
    {"cluster.software[]", "own_...",
     "the self-copy: out of place, a member copies its own part to the receive buffer."},
    {"cluster.software[]", "fill_...",
     "protocol LL: larger parts use more threads, whose barriers take longer."},
};

enum { INDENT = 29 };

/* `words` from column INDENT on, broken at spaces; the line has been written up to there. */
static void words_add(const char *words, int width, ll_text *out)
{
    int column = INDENT;
    for (const char *at = words; *at;) {
        const int n = (int)strcspn(at, " ");
        if (column > INDENT && width > 0 && column + 1 + n > width) {
            ll_text_add(out, "\n%*s", INDENT, "");
            column = INDENT;
        }
        ll_text_add(out, "%s%.*s", column > INDENT ? " " : "", n, at);
        column += n + (column > INDENT);
        at += n + (at[n] == ' ');
    }
    ll_text_add(out, "\n");
}

static void group_add(const char *group, int width, ll_text *out)
{
    ll_text_add(out, "\n%s\n", group);
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        if (strcmp(families[i].group, group) != 0) continue;
        ll_text_add(out, "  %-*s", INDENT - 2, families[i].family);
        words_add(families[i].doc, width, out);
    }
}

/* "whole number, 1 .. 1e6", "one of on, off", "time such as 2.1 us, 0 s .. 1 s". */
static const char *type_text(const char *kind, const char *example, const char *from,
                             const char *to, ll_arena *mem)
{
    const bool plain = !strcmp(kind, ll_units_kind_name(LL_KIND_COUNT)) ||
                       !strcmp(kind, ll_units_kind_name(LL_KIND_RATIO));
    const char *type = kind;
    if (!strcmp(kind, ll_units_kind_name(LL_KIND_CHOICE)))
        type = ll_arena_printf(mem, "one of %s", example);
    else if (strcmp(from, "-") != 0 && !plain)
        type = ll_arena_printf(mem, "%s such as %s", kind, example);
    else if (!strcmp(kind, ll_units_kind_name(LL_KIND_STRING)))
        type = example;
    return strcmp(from, "-") != 0 ? ll_arena_printf(mem, "%s, %s .. %s", type, from, to) : type;
}

void ll_keys_text(const ll_table *keys, int width, ll_text *out)
{
    const char *group = "";
    for (int i = 0; i < keys->n_row; i++) {
        const char **cell = keys->cell + (size_t)i * (size_t)keys->n_column;
        const char *now = ll_keys_group(cell[0], keys->mem);
        if (strcmp(now, group) != 0) group_add(now, width, out);
        group = now;
        const bool required = !strcmp(cell[3], "required");
        ll_text_add(out, "  %-*s ", INDENT - 3, ll_keys_leaf(cell[0]));
        words_add(ll_arena_printf(keys->mem, "%s, %s%s",
                                  type_text(cell[1], cell[2], cell[4], cell[5], keys->mem),
                                  required ? "" : "default ", cell[3]),
                  width, out);
        ll_text_add(out, "%*s", INDENT, "");
        words_add(cell[6], width, out);
    }
}
