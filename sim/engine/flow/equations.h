/* The throughput equations of one set of flows on one set of links; see throughput.h for the model.
 * equations.c and main.c (start and end) are the only files that call PETSc.
 *
 * A row stands for one flow, or for a class of `mult` equal flows; a link for one link, or for a
 * class of equal links (then its capacity is that of the whole class, and a row's share is what one
 * flow puts on all links of the class together). */
#ifndef LL_ENGINE_FLOW_EQUATIONS_H
#define LL_ENGINE_FLOW_EQUATIONS_H

#include "sim/base/arena.h"
#include "sim/base/status.h"
#include "sim/comm/progress.h"

#include <stdint.h>

/* This rank's part of the system; all of it on one rank, or if every rank solves the same system by
 * itself. All arrays are borrowed. */
typedef struct ll_system {
    int64_t n_link;           /* of all parts */
    int64_t link_lo, link_hi; /* links whose unknowns this rank owns */
    const double *cap_Bps;    /* [link_hi - link_lo] */
    const double *mean_s;     /* [link_hi - link_lo] g: kappa * service time of a packet */
    int64_t n_row;
    const int64_t *first;   /* [n_row + 1] into link and share */
    const int32_t *link;    /* [first[n_row]] 0 .. n_link-1; a link may appear twice in a row */
    const double *share;    /* [first[n_row]] */
    const double *window_B; /* [n_row] > 0 */
    const double *tau_s;    /* [n_row] > 0 */
} ll_system;

typedef struct ll_solve_info {
    int n_newton;         /* steps */
    int n_cg;             /* steps of conjugate gradients (direction.h); 0: direct solver */
    double residual_frac; /* largest |F_l| / load of l over links with load */
} ll_solve_info;

typedef struct ll_equations ll_equations;

/* A solver for the system, for many solves with different `mult`. tolerance: largest residual_frac.
 * comm: the ranks over which the system is spread; of size 1 if each rank has all of it. Destroy it
 * before `mem`. Collective over comm. */
ll_status ll_equations_create(const ll_system *system, double tolerance, ll_comm *comm,
                              ll_arena *mem, ll_equations **out, ll_error *err);
void ll_equations_destroy(ll_equations *eq);

/* Solves report to `progress`, of total 1; NULL: they do not. */
void ll_equations_show(ll_equations *eq, ll_progress *progress);

/* Solve for `mult` [n_row] flows in each row; rows with 0 are absent. wait_s: [link_hi - link_lo]
 * queueing delays; on entry the starting point (zeros: none is known), on return the solution.
 * rate_Bps: [n_row] rate of one flow of the row; 0 where absent. Error LL_ERR_RUN, with the
 * residual, if it does not converge, or if PETSc options made it stop before the tolerance was
 * reached. Collective over comm. */
ll_status ll_equations_solve(ll_equations *eq, const double *mult, double *wait_s, double *rate_Bps,
                             ll_solve_info *info, ll_error *err);

#endif
