#include "sim/schedule/schedule.h"

#include <stddef.h>

#define SCHEDULE_ADDRESS(name, symbol) &ll_schedule_##symbol,
const ll_schedule_type *const ll_schedule_types[] = {LL_SCHEDULES(SCHEDULE_ADDRESS) NULL};
#undef SCHEDULE_ADDRESS

#define SCHEDULE_NAME(name, symbol) #name,
const char *const ll_schedule_names[] = {LL_SCHEDULES(SCHEDULE_NAME) NULL};
#undef SCHEDULE_NAME

int64_t ll_schedule_holds_once(const ll_pipe *pipe) { return pipe->n_inter; }

int64_t ll_schedule_chunk_in_loops(const ll_pipe *pipe, int64_t stage, int64_t k)
{
    return k * pipe->n_stage + stage;
}

int64_t ll_schedule_chunk_in_v(const ll_pipe *pipe, int64_t stage, int64_t k)
{
    return k ? 2 * pipe->n_stage - 1 - stage : stage;
}

bool ll_schedule_needs_inter(const char *name, const ll_pipe *pipe, int64_t n_inter, ll_faults *why)
{
    if (pipe->n_inter == n_inter) return true;
    return ll_fault_add(why, "job.interleave",
                        "schedule %s has %s per stage: write interleave = %lld", name,
                        n_inter == 1 ? "one chunk" : "two chunks", (long long)n_inter);
}

bool ll_schedule_needs_micro(const char *name, const ll_pipe *pipe, int64_t n_micro, ll_faults *why)
{
    if (pipe->n_micro >= n_micro) return true;
    return ll_fault_add(why, "job.global_batch",
                        "schedule %s needs at least %lld micro-batches per pipeline with pp = %lld "
                        "(here %lld); write a larger global_batch, a smaller micro_batch, or "
                        "schedule = \"1f1b\"",
                        name, (long long)n_micro, (long long)pipe->n_stage,
                        (long long)pipe->n_micro);
}
