/* lineloss run STUDY: price, execute and account for one study. */
#include "sim/command/cases.h"
#include "sim/command/command.h"
#include "sim/print/output.h"
#include "sim/print/timing.h"
#include "sim/report/plot.h"
#include "sim/report/report.h"
#include "sim/report/trace.h"
#include "sim/step/engines.h"
#include "sim/step/result.h"
#include "sim/work/study.h"

#include <stdio.h>

/* Draws <name>-waterfall, -wire and -timeline: .svg, and .pdf and .png where gnuplot is installed.
 */
static ll_status pictures_write(const char *dir, const char *name, const ll_report *r,
                                ll_comm *comm, ll_arena *mem, ll_error *err)
{
    bool drawn;
    LL_TRY(ll_plot_waterfalls(dir, ll_output_file_name(name, "-waterfall", mem), 1, r, comm, &drawn,
                              err));
    LL_TRY(
        ll_plot_timeline(dir, ll_output_file_name(name, "-timeline", mem), r, comm, &drawn, err));
    return ll_plot_wire(dir, ll_output_file_name(name, "-wire", mem), r, comm, &drawn, err);
}

enum { FIELDS = 3, TRACE, N_TEXT }; /* those before FIELDS: the report in a format */
static const char *const text_suffix[N_TEXT] = {".json", ".txt", ".csv", ".fields.csv",
                                                ".trace.json"};

static void text_make(int i, const ll_report *r, ll_arena *mem, ll_text *out)
{
    static const ll_format format[] = {LL_FORMAT_JSON, LL_FORMAT_TEXT, LL_FORMAT_CSV};
    if (i < FIELDS)
        ll_report_print(r, format[i], 100, mem, out);
    else if (i == FIELDS)
        ll_table_print(ll_report_flat(r, mem), LL_FORMAT_CSV, 0, out);
    else
        ll_trace_print(r, out);
}

/* Writes <name>.json, .txt, .csv, <name>.fields.csv with all plain fields, and <name>.trace.json
 * with the timeline. */
static ll_status texts_write(const ll_output *set, const char *name, const ll_report *r,
                             ll_comm *comm, ll_arena *mem, ll_error *err)
{
    for (int i = 0; i < N_TEXT; i++) {
        ll_text text;
        ll_text_init(&text, mem);
        if (ll_comm_rank(comm) == 0) text_make(i, r, mem, &text);
        LL_TRY(ll_output_write(set->stage, ll_output_file_name(name, text_suffix[i], mem), &text,
                               comm, err));
    }
    return LL_OK;
}

/* Writes the texts, the pictures, and <name>.timing.json with the time and memory that the run
 * took. */
static ll_status files_write(ll_output *set, const char *name, const ll_report *r,
                             const ll_timing *timing, ll_comm *comm, ll_arena *mem, ll_error *err)
{
    ll_text text;
    LL_TRY(ll_output_begin(set, comm, mem, err));
    LL_TRY(texts_write(set, name, r, comm, mem, err));
    ll_text_init(&text, mem);
    ll_timing_report(timing, comm, &text);
    LL_TRY(ll_output_write(set->stage, ll_output_file_name(name, ".timing.json", mem), &text, comm,
                           err));
    LL_TRY(pictures_write(set->stage, name, r, comm, mem, err));
    return ll_output_commit(set, comm, err);
}

/* The other engines: those of --beside; without it, beside `packet`, `flow`, which takes little. */
static ll_status beside_read(const ll_study *study, const ll_options *opt, ll_engine_list *out,
                             ll_error *err)
{
    const char *names = opt->value[LL_OPT_BESIDE];
    *out = (ll_engine_list){0};
    if (!names && study->engine == &ll_engine_packet) names = ll_engine_flow.name;
    if (names) LL_TRY(ll_engine_list_parse(names, out, err));
    return ll_engine_list_other(out, study->engine, err);
}

static ll_status print(const ll_report *r, ll_format format, ll_comm *comm, ll_arena *mem,
                       ll_error *err)
{
    ll_text text;
    ll_text_init(&text, mem);
    if (ll_comm_rank(comm) == 0) ll_report_print(r, format, ll_table_terminal_width(), mem, &text);
    return ll_command_print(comm, &text, err);
}

