#include "sim/work/workload.h"

#include <string.h>

#define WORKLOAD_ADDRESS(name) &ll_workload_##name,
const ll_workload_type *const ll_workload_types[] = {LL_WORKLOADS(WORKLOAD_ADDRESS) NULL};
#undef WORKLOAD_ADDRESS

double ll_memory_part_B(const ll_memory *memory, const char *name)
{
    for (int i = 0; i < memory->n; i++)
        if (!strcmp(memory->part[i].name, name)) return memory->part[i].size_B;
    return 0;
}

int ll_workload_metric(const ll_workload_type *workload, const char *name)
{
    int i = 0;
    while (workload->metric[i].name && strcmp(workload->metric[i].name, name) != 0)
        i++;
    LL_ASSERT(workload->metric[i].name, "workload %s has no figure '%s'", workload->name, name);
    return i;
}

ll_status ll_workload_one_iteration(const struct ll_study *study, const ll_oracle *oracle,
                                    ll_arena *mem, ll_outcome *out, ll_error *err)
{
    (void)study;
    (void)mem;
    return oracle->iteration_s(oracle->self, NULL, &out->iteration_s, err);
}

const char *ll_workload_no_remark(const struct ll_study *study, const double *value, ll_arena *mem)
{
    (void)study;
    (void)value;
    (void)mem;
    return "";
}
