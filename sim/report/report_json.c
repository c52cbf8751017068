/* The result as JSON and CSV.
 *
 * A result is one object. Its fields stand in the tables below, each with type, unit and meaning, and
 * `lineloss list json` prints them. Fields may be added while schema_version stays the same; if one is
 * removed or changes its meaning, schema_version goes up. Figures are SI, bytes and FLOP; fractions are
 * of 1. CSV has the same fields, one per line, "field,value,unit", with the items of lists named by
 * their first field: losses[contention].chips.
 */
#include "sim/config/shipped.h"
#include "sim/report/report.h"
#include "sim/version.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { SCHEMA_VERSION = 1, PATH_CAP = 256 };

typedef enum field_type {
    FIELD_NUMBER,
    FIELD_INT,
    FIELD_INT32,
    FIELD_INT64,
    FIELD_STRING,
    FIELD_BOOL,
    FIELD_EVIDENCE,
    FIELD_HASH,
    FIELD_OBJECT, /* `sub` over the same base + offset */
    FIELD_LIST,   /* pointer at offset, int count at n_offset */
    FIELD_WORDS   /* pointer to strings, ended by NULL */
} field_type;

static const char *const type_names[] = {
    "number", "integer", "integer",        "integer",
    "string", "boolean", "string",         "string (hexadecimal)",
    "object", "list",    "list of strings"};

typedef struct field {
    const char *name; /* NULL ends the table */
    field_type type;
    bool optional; /* LIST: not written if it is empty */
    size_t offset;
    const char *unit, *doc;
    const struct field *sub; /* OBJECT, LIST */
    size_t n_offset, item_B; /* LIST */
} field;

typedef struct config_row {
    const char *path, *typed, *origin, *evidence, *source;
    const char *unit; /* SI; NULL: not a quantity */
    double value;     /* NaN: not a number */
} config_row;

/* All that is written, with pointers to the arrays of the result, so that offsets reach it. */
typedef struct document {
    int schema_version;
    const char *study, *doc, *version, *git, *cluster, *chip, *model, *precision, *engine,
        *baseline;
    const char *const *conventions, *const *outside;
    ll_published published;
    int64_t n_micro;
    ll_job job;
    int64_t seed;
    ll_result r;
    const ll_loss *loss;
    const ll_baseline *baselines;
    const ll_transfer_row *transfer;
    const ll_check *check;
    const ll_other_engine *beside;
    int n_config;
    config_row *config;
} document;

#define AT(member)       offsetof(document, member)
#define LIST(ptr, count) .type = FIELD_LIST, .offset = AT(ptr), .n_offset = AT(count)
#define F(name_, type_, struct_, member_, unit_, doc_)                                           \
    {                                                                                            \
        .name = (name_), .type = (type_), .offset = offsetof(struct_, member_), .unit = (unit_), \
        .doc = (doc_)                                                                            \
    }

static const field loss_fields[] = {
    F("cause", FIELD_STRING, ll_loss, cause, "", "what takes the work"),
    F("chips", FIELD_NUMBER, ll_loss, chips, "chips", "chips' worth of work that it takes"),
    F("frac", FIELD_NUMBER, ll_loss, frac, "1", "the same over all chips"),
    F("step_s", FIELD_NUMBER, ll_loss, step_s, "s",
      "step time with this cause and those before it removed"),
    F("doc", FIELD_STRING, ll_loss, doc, "", "what was removed, and how"),
    {0}};

static const field baseline_fields[] = {
    F("name", FIELD_STRING, ll_baseline, name, "", "what one chip is compared with"),
    F("effective_chips", FIELD_NUMBER, ll_baseline, effective_chips, "chips", "against it"),
    F("efficiency_frac", FIELD_NUMBER, ll_baseline, efficiency_frac, "1", "against it"),
    F("doc", FIELD_STRING, ll_baseline, doc, "", "in words"),
    {0}};

