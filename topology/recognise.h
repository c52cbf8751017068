/* Graphs that are one of the types with formulas. These know more than a graph can be searched for:
 * which chips and links are alike, so that traffic folds, and which algorithms pay. */
#ifndef LL_TOPOLOGY_RECOGNISE_H
#define LL_TOPOLOGY_RECOGNISE_H

#include "topology/edgelist.h"

/* Creates, in mem, the topology of a registered type that has exactly these links: switch, mesh,
 * ring, line, or clos of two or three levels that sprays. Its switches may be numbered differently,
 * its chips are not. False if there is none. list: with bundles (bundle.h). */
bool ll_recognise(const ll_edgelist *list, ll_arena *mem, ll_topology *out);

#endif
