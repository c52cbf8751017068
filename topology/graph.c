#include "topology/graph.h"

/* Counts the links of each node, then places them: two walks over all links. */
static void place_links(ll_link_graph *graph, const uint64_t *down, bool backwards, bool counting)
{
    const ll_topology *topo = graph->topo;
    for (int64_t id = 0; id < topo->n_link; id++) {
        if (down[id / 64] >> (id % 64) & 1) continue;
        ll_link l;
        topo->type->link(topo, id, &l);
        const int64_t node = backwards ? l.to : l.from;
        if (counting) {
            graph->start[node + 2]++;
            continue;
        }
        const int64_t place = graph->start[node + 1]++;
        graph->link[place] = id;
        graph->other[place] = backwards ? l.from : l.to;
    }
}

ll_link_graph *ll_link_graph_create(const ll_topology *topo, const uint64_t *down, bool backwards,
                                    ll_arena *mem)
{
    ll_link_graph *graph = ll_arena_new(mem, ll_link_graph);
    graph->topo = topo;
    graph->start = ll_arena_array(mem, topo->n_node + 2, int64_t);
    graph->link = ll_arena_array(mem, topo->n_link, int64_t);
    graph->other = ll_arena_array(mem, topo->n_link, int64_t);
    graph->seen = ll_arena_array(mem, topo->n_node, uint32_t);
    graph->via = ll_arena_array(mem, topo->n_node, int64_t);
    graph->queue = ll_arena_array(mem, topo->n_node, int64_t);
    graph->n_hop = ll_arena_array(mem, topo->n_node, int);
    place_links(graph, down, backwards, true);
    for (int64_t node = 1; node <= topo->n_node; node++)
        graph->start[node + 1] += graph->start[node];
    place_links(graph, down, backwards, false);
    return graph;
}

/* From `from` until `to` is reached, or everywhere if there is no such node. */
static void spread(ll_link_graph *graph, int64_t from, int64_t to, uint64_t salt)
{
    int64_t tail = 0;
    graph->turn++;
    graph->queue[tail++] = from;
    graph->seen[from] = graph->turn;
    graph->n_hop[from] = 0;
    for (int64_t head = 0; head < tail; head++) {
        const int64_t at = graph->queue[head], first = graph->start[at];
        const int64_t n = graph->start[at + 1] - first;
        const int64_t offset = n > 0 ? (int64_t)(salt % (uint64_t)n) : 0;
        for (int64_t k = 0; k < n; k++) {
            const int64_t place = first + (k + offset < n ? k + offset : k + offset - n);
            const int64_t node = graph->other[place];
            if (graph->seen[node] == graph->turn) continue;
            graph->seen[node] = graph->turn;
            graph->via[node] = graph->link[place];
            graph->n_hop[node] = graph->n_hop[at] + 1;
            graph->queue[tail++] = node;
            if (node == to) return;
        }
    }
}

int ll_link_graph_route(ll_link_graph *graph, int32_t src, int32_t dst, uint64_t salt, int cap,
                        int64_t *link_id)
{
    spread(graph, src, dst, salt);
    const int n = graph->n_hop[dst];
    if (graph->seen[dst] != graph->turn || n > cap) return -1;
    int64_t at = dst;
    for (int h = n - 1; h >= 0; h--) {
        ll_link l;
        link_id[h] = graph->via[at];
        graph->topo->type->link(graph->topo, link_id[h], &l);
        at = l.from;
    }
    return n;
}

int ll_link_graph_farthest(ll_link_graph *graph, int32_t chip, int32_t *cut)
{
    int most = 0;
    spread(graph, chip, -1, 0);
    for (*cut = 0; *cut < graph->topo->n_chip; ++*cut) {
        if (graph->seen[*cut] != graph->turn) return -1;
        if (graph->n_hop[*cut] > most) most = graph->n_hop[*cut];
    }
    return most;
}
