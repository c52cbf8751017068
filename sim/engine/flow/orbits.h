/* Folding before flows are made: where everyone sends to everyone on a symmetric topology, one
 * source of each orbit stands for all of them, and one link of each orbit for all of those.
 *
 * The flows of such a source that cross equally many links of each orbit are one flow of the
 * incidence, as often (ll_incidence.mult) as there are such flows from all sources of the orbit;
 * its links are the lowest of their orbits, each of which stands for n_alike. A link of an orbit
 * of n_alike links, which a flow with mult crosses e times, is crossed by mult * e / n_alike of
 * these flows: a whole number, as no automorphism can tell links of an orbit apart. So colour
 * refinement (refine.h) goes on from here, and ends with the same classes in the same order: prices
 * are the same to the bit.
 *
 *   example: everyone to everyone on a switch of n chips: n (n-1) flows over 2 n links become one
 *   flow, n (n-1) times, over link 0 (one of n up) and link n (one of n down). */
#ifndef LL_ENGINE_FLOW_ORBITS_H
#define LL_ENGINE_FLOW_ORBITS_H

#include "sim/base/index_map.h"
#include "sim/engine/flow/incidence.h"

typedef struct ll_orbits {
    const ll_topology *topo;
    int32_t split[LL_MAX_DIM];
    ll_index_map map; /* rows of the source at hand */
    int32_t **row;    /* [map.n] of [cap_row] their links */
    int64_t cap_row;
} ll_orbits;

/* Whether all traffics of a phase keep the same symmetry, the end of no flow is asked for, and
 * there is something to gain. In mem. */
bool ll_orbits_of(const ll_topology *topo, const ll_phase *phase, ll_arena *mem, ll_orbits *out);

/* The chip is the lowest of its orbit; *n_alike: chips in it. */
bool ll_orbits_stands(const ll_orbits *orbits, int32_t chip, int32_t *n_alike);

/* Of the flows first .. inc->n_flow-1, all of one source that stands for n_alike: equal ones become
 * one row. Their entries, ids of links, begin in `piece` at `at`; those of rows too, and end in the
 * piece that is returned. inc->mult has room. */
ll_entries *ll_orbits_merge(ll_orbits *orbits, ll_incidence *inc, const ll_flow_kind *kinds,
                            int64_t first, ll_entries *piece, int64_t at, int32_t n_alike);

/* Fills inc->n_alike, now that links are numbered. Returns the flows that those of this rank stand
 * for. */
int64_t ll_orbits_count(const ll_orbits *orbits, ll_incidence *inc, ll_arena *mem);

#endif
