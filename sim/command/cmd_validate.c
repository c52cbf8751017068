/* lineloss validate: predicts published measurements, and reports the errors. */
#include "sim/command/command.h"
#include "sim/config/shipped.h"
#include "sim/print/output.h"
#include "sim/print/timing.h"
#include "sim/validate/serving.h"
#include "sim/validate/validation_params.h"
#include "sim/validate/validation_record.h"
#include "sim/validate/validation_report.h"

#include <string.h>

static ll_status files_write(ll_output *set, const ll_validation *v, const ll_timing *timing,
                             ll_comm *comm, ll_arena *mem, ll_error *err)
{
    static const struct {
        const char *name;
        ll_format format;
    } files[] = {{"validation.json", LL_FORMAT_JSON},
                 {"validation.txt", LL_FORMAT_TEXT},
                 {"validation.csv", LL_FORMAT_CSV},
                 {"validation.md", LL_FORMAT_MD}};
    ll_text text;
    bool drawn;
    LL_TRY(ll_output_begin(set, comm, mem, err));
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        ll_text_init(&text, mem);
        if (ll_comm_rank(comm) == 0) ll_validation_print(v, files[i].format, 160, mem, &text);
        LL_TRY(ll_output_write(set->stage, files[i].name, &text, comm, err));
    }
    ll_text_init(&text, mem);
    ll_table_print(ll_validation_param_table(v, mem), LL_FORMAT_CSV, 0, &text);
    LL_TRY(ll_output_write(set->stage, "parameters.csv", &text, comm, err));
    ll_text_init(&text, mem);
    ll_timing_report(timing, comm, &text);
    LL_TRY(ll_output_write(set->stage, "validation.timing.json", &text, comm, err));
    LL_TRY(ll_validation_plot(set->stage, v, comm, mem, &drawn, err));
    return ll_output_commit(set, comm, err);
}

/* Writes the record beside the table, or compares the errors with it. Collective. */
static ll_status record(const ll_options *opt, const ll_validation *v, ll_comm *comm, ll_arena *mem,
                        ll_error *err)
{
    const char *path = ll_record_path(v->path, mem);
    if (opt->value[LL_OPT_RECORD]) {
        const char *slash = strrchr(path, '/');
        const char *dir =
            slash ? ll_arena_strndup(mem, path, (size_t)(slash - path)) : (const char *)".";
        ll_text text;
        ll_text_init(&text, mem);
        ll_record_write(v, &text);
        return ll_output_write(dir, "recorded.csv", &text, comm, err);
    }
    if (!opt->value[LL_OPT_CHECK]) return LL_OK;
    ll_record was;
    LL_TRY(ll_record_read(path, comm, mem, &was, err));
    const char **worse = ll_arena_array(mem, 3 * (was.n + v->n_stats), const char *);
    const int n = ll_record_compare(&was, v, mem, worse);
    for (int i = 0; i < n; i++)
        ll_error_add(err, LL_ERR_RUN, "%s; if that is intended: `scripts/validate --record`",
                     worse[i]);
    return err->status;
}

static ll_status rows_verdict(const ll_validation *v, ll_error *err)
{
    for (int i = 0; i < v->n_row; i++) {
        const bool memory = !strcmp(v->row[i].group, "memory");
        const ll_validation_outcome *o = &v->outcome[i];
        if (o->state == LL_VALIDATION_FAILED || (memory && o->state == LL_VALIDATION_MISFIT))
            ll_error_add(err, LL_ERR_CONFIG, "%s:%d: %s", v->path, v->row[i].line, o->reason);
    }
    return err->status;
}

