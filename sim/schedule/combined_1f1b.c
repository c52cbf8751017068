/* Schedule `combined_1f1b`: 1F1B whose forward and backward passes of the steady state run as fused
 * pairs, to hide exchanges of tokens (Megatron-LM d98e8a6: combined_1f1b.py and
 * get_pp_rank_microbatches of schedules.py, overlap_moe_expert_parallel_comm).
 *
 * The passes are those of `1f1b`, in the same order. A stage fills the pipeline with one forward
 * pass more, so that the passes of a pair do not depend on each other. With several stages that
 * takes an interleaved pipeline. */
#include "sim/schedule/loops.h"

static int64_t fill(const ll_pipe *pipe, int64_t stage)
{
    return ll_schedule_min(ll_loops_fill(pipe, stage) + 1, pipe->n_micro * pipe->n_inter);
}

static bool legal(const ll_pipe *pipe, ll_faults *why)
{
    if (pipe->n_stage > 1 && pipe->n_inter == 1)
        return ll_fault_add(why, "job.interleave",
                            "pairs of schedule combined_1f1b (job.overlap_exchange) need an "
                            "interleaved pipeline: write 2 or more");
    return ll_loops_legal(pipe, why);
}

static int64_t n_slot(const ll_pipe *pipe, int64_t stage)
{
    return pipe->n_micro * pipe->n_inter + fill(pipe, stage);
}

static void order(const ll_pipe *pipe, int64_t stage, ll_slot *slot)
{
    const int64_t n_pass = pipe->n_micro * pipe->n_inter, warm = fill(pipe, stage);
    ll_loops forward = {pipe, stage, LL_SLOT_FORWARD, 0, 0, 0};
    ll_loops backward = {pipe, stage, LL_SLOT_BACKWARD, 0, 0, 0};
    for (int64_t i = 0; i < warm; i++)
        *slot++ = ll_loops_next(&forward, 0);
    for (int64_t i = warm; i < n_pass; i++) {
        const ll_slot back = ll_loops_next(&backward, 0);
        *slot = ll_loops_next(&forward, 0);
        slot->kind = LL_SLOT_PAIR;
        slot->back_chunk = back.chunk;
        slot->back_micro = back.micro;
        slot++;
    }
    for (int64_t i = 0; i < warm; i++)
        *slot++ = ll_loops_next(&backward, 0);
}

static int64_t in_flight(const ll_pipe *pipe, int64_t stage)
{
    return ll_schedule_min(fill(pipe, stage) + 1, pipe->n_micro * pipe->n_inter);
}

/* The last stage fills the pipeline without a pair for n_stage * n_inter passes, and drains it for
 * as many; between them are its pairs. */
static double uniform_s(const ll_pipe *pipe, const ll_uniform *pass)
{
    const double n_chunk = (double)ll_pipe_n_chunk(pipe);
    const double n_pair = (double)(pipe->n_micro * pipe->n_inter - fill(pipe, pipe->n_stage - 1));
    return n_chunk * (pass->forward_s + pass->input_s + pass->weight_s) + n_pair * pass->pair_s;
}

const ll_schedule_type ll_schedule_combined_1f1b = {
    .name = "combined_1f1b",
    .doc = "1F1B with fused pairs, as job.overlap_exchange makes it",
    .fuses_pairs = true,
    .legal = legal,
    .n_slot = n_slot,
    .order = order,
    .n_held = ll_schedule_holds_once,
    .chunk = ll_schedule_chunk_in_loops,
    .in_flight = in_flight,
    .uniform_s = uniform_s,
};
