/* The result as JSON and CSV.
 *
 * A result is one object. Its fields stand in the tables below, each with type, unit and meaning,
 * and `lineloss list json` prints them. Fields may be added while schema_version stays the same; if
 * one is removed or changes its meaning, schema_version goes up. Figures are SI, bytes and FLOP;
 * fractions are of 1. CSV has the same fields, see sim/print/fields.h. */
#include "sim/config/shipped.h"
#include "sim/engine/flow/solver_options.h"
#include "sim/print/fields.h"
#include "sim/report/inputs.h"
#include "sim/report/summary.h"
#include "sim/version.h"

#include <math.h>

enum { SCHEMA_VERSION = 2 };

typedef struct config_row {
    const char *path, *typed, *origin, *evidence, *source;
    const char *unit; /* SI; NULL: not a quantity */
    double value;     /* NaN: not a number */
} config_row;

/* All that is written, with pointers to the arrays of the result, so that offsets reach it. */
typedef struct document {
    int schema_version;
    const char *study, *label, *doc, *version, *git, *cluster, *chip, *model, *precision, *engine,
        *petsc_options, *baseline, *evidence;
    const char *const *conventions, *const *outside;
    ll_published published;
    int64_t n_micro;
    ll_layout layout;
    const char *layout_text;
    int64_t zero;
    int64_t seed;
    uint64_t config_hash;
    ll_result r;
    const ll_loss *loss;
    const ll_baseline *baselines;
    const ll_transfer_row *transfer;
    const ll_check *check;
    const ll_other_engine *beside;
    int n_metric, n_memory, n_fact;
    const ll_named *metric, *memory, *fact;
    ll_inputs inputs;
    int n_config;
    config_row *config;
    int n_file;
    const ll_config_file *files;
} document;

#define AT(member) offsetof(document, member)
static const ll_field loss_fields[] = {
    LL_FIELD("cause", LL_FIELD_STRING, ll_loss, cause, "", "what takes the work"),
    LL_FIELD("chips", LL_FIELD_NUMBER, ll_loss, chips, "chips",
             "chips' worth of work that it takes"),
    LL_FIELD("frac", LL_FIELD_NUMBER, ll_loss, frac, "1", "the same over all chips"),
    LL_FIELD("step_s", LL_FIELD_NUMBER, ll_loss, step_s, "s",
             "step time with this cause and those before it removed"),
    LL_FIELD("doc", LL_FIELD_STRING, ll_loss, doc, "", "what was removed, and how"),
    {0}};

static const ll_field baseline_fields[] = {
    LL_FIELD("name", LL_FIELD_STRING, ll_baseline, name, "", "what one chip is compared with"),
    LL_FIELD("effective_chips", LL_FIELD_NUMBER, ll_baseline, effective_chips, "chips",
             "against it"),
    LL_FIELD("efficiency_frac", LL_FIELD_NUMBER, ll_baseline, efficiency_frac, "1", "against it"),
    LL_FIELD("doc", LL_FIELD_STRING, ll_baseline, doc, "", "in words"),
    {0}};

static const ll_field transfer_fields[] = {
    LL_FIELD("name", LL_FIELD_STRING, ll_transfer_row, name, "", "kind of transfer"),
    LL_FIELD("algorithm", LL_FIELD_STRING, ll_transfer_row, algorithm, "", "of the collective"),
    LL_FIELD("group_size", LL_FIELD_INT32, ll_transfer_row, group_size, "chips",
             "members of one group"),
    LL_FIELD("size_B", LL_FIELD_NUMBER, ll_transfer_row, size_B, "B",
             "of one call, counted as nccl-tests does"),
    LL_FIELD("calls", LL_FIELD_NUMBER, ll_transfer_row, calls, "1", "per chip and step"),
    LL_FIELD("total_s", LL_FIELD_NUMBER, ll_transfer_row, total_s, "s", "of one call"),
    LL_FIELD("software_s", LL_FIELD_NUMBER, ll_transfer_row, software_s, "s",
             "part of it: launch, steps, ramp"),
    LL_FIELD("latency_s", LL_FIELD_NUMBER, ll_transfer_row, latency_s, "s",
             "part of it: zero-load latency"),
    LL_FIELD("wire_s", LL_FIELD_NUMBER, ll_transfer_row, wire_s, "s",
             "part of it: bytes over the links"),
    LL_FIELD("contention_s", LL_FIELD_NUMBER, ll_transfer_row, contention_s, "s",
             "part of wire_s: what other traffic costs"),
    LL_FIELD("exposed_s", LL_FIELD_NUMBER, ll_transfer_row, exposed_s, "s",
             "per step, not hidden behind compute, all calls together"),
    {0}};

