#include "topology/recognise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Parameters of a type, by the names of its keys ------------------------------------------ */

static void field_fill(const ll_key *key, const char *value, char *field)
{
    double number = 0;
    char why[256];
    switch (key->kind) {
    case LL_KIND_BOOL:
        *(bool *)field = strcmp(value, "true") == 0;
        return;
    case LL_KIND_STRING:
        *(const char **)(void *)field = value;
        return;
    case LL_KIND_CHOICE:
        for (int i = 0; key->choices[i]; i++)
            if (strcmp(key->choices[i], value) == 0) *(int *)(void *)field = i;
        return;
    case LL_KIND_COUNT:
    case LL_KIND_RATIO:
    case LL_KIND_TIME:
    case LL_KIND_SIZE:
    case LL_KIND_RATE:
    case LL_KIND_COMPUTE:
    case LL_KIND_POWER:
        break;
    }
    const ll_status status = ll_units_parse(key->kind, value, &number, why, sizeof why);
    LL_ASSERT(status == LL_OK, "default of '%s': %s", key->name, why);
    if (key->kind == LL_KIND_COUNT)
        *(int64_t *)(void *)field = (int64_t)number;
    else
        *(double *)(void *)field = number;
}

/* A key, and the number that it is given. */
typedef struct given {
    const char *name;
    double value;
} given;

/* Parameters of a type: its defaults, and `n` numbers. NULL if one is out of bounds. */
static void *param_of(const ll_topology_type *type, int n, const given *numbers, ll_arena *mem)
{
    char *param = ll_arena_alloc(mem, 1, type->param_size);
    for (const ll_key *key = type->keys; key->name; key++) {
        if (key->def) field_fill(key, key->def, param + key->offset);
        for (int i = 0; i < n; i++) {
            if (strcmp(numbers[i].name, key->name) != 0) continue;
            if (!(numbers[i].value >= key->min && numbers[i].value <= key->max)) return NULL;
            if (key->kind == LL_KIND_COUNT)
                *(int64_t *)(void *)(param + key->offset) = (int64_t)numbers[i].value;
            else
                *(double *)(void *)(param + key->offset) = numbers[i].value;
        }
    }
    return param;
}

/* ---- Comparison ------------------------------------------------------------------------------ */

static int link_order(const void *a, const void *b)
{
    const ll_link *x = a, *y = b;
    if (x->from != y->from) return x->from < y->from ? -1 : 1;
    return (x->to > y->to) - (x->to < y->to);
}

/* Equal but for the rounding of a sum of latencies. */
static bool near(double a, double b) { return fabs(a - b) <= 1e-12 * fmax(a, b); }

/* Whether the topology has the links of the list, when its node i is node as[i] there. */
static bool same_links(const ll_topology *topo, const int32_t *as, const ll_edgelist *list,
                       ll_arena *mem)
{
    if (topo->n_link != list->n_link || topo->n_node != list->n_node) return false;
    ll_link *a = ll_arena_array(mem, list->n_link, ll_link);
    ll_link *b = ll_arena_array(mem, list->n_link, ll_link);
    memcpy(b, list->link, (size_t)list->n_link * sizeof *b);
    for (int64_t i = 0; i < topo->n_link; i++) {
        topo->type->link(topo, i, &a[i]);
        a[i].from = as[a[i].from];
        a[i].to = as[a[i].to];
    }
    qsort(a, (size_t)list->n_link, sizeof *a, link_order);
    qsort(b, (size_t)list->n_link, sizeof *b, link_order);
    for (int64_t i = 0; i < list->n_link; i++)
        if (a[i].from != b[i].from || a[i].to != b[i].to || a[i].width != b[i].width ||
            !near(a[i].bw_Bps, b[i].bw_Bps) || !near(a[i].latency_s, b[i].latency_s))
            return false;
    return true;
}

static bool try_type(const ll_topology_type *type, int n, const given *numbers, const int32_t *as,
                     const ll_edgelist *list, ll_arena *mem, ll_topology *out)
{
    ll_topology topo = {.type = type};
    const void *param = param_of(type, n, numbers, mem);
    if (!param || type->create(param, 0, NULL, mem, &topo, NULL) != LL_OK) return false;
    if (!same_links(&topo, as, list, mem)) return false;
    *out = topo;
    return true;
}

/* ---- Types ----------------------------------------------------------------------------------- */

/* A link out of the node, and one into it; false if it has no such links. */
static bool links_of(const ll_edgelist *list, int64_t node, const ll_link **out, const ll_link **in)
{
    *out = *in = NULL;
    for (int64_t i = 0; i < list->n_link; i++) {
        if (list->link[i].from == node && !*out) *out = &list->link[i];
        if (list->link[i].to == node && !*in) *in = &list->link[i];
    }
    return *out && *in;
}

