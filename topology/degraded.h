/* A topology with links that are slow or down.
 *
 * "12:0.5 40:0" means that link 12 has half of its bandwidth and link 40 is down; a fraction is 0,
 * or 1e-6 to 1. Chips, nodes and link ids are those of the topology beneath, so every engine sees
 * the same faults through the same table.
 *
 * Routes. A flow keeps those of its paths that cross no link that is down, and is split evenly over
 * them. If none is left it takes one shortest route through what is up, found breadth-first. Of
 * several shortest routes a hash of the pair chooses, so that the flows of a broken link spread, as
 * they do when a fabric hashes anew: at every node the search looks at the links in ascending
 * order, starting from a place that depends on the pair. */
#ifndef LL_TOPOLOGY_DEGRADED_H
#define LL_TOPOLOGY_DEGRADED_H

#include "topology/topology.h"

/* Makes *out of `beneath`, which is borrowed. text: LINK:FRACTION words, at least one. Errors:
 * LL_ERR_CONFIG with the word that is wrong, or with two chips that no route of at most LL_MAX_HOP
 * hops joins any more. Routes share work space: not for several threads. Not collective. */
ll_status ll_topology_degrade(const ll_topology *beneath, const char *text, ll_arena *mem,
                              ll_topology *out, ll_error *err);

#endif