static const field transfer_fields[] = {
    F("name", FIELD_STRING, ll_transfer_row, name, "", "kind of transfer"),
    F("algorithm", FIELD_STRING, ll_transfer_row, algorithm, "", "of the collective"),
    F("group_size", FIELD_INT32, ll_transfer_row, group_size, "chips", "members of one group"),
    F("size_B", FIELD_NUMBER, ll_transfer_row, size_B, "B",
      "of one call, counted as nccl-tests does"),
    F("calls", FIELD_NUMBER, ll_transfer_row, calls, "1", "per chip and step"),
    F("total_s", FIELD_NUMBER, ll_transfer_row, total_s, "s", "of one call"),
    F("software_s", FIELD_NUMBER, ll_transfer_row, software_s, "s",
      "part of it: launch, steps, ramp"),
    F("latency_s", FIELD_NUMBER, ll_transfer_row, latency_s, "s", "part of it: zero-load latency"),
    F("wire_s", FIELD_NUMBER, ll_transfer_row, wire_s, "s", "part of it: bytes over the links"),
    F("contention_s", FIELD_NUMBER, ll_transfer_row, contention_s, "s",
      "part of wire_s: what other traffic costs"),
    F("exposed_s", FIELD_NUMBER, ll_transfer_row, exposed_s, "s",
      "per step, not hidden behind compute, all calls together"),
    {0}};

#define MEMORY(member, doc_) F(#member, FIELD_NUMBER, ll_memory, member, "B", doc_)
static const field memory_fields[] = {
    MEMORY(weights_B, "weights"),
    MEMORY(gradients_B, "gradients"),
    MEMORY(optimizer_B, "optimizer state"),
    MEMORY(activations_B, "activations of the micro-batches in flight"),
    MEMORY(logits_B, "output of the last stage"),
    MEMORY(reserved_B, "context, communication buffers, fragmentation"),
    MEMORY(total_B, "all of it"),
    MEMORY(capacity_B, "what the chip has"),
    {0}};

#define STAT(member, type_, unit_, doc_) F(#member, type_, ll_engine_stats, member, unit_, doc_)
static const field engine_fields[] = {
    STAT(n_flow, FIELD_INT64, "1", "flows of the largest phase"),
    STAT(n_flow_class, FIELD_INT64, "1", "classes of equal flows after folding"),
    STAT(n_link_class, FIELD_INT64, "1", "classes of equal links"),
    STAT(n_phase, FIELD_INT, "1", "phases that were priced"),
    STAT(n_solve, FIELD_INT, "1", "solves of the throughput equations"),
    STAT(n_newton, FIELD_INT, "1", "Newton steps"),
    STAT(max_util_frac, FIELD_NUMBER, "1", "load of the busiest link"),
    STAT(batch_err_frac, FIELD_NUMBER, "1", "bound on the error of batched or extrapolated ends"),
    STAT(residual_frac, FIELD_NUMBER, "1", "of the worst solve"),
    STAT(n_packet_hop, FIELD_INT64, "1", "engine packet: packets served by links"),
    STAT(simulated_frac, FIELD_NUMBER, "1",
         "engine packet: least share of a phase's bytes made into packets; the rest is "
         "extrapolated"),
    {0}};

static const field check_fields[] = {F("what", FIELD_STRING, ll_check, what, "", "self-check"),
                                     F("ok", FIELD_BOOL, ll_check, ok, "", "whether it holds"),
                                     {0}};

#define BESIDE(member, type_, unit_, doc_) F(#member, type_, ll_other_engine, member, unit_, doc_)
static const field beside_fields[] = {
    BESIDE(engine, FIELD_STRING, "", "the other engine"),
    BESIDE(step_s, FIELD_NUMBER, "s", "step time by it"),
    BESIDE(diff_frac, FIELD_NUMBER, "1", "that over step_s of the result, less 1"),
    BESIDE(transfer, FIELD_STRING, "", "transfer that differs most, all calls of a step together"),
    BESIDE(transfer_s, FIELD_NUMBER, "s", "one call of it by the other engine"),
    BESIDE(result_transfer_s, FIELD_NUMBER, "s", "one call of it in the result"),
    BESIDE(transfer_diff_frac, FIELD_NUMBER, "1", "the former over the latter, less 1"),
    {0}};