/* A table of serving runs. Collective. */
static ll_status serving_run(const ll_options *opt, const char *path, ll_comm *comm, ll_arena *mem,
                             ll_error *err)
{
    ll_serving *v = ll_arena_new(mem, ll_serving);
    const char *record = ll_serving_record_path(path, mem);
    ll_text text;
    LL_TRY(ll_serving_read(path, comm, mem, v, err));
    LL_TRY(ll_serving_run(v, opt->n_set, opt->set, comm, mem, err));
    ll_serving_stats_make(v, mem);
    ll_text_init(&text, mem);
    if (ll_comm_rank(comm) == 0)
        ll_serving_print(v, opt->format, ll_table_terminal_width(), mem, &text);
    LL_TRY(ll_command_print(comm, &text, err));
    if (opt->value[LL_OPT_CHECK]) return ll_serving_check(v, record, comm, mem, err);
    if (!opt->value[LL_OPT_RECORD]) return LL_OK;
    ll_text_init(&text, mem);
    ll_serving_record(v, &text);
    const char *slash = strrchr(record, '/'), *name = slash ? slash + 1 : record;
    const char *dir = slash ? ll_arena_strndup(mem, record, (size_t)(slash - record)) : ".";
    return ll_output_write(dir, name, &text, comm, err);
}

static ll_status run(const ll_options *opt, ll_comm *comm, ll_arena *mem, ll_error *err)
{
    ll_output set = {.dir = opt->value[LL_OPT_OUT],
                     .main = "validation.json",
                     .force = opt->value[LL_OPT_FORCE] != NULL};
    const char *path =
        opt->n_arg ? opt->arg[0]
                   : ll_arena_printf(mem, "%s/published/measured.csv", ll_shipped_dir(comm, mem));
    ll_validation *v = ll_arena_new(mem, ll_validation);
    ll_timing timing;
    ll_text text;
    if (ll_serving_is(path)) return serving_run(opt, path, comm, mem, err);
    ll_timing_start(&timing);
    LL_TRY(ll_validation_read(path, comm, mem, v, err));
    ll_validation_settings(v, opt->n_set, opt->set, mem);
    set.identity =
        ll_arena_printf(mem, "\"table_hash\": \"%016llx\"", (unsigned long long)v->table_hash);
    if (set.dir) LL_TRY(ll_output_check(&set, comm, err));
    ll_validation_run(v, comm, mem);
    ll_text_init(&text, mem);
    if (ll_comm_rank(comm) == 0)
        ll_validation_print(v, opt->format, ll_table_terminal_width(), mem, &text);
    LL_TRY(ll_command_print(comm, &text, err));
    if (set.dir) LL_TRY(files_write(&set, v, &timing, comm, mem, err));
    LL_TRY(rows_verdict(v, err));
    return record(opt, v, comm, mem, err);
}

const ll_command ll_command_validate = {
    .name = "validate",
    .doc = "predict published measurements: error of every row, by family and by chip",
    .usage = "[TABLE.csv]",
    .help =
        "Predicts the rows of a table of measurements (default: published/measured.csv of the\n"
        "shipped configurations), and prints the predicted and measured value and the error of\n"
        "every row, the loss of each scaling series, and median, P90, worst and signs of the\n"
        "errors by family and by chip. sim/validate/validation.h explains the columns of the\n"
        "table; the studies that it names are files beside it. --set changes every row (job and\n"
        "model: the rows that have one).\n"
        "\n"
        "-o DIR also writes validation.json, .txt, .csv and .md, a picture (validation.svg, .pdf,\n"
        ".png), and the free parameters of the model (parameters.csv). --record writes the errors\n"
        "to recorded.csv beside the table; --check fails if a median or P90 is worse than there.\n"
        "Each row runs on one rank.\n"
        "\n"
        "Of a table of serving runs (published/serving/aggregated.csv, with excluded.csv and\n"
        "settings.csv beside it) it prints the errors of the times to first token and per output\n"
        "token, by chip, engine, model and requests, and how many rows do not count; every row\n"
        "with --format csv.\n"
        "\n"
        "Examples:\n"
        "  lineloss validate --format json\n"
        "  mpirun -n 2 lineloss validate -o results/validation\n"
        "  lineloss validate configs/published/serving/aggregated.csv\n"
        "  lineloss validate my/rows.csv --set job.overlap_tp=true",
    .options = LL_OPT_STUDY | LL_OPT_BIT(LL_OPT_FORMAT) | LL_OPT_BIT(LL_OPT_OUT) |
               LL_OPT_BIT(LL_OPT_FORCE) | LL_OPT_BIT(LL_OPT_RECORD) | LL_OPT_BIT(LL_OPT_CHECK),
    .min_arg = 0,
    .max_arg = 1,
    .missing_arg = "",
    .run = run,
};
