/* A pipeline schedule for the tests that splits the backward pass, and whose chunks lie in a V: all
 * forward passes, all gradients of inputs, all gradients of weights. With two chunks per stage,
 * stage s holds chunks s and V-1-s, so that the first and the last chunk sit on the first stage,
 * and both middle ones on the last. */
#include "tests/toys/schedule_split.h"

static bool legal(const ll_pipe *pipe, ll_faults *why)
{
    if (pipe->n_inter > 2)
        return ll_fault_add(why, "job.interleave",
                            "schedule split has one or two chunks per stage");
    return true;
}

static int64_t n_slot(const ll_pipe *pipe, int64_t stage)
{
    (void)stage;
    return 3 * pipe->n_micro * pipe->n_inter;
}

static int64_t n_held(const ll_pipe *pipe) { return pipe->n_inter; }

static int64_t chunk(const ll_pipe *pipe, int64_t stage, int64_t k)
{
    return k ? ll_pipe_n_chunk(pipe) - 1 - stage : stage;
}

static void order(const ll_pipe *pipe, int64_t stage, ll_slot *slot)
{
    static const ll_slot_kind kind[] = {LL_SLOT_FORWARD, LL_SLOT_BACKWARD_INPUT,
                                        LL_SLOT_BACKWARD_WEIGHT};
    for (int turn = 0; turn < 3; turn++)
        for (int64_t k = 0; k < pipe->n_inter; k++) /* gradients of inputs, the later chunk first */
            for (int64_t i = 0; i < pipe->n_micro; i++)
                *slot++ = (ll_slot){
                    .micro = (int32_t)i,
                    .chunk = (int32_t)chunk(pipe, stage, turn == 1 ? pipe->n_inter - 1 - k : k),
                    .kind = kind[turn]};
}

static int64_t in_flight(const ll_pipe *pipe, int64_t stage)
{
    (void)stage;
    return pipe->n_micro * pipe->n_inter;
}

/* Each arm of the V takes the last micro-batch through all stages, there and back; the first stage,
 * which is the last one to be through, has its gradients of weights to make then. */
static double uniform_s(const ll_pipe *pipe, const ll_uniform *pass)
{
    const double m = (double)(pipe->n_micro * pipe->n_inter);
    return (m + (double)(pipe->n_inter * (pipe->n_stage - 1))) * (pass->forward_s + pass->input_s) +
           m * pass->weight_s;
}

const ll_schedule_type ll_schedule_split = {
    .name = "split",
    .doc = "forward passes, gradients of inputs, gradients of weights; chunks in a V",
    .splits_backward = true,
    .legal = legal,
    .n_slot = n_slot,
    .order = order,
    .n_held = n_held,
    .chunk = chunk,
    .in_flight = in_flight,
    .uniform_s = uniform_s,
};
