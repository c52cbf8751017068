/* The order of DualPipe on one stage (DeepSeek-V3 technical report, arXiv 2412.19437, section 3.2.1
 * and figure 5; deepseek-ai/DualPipe, which also has DualPipeV).
 *
 * Micro-batches come from two sides. In DualPipe those are both ends of the pipeline, which holds
 * the model twice. DualPipeV cuts it in the middle and folds it into a V, so that a micro-batch of
 * the second side is one that comes back up; half the stages hold the model once. A stage that is
 * `before` stages behind the nearer end, and `after` stages from the middle, runs
 *
 *   1  2 after              forward passes of side 0
 *   2  before + 1           times: forward of side 0, forward of side 1
 *   3  after                times: input gradients, weight gradients, forward of side 1
 *   4  n - 2 n_stage + before + 1   times: pair of 0 with 1, pair of 1 with 0
 *   5  after                times: backward of side 1, pair of 1 with 0
 *   6  before + 1           times: backward of side 1, of side 0; the second half without weights
 *   7  after                times: weight gradients, input gradients of side 0
 *   8  before + 1           weight gradients
 *
 * where n is the number of micro-batches of each side, and a pair of 0 with 1 runs a forward pass
 * of side 0 together with a backward pass of side 1. In the middle the first pair of step 4 runs
 * one after the other, as its forward pass would have to wait.
 *
 * What a pair costs is not said here: see sim/step/pairs.h. */
#ifndef LL_SCHEDULE_DUAL_ORDER_H
#define LL_SCHEDULE_DUAL_ORDER_H

#include "sim/schedule/schedule.h"

/* How many micro-batches come from each side, through how many stages, and what one of these
 * stages runs. */
typedef struct ll_dual {
    int64_t n_stage, n_micro, stage;  /* stage: 0 at the ends, n_stage - 1 in the middle */
    int64_t chunk[2], first_micro[2]; /* by side */
} ll_dual;

int64_t ll_dual_n_slot(const ll_dual *dual);
void ll_dual_order(const ll_dual *dual, ll_slot *slot);

/* Time of a step of equal chunks: exact for n_micro >= 2 n_stage. */
double ll_dual_uniform_s(int64_t n_stage, int64_t n_micro, const ll_uniform *pass);

#endif
