#include "topology/recognise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

/* text: parameters of the type, as its keys name them. */
static bool try_type(const ll_topology_type *type, const char *text, const int32_t *as,
                     const ll_edgelist *list, ll_arena *mem, ll_topology *out)
{
    ll_topology topo = {.type = type};
    char *param = ll_arena_alloc(mem, 1, type->param_size);
    if (ll_key_fill(type->keys, text, mem, param, NULL) != LL_OK) return false;
    if (type->create(param, 0, NULL, mem, &topo, NULL) != LL_OK) return false;
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
    static const struct {
        const ll_topology_type *type;
        const char *width; /* its key */
    } types[] = {{&ll_topology_mesh, "links_per_pair"},
                 {&ll_topology_ring, "links"},
                 {&ll_topology_line, "links"}};
    const ll_link *l = &list->link[0];
    for (int i = 0; i < 3; i++) {
        const char *text = ll_arena_printf(
            mem, "size=%d; %s=%lld; bandwidth=%.17g B/s; latency=%.17g s", list->n_chip,
            types[i].width, (long long)l->width, l->bw_Bps, l->latency_s);
        if (try_type(types[i].type, text, as, list, mem, out)) return true;
    }
    return false;
}

static bool try_switch(const ll_edgelist *list, const int32_t *as, ll_arena *mem, ll_topology *out)
{
    const ll_link *up, *down;
    if (!links_of(list, 0, &up, &down)) return false;
    const char *text = ll_arena_printf(
        mem, "size=%d; links=%lld; bandwidth=%.17g B/s; latency=%.17g s; switch_latency=%.17g s",
        list->n_chip, (long long)up->width, up->bw_Bps, up->latency_s,
        fmax(0, down->latency_s - up->latency_s));
    return try_type(&ll_topology_switch, text, as, list, mem, out);
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
    const char *text = ll_arena_printf(
        mem,
        "size=%d; links=%lld; bandwidth=%.17g B/s; latency=%.17g s; switch_latency=%.17g s; "
        "hosts_per_leaf=%d; uplinks=%lld; uplink_bandwidth=%.17g B/s; uplink_latency=%.17g s; "
        "spines=1; levels=%d",
        n, (long long)host->width, host->bw_Bps, host->latency_s, switch_s, n_under(list, as, 0, n),
        (long long)leaf->width, leaf->bw_Bps, fmax(0, leaf->latency_s - switch_s), 2 + n_core);
    if (core)
        text =
            ll_arena_printf(mem,
                            "%s; leaves_per_pod=%d; core_uplinks=%lld; core_bandwidth=%.17g B/s; "
                            "core_latency=%.17g s",
                            text, n_under(list, as, n, n_leaf), (long long)core->width,
                            core->bw_Bps, fmax(0, core->latency_s - switch_s));
    return try_type(&ll_topology_clos, text, as, list, mem, out);
}

bool ll_recognise(const ll_edgelist *list, ll_arena *mem, ll_topology *out)
{
    int32_t *as = ll_arena_array(mem, list->n_node, int32_t);
    for (int32_t node = 0; node < list->n_node; node++)
        as[node] = node;
    if (list->n_link == 0) return false;
    for (int64_t i = 1; i < list->n_link; i++) /* weights that differ choose other routes */
        if (list->link[i].weight != list->link[0].weight) return false;
    if (list->n_node == list->n_chip) return try_chips(list, as, mem, out);
    if (list->n_node == list->n_chip + 1) return try_switch(list, as, mem, out);
    return try_clos(list, as, mem, out);
}
