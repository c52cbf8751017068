/* A pipeline schedule for the tests with fused pairs, on one stage: the forward pass of a
 * micro-batch runs with the backward pass of the one before. */
#include "tests/toys/schedule_pair.h"

static bool legal(const ll_pipe *pipe, ll_faults *why)
{
    if (pipe->n_stage > 1 || pipe->n_inter > 1)
        return ll_fault_add(why, "job.pp", "schedule pair has one stage and one chunk: write 1");
    return true;
}

static int64_t n_slot(const ll_pipe *pipe, int64_t stage)
{
    (void)stage;
    return pipe->n_micro + 1;
}

static void order(const ll_pipe *pipe, int64_t stage, ll_slot *slot)
{
    (void)stage;
    const int32_t n = (int32_t)pipe->n_micro;
    slot[0] = (ll_slot){.micro = 0, .kind = LL_SLOT_FORWARD};
    for (int32_t i = 1; i < n; i++)
        slot[i] = (ll_slot){.micro = i, .back_micro = i - 1, .kind = LL_SLOT_PAIR};
    slot[n] = (ll_slot){.micro = n - 1, .kind = LL_SLOT_BACKWARD};
}

static int64_t n_held(const ll_pipe *pipe) { return pipe->n_inter; }

static int64_t chunk(const ll_pipe *pipe, int64_t stage, int64_t k)
{
    (void)pipe;
    (void)stage;
    return k;
}

static int64_t in_flight(const ll_pipe *pipe, int64_t stage)
{
    (void)stage;
    return pipe->n_micro > 1 ? 2 : 1;
}

static double uniform_s(const ll_pipe *pipe, const ll_uniform *pass)
{
    return pass->forward_s + (double)(pipe->n_micro - 1) * pass->pair_s + pass->input_s +
           pass->weight_s;
}

const ll_schedule_type ll_schedule_pair = {
    .name = "pair",
    .doc = "each forward pass together with the backward pass before it, on one stage",
    .fuses_pairs = true,
    .legal = legal,
    .n_slot = n_slot,
    .order = order,
    .n_held = n_held,
    .chunk = chunk,
    .in_flight = in_flight,
    .uniform_s = uniform_s,
};
