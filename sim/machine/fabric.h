/* The fabric: the topology of the configuration, and its links that are slow or down. */
#ifndef LL_MACHINE_FABRIC_H
#define LL_MACHINE_FABRIC_H

#include "sim/config/registry.h"
#include "topology/topology.h"

extern const ll_registry ll_fabric_registry; /* the types of topology */

/* Build the topology that the group at `path` describes, in mem. Errors (LL_ERR_CONFIG) are added
 * to err. Not collective. */
ll_status ll_fabric_topology(ll_config *cfg, const char *path, ll_arena *mem, ll_topology *topo,
                             ll_error *err);

/* Read the group "cluster.topology", and degrade the links that link_rates lists
 * (topology/degraded.h; "": none). known: the result of an earlier read of the same, which is
 * borrowed; NULL: build *out in mem. Errors (LL_ERR_CONFIG) are added to err. Not collective. */
ll_status ll_fabric_read(ll_config *cfg, const char *link_rates, const ll_topology *known,
                         ll_arena *mem, const ll_topology **out, ll_error *err);

#endif
