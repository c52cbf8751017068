/* Schedule `dualpipe`: micro-batches from both ends of a pipeline that holds the model twice, and
 * fused pairs of a forward and a backward pass (DeepSeek-V3 technical report, section 3.2.1): the
 * order is explained in sim/schedule/dual_order.h. Stage s holds chunk s of the first copy of the
 * model, and chunk n_stage-1-s of the second one. */
#include "sim/schedule/dual_order.h"

static bool legal(const ll_pipe *pipe, ll_faults *why)
{
    bool ok = ll_schedule_needs_inter("dualpipe", pipe, 1, why);
    if (pipe->n_stage % 2)
        ok = ll_fault_add(why, "job.pp",
                          "schedule dualpipe needs an even pp: write %lld, or schedule = "
                          "\"dualpipe_v\" with interleave = 2",
                          (long long)pipe->n_stage + 1);
    if (pipe->n_micro % 2)
        ok = ll_fault_add(why, "job.global_batch",
                          "schedule dualpipe needs an even number of micro-batches per pipeline "
                          "(here %lld), half of them from each end; nearest: %lld",
                          (long long)pipe->n_micro, (long long)pipe->n_micro + 1);
    return ll_schedule_needs_micro("dualpipe", pipe, 2 * pipe->n_stage, why) && ok;
}

/* In the second half of the stages the second copy is that of side 0. */
static ll_dual dual_of(const ll_pipe *pipe, int64_t stage)
{
    const int64_t other = pipe->n_stage - 1 - stage, half = pipe->n_micro / 2;
    const int first = stage > other ? 1 : 0;
    ll_dual d = {.n_stage = pipe->n_stage / 2, .n_micro = half, .stage = first ? other : stage};
    d.chunk[first] = stage;
    d.chunk[1 - first] = pipe->n_stage + other;
    d.first_micro[1 - first] = half;
    return d;
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

static int64_t n_held(const ll_pipe *pipe)
{
    (void)pipe;
    return 2;
}

static int64_t chunk(const ll_pipe *pipe, int64_t stage, int64_t k)
{
    return k ? 2 * pipe->n_stage - 1 - stage : stage;
}

/* "PP + 1" of the source. */
static int64_t in_flight(const ll_pipe *pipe, int64_t stage)
{
    (void)stage;
    return pipe->n_stage + 1;
}

static double uniform_s(const ll_pipe *pipe, const ll_uniform *pass)
{
    return ll_dual_uniform_s(pipe->n_stage / 2, pipe->n_micro / 2, pass);
}

const ll_schedule_type ll_schedule_dualpipe = {
    .name = "dualpipe",
    .doc = "DualPipe: from both ends of two copies of the model, with fused pairs",
    .splits_backward = true,
    .fuses_pairs = true,
    .both_ways = true,
    .legal = legal,
    .n_slot = n_slot,
    .order = order,
    .n_held = n_held,
    .chunk = chunk,
    .in_flight = in_flight,
    .uniform_s = uniform_s,
};
