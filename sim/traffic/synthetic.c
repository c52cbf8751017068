#include "sim/traffic/synthetic.h"

#include "sim/base/rng.h"
#include "sim/base/status.h"

#include <math.h>

#define ROW(id, name_, ...) [LL_SYNTHETIC_##id] = {.name = (name_), __VA_ARGS__}
const ll_synthetic_row ll_synthetic_rows[LL_N_SYNTHETIC] = {
    ROW(PERMUTATION, "permutation", "a random permutation", NULL, 0),
    ROW(ALL_TO_ALL, "all_to_all", "every chip to every other one", NULL, 0),
    ROW(INCAST, "incast", "chips 1 to N to chip 0", "senders", -1),
    ROW(RING, "ring", "every chip to the next one", NULL, 0),
    ROW(HIERARCHICAL, "hierarchical",
        "rings of s neighbours, and rings of every s-th chip, at once; s is the root of n", NULL,
        0),
    ROW(UNIFORM, "uniform", "every chip to N chips that are drawn at random", "peers", 3),
    ROW(HOT_SPOT, "hot_spot", "a random permutation, and every fourth chip to chip 0", NULL, 0),
    ROW(SHIFT, "shift", "chip i to chip i + K, modulo n", "chips", 0),
    ROW(TRANSPOSE, "transpose", "chip (a, b) of a square to (b, a)", NULL, 0),
    ROW(BIT_COMPLEMENT, "bit_complement", "chip i to chip n - 1 - i", NULL, 0),
    ROW(BIT_REVERSAL, "bit_reversal", "chip i to the chip with the bits of i in reverse", NULL, 0),
    ROW(SHUFFLE, "shuffle", "chip i to the chip with the bits of i rotated left by one", NULL, 0),
    ROW(TORNADO, "tornado", "every chip nearly half-way round each dimension, ceil(k/2) - 1 of k",
        NULL, 0),
    ROW(OUTCAST, "outcast", "chip 0 to chips 1 to N", "receivers", -1),
    ROW(NEAREST, "nearest_neighbour",
        "every chip to the one before and the one after it in each dimension", NULL, 0),
};

const char *const ll_synthetic_names[] = {"permutation",
                                          "all_to_all",
                                          "incast",
                                          "ring",
                                          "hierarchical",
                                          "uniform",
                                          "hot_spot",
                                          "shift",
                                          "transpose",
                                          "bit_complement",
                                          "bit_reversal",
                                          "shuffle",
                                          "tornado",
                                          "outcast",
                                          "nearest_neighbour",
                                          NULL};

enum { HOT_EVERY = 4 };

typedef struct list {
    const ll_synthetic_ask *ask;
    const int32_t *to; /* [n_chip] a random permutation */
    int64_t n, cap;
    int32_t *src, *dst; /* [n] of [cap] */
    ll_arena *mem;
} list;

static void add(list *l, int32_t src, int32_t dst)
{
    if (src == dst) return;
    if (l->n == l->cap) {
        const int64_t cap = 2 * l->cap + 64;
        l->src = ll_arena_grown(l->mem, l->src, l->n, cap, sizeof *l->src);
        l->dst = ll_arena_grown(l->mem, l->dst, l->n, cap, sizeof *l->dst);
        l->cap = cap;
    }
    l->src[l->n] = src;
    l->dst[l->n++] = dst;
}

/* A random permutation of 0 .. n-1 (Fisher-Yates shuffle). */
static const int32_t *permute(int32_t n, uint64_t seed, ll_arena *mem)
{
    int32_t *to = ll_arena_array(mem, n, int32_t);
    for (int32_t i = 0; i < n; i++)
        to[i] = i;
    for (int32_t i = n - 1; i > 0; i--) {
        const int32_t j = (int32_t)(ll_rng_u01(seed, (uint64_t)i, 0) * (i + 1)), swap = to[i];
        to[i] = to[j];
        to[j] = swap;
    }
    return to;
}

/* ---- Numbers of chips as bits, and as coordinates -------------------------------------------- */

static int32_t root_of(int32_t n) { return (int32_t)floor(sqrt((double)n) + 1e-9); }

static int bits_of(int32_t n)
{
    int bits = 0;
    while ((int64_t)1 << bits < n)
        bits++;
    return bits;
}

static int32_t reversed(int32_t i, int bits)
{
    int32_t out = 0;
    for (int b = 0; b < bits; b++)
        out |= (i >> b & 1) << (bits - 1 - b);
    return out;
}

/* The chip whose coordinate of dimension d is `by` further, round the end. */
static int32_t moved(const ll_grid *grid, int32_t i, int d, int32_t by)
{
    int32_t stride = 1;
    for (int k = 0; k < d; k++)
        stride *= grid->size[k];
    const int32_t size = grid->size[d], at = i / stride % size;
    return i + ((at + by + size) % size - at) * stride;
}

static int32_t tornado(const ll_grid *grid, int32_t i)
{
    for (int d = 0; d < grid->n_dim; d++)
        i = moved(grid, i, d, (grid->size[d] + 1) / 2 - 1);
    return i;
}

