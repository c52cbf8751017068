/* Parallel cables and parallel switches of an edge list, merged into bundles of lanes.
 *
 * A flow is spread over parallel cables, and over parallel switches, in proportion to their width.
 * All of them are then equally busy, so that one node with all of their lanes stands for them
 * exactly: the 18 switches of an NVL72 rack, the spines of a fat tree, planes of 5, 4, 4 and 5
 * lanes. The formulas of other topologies do the same (topology.h).
 *
 * Cables are parallel if they join the same nodes with the same latency. Switches are parallel if
 * they have the same neighbours, over links of equal latency, and each neighbour has the same
 * fraction of the switch's bandwidth; where neighbours are parallel switches, it is enough that
 * they are parallel. That is the coarsest colouring that all links respect: every chip has a colour
 * of its own, all switches begin with one, and a switch is recoloured by the colours, latencies and
 * fractions around it until no class splits any more. */
#ifndef LL_TOPOLOGY_BUNDLE_H
#define LL_TOPOLOGY_BUNDLE_H

#include "topology/edgelist.h"

/* Colours of all nodes. chip: [n_chip] colours of the chips, given; colour: [n_node], filled.
 * Switches of equal colour have equal surroundings. mem: scratch. */
void ll_bundle_colour(const ll_edgelist *list, const uint64_t *chip, ll_arena *mem,
                      uint64_t *colour);

/* *out: the same machine with bundles, in mem; its links are ordered by their ends and latency.
 * Lanes of different bandwidth become one lane of their sum. */
void ll_bundle_merge(const ll_edgelist *list, ll_arena *mem, ll_edgelist *out);

#endif
