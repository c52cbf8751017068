/* Schedule `dualpipe_v`: DualPipe cut in half and folded into a V, so that the model is held once
 * (DualPipeV, deepseek-ai/DualPipe): the order is explained in sim/schedule/dual_order.h. */
#include "sim/schedule/dual_order.h"

static bool legal(const ll_pipe *pipe, ll_faults *why)
{
    const bool ok = ll_schedule_needs_inter("dualpipe_v", pipe, 2, why);
    return ll_schedule_needs_micro("dualpipe_v", pipe, 2 * pipe->n_stage, why) && ok;
}

static ll_dual dual_of(const ll_pipe *pipe, int64_t stage)
{
    return (ll_dual){
        .n_stage = pipe->n_stage,
        .n_micro = pipe->n_micro,
        .stage = stage,
        .chunk = {ll_schedule_chunk_in_v(pipe, stage, 0), ll_schedule_chunk_in_v(pipe, stage, 1)}};
}

static int64_t n_slot(const ll_pipe *pipe, int64_t stage)
{
    const ll_dual dual = dual_of(pipe, stage);
    return ll_dual_n_slot(&dual);
}

static void order(const ll_pipe *pipe, int64_t stage, ll_slot *slot)
{
    const ll_dual dual = dual_of(pipe, stage);
    ll_dual_order(&dual, slot);
}

/* "PP + 1" of the source, whose PP counts chunks: two on each stage. */
static int64_t in_flight(const ll_pipe *pipe, int64_t stage)
{
    (void)stage;
    return 2 * pipe->n_stage + 1;
}

static double uniform_s(const ll_pipe *pipe, const ll_uniform *pass)
{
    return ll_dual_uniform_s(pipe->n_stage, pipe->n_micro, pass);
}

const ll_schedule_type ll_schedule_dualpipe_v = {
    .name = "dualpipe_v",
    .doc = "DualPipeV: DualPipe on half the stages, with two chunks each in a V, held once",
    .splits_backward = true,
    .fuses_pairs = true,
    .legal = legal,
    .n_slot = n_slot,
    .order = order,
    .n_held = ll_schedule_holds_once,
    .chunk = ll_schedule_chunk_in_v,
    .in_flight = in_flight,
    .uniform_s = uniform_s,
};
