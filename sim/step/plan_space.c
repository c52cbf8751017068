/* Which layouts are searched. */
#include "sim/step/plan.h"

#include <string.h>

const char *const ll_plan_axis_names[] = {
#define NAME(name) #name,
    LL_PLAN_AXES(NAME)
#undef NAME
};

static void add(ll_plan_space *s, ll_plan_axis axis, int64_t value)
{
    for (int i = 0; i < s->n[axis]; i++)
        if (s->value[axis][i] == value) return;
    LL_ASSERT(s->n[axis] < LL_PLAN_MAX_VALUE, "%s", ll_plan_axis_names[axis]);
    int at = s->n[axis]++;
    for (; at > 0 && s->value[axis][at - 1] > value; at--)
        s->value[axis][at] = s->value[axis][at - 1];
    s->value[axis][at] = value;
}

/* Divisors of n up to `most`, as many as there is room for. */
static void add_divisors(ll_plan_space *s, ll_plan_axis axis, int64_t n, int64_t most)
{
    for (int64_t i = 1; i <= n && i <= most; i++)
        if (n % i == 0 && s->n[axis] < LL_PLAN_MAX_VALUE) add(s, axis, i);
}

static void add_range(ll_plan_space *s, ll_plan_axis axis, int64_t from, int64_t to)
{
    for (int64_t i = from; i <= to; i++)
        add(s, axis, i);
}

/* A switch that the study has on may be off too. */
static void add_switch(ll_plan_space *s, ll_plan_axis axis, bool on)
{
    add(s, axis, 0);
    if (on) add(s, axis, 1);
}

static int64_t own_value(const ll_study *study, ll_plan_axis axis)
{
    const ll_layout *l = &study->layout;
    const int64_t value[LL_N_PLAN_AXIS] = {[LL_PLAN_tp] = l->tp,
                                           [LL_PLAN_cp] = l->cp,
                                           [LL_PLAN_pp] = l->pp,
                                           [LL_PLAN_ep] = l->experts.ep,
                                           [LL_PLAN_etp] = l->experts.etp,
                                           [LL_PLAN_micro_batch] = l->micro_batch,
                                           [LL_PLAN_recompute] = study->stack.recompute,
                                           [LL_PLAN_zero] = study->stack.zero,
                                           [LL_PLAN_overlap_exchange] = l->experts.overlap_exchange,
                                           [LL_PLAN_overlap_tp] = study->stack.overlap_tp,
                                           [LL_PLAN_interleave] = l->interleave,
                                           [LL_PLAN_schedule] = l->schedule_choice};
    return value[axis];
}

static void defaults(const ll_study *study, ll_plan_space *s)
{
    enum { MAX_TP = 64, MAX_CP = 64, MAX_PP = 128, MAX_EP = 1024, MAX_MICRO = 8 };
    const int64_t n_chip = study->cluster.topo->n_chip, n_layer = study->model.n_layer;
    const int64_t per_stage = n_layer < MAX_PP ? n_layer : MAX_PP;
    add_divisors(s, LL_PLAN_tp, n_chip, MAX_TP);
    add_divisors(s, LL_PLAN_cp, n_chip, MAX_CP);
    add_divisors(s, LL_PLAN_pp, n_chip, per_stage);
    for (int64_t i = 1; i <= MAX_MICRO; i *= 2)
        add(s, LL_PLAN_micro_batch, i);
    /* Fused attention keeps nothing that selective recomputation would spare, and zero = 1 moves
     * as many bytes as 0 and needs less memory. */
    add(s, LL_PLAN_recompute, LL_RECOMPUTE_NONE);
    if (!study->stack.fused_attention) add(s, LL_PLAN_recompute, LL_RECOMPUTE_SELECTIVE);
    add(s, LL_PLAN_recompute, LL_RECOMPUTE_FULL);
    add(s, LL_PLAN_recompute, study->stack.recompute);
    add_range(s, LL_PLAN_zero, 1, 3);
    add(s, LL_PLAN_zero, study->stack.zero);
    for (int64_t i = 1; i <= n_layer && i <= 16; i += i < 8 ? 1 : 2)
        add(s, LL_PLAN_interleave, i);
    for (int i = 0; ll_schedule_types[i]; i++)
        add(s, LL_PLAN_schedule, i);
    const bool experts = ll_model_has_experts(&study->model);
    add_divisors(s, LL_PLAN_ep, n_chip, experts ? MAX_EP : 1);
    add_divisors(s, LL_PLAN_etp, n_chip, experts ? MAX_TP : 1);
    add_switch(s, LL_PLAN_overlap_exchange, study->layout.experts.overlap_exchange);
    add_switch(s, LL_PLAN_overlap_tp, study->stack.overlap_tp);
}

/* The number of a value as it is typed: of words and switches their index. */
static int64_t value_of(const ll_over *o, int64_t i)
{
    const ll_key *key = o->entry->key;
    if (key->kind == LL_KIND_BOOL) return !strcmp(o->text[i], "true");
    for (int k = 0; key->kind == LL_KIND_CHOICE && key->choices[k]; k++)
        if (!strcmp(key->choices[k], o->text[i])) return k;
    return (int64_t)o->value[i];
}

