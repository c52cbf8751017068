/* What a topology is: chips, the links between them, and a formula that gives the routes from one
 * chip to another.
 *
 * Vocabulary. A *chip* is an end point (a host of SimGrid or htsim), numbered 0 .. n_chip-1. A
 * *node* is a chip or a switch; nodes 0 .. n_chip-1 are the chips. A *link* is one direction of a
 * bundle of `width` equal physical lanes between two nodes, over which traffic is spread evenly;
 * its capacity is width * bw_Bps. A cable that works both ways is two links (SPLITDUPLEX in
 * SimGrid). Where a fabric sprays over equal switches or spines, their links are one bundle: by
 * symmetry this is exact. A *path* is one of the routes that a flow is split over evenly.
 *
 * Routes are formulas, as 8192 chips make 67 million pairs, too many for a table of all of them.
 *
 * A topology may be composed of others: `product` takes a list of topologies, its dimensions, and
 * places a copy of dimension d on every line of chips that differ in coordinate d alone. */
#ifndef LL_TOPOLOGY_TOPOLOGY_H
#define LL_TOPOLOGY_TOPOLOGY_H

#include "sim/base/arena.h"
#include "sim/base/key.h"
#include "sim/base/status.h"

#include <stdbool.h>
#include <stdint.h>

enum { LL_MAX_DIM = 8, LL_MAX_HOP = 512 };

typedef struct ll_link {
    int64_t from, to;  /* node ids */
    double bw_Bps;     /* of one lane, in this direction */
    double latency_s;  /* of the hop, with the switch that it leaves */
    int32_t width;     /* lanes in the bundle */
    int32_t dimension; /* index into ll_topology.dim */
    int32_t weight;    /* of an edge list alone, >= 1: what a route pays for the link */
} ll_link;

typedef struct ll_dim {
    const char *name; /* for reports: "nvlink", "board", "rack" */
    const char *type; /* name of the topology type */
    int32_t size;     /* chips along it; product of all sizes = n_chip */
    const char *note; /* for reports: what the type and the size do not say; NULL: nothing */
    bool reduces; /* switches add up in flight (NVLS, SHARP): algorithm in_network is possible */
    /* Name of the topology that it was found in, for which software is given too; NULL: none. */
    const char *family;
} ll_dim;

typedef struct ll_topology {
    const struct ll_topology_type *type;
    int32_t n_chip;
    int32_t max_path; /* no pair has more paths */
    int64_t n_node;
    int64_t n_link;
    int max_hop;            /* no path has more hops; <= LL_MAX_HOP */
    bool uneven;            /* chips may differ in what surrounds them, so none stands for others */
    int n_dim;              /* >= 1; chip id = mixed radix of coordinates, dimension 0 fastest */
    ll_dim dim[LL_MAX_DIM]; /* [n_dim] */
    const void *state;      /* of the type; arena */
    const char *note;       /* for reports: how an edge list was read; NULL: nothing to say */
    /* The same with every link of the file by its number there, for lists of links that are slow or
     * down; NULL: this one. */
    const struct ll_topology *as_written;
    /* The same links with the routes that packets may take around queues (routing = ugal), where a
     * source chooses between those of this topology and these; NULL: none. Engines that see no
     * queues say what they make of it. */
    const struct ll_topology *detours;
} ll_topology;

/* One per topology type, the only external symbol of its file. No slot is NULL. */
typedef struct ll_topology_type {
    const char *name, *doc; /* "clos"; one line for `lineloss list` */
    const ll_key *keys;     /* ended by {0} */
    size_t param_size;      /* bytes filled from `keys` before create() */
    bool composite;         /* takes children (config list `dimensions`) */

    /* Fill *topo (type is set by the caller). child: [n_child], borrowed, outlives topo; n_child =
     * 0 unless composite. The error text says what is wrong with the parameters, without location.
     * Everything is allocated in mem. */
    ll_status (*create)(const void *param, int n_child, const ll_topology *child, ll_arena *mem,
                        ll_topology *topo, ll_error *err);

    void (*link)(const ll_topology *topo, int64_t link_id, ll_link *out);

    /* Number of paths that a flow from src to dst is split over evenly, >= 1. */
    int32_t (*n_path)(const ll_topology *topo, int32_t src, int32_t dst);

    /* Link ids of path number `path`, in travel order; returns the number of hops (0 if src ==
     * dst), or -1 if it is more than cap. Pure, allocates nothing. */
    int (*route)(const ll_topology *topo, int32_t src, int32_t dst, int32_t path, int cap,
                 int64_t *link_id);

    /* The symmetry of the routes, which is explained below. Both return the lowest chip (link) of
     * the orbit that the given one is in, and set *n_alike to the size of that orbit. split:
     * [n_dim]. Pure. A type without symmetry has ll_topology_chip_alone and ll_topology_link_alone
     * here. */
    int32_t (*chip_orbit)(const ll_topology *topo, const int32_t *split, int32_t chip,
                          int32_t *n_alike);
    int64_t (*link_orbit)(const ll_topology *topo, const int32_t *split, int64_t link_id,
                          int64_t *n_alike);
} ll_topology_type;

