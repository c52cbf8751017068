/* Traffic that the symmetry of a topology leaves as it is: flows of alike chips are alike. */
#ifndef LL_ENGINE_SYMMETRY_H
#define LL_ENGINE_SYMMETRY_H

#include "sim/traffic/traffic.h"
#include "topology/topology.h"

/* Whether the automorphisms of the topology that keep split[] ([topo->n_dim], filled; see
 * topology/topology.h) take the flows of t to flows of t: everyone to everyone, in groups that are
 * whole dimensions, or in one group of the first chips. */
bool ll_symmetry_of(const ll_topology *topo, const ll_traffic *t, int32_t *split);

/* The same, and that at most half of the sources have to be looked at. */
bool ll_symmetry_folds(const ll_topology *topo, const ll_traffic *t, int32_t *split);

#endif
