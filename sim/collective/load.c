/* Two facts about a traffic that engine `closed` does not see: how long its busiest link needs for
 * all flows on it, and the latency of its longest path, which `closed` takes from the borders of
 * dimensions only.
 *
 * Flows are routed, and their bytes added up link by link, split evenly over the paths of each
 * flow. Not all flows need to be routed. In dimensions that the groups do not extend along, all
 * copies have equal traffic, so that of chip 0 stands for all. Where a symmetry of the topology
 * maps the traffic to itself (engine/symmetry.h), one source of each orbit of chips stands for the
 * others, and the mean load over an orbit of links is the load of each. Loads are proportional to
 * sizes, so they are cached for flows of one byte. */
#include "sim/base/index_map.h"
#include "sim/collective/plan.h"
#include "sim/engine/symmetry.h"

#include <math.h>

struct ll_load {
    ll_traffic traffic;  /* the key: pattern, arg and group */
    double s_per_B;      /* time of the busiest link, per byte of a flow */
    double flow_s_per_B; /* the same by engine `flow`; 0: not computed yet */
    double latency_s;
    struct ll_load *next;
};

/* A link, or an orbit of links, that is crossed. */
typedef struct crossed {
    double s_per_B;   /* so far */
    double each_s;    /* what a crossing of one byte adds: 1 / capacity */
    double latency_s; /* of the link */
} crossed;

typedef struct busy {
    const ll_topology *topo;
    const int32_t *split; /* NULL: no symmetry */
    ll_arena *mem;
    ll_index_map map; /* of links, or of orbits of links */
    crossed *link;    /* [map.n] of [cap] */
    int64_t cap;
    double longest_s; /* largest latency of a flow */
} busy;

/* Adds the load of a flow's share on a link; returns the latency of the link. */
static double cross(busy *b, int64_t link_id, double share)
{
    int64_t n_alike = 1;
    if (b->split != NULL) link_id = b->topo->type->link_orbit(b->topo, b->split, link_id, &n_alike);
    const int64_t n = b->map.n, i = ll_index_map_of(&b->map, ll_mix((uint64_t)link_id));
    if (i == n) {
        if (n == b->cap) {
            b->cap = 2 * n;
            b->link = ll_arena_grown(b->mem, b->link, n, b->cap, sizeof *b->link);
        }
        ll_link link;
        b->topo->type->link(b->topo, link_id, &link);
        b->link[n] =
            (crossed){0, 1 / (ll_link_capacity_Bps(&link) * (double)n_alike), link.latency_s};
    }
    b->link[i].s_per_B += share * b->link[i].each_s;
    return b->link[i].latency_s;
}

static void add_source(busy *b, const ll_traffic *t, int32_t chip, double n_alike)
{
    const ll_topology_type *type = b->topo->type;
    const ll_source_view source = ll_traffic_source(t, chip);
    for (int32_t j = 0; j < source.n_peer; j++) {
        const ll_flow f = ll_traffic_peer(&source, j);
        const int32_t n_path = f.src == f.dst ? 0 : type->n_path(b->topo, f.src, f.dst);
        for (int32_t p = 0; p < n_path; p++) {
            int64_t hop[LL_MAX_HOP];
            const int n_hop = type->route(b->topo, f.src, f.dst, p, LL_MAX_HOP, hop);
            double latency_s = 0;
            for (int h = 0; h < n_hop; h++)
                latency_s += cross(b, hop[h], n_alike / n_path);
            b->longest_s = fmax(b->longest_s, latency_s);
        }
    }
}

/* Coordinates, along each dimension, of the source chips whose flows are routed. */
typedef struct looked_at {
    int n_dim;
    int32_t *coord[LL_MAX_DIM]; /* [n] coordinate * stride of the dimension */
    int32_t n[LL_MAX_DIM];
} looked_at;

/* With a symmetry: the first chip of each orbit (orbits of a product are products of those of its
 * dimensions). Else: all coordinates along dimensions that the group spans, and 0 along the others.
 */
static looked_at look_at(const busy *b, const ll_group *group)
{
    const ll_topology *topo = b->topo;
    const unsigned touched = ll_collective_dimensions(topo, group);
    looked_at out = {.n_dim = topo->n_dim};
    for (int32_t d = 0, stride = 1; d < out.n_dim; stride *= topo->dim[d++].size) {
        const int32_t size = b->split != NULL || touched >> d & 1 ? topo->dim[d].size : 1;
        out.coord[d] = ll_arena_array(b->mem, size, int32_t);
        for (int32_t i = 0, n_alike; i < size; i++) {
            const int32_t at = i * stride;
            if (b->split == NULL || topo->type->chip_orbit(topo, b->split, at, &n_alike) == at)
                out.coord[d][out.n[d]++] = at;
        }
    }
    return out;
}

