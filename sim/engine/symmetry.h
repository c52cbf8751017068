/* Symmetric traffic: automorphisms of the topology map it to itself, so that equivalent chips have
 * equivalent flows. */
#ifndef LL_ENGINE_SYMMETRY_H
#define LL_ENGINE_SYMMETRY_H

#include "sim/traffic/traffic.h"
#include "topology/topology.h"

/* Whether the automorphisms of the topology that preserve split[] ([topo->n_dim], filled; see
 * topology/topology.h) map the flows of t to flows of t. True for all-to-all patterns in groups
 * that are whole dimensions, or in one group of the first chips. */
bool ll_symmetry_of(const ll_topology *topo, const ll_traffic *t, int32_t *split);

/* The same, and it pays: at most half of the sources remain to be routed. */
bool ll_symmetry_folds(const ll_topology *topo, const ll_traffic *t, int32_t *split);

#endif
