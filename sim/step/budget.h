/* The loss budget: where N chips' worth of work went.
 *
 * The step is evaluated along a ladder of idealisations; each rung removes one cause more:
 *
 *   real -> jitter -> link errors (of engine packet, if it has any) -> contention -> software -> latency
 *        -> bandwidth (no transfers at all) -> bubble -> imbalance -> optimizer -> recompute -> launch
 *        -> memory -> kernels (at peak)
 *
 * Effective chips of a rung = N * (work at peak speed) / (its step time); a cause has lost what its rung
 * gains over the one before. Values are kept on a grid of 2^-30 chips, so that the losses add up
 * exactly, not just to rounding, to N - effective chips.
 *
 * A loss depends on its place in the ladder: waiting that two causes make together is put down to the
 * one that is removed last. `jitter` may come out negative where few chips wait for each other and their
 * draws were fast (one chip: to both sides of zero), `link errors` where lossy phases are extrapolated,
 * and `contention` where `flow` finds transfers that run beside each other less in each other's way than
 * `closed`. From `software` on, every rung only takes work or waiting away, so none is negative.
 */
#ifndef LL_STEP_BUDGET_H
#define LL_STEP_BUDGET_H

#include "sim/comm/progress.h"
#include "sim/step/program.h"
#include "sim/step/result.h"

/* Fills step_s, compute_s, exposed_s, bubble_s, loss, effective_chips, efficiency_frac, mfu_frac,
 * baseline, and the exposed time of each transfer. Collective. */
ll_status ll_budget(const ll_program *program, ll_comm *comm, ll_arena *mem, ll_result *out,
                    ll_error *err);

#endif
