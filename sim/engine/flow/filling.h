/* Progressive filling: how long the rows of a phase take if rates follow the throughput equations.
 *
 * Solve; let time run to the next completion; drop the rows that complete; solve again from there.
 * Rates are constant in between, so this is exact, but it takes a solve for each distinct
 * completion. With batch_frac = e > 0, completions that are close together are taken as one:
 *
 *   t_k      when row k would complete at the present rates x_k; t_1 the first of them
 *   r_k      size_k / x_k, the time all of its bytes would take at that rate
 *   T        t_1 + e min_k r_k, but not after the last t_k that is taken
 *   taken    every row with t_k <= T + e r_k; all of them end at T
 *
 * Taking row k at T is the same as changing its size by x_k (T - t_k), which is at most e size_k.
 * So the times are the exact times of flows whose sizes differ from the given ones by at most the
 * fraction that is reported (never more than e). If all sizes change by that fraction, all times
 * change by exactly that fraction; so where a longer flow never lets another end earlier, the
 * reported fraction bounds the relative error of every end time. (It can let another end earlier:
 * two links in a row, where holding back one flow frees the other. Then it is an estimate.)
 *
 * Arrivals (lists that are timed, sim/traffic/timing.h): a step of time also ends when the next row
 * starts, and the equations are solved again with it. Rows that end release those that wait for
 * them; if nothing is on the wire, time goes on to the next start. Starts do not stretch with
 * sizes, so the reported fraction is an estimate then. */
#ifndef LL_ENGINE_FLOW_FILLING_H
#define LL_ENGINE_FLOW_FILLING_H

#include "sim/engine/engine.h"
#include "sim/engine/flow/fold.h"

typedef struct ll_filling {
    double tolerance, batch_frac;
    const ll_timing *timing; /* NULL: all rows start at 0 */
} ll_filling;

/* What ends when. row_s and node_s may be NULL: not asked for. */
typedef struct ll_filling_ends {
    ll_price *price; /* its end_s and latency_s: [as many as traffics that the rows name] */
    double *row_s;   /* [n_row] of the rows here */
    double *node_s;  /* [n_node] of the timing, on every rank */
} ll_filling_ends;

/* What it took. */
typedef struct ll_filling_work {
    int n_solve, n_newton;
    double max_util_frac;  /* of the busiest link, while all flows run that start at 0 */
    double batch_err_frac; /* see above */
    double residual_frac;  /* of the worst solve: |F| / load, infinity norm */
} ll_filling_work;

/* comm: over which the rows are spread. `mem` is for the call. Collective over comm. */
ll_status ll_filling_run(const ll_filling *how, const ll_rows *rows, ll_comm *comm, ll_arena *mem,
                         const ll_filling_ends *ends, ll_filling_work *work, ll_error *err);

#endif
