#include "topology/bundle.h"

#include "sim/base/mix.h"

#include <stdlib.h>
#include <string.h>

static int colour_order(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static int64_t n_different(int64_t n, const uint64_t *colour, uint64_t *sorted)
{
    int64_t different = n > 0;
    memcpy(sorted, colour, (size_t)n * sizeof *colour);
    qsort(sorted, (size_t)n, sizeof *sorted, colour_order);
    for (int64_t i = 1; i < n; i++)
        different += sorted[i] != sorted[i - 1];
    return different;
}

/* What a link adds to the colour of the node at one of its ends. total_Bps: of all links there. The
 * fraction is rounded to single precision, so that sums in another order are equal. */
static uint64_t link_colour(const ll_link *l, bool leaves, uint64_t other, double total_Bps)
{
    const double frac = (double)(float)(ll_link_capacity_Bps(l) / total_Bps);
    const uint64_t way = ll_mix_f64(ll_mix_f64(other + leaves, l->latency_s), frac);
    return l->weight == 1 ? way : ll_mix_f64(way, l->weight);
}

void ll_bundle_colour(const ll_edgelist *list, const uint64_t *chip, ll_arena *mem,
                      uint64_t *colour)
{
    const int64_t n_switch = list->n_node - list->n_chip;
    double *total_Bps = ll_arena_array(mem, list->n_node, double);
    uint64_t *next = ll_arena_array(mem, list->n_node, uint64_t);
    uint64_t *sorted = ll_arena_array(mem, n_switch, uint64_t);
    for (int64_t i = 0; i < list->n_link; i++) {
        total_Bps[list->link[i].from] += ll_link_capacity_Bps(&list->link[i]);
        total_Bps[list->link[i].to] += ll_link_capacity_Bps(&list->link[i]);
    }
    for (int32_t node = 0; node < list->n_node; node++)
        colour[node] = node < list->n_chip
                           ? ll_mix(chip[node])
                           : ll_mix((uint64_t)(list->switch_dim[node - list->n_chip] + 2) << 32);
    for (int64_t before = -1, n = 0; n > before;) {
        before = n;
        memset(next, 0, (size_t)list->n_node * sizeof *next);
        for (int64_t i = 0; i < list->n_link; i++) {
            const ll_link *l = &list->link[i];
            next[l->from] += link_colour(l, true, colour[l->to], total_Bps[l->from]);
            next[l->to] += link_colour(l, false, colour[l->from], total_Bps[l->to]);
        }
        for (int32_t node = list->n_chip; node < list->n_node; node++)
            colour[node] = ll_mix(colour[node] * LL_MIX_GOLDEN + next[node]);
        n = n_different(n_switch, colour + list->n_chip, sorted);
    }
}

typedef struct coloured {
    uint64_t colour;
    int32_t node;
} coloured;

static int coloured_order(const void *a, const void *b)
{
    const coloured *x = a, *y = b;
    if (x->colour != y->colour) return x->colour < y->colour ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

/* The first node of its colour, for every node. as: [n_node] */
static void find_firsts(const ll_edgelist *list, ll_arena *mem, int32_t *as)
{
    const int32_t n_switch = list->n_node - list->n_chip;
    uint64_t *chip = ll_arena_array(mem, list->n_chip, uint64_t);
    uint64_t *colour = ll_arena_array(mem, list->n_node, uint64_t);
    coloured *of = ll_arena_array(mem, n_switch, coloured);
    for (int32_t node = 0; node < list->n_node; node++)
        as[node] = node;
    for (int32_t c = 0; c < list->n_chip; c++)
        chip[c] = (uint64_t)c + 1;
    ll_bundle_colour(list, chip, mem, colour);
    for (int32_t i = 0; i < n_switch; i++)
        of[i] = (coloured){colour[list->n_chip + i], list->n_chip + i};
    qsort(of, (size_t)n_switch, sizeof *of, coloured_order);
    for (int32_t i = 1; i < n_switch; i++)
        if (of[i].colour == of[i - 1].colour) as[of[i].node] = as[of[i - 1].node];
    for (int64_t i = 0; i < list->n_link; i++)
        if (as[list->link[i].from] ==
            as[list->link[i].to]) /* not parallel: joined with each other */
            for (int32_t node = 0; node < list->n_node; node++)
                as[node] = node;
}

static int link_order(const void *a, const void *b)
{
    const ll_link *x = a, *y = b;
    if (x->from != y->from) return x->from < y->from ? -1 : 1;
    if (x->to != y->to) return x->to < y->to ? -1 : 1;
    if (x->latency_s < y->latency_s || x->latency_s > y->latency_s)
        return x->latency_s < y->latency_s ? -1 : 1;
    if (x->weight != y->weight) return x->weight < y->weight ? -1 : 1;
    if (x->bw_Bps < y->bw_Bps || x->bw_Bps > y->bw_Bps) return x->bw_Bps < y->bw_Bps ? -1 : 1;
    return (x->width > y->width) - (x->width < y->width);
}

/* Adds the lanes of a parallel cable. */
static void add_lanes(ll_link *bundle, const ll_link *l)
{
    const int64_t width = (int64_t)bundle->width + l->width;
    const bool equal = !(bundle->bw_Bps < l->bw_Bps) && !(bundle->bw_Bps > l->bw_Bps);
    if (equal && width <= INT32_MAX) {
        bundle->width = (int32_t)width;
    } else {
        bundle->bw_Bps = ll_link_capacity_Bps(bundle) + ll_link_capacity_Bps(l);
        bundle->width = 1;
    }
}

static void merge_links(ll_edgelist *list)
{
    int64_t n = 0;
    qsort(list->link, (size_t)list->n_link, sizeof *list->link, link_order);
    for (int64_t i = 0; i < list->n_link; i++) {
        const ll_link *l = &list->link[i];
        ll_link *last = n > 0 ? &list->link[n - 1] : NULL;
        if (last && last->from == l->from && last->to == l->to && last->weight == l->weight &&
            !(last->latency_s < l->latency_s))
            add_lanes(last, l);
        else
            list->link[n++] = *l;
    }
    list->n_link = n;
}

void ll_bundle_merge(const ll_edgelist *list, ll_arena *mem, ll_edgelist *out)
{
    const int32_t n_chip = list->n_chip;
    ll_edgelist merged = *list;
    merged.link = ll_arena_array(mem, list->n_link, ll_link);
    merged.name = ll_arena_array(mem, list->n_node - n_chip, const char *);
    merged.switch_dim = ll_arena_array(mem, list->n_node - n_chip, int);
    const ll_arena_mark mark = ll_arena_here(mem);
    int32_t *as = ll_arena_array(mem, list->n_node, int32_t);
    int32_t *number = ll_arena_array(mem, list->n_node, int32_t);
    find_firsts(list, mem, as);
    merged.n_node = 0;
    for (int32_t node = 0; node < list->n_node; node++) {
        number[node] = merged.n_node;
        if (as[node] != node) continue;
        if (node >= n_chip) {
            merged.name[merged.n_node - n_chip] = list->name[node - n_chip];
            merged.switch_dim[merged.n_node - n_chip] = list->switch_dim[node - n_chip];
        }
        merged.n_node++;
    }
    for (int64_t i = 0; i < list->n_link; i++) {
        merged.link[i] = list->link[i];
        merged.link[i].from = number[as[list->link[i].from]];
        merged.link[i].to = number[as[list->link[i].to]];
    }
    ll_arena_release(mem, mark);
    merge_links(&merged);
    *out = merged;
}