/* Orbits. An automorphism here is a permutation of the chips, with one of the links, that takes the
 * paths of every pair (a, b) to the paths of the pair where a and b go, path 0 to path 0, and links
 * to equal ones. All of the automorphisms that a type knows make a group; chips (links) that it
 * takes to each other are an orbit: no traffic that the group leaves as it is can tell them apart.
 *
 * So that traffic among chips 0 .. n-1 alone has symmetries too, `split` restricts the group to
 * automorphisms that keep, in each dimension d, three parts of its coordinates: those below
 * split[d], split[d] itself, and those above. split[d] = size of d: no restriction. */
int32_t ll_topology_chip_alone(const ll_topology *topo, const int32_t *split, int32_t chip,
                               int32_t *n_alike);
int64_t ll_topology_link_alone(const ll_topology *topo, const int32_t *split, int64_t link_id,
                               int64_t *n_alike);

/* The part of 0 .. n-1 that i is in, for types whose chips are all alike. */
typedef struct ll_part {
    int32_t first, size;
} ll_part;

static inline ll_part ll_part_of(int32_t split, int32_t n, int32_t i)
{
    if (i < split) return (ll_part){0, split < n ? split : n};
    return i == split ? (ll_part){split, 1} : (ll_part){split + 1, n - split - 1};
}

/* The registry: one line per type (topology/topology.c). */
#define LL_TOPOLOGY_CHIPS(X)      X(switch) X(mesh) X(ring) X(line) X(torus) X(clos) X(fat_tree)
#define LL_TOPOLOGY_ROUTERS(X)    X(dragonfly) X(dragonfly_plus) X(hyperx) X(slimfly)
#define LL_TOPOLOGY_ANY(X)        X(twisted_torus) X(rail_only) X(custom) X(product)
#define LL_TOPOLOGIES(X)          LL_TOPOLOGY_CHIPS(X) LL_TOPOLOGY_ROUTERS(X) LL_TOPOLOGY_ANY(X)
#define LL_TOPOLOGY_DECLARE(name) extern const ll_topology_type ll_topology_##name;
LL_TOPOLOGIES(LL_TOPOLOGY_DECLARE)
#undef LL_TOPOLOGY_DECLARE

extern const ll_topology_type *const ll_topology_types[];   /* ended by NULL */
const ll_topology_type *ll_topology_find(const char *name); /* NULL if there is none */

static inline double ll_link_capacity_Bps(const ll_link *l) { return l->bw_Bps * l->width; }

/* Zero-load one-way latencies of the paths of a flow. Its last byte arrives over the longest path;
 * its window, which is one for all paths, lasts for the mean over what is in flight. */
typedef struct ll_path_latency {
    double longest_s, shortest_s, mean_s, first_s;
    int32_t n_path; /* that were added */
} ll_path_latency;

/* Adds a path that carries `share` of the bytes; all shares add up to 1. Of equal latencies the
 * mean is exactly the latency. */
static inline void ll_path_latency_add(ll_path_latency *l, double latency_s, double share)
{
    if (l->n_path++ == 0) l->mean_s = l->first_s = l->longest_s = l->shortest_s = latency_s;
    l->mean_s += share * (latency_s - l->first_s);
    if (latency_s > l->longest_s) l->longest_s = latency_s;
    if (latency_s < l->shortest_s) l->shortest_s = latency_s;
}

/* Zero-load one-way latency over the longest path, in seconds. */
double ll_topology_latency_s(const ll_topology *topo, int32_t src, int32_t dst);

/* Coordinates of a chip along the dimensions, and back. coord: [n_dim]. */
void ll_topology_coord(const ll_topology *topo, int32_t chip, int32_t *coord);
int32_t ll_topology_chip(const ll_topology *topo, const int32_t *coord);

/* Index of the dimension with this name, or -1; and all names for a message, "nvlink, rails", in
 * mem. */
int ll_topology_dimension(const ll_topology *topo, const char *name);
const char *ll_topology_dimension_names(const ll_topology *topo, ll_arena *mem);

#endif
