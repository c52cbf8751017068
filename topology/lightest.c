#include "topology/lightest.h"

#include <string.h>

/* What a search needs: links by the node that they enter, and work space. */
typedef struct searcher {
    int64_t *start; /* [n_node + 1] */
    int64_t *in;    /* [n_link] */
    int32_t *queue; /* [n_node] nodes to go on from; then those met, in ascending weight */
    bool *waits;    /* [n_node] in the queue */
    int32_t *count; /* [LL_LIGHTEST_FAR + 1] nodes of less than a weight */
    int *n_hop;     /* [n_node] of the longest path of least weight */
} searcher;

/* One destination in one dimension. */
typedef struct goal {
    const ll_edgelist *list;
    ll_lightest *layer;
    int d;
    int32_t chip;
    uint16_t *weight; /* [n_node] */
    uint8_t *n_path;  /* [n_node] */
} goal;

/* Whether a way to the goal may begin with the link: chips forward for their own line alone. */
static bool leads(const goal *g, const ll_link *link)
{
    return link->dimension == g->d &&
           (link->from >= g->list->n_chip || ll_lightest_same_line(g->layer, link->from, g->chip));
}

/* Least weight from every node; of weights that are all 1 a search breadth first. */
static void find_weights(const searcher *s, const goal *g)
{
    const int32_t n_node = g->list->n_node;
    memset(g->weight, 0xff, (size_t)n_node * sizeof *g->weight); /* LL_LIGHTEST_FAR */
    g->weight[g->chip] = 0;
    s->queue[0] = g->chip;
    for (int32_t head = 0, n = 1; n > 0; n--) {
        const int32_t at = s->queue[head];
        head = head + 1 < n_node ? head + 1 : 0;
        s->waits[at] = false;
        for (int64_t i = s->start[at]; i < s->start[at + 1]; i++) {
            const ll_link *link = &g->list->link[s->in[i]];
            const int32_t weight =
                g->weight[at] + link->weight; /* below LL_LIGHTEST_FAR: refused later */
            if (!leads(g, link) || weight >= g->weight[link->from]) continue;
            g->weight[link->from] = (uint16_t)weight;
            if (s->waits[link->from]) continue;
            s->waits[link->from] = true;
            s->queue[(head + n - 1) % n_node] = (int32_t)link->from;
            n++;
        }
    }
}

/* Nodes that were met in ascending weight, into the queue; returns how many. */
static int32_t find_order(const searcher *s, const goal *g)
{
    int32_t n = 0;
    memset(s->count, 0, (LL_LIGHTEST_FAR + 1) * sizeof *s->count);
    for (int32_t node = 0; node < g->list->n_node; node++)
        if (g->weight[node] != LL_LIGHTEST_FAR) s->count[g->weight[node] + 1]++;
    for (int32_t w = 1; w <= LL_LIGHTEST_FAR; w++)
        s->count[w] += s->count[w - 1];
    for (int32_t node = 0; node < g->list->n_node; node++) {
        if (g->weight[node] == LL_LIGHTEST_FAR) continue;
        s->queue[s->count[g->weight[node]]++] = node;
        n++;
    }
    return n;
}

/* Weights and paths from every node to `chip` in dimension d. */
static void find(const searcher *s, const ll_edgelist *list, int d, ll_lightest *layer,
                 int32_t chip)
{
    const int64_t row = (int64_t)chip * list->n_node;
    const goal g = {list, layer, d, chip, layer->weight + row, layer->n_path + row};
    find_weights(s, &g);
    const int32_t n = find_order(s, &g);
    memset(s->n_hop, 0, (size_t)list->n_node * sizeof *s->n_hop);
    g.n_path[chip] = 1;
    for (int32_t k = 0; k < n; k++) {
        const int32_t at = s->queue[k];
        for (int64_t i = s->start[at]; i < s->start[at + 1]; i++) {
            const ll_link *link = &list->link[s->in[i]];
            const int64_t from = link->from;
            if (!leads(&g, link) || g.weight[from] != g.weight[at] + link->weight) continue;
            const int sum = g.n_path[from] + g.n_path[at];
            g.n_path[from] = (uint8_t)(sum < LL_LIGHTEST_MAX_PATH ? sum : LL_LIGHTEST_MAX_PATH);
            if (s->n_hop[from] <= s->n_hop[at]) s->n_hop[from] = s->n_hop[at] + 1;
        }
        if (at < list->n_chip && ll_lightest_same_line(layer, at, chip) &&
            s->n_hop[at] > layer->max_hop)
            layer->max_hop = s->n_hop[at];
    }
}

void ll_lightest_find(const ll_edgelist *list, int n_dim, ll_lightest *layer, ll_arena *mem)
{
    const int64_t n_pair = (int64_t)list->n_chip * list->n_node;
    for (int d = 0; d < n_dim; d++) {
        layer[d].weight = ll_arena_array(mem, n_pair, uint16_t);
        layer[d].n_path = ll_arena_array(mem, n_pair, uint8_t);
    }
    const ll_arena_mark mark = ll_arena_here(mem);
    const searcher s = {ll_arena_array(mem, list->n_node + 1, int64_t),
                        ll_arena_array(mem, list->n_link, int64_t),
                        ll_arena_array(mem, list->n_node, int32_t),
                        ll_arena_array(mem, list->n_node, bool),
                        ll_arena_array(mem, LL_LIGHTEST_FAR + 1, int32_t),
                        ll_arena_array(mem, list->n_node, int)};
    ll_edgelist_sort(list, true, s.start, s.in);
    for (int d = 0; d < n_dim; d++)
        for (int32_t chip = 0; chip < list->n_chip; chip++)
            find(&s, list, d, &layer[d], chip);
    ll_arena_release(mem, mark);
}
