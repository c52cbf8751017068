#include "sim/report/plan.h"

#include "sim/config/config_write.h"
#include "sim/print/quantity.h"

#include <string.h>

static const char *axis_text(const ll_planned *p, ll_plan_axis axis, ll_arena *mem)
{
    static const char *const recompute[] = {"none", "selective", "full"};
    const int64_t v = p->value[axis];
    if (axis == LL_PLAN_recompute && p->own && *p->stack.recompute_modules)
        return p->stack.recompute_modules;
    if (axis == LL_PLAN_recompute) return recompute[v];
    if (axis == LL_PLAN_schedule) return ll_schedule_names[v];
    if (axis == LL_PLAN_overlap_exchange || axis == LL_PLAN_overlap_tp) return v ? "yes" : "no";
    return ll_arena_printf(mem, "%lld", (long long)v);
}

const char *ll_planned_text(const ll_planned *p, ll_arena *mem)
{
    const ll_layout *l = &p->layout;
    const char *s = ll_arena_printf(mem, "tp %lld", (long long)l->tp);
    if (l->cp > 1) s = ll_arena_printf(mem, "%s x cp %lld", s, (long long)l->cp);
    s = ll_arena_printf(mem, "%s x pp %lld x dp %lld", s, (long long)l->pp, (long long)l->dp);
    if (l->experts.ep > 1) s = ll_arena_printf(mem, "%s, ep %lld", s, (long long)l->experts.ep);
    if (l->experts.etp > 1) s = ll_arena_printf(mem, "%s, etp %lld", s, (long long)l->experts.etp);
    return ll_arena_printf(
        mem, "%s, micro_batch %lld, %s, interleave %lld, recompute %s, zero %lld", s,
        (long long)l->micro_batch, axis_text(p, LL_PLAN_schedule, mem), (long long)l->interleave,
        axis_text(p, LL_PLAN_recompute, mem), (long long)p->stack.zero);
}

/* Whether an axis has a column: some of the best differ from 1, 0 or no. */
static bool shows(const ll_plan_result *r, ll_plan_axis axis)
{
    const bool counts = axis == LL_PLAN_cp || axis == LL_PLAN_ep || axis == LL_PLAN_etp;
    const bool is_switch = axis == LL_PLAN_overlap_exchange || axis == LL_PLAN_overlap_tp;
    if (!counts && !is_switch) return true;
    for (int i = 0; i < r->n; i++)
        if (r->best[i].value[axis] > counts) return true;
    return false;
}

/* Within the known error of the best. */
static bool equal(const ll_plan_result *r, int i, double err_frac)
{
    return r->best[i].found->speed.headline >= (1 - err_frac) * r->best[0].found->speed.headline;
}

static const char *remark(const ll_plan_result *r, int i, ll_arena *mem)
{
    const ll_planned *p = &r->best[i];
    const char *own = p->own ? "the study's own; " : "";
    if (i == 0) return p->own ? "the study's own" : "";
    if (p->worse_by < 0) return p->own ? "the study's own" : "";
    return ll_arena_printf(mem, "%s%s costs %s more chips", own,
                           r->study->workload->ladder[p->worse_by].name,
                           ll_chips_text(p->worse_chips, mem));
}

