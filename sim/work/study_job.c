#include "sim/work/study_job.h"

#include "sim/work/experts.h"
#include "sim/work/infer.h"
#include "sim/work/stack.h"

#include <stdio.h>

/* Overlapped exchanges run in pairs, so 1F1B becomes the schedule that has them. */
static const ll_schedule_type *schedule_of(const ll_layout *layout)
{
    const ll_schedule_type *chosen = ll_schedule_types[layout->schedule_choice];
    const bool plain = chosen == &ll_schedule_one_f_one_b && !layout->server;
    return layout->experts.overlap_exchange && plain ? &ll_schedule_combined_1f1b : chosen;
}

/* Tokens that a chip routes in a micro-batch, or in the iteration that the ladder is about. */
static double routed_tokens(const ll_study *s, ll_arena *mem)
{
    if (!ll_study_serves(s)) return ll_layout_split(&s->layout, &s->stack, &s->model).n_token_norm;
    const ll_batch batch = s->workload->batch(s, mem);
    return ll_infer_split(s, &batch).n_token_norm;
}

/* A library that the cluster names exchanges tokens only where the job sends each of them once. */
static void dispatcher_check(const ll_study *s, ll_faults *why)
{
    const ll_dispatchers *all = &s->cluster.dispatchers;
    if (*all->chosen && !ll_dispatchers_copy(all) && ll_model_has_experts(&s->model) &&
        s->layout.experts.dispatcher != LL_DISPATCHER_DISTINCT)
        ll_fault_add(why, "cluster.dispatcher",
                     "has no effect unless each token is sent once to a chip: write job.dispatcher "
                     "= \"distinct\", or leave it out");
}

bool ll_study_job_legal(ll_study *s, ll_arena *mem, ll_faults *why)
{
    ll_faults own;
    own.n = 0;
    ll_faults *all = why ? why : &own;
    const int before = all->n;
    s->layout.schedule = schedule_of(&s->layout);
    const bool ordered = ll_layout_order(&s->layout);
    if (!ordered)
        ll_fault_add(all, "job.order",
                     "expected each of tp, cp, dp, pp once, such as \"tp cp dp pp\"");
    s->layout.seed = s->seed;
    if (ll_study_serves(s)) s->workload->lay(s);
    ll_layout_legal(&s->layout, &s->stack, &s->model, all);
    if (!ll_study_serves(s)) ll_stack_legal(&s->stack, s->layout.precision, all);
    dispatcher_check(s, all);
    if (ordered && ll_layout_fit(&s->layout, s->cluster.topo->n_chip, all) &&
        ll_layout_experts_fit(&s->layout, &s->model, all))
        s->workload->legal(s, all);
    if (all->n > before) return false;
    ll_experts_route(&s->layout.experts, &s->model, routed_tokens(s, mem), s->seed, mem);
    return true;
}

static const char *size_text(double size_B, char *out, size_t cap)
{
    ll_units_format(LL_KIND_SIZE, size_B, out, cap);
    return out;
}

bool ll_study_memory_fits(const ll_study *study, ll_faults *why)
{
    const ll_memory *m = &study->memory;
    if (m->total_B <= m->capacity_B) return true;
    char parts[512] = "", total[32], capacity[32], missing[32], size[32];
    size_t used = 0;
    for (int i = 0; i < m->n && used < sizeof parts; i++)
        used += (size_t)snprintf(parts + used, sizeof parts - used, "%s%s %s", i ? ", " : "",
                                 m->part[i].name, size_text(m->part[i].size_B, size, sizeof size));
    return ll_fault_add(
        why, "job.tp", "stage %lld needs %s per chip (%s), but %s has %s: %s are missing; %s",
        (long long)m->lane, size_text(m->total_B, total, sizeof total), parts,
        study->cluster.chip.name, size_text(m->capacity_B, capacity, sizeof capacity),
        size_text(m->total_B - m->capacity_B, missing, sizeof missing), m->advice);
}

bool ll_study_lay(const ll_study *study, const ll_layout *layout, const ll_stack *stack,
                  ll_arena *mem, ll_study *out, ll_faults *why)
{
    *out = *study;
    out->layout = *layout;
    out->stack = *stack;
    if (out->layout.server) out->layout.server = &out->server;
    if (!ll_study_job_legal(out, mem, why)) return false;
    out->workload->memory(out, mem, &out->memory);
    if (!ll_study_memory_fits(out, why)) return false;
    out->collectives = out->workload->collectives(out, mem);
    return true;
}
