/* What topologies of routers share: chips on routers, the routes between chips, and which of them
 * are alike. A type (dragonfly, hyperx ...) says which routers its links join, and the ways from
 * one router to another.
 *
 *     chip -> router a -> ... -> router b -> chip      `hosts` chips on each of the first routers
 *
 * routing = minimal   a flow is spread evenly over the minimal ways of its type
 * routing = valiant   a flow is spread evenly over detours: minimally to an intermediate router, or
 *                     to another group, and minimally on from there (Valiant and Brebner 1981; for
 *                     groups Kim et al., ISCA 2008). So spread packets that choose one at random,
 *                     and flows whose packets are sprayed. Where a type has no detour, such as
 *                     within a group, the minimal ways are taken.
 * routing = ugal      a packet takes a minimal way, or a detour if it is the faster by what its
 *                     source knows of queues (UGAL, Singh 2005); engine packet, watch.h. By flow a
 *                     phase takes all minimal ways or all detours, what ends first; closed, which
 *                     knows of no queues, takes minimal ways.
 *
 * Nodes: the chips, then the routers. Links: chips to their routers, routers to their chips, each
 * in the order of the chips, and then those between routers as the type numbers them. Chip c is on
 * router c / hosts. */
#ifndef LL_TOPOLOGY_ROUTERS_H
#define LL_TOPOLOGY_ROUTERS_H

#include "topology/divide.h"
#include "topology/topology.h"

typedef enum ll_routing { LL_ROUTING_MINIMAL, LL_ROUTING_VALIANT, LL_ROUTING_UGAL } ll_routing;
extern const char *const ll_routing_choices[]; /* their names, ended by NULL */

/* Parameters that all these types have: the first member of theirs. */
typedef struct ll_routers_param {
    int64_t hosts, links;
    double bandwidth_Bps, latency_s, switch_latency_s;
    int64_t valiant_paths;
    const char *name;
    int routing; /* ll_routing */
} ll_routers_param;

/* Rows of LL_KEYs of the parameters above. */
#define LL_ROUTERS_KEY(key, kind_, flags_) .name = #key, .kind = LL_KIND_##kind_, .flags = flags_
#define LL_ROUTERS_KEYS(name_def)                                                          \
    {LL_ROUTERS_KEY(hosts_per_router, COUNT, LL_KEY_DESIGN),                               \
     .offset = offsetof(ll_routers_param, hosts), .min = 1, .max = 1 << 12,                \
     .doc = "chips (host ports) on each router (p)"},                                      \
        {LL_ROUTERS_KEY(links, COUNT, LL_KEY_DESIGN),                                      \
         .offset = offsetof(ll_routers_param, links),                                      \
         .def = "1",                                                                       \
         .min = 1,                                                                         \
         .max = 1 << 16,                                                                   \
         .doc = "lanes from each chip to its router, per direction"},                      \
        {LL_ROUTERS_KEY(bandwidth, RATE, LL_KEY_FACT),                                     \
         .offset = offsetof(ll_routers_param, bandwidth_Bps), .min = 1, .max = 1e18,       \
         .doc = "bandwidth of one lane of a chip, per direction"},                         \
        {LL_ROUTERS_KEY(latency, TIME, LL_KEY_FACT),                                       \
         .offset = offsetof(ll_routers_param, latency_s), .max = 1,                        \
         .doc = "latency of one hop between chip and router"},                             \
        {LL_ROUTERS_KEY(switch_latency, TIME, LL_KEY_FACT),                                \
         .offset = offsetof(ll_routers_param, switch_latency_s), .def = "0 s", .max = 1,   \
         .doc = "latency of a router; counts on each link that leaves it"},                \
        {LL_ROUTERS_KEY(valiant_paths, COUNT, 0),                                          \
         .offset = offsetof(ll_routers_param, valiant_paths), .def = "0", .max = 1 << 15,  \
         .doc = "detours of each pair, evenly spaced from one by hash; 0: all of them"},   \
    {                                                                                      \
        LL_ROUTERS_KEY(name, STRING, 0), .offset = offsetof(ll_routers_param, name),       \
                                         .def = (name_def), .doc = "name of the dimension" \
    }
/* The row of `routing`, for types without choices of their own. */
#define LL_ROUTERS_ROUTING                                                                         \
    {                                                                                              \
        LL_ROUTERS_KEY(routing, CHOICE, 0), .offset = offsetof(ll_routers_param, routing),         \
                                            .def = "minimal", .choices = ll_routing_choices,       \
                                            .doc = "minimal routes, detours over which flows are " \
                                                   "spread (valiant), or either by queues (ugal)"  \
    }

/* What a type says of its routers. `graph` is its own. Links between routers are numbered from 0,
 * a and b are routers with chips, a != b. No slot is NULL; all are pure. */
typedef struct ll_router_graph {
    /* ends: routers; latency_s: without switch_latency */
    void (*link)(const void *graph, int64_t i, ll_link *out);
    int32_t (*n_way)(const void *graph, int32_t a, int32_t b); /* minimal ways, >= 1 */
    /* links of way k in travel order; returns their number <= max_hop */
    int (*way)(const void *graph, int32_t a, int32_t b, int32_t k, int64_t *link);
    int32_t (*n_detour)(const void *graph, int32_t a, int32_t b); /* 0: none */
    int (*detour)(const void *graph, int32_t a, int32_t b, int32_t k, int64_t *link);
    /* Orbits (topology.h) of the automorphisms that take routers to routers, for ways and detours
     * alike: the lowest router or link, and how many there are. */
    int32_t (*router_orbit)(const void *graph, int32_t router, int32_t *n_alike);
    int64_t (*link_orbit)(const void *graph, int64_t i, int64_t *n_alike);
} ll_router_graph;

typedef struct ll_routers_size {
    int64_t n_router, n_host_router; /* all; those with chips */
    int64_t n_link;                  /* between routers */
    int max_hop, max_detour_hop;     /* of a way, and of a detour */
    int64_t max_way, max_detour;     /* of a pair */
} ll_routers_size;

/* Fills *topo, which has its type. graph: borrowed. Error LL_ERR_CONFIG: too many chips. */
ll_status ll_routers_create(const ll_routers_param *param, const ll_router_graph *type,
                            const void *graph, const ll_routers_size *size, ll_arena *mem,
                            ll_topology *topo, ll_error *err);

/* Router orbits of a graph without symmetry. */
int32_t ll_router_alone(const void *graph, int32_t router, int32_t *n_alike);
int64_t ll_router_link_alone(const void *graph, int64_t i, int64_t *n_alike);

/* Slots of the topology type. */
void ll_routers_link(const ll_topology *topo, int64_t link_id, ll_link *out);
int32_t ll_routers_n_path(const ll_topology *topo, int32_t src, int32_t dst);
int ll_routers_route(const ll_topology *topo, int32_t src, int32_t dst, int32_t path, int cap,
                     int64_t *link_id);
int32_t ll_routers_chip_orbit(const ll_topology *topo, const int32_t *split, int32_t chip,
                              int32_t *n_alike);
int64_t ll_routers_link_orbit(const ll_topology *topo, const int32_t *split, int64_t link_id,
                              int64_t *n_alike);
#define LL_ROUTERS_SLOTS                                                      \
    .composite = false, .link = ll_routers_link, .n_path = ll_routers_n_path, \
    .route = ll_routers_route, .chip_orbit = ll_routers_chip_orbit,           \
    .link_orbit = ll_routers_link_orbit

#endif