static const field published_fields[] = {
    F("rows", FIELD_INT64, ll_published, n_row, "", "steps that predictions were compared with"),
    F("short", FIELD_INT64, ll_published, n_short, "", "of which the prediction is the shorter"),
    F("median_abs_err_frac", FIELD_NUMBER, ll_published, median_abs_err_frac, "1",
      "median error of the predictions"),
    F("step_s_if_alike", FIELD_NUMBER, ll_published, alike_s, "s",
      "the step if its prediction is off as theirs, all to one side; 0: they are not"),
    {0}};

static const field layout_fields[] = {
    F("tp", FIELD_INT64, document, job.tp, "chips", "tensor parallel"),
    F("cp", FIELD_INT64, document, job.cp, "chips", "context parallel"),
    F("pp", FIELD_INT64, document, job.pp, "stages", "pipeline"),
    F("dp", FIELD_INT64, document, job.dp, "replicas", "data parallel"),
    F("interleave", FIELD_INT64, document, job.interleave, "1", "chunks per stage"),
    F("zero", FIELD_INT64, document, job.zero, "", "what the replicas share, 0 to 3"),
    F("global_batch", FIELD_INT64, document, job.global_batch, "sequences", "per step"),
    F("micro_batch", FIELD_INT64, document, job.micro_batch, "sequences", "per micro-batch"),
    F("micro_batches", FIELD_INT64, document, n_micro, "1", "per pipeline and step"),
    F("sequence", FIELD_INT64, document, job.seq, "tokens", "per sequence"),
    {0}};

static const field config_fields[] = {
    F("path", FIELD_STRING, config_row, path, "", "key"),
    F("typed", FIELD_STRING, config_row, typed, "", "value as typed"),
    F("value", FIELD_NUMBER, config_row, value, "", "in SI units; null if it is not a number"),
    F("unit", FIELD_STRING, config_row, unit, "", "of value; null if it is not a number"),
    F("origin", FIELD_STRING, config_row, origin, "", "file:line, --set, or default"),
    F("evidence", FIELD_STRING, config_row, evidence, "",
      "none (a choice), measured, vendor, derived, press, unverified, assumed or unstated"),
    F("source", FIELD_STRING, config_row, source, "", "where the figure is from"),
    {0}};

