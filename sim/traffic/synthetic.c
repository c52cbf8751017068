#include "sim/traffic/synthetic.h"

#include "sim/base/rng.h"
#include "sim/base/status.h"

#include <math.h>

const char *const ll_synthetic_names[] = {"permutation",  "all-to-all", "incast",   "ring",
                                          "hierarchical", "uniform",    "hot spot", NULL};

enum { N_PEER = 3, HOT_EVERY = 4 };

typedef struct list {
    int64_t n;
    int32_t *src, *dst; /* [n] */
} list;

static void add(list *l, int32_t src, int32_t dst)
{
    if (src == dst) return;
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

/* Appends the flows of chip i. to: [n] a permutation. */
static void add_chip(ll_synthetic what, int32_t i, int32_t n, uint64_t seed, const int32_t *to,
                     list *l)
{
    const int32_t side = (int32_t)floor(sqrt((double)n) + 1e-9);
    switch (what) {
    case LL_SYNTHETIC_PERMUTATION:
        add(l, i, to[i]);
        break;
    case LL_SYNTHETIC_ALL_TO_ALL:
        for (int32_t k = 1; k < n; k++)
            add(l, i, (i + k) % n);
        break;
    case LL_SYNTHETIC_INCAST:
        add(l, i, 0);
        break;
    case LL_SYNTHETIC_RING:
        add(l, i, (i + 1) % n);
        break;
    case LL_SYNTHETIC_HIERARCHICAL:
        add(l, i, i / side * side + (i + 1) % side);
        add(l, i, (i + side) % n);
        break;
    case LL_SYNTHETIC_UNIFORM:
        for (uint64_t k = 0; k < N_PEER; k++)
            add(l, i, (int32_t)(ll_rng_u01(seed, (uint64_t)i, 1 + k) * n));
        break;
    case LL_SYNTHETIC_HOT_SPOT:
        add(l, i, to[i]);
        if (i % HOT_EVERY == 0) add(l, i, 0);
        break;
    case LL_N_SYNTHETIC:
        LL_ASSERT(0, "pattern %d", (int)what);
    }
}

ll_traffic ll_synthetic_traffic(ll_synthetic what, int32_t n_chip, double size_B, uint64_t seed,
                                ll_arena *mem)
{
    const int64_t most = what == LL_SYNTHETIC_ALL_TO_ALL ? n_chip : N_PEER;
    list l = {.src = ll_arena_array(mem, most * n_chip, int32_t),
              .dst = ll_arena_array(mem, most * n_chip, int32_t)};
    double *list_B = ll_arena_array(mem, most * n_chip, double);
    const int32_t *to = permute(n_chip, seed, mem);
    for (int32_t i = 0; i < n_chip; i++)
        add_chip(what, i, n_chip, seed, to, &l);
    for (int64_t i = 0; i < l.n; i++)
        list_B[i] = size_B;
    return (ll_traffic){
        .pattern = LL_PATTERN_LIST, .n_list = l.n, .src = l.src, .dst = l.dst, .list_B = list_B};
}
