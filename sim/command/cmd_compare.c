/* lineloss compare A B ...: what differs, the results side by side, and where the chips go. */
#include "sim/command/command.h"
#include "sim/print/output.h"
#include "sim/report/difference.h"
#include "sim/report/plot.h"
#include "sim/report/report.h"
#include "sim/report/summary.h"
#include "sim/report/waterfall.h"
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

static ll_table *table_side_by_side(const comparison *c, const char *title, const char *first,
                                    bool right, ll_arena *mem)
{
    ll_column column[MAX_STUDY + 1] = {{.name = first}};
    for (int k = 0; k < c->n; k++)
        column[k + 1] = (ll_column){.name = c->label[k], .right = right};
    return ll_table_create(mem, title, c->n + 1, column);
}

static const char *value_find(int n, const ll_summary_row *row, const char *what)
{
    for (int i = 0; i < n; i++)
        if (!strcmp(row[i].what, what)) return row[i].value;
    return NULL;
}

/* A row for everything that any result says, in the order in which they say it. */
static ll_table *results(const comparison *c, ll_arena *mem)
{
    ll_table *t = table_side_by_side(c, "Results", "quantity", false, mem);
    const ll_summary_row *row[MAX_STUDY];
    int n[MAX_STUDY] = {0};
    for (int k = 0; k < c->n; k++) {
        n[k] = ll_report_summary(&c->report[k], mem, &row[k]);
        for (int i = 0; i < n[k]; i++) {
            bool known = false;
            for (int before = 0; before < k && !known; before++)
                known = value_find(n[before], row[before], row[k][i].what) != NULL;
            if (known) continue;
            ll_table_row(t);
            ll_table_set(t, 0, "%s", row[k][i].what);
        }
    }
    for (int64_t i = 0; i < t->n_row; i++) {
        const char **cell = t->cell + i * t->n_column;
        for (int k = 0; k < c->n; k++) {
            const char *value = value_find(n[k], row[k], cell[0]);
            cell[k + 1] = value ? value : "-";
        }
    }
    return t;
}

static const ll_loss *loss_find(const ll_result *r, const char *cause)
{
    for (int i = 0; i < r->n_loss; i++)
        if (!strcmp(r->loss[i].cause, cause)) return &r->loss[i];
    return NULL;
}

static void loss_row(const comparison *c, const char *cause, bool percent, ll_table *t)
{
    ll_table_row(t);
    ll_table_set(t, 0, "%s", cause);
    for (int k = 0; k < c->n; k++) {
        const ll_loss *loss = loss_find(&c->result[k], cause);
        if (!loss)
            ll_table_set(t, k + 1, "-");
        else
            ll_table_set(t, k + 1, percent ? "%.2f" : "%.1f",
                         percent ? 100 * loss->frac : loss->chips);
    }
}

/* Losses in chips or per cent, and what is left. */
static ll_table *losses(const comparison *c, bool percent, ll_arena *mem)
{
    ll_table *t = table_side_by_side(
        c, percent ? "Where the chips go, % of all chips" : "Where the chips go, in chips", "cause",
        true, mem);
    for (int k = 0; k < c->n; k++)
        for (int i = c->result[k].n_loss - 1; i >= 0; i--) {
            const char *cause = c->result[k].loss[i].cause;
            bool known = false;
            for (int before = 0; before < k && !known; before++)
                known = loss_find(&c->result[before], cause) != NULL;
            if (!known) loss_row(c, cause, percent, t);
        }
    ll_table_row(t);
    ll_table_set(t, 0, "effective chips");
    for (int k = 0; k < c->n; k++)
        ll_table_set(t, k + 1, percent ? "%.2f" : "%.1f",
                     percent ? 100 * c->result[k].efficiency_frac : c->result[k].effective_chips);
    return t;
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

static void print(const comparison *c, ll_format format, int width, ll_arena *mem, ll_text *out)
{
    if (format == LL_FORMAT_JSON) {
        print_json(c, mem, out);
        return;
    }
    enum { N_TABLE = 4 };
    ll_table *const tables[N_TABLE] = {
        ll_difference_table(c->n, c->study, c->label, format == LL_FORMAT_TEXT, mem),
        results(c, mem), losses(c, false, mem), losses(c, true, mem)};
    if (format == LL_FORMAT_CSV) { /* one table: results and losses are in `run --format csv` */
        ll_table_print(tables[1], format, 0, out);
        return;
    }
    for (size_t i = 0; i < N_TABLE; i++) {
        ll_table_print(tables[i], format, width, out);
        ll_text_add(out, "\n");
    }
    for (int k = 0; k < c->n && format == LL_FORMAT_TEXT; k++) {
        ll_text_add(out, "%s: where %d chips go\n", c->label[k], c->result[k].n_chip);
        ll_report_waterfall(&c->report[k], mem, out);
        ll_text_add(out, "\n");
    }
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
        c->report[k] = (ll_report){&c->study[k], &c->result[k], c->label[k],
                                   ll_standing_of(record, &c->study[k], &c->result[k], mem)};
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