static const field document_fields[] = {
    F("schema_version", FIELD_INT, document, schema_version, "", "of this object"),
    F("study", FIELD_STRING, document, study, "", "name of the study"),
    F("doc", FIELD_STRING, document, doc, "", "what it is, in one line"),
    F("version", FIELD_STRING, document, version, "", "of lineloss"),
    F("git", FIELD_STRING, document, git, "", "commit of lineloss"),
    F("cluster", FIELD_STRING, document, cluster, "", "name of the cluster"),
    F("chip", FIELD_STRING, document, chip, "", "name of the chip"),
    F("model", FIELD_STRING, document, model, "", "name of the model"),
    F("precision", FIELD_STRING, document, precision, "", "of the matrix products"),
    F("chips", FIELD_INT32, document, r.n_chip, "chips", "that the job runs on"),
    F("step_s", FIELD_NUMBER, document, r.step_s, "s", "time of one training step"),
    F("tokens_per_step", FIELD_NUMBER, document, r.tokens_per_step, "tokens", "over all chips"),
    F("tokens_per_s", FIELD_NUMBER, document, r.tokens_per_s, "tokens/s", "over all chips"),
    F("tokens_per_s_per_chip", FIELD_NUMBER, document, r.tokens_per_s_per_chip, "tokens/s",
      "per chip"),
    F("model_flop_per_step", FIELD_NUMBER, document, r.model_flop_per_step, "FLOP",
      "work that counts: see conventions"),
    F("mfu_frac", FIELD_NUMBER, document, r.mfu_frac, "1",
      "model FLOP over step time, chips and their dense peak in this precision"),
    F("effective_chips", FIELD_NUMBER, document, r.effective_chips, "chips",
      "chips' worth of work, against `baseline`"),
    F("efficiency_frac", FIELD_NUMBER, document, r.efficiency_frac, "1", "effective_chips / chips"),
    F("baseline", FIELD_STRING, document, baseline, "", "what efficiency_frac is measured against"),
    {.name = "baselines",
     LIST(baselines, r.n_baseline),
     .unit = "",
     .sub = baseline_fields,
     .item_B = sizeof(ll_baseline),
     .doc = "the same figures against other baselines"},
    {.name = "losses",
     LIST(loss, r.n_loss),
     .unit = "",
     .sub = loss_fields,
     .item_B = sizeof(ll_loss),
     .doc = "where the rest goes; sums to chips - effective_chips"},
    F("compute_s", FIELD_NUMBER, document, r.compute_s, "s",
      "kernels of the busiest chip, per step"),
    F("exposed_s", FIELD_NUMBER, document, r.exposed_s, "s",
      "transfers that nothing hides, per step"),
    F("bubble_s", FIELD_NUMBER, document, r.bubble_s, "s", "idle time of the pipeline, per step"),
    F("energy_J_per_token", FIELD_NUMBER, document, r.energy_J_per_token, "J",
      "chips alone, at their design power; 0: power is not known"),
    {.name = "transfers",
     LIST(transfer, r.n_transfer),
     .unit = "",
     .sub = transfer_fields,
     .item_B = sizeof(ll_transfer_row),
     .doc = "what is on the wire"},
    F("memory_B", FIELD_NUMBER, document, r.memory.total_B, "B", "per chip, on the fullest stage"),
    {.name = "memory",
     .type = FIELD_OBJECT,
     .offset = AT(r.memory),
     .unit = "",
     .sub = memory_fields,
     .doc = "per chip, on the fullest stage"},
    {.name = "layout",
     .type = FIELD_OBJECT,
     .offset = 0,
     .unit = "",
     .sub = layout_fields,
     .doc = "of the job over the chips"},
    F("engine", FIELD_STRING, document, engine, "", "network engine: closed, flow or packet"),
    {.name = "engine_stats",
     .type = FIELD_OBJECT,
     .offset = AT(r.engine),
     .unit = "",
     .sub = engine_fields,
     .doc = "what the engine did"},
    {.name = "beside",
     LIST(beside, r.n_beside),
     .unit = "",
     .sub = beside_fields,
     .item_B = sizeof(ll_other_engine),
     .optional = true,
     .doc = "the same by other engines; there only if they were run"},
    F("seed", FIELD_INT64, document, seed, "", "of all random draws"),
    F("evidence", FIELD_EVIDENCE, document, r.evidence, "",
      "the weakest kind of evidence that the result rests on"),
    {.name = "outside_validation",
     .type = FIELD_WORDS,
     .offset = AT(outside),
     .unit = "",
     .doc = "in which respects the study lies outside of the published steps that predictions were "
            "compared with; empty: in none"},
    {.name = "published",
     .type = FIELD_OBJECT,
     .offset = AT(published),
     .unit = "",
     .sub = published_fields,
     .doc = "published steps on this chip"},
    {.name = "conventions",
     .type = FIELD_WORDS,
     .offset = AT(conventions),
     .unit = "",
     .doc = "how the figures are counted"},
    {.name = "checks",
     LIST(check, r.n_check),
     .unit = "",
     .sub = check_fields,
     .item_B = sizeof(ll_check),
     .doc = "self-checks of the run"},
    F("valid", FIELD_BOOL, document, r.valid, "", "all checks hold"),
    F("checksum", FIELD_HASH, document, r.checksum, "",
      "of the result, whatever the number of ranks"),
    {.name = "config",
     LIST(config, n_config),
     .unit = "",
     .sub = config_fields,
     .item_B = sizeof(config_row),
     .doc = "the effective configuration"},
    {0}};

