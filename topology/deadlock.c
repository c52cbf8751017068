#include "topology/deadlock.h"

#include "sim/base/index_map.h"

typedef struct dependencies {
    ll_arena *mem;
    ll_index_map map;
    int64_t (*pair)[2]; /* [map.n] of [cap]: link, and the one after it */
    int64_t cap;
} dependencies;

static void add(dependencies *d, int64_t link, int64_t next)
{
    const uint64_t both = (uint64_t)link << 32 ^ (uint64_t)next;
    const int64_t n = d->map.n;
    if (ll_index_map_of(&d->map, ll_mix(both)) < n) return;
    if (n == d->cap) {
        d->cap = 2 * n + 1024;
        d->pair = ll_arena_grown(d->mem, d->pair, n, d->cap, sizeof *d->pair);
    }
    d->pair[n][0] = link;
    d->pair[n][1] = next;
}

static void add_paths(dependencies *d, const ll_topology *topo)
{
    for (int32_t src = 0; src < topo->n_chip; src++)
        for (int32_t dst = 0; dst < topo->n_chip; dst++) {
            const int32_t n_path = src == dst ? 0 : topo->type->n_path(topo, src, dst);
            for (int32_t path = 0; path < n_path; path++) {
                int64_t hop[LL_MAX_HOP];
                const int n = topo->type->route(topo, src, dst, path, LL_MAX_HOP, hop);
                for (int h = 0; h + 1 < n; h++)
                    add(d, hop[h], hop[h + 1]);
            }
        }
}

/* Links by the one before them: those after link i are next[first[i]] .. next[first[i + 1] - 1]. */
static void sort(const dependencies *d, int64_t n_link, int64_t *first, int64_t *next)
{
    for (int64_t i = 0; i < d->map.n; i++)
        first[d->pair[i][0] + 2]++;
    for (int64_t l = 2; l < n_link + 2; l++)
        first[l] += first[l - 1];
    for (int64_t i = 0; i < d->map.n; i++)
        next[first[d->pair[i][0] + 1]++] = d->pair[i][1];
}

enum { NEW, OPEN, DONE }; /* of a link: not met, on the way at hand, without a cycle behind it */

/* Depth first from one link; whether it meets a link that is on the way, and then fills out. way:
 * [n_link], at: [n_link] where each link of the way goes on. */
static bool search(int64_t start, const int64_t *first, const int64_t *next, int64_t *at,
                   int64_t *way, char *state, ll_deadlock *out)
{
    int64_t depth = 0;
    way[depth] = start;
    state[start] = OPEN;
    while (depth >= 0) {
        const int64_t link = way[depth];
        if (first[link] + at[link] == first[link + 1]) {
            state[link] = DONE;
            depth--;
            continue;
        }
        const int64_t to = next[first[link] + at[link]++];
        if (state[to] == OPEN) {
            int64_t from = depth;
            while (way[from] != to)
                from--;
            out->n_cycle = depth - from + 1;
            for (int64_t i = 0; i < out->n_cycle && i < LL_DEADLOCK_MAX; i++)
                out->cycle[i] = way[from + i];
            return true;
        }
        if (state[to] == DONE) continue;
        state[to] = OPEN;
        way[++depth] = to;
    }
    return false;
}

ll_deadlock ll_deadlock_find(const ll_topology *topo, ll_arena *mem)
{
    ll_deadlock out = {0};
    dependencies d = {.mem = mem};
    ll_index_map_init(&d.map, mem);
    add_paths(&d, topo);
    if (topo->detours != NULL) add_paths(&d, topo->detours);
    const int64_t n = topo->n_link;
    int64_t *first = ll_arena_array(mem, n + 2, int64_t);
    int64_t *next = ll_arena_array(mem, d.map.n, int64_t);
    int64_t *at = ll_arena_array(mem, n, int64_t), *way = ll_arena_array(mem, n, int64_t);
    char *state = ll_arena_array(mem, n, char);
    sort(&d, n, first, next);
    out.n_dependency = d.map.n;
    bool found = false;
    for (int64_t link = 0; link < n && !found; link++)
        if (state[link] == NEW) found = search(link, first, next, at, way, state, &out);
    return out;
}
