/* Whether all lines of a dimension (levels.h) are copies of one graph, so that a product can be
 * made of it. */
#ifndef LL_TOPOLOGY_COPIES_H
#define LL_TOPOLOGY_COPIES_H

#include "topology/edgelist.h"

/* The graph of a line of dimension d: chips 0 .. size[d] - 1 are the chips of the line in ascending
 * order. list: with bundles, and with its links labelled by dimension; its lines share no fabric.
 * False if two lines differ, or if switches of a line cannot be told from each other. *line: in
 * mem; it does not depend on the order of links and switches in `list`. */
bool ll_copies_find(const ll_edgelist *list, int n_dim, const int32_t *size, int d, ll_arena *mem,
                    ll_edgelist *line);

#endif