static ll_status over_take(const ll_over *o, ll_plan_space *out, ll_error *err)
{
    for (int axis = 0; axis < LL_N_PLAN_AXIS; axis++) {
        if (strncmp(o->path, "job.", 4) != 0 || strcmp(o->path + 4, ll_plan_axis_names[axis]) != 0)
            continue;
        if (o->n > LL_PLAN_MAX_VALUE)
            return ll_error_set(err, LL_ERR_CONFIG, "--over %s: at most %d values are searched",
                                o->path, LL_PLAN_MAX_VALUE);
        out->n[axis] = 0;
        for (int64_t i = 0; i < o->n; i++)
            add(out, (ll_plan_axis)axis, value_of(o, i));
        return LL_OK;
    }
    return ll_error_set(err, LL_ERR_CONFIG,
                        "--over %s: not searched; choose it with --set. Searched are tp, cp, pp, "
                        "ep, etp, micro_batch, recompute, zero, overlap_exchange, overlap_tp, "
                        "interleave and schedule",
                        o->path);
}

ll_status ll_plan_space_make(const ll_study *study, int n_over, const ll_over *over,
                             ll_plan_space *out, ll_error *err)
{
    *out = (ll_plan_space){.n = {0}};
    if (ll_study_serves(study))
        return ll_error_set(err, LL_ERR_CONFIG,
                            "%s: not of training; `lineloss pareto` searches layouts that serve",
                            study->path);
    defaults(study, out);
    for (int i = 0; i < n_over; i++)
        LL_TRY(over_take(&over[i], out, err));
    return LL_OK;
}

void ll_planned_own(const ll_study *study, ll_planned *out)
{
    *out = (ll_planned){.own = true, .layout = study->layout, .stack = study->stack};
    for (int axis = 0; axis < LL_N_PLAN_AXIS; axis++)
        out->value[axis] = own_value(study, (ll_plan_axis)axis);
}

void ll_planned_lay(const ll_study *study, ll_planned *p)
{
    const int64_t *v = p->value;
    ll_layout *l = &p->layout;
    *l = study->layout;
    p->stack = study->stack;
    l->tp = v[LL_PLAN_tp];
    l->cp = v[LL_PLAN_cp];
    l->pp = v[LL_PLAN_pp];
    l->dp = study->cluster.topo->n_chip / (l->tp * l->cp * l->pp);
    l->experts.ep = v[LL_PLAN_ep];
    l->experts.etp = v[LL_PLAN_etp];
    l->micro_batch = v[LL_PLAN_micro_batch];
    l->interleave = v[LL_PLAN_interleave];
    l->schedule_choice = (int)v[LL_PLAN_schedule];
    l->experts.overlap_exchange = v[LL_PLAN_overlap_exchange];
    l->plan_text = "";
    l->plan = NULL;
    p->stack.recompute = (int)v[LL_PLAN_recompute];
    p->stack.recompute_modules = "";
    p->stack.modules = 0;
    p->stack.zero = v[LL_PLAN_zero];
    p->stack.overlap_tp = v[LL_PLAN_overlap_tp];
    if (p->stack.zero != 3) p->stack.backward_prefetch = true;
    if (p->stack.zero != 3) p->stack.gather_lists = false;
    if (p->stack.zero != 1) p->stack.grad_whole = false;
}

static const char *typed(ll_plan_axis axis, int64_t value, ll_arena *mem)
{
    static const char *const recompute[] = {"\"none\"", "\"selective\"", "\"full\""};
    if (axis == LL_PLAN_recompute) return recompute[value];
    if (axis == LL_PLAN_schedule) return ll_arena_printf(mem, "\"%s\"", ll_schedule_names[value]);
    if (axis == LL_PLAN_overlap_exchange || axis == LL_PLAN_overlap_tp)
        return value ? "true" : "false";
    return ll_arena_printf(mem, "%lld", (long long)value);
}

int ll_plan_changes(const ll_study *study, const ll_planned *p, ll_arena *mem, ll_change *out)
{
    int n = 0;
    if (p->own) return 0;
    out[n++] = (ll_change){.path = "job.dp", .text = "0"};
    if (*study->layout.plan_text)
        out[n++] = (ll_change){.path = "job.pipeline_layout", .text = "\"\""};
    if (*study->stack.recompute_modules)
        out[n++] = (ll_change){.path = "job.recompute_modules", .text = "\"\""};
    for (int axis = 0; axis < LL_N_PLAN_AXIS; axis++)
        out[n++] = (ll_change){.path = ll_arena_printf(mem, "job.%s", ll_plan_axis_names[axis]),
                               .text = typed((ll_plan_axis)axis, p->value[axis], mem)};
    if (p->stack.zero != study->stack.zero) {
        out[n++] = (ll_change){.path = "job.backward_prefetch",
                               .text = p->stack.backward_prefetch ? "true" : "false"};
        out[n++] = (ll_change){.path = "job.gather_lists",
                               .text = p->stack.gather_lists ? "true" : "false"};
        out[n++] =
            (ll_change){.path = "job.grad_whole", .text = p->stack.grad_whole ? "true" : "false"};
    }
    return n;
}
