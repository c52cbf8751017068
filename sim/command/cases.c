#include "sim/command/cases.h"

#include "sim/comm/progress.h"
#include "sim/print/fields.h"
#include "sim/print/paragraph.h"
#include "sim/report/difference.h"
#include "sim/report/plot.h"
#include "sim/report/stored.h"
#include "sim/validate/standing.h"
#include "sim/version.h"

#include <string.h>

static void cases_make(int n, ll_arena *mem, ll_cases *out)
{
    *out = (ll_cases){.n = n,
                      .study = ll_arena_array(mem, n, ll_study),
                      .result = ll_arena_array(mem, n, ll_result),
                      .report = ll_arena_array(mem, n, ll_report),
                      .standing = ll_arena_array(mem, n, ll_standing *),
                      .label = ll_arena_array(mem, n, const char *)};
}

/* A label that distinguishes study k from another one of the same name: its settings, the name of
 * its result file, or its path. */
static const char *told_apart(const char *label, const char *path, const ll_settings *settings,
                              ll_arena *mem)
{
    if (*settings->own) return ll_arena_printf(mem, "%s %s", label, settings->own);
    if (!ll_stored_is(path)) return path;
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    return ll_arena_strndup(mem, name, strlen(name) - strlen(".json"));
}

/* The label of study k: its name. Of several studies with the same name, the first without settings
 * keeps it. */
static const char *label_of(const ll_cases *c, const char *const *name, const ll_settings *settings,
                            int k, ll_arena *mem)
{
    const char *label = c->study[k].name;
    for (int i = 0; i < c->n; i++)
        if (i != k && !strcmp(c->study[i].name, label) &&
            (i < k || *settings[k].own || ll_stored_is(name[k])))
            return told_apart(label, name[k], &settings[k], mem);
    return label;
}

/* A result that was computed before: nothing can be set in it. */
static ll_status stored_load(const char *path, const ll_settings *settings, int k, ll_comm *comm,
                             ll_arena *mem, ll_cases *out, ll_error *err)
{
    if (settings->n_set)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "%s is a result, in which nothing can be set; name the study instead",
                            path);
    out->standing[k] = ll_arena_new(mem, ll_standing);
    return ll_stored_read(path, comm, mem, &out->study[k], &out->result[k], out->standing[k], err);
}

ll_status ll_cases_load(int n, const char *const *name, const ll_settings *settings, ll_comm *comm,
                        ll_arena *mem, ll_cases *out, ll_error *err)
{
    cases_make(n, mem, out);
    for (int k = 0; k < n; k++) {
        const ll_settings *s = &settings[k];
        if (ll_stored_is(name[k])) {
            LL_TRY(stored_load(name[k], s, k, comm, mem, out, err));
            continue;
        }
        const ll_study_source from = {name[k], s->n_set, s->set, LL_STUDY_WHOLE};
        LL_TRY(ll_study_load(&from, comm, mem, &out->study[k], err));
    }
    for (int k = 0; k < n; k++)
        out->label[k] = label_of(out, name, settings, k, mem);
    return LL_OK;
}

/* Runs study k; its name precedes its progress. */
static ll_status case_run(ll_cases *c, int k, const ll_engine_list *beside, ll_comm *comm,
                          ll_arena *mem, ll_error *err)
{
    ll_progress title;
    const char *name = ll_arena_printf(mem, "study %d of %d, %s", k + 1, c->n, c->label[k]);
    ll_progress_begin(&title, comm, name, "", 0);
    ll_status status = ll_run(&c->study[k], comm, mem, &c->result[k], err);
    if (status == LL_OK)
        status = ll_beside_run(&c->study[k], beside, comm, mem, &c->result[k], err);
    ll_progress_end(&title);
    return status;
}

ll_status ll_cases_run(ll_cases *c, const ll_engine_list *beside, ll_comm *comm, ll_arena *mem,
                       bool *valid, ll_error *err)
{
    const ll_record *record = ll_standing_record(comm, mem);
    *valid = true;
    for (int k = 0; k < c->n; k++) {
        const ll_standing *standing = c->standing[k];
        if (!standing) {
            LL_TRY(case_run(c, k, beside, comm, mem, err));
            standing = ll_standing_of(record, &c->study[k], &c->result[k], mem);
        }
        ll_seed_spread *spread = ll_arena_new(mem, ll_seed_spread);
        LL_TRY(ll_seed_spread_find(&c->study[k], LL_CASES_SEEDS, comm, mem, spread, err));
        c->report[k] = (ll_report){.study = &c->study[k],
                                   .result = &c->result[k],
                                   .label = c->label[k],
                                   .standing = standing,
                                   .spread = spread};
        *valid = *valid && c->result[k].valid;
    }
    return LL_OK;
}

ll_status ll_cases_effects(ll_cases *c, ll_comm *comm, ll_arena *mem, ll_error *err)
{
    for (int k = 1; k < c->n; k++)
        if (c->study[k].workload != c->study[0].workload) return LL_OK; /* of what would they be? */
    ll_effects *effects = ll_arena_new(mem, ll_effects);
    LL_TRY(ll_effects_find(c->n, c->study, comm, mem, effects, err));
    c->effects = effects;
    return LL_OK;
}

