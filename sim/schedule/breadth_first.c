/* Schedule `breadth_first`: looped and breadth first (Lamy-Poirier 2023, "Breadth-First Pipeline
 * Parallelism", section 4).
 *
 * Chunks lie in loops, as in interleaved 1F1B. A stage runs all micro-batches through its first
 * chunk, then all through its second one, ..., and back likewise. The bubble is that of interleaved
 * 1F1B, for any number of micro-batches; all activations of a step are in flight, so it is for
 * small batches. The gradients of a chunk are complete while those of the chunks before it are
 * still to be made, so more of their reduction is hidden. */
#include "sim/schedule/schedule.h"

static bool legal(const ll_pipe *pipe, ll_faults *why)
{
    (void)pipe;
    (void)why;
    return true;
}

static int64_t n_slot(const ll_pipe *pipe, int64_t stage)
{
    (void)stage;
    return 2 * pipe->n_micro * pipe->n_inter;
}

static void order(const ll_pipe *pipe, int64_t stage, ll_slot *slot)
{
    for (int back = 0; back < 2; back++)
        for (int64_t k = 0; k < pipe->n_inter; k++)
            for (int64_t i = 0; i < pipe->n_micro; i++)
                *slot++ = ll_schedule_slot(
                    back ? LL_SLOT_BACKWARD : LL_SLOT_FORWARD,
                    ll_schedule_chunk_in_loops(pipe, stage, back ? pipe->n_inter - 1 - k : k), i);
}

static int64_t in_flight(const ll_pipe *pipe, int64_t stage)
{
    (void)stage;
    return pipe->n_micro * pipe->n_inter;
}

/* Each loop but the last takes as long as its micro-batches, or, if they are few, as the way of one
 * of them around the stages. */
static double uniform_s(const ll_pipe *pipe, const ll_uniform *pass)
{
    const double m = (double)pipe->n_micro, p = (double)pipe->n_stage;
    return ((double)(pipe->n_inter - 1) * (m > p ? m : p) + m + p - 1) *
           (pass->forward_s + pass->input_s + pass->weight_s);
}

const ll_schedule_type ll_schedule_breadth_first = {
    .name = "breadth_first",
    .doc = "looped breadth first: all micro-batches through one chunk, then through the next",
    .legal = legal,
    .n_slot = n_slot,
    .order = order,
    .n_held = ll_schedule_holds_once,
    .chunk = ll_schedule_chunk_in_loops,
    .in_flight = in_flight,
    .uniform_s = uniform_s,
};
