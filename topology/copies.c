#include "topology/copies.h"

#include "topology/bundle.h"

#include <stdlib.h>

/* A link as seen within its line: ends are coordinates of chips, or colours of switches. */
typedef struct seen {
    int32_t line;
    uint64_t from, to;
    ll_link link;
} seen;

/* Marks colours, so that none is a coordinate. */
static const uint64_t is_switch = (uint64_t)1 << 63;

static int number_order(uint64_t x, uint64_t y) { return (x > y) - (x < y); }

static int key_order(const void *a, const void *b)
{
    return number_order(*(const uint64_t *)a, *(const uint64_t *)b);
}

static int seen_order(const void *a, const void *b)
{
    const seen *x = a, *y = b;
    if (x->line != y->line) return x->line < y->line ? -1 : 1;
    if (x->from != y->from) return number_order(x->from, y->from);
    if (x->to != y->to) return number_order(x->to, y->to);
    return (x->link.latency_s > y->link.latency_s) - (x->link.latency_s < y->link.latency_s);
}

static bool same_numbers(double a, double b) { return !(a < b) && !(a > b); }

static bool same_link(const seen *a, const seen *b)
{
    return a->from == b->from && a->to == b->to && a->link.width == b->link.width &&
           a->link.weight == b->link.weight && same_numbers(a->link.bw_Bps, b->link.bw_Bps) &&
           same_numbers(a->link.latency_s, b->link.latency_s);
}

/* The lines of a dimension under way. */
typedef struct lines {
    const ll_edgelist *list;
    int d;
    int32_t stride, size;
    uint64_t *key; /* [n_node] coordinate of a chip; colour of a switch */
    int32_t *line; /* [n_node] of a switch: the line of its fabric; -1: not known yet */
    seen *link;    /* [n_link] of the dimension, by line */
    int64_t n_link;
} lines;

static int32_t line_of(const lines *s, int64_t chip)
{
    return (int32_t)(chip / ((int64_t)s->stride * s->size) * s->stride + chip % s->stride);
}

/* Colours of nodes within their lines. */
static void find_keys(lines *s, ll_arena *mem)
{
    const ll_edgelist *list = s->list;
    uint64_t *chip = ll_arena_array(mem, list->n_chip, uint64_t);
    s->key = ll_arena_array(mem, list->n_node, uint64_t);
    for (int32_t c = 0; c < list->n_chip; c++)
        chip[c] = (uint64_t)(c / s->stride % s->size) + 1;
    ll_bundle_colour(list, chip, mem, s->key);
    for (int32_t node = 0; node < list->n_node; node++)
        s->key[node] = node < list->n_chip ? chip[node] - 1 : s->key[node] | is_switch;
}

/* The line of each switch: that of a chip it is joined with, or of another switch. */
static void find_lines(lines *s, ll_arena *mem)
{
    const ll_edgelist *list = s->list;
    s->line = ll_arena_array(mem, list->n_node, int32_t);
    for (int32_t node = 0; node < list->n_node; node++)
        s->line[node] = node < list->n_chip ? line_of(s, node) : -1;
    for (bool more = true; more;) {
        more = false;
        for (int64_t i = 0; i < list->n_link; i++) {
            const ll_link *l = &list->link[i];
            int32_t *from = &s->line[l->from], *to = &s->line[l->to];
            if (l->dimension != s->d || (*from < 0) == (*to < 0)) continue;
            *(*from < 0 ? from : to) = *from < 0 ? *to : *from;
            more = true;
        }
    }
}

static void find_links(lines *s, ll_arena *mem)
{
    const ll_edgelist *list = s->list;
    s->link = ll_arena_array(mem, list->n_link, seen);
    for (int64_t i = 0; i < list->n_link; i++) {
        const ll_link *l = &list->link[i];
        if (l->dimension != s->d || s->line[l->from] < 0) continue;
        s->link[s->n_link++] = (seen){s->line[l->from], s->key[l->from], s->key[l->to], *l};
    }
    qsort(s->link, (size_t)s->n_link, sizeof *s->link, seen_order);
}

/* Whether every line has the links of the first; *n: how many. */
static bool all_alike(const lines *s, int64_t *n)
{
    const int64_t n_line = s->list->n_chip / s->size;
    *n = s->n_link / n_line;
    if (*n * n_line != s->n_link) return false;
    for (int64_t i = 0; i < s->n_link; i++)
        if (s->link[i].line != i / *n || !same_link(&s->link[i], &s->link[i % *n])) return false;
    return true;
}

/* Keys of the switches of line 0, ascending; false if two are equal. */
static bool switch_keys(const lines *s, uint64_t *key, int32_t *n)
{
    *n = 0;
    for (int32_t node = s->list->n_chip; node < s->list->n_node; node++)
        if (s->line[node] == 0) key[(*n)++] = s->key[node];
    qsort(key, (size_t)*n, sizeof *key, key_order);
    for (int32_t i = 1; i < *n; i++)
        if (key[i] == key[i - 1]) return false;
    return true;
}

static int64_t node_of(const lines *s, uint64_t key, const uint64_t *switches, int32_t n)
{
    if (!(key & is_switch)) return (int64_t)key;
    const uint64_t *at = bsearch(&key, switches, (size_t)n, sizeof key, key_order);
    LL_ASSERT(at, "a switch of line 0 of %d has no key", s->list->n_chip / s->size);
    return s->size + (at - switches);
}

bool ll_copies_find(const ll_edgelist *list, int n_dim, const int32_t *size, int d, ll_arena *mem,
                    ll_edgelist *line)
{
    lines s = {.list = list, .d = d, .stride = 1, .size = size[d]};
    int32_t n_switch;
    int64_t n;
    LL_ASSERT(d < n_dim, "dimension %d of %d", d, n_dim);
    for (int k = 0; k < d; k++)
        s.stride *= size[k];
    find_keys(&s, mem);
    find_lines(&s, mem);
    find_links(&s, mem);
    uint64_t *key = ll_arena_array(mem, list->n_node - list->n_chip, uint64_t);
    if (!all_alike(&s, &n) || !switch_keys(&s, key, &n_switch)) return false;
    *line = (ll_edgelist){.file = list->file,
                          .n_chip = s.size,
                          .n_node = s.size + n_switch,
                          .n_link = n,
                          .link = ll_arena_array(mem, n, ll_link)};
    for (int64_t i = 0; i < n; i++) {
        line->link[i] = s.link[i].link;
        line->link[i].from = node_of(&s, s.link[i].from, key, n_switch);
        line->link[i].to = node_of(&s, s.link[i].to, key, n_switch);
        line->link[i].dimension = 0;
    }
    return true;
}
