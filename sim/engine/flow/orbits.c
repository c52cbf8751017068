#include "sim/engine/flow/orbits.h"

#include "sim/engine/symmetry.h"

#include <stdlib.h>

bool ll_orbits_stands(const ll_orbits *orbits, int32_t chip, int32_t *n_alike)
{
    return orbits->topo->type->chip_orbit(orbits->topo, orbits->split, chip, n_alike) == chip;
}

bool ll_orbits_of(const ll_topology *topo, const ll_phase *phase, ll_arena *mem, ll_orbits *out)
{
    if (phase->flow_end_s != NULL || phase->n_traffic == 0) return false;
    int32_t split[2][LL_MAX_DIM] = {{0}};
    for (int i = 0; i < phase->n_traffic; i++) {
        if (!ll_symmetry_folds(topo, &phase->traffic[i], split[i > 0])) return false;
        if (i > 0 && memcmp(split[0], split[1], sizeof split[0]) != 0) return false;
    }
    *out = (ll_orbits){.topo = topo};
    memcpy(out->split, split[0], sizeof out->split);
    ll_index_map_init(&out->map, mem);
    return true;
}

static int ascending(const void *a, const void *b)
{
    const int32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Links become the lowest of their orbits, in ascending order; returns a number for kind and links.
 */
static uint64_t name_links(const ll_orbits *orbits, uint32_t kind, int64_t n, int32_t *link)
{
    enum { FEW = 16 };
    const ll_topology *topo = orbits->topo;
    uint64_t name = kind;
    for (int64_t e = 0, n_alike; e < n; e++) {
        const int32_t id = (int32_t)topo->type->link_orbit(topo, orbits->split, link[e], &n_alike);
        name += ll_mix((uint64_t)id + 1);
        if (n > FEW) {
            link[e] = id;
            continue;
        }
        int64_t to = e;
        for (; to > 0 && link[to - 1] > id; to--)
            link[to] = link[to - 1];
        link[to] = id;
    }
    if (n > FEW) qsort(link, (size_t)n, sizeof *link, ascending);
    return ll_mix(name);
}

/* Number of the row that is equal to the flow; a new one is *n_row. */
static int64_t row_of(ll_orbits *o, uint64_t name, int64_t *n_row)
{
    const int64_t k = ll_index_map_of(&o->map, name);
    if (k < *n_row) return k;
    if (k == o->cap_row) {
        o->cap_row = 2 * k + 64;
        o->row = ll_arena_grown(o->map.mem, o->row, k, o->cap_row, sizeof *o->row);
    }
    ++*n_row;
    return k;
}

ll_entries *ll_orbits_merge(ll_orbits *o, ll_incidence *inc, const ll_flow_kind *kinds,
                            int64_t first, ll_entries *piece, int64_t at, int32_t n_alike)
{
    ll_entries *to = piece; /* where rows go: never beyond where flows are read */
    int64_t to_at = at, n_row = 0;
    ll_index_map_clear(&o->map);
    for (int64_t i = first; i < inc->n_flow; i++) {
        const uint32_t kind = inc->flow_kind[i];
        const int64_t n = kinds[kind].n_entry, before = n_row;
        for (; at + n > piece->n; piece = piece->next)
            at = 0;
        int32_t *link = piece->link + at;
        at += n;
        const int64_t k = row_of(o, name_links(o, kind, n, link), &n_row);
        if (k < before) {
            LL_ASSERT(inc->flow_kind[first + k] == kind &&
                          memcmp(o->row[k], link, (size_t)n * sizeof *link) == 0,
                      "flows collide at %lld", (long long)i);
            inc->mult[first + k] += n_alike;
            continue;
        }
        for (; to_at + n > to->cap; to = to->next, to_at = 0)
            to->n = to_at;
        o->row[k] = memmove(to->link + to_at, link, (size_t)n * sizeof *link);
        to_at += n;
        inc->flow_kind[first + k] = kind;
        inc->mult[first + k] = n_alike;
    }
    to->n = to_at;
    for (ll_entries *rest = to->next; rest != NULL; rest = rest->next)
        rest->n = 0;
    inc->n_flow = first + n_row;
    return to;
}

int64_t ll_orbits_count(const ll_orbits *orbits, ll_incidence *inc, ll_arena *mem)
{
    const ll_topology *topo = orbits->topo;
    int64_t *n_alike = ll_arena_array(mem, inc->n_link, int64_t), n_flow = 0;
    for (int64_t l = 0; l < inc->n_link; l++)
        topo->type->link_orbit(topo, orbits->split, inc->link_id[l], &n_alike[l]);
    for (int64_t i = 0; i < inc->n_flow; i++)
        n_flow += inc->mult[i];
    inc->n_alike = n_alike;
    return n_flow;
}