/* Advances place[] to the next chip of the list; false after the last one. */
static bool next_chip(const looked_at *list, int32_t *place)
{
    for (int d = 0; d < list->n_dim; d++) {
        if (++place[d] < list->n[d]) return true;
        place[d] = 0;
    }
    return false;
}

static void load_find(const ll_topology *topo, ll_load *out, ll_arena *mem)
{
    const ll_traffic *t = &out->traffic;
    int32_t split[LL_MAX_DIM], place[LL_MAX_DIM] = {0};
    const ll_arena_mark mark = ll_arena_here(mem);
    busy b = {.topo = topo, .mem = mem, .cap = 64};
    b.link = ll_arena_array(mem, b.cap, crossed);
    ll_index_map_init(&b.map, mem);
    if (ll_symmetry_of(topo, t, split)) b.split = split;
    const looked_at list = look_at(&b, &t->group);
    do {
        int32_t chip = 0, n_alike = 1;
        for (int d = 0; d < list.n_dim; d++)
            chip += list.coord[d][place[d]];
        if (chip >= t->group.n_chip) continue;
        if (b.split != NULL) topo->type->chip_orbit(topo, split, chip, &n_alike);
        add_source(&b, t, chip, n_alike);
    } while (next_chip(&list, place));
    for (int64_t i = 0; i < b.map.n; i++)
        out->s_per_B = fmax(out->s_per_B, b.link[i].s_per_B);
    out->latency_s = b.longest_s;
    ll_arena_release(mem, mark);
}

static bool same_group(const ll_group *a, const ll_group *b)
{
    bool same = a->n_chip == b->n_chip && a->n_digit == b->n_digit;
    for (int k = 0; k < a->n_digit && same; k++)
        same = a->size[k] == b->size[k] && a->stride[k] == b->stride[k];
    return same;
}

static ll_load *load_of(ll_chooser *c, const ll_traffic *t, ll_arena *mem)
{
    const ll_traffic one = {.pattern = t->pattern, .arg = t->arg, .group = t->group, .size_B = 1};
    ll_load **bucket = &c->load[ll_traffic_hash(1, &one) % LL_CHOOSER_BUCKETS];
    for (ll_load *l = *bucket; l != NULL; l = l->next)
        if (l->traffic.pattern == t->pattern && l->traffic.arg == t->arg &&
            same_group(&l->traffic.group, &t->group))
            return l;
    ll_load *l = ll_arena_new(c->mem, ll_load);
    *l = (ll_load){.traffic = one, .next = *bucket};
    load_find(c->cluster->topo, l, mem);
    return *bucket = l;
}

/* With more links, engine `flow` needs too much memory for a mere prediction. */
enum { MAX_LINK = 1 << 22 };

bool ll_load_is_bound(const ll_topology *topo, const ll_traffic *t)
{
    return t->pattern == LL_PATTERN_TREE && topo->n_link <= MAX_LINK;
}

static ll_status solve(const ll_cluster *c, ll_load *l, ll_error *err)
{
    static const double long_B = 1e12; /* so long that latency is negligible */
    ll_traffic t = l->traffic;
    ll_arena *mem = ll_arena_create("choice by flow");
    const ll_phase phase = {.n_traffic = 1, .traffic = &t};
    const ll_problem problem = {c->topo, c->wire, 1, &phase};
    ll_comm *self = ll_comm_self(mem);
    ll_price price;
    t.size_B = long_B;
    const ll_status status =
        ll_engine_solve(&ll_engine_flow, &problem, ll_engine_defaults(&ll_engine_flow, mem), self,
                        mem, &price, err);
    if (status == LL_OK) l->flow_s_per_B = (price.end_s[0] - price.latency_s[0]) / long_B;
    ll_comm_destroy(self);
    ll_arena_destroy(mem);
    return status;
}

ll_status ll_load_solve(ll_chooser *c, const ll_traffic *t, ll_arena *mem, ll_price *price,
                        ll_error *err)
{
    ll_load *l = load_of(c, t, mem);
    if (!(l->flow_s_per_B > 0)) LL_TRY(solve(c->cluster, l, err));
    price->end_s[0] = fmax(price->end_s[0], price->latency_s[0] + l->flow_s_per_B * t->size_B);
    return LL_OK;
}

void ll_load_add(ll_chooser *c, const ll_traffic *t, ll_arena *mem, ll_price *price)
{
    const ll_load *l = load_of(c, t, mem);
    price->latency_s[0] = fmax(price->latency_s[0], l->latency_s);
    price->end_s[0] = fmax(price->end_s[0], price->latency_s[0] + l->s_per_B * t->size_B);
}
