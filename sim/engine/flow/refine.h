/* Colour refinement: flows that are equal, and links that are, sorted into classes.
 *
 * Give every link a colour by its capacity and service time, and every flow one by its size,
 * window, round trip, traffic and number of paths. Then, in turns, a flow's new colour is its old
 * one and the sum of its links' colours, and a link's new colour is its old one and the sum of its
 * flows' colours, until the number of link colours stays the same. Sums are taken mod 2^64 of mixed
 * colours, so they depend neither on order nor on the number of ranks.
 *
 * The result is an equitable partition: any two flows of a class cross equally many links of each
 * class, and any two links of a class are crossed by equally many flows of each class.
 *
 * Different flows or links could get the same 64-bit colour by accident (a collision). So the
 * partition is checked afterwards: flows entry by entry against the first of their class, links by
 * an independent sum over the classes of their flows. If a check fails, refinement is repeated with
 * another hash; after several failures it is an error. */
#ifndef LL_ENGINE_FLOW_REFINE_H
#define LL_ENGINE_FLOW_REFINE_H

#include "sim/engine/flow/incidence.h"

/* A member of a class of flows has so many entries in a class of links. */
typedef struct ll_class_pair {
    int32_t link_class, n_entry;
} ll_class_pair;

/* A class of flows as ranks exchange it. n_pair pairs follow, ascending by link class. */
typedef struct ll_flow_class {
    uint64_t colour;
    int64_t n_flow; /* on the rank that it comes from */
    int64_t n_pair;
    ll_flow_kind kind;
} ll_flow_class;

static inline const ll_class_pair *ll_class_pairs(const ll_flow_class *c)
{
    return (const ll_class_pair *)(const void *)(c + 1);
}

/* Classes are in the order of their first members, of all ranks. */
typedef struct ll_partition {
    int64_t n_link_class;
    const int64_t *first_link;    /* [n_link_class] the lowest link of the class */
    const int64_t *n_link_member; /* [n_link_class] links */
    int64_t n_class;
    const ll_flow_class *const *flow_class; /* [n_class] */
    const int64_t *n_member;                /* [n_class] flows */
    const int64_t *class_of; /* [inc->n_flow] of each flow; NULL if the ends are not asked for */
} ll_partition;

/* The partition of the incidence, the same on every rank whatever their number; class_of is of this
 * rank. colour_bits: of a colour, LL_FOLD_BITS but in tests. Errors: LL_ERR_INTERNAL if colours
 * collide again and again. Collective. */
ll_status ll_refine(const ll_incidence *inc, int colour_bits, ll_comm *comm, ll_arena *mem,
                    ll_partition *out, ll_error *err);

#endif