static const char *const si_units[] = {
    [LL_KIND_COUNT] = "1",  [LL_KIND_RATIO] = "1",  [LL_KIND_TIME] = "s",
    [LL_KIND_SIZE] = "B",   [LL_KIND_RATE] = "B/s", [LL_KIND_COMPUTE] = "FLOP/s",
    [LL_KIND_POWER] = "W",  [LL_KIND_BOOL] = NULL,  [LL_KIND_STRING] = NULL,
    [LL_KIND_CHOICE] = NULL};

static document *document_make(const ll_report *r, ll_arena *mem)
{
    const ll_study *s = r->study;
    document *d = ll_arena_new(mem, document);
    const ll_standing *at = r->standing;
    *d = (document){.schema_version = SCHEMA_VERSION,
                    .study = s->name,
                    .doc = s->doc,
                    .version = ll_version(),
                    .git = ll_git(),
                    .cluster = s->cluster.name,
                    .chip = s->cluster.chip.name,
                    .model = s->model.name,
                    .precision = ll_precision_names[s->job.precision],
                    .engine = s->engine->name,
                    .baseline = r->result->n_baseline ? r->result->baseline[0].name : "peak",
                    .conventions = ll_report_conventions,
                    .outside = at->outside,
                    .published = at->published,
                    .n_micro = ll_job_n_micro(&s->job),
                    .job = s->job,
                    .seed = s->seed,
                    .r = *r->result,
                    .loss = r->result->loss,
                    .baselines = r->result->baseline,
                    .transfer = r->result->transfer,
                    .check = r->result->check,
                    .beside = r->result->beside,
                    .n_config = ll_config_n_entry(s->config)};
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

static void object_json(const field *f, const char *base, ll_json *j);

static void field_json(const field *f, const char *base, ll_json *j)
{
    const void *p = base + f->offset;
    char hash[32];
    switch (f->type) {
    case FIELD_NUMBER:
        ll_json_number(j, f->name, *(const double *)p);
        break;
    case FIELD_INT:
        ll_json_integer(j, f->name, *(const int *)p);
        break;
    case FIELD_INT32:
        ll_json_integer(j, f->name, *(const int32_t *)p);
        break;
    case FIELD_INT64:
        ll_json_integer(j, f->name, *(const int64_t *)p);
        break;
    case FIELD_STRING:
        ll_json_string(j, f->name, *(const char *const *)p);
        break;
    case FIELD_BOOL:
        ll_json_bool(j, f->name, *(const bool *)p);
        break;
    case FIELD_EVIDENCE:
        ll_json_string(j, f->name, ll_evidence_name(*(const ll_evidence *)p));
        break;
    case FIELD_HASH:
        snprintf(hash, sizeof hash, "%016llx", (unsigned long long)*(const uint64_t *)p);
        ll_json_string(j, f->name, hash);
        break;
    case FIELD_OBJECT:
        ll_json_open(j, f->name, '{');
        object_json(f->sub, p, j);
        ll_json_close(j);
        break;
    case FIELD_LIST:
        ll_json_open(j, f->name, '[');
        for (int i = 0; i < *(const int *)(const void *)(base + f->n_offset); i++) {
            ll_json_open(j, NULL, '{');
            object_json(f->sub, *(const char *const *)p + (size_t)i * f->item_B, j);
            ll_json_close(j);
        }
        ll_json_close(j);
        break;
    case FIELD_WORDS:
        ll_json_open(j, f->name, '[');
        for (const char *const *word = *(const char *const *const *)p; *word; word++)
            ll_json_string(j, NULL, *word);
        ll_json_close(j);
        break;
    }
}

static void object_json(const field *f, const char *base, ll_json *j)
{
    for (; f->name; f++)
        if (!f->optional || *(const int *)(const void *)(base + f->n_offset) > 0)
            field_json(f, base, j);
}

void ll_report_json(const ll_report *r, const char *key, ll_arena *mem, ll_json *j)
{
    ll_json_open(j, key, '{');
    object_json(document_fields, (const char *)document_make(r, mem), j);
    ll_json_close(j);
}

/* The value of a plain field as text for CSV; empty for null. */
static const char *plain_text(const field *f, const void *p, char *out, size_t cap)
{
    out[0] = '\0';
    switch (f->type) {
    case FIELD_NUMBER:
        if (isfinite(*(const double *)p)) snprintf(out, cap, "%.17g", *(const double *)p);
        return out;
    case FIELD_INT:
        snprintf(out, cap, "%d", *(const int *)p);
        return out;
    case FIELD_INT32:
        snprintf(out, cap, "%d", (int)*(const int32_t *)p);
        return out;
    case FIELD_INT64:
        snprintf(out, cap, "%lld", (long long)*(const int64_t *)p);
        return out;
    case FIELD_STRING:
        return *(const char *const *)p ? *(const char *const *)p : "";
    case FIELD_BOOL:
        return *(const bool *)p ? "true" : "false";
    case FIELD_EVIDENCE:
        return ll_evidence_name(*(const ll_evidence *)p);
    case FIELD_HASH:
        snprintf(out, cap, "%016llx", (unsigned long long)*(const uint64_t *)p);
        return out;
    case FIELD_OBJECT:
    case FIELD_LIST:
    case FIELD_WORDS:
        break;
    }
    return out;
}

static void row_add(ll_table *t, const char *path, const char *value, const char *unit)
{
    ll_table_row(t);
    ll_table_set(t, 0, "%s", path);
    ll_table_set(t, 1, "%s", value);
    ll_table_set(t, 2, "%s", unit);
}

static void object_csv(const field *f, const char *prefix, const char *base, ll_table *t);

static void list_csv(const field *f, const char *path, const char *base, ll_table *t)
{
    const char *items = *(const char *const *)(const void *)(base + f->offset);
    for (int i = 0; i < *(const int *)(const void *)(base + f->n_offset); i++) {
        const char *item = items + (size_t)i * f->item_B;
        const char *label = *(const char *const *)(const void *)(item + f->sub->offset);
        object_csv(f->sub + 1, ll_arena_printf(t->mem, "%s[%s].", path, label), item, t);
    }
}

static void object_csv(const field *f, const char *prefix, const char *base, ll_table *t)
{
    for (; f->name; f++) {
        const char *path = ll_arena_printf(t->mem, "%s%s", prefix, f->name);
        char value[64];
        const void *p = base + f->offset;
        if (f->type == FIELD_OBJECT)
            object_csv(f->sub, ll_arena_printf(t->mem, "%s.", path), p, t);
        else if (f->type == FIELD_LIST)
            list_csv(f, path, base, t);
        else if (f->type == FIELD_WORDS)
            for (const char *const *word = *(const char *const *const *)p; *word; word++)
                row_add(t, path, *word, "");
        else
            row_add(t, path, plain_text(f, p, value, sizeof value), f->unit);
    }
}

ll_table *ll_report_flat(const ll_report *r, ll_arena *mem)
{
    ll_table *t = ll_table_create(
        mem, "", 3, (ll_column[]){{.name = "field"}, {.name = "value"}, {.name = "unit"}});
    object_csv(document_fields, "", (const char *)document_make(r, mem), t);
    return t;
}

static void fields_list(const field *f, const char *prefix, ll_table *t)
{
    for (; f->name; f++) {
        ll_table_row(t);
        ll_table_set(t, 0, "%s%s", prefix, f->name);
        ll_table_set(t, 1, "%s", type_names[f->type]);
        ll_table_set(t, 2, "%s", f->unit);
        ll_table_set(t, 3, "%s", f->doc);
        if (f->sub)
            fields_list(f->sub,
                        ll_arena_printf(t->mem, "%s%s%s.", prefix, f->name,
                                        f->type == FIELD_LIST ? "[]" : ""),
                        t);
    }
}

ll_table *ll_report_fields(ll_arena *mem)
{
    ll_table *t = ll_table_create(
        mem, "", 4,
        (ll_column[]){{.name = "field"}, {.name = "type"}, {.name = "unit"}, {.name = "meaning"}});
    fields_list(document_fields, "", t);
    return t;
}
