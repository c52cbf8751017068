/* A link graph as text, one edge per line:
 *
 *     chips 2                     # first; the chips are called 0 and 1
 *     node sw                     # every switch is declared before it is used
 *     0 <-> sw 18 50 GB/s 300 ns  # both directions: lanes, bandwidth of one, latency of the hop
 *     sw -> 1 18 50 GB/s 300 ns   # one direction
 *     1 -> sw 18 50 GB/s 300 ns
 *
 * A bandwidth is 1 B/s .. 1 EB/s, a latency 0 s or 1 ps .. 1 s. Two links between the same nodes
 * are two cables: traffic is spread over both. Link ids follow the order of the file; <-> is first
 * ->, then <-. Chips come first among the node ids, then the switches in the order of their
 * declaration. */
#ifndef LL_TOPOLOGY_EDGELIST_H
#define LL_TOPOLOGY_EDGELIST_H

#include "topology/topology.h"

#include <stdio.h>

enum { LL_EDGELIST_MAX_CHIP = 2048, LL_EDGELIST_MAX_SWITCH = 2048 };

typedef struct ll_edgelist {
    int32_t n_chip, n_node;
    int64_t n_link;
    ll_link *link; /* [n_link], arena; dimension 0 */
} ll_edgelist;

/* Errors name file and line. Not collective. */
ll_status ll_edgelist_parse(const ll_text_file *file, ll_arena *mem, ll_edgelist *out,
                            ll_error *err);

/* The links of any topology, with the same node and link ids. */
void ll_edgelist_write(const ll_topology *topo, FILE *out);

#endif
