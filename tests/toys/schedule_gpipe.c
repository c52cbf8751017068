/* A pipeline schedule in one file, for the tests: all forward passes, then all backward passes
 * (GPipe, Huang et al. 2019). Schedules are added like this: a table here, one line in LL_SCHEDULES
 * of sim/schedule/schedule.h (here: in the list of tests/contract/schedule.c), which is also its
 * test. */
#include "tests/toys/schedule_gpipe.h"

static bool legal(const ll_pipe *pipe, ll_faults *why)
{
    if (pipe->n_inter > 1)
        return ll_fault_add(why, "job.interleave",
                            "schedule gpipe has one chunk per stage: write 1");
    return true;
}

static int64_t n_slot(const ll_pipe *pipe, int64_t stage)
{
    (void)stage;
    return 2 * pipe->n_micro;
}

static void order(const ll_pipe *pipe, int64_t stage, ll_slot *slot)
{
    for (int back = 0; back < 2; back++)
        for (int64_t i = 0; i < pipe->n_micro; i++)
            *slot++ = (ll_slot){.micro = (int32_t)i,
                                .chunk = (int32_t)stage,
                                .kind = back ? LL_SLOT_BACKWARD : LL_SLOT_FORWARD};
}

static int64_t n_held(const ll_pipe *pipe) { return pipe->n_inter; }

static int64_t chunk(const ll_pipe *pipe, int64_t stage, int64_t k)
{
    (void)pipe;
    (void)k;
    return stage;
}

static int64_t in_flight(const ll_pipe *pipe, int64_t stage)
{
    (void)stage;
    return pipe->n_micro;
}

/* The last micro-batch goes through the stages behind all others, and comes back likewise. */
static double uniform_s(const ll_pipe *pipe, const ll_uniform *pass)
{
    return (double)(pipe->n_micro + pipe->n_stage - 1) *
           (pass->forward_s + pass->input_s + pass->weight_s);
}

const ll_schedule_type ll_schedule_gpipe = {
    .name = "gpipe",
    .doc = "all forward passes, then all backward passes",
    .legal = legal,
    .n_slot = n_slot,
    .order = order,
    .n_held = n_held,
    .chunk = chunk,
    .in_flight = in_flight,
    .uniform_s = uniform_s,
};
