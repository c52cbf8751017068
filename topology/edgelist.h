/* A link graph as text, one statement per line; # begins a comment.
 *
 *     chips 16                       # first; the chips are called 0 to 15
 *     switch A                       # every switch is declared before it is used
 *     0 <-> A 18 25 GB/s 300 ns      # both directions: lanes, bandwidth of one, latency of the hop
 *     A -> 1 18 25 GB/s 300 ns       # one direction
 *     1 -> A 18 25 GB/s 300 ns
 *
 *     A <-> B 1 25 GB/s 1 us weight 3  # routes of least weight are taken; 1 if nothing is said
 *
 * With equal weights routes have the fewest hops. In a dragonfly that lets them go through a third
 * group, over two global links without a local one: with a weight of 3 for global links they do
 * not, and are minimal as those of type = "dragonfly".
 *
 * `node A` is another spelling of `switch A`. A bandwidth is 1 B/s to 1 EB/s, a latency 0 s or 1 ps
 * to 1 s. Two links between the same nodes are two cables, and traffic is spread over both. Links
 * are numbered in the order of the file, where <-> counts as -> and then <-. Nodes are numbered
 * too: first the chips, then the switches in the order of their declaration. These numbers are what
 * cluster.link_rates counts, unless the list is one dimension of a product.
 *
 * A file may state what its parts are. Where it does not, the structure is looked for (levels.h).
 *
 *     dimension nvlink 8 in_network  # groups of 8 chips, 0 to 7 and 8 to 15; switches can reduce
 *     dimension rail 2               # chip k of one group is joined with chip k of the other
 *     switch A nvlink                # the links of this switch belong to dimension nvlink
 *
 * Dimensions are stated from the innermost to the outermost, as in a product; their sizes multiply
 * to the number of chips. */
#ifndef LL_TOPOLOGY_EDGELIST_H
#define LL_TOPOLOGY_EDGELIST_H

#include "topology/topology.h"

#include <stdio.h>

enum { LL_EDGELIST_MAX_CHIP = 2048, LL_EDGELIST_MAX_SWITCH = 2048, LL_EDGELIST_MAX_WEIGHT = 100 };

typedef struct ll_edgelist {
    const char *file; /* for messages */
    int32_t n_chip, n_node;
    int64_t n_link;
    ll_link *link;     /* [n_link], arena; dimension 0 */
    const char **name; /* [n_node - n_chip] of the switches */
    int *switch_dim;   /* [n_node - n_chip] stated dimension of the switch; -1: none */
    int n_dim;         /* stated dimensions; 0: none */
    ll_dim dim[LL_MAX_DIM];
} ll_edgelist;

/* Errors name file and line. Not collective. */
ll_status ll_edgelist_parse(const ll_text_file *file, ll_arena *mem, ll_edgelist *out,
                            ll_error *err);

/* Link ids by one of their ends, ascending for each node: those of node i are id[start[i]] ..
 * id[start[i + 1] - 1]. by_to: by the node that they enter, else by the one that they leave. start:
 * [n_node + 1], zeroed; id: [n_link]. */
void ll_edgelist_sort(const ll_edgelist *list, bool by_to, int64_t *start, int64_t *id);

/* The links of any topology, with the same node and link ids. */
void ll_edgelist_write(const ll_topology *topo, FILE *out);

#endif
