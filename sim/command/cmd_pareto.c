/* lineloss pareto STUDY...: tokens/s of a chip over tokens/s of a user, at the best layouts. */
#include "sim/command/command.h"

#include "sim/report/pareto.h"

static ll_status fronts_find(const ll_options *opt, ll_comm *comm, ll_arena *mem, ll_pareto *front,
                             ll_error *err)
{
    for (int k = 0; k < opt->n_arg; k++) {
        const ll_settings *set = &opt->arg_set[k];
        ll_study *study = ll_arena_new(mem, ll_study);
        LL_TRY(ll_study_load(&(ll_study_source){opt->arg[k], set->n_set, set->set, LL_STUDY_WHOLE},
                             comm, mem, study, err));
        LL_TRY(ll_pareto_find(study, comm, mem, &front[k], err));
    }
    return LL_OK;
}

/* pareto.csv with every point, and the picture. */
static ll_status write_files(const char *dir, int n, const ll_pareto *front, ll_comm *comm,
                             ll_arena *mem, ll_error *err)
{
    ll_plot_set *set = ll_arena_new(mem, ll_plot_set);
    *set = (ll_plot_set){
        .name = "pareto", .file = "pareto.csv", .table = ll_pareto_table(n, front, true, mem)};
    for (int form = 0; form < LL_N_FORM; form++)
        ll_draw_pareto(n, front, (ll_form)form, mem, &set->figure[form]);
    return ll_plot_set_write(dir, set, comm, mem, err);
}

static ll_status run(const ll_options *opt, ll_comm *comm, ll_arena *mem, ll_error *err)
{
    ll_pareto *front = ll_arena_array(mem, opt->n_arg, ll_pareto);
    ll_text text;
    LL_TRY(fronts_find(opt, comm, mem, front, err));
    ll_text_init(&text, mem);
    const bool words = opt->format == LL_FORMAT_TEXT;
    ll_table_print(ll_pareto_table(opt->n_arg, front, !words, mem), opt->format,
                   ll_table_terminal_width(), &text);
    if (words) ll_text_add(&text, "\n");
    if (words) ll_pareto_notes(opt->n_arg, front, &text);
    if (opt->value[LL_OPT_OUT])
        LL_TRY(write_files(opt->value[LL_OPT_OUT], opt->n_arg, front, comm, mem, err));
    return ll_command_print(comm, &text, err);
}

const ll_command ll_command_pareto = {
    .name = "pareto",
    .doc = "tokens/s of a chip over tokens/s of a user, where machines serve best",
    .usage = "STUDY...",
    .help =
        "Studies of type decode or serve. Varies the layout (tp, pp, and ep with experts) and the\n"
        "number of requests, by engine closed and without jitter, and prints the points of which\n"
        "no other is better both for a chip and for a user. Other formats have every point, and\n"
        "say which are on the front; -o DIR writes pareto.csv and pareto.svg, a curve for each\n"
        "study. What the studies say of layout and number of requests does not count.\n"
        "\n"
        "Examples:\n"
        "  lineloss pareto h100.cfg b200.cfg -o results\n"
        "  lineloss pareto h100.cfg --set server.max_batch=128 -- h100.cfg\n"
        "  mpirun -n 4 lineloss pareto rack.cfg --format csv",
    .options = LL_OPT_BIT(LL_OPT_SET) | LL_OPT_BIT(LL_OPT_FORMAT) | LL_OPT_BIT(LL_OPT_OUT) |
               LL_OPT_BIT(LL_OPT_PROGRESS) | LL_OPT_BIT(LL_OPT_NO_PROGRESS),
    .min_arg = 1,
    .max_arg = 16,
    .has_variants = true,
    .missing_arg = "of which study? Such as `lineloss pareto serve.cfg`",
    .run = run,
};
