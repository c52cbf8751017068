/* lineloss compare A B ...: what differs, the results side by side, and where the chips go. */
#include "sim/command/command.h"
#include "sim/print/output.h"
#include "sim/print/paragraph.h"
#include "sim/report/comparison.h"
#include "sim/report/difference.h"
#include "sim/report/plot.h"
#include "sim/report/report.h"
#include "sim/step/engines.h"
#include "sim/step/result.h"
#include "sim/validate/standing.h"
#include "sim/work/study.h"

#include <string.h>

enum { MAX_STUDY = LL_MAX_COMPARE };

typedef struct comparison {
    int n;
    ll_study study[MAX_STUDY];
    ll_result result[MAX_STUDY];
    ll_report report[MAX_STUDY];
    const char *label[MAX_STUDY]; /* name of the study; the path where names are the same */
    const char *dir;
    bool drawn;
} comparison;

/* How the columns of the results are meant, and how good predictions for these chips are. */
static void errors_print(const comparison *c, int width, ll_arena *mem, ll_text *out)
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

/* {"differences": [...], "results": [...]}: the results as `run` writes them. */
static void print_json(const comparison *c, ll_arena *mem, ll_text *out)
{
    ll_table *differ = ll_difference_table(c->n, c->study, c->label, false, mem);
    ll_json j;
    ll_json_init(&j, out);
    ll_json_open(&j, NULL, '{');
    ll_json_open(&j, "differences", '[');
    for (int i = 0; i < differ->n_row; i++) {
        const char **cell = differ->cell + (size_t)i * (size_t)differ->n_column;
        ll_json_open(&j, NULL, '{');
        ll_json_string(&j, "key", cell[0]);
        ll_json_open(&j, "typed", '[');
        for (int k = 0; k < c->n; k++)
            ll_json_string(&j, NULL, !strcmp(cell[k + 1], "-") ? NULL : cell[k + 1]);
        ll_json_close(&j);
        ll_json_close(&j);
    }
    ll_json_close(&j);
    ll_json_open(&j, "results", '[');
    for (int k = 0; k < c->n; k++)
        ll_report_json(&c->report[k], NULL, mem, &j);
    ll_json_close(&j);
    ll_json_close(&j);
}

/* The tables of the comparison in a format of people; first the answer. */
static void print(const comparison *c, ll_format format, int width, ll_arena *mem, ll_text *out)
{
    if (format == LL_FORMAT_JSON) {
        print_json(c, mem, out);
        return;
    }
    ll_table *const results = ll_comparison_results(c->n, c->report, mem);
    if (format == LL_FORMAT_CSV) {
        ll_table_print(results, format, 0, out);
        return;
    }
    ll_table_print(results, format, width, out);
    if (format == LL_FORMAT_TEXT) errors_print(c, width, mem, out);
    enum { N_TABLE = 4 };
    ll_table *const tables[N_TABLE] = {
        ll_comparison_losses(c->n, c->report, mem), ll_comparison_more(c->n, c->report, mem),
        ll_comparison_setup(c->n, c->report, mem),
        ll_difference_table(c->n, c->study, c->label, format == LL_FORMAT_TEXT, mem)};
    for (size_t i = 0; i < N_TABLE; i++) {
        if (!tables[i] || tables[i]->n_row == 0) continue;
        ll_text_add(out, "\n");
        ll_table_print(tables[i], format, width, out);
    }
    if (tables[3]->n_row == 0) ll_text_add(out, "\nTheir configurations do not differ.\n");
}

static void picture_note(const comparison *c, ll_text *out)
{
    if (c->drawn)
        ll_text_add(out, "Pictures: compare and bars, .svg, .pdf, .png, in %s\n", c->dir);
    else
        ll_text_add(out,
                    "Pictures: compare.svg and bars.svg in %s; for .pdf and .png `apt-get install "
                    "gnuplot-nox`, then `gnuplot compare.gp` there\n",
                    c->dir);
}

static void verdicts(const comparison *c, ll_text *out)
{
    for (int k = 0; k < c->n; k++)
        ll_text_add(out, "lineloss result is %s: %s, checksum %016llx\n",
                    c->result[k].valid ? "VALID" : "INVALID", c->label[k],
                    (unsigned long long)c->result[k].checksum);
}

static ll_status files_write(const comparison *c, ll_comm *comm, ll_arena *mem, ll_error *err)
{
    static const struct {
        const char *name;
        ll_format format;
    } files[] = {{"compare.json", LL_FORMAT_JSON},
                 {"compare.txt", LL_FORMAT_TEXT},
                 {"compare.csv", LL_FORMAT_CSV},
                 {"compare.md", LL_FORMAT_MD},
                 {"compare.tex", LL_FORMAT_LATEX}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        ll_text text;
        ll_text_init(&text, mem);
        if (ll_comm_rank(comm) == 0) print(c, files[i].format, 100, mem, &text);
        LL_TRY(ll_output_write(c->dir, files[i].name, &text, comm, err));
    }
    return LL_OK;
}

/* The name of study k; where another has it too, with the settings of its own, or else its path. */
static const char *label_of(const ll_options *opt, const comparison *c, int k, ll_arena *mem)
{
    const char *name = c->study[k].name, *own = opt->arg_set[k].own;
    for (int i = 0; i < c->n; i++)
        if (i != k && !strcmp(c->study[i].name, name))
            return *own ? ll_arena_printf(mem, "%s %s", name, own) : i < k ? opt->arg[k] : name;
    return name;
}

