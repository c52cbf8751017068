/* Newton's direction for the throughput equations (throughput.h) of many links.
 *
 * The Jacobian is diag(slope) + K, K = A diag(m x / (tau + A'q)) A'. Only links near their
 * capacity, usually a tenth of them, have a slope that K can be felt beside: these are *stiff*. Of
 * the others the direction is F_l / (slope_l + K_ll): what couples them is a thousandth of that.
 * For the stiff ones the sparse matrix slope + K is written out, and solved by conjugate gradients
 * with an incomplete Cholesky factor of its own pattern (Meijerink and van der Vorst 1977), shifted
 * until its pivots are positive (Manteuffel 1980). Links that almost the same flows cross make it
 * nearly singular; that is local, so the factor knows of it, where a diagonal would take thousands
 * of steps. If flows cross so many stiff links that the matrix would be large, its product goes
 * through the flows, and the diagonal preconditions.
 *
 * The matrix that is solved with is symmetric and positive definite, so its direction is downhill.
 * Every rank packs the stiff entries of its own flows; all ranks get all of them, and solve alike.
 */
#ifndef LL_ENGINE_FLOW_DIRECTION_H
#define LL_ENGINE_FLOW_DIRECTION_H

#include "sim/engine/flow/throughput.h"

typedef struct ll_direction ll_direction;

/* t is borrowed; comm: over which the system is spread. In mem, and scratch memory of its own.
 * Not collective. */
ll_direction *ll_direction_create(const ll_throughput *t, ll_comm *comm, ll_arena *mem);
void ll_direction_destroy(ll_direction *d);

/* Chooses the stiff links. v: [n_own] on entry K_ll (LL_ROW_DIAGONAL), on return the number of the
 * link among the stiff ones of all ranks; -1: it is not stiff. f: [n_own] F. Collective. */
void ll_direction_choose(ll_direction *d, const double *f, double *v);

/* out: [n_own] the direction y of q - y, to rtol of the norm that its matrix gives. number: [n_loc]
 * of ll_direction_choose, for the links of the rows here. Returns the steps of conjugate gradients.
 * Collective. */
int ll_direction_find(ll_direction *d, const double *f, const double *number, double rtol,
                      double *out);

#endif
