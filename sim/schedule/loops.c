#include "sim/schedule/loops.h"

int64_t ll_loops_fill(const ll_pipe *pipe, int64_t stage)
{
    const int64_t after = pipe->n_stage - stage - 1;
    return pipe->n_inter == 1 ? after : 2 * after + (pipe->n_inter - 1) * pipe->n_stage;
}

bool ll_loops_legal(const ll_pipe *pipe, ll_faults *why)
{
    if (pipe->n_inter > 1 && pipe->n_micro % pipe->n_stage)
        return ll_fault_add(
            why, "job.interleave",
            "the interleaved schedule needs micro-batches per pipeline that divide by pp "
            "(here %lld and %lld); change global_batch or write interleave = 1",
            (long long)pipe->n_micro, (long long)pipe->n_stage);
    return true;
}

ll_slot ll_loops_next(ll_loops *c, int64_t turn)
{
    const int64_t n_group = c->pipe->n_inter == 1 ? c->pipe->n_micro : c->pipe->n_stage;
    const int64_t k = c->kind == LL_SLOT_FORWARD ? c->k : c->pipe->n_inter - 1 - c->k;
    const ll_slot slot = {.micro = (int32_t)(c->group + c->i),
                          .chunk = (int32_t)(k * c->pipe->n_stage + c->stage),
                          .turn = (int32_t)turn,
                          .kind = c->kind};
    if (++c->i < n_group) return slot;
    c->i = 0;
    if (++c->k < c->pipe->n_inter) return slot;
    c->k = 0;
    c->group += n_group;
    return slot;
}