ll_status ll_cases_columns(ll_cases *c, const char *names, ll_format format, ll_arena *mem,
                           ll_error *err)
{
    const ll_table *all = format == LL_FORMAT_CSV ? ll_report_tidy(c->n, c->report, mem)
                                                  : ll_comparison_all(c->n, c->report, mem);
    ll_table *chosen;
    LL_TRY(ll_table_select(all, "--columns", names, &chosen, err));
    *(format == LL_FORMAT_CSV ? &c->chosen_csv : &c->chosen) = chosen;
    return LL_OK;
}

void ll_cases_pick(const ll_cases *all, int n, const int *index, ll_arena *mem, ll_cases *out)
{
    cases_make(n, mem, out);
    for (int k = 0; k < n; k++) {
        out->study[k] = all->study[index[k]];
        out->result[k] = all->result[index[k]];
        out->label[k] = all->label[index[k]];
        out->report[k] = all->report[index[k]];
        out->report[k].study = &out->study[k];
        out->report[k].result = &out->result[k];
    }
}

/* How the columns of the results are meant, and how good predictions for these chips are. */
static void notes_print(const ll_cases *c, int width, ll_arena *mem, ll_text *out)
{
    ll_paragraph(out,
                 "x: times the first study. % of peak: of all chips at the peak of the job's "
                 "precision, which is the MFU. corrected: by the median error of published steps "
                 "on the chip, where all of them are off to one side.",
                 width, 0);
    const char *const *error = ll_comparison_errors(c->n, c->report, mem);
    for (int i = 0; error[i]; i++)
        ll_paragraph(out, error[i], width, 2);
}

/* What json_print writes, for `lineloss list json`; results are as `run` has them. */
static const ll_field difference_fields[] = {
    {.name = "key", .type = LL_FIELD_STRING, .unit = "", .doc = "of the configuration"},
    {.name = "typed",
     .type = LL_FIELD_WORDS,
     .unit = "",
     .doc = "value in each study; null where it has none"},
    {0}};
static const ll_field effect_fields[] = {
    {.name = "key", .type = LL_FIELD_STRING, .unit = "", .doc = "that is changed alone"},
    {.name = "group", .type = LL_FIELD_STRING, .unit = "", .doc = "or the group of keys"},
    {.name = "effect_frac",
     .type = LL_FIELD_LIST,
     .unit = "1",
     .doc = "for each study: what its value does to the first one; null: it is refused"},
    {.name = "why_not", .type = LL_FIELD_LIST, .unit = "", .doc = "for each study: why it is"},
    {0}};
static const ll_field comparison_fields[] = {
    {.name = "schema_version", .type = LL_FIELD_INT, .unit = "", .doc = "of this object"},
    {.name = "version", .type = LL_FIELD_STRING, .unit = "", .doc = "of lineloss"},
    {.name = "git", .type = LL_FIELD_STRING, .unit = "", .doc = "commit of lineloss"},
    {.name = "config_hash",
     .type = LL_FIELD_HASH,
     .unit = "",
     .doc = "of the configurations of all studies in their order"},
    {.name = "differences",
     .type = LL_FIELD_LIST,
     .unit = "",
     .sub = difference_fields,
     .doc = "keys in which they differ"},
    {.name = "effects",
     .type = LL_FIELD_LIST,
     .unit = "",
     .sub = effect_fields,
     .doc = "what these keys do, each alone; there only if all studies have one workload"},
    {.name = "results",
     .type = LL_FIELD_LIST,
     .unit = "",
     .doc = "of all studies, as `run` has it"},
    {0}};

void ll_cases_fields_add(const char *prefix, ll_table *t)
{
    ll_fields_list_add(comparison_fields, prefix, t);
}

uint64_t ll_cases_hash(const ll_cases *c)
{
    uint64_t hash = LL_HASH_START;
    for (int k = 0; k < c->n; k++) {
        const uint64_t one = ll_config_hash(c->study[k].config);
        hash = ll_text_hash(hash, &one, sizeof one);
    }
    return hash;
}

static void json_print(const ll_cases *c, ll_arena *mem, ll_text *out)
{
    enum { SCHEMA_VERSION = 1 };
    ll_table *differ = ll_difference_table(c->n, c->study, c->label, mem);
    ll_json j;
    ll_json_init(&j, out);
    ll_json_open(&j, NULL, '{');
    ll_json_integer(&j, "schema_version", SCHEMA_VERSION);
    ll_json_string(&j, "version", ll_version());
    ll_json_string(&j, "git", ll_git());
    ll_json_string(&j, "config_hash",
                   ll_arena_printf(mem, "%016llx", (unsigned long long)ll_cases_hash(c)));
    ll_json_open(&j, "differences", '[');
    for (int i = 0; i < differ->n_row; i++) {
        ll_json_open(&j, NULL, '{');
        ll_json_string(&j, "key", ll_table_cell(differ, i, 0));
        ll_json_open(&j, "typed", '[');
        for (int k = 0; k < c->n; k++) {
            const char *text = ll_table_cell(differ, i, k + 1);
            ll_json_string(&j, NULL, strcmp(text, "-") != 0 ? text : NULL);
        }
        ll_json_close(&j);
        ll_json_close(&j);
    }
    ll_json_close(&j);
    if (c->effects) ll_effects_json(c->effects, "effects", &j);
    ll_json_open(&j, "results", '[');
    for (int k = 0; k < c->n; k++)
        ll_report_json(&c->report[k], NULL, mem, &j);
    ll_json_close(&j);
    ll_json_close(&j);
}

