#include "sim/report/schedules.h"

#include "sim/schedule/schedule.h"

enum { N_STAGE = 8, N_MICRO = 32, MAX_INTER = 4 };

/* All that is held is in units of a stage: its layers, and the activations of one micro-batch. */
static void row(const ll_schedule_type *type, const ll_pipe *pipe, ll_table *t)
{
    const double n_inter = (double)pipe->n_inter;
    const ll_uniform pass = {1 / n_inter, 1 / n_inter, 1 / n_inter, 3 / n_inter};
    const double work_s = 3 * (double)pipe->n_micro, step_s = type->uniform_s(pipe, &pass);
    int64_t most = 0;
    for (int64_t s = 0; s < pipe->n_stage; s++)
        most = type->in_flight(pipe, s) > most ? type->in_flight(pipe, s) : most;
    ll_table_row(t);
    ll_table_set(t, 0, "%s", type->name);
    ll_table_set(t, 1, "%lld", (long long)pipe->n_inter);
    ll_table_set(t, 2, "%lld", (long long)ll_schedule_n_copy(type));
    ll_table_number(t, 3, 2, (double)most / n_inter);
    ll_table_number(t, 4, 2, 100 * (1 - work_s / step_s));
    ll_table_set(t, 5, "%s", type->doc);
}

ll_table *ll_schedules_table(ll_arena *mem)
{
    static const ll_column columns[] = {
        {.name = "schedule"},
        {.name = "interleave", .right = true},
        {.name = "weights", .right = true},
        {.name = "activations", .right = true},
        {.name = "bubble %", .key = "bubble_percent", .right = true},
        {.name = "what it is (8 stages, 32 micro-batches)", .key = "doc"}};
    ll_table *t = ll_table_create(mem, "", (int)(sizeof columns / sizeof *columns), columns);
    for (int k = 0; ll_schedule_types[k]; k++)
        for (int64_t n_inter = 1; n_inter <= MAX_INTER; n_inter *= 2) {
            const ll_pipe pipe = {N_STAGE, n_inter, N_MICRO};
            if (ll_schedule_types[k]->legal(&pipe, NULL)) row(ll_schedule_types[k], &pipe, t);
        }
    return t;
}
