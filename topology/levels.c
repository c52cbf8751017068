#include "topology/levels.h"

/* Links by the node at one of their ends. */
typedef struct adjacency {
    int64_t *start; /* [n_node + 1] */
    int64_t *id;    /* [n_link] */
} adjacency;

struct ll_levels {
    const ll_edgelist *list;
    adjacency out, in;
    int32_t *fabric; /* [n_node] of a switch: the lowest switch of its fabric */
    int32_t *low,
        *high; /* [n_node] lowest and highest chip of a switch's fabric; of a chip itself */
    /* Work space of a search. */
    uint32_t turn;
    uint32_t *seen; /* [n_node] the turn in which the node was last reached */
    int32_t *queue; /* [n_node] */
};

static adjacency adjacency_of(const ll_edgelist *list, bool by_to, ll_arena *mem)
{
    const adjacency a = {ll_arena_array(mem, list->n_node + 1, int64_t),
                         ll_arena_array(mem, list->n_link, int64_t)};
    ll_edgelist_sort(list, by_to, a.start, a.id);
    return a;
}

/* Reaches the next switch, or takes note of a chip of the fabric. */
static void fabric_meet(ll_levels *v, int64_t node, int32_t *low, int32_t *high, int32_t *tail)
{
    const int32_t i = (int32_t)node;
    if (i < v->list->n_chip) {
        if (i < *low) *low = i;
        if (i > *high) *high = i;
    } else if (v->seen[i] != v->turn) {
        v->seen[i] = v->turn;
        v->queue[(*tail)++] = i;
    }
}

/* The fabric that `first` is in: all switches that are joined with it without a chip in between. */
static void fabric_find(ll_levels *v, int32_t first)
{
    const ll_link *link = v->list->link;
    int32_t low = INT32_MAX, high = -1, tail = 0;
    fabric_meet(v, first, &low, &high, &tail);
    for (int32_t head = 0; head < tail; head++) {
        const int32_t at = v->queue[head];
        for (int64_t i = v->out.start[at]; i < v->out.start[at + 1]; i++)
            fabric_meet(v, link[v->out.id[i]].to, &low, &high, &tail);
        for (int64_t i = v->in.start[at]; i < v->in.start[at + 1]; i++)
            fabric_meet(v, link[v->in.id[i]].from, &low, &high, &tail);
    }
    for (int32_t i = 0; i < tail; i++) {
        v->fabric[v->queue[i]] = first;
        v->low[v->queue[i]] = high < 0 ? 0 : low;
        v->high[v->queue[i]] = high < 0 ? 0 : high;
    }
}

ll_levels *ll_levels_create(const ll_edgelist *list, ll_arena *mem)
{
    ll_levels *v = ll_arena_new(mem, ll_levels);
    *v =
        (ll_levels){list, adjacency_of(list, false, mem), adjacency_of(list, true, mem), .turn = 1};
    v->fabric = ll_arena_array(mem, list->n_node, int32_t);
    v->low = ll_arena_array(mem, list->n_node, int32_t);
    v->high = ll_arena_array(mem, list->n_node, int32_t);
    v->seen = ll_arena_array(mem, list->n_node, uint32_t);
    v->queue = ll_arena_array(mem, list->n_node, int32_t);
    for (int32_t node = 0; node < list->n_node; node++) {
        if (node < list->n_chip)
            v->low[node] = v->high[node] = node;
        else if (v->seen[node] != v->turn)
            fabric_find(v, node);
    }
    return v;
}

/* The innermost dimension that has chips low and high in one block. */
static int dim_of(int n_dim, const int32_t *size, int32_t low, int32_t high)
{
    int64_t block = 1;
    for (int d = 0; d < n_dim; d++) {
        block *= size[d];
        if (low / block == high / block) return d;
    }
    return n_dim - 1;
}

static int link_dim(const ll_levels *v, int n_dim, const int32_t *size, const ll_link *l)
{
    const int32_t low = v->low[l->from] < v->low[l->to] ? v->low[l->from] : v->low[l->to];
    const int32_t high = v->high[l->from] > v->high[l->to] ? v->high[l->from] : v->high[l->to];
    return dim_of(n_dim, size, low, high);
}

/* A line of dimension d: chips of one block of it that are equal modulo `stride`. */
typedef struct line {
    int d;
    int32_t stride, block; /* chips between two of its chips; chips of a block */
    int32_t first;         /* its lowest chip */
} line;

static line line_of(int d, const int32_t *size, int32_t chip)
{
    line l = {d, 1, 0, 0};
    for (int k = 0; k < d; k++)
        l.stride *= size[k];
    l.block = l.stride * size[d];
    l.first = chip / l.block * l.block + chip % l.stride;
    return l;
}

static bool has_chip(const line *l, int64_t chip)
{
    return chip / l->block == l->first / l->block && chip % l->stride == l->first % l->stride;
}

/* The lowest chip of the line that the links of its dimension do not join with the first one, in
 * one direction; -1: they join all. */
