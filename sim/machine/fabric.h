/* The fabric: a topology from the configuration, and the same with links that are slow or down. */
#ifndef LL_MACHINE_FABRIC_H
#define LL_MACHINE_FABRIC_H

#include "sim/config/registry.h"
#include "topology/topology.h"

extern const ll_registry ll_fabric_registry; /* the kinds of interconnect */

/* The topology that the group at `path` describes. Not collective. */
ll_status ll_fabric_topology(ll_config *cfg, const char *path, ll_arena *mem, ll_topology *topo,
                             ll_error *err);

/* The group "cluster.topology", with the links of link_rates (topology/degraded.h; "": all as
 * they are). known: what they were built into before, which is borrowed; NULL: *out is built, in
 * mem. Not collective. */
ll_status ll_fabric_read(ll_config *cfg, const char *link_rates, const ll_topology *known,
                         ll_arena *mem, const ll_topology **out, ll_error *err);

#endif
