/* Schedule `1f1b`: one forward, one backward, plain or interleaved (Narayanan et al. 2021).
 *
 * A stage runs forward passes until the pipeline is full (warm-up), then one forward and one
 * backward pass in turn (steady state), then the remaining backward passes (cool-down). */
#include "sim/schedule/loops.h"

static int64_t n_slot(const ll_pipe *pipe, int64_t stage)
{
    (void)stage;
    return 2 * pipe->n_micro * pipe->n_inter;
}

static void order(const ll_pipe *pipe, int64_t stage, ll_slot *slot)
{
    const int64_t n_pass = pipe->n_micro * pipe->n_inter,
                  warm = ll_schedule_min(ll_loops_fill(pipe, stage), n_pass);
    ll_loops forward = {pipe, stage, LL_SLOT_FORWARD, 0, 0, 0};
    ll_loops backward = {pipe, stage, LL_SLOT_BACKWARD, 0, 0, 0};
    for (int64_t turn = 0; turn < n_pass + warm; turn++) {
        if (turn < n_pass) *slot++ = ll_loops_next(&forward, turn);
        if (turn >= warm) *slot++ = ll_loops_next(&backward, turn);
    }
}

/* Activations in flight: those of the warm-up and one more. */
static int64_t in_flight(const ll_pipe *pipe, int64_t stage)
{
    return ll_schedule_min(ll_loops_fill(pipe, stage) + 1, pipe->n_micro * pipe->n_inter);
}

/* The work of a stage plus the bubble: the last stage starts after n_stage - 1 forward passes, and
 * the pipeline drains by n_stage - 1 backward passes. */
static double uniform_s(const ll_pipe *pipe, const ll_uniform *pass)
{
    const double n_pass = (double)(pipe->n_micro * pipe->n_inter);
    return (n_pass + (double)pipe->n_stage - 1) *
           (pass->forward_s + pass->input_s + pass->weight_s);
}

const ll_schedule_type ll_schedule_one_f_one_b = {
    .name = "1f1b",
    .doc = "one forward, one backward (1F1B); interleaved if interleave > 1",
    .turns = true,
    .legal = ll_loops_legal,
    .n_slot = n_slot,
    .order = order,
    .n_held = ll_schedule_holds_once,
    .chunk = ll_schedule_chunk_in_loops,
    .in_flight = in_flight,
    .uniform_s = uniform_s,
};
