/* lineloss pareto STUDY...: tokens/s of a chip over tokens/s of a user, at the best layouts. */
#include "sim/command/command.h"

#include "sim/report/pareto.h"

/* A study whose layout does not fit, or has too many requests, is one all the same, as both are
 * varied. So it is read with another layout, the first one that is legal. The error is that of the
 * study as it is written. */
static ll_status study_find(const char *path, const ll_settings *set, ll_comm *comm, ll_arena *mem,
                            ll_study *out, ll_error *err)
{
    enum { MAX_TP = 64, N_OWN = 3 };
    ll_error *other = ll_arena_new(mem, ll_error);
    const char **all = ll_arena_array(mem, set->n_set + N_OWN, const char *);
    const ll_status status = ll_study_load(
        &(ll_study_source){path, set->n_set, set->set, LL_STUDY_WHOLE}, comm, mem, out, err);
    if (status != LL_ERR_CONFIG) return status;
    for (int i = 0; i < set->n_set; i++)
        all[i] = set->set[i];
    for (int n_own = 2; n_own <= N_OWN; n_own++)
        for (int tp = 1; tp <= MAX_TP; tp *= 2) {
            all[set->n_set] = ll_arena_printf(mem, "job.tp=%d", tp);
            all[set->n_set + 1] = "job.pp=1";
            all[set->n_set + 2] = "job.requests=1";
            ll_error_init(other);
            if (ll_study_load(&(ll_study_source){path, set->n_set + n_own, all, LL_STUDY_WHOLE},
                              comm, mem, out, other) != LL_OK)
                continue;
            ll_error_init(err);
            return LL_OK;
        }
    return status;
}

static ll_status fronts_find(const ll_options *opt, ll_comm *comm, ll_arena *mem, ll_pareto *front,
                             ll_error *err)
{
    for (int k = 0; k < opt->n_arg; k++) {
        const ll_settings *set = &opt->arg_set[k];
        ll_study *study = ll_arena_new(mem, ll_study);
        LL_TRY(study_find(opt->arg[k], set, comm, mem, study, err));
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
        "study. What the studies say of layout and number of requests does not count, and need\n"
        "not fit. Served requests: all points by formula, and those of the front by simulation\n"
        "(to 20,000 clients; the column `simulated` of other formats).\n"
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
