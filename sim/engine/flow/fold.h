/* Folding: classes of equal flows and of equal links are solved as one, exactly.
 *
 * Colour refinement. Give every link a colour by its capacity and service time, and every flow one
 * by its size, window, round trip, traffic and number of paths. Then, in turns, a flow's new colour
 * is its old one and the sum of its links' colours, and a link's new colour is its old one and the
 * sum of its flows' colours, until the number of link colours stays the same. Sums are taken mod
 * 2^64 of mixed colours, so they depend neither on order nor on the number of ranks.
 *
 * The result is an equitable partition: any two flows of a class cross equally many links of each
 * class, and any two links of a class are crossed by equally many flows of each class. Since the
 * throughput equations have one solution, and swapping members of a class does not change them, the
 * solution is constant on classes, and the equations of the classes are exact.
 *
 *   example: 4 chips on a switch, everyone to everyone: 12 flows, 8 links. Up links and down links
 *   carry 3 flows each, every flow crosses one of each: all links get one colour, all flows get
 *   one. Quotient: 1 link (8 times the capacity, 8 of them) and 1 row (12 flows, share 2).
 *
 * Different flows or links could get the same 64-bit colour by accident (a collision). So the
 * partition is checked afterwards: flows entry by entry against the first of their class, links by
 * an independent sum over the classes of their flows. If a check fails, refinement is repeated with
 * another hash; after several failures it is an error. */
#ifndef LL_ENGINE_FLOW_FOLD_H
#define LL_ENGINE_FLOW_FOLD_H

#include "sim/engine/flow/equations.h"
#include "sim/engine/flow/incidence.h"

/* The system of a phase, and what else is needed to price its rows. */
typedef struct ll_rows {
    ll_system system;
    const double *mult;      /* [system.n_row] flows in the row */
    const double *size_B;    /* [system.n_row] of one flow */
    const double *latency_s; /* [system.n_row] one way */
    const int32_t *traffic;  /* [system.n_row] index into the phase */
    const int64_t *node;     /* [system.n_row] of sim/traffic/timing.h, -1: starts at 0 */
    const int64_t *row_of;   /* [flows of this rank] the flow's row */
} ll_rows;

enum { LL_FOLD_BITS = 64 }; /* bits of a colour; tests use fewer to provoke collisions */

/* Folds an incidence: one row for each class of flows, in the order of their first members. The
 * result is the same to the bit on every rank and for any number of ranks. Error LL_ERR_INTERNAL if
 * colours collide repeatedly. Collective. */
ll_status ll_fold(const ll_incidence *inc, double kappa, int colour_bits, ll_comm *comm,
                  ll_arena *mem, ll_rows *out, ll_error *err);

/* Without folding: one row for each flow of this rank, links spread over the ranks. Collective. */
void ll_fold_not(const ll_incidence *inc, double kappa, ll_comm *comm, ll_arena *mem, ll_rows *out);

#endif