static int32_t line_gap(ll_levels *v, int n_dim, const int32_t *size, const line *l, bool backwards)
{
    const adjacency *a = backwards ? &v->in : &v->out;
    int32_t tail = 0;
    v->turn++;
    v->seen[l->first] = v->turn;
    v->queue[tail++] = l->first;
    for (int32_t head = 0; head < tail; head++) {
        const int32_t at = v->queue[head];
        for (int64_t i = a->start[at]; i < a->start[at + 1]; i++) {
            const ll_link *link = &v->list->link[a->id[i]];
            const int64_t to = backwards ? link->from : link->to;
            if (v->seen[to] == v->turn || link_dim(v, n_dim, size, link) != l->d) continue;
            if (to < v->list->n_chip && !has_chip(l, to)) continue;
            v->seen[to] = v->turn;
            v->queue[tail++] = (int32_t)to;
        }
    }
    for (int32_t k = 1; k < size[l->d]; k++)
        if (v->seen[l->first + k * l->stride] != v->turn) return l->first + k * l->stride;
    return -1;
}

/* Two chips that keep dimension d from holding, and in which way; false if it holds. */
typedef struct gap {
    int32_t a, b;
    bool strays; /* a link between a and b leaves its line; else: a line does not join them */
} gap;

static bool dim_gap(ll_levels *v, int n_dim, const int32_t *size, int d, gap *out)
{
    const ll_edgelist *list = v->list;
    for (int64_t i = 0; i < list->n_link; i++) {
        const ll_link *l = &list->link[i];
        if (l->from >= list->n_chip || l->to >= list->n_chip) continue;
        const line from = line_of(d, size, (int32_t)l->from);
        *out = (gap){(int32_t)l->from, (int32_t)l->to, true};
        if (link_dim(v, n_dim, size, l) == d && !has_chip(&from, l->to)) return true;
    }
    for (int32_t chip = 0; chip < list->n_chip; chip++) {
        const line l = line_of(d, size, chip);
        if (l.first != chip) continue;
        for (int backwards = 0; backwards < 2; backwards++) {
            const int32_t cut = line_gap(v, n_dim, size, &l, backwards);
            *out = backwards ? (gap){cut, chip, false} : (gap){chip, cut, false};
            if (cut >= 0) return true;
        }
    }
    return false;
}

int ll_levels_find(ll_levels *levels, int32_t *size)
{
    int n_dim = 1;
    size[0] = levels->list->n_chip;
    for (int32_t s = 2; n_dim < LL_MAX_DIM && s <= size[n_dim - 1] / 2; s++) {
        const int32_t all = size[n_dim - 1];
        gap g;
        if (all % s) continue;
        size[n_dim - 1] = s;
        size[n_dim] = all / s;
        if (!dim_gap(levels, n_dim + 1, size, n_dim - 1, &g) &&
            !dim_gap(levels, n_dim + 1, size, n_dim, &g)) {
            n_dim++;
            s = 1;
        } else {
            size[n_dim - 1] = all;
        }
    }
    return n_dim;
}

const char *ll_levels_obstacle(ll_levels *levels, int n_dim, const int32_t *size,
                               const char *const *name, ll_arena *mem)
{
    gap g;
    for (int d = 0; d < n_dim; d++) {
        if (!dim_gap(levels, n_dim, size, d, &g)) continue;
        return g.strays ? ll_arena_printf(mem,
                                          "chips %d and %d are joined, though they differ in more "
                                          "than their place along dimension '%s'",
                                          g.a, g.b, name[d])
                        : ll_arena_printf(mem,
                                          "no links of dimension '%s' alone lead from chip %d to "
                                          "chip %d",
                                          name[d], g.a, g.b);
    }
    const ll_edgelist *list = levels->list;
    for (int32_t s = list->n_chip; s < list->n_node; s++) {
        const int stated = list->switch_dim[s - list->n_chip];
        const int d = dim_of(n_dim, size, levels->low[s], levels->high[s]);
        if (stated >= 0 && stated != d)
            return ll_arena_printf(mem,
                                   "switch '%s' is stated to be of dimension '%s', but joins "
                                   "chips %d and %d, which only '%s' does",
                                   list->name[s - list->n_chip], name[stated], levels->low[s],
                                   levels->high[s], name[d]);
    }
    return NULL;
}

void ll_levels_label(const ll_levels *levels, int n_dim, const int32_t *size, ll_edgelist *list)
{
    for (int64_t i = 0; i < list->n_link; i++)
        list->link[i].dimension = link_dim(levels, n_dim, size, &list->link[i]);
}

bool ll_levels_apart(const ll_levels *levels, int n_dim, const int32_t *size, int d, ll_arena *mem)
{
    const ll_edgelist *list = levels->list;
    int32_t *line_1 = ll_arena_array(mem, list->n_node, int32_t); /* of the fabric; 0: none yet */
    for (int64_t i = 0; i < list->n_link; i++) {
        const ll_link *l = &list->link[i];
        const int64_t chip = l->from < list->n_chip ? l->from : l->to;
        const int64_t other = l->from < list->n_chip ? l->to : l->from;
        if (chip >= list->n_chip || other < list->n_chip) continue;
        if (link_dim(levels, n_dim, size, l) != d) continue;
        int32_t *at = &line_1[levels->fabric[other]];
        const int32_t first = line_of(d, size, (int32_t)chip).first;
        if (*at != 0 && *at != first + 1) return false;
        *at = first + 1;
    }
    return true;
}
