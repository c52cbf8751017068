/* The result as JSON and CSV. */
#include "sim/engine/flow/solver_options.h"
#include "sim/report/document.h"
#include "sim/report/summary.h"
#include "sim/version.h"

#include <math.h>

static void figures_make(const ll_result *r, ll_arena *mem, ll_document *d)
{
    ll_named *metric = ll_arena_array(mem, r->n_metric, ll_named);
    ll_named *memory = ll_arena_array(mem, r->memory.n + 2, ll_named);
    ll_named *fact = ll_arena_array(mem, r->work.n_fact + 1, ll_named);
    for (int i = 0; i < r->n_metric; i++)
        metric[d->n_metric++] =
            (ll_named){r->metric[i].name, r->metric[i].unit, r->metric_value[i]};
    for (int i = 0; i < r->memory.n; i++)
        memory[d->n_memory++] = (ll_named){ll_arena_printf(mem, "%s_B", r->memory.part[i].name),
                                           "B", r->memory.part[i].size_B};
    memory[d->n_memory++] = (ll_named){"total_B", "B", r->memory.total_B};
    memory[d->n_memory++] = (ll_named){"capacity_B", "B", r->memory.capacity_B};
    fact[d->n_fact++] = (ll_named){"n_phase", "1", r->n_phase};
    for (int i = 0; i < r->work.n_fact; i++) {
        const ll_fact *f = &r->work.fact[i];
        fact[d->n_fact++] = (ll_named){f->kind->name, f->kind->unit, f->value};
    }
    d->metric = metric;
    d->memory = memory;
    d->fact = fact;
}

static ll_document *document_make(const ll_report *r, ll_arena *mem)
{
    const ll_study *s = r->study;
    ll_document *d = ll_arena_new(mem, ll_document);
    const ll_standing *at = r->standing;
    *d = (ll_document){.schema_version = LL_SCHEMA_VERSION,
                       .study = s->name,
                       .label = r->label,
                       .doc = s->doc,
                       .version = ll_version(),
                       .git = ll_git(),
                       .cluster = s->cluster.name,
                       .chip = s->cluster.chip.name,
                       .model = s->model.name,
                       .precision = ll_precision_names[s->layout.precision],
                       .engine = s->engine->name,
                       .petsc_options = ll_solver_options(mem),
                       .baseline = r->result->n_baseline ? r->result->baseline[0].name : "peak",
                       .conventions = ll_report_conventions,
                       .outside = at->outside,
                       .published = at->published,
                       .n_micro = ll_layout_n_micro(&s->layout),
                       .layout = s->layout,
                       .layout_text = ll_report_layout(s, mem),
                       .zero = s->stack.zero,
                       .seed = s->seed,
                       .config_hash = ll_config_hash(s->config),
                       .evidence = ll_evidence_name(r->result->evidence),
                       .r = *r->result,
                       .loss = r->result->loss,
                       .baselines = r->result->baseline,
                       .transfer = r->result->transfer,
                       .check = r->result->check,
                       .beside = r->result->beside};
    d->n_file = ll_config_files(s->config, mem, &d->file);
    figures_make(r->result, mem, d);
    ll_inputs_make(r, mem, &d->inputs);
    d->n_config = ll_config_rows(s->config, mem, &d->config);
    return d;
}

void ll_report_json(const ll_report *r, const char *key, ll_arena *mem, ll_json *j)
{
    ll_json_open(j, key, '{');
    ll_fields_json(ll_document_fields, document_make(r, mem), j);
    ll_json_close(j);
}

ll_table *ll_report_flat(const ll_report *r, ll_arena *mem)
{
    return ll_fields_flat(ll_document_fields, document_make(r, mem), mem);
}

ll_table *ll_report_tidy(int n, const ll_report *report, ll_arena *mem)
{
    const void **base = ll_arena_array(mem, n, const void *);
    for (int k = 0; k < n; k++)
        base[k] = document_make(&report[k], mem);
    return ll_fields_tidy(ll_document_fields, n, base, mem);
}

/* Appends the figures of all workloads to the list of fields. */
static void figures_list(ll_table *t, bool typed)
{
    for (int w = 0; ll_workload_types[w]; w++)
        for (const ll_metric *m = ll_workload_types[w]->metric; m->name; m++) {
            ll_table_row(t);
            ll_table_set(t, 0, "%s", m->name);
            if (typed) ll_table_set(t, 1, "number");
            ll_table_set(t, 1 + typed, "%s", m->unit);
            ll_table_set(t, 2 + typed, "figure of %s: %s", ll_workload_types[w]->name, m->doc);
        }
}

ll_table *ll_report_fields(ll_arena *mem)
{
    ll_table *t = ll_fields_list(mem);
    ll_fields_list_add(ll_document_fields, "", t);
    figures_list(t, true);
    return t;
}

ll_table *ll_report_columns(ll_arena *mem)
{
    ll_table *t = ll_fields_columns(mem);
    ll_fields_columns_add(ll_document_fields, "", t);
    figures_list(t, false);
    return t;
}