static void add_neighbours(list *l, int32_t i)
{
    const ll_grid *grid = &l->ask->grid;
    for (int d = 0; d < grid->n_dim; d++) {
        const int32_t before = moved(grid, i, d, -1), after = moved(grid, i, d, 1);
        if (before < i || !grid->open[d]) add(l, i, before);
        if ((after > i || !grid->open[d]) && after != before) add(l, i, after);
    }
}

/* ---- Patterns -------------------------------------------------------------------------------- */

/* Appends the flows of chip i. */
static void add_chip(list *l, int32_t i)
{
    const ll_synthetic_ask *ask = l->ask;
    const int32_t n = ask->n_chip, side = root_of(n);
    const int bits = bits_of(n);
    switch (ask->what) {
    case LL_SYNTHETIC_PERMUTATION:
        add(l, i, l->to[i]);
        break;
    case LL_SYNTHETIC_ALL_TO_ALL:
        for (int32_t k = 1; k < n; k++)
            add(l, i, (i + k) % n);
        break;
    case LL_SYNTHETIC_INCAST:
        if (i <= ask->arg) add(l, i, 0);
        break;
    case LL_SYNTHETIC_RING:
        add(l, i, (i + 1) % n);
        break;
    case LL_SYNTHETIC_HIERARCHICAL:
        add(l, i, i / side * side + (i + 1) % side);
        add(l, i, (i + side) % n);
        break;
    case LL_SYNTHETIC_UNIFORM:
        for (int32_t k = 0; k < ask->arg; k++)
            add(l, i, (int32_t)(ll_rng_u01(ask->seed, (uint64_t)i, 1 + (uint64_t)k) * n));
        break;
    case LL_SYNTHETIC_HOT_SPOT:
        add(l, i, l->to[i]);
        if (i % HOT_EVERY == 0) add(l, i, 0);
        break;
    case LL_SYNTHETIC_SHIFT:
        add(l, i, (int32_t)(((int64_t)i + ask->arg) % n));
        break;
    case LL_SYNTHETIC_TRANSPOSE:
        add(l, i, i % side * side + i / side);
        break;
    case LL_SYNTHETIC_BIT_COMPLEMENT:
        add(l, i, n - 1 - i);
        break;
    case LL_SYNTHETIC_BIT_REVERSAL:
        add(l, i, reversed(i, bits));
        break;
    case LL_SYNTHETIC_SHUFFLE:
        add(l, i, (int32_t)(((int64_t)2 * i) % n + (2 * (int64_t)i) / n));
        break;
    case LL_SYNTHETIC_TORNADO:
        add(l, i, tornado(&ask->grid, i));
        break;
    case LL_SYNTHETIC_OUTCAST:
        for (int32_t k = 1; k <= ask->arg && i == 0; k++)
            add(l, 0, k);
        break;
    case LL_SYNTHETIC_NEAREST:
        add_neighbours(l, i);
        break;
    case LL_N_SYNTHETIC:
        LL_ASSERT(0, "pattern %d", (int)ask->what);
    }
}

const char *ll_synthetic_obstacle(const ll_synthetic_ask *ask, ll_arena *mem)
{
    const int32_t n = ask->n_chip, side = root_of(n);
    const ll_synthetic_row *row = &ll_synthetic_rows[ask->what];
    const bool of_bits =
        ask->what == LL_SYNTHETIC_BIT_REVERSAL || ask->what == LL_SYNTHETIC_SHUFFLE;
    if (ask->what == LL_SYNTHETIC_TRANSPOSE && side * side != n)
        return ll_arena_printf(mem, "a square number of chips; there are %d", n);
    if (of_bits && (n & (n - 1)) != 0)
        return ll_arena_printf(mem, "a power of two of chips; there are %d", n);
    if (row->arg == NULL || (ask->arg >= 1 && ask->arg < n)) return NULL;
    return ll_arena_printf(mem, "1 to %d %s, such as %s:1", n - 1, row->arg, row->name);
}

ll_traffic ll_synthetic_make(const ll_synthetic_ask *ask, ll_arena *mem)
{
    list l = {.ask = ask, .mem = mem, .to = permute(ask->n_chip, ask->seed, mem)};
    for (int32_t i = 0; i < ask->n_chip; i++)
        add_chip(&l, i);
    double *list_B = ll_arena_array(mem, l.n, double);
    for (int64_t i = 0; i < l.n; i++)
        list_B[i] = ask->size_B;
    return (ll_traffic){
        .pattern = LL_PATTERN_LIST, .n_list = l.n, .src = l.src, .dst = l.dst, .list_B = list_B};
}

ll_traffic ll_synthetic_traffic(ll_synthetic what, int32_t n_chip, double size_B, uint64_t seed,
                                ll_arena *mem)
{
    const int32_t def = ll_synthetic_rows[what].arg_def;
    const ll_synthetic_ask ask = {.what = what,
                                  .arg = def < 0 ? n_chip - 1 : def,
                                  .n_chip = n_chip,
                                  .grid = {1, {n_chip}, {false}},
                                  .size_B = size_B,
                                  .seed = seed};
    return ll_synthetic_make(&ask, mem);
}
