/* Progressive filling: how long the rows of a phase take if rates follow the throughput equations.
 *
 * Solve for the rates; advance time to the next completion; remove the rows that complete; solve
 * again. Rates are constant in between, so this is exact, but takes a solve for each distinct
 * completion. With batch_frac = e > 0, completions that are close together are batched:
 *
 *   t_k      when row k would complete at the present rates x_k; t_1 is the first
 *   r_k      size_k / x_k, the time all of its bytes would take at that rate
 *   T        t_1 + e min_k r_k, but not after the last t_k that is taken
 *   taken    every row with t_k <= T + e r_k; all of them end at T
 *
 * Ending row k at T is the same as changing its size by x_k (T - t_k), at most e size_k. So the
 * times are exact for flows whose sizes differ from the given ones by at most the reported fraction
 * batch_err_frac (never more than e). Scaling all sizes by a factor scales all times by it; so if
 * making a flow longer never lets another one end earlier, batch_err_frac bounds the relative error
 * of every end time. (It can: on two links in a row, holding back one flow frees another. Then it
 * is an estimate.)
 *
 * Timed lists (sim/traffic/timing.h): a time step also ends when the next row starts, and the
 * equations are solved again with it. Rows that end release their successors; if nothing is on the
 * wire, time advances to the next start. Start times do not scale with sizes, so batch_err_frac is
 * an estimate then. */
#ifndef LL_ENGINE_FLOW_FILLING_H
#define LL_ENGINE_FLOW_FILLING_H

#include "sim/engine/engine.h"
#include "sim/engine/flow/fold.h"

typedef struct ll_filling {
    double tolerance, batch_frac;
    const ll_timing *timing; /* NULL: all rows start at 0 */
} ll_filling;

/* End times, in seconds. row_s and node_s may be NULL: not wanted. */
typedef struct ll_filling_ends {
    ll_price *price; /* end_s and latency_s are filled, [traffics of the rows] */
    double *row_s;   /* [n_row] of this rank's rows */
    double *node_s;  /* [n_node] of the timing, on every rank */
} ll_filling_ends;

/* Effort and accuracy. */
typedef struct ll_filling_work {
    int n_solve, n_newton;
    double max_util_frac;  /* of the busiest link, while all flows that start at 0 run */
    double batch_err_frac; /* see above */
    double residual_frac;  /* of the worst solve: |F| / load, infinity norm */
} ll_filling_work;

/* comm: the ranks over which the rows are spread. `mem`: scratch of the call. Errors: those of
 * ll_equations_solve. Collective over comm. */
ll_status ll_filling_run(const ll_filling *how, const ll_rows *rows, ll_comm *comm, ll_arena *mem,
                         const ll_filling_ends *ends, ll_filling_work *work, ll_error *err);

#endif
