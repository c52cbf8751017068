#include "sim/report/stored.h"

#include "sim/config/config_write.h"
#include "sim/print/fields_read.h"
#include "sim/report/document.h"

#include <string.h>

bool ll_stored_is(const char *path)
{
    const size_t n = strlen(path);
    return n > 5 && !strcmp(path + n - 5, ".json");
}

/* The rows of the table of fields that identify the configuration of the result. */
static const ll_field *configuration_fields(ll_arena *mem)
{
    static const char *const names[] = {"schema_version", "config_hash", "version", "config",
                                        "files"};
    enum { N_NAME = sizeof names / sizeof *names };
    ll_field *out = ll_arena_array(mem, N_NAME + 1, ll_field);
    int n = 0;
    for (const ll_field *f = ll_document_fields; f->name; f++)
        for (int i = 0; i < N_NAME; i++)
            if (!strcmp(f->name, names[i])) out[n++] = *f;
    return out;
}

static const char *value_of(const ll_document *d, const char *key)
{
    for (int i = 0; i < d->n_config; i++)
        if (!strcmp(d->config[i].path, key)) return d->config[i].typed;
    return "";
}

/* Makes the study from the configuration in the file. */
static ll_status study_make(const char *path, const ll_document *d, ll_arena *mem, ll_study *out,
                            ll_error *err)
{
    ll_config_line *line = ll_arena_array(mem, d->n_config, ll_config_line);
    ll_source source;
    ll_text text;
    ll_text_init(&text, mem);
    for (int i = 0; i < d->n_config; i++) {
        const ll_config_row *v = &d->config[i];
        const bool stated = strcmp(v->evidence, ll_evidence_name(LL_EVIDENCE_NONE)) != 0 &&
                            strcmp(v->evidence, ll_evidence_name(LL_EVIDENCE_UNSTATED)) != 0;
        line[i] = (ll_config_line){.path = v->path,
                                   .text = v->typed,
                                   .evidence = stated ? v->evidence : NULL,
                                   .source = v->source ? v->source : "",
                                   .omit = !strcmp(v->origin, "default")};
    }
    ll_config_write(d->n_config, line, &text);
    const char *name = ll_arena_printf(mem, "%s, config", path);
    LL_TRY(ll_source_text(name, text.s, mem, &source, err));
    for (int i = 0; i < d->n_file; i++)
        ll_source_attach(name, value_of(d, d->file[i].path), d->file[i].text, mem, &source);
    const ll_study_source from = {.path = path, .what = LL_STUDY_WHOLE};
    LL_TRY(ll_study_parse(&from, source, mem, out, err));
    if (ll_config_hash(out->config) == d->config_hash) return LL_OK;
    return ll_error_set(err, LL_ERR_CONFIG,
                        "%s: its configuration, by lineloss %s, means something else to this "
                        "version: run the study again",
                        path, d->version);
}

/* An error if a list of the file is longer than a result has room for. */
static ll_status counts_check(const char *path, const ll_document *d, const ll_study *study,
                              ll_error *err)
{
    int n_cause = 0;
    while (study->workload->ladder[n_cause].name)
        n_cause++;
    if (d->r.n_loss <= n_cause && d->r.n_baseline <= LL_MAX_BASELINE &&
        d->r.n_transfer <= LL_MAX_TRANSFER && d->r.n_check <= LL_MAX_CHECK &&
        d->r.n_beside <= LL_MAX_BESIDE && d->n_memory >= 2 && d->n_memory - 2 <= LL_MAX_MEMORY_PART)
        return LL_OK;
    return ll_error_set(err, LL_ERR_CONFIG, "%s: a list is longer than any result has", path);
}

/* Fills what the file does not have of a loss: its group, and what was removed. */
static ll_status losses_take(const char *path, const ll_document *d, const ll_study *study,
                             ll_result *out, ll_error *err)
{
    for (int i = 0; i < d->r.n_loss; i++) {
        const ll_cause *cause = study->workload->ladder;
        while (cause->name && strcmp(cause->name, d->loss[i].cause) != 0)
            cause++;
        if (!cause->name)
            return ll_error_set(err, LL_ERR_CONFIG, "%s: cause '%s' is not known to this version",
                                path, d->loss[i].cause);
        out->loss[i] = d->loss[i];
        out->loss[i].group = cause->group;
        out->loss[i].removes = cause->removes;
    }
    return LL_OK;
}