static ll_status studies_load(const ll_options *opt, comparison *c, ll_comm *comm, ll_arena *mem,
                              ll_error *err)
{
    for (int k = 0; k < c->n; k++) {
        const ll_settings *s = &opt->arg_set[k];
        LL_TRY(ll_study_load(&(ll_study_source){opt->arg[k], s->n_set, s->set, LL_STUDY_WHOLE},
                             comm, mem, &c->study[k], err));
    }
    for (int k = 0; k < c->n; k++)
        c->label[k] = label_of(opt, c, k, mem);
    return LL_OK;
}

/* The engine of all studies; NULL if they have several. */
static const ll_engine_type *common_engine(const comparison *c)
{
    for (int k = 1; k < c->n; k++)
        if (c->study[k].engine != c->study[0].engine) return NULL;
    return c->study[0].engine;
}

static ll_status beside_read(const ll_options *opt, const comparison *c, ll_engine_list *beside,
                             ll_error *err)
{
    *beside = (ll_engine_list){0};
    if (!opt->value[LL_OPT_BESIDE]) return LL_OK;
    LL_TRY(ll_engine_list_parse(opt->value[LL_OPT_BESIDE], beside, err));
    return ll_engine_list_other(beside, common_engine(c), err);
}

/* *valid: all of them are. */
static ll_status studies_run(comparison *c, const ll_engine_list *beside, ll_comm *comm,
                             ll_arena *mem, bool *valid, ll_error *err)
{
    const ll_record *record = ll_standing_record(comm, mem);
    *valid = true;
    for (int k = 0; k < c->n; k++) {
        LL_TRY(ll_run(&c->study[k], comm, mem, &c->result[k], err));
        LL_TRY(ll_beside_run(&c->study[k], beside, comm, mem, &c->result[k], err));
        c->report[k] =
            (ll_report){.study = &c->study[k],
                        .result = &c->result[k],
                        .label = c->label[k],
                        .standing = ll_standing_of(record, &c->study[k], &c->result[k], mem)};
        *valid = *valid && c->result[k].valid;
    }
    return LL_OK;
}

static ll_status all_print(const comparison *c, ll_format format, ll_comm *comm, ll_arena *mem,
                           ll_error *err)
{
    ll_text text;
    ll_text_init(&text, mem);
    if (ll_comm_rank(comm) == 0) {
        print(c, format, ll_table_terminal_width(), mem, &text);
        if (format == LL_FORMAT_TEXT) {
            picture_note(c, &text);
            verdicts(c, &text);
        }
    }
    return ll_command_print(comm, &text, err);
}

static ll_status run(const ll_options *opt, ll_comm *comm, ll_arena *mem, ll_error *err)
{
    comparison *c = ll_arena_new(mem, comparison);
    c->n = opt->n_arg;
    c->dir = opt->value[LL_OPT_OUT] ? opt->value[LL_OPT_OUT] : "results";
    ll_engine_list beside;
    bool valid;
    LL_TRY(studies_load(opt, c, comm, mem, err));
    LL_TRY(beside_read(opt, c, &beside, err));
    LL_TRY(ll_output_prepare(c->dir, comm, err));
    LL_TRY(studies_run(c, &beside, comm, mem, &valid, err));
    LL_TRY(files_write(c, comm, mem, err));
    LL_TRY(ll_plot_waterfalls(c->dir, "compare", c->n, c->report, comm, &c->drawn, err));
    LL_TRY(ll_plot_bars(c->dir, "bars", c->n, c->report, comm, &c->drawn, err));
    LL_TRY(all_print(c, opt->format, comm, mem, err));
    return valid ? LL_OK
                 : ll_error_set(err, LL_ERR_RUN, "a result is INVALID: run that study by itself");
}

const ll_command ll_command_compare = {
    .name = "compare",
    .doc = "run several studies: what differs, results and waterfalls side by side",
    .usage = "STUDY ... [-- STUDY ...]",
    .has_variants = true,
    .help =
        "Prints first what differs between the effective configurations, then the results side by\n"
        "side, then where each machine's chips go, in chips and per cent. Writes compare.json, "
        ".txt,\n"
        ".csv, .md, .tex and the waterfalls as compare.svg, .pdf, .png into DIR (default: "
        "results);\n"
        "the gnuplot script and data lie beside them, to restyle.\n"
        "\n"
        "`--` separates variants: --set, --seed, --engine and --fold hold for the studies between "
        "two of\n"
        "them; those before the first study hold for all.\n"
        "\n"
        "Examples:\n"
        "  lineloss compare nvl72 atlas950\n"
        "  lineloss compare nvl72 -- nvl72 --set job.interleave=1\n"
        "  lineloss compare nvl72 atlas950 --engine closed -o /tmp/quick\n"
        "  lineloss compare a.cfg b.cfg c.cfg --format latex",
    .options = LL_OPT_STUDY | LL_OPT_BIT(LL_OPT_FORMAT) | LL_OPT_BIT(LL_OPT_OUT) |
               LL_OPT_BIT(LL_OPT_BESIDE),
    .min_arg = 2,
    .max_arg = MAX_STUDY,
    .missing_arg = "which studies? At least two, such as `lineloss compare nvl72 atlas950`",
    .run = run,
};
