/* The comparison of cases in each format, and its files. */
#include "sim/command/cases.h"
#include "sim/print/fields.h"
#include "sim/print/paragraph.h"
#include "sim/report/difference.h"
#include "sim/report/plot.h"
#include "sim/version.h"

#include <string.h>

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
