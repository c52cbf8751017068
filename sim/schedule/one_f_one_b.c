/* Schedule `1f1b`: one forward, one backward, plain or interleaved (Narayanan et al. 2021).
 *
 * Chunk v sits on stage v mod n_stage. A stage runs forward passes until the pipeline is full
 * (warm-up), then one forward and one backward pass in turn (steady state), then the remaining
 * backward passes (cool-down). Interleaved, micro-batches go through the chunks of a stage in
 * groups of n_stage: all of the group through its first chunk, then through its second, ... */
#include "sim/schedule/schedule.h"

#include <stddef.h>

/* Warm-up: forward passes of a stage before its first 1F1B pair, if it has that many. */
static int64_t fill(const ll_pipe *pipe, int64_t stage)
{
    const int64_t after = pipe->n_stage - stage - 1;
    return pipe->n_inter == 1 ? after : 2 * after + (pipe->n_inter - 1) * pipe->n_stage;
}

static bool legal(const ll_pipe *pipe, ll_faults *why)
{
    if (pipe->n_inter > 1 && pipe->n_micro % pipe->n_stage)
        return ll_fault_add(
            why, "job.interleave",
            "the interleaved schedule needs micro-batches per pipeline that divide by pp "
            "(here %lld and %lld); change global_batch or write interleave = 1",
            (long long)pipe->n_micro, (long long)pipe->n_stage);
    return true;
}

static int64_t n_slot(const ll_pipe *pipe, int64_t stage)
{
    (void)stage;
    return 2 * pipe->n_micro * pipe->n_inter;
}

/* Iterates over the passes of one direction in the order in which a stage runs them. */
typedef struct cursor {
    const ll_pipe *pipe;
    int64_t stage;
    ll_slot_kind kind;
    int64_t group, k,
        i; /* micro-batch i of the group; k-th chunk of the stage, backward from the last one on */
} cursor;

static void cursor_next(cursor *c, int64_t turn, ll_slot *out)
{
    const int64_t n_group = c->pipe->n_inter == 1 ? c->pipe->n_micro : c->pipe->n_stage;
    const int64_t k = c->kind == LL_SLOT_FORWARD ? c->k : c->pipe->n_inter - 1 - c->k;
    *out = (ll_slot){.micro = (int32_t)(c->group + c->i),
                     .chunk = (int32_t)(k * c->pipe->n_stage + c->stage),
                     .turn = (int32_t)turn,
                     .kind = c->kind};
    if (++c->i < n_group) return;
    c->i = 0;
    if (++c->k < c->pipe->n_inter) return;
    c->k = 0;
    c->group += n_group;
}

static void order(const ll_pipe *pipe, int64_t stage, ll_slot *slot)
{
    const int64_t n_pass = pipe->n_micro * pipe->n_inter,
                  warm = ll_schedule_min(fill(pipe, stage), n_pass);
    cursor forward = {pipe, stage, LL_SLOT_FORWARD, 0, 0, 0};
    cursor backward = {pipe, stage, LL_SLOT_BACKWARD, 0, 0, 0};
    for (int64_t turn = 0; turn < n_pass + warm; turn++) {
        if (turn < n_pass) cursor_next(&forward, turn, slot++);
        if (turn >= warm) cursor_next(&backward, turn, slot++);
    }
}

/* Activations in flight: those of the warm-up and one more. */
static int64_t in_flight(const ll_pipe *pipe, int64_t stage)
{
    return ll_schedule_min(fill(pipe, stage) + 1, pipe->n_micro * pipe->n_inter);
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
    .legal = legal,
    .n_slot = n_slot,
    .order = order,
    .n_held = ll_schedule_holds_once,
    .chunk = ll_schedule_chunk_in_loops,
    .in_flight = in_flight,
    .uniform_s = uniform_s,
};