static const ll_field check_fields[] = {
    LL_FIELD("what", LL_FIELD_STRING, ll_check, what, "", "self-check"),
    LL_FIELD("ok", LL_FIELD_BOOL, ll_check, ok, "", "whether it holds"),
    {0}};

#define BESIDE(member, type_, unit_, doc_) \
    LL_FIELD(#member, type_, ll_other_engine, member, unit_, doc_)
static const ll_field beside_fields[] = {
    BESIDE(engine, LL_FIELD_STRING, "", "the other engine"),
    BESIDE(step_s, LL_FIELD_NUMBER, "s", "step time by it"),
    BESIDE(diff_frac, LL_FIELD_NUMBER, "1", "that over step_s of the result, less 1"),
    BESIDE(transfer, LL_FIELD_STRING, "",
           "transfer that differs most, all calls of a step together"),
    BESIDE(transfer_s, LL_FIELD_NUMBER, "s", "one call of it by the other engine"),
    BESIDE(result_transfer_s, LL_FIELD_NUMBER, "s", "one call of it in the result"),
    BESIDE(transfer_diff_frac, LL_FIELD_NUMBER, "1", "the former over the latter, less 1"),
    {0}};

static const ll_field published_fields[] = {
    LL_FIELD("rows", LL_FIELD_INT64, ll_published, n_row, "",
             "steps that predictions were compared with"),
    LL_FIELD("short", LL_FIELD_INT64, ll_published, n_short, "",
             "of which the prediction is the shorter"),
    LL_FIELD("median_abs_err_frac", LL_FIELD_NUMBER, ll_published, median_abs_err_frac, "1",
             "median error of the predictions"),
    LL_FIELD("step_s_if_alike", LL_FIELD_NUMBER, ll_published, alike_s, "s",
             "the step if its prediction is off as theirs, all to one side; 0: they are not"),
    {0}};

static const ll_field layout_fields[] = {
    LL_FIELD("tp", LL_FIELD_INT64, document, layout.tp, "chips", "tensor parallel"),
    LL_FIELD("cp", LL_FIELD_INT64, document, layout.cp, "chips", "context parallel"),
    LL_FIELD("pp", LL_FIELD_INT64, document, layout.pp, "stages", "pipeline"),
    LL_FIELD("dp", LL_FIELD_INT64, document, layout.dp, "replicas", "data parallel"),
    LL_FIELD("interleave", LL_FIELD_INT64, document, layout.interleave, "1", "chunks per stage"),
    LL_FIELD("zero", LL_FIELD_INT64, document, zero, "", "what the replicas share, 0 to 3"),
    LL_FIELD("global_batch", LL_FIELD_INT64, document, layout.global_batch, "sequences",
             "per step"),
    LL_FIELD("micro_batch", LL_FIELD_INT64, document, layout.micro_batch, "sequences",
             "per micro-batch"),
    LL_FIELD("micro_batches", LL_FIELD_INT64, document, n_micro, "1", "per pipeline and step"),
    LL_FIELD("sequence", LL_FIELD_INT64, document, layout.seq, "tokens", "per sequence"),
    {0}};

static const ll_field config_fields[] = {
    LL_FIELD("path", LL_FIELD_STRING, config_row, path, "", "key"),
    LL_FIELD("typed", LL_FIELD_STRING, config_row, typed, "", "value as typed"),
    LL_FIELD("value", LL_FIELD_NUMBER, config_row, value, "",
             "in SI units; null if it is not a number"),
    LL_FIELD("unit", LL_FIELD_STRING, config_row, unit, "", "of value; null if it is not a number"),
    LL_FIELD("origin", LL_FIELD_STRING, config_row, origin, "",
             "file:line, the option that set it, or default"),
    LL_FIELD("evidence", LL_FIELD_STRING, config_row, evidence, "",
             "none (a choice), measured, vendor, derived, press, unverified, assumed or unstated"),
    LL_FIELD("source", LL_FIELD_STRING, config_row, source, "", "where the figure is from"),
    {0}};

static const ll_field file_fields[] = {
    LL_FIELD("path", LL_FIELD_STRING, ll_config_file, path, "", "key that names it"),
    LL_FIELD("name", LL_FIELD_STRING, ll_config_file, name, "", "of the file"),
    LL_FIELD("text", LL_FIELD_STRING, ll_config_file, text, "", "all that stood in it"),
    {0}};

static const ll_field document_fields[] = {
    LL_FIELD("study", LL_FIELD_STRING, document, study, "", "name of the study"),
    LL_FIELD("label", LL_FIELD_STRING, document, label, "",
             "of the study beside others: its name, with settings where names are the same"),
    LL_FIELD("schema_version", LL_FIELD_INT, document, schema_version, "", "of this object"),
    LL_FIELD("doc", LL_FIELD_STRING, document, doc, "", "what it is, in one line"),
    LL_FIELD("version", LL_FIELD_STRING, document, version, "", "of lineloss"),
    LL_FIELD("git", LL_FIELD_STRING, document, git, "", "commit of lineloss"),
    LL_FIELD("config_hash", LL_FIELD_HASH, document, config_hash, "",
             "of the effective configuration, without its evidence: equal for equal studies"),
    LL_FIELD("cluster", LL_FIELD_STRING, document, cluster, "", "name of the cluster"),
    LL_FIELD("chip", LL_FIELD_STRING, document, chip, "", "name of the chip"),
    LL_FIELD("model", LL_FIELD_STRING, document, model, "", "name of the model"),
    LL_FIELD("precision", LL_FIELD_STRING, document, precision, "", "of the GEMMs"),
    LL_FIELD("chips", LL_FIELD_INT32, document, r.n_chip, "chips", "that the job runs on"),
    {.name = "<figure>",
     .type = LL_FIELD_INLINE,
     .offset = AT(metric),
     .n_offset = offsetof(document, n_metric),
     .unit = "",
     .doc = "figures of the workload, see below"},
    LL_FIELD("mfu_frac", LL_FIELD_NUMBER, document, r.mfu_frac, "1",
             "model FLOP over step time, chips and their dense peak in this precision"),
    LL_FIELD("effective_chips", LL_FIELD_NUMBER, document, r.effective_chips, "chips",
             "chips' worth of work, against `baseline`"),
    LL_FIELD("efficiency_frac", LL_FIELD_NUMBER, document, r.efficiency_frac, "1",
             "effective_chips / chips"),
    LL_FIELD("baseline", LL_FIELD_STRING, document, baseline, "",
             "what efficiency_frac is measured against"),
    {LL_FIELD_LIST_OF("baselines", ll_baseline, baseline_fields, document, baselines, r.n_baseline,
                      "the same figures against other baselines"),
     .columns = "baseline"},
    {LL_FIELD_LIST_OF("losses", ll_loss, loss_fields, document, loss, r.n_loss,
                      "where the rest goes; sums to chips - effective_chips"),
     .columns = "loss"},
    LL_FIELD("compute_s", LL_FIELD_NUMBER, document, r.compute_s, "s",
             "kernels of the busiest chip, per step"),
    LL_FIELD("exposed_s", LL_FIELD_NUMBER, document, r.exposed_s, "s",
             "transfers that nothing hides, per step"),
    LL_FIELD("bubble_s", LL_FIELD_NUMBER, document, r.bubble_s, "s",
             "idle time of the pipeline, per step"),
    {LL_FIELD_LIST_OF("transfers", ll_transfer_row, transfer_fields, document, transfer,
                      r.n_transfer, "what is on the wire"),
     .columns = "transfer"},
    LL_FIELD("memory_B", LL_FIELD_NUMBER, document, r.memory.total_B, "B",
             "per chip, on the fullest stage"),
    {.name = "memory",
     .type = LL_FIELD_NAMED,
     .offset = AT(memory),
     .n_offset = offsetof(document, n_memory),
     .unit = "B",
     .columns = "memory",
     .doc = "its parts, each <part>_B; total_B and capacity_B"},
    {.name = "layout",
     .type = LL_FIELD_OBJECT,
     .offset = 0,
     .unit = "",
     .columns = "layout",
     .sub = layout_fields,
     .doc = "of the job over the chips"},
    LL_FIELD("layout_text", LL_FIELD_STRING, document, layout_text, "", "the same in words"),
    LL_FIELD("engine", LL_FIELD_STRING, document, engine, "",
             "network engine: closed, flow or packet"),
    {.name = "engine_stats",
     .type = LL_FIELD_NAMED,
     .offset = AT(fact),
     .n_offset = offsetof(document, n_fact),
     .unit = "",
     .columns = "engine",
     .doc = "what the engine says of its work, of all phases together"},
    {LL_FIELD_LIST_OF("beside", ll_other_engine, beside_fields, document, beside, r.n_beside,
                      "the same by other engines; there only if they were run"),
     .columns = "beside", .optional = true},
    {LL_FIELD_LIST_OF("sensitivity", ll_input_row, ll_input_fields, document, inputs.input,
                      inputs.n_input,
                      "figures that the result hangs on, the largest effect first; there if they "
                      "were varied"),
     .optional = true},
    {LL_FIELD_LIST_OF("seed_spread", ll_spread_row, ll_spread_fields, document, inputs.spread,
                      inputs.n_spread,
                      "how far apart the results of several seeds are; there if they were run"),
     .optional = true},
    LL_FIELD("petsc_options", LL_FIELD_STRING, document, petsc_options, "",
             "what was given after --petsc; empty: nothing"),
    LL_FIELD("seed", LL_FIELD_INT64, document, seed, "", "of all random draws"),
    LL_FIELD("evidence", LL_FIELD_STRING, document, evidence, "",
             "the weakest kind of evidence that the result rests on"),
    {.name = "outside_validation",
     .type = LL_FIELD_WORDS,
     .offset = AT(outside),
     .unit = "",
     .columns = "outside_validation",
     .doc = "in which respects the study lies outside of the published steps that predictions were "
            "compared with; empty: in none"},
    {.name = "published",
     .type = LL_FIELD_OBJECT,
     .offset = AT(published),
     .unit = "",
     .columns = "published",
     .sub = published_fields,
     .doc = "published steps on this chip"},
    {.name = "conventions",
     .type = LL_FIELD_WORDS,
     .offset = AT(conventions),
     .unit = "",
     .doc = "how the figures are counted"},
    {LL_FIELD_LIST_OF("checks", ll_check, check_fields, document, check, r.n_check,
                      "self-checks of the run")},
    LL_FIELD("valid", LL_FIELD_BOOL, document, r.valid, "", "all checks hold"),
    LL_FIELD("checksum", LL_FIELD_HASH, document, r.checksum, "",
             "of the result, whatever the number of ranks"),
    {LL_FIELD_LIST_OF("config", config_row, config_fields, document, config, n_config,
                      "the effective configuration")},
    {LL_FIELD_LIST_OF("files", ll_config_file, file_fields, document, files, n_file,
                      "what keys of the configuration name; there only if one does"),
     .optional = true},
    {0}};

static const char *const si_units[] = {
    [LL_KIND_COUNT] = "1",  [LL_KIND_RATIO] = "1",  [LL_KIND_TIME] = "s",
    [LL_KIND_SIZE] = "B",   [LL_KIND_RATE] = "B/s", [LL_KIND_COMPUTE] = "FLOP/s",
    [LL_KIND_POWER] = "W",  [LL_KIND_BOOL] = NULL,  [LL_KIND_STRING] = NULL,
    [LL_KIND_CHOICE] = NULL};

static void figures_make(const ll_result *r, ll_arena *mem, document *d)
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

static document *document_make(const ll_report *r, ll_arena *mem)
{
    const ll_study *s = r->study;
    document *d = ll_arena_new(mem, document);
    const ll_standing *at = r->standing;
    *d = (document){.schema_version = SCHEMA_VERSION,
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
                    .layout_text = ll_arena_printf(
                        mem, "tp %lld x cp %lld x pp %lld x dp %lld", (long long)s->layout.tp,
                        (long long)s->layout.cp, (long long)s->layout.pp, (long long)s->layout.dp),
                    .zero = s->stack.zero,
                    .seed = s->seed,
                    .config_hash = ll_config_hash(s->config),
                    .evidence = ll_evidence_name(r->result->evidence),
                    .r = *r->result,
                    .loss = r->result->loss,
                    .baselines = r->result->baseline,
                    .transfer = r->result->transfer,
                    .check = r->result->check,
                    .beside = r->result->beside,
                    .n_config = ll_config_n_entry(s->config)};
    d->n_file = ll_config_files(s->config, mem, &d->files);
    figures_make(r->result, mem, d);
    ll_inputs_make(r, mem, &d->inputs);
    d->config = ll_arena_array(mem, d->n_config, config_row);
    for (int i = 0; i < d->n_config; i++) {
        const ll_config_entry *e = ll_config_entry_at(s->config, i);
        const char *unit = si_units[e->kind];
        d->config[i] = (config_row){.path = e->path,
                                    .typed = e->text,
                                    .value = unit ? e->value : (double)NAN,
                                    .unit = unit,
                                    .origin = ll_shipped_short(e->origin, mem),
                                    .evidence = ll_evidence_name(e->evidence),
                                    .source = e->source};
    }
    return d;
}

void ll_report_json(const ll_report *r, const char *key, ll_arena *mem, ll_json *j)
{
    ll_json_open(j, key, '{');
    ll_fields_json(document_fields, document_make(r, mem), j);
    ll_json_close(j);
}

ll_table *ll_report_flat(const ll_report *r, ll_arena *mem)
{
    return ll_fields_flat(document_fields, document_make(r, mem), mem);
}

ll_table *ll_report_tidy(int n, const ll_report *report, ll_arena *mem)
{
    const void **base = ll_arena_array(mem, n, const void *);
    for (int k = 0; k < n; k++)
        base[k] = document_make(&report[k], mem);
    return ll_fields_tidy(document_fields, n, base, mem);
}

/* The figures of all workloads, behind the fields. */
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
    ll_fields_list_add(document_fields, "", t);
    figures_list(t, true);
    return t;
}

ll_table *ll_report_columns(ll_arena *mem)
{
    ll_table *t = ll_fields_columns(mem);
    ll_fields_columns_add(document_fields, "", t);
    figures_list(t, false);
    return t;
}