/* mesh, ring or line: chips alone. */
static bool try_chips(const ll_edgelist *list, const int32_t *as, ll_arena *mem, ll_topology *out)
{
    const ll_link *l = &list->link[0];
    const given numbers[] = {{"size", list->n_chip},
                             {"links", l->width},
                             {"links_per_pair", l->width},
                             {"bandwidth", l->bw_Bps},
                             {"latency", l->latency_s}};
    const ll_topology_type *const types[] = {&ll_topology_mesh, &ll_topology_ring,
                                             &ll_topology_line};
    for (int i = 0; i < 3; i++)
        if (try_type(types[i], 5, numbers, as, list, mem, out)) return true;
    return false;
}

static bool try_switch(const ll_edgelist *list, const int32_t *as, ll_arena *mem, ll_topology *out)
{
    const ll_link *up, *down;
    if (!links_of(list, 0, &up, &down)) return false;
    const given numbers[] = {{"size", list->n_chip},
                             {"links", up->width},
                             {"bandwidth", up->bw_Bps},
                             {"latency", up->latency_s},
                             {"switch_latency", fmax(0, down->latency_s - up->latency_s)}};
    return try_type(&ll_topology_switch, 5, numbers, as, list, mem, out);
}

/* The next switch above a node, which is none of those below it; -1 if there is none. below: [n]
 * nodes that do not count. */
static int32_t above(const ll_edgelist *list, int64_t node, const bool *below, const ll_link **up)
{
    for (int64_t i = 0; i < list->n_link; i++) {
        *up = &list->link[i];
        if ((*up)->from == node && !below[(*up)->to]) return (int32_t)(*up)->to;
    }
    return -1;
}

/* The switches above those of one level, in the order in which they are met, from node `first` of
 * the clos on. Returns their number. as: filled; below: marks all that were met. */
static int32_t next_level(const ll_edgelist *list, int32_t first, int32_t n, int32_t *as,
                          bool *below, const ll_link **up)
{
    const ll_link *l = NULL;
    int32_t n_above = 0;
    for (int32_t i = 0; i < n; i++) {
        const int32_t node = above(list, as[first + i], below, &l);
        if (i == 0) *up = l;
        if (node < 0) return 0;
        if (n_above > 0 && as[first + n + n_above - 1] == node) continue;
        if (first + n + n_above == list->n_node) return 0;
        as[first + n + n_above++] = node;
    }
    for (int32_t i = 0; i < n_above; i++)
        below[as[first + n + i]] = true;
    return n_above;
}

/* How many nodes of a level hang on the first one above it. */
static int32_t n_under(const ll_edgelist *list, const int32_t *as, int32_t first, int32_t n)
{
    int32_t count = 0;
    for (int32_t i = 0; i < n; i++)
        for (int64_t k = 0; k < list->n_link; k++)
            count += list->link[k].from == as[first + i] && list->link[k].to == as[first + n];
    return count;
}

/* clos that sprays: levels of switches, each node with one bundle up. */
static bool try_clos(const ll_edgelist *list, int32_t *as, ll_arena *mem, ll_topology *out)
{
    bool *below = ll_arena_array(mem, list->n_node, bool);
    const ll_link *host, *down, *leaf = NULL, *core = NULL;
    const int32_t n = list->n_chip;
    for (int32_t c = 0; c < n; c++)
        below[c] = true;
    const int32_t n_leaf = next_level(list, 0, n, as, below, &host);
    if (n_leaf < 1 || !links_of(list, 0, &host, &down)) return false;
    const int32_t n_spine = next_level(list, n, n_leaf, as, below, &leaf);
    if (n_spine < 1) return false;
    const int32_t n_core =
        n_spine > 1 ? next_level(list, n + n_leaf, n_spine, as, below, &core) : 0;
    if (n_core != (n_spine > 1) || n + n_leaf + n_spine + n_core != list->n_node) return false;
    const double switch_s = fmax(0, down->latency_s - host->latency_s);
    given numbers[] = {{"size", n},
                       {"links", host->width},
                       {"bandwidth", host->bw_Bps},
                       {"latency", host->latency_s},
                       {"switch_latency", switch_s},
                       {"hosts_per_leaf", n_under(list, as, 0, n)},
                       {"uplinks", leaf->width},
                       {"spines", 1},
                       {"uplink_bandwidth", leaf->bw_Bps},
                       {"uplink_latency", fmax(0, leaf->latency_s - switch_s)},
                       {"levels", 2 + n_core},
                       {"leaves_per_pod", n_under(list, as, n, n_leaf)},
                       {"core_uplinks", core ? core->width : 1},
                       {"core_bandwidth", core ? core->bw_Bps : 1},
                       {"core_latency", core ? fmax(0, core->latency_s - switch_s) : 0}};
    return try_type(&ll_topology_clos, n_core ? 15 : 11, numbers, as, list, mem, out);
}

bool ll_recognise(const ll_edgelist *list, ll_arena *mem, ll_topology *out)
{
    int32_t *as = ll_arena_array(mem, list->n_node, int32_t);
    for (int32_t node = 0; node < list->n_node; node++)
        as[node] = node;
    if (list->n_link == 0) return false;
    if (list->n_node == list->n_chip) return try_chips(list, as, mem, out);
    if (list->n_node == list->n_chip + 1) return try_switch(list, as, mem, out);
    return try_clos(list, as, mem, out);
}
