/* lineloss sweep STUDY --over KEY=VALUES ...: one study at many values of some of its keys. */
#include "sim/base/words.h"
#include "sim/command/command.h"
#include "sim/command/variant_store.h"
#include "sim/print/output.h"
#include "sim/report/sweep.h"

static ll_status scaling_read(const ll_options *opt, ll_sweep_how *how, ll_error *err)
{
    static const char *const names[] = {"weak", "strong", "both"};
    const char *word = opt->value[LL_OPT_SCALING];
    int choice = 2;
    if (word)
        LL_TRY(
            ll_words_pick(&(ll_words){3, names, NULL}, word, &choice, err, "--scaling %s: ", word));
    how->weak = choice != 1;
    how->strong = choice != 0;
    return LL_OK;
}

static ll_status overs_read(const ll_options *opt, const ll_study *study, ll_arena *mem,
                            ll_over *over, ll_error *err)
{
    bool chips = false;
    if (opt->n_over == 0 || opt->n_over > LL_SWEEP_MAX_OVER)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "sweep: over which keys? One to %d times --over KEY=VALUES, such as "
                            "--over chips=64..8192x2",
                            LL_SWEEP_MAX_OVER);
    for (int i = 0; i < opt->n_over; i++) {
        LL_TRY(ll_over_parse(study, "--over", opt->over[i], mem, &over[i], err));
        chips = chips || over[i].is_chips;
    }
    if (opt->value[LL_OPT_SCALING] && !chips)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "--scaling says how work grows with chips, and no --over chips=... is "
                            "given");
    return LL_OK;
}

/* sweep.csv, and the picture if there is one. */
static ll_status files_write(const char *dir, const ll_sweep *sweep, ll_comm *comm, ll_arena *mem,
                             ll_error *err)
{
    const char *name = ll_output_file_name(sweep->study->name, "-sweep", mem);
    const char *file = ll_arena_printf(mem, "%s.csv", name);
    if (ll_sweep_draws(sweep)) {
        ll_plot_set *set = ll_arena_new(mem, ll_plot_set);
        *set = (ll_plot_set){.name = name, .file = file, .table = ll_sweep_tidy(sweep, mem)};
        for (int form = 0; form < LL_N_FORM; form++)
            ll_draw_sweep(sweep, (ll_form)form, mem, &set->figure[form]);
        return ll_plot_set_write(dir, set, comm, mem, err);
    }
    ll_text text;
    ll_text_init(&text, mem);
    ll_table_print(ll_sweep_tidy(sweep, mem), LL_FORMAT_CSV, 0, &text);
    return ll_output_write(dir, file, &text, comm, err);
}

static ll_status print(const ll_options *opt, const ll_sweep *sweep, ll_comm *comm, ll_arena *mem,
                       ll_error *err)
{
    ll_text text;
    ll_text_init(&text, mem);
    const bool words = opt->format == LL_FORMAT_TEXT;
    const bool tidy = opt->format == LL_FORMAT_CSV || opt->format == LL_FORMAT_JSON;
    ll_table_print(tidy ? ll_sweep_tidy(sweep, mem) : ll_sweep_table(sweep, mem), opt->format,
                   ll_table_terminal_width(), &text);
    if (words) ll_sweep_notes(sweep, &text);
    return ll_command_print(comm, &text, err);
}

static ll_status run(const ll_options *opt, ll_comm *comm, ll_arena *mem, ll_error *err)
{
    const char *dir = opt->value[LL_OPT_OUT];
    ll_study *study = ll_arena_new(mem, ll_study);
    ll_over *over = ll_arena_array(mem, opt->n_over, ll_over);
    ll_sweep_how how = {.n_over = opt->n_over,
                        .over = over,
                        .zip = opt->value[LL_OPT_ZIP] != NULL,
                        .extent = LL_EXTENT_WHOLE};
    ll_batch_store store;
    ll_sweep sweep;
    LL_TRY(scaling_read(opt, &how, err));
    LL_TRY(ll_study_load(&(ll_study_source){opt->arg[0], opt->n_set, opt->set, LL_STUDY_WHOLE},
                         comm, mem, study, err));
    LL_TRY(overs_read(opt, study, mem, over, err));
    if (dir) {
        const char *journal = ll_output_file_name(study->name, "-sweep.journal", mem);
        LL_TRY(ll_variant_store_open(dir, journal, comm, mem, &store, err));
        how.store = &store;
    }
    LL_TRY(ll_sweep_run(study, &how, comm, mem, &sweep, err));
    if (dir && ll_variant_store_n_found(&store) > 0)
        ll_comm_note(comm, "%d of %d points were finished before", ll_variant_store_n_found(&store),
                     sweep.n);
    if (dir) LL_TRY(files_write(dir, &sweep, comm, mem, err));
    return print(opt, &sweep, comm, mem, err);
}

const ll_command ll_command_sweep = {
    .name = "sweep",
    .doc = "one study at many values of some keys, such as numbers of chips",
    .usage = "STUDY --over KEY=VALUES ...",
    .help =
        "Runs the study, with its losses, at each value of a key. Several --over make the product\n"
        "of their values (the last varies fastest), or go together with --zip. VALUES:\n"
        "  1,2,4,8                  a list, also of words: recompute=none,selective,full\n"
        "  1..16 or 256..1024+256   whole numbers, in steps of 1 or of what follows +\n"
        "  64..8192x2               each so many times the one before\n"
        "  2 TB/s..8 TB/s/5         so many points, evenly on a logarithmic axis\n"
        "A key without a point is one of `job`.\n"
        "\n"
        "`chips` scales the cluster: the sizes of its topology from the outermost inwards, "
        "rounded\n"
        "to what they and the layout can make. The work grows with it (weak scaling: the same\n"
        "batch per chip), or stays (strong), or both, one curve each; batches are rounded to the\n"
        "nearest that the layout can run. A point that cannot be run says why in its row.\n"
        "\n"
        "-o DIR writes <study>-sweep.csv (a row for each point, SI units, every figure and loss)\n"
        "and the picture <study>-sweep, and keeps finished points in <study>-sweep.journal: a\n"
        "sweep that was stopped, or one with further values, runs only what is missing. Remove\n"
        "that file to run all points anew.\n"
        "\n"
        "Examples:\n"
        "  lineloss sweep gb200_8192 --over chips=64..8192x2 -o results\n"
        "  lineloss sweep nvl72 --over tp=4,8 --over recompute=none,full\n"
        "  lineloss sweep atlas950_256 --over \"cluster.chip.memory_bandwidth=1 TB/s..8 TB/s/4\"\n"
        "  mpirun -n 2 lineloss sweep atlas950 --over chips=64..8192/12 --scaling weak",
    .options = LL_OPT_STUDY | LL_OPT_BIT(LL_OPT_FORMAT) | LL_OPT_BIT(LL_OPT_OUT) |
               LL_OPT_BIT(LL_OPT_OVER) | LL_OPT_BIT(LL_OPT_ZIP) | LL_OPT_BIT(LL_OPT_SCALING),
    .min_arg = 1,
    .max_arg = 1,
    .missing_arg = "of which study? Such as `lineloss sweep gb200_8192 --over chips=64..8192x2`",
    .run = run,
};