ll_table *ll_plan_table(const ll_plan_result *r, double err_frac, ll_arena *mem)
{
    ll_column column[LL_N_PLAN_AXIS + 8];
    ll_plan_axis shown[LL_N_PLAN_AXIS];
    int n = 0, n_shown = 0;
    column[n++] = (ll_column){.name = "#", .right = true};
    for (int axis = 0; axis < LL_N_PLAN_AXIS; axis++) {
        if (!shows(r, (ll_plan_axis)axis)) continue;
        static const char *const shorter[LL_N_PLAN_AXIS] = {[LL_PLAN_micro_batch] = "micro",
                                                            [LL_PLAN_overlap_exchange] = "overlap",
                                                            [LL_PLAN_overlap_tp] = "tp overlap"};
        shown[n_shown++] = (ll_plan_axis)axis;
        column[n++] = (ll_column){.name = shorter[axis] ? shorter[axis] : ll_plan_axis_names[axis],
                                  .key = ll_plan_axis_names[axis],
                                  .right = axis != LL_PLAN_recompute && axis != LL_PLAN_schedule};
    }
    column[n++] = (ll_column){.name = "dp", .right = true};
    column[n++] = (ll_column){.name = "memory GB", .key = "memory_GB", .right = true};
    column[n++] = (ll_column){.name = "step s", .key = "step_s", .right = true};
    column[n++] = (ll_column){
        .name = ll_headline(r->study)->label, .key = ll_headline(r->study)->name, .right = true};
    column[n++] = (ll_column){.name = "%", .key = "of_best_percent", .right = true};
    column[n++] = (ll_column){.name = "why not the best", .key = "why"};
    ll_table *t = ll_table_create(mem, "", n, column);
    for (int i = 0; i < r->n; i++) {
        const ll_planned *p = &r->best[i];
        const ll_found *f = p->found;
        int c = 0;
        ll_table_row(t);
        ll_table_set(t, c++, "%s%d", i && equal(r, i, err_frac) ? "=" : "", i + 1);
        for (int k = 0; k < n_shown; k++)
            ll_table_set(t, c++, "%s", axis_text(p, shown[k], mem));
        ll_table_set(t, c++, "%lld", (long long)f->dp);
        ll_table_number(t, c++, 1, f->memory_B / 1e9);
        ll_table_number(t, c++, 4, f->speed.iteration_s);
        ll_table_number(t, c++, 1, f->speed.headline);
        ll_table_number(t, c++, 1, 100 * f->speed.headline / r->best[0].found->speed.headline);
        ll_table_set(t, c, "%s", remark(r, i, mem));
    }
    return t;
}

void ll_plan_notes(const ll_plan_result *r, double err_frac, ll_text *out)
{
    ll_arena *mem = out->mem;
    int n_equal = 0;
    for (int i = 0; i < r->n; i++)
        n_equal += equal(r, i, err_frac);
    ll_text_add(
        out, "%s legal layouts of %s combinations were screened; %s do not fit the memory.\n",
        ll_thousands_text((double)r->n_legal, mem), ll_thousands_text((double)r->n_tried, mem),
        ll_thousands_text((double)r->n_unfit, mem));
    if (err_frac > 0)
        ll_text_add(
            out,
            "=: no slower than the best by more than predictions on this chip are off, %.1f "
            "%%: %d of these %d.\n",
            100 * err_frac, n_equal, r->n);
    else
        ll_text_add(out,
                    "The error of such predictions on %s is not known: the order may change.\n",
                    r->study->cluster.chip.name);
    for (int i = 0; i < r->n_unfit_best; i++) {
        const ll_planned *p = &r->unfit[i];
        ll_text_add(out, "Faster by the screen (%.4g s), but needs %s of %s: %s.\n", p->screen_s,
                    ll_quantity_text(LL_KIND_SIZE, p->memory_B, mem),
                    ll_quantity_text(LL_KIND_SIZE, r->study->cluster.chip.memory_B, mem),
                    ll_planned_text(p, mem));
    }
}

/* Tables of kernels, which training does not read: their paths would hold from one folder alone. */
static bool is_of_inference(const ll_config_entry *e)
{
    static const char chip[] = "cluster.chip.";
    return e->key->flags & LL_KEY_PATH && !strncmp(e->path, chip, strlen(chip));
}

ll_status ll_plan_write(const ll_plan_result *r, ll_text *out, ll_error *err)
{
    ll_arena *mem = out->mem;
    ll_change *change = ll_arena_array(mem, LL_N_PLAN_AXIS + 6, ll_change);
    ll_study *study = ll_arena_new(mem, ll_study);
    const int n = ll_plan_changes(r->study, &r->best[0], mem, change);
    LL_TRY(ll_study_vary(r->study, n, change, mem, study, err));
    const int n_entry = ll_config_n_entry(study->config);
    ll_config_line *line = ll_arena_array(mem, n_entry, ll_config_line);
    for (int i = 0; i < n_entry; i++) {
        const ll_config_entry *e = ll_config_entry_at(study->config, i);
        const bool stated = e->evidence != LL_EVIDENCE_NONE && e->evidence != LL_EVIDENCE_UNSTATED;
        line[i] = (ll_config_line){.path = e->path,
                                   .text = e->text,
                                   .evidence = stated ? ll_evidence_name(e->evidence) : NULL,
                                   .source = e->source ? e->source : "",
                                   .omit = !strcmp(e->origin, "default") || is_of_inference(e)};
    }
    ll_text_add(out, "# Found by `lineloss plan`: %s.\n", ll_planned_text(&r->best[0], mem));
    ll_config_write(n_entry, line, out);
    return LL_OK;
}
