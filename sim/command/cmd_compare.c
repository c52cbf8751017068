/* lineloss compare A B ...: results side by side, where the chips go, and what differs. */
#include "sim/command/cases.h"
#include "sim/command/command.h"
#include "sim/report/stored.h"

enum { MAX_STUDY = LL_MAX_COMPARE };

/* The engine of all studies; NULL if they have several. */
static const ll_engine_type *common_engine(const ll_cases *c)
{
    for (int k = 1; k < c->n; k++)
        if (c->study[k].engine != c->study[0].engine) return NULL;
    return c->study[0].engine;
}

static ll_status beside_read(const ll_options *opt, const ll_cases *c, ll_engine_list *beside,
                             ll_error *err)
{
    *beside = (ll_engine_list){0};
    if (!opt->value[LL_OPT_BESIDE]) return LL_OK;
    LL_TRY(ll_engine_list_parse(opt->value[LL_OPT_BESIDE], beside, err));
    return ll_engine_list_other(beside, common_engine(c), err);
}

static void picture_note(const char *dir, bool drawn, ll_text *out)
{
    if (drawn)
        ll_text_add(out, "Pictures: compare and bars, .svg, .pdf, .png, in %s\n", dir);
    else
        ll_text_add(out,
                    "Pictures: compare.svg and bars.svg in %s; for .pdf and .png `apt-get install "
                    "gnuplot-nox`, then `gnuplot compare.gp` there\n",
                    dir);
}

static void verdicts(const ll_cases *c, ll_text *out)
{
    for (int k = 0; k < c->n; k++)
        ll_text_add(out, "lineloss result is %s: %s, checksum %016llx\n",
                    c->result[k].valid ? "VALID" : "INVALID", c->label[k],
                    (unsigned long long)c->result[k].checksum);
}

static ll_status all_print(const ll_cases *c, const ll_options *opt, const char *dir, bool drawn,
                           ll_comm *comm, ll_arena *mem, ll_error *err)
{
    ll_text text;
    ll_text_init(&text, mem);
    if (ll_comm_rank(comm) == 0) {
        ll_cases_print(c, opt->format, ll_table_terminal_width(), mem, &text);
        if (opt->format == LL_FORMAT_TEXT) {
            ll_text_add(&text, "\n");
            picture_note(dir, drawn, &text);
            verdicts(c, &text);
        }
    }
    return ll_command_print(comm, &text, err);
}

/* Run the studies, and compute the effects of their differences. *valid: all results are. */
static ll_status cases_run(const ll_options *opt, ll_cases *c, ll_comm *comm, ll_arena *mem,
                           bool *valid, ll_error *err)
{
    ll_engine_list beside;
    LL_TRY(beside_read(opt, c, &beside, err));
    LL_TRY(ll_cases_run(c, &beside, comm, mem, valid, err));
    LL_TRY(ll_cases_effects(c, comm, mem, err));
    const char *columns = opt->value[LL_OPT_COLUMNS];
    return columns ? ll_cases_columns(c, columns, opt->format, mem, err) : LL_OK;
}

static ll_status files_write(const ll_cases *c, ll_output *set, ll_comm *comm, ll_arena *mem,
                             bool *drawn, ll_error *err)
{
    LL_TRY(ll_output_begin(set, comm, mem, err));
    LL_TRY(ll_cases_write(c, set->stage, comm, mem, drawn, err));
    return ll_output_commit(set, comm, err);
}

typedef struct chosen {
    int n;
    const char *name[MAX_STUDY];
    ll_settings settings[MAX_STUDY];
} chosen;

/* The studies and results of the command line, without files that other commands wrote. */
static ll_status choose(const ll_options *opt, ll_comm *comm, ll_arena *mem, chosen *out,
                        ll_error *err)
{
    out->n = 0;
    for (int i = 0; i < opt->n_arg; i++) {
        if (ll_stored_is(opt->arg[i]) && ll_stored_is_other(opt->arg[i], comm, mem)) {
            ll_comm_note(comm, "%s is left out: it is not a result of `run`", opt->arg[i]);
            continue;
        }
        out->name[out->n] = opt->arg[i];
        out->settings[out->n++] = opt->arg_set[i];
    }
    if (out->n >= ll_command_compare.min_arg) return LL_OK;
    return ll_error_set(err, LL_ERR_CONFIG, "compare: %s%s%s%s", out->n ? "only '" : "",
                        out->n ? out->name[0] : "", out->n ? "'; " : "",
                        ll_command_compare.missing_arg);
}

static ll_status run(const ll_options *opt, ll_comm *comm, ll_arena *mem, ll_error *err)
{
    ll_cases cases;
    bool valid, drawn;
    ll_output set = {.dir = opt->value[LL_OPT_OUT] ? opt->value[LL_OPT_OUT] : "results",
                     .main = "compare.json"};
    chosen *given = ll_arena_new(mem, chosen);
    LL_TRY(choose(opt, comm, mem, given, err));
    LL_TRY(ll_cases_load(given->n, given->name, given->settings, comm, mem, &cases, err));
    LL_TRY(ll_output_check(&set, comm, err));
    LL_TRY(cases_run(opt, &cases, comm, mem, &valid, err));
    LL_TRY(files_write(&cases, &set, comm, mem, &drawn, err));
    LL_TRY(all_print(&cases, opt, set.dir, drawn, comm, mem, err));
    return valid ? LL_OK
                 : ll_error_set(err, LL_ERR_RUN, "a result is INVALID: run that study by itself");
}

const ll_command ll_command_compare = {
    .name = "compare",
    .doc = "studies side by side: results, where the chips go, what differs",
    .usage = "STUDY ... [-- STUDY ...]",
    .has_variants = true,
    .help =
        "Prints the results, a row for each study, and what is known of their error; then where\n"
        "each machine's chips go; then the keys whose difference alone changes the first study by\n"
        "1 % or more (compare.md has every key that differs). Ratios (x) are to the first study.\n"
        "A result of `run`, as a .json file, can stand for a study.\n"
        "\n"
        "Writes to DIR (default: results) compare.json, .txt, .csv (a row for each study, SI\n"
        "units) and .md, LaTeX tables (compare-results.tex, compare-losses.tex, compare-more.tex\n"
        "and compare-setup.tex), and the pictures compare and bars as .svg, .pdf and .png with\n"
        "their gnuplot scripts.\n"
        "\n"
        "`--` separates variants: --set, --seed, --engine and --fold hold for the studies of "
        "their\n"
        "variant; those before the first study hold for all. `compare results/*.json` leaves out\n"
        "files that `run` did not write.\n"
        "\n"
        "Examples:\n"
        "  lineloss compare nvl72 atlas950\n"
        "  lineloss compare nvl72 -- nvl72 --set job.interleave=1\n"
        "  lineloss compare nvl72 atlas950 --engine closed -o /tmp/quick\n"
        "  lineloss compare a.cfg b.cfg c.cfg --format latex --columns chips,step,mfu",
    .options = LL_OPT_STUDY | LL_OPT_BIT(LL_OPT_FORMAT) | LL_OPT_BIT(LL_OPT_OUT) |
               LL_OPT_BIT(LL_OPT_BESIDE) | LL_OPT_BIT(LL_OPT_COLUMNS),
    .min_arg = 2,
    .max_arg = MAX_STUDY,
    .missing_arg = "which studies? At least two, such as `lineloss compare nvl72 atlas950`",
    .run = run,
};