/* What differs: for people what it does, in files every key. */
static void differences_print(const ll_cases *c, ll_format format, int width, ll_arena *mem,
                              ll_text *out)
{
    const ll_table *all = ll_difference_table(c->n, c->study, c->label, mem);
    if (all->n_row == 0) {
        ll_text_add(out, "\nTheir configurations do not differ.\n");
    } else if (c->effects) {
        const ll_table *t = ll_effects_table(c->effects, c->label, mem);
        ll_text_add(out, "\n");
        if (t->n_row) ll_table_print(t, format, width, out);
        ll_paragraph(out, ll_effects_text(c->effects, c->label[0], mem), width, 0);
    }
    if (all->n_row && (format != LL_FORMAT_TEXT || !c->effects)) {
        ll_text_add(out, "\n");
        ll_table_print(all, format, width, out);
    }
}

static ll_table *results_table(const ll_cases *c, ll_arena *mem)
{
    ll_table *t = ll_comparison_results(c->n, c->report, mem);
    if (c->chosen) *t = *c->chosen;
    return t;
}

void ll_cases_print(const ll_cases *c, ll_format format, int width, ll_arena *mem, ll_text *out)
{
    if (format == LL_FORMAT_JSON) {
        json_print(c, mem, out);
        return;
    }
    if (format == LL_FORMAT_CSV) {
        ll_table_print(c->chosen_csv ? c->chosen_csv : ll_report_tidy(c->n, c->report, mem), format,
                       0, out);
        return;
    }
    ll_table_print(results_table(c, mem), format, width, out);
    if (format == LL_FORMAT_TEXT) notes_print(c, width, mem, out);
    enum { N_TABLE = 3 };
    ll_table *const tables[N_TABLE] = {ll_comparison_losses(c->n, c->report, mem),
                                       ll_comparison_more(c->n, c->report, mem),
                                       ll_comparison_setup(c->n, c->report, mem)};
    for (size_t i = 0; i < N_TABLE; i++) {
        if (!tables[i] || tables[i]->n_row == 0) continue;
        ll_text_add(out, "\n");
        ll_table_print(tables[i], format, width, out);
    }
    differences_print(c, format, width, mem, out);
}

/* A table for each file, to \input. */
static ll_status latex_write(const ll_cases *c, const char *stage, ll_comm *comm, ll_arena *mem,
                             ll_error *err)
{
    enum { N_TABLE = 4 };
    const struct {
        const char *file, *label;
        ll_table *table;
    } part[N_TABLE] = {
        {"compare-results.tex", "tab:results", results_table(c, mem)},
        {"compare-losses.tex", "tab:losses", ll_comparison_losses(c->n, c->report, mem)},
        {"compare-more.tex", "tab:more", ll_comparison_more(c->n, c->report, mem)},
        {"compare-setup.tex", "tab:setup", ll_comparison_setup(c->n, c->report, mem)}};
    for (size_t i = 0; i < N_TABLE; i++) {
        if (!part[i].table) continue;
        ll_text text;
        ll_text_init(&text, mem);
        part[i].table->label = part[i].label;
        ll_table_latex(part[i].table, &text);
        LL_TRY(ll_output_write(stage, part[i].file, &text, comm, err));
    }
    return LL_OK;
}

ll_status ll_cases_write(const ll_cases *c, const char *stage, ll_comm *comm, ll_arena *mem,
                         bool *drawn, ll_error *err)
{
    static const struct {
        const char *name;
        ll_format format;
    } files[] = {{"compare.json", LL_FORMAT_JSON},
                 {"compare.txt", LL_FORMAT_TEXT},
                 {"compare.csv", LL_FORMAT_CSV},
                 {"compare.md", LL_FORMAT_MD}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        ll_text text;
        ll_text_init(&text, mem);
        if (ll_comm_rank(comm) == 0) ll_cases_print(c, files[i].format, 100, mem, &text);
        LL_TRY(ll_output_write(stage, files[i].name, &text, comm, err));
    }
    LL_TRY(latex_write(c, stage, comm, mem, err));
    LL_TRY(ll_plot_waterfalls(stage, "compare", c->n, c->report, comm, drawn, err));
    return ll_plot_bars(stage, "bars", c->n, c->report, comm, drawn, err);
}
