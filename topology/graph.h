/* The links of a topology as a graph that can be searched. It answers which links leave a node, and
 * where a shortest route over the links that are up goes. */
#ifndef LL_TOPOLOGY_GRAPH_H
#define LL_TOPOLOGY_GRAPH_H

#include "topology/topology.h"

typedef struct ll_link_graph {
    const ll_topology *topo;
    int64_t *start; /* [n_node + 2] where the links of a node begin; the last one is scratch */
    int64_t *link,
        *other; /* [n_link] ids, ascending for each node, and the nodes at the far ends */
    /* Work space of a search. */
    uint32_t turn;
    uint32_t *seen; /* [n_node] the turn in which the node was last reached */
    int64_t *via;   /* [n_node] link by which it was reached */
    int64_t *queue; /* [n_node] */
    int *n_hop;     /* [n_node] from the start */
} ll_link_graph;

/* down: [n_link] bits of the links that are left out. backwards: every link from its end to its
 * start. All in mem; topo and down are borrowed. */
ll_link_graph *ll_link_graph_create(const ll_topology *topo, const uint64_t *down, bool backwards,
                                    ll_arena *mem);

/* Hops of a shortest route and its link ids, breadth-first; -1 if there is none or it has more than
 * cap. Of several, `salt` chooses: the links of each node are looked at in ascending order, from
 * place salt mod (their number) on. */
int ll_link_graph_route(ll_link_graph *graph, int32_t src, int32_t dst, uint64_t salt, int cap,
                        int64_t *link_id);

/* Hops from `chip` to the farthest chip; -1 and *cut, the lowest chip that is not reached. */
int ll_link_graph_farthest(ll_link_graph *graph, int32_t chip, int32_t *cut);

#endif