/* Runs the study, and varies its inputs to find on which of them the result depends. */
static ll_status report_make(const ll_study *study, const ll_options *opt, ll_comm *comm,
                             ll_arena *mem, ll_report *out, ll_error *err)
{
    ll_cases one;
    ll_engine_list beside;
    bool valid;
    ll_sensitivity *sensitivity = ll_arena_new(mem, ll_sensitivity);
    LL_TRY(beside_read(study, opt, &beside, err));
    ll_cases_of(study, mem, &one);
    one.watched = opt->value[LL_OPT_OUT] != NULL;
    LL_TRY(ll_cases_run(&one, &beside, comm, mem, &valid, err));
    LL_TRY(ll_sensitivity_find(study, comm, mem, sensitivity, err));
    *out = one.report[0];
    out->sensitivity = sensitivity;
    return LL_OK;
}

static ll_status run(const ll_options *opt, ll_comm *comm, ll_arena *mem, ll_error *err)
{
    ll_timing timing;
    ll_report report;
    ll_timing_start(&timing);
    ll_study *study = ll_arena_new(mem, ll_study);
    LL_TRY(ll_study_load(&(ll_study_source){opt->arg[0], opt->n_set, opt->set, LL_STUDY_WHOLE},
                         comm, mem, study, err));
    const char *name = ll_output_variant(study->name, opt->n_set, opt->set, mem);
    ll_output set = {.dir = opt->value[LL_OPT_OUT],
                     .main = ll_output_file_name(name, ".json", mem),
                     .identity = ll_output_identity(ll_config_hash(study->config), mem),
                     .force = opt->value[LL_OPT_FORCE] != NULL};
    if (set.dir) LL_TRY(ll_output_check(&set, comm, err));
    LL_TRY(report_make(study, opt, comm, mem, &report, err));
    /* Files first: a reader of the text may go away in the middle of it, as `head` does. */
    if (set.dir) LL_TRY(files_write(&set, name, &report, &timing, comm, mem, err));
    LL_TRY(print(&report, opt->format, comm, mem, err));
    return report.result->valid ? LL_OK
                                : ll_error_set(err, LL_ERR_RUN,
                                               "the result is INVALID: a self-check failed, see "
                                               "the checks in the report");
}

const ll_command ll_command_run = {
    .name = "run",
    .doc = "run one study: step time, effective chips, and where the rest goes",
    .usage = "STUDY",
    .help =
        "STUDY is a file, or the name of one that is shipped (`lineloss list studies`).\n"
        "\n"
        "Prints the headline figures, the loss budget as a waterfall, the transfers, the "
        "memory, and\n"
        "the inputs on which the result depends most. --format json prints one JSON object "
        "(`lineloss\n"
        "list json` explains its fields).\n"
        "\n"
        "-o DIR also writes <study>.json, .txt, .csv (one row, with a column for each figure), "
        ".fields.csv\n"
        "(a row for each field), the pictures <study>-waterfall, -wire and -timeline as .svg, and "
        "as .pdf\n"
        "and .png where gnuplot is installed, and <study>.trace.json, the timeline of a replica "
        "for\n"
        "ui.perfetto.dev or chrome://tracing. What differs from run to run (times, host) goes "
        "to\n"
        "<study>.timing.json. Settings are part of the name, as in "
        "nvl72+job.tp=4+seed=2.json, so that\n"
        "the tasks of a job array may share DIR. A result of the same configuration is "
        "replaced; one of\n"
        "another configuration is kept, and an error without --force.\n"
        "\n"
        "Examples:\n"
        "  lineloss run nvl72\n"
        "  lineloss run atlas950 --set job.tp=16 --format json > atlas950.json\n"
        "  lineloss run nvl72 --beside closed,packet\n"
        "  mpirun -n 2 lineloss run supercluster --fold off -o results",
    .options = LL_OPT_STUDY | LL_OPT_BIT(LL_OPT_FORMAT) | LL_OPT_BIT(LL_OPT_OUT) |
               LL_OPT_BIT(LL_OPT_FORCE) | LL_OPT_BIT(LL_OPT_BESIDE),
    .min_arg = 1,
    .max_arg = 1,
    .missing_arg = "which study? Such as `lineloss run nvl72`; `lineloss list studies` lists them",
    .run = run,
};