static void memory_take(const ll_document *d, ll_arena *mem, ll_memory *out)
{
    *out = (ll_memory){.advice = ""};
    for (int i = 0; i < d->n_memory; i++) {
        const ll_named *m = &d->memory[i];
        if (!strcmp(m->name, "total_B"))
            out->total_B = m->value;
        else if (!strcmp(m->name, "capacity_B"))
            out->capacity_B = m->value;
        else
            out->part[out->n++] = (ll_memory_part){
                ll_arena_strndup(mem, m->name, strlen(m->name) - strlen("_B")), m->value};
    }
}

static ll_status result_take(const char *path, const ll_document *d, const ll_study *study,
                             ll_arena *mem, ll_result *out, ll_error *err)
{
    LL_TRY(counts_check(path, d, study, err));
    *out = d->r;
    LL_TRY(losses_take(path, d, study, out, err));
    memcpy(out->baseline, d->baselines, (size_t)d->r.n_baseline * sizeof *d->baselines);
    memcpy(out->transfer, d->transfer, (size_t)d->r.n_transfer * sizeof *d->transfer);
    memcpy(out->check, d->check, (size_t)d->r.n_check * sizeof *d->check);
    if (d->r.n_beside) memcpy(out->beside, d->beside, (size_t)d->r.n_beside * sizeof *d->beside);
    memory_take(d, mem, &out->memory);
    out->metric = study->workload->metric;
    out->n_metric = d->n_metric;
    for (int i = 0; i < d->n_metric; i++)
        out->metric_value[i] = d->metric[i].value;
    for (int e = LL_EVIDENCE_NONE; e <= LL_EVIDENCE_UNSTATED; e++)
        if (!strcmp(ll_evidence_name((ll_evidence)e), d->evidence)) out->evidence = (ll_evidence)e;
    if (ll_result_checksum(out, mem) == d->r.checksum) return LL_OK;
    return ll_error_set(err, LL_ERR_CONFIG,
                        "%s: the checksum does not match, so a figure was changed", path);
}

static void standing_take(const ll_document *d, ll_standing *out)
{
    *out = (ll_standing){.published = d->published};
    while (d->outside[out->n_outside] && out->n_outside < LL_MAX_OUTSIDE) {
        out->outside[out->n_outside] = d->outside[out->n_outside];
        out->n_outside++;
    }
}

/* A document with the names of the workload's figures, without their values. */
static ll_document document_for(const ll_study *study, ll_arena *mem)
{
    ll_document d = {0};
    const ll_metric *m = study->workload->metric;
    while (m[d.n_metric].name)
        d.n_metric++;
    ll_named *named = ll_arena_array(mem, d.n_metric, ll_named);
    for (int i = 0; i < d.n_metric; i++)
        named[i] = (ll_named){.name = m[i].name, .unit = m[i].unit};
    d.metric = named;
    return d;
}

bool ll_stored_is_other(const char *path, ll_comm *comm, ll_arena *mem)
{
    static const ll_field git[] = {{.name = "git", .type = LL_FIELD_STRING}, {0}};
    static const ll_field study[] = {{.name = "study", .type = LL_FIELD_STRING}, {0}};
    const char *text, *value;
    size_t n;
    return ll_source_file(path, "a result", comm, mem, &text, &n, NULL) == LL_OK &&
           ll_fields_read(git, path, text, n, &value, mem, NULL) == LL_OK &&
           ll_fields_read(study, path, text, n, &value, mem, NULL) != LL_OK;
}

ll_status ll_stored_read(const char *path, ll_comm *comm, ll_arena *mem, ll_study *study,
                         ll_result *result, ll_standing *standing, ll_error *err)
{
    const char *text;
    size_t n;
    ll_document d = {0};
    LL_TRY(ll_source_file(path, "a result", comm, mem, &text, &n, err));
    LL_TRY(ll_fields_read(configuration_fields(mem), path, text, n, &d, mem, err));
    if (d.schema_version != LL_SCHEMA_VERSION)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "%s: schema_version %d; this version reads %d: run the study again",
                            path, d.schema_version, LL_SCHEMA_VERSION);
    LL_TRY(study_make(path, &d, mem, study, err));
    d = document_for(study, mem);
    LL_TRY(ll_fields_read(ll_document_fields, path, text, n, &d, mem, err));
    LL_TRY(result_take(path, &d, study, mem, result, err));
    standing_take(&d, standing);
    return LL_OK;
}
