#include "sim/base/index_map.h"
#include "sim/traffic/traffic.h"

#include <string.h>

/* Hash of a word: a multiply-add modulo 2^64, a few cycles; the result is mixed at the end. */
static inline uint64_t add(uint64_t h, uint64_t word)
{
    h = (h ^ word) * 0x9e3779b97f4a7c15ULL;
    return h ^ h >> 29;
}

static inline uint64_t bits_of(double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

static uint64_t add_bytes(uint64_t h, const void *at, size_t n)
{
    const char *bytes = at;
    h = add(h, at == NULL ? ~(uint64_t)0 : n);
    for (size_t i = 0; at != NULL && i < n; i += sizeof h) {
        uint64_t word = 0;
        memcpy(&word, bytes + i, n - i < sizeof word ? n - i : sizeof word);
        h = add(h, word);
    }
    return h;
}

static size_t weight_bytes(const ll_traffic *t)
{
    return t->weight == NULL ? 0 : (size_t)ll_group_size(&t->group) * sizeof *t->weight;
}

static size_t after_bytes(const ll_traffic *t)
{
    return t->first_after == NULL ? 0 : (size_t)t->first_after[t->n_list] * sizeof *t->after;
}

static uint64_t hash_list(uint64_t h, const ll_traffic *t)
{
    const size_t n = (size_t)t->n_list;
    h = add_bytes(h, t->src, n * sizeof *t->src);
    h = add_bytes(h, t->dst, n * sizeof *t->dst);
    h = add_bytes(h, t->list_B, n * sizeof *t->list_B);
    h = add_bytes(h, t->start_s, n * sizeof *t->start_s);
    h = add_bytes(h, t->first_after, (n + 1) * sizeof *t->first_after);
    return add_bytes(h, t->after, after_bytes(t));
}

uint64_t ll_traffic_hash(uint64_t seed, const ll_traffic *t)
{
    uint64_t h = add(seed, (uint64_t)t->pattern);
    if (t->pattern == LL_PATTERN_LIST) return ll_mix(hash_list(h, t));
    const ll_group *g = &t->group;
    h = add(h, (uint64_t)(uint32_t)t->arg << 32 | (uint32_t)g->n_chip);
    h = add(h, bits_of(t->size_B));
    h = add(h, (uint64_t)g->n_digit << 1 | t->weight_of_sender);
    for (int k = 0; k < g->n_digit; k++)
        h = add(h, (uint64_t)(uint32_t)g->size[k] << 32 | (uint32_t)g->stride[k]);
    return ll_mix(t->weight == NULL ? h : add_bytes(h, t->weight, weight_bytes(t)));
}

/* Whether both are NULL, or have n equal bytes. */
static bool same(const void *a, const void *b, size_t n)
{
    return a == b || (a != NULL && b != NULL && memcmp(a, b, n) == 0);
}

static bool same_list(const ll_traffic *a, const ll_traffic *b)
{
    const size_t n = (size_t)a->n_list;
    return a->n_list == b->n_list && same(a->src, b->src, n * sizeof *a->src) &&
           same(a->dst, b->dst, n * sizeof *a->dst) &&
           same(a->list_B, b->list_B, n * sizeof *a->list_B) &&
           same(a->start_s, b->start_s, n * sizeof *a->start_s) &&
           same(a->first_after, b->first_after, (n + 1) * sizeof *a->first_after) &&
           same(a->after, b->after, after_bytes(a));
}

bool ll_traffic_equal(const ll_traffic *a, const ll_traffic *b)
{
    const ll_group *g = &a->group, *h = &b->group;
    if (a->pattern != b->pattern) return false;
    if (a->pattern == LL_PATTERN_LIST) return same_list(a, b);
    if (a->arg != b->arg || bits_of(a->size_B) != bits_of(b->size_B) || g->n_chip != h->n_chip ||
        g->n_digit != h->n_digit || a->weight_of_sender != b->weight_of_sender)
        return false;
    for (int k = 0; k < g->n_digit; k++)
        if (g->size[k] != h->size[k] || g->stride[k] != h->stride[k]) return false;
    return same(a->weight, b->weight, weight_bytes(a));
}

static const void *copy(const void *at, size_t n, ll_arena *mem)
{
    return at == NULL ? NULL : memcpy(ll_arena_alloc(mem, n, 1), at, n);
}

ll_traffic ll_traffic_copy(const ll_traffic *t, ll_arena *mem)
{
    ll_traffic out = *t;
    const size_t n = (size_t)t->n_list;
    if (t->pattern != LL_PATTERN_LIST) {
        out.weight = copy(t->weight, weight_bytes(t), mem);
        return out;
    }
    out.src = copy(t->src, n * sizeof *t->src, mem);
    out.dst = copy(t->dst, n * sizeof *t->dst, mem);
    out.list_B = copy(t->list_B, n * sizeof *t->list_B, mem);
    out.start_s = copy(t->start_s, n * sizeof *t->start_s, mem);
    out.first_after = copy(t->first_after, (n + 1) * sizeof *t->first_after, mem);
    out.after = copy(t->after, after_bytes(t), mem);
    return out;
}
