/* Folding: classes of equal flows and of equal links are solved as one, exactly.
 *
 * Colour refinement (refine.h) finds an equitable partition of flows and links. Since the
 * throughput equations have one solution, and swapping members of a class does not change them, the
 * solution is constant on classes, and the equations of the classes are exact: a class of links
 * becomes one link with the capacity of all of them, a class of flows one row.
 *
 *   example: 4 chips on a switch, everyone to everyone: 12 flows, 8 links. Up links and down links
 *   carry 3 flows each, every flow crosses one of each: all links get one colour, all flows get
 *   one. Quotient: 1 link (8 times the capacity, 8 of them) and 1 row (12 flows, share 2). */
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
