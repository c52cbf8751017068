/* Schedule `zb_h1`: 1F1B with split backward passes, in the memory of 1F1B (ZB-H1 of Qi et al.
 * 2024, "Zero Bubble Pipeline Parallelism", sections 2.2 and 2.3).
 *
 * A stage runs forward passes and input gradients in the order of 1F1B. Weight gradients lag behind
 * input gradients by as many micro-batches as the stage is behind the first one: the activations
 * that the first stage holds in forward passes, the last holds for weight gradients, so that all
 * stages hold n_stage sets. In the end weight gradients fill the time in which 1F1B waits. */
#include "sim/schedule/schedule.h"

#include <math.h>

static bool legal(const ll_pipe *pipe, ll_faults *why)
{
    const bool ok = ll_schedule_needs_inter("zb_h1", pipe, 1, why);
    return ll_schedule_needs_micro("zb_h1", pipe, pipe->n_stage, why) && ok;
}

static int64_t n_slot(const ll_pipe *pipe, int64_t stage)
{
    (void)stage;
    return 3 * pipe->n_micro;
}

static void order(const ll_pipe *pipe, int64_t stage, ll_slot *slot)
{
    const int64_t n = pipe->n_micro, warm = pipe->n_stage - 1 - stage;
    for (int64_t i = 0; i < warm; i++)
        *slot++ = ll_schedule_slot(LL_SLOT_FORWARD, stage, i);
    for (int64_t i = 0; i < n + stage; i++) {
        if (i + warm < n) *slot++ = ll_schedule_slot(LL_SLOT_FORWARD, stage, i + warm);
        if (i < n) *slot++ = ll_schedule_slot(LL_SLOT_BACKWARD_INPUT, stage, i);
        if (i >= stage) *slot++ = ll_schedule_slot(LL_SLOT_BACKWARD_WEIGHT, stage, i - stage);
    }
}

static int64_t in_flight(const ll_pipe *pipe, int64_t stage)
{
    (void)stage;
    return pipe->n_stage;
}

/* The work of a stage, and one of three times for each further stage. The paper's is the last one:
 * the pipeline fills by forward passes and drains by input gradients, less the weight gradients
 * that the last stage has left for the end. It is the longest if W <= F and W <= B; else forward
 * passes or input gradients alone decide. */
static double uniform_s(const ll_pipe *pipe, const ll_uniform *pass)
{
    const double f_s = pass->forward_s, b_s = pass->input_s, w_s = pass->weight_s;
    return (double)pipe->n_micro * (f_s + b_s + w_s) +
           (double)(pipe->n_stage - 1) * fmax(fmax(f_s, b_s), f_s + b_s - w_s);
}

const ll_schedule_type ll_schedule_zb_h1 = {
    .name = "zb_h1",
    .doc = "zero bubble ZB-H1: 1F1B whose weight gradients are delayed, in its memory",
    .splits_backward = true,
    .legal = legal,
    .n_slot = n_slot,
    .order = order,
    .n_held = ll_schedule_holds_once,
    .chunk = ll_schedule_chunk_in_loops,
    .in_flight = in_flight,
    .uniform_s = uniform_s,
};
