/* lineloss plan STUDY: the best layouts of a training study. */
#include "sim/command/command.h"

#include "sim/print/output.h"
#include "sim/report/plan.h"
#include "sim/report/sweep.h"
#include "sim/validate/standing.h"

/* Known error of predictions on the study's chip; 0: none. */
static double known_error(const ll_study *study, ll_comm *comm, ll_arena *mem)
{
    const ll_record *record = ll_standing_record(comm, mem);
    ll_result *result = ll_arena_new(mem, ll_result);
    result->n_chip = study->cluster.topo->n_chip;
    const ll_standing *standing = ll_standing_of(record, study, result, mem);
    return standing && standing->published.n_row > 0 ? standing->published.median_abs_err_frac : 0;
}

static ll_status files_write(const char *dir, const ll_plan_result *plan, double err_frac,
                             ll_comm *comm, ll_arena *mem, ll_error *err)
{
    ll_text table, config;
    ll_text_init(&table, mem);
    ll_text_init(&config, mem);
    ll_table_print(ll_plan_table(plan, err_frac, mem), LL_FORMAT_CSV, 0, &table);
    LL_TRY(ll_plan_write(plan, &config, err));
    const char *name = plan->study->name;
    LL_TRY(ll_output_prepare(dir, comm, err));
    LL_TRY(ll_output_write(dir, ll_output_file_name(name, "-plan.csv", mem), &table, comm, err));
    return ll_output_write(dir, ll_output_file_name(name, "-plan.cfg", mem), &config, comm, err);
}

static ll_status run(const ll_options *opt, ll_comm *comm, ll_arena *mem, ll_error *err)
{
    ll_study *study = ll_arena_new(mem, ll_study);
    ll_over *over = ll_arena_array(mem, opt->n_over, ll_over);
    ll_plan_space *space = ll_arena_new(mem, ll_plan_space);
    ll_plan_result *plan = ll_arena_new(mem, ll_plan_result);
    const char *dir = opt->value[LL_OPT_OUT];
    ll_text text;
    LL_TRY(ll_study_load(&(ll_study_source){opt->arg[0], opt->n_set, opt->set, LL_STUDY_WHOLE},
                         comm, mem, study, err));
    for (int i = 0; i < opt->n_over; i++)
        LL_TRY(ll_over_parse(study, "--over", opt->over[i], mem, &over[i], err));
    LL_TRY(ll_plan_space_make(study, opt->n_over, over, space, err));
    LL_TRY(ll_plan_find(study, space, comm, mem, plan, err));
    const double err_frac = known_error(study, comm, mem);
    if (dir) LL_TRY(files_write(dir, plan, err_frac, comm, mem, err));
    ll_text_init(&text, mem);
    ll_table_print(ll_plan_table(plan, err_frac, mem), opt->format, ll_table_terminal_width(),
                   &text);
    if (opt->format == LL_FORMAT_TEXT) ll_plan_notes(plan, err_frac, &text);
    return ll_command_print(comm, &text, err);
}

const ll_command ll_command_plan = {
    .name = "plan",
    .doc = "the best layouts of a training study: tp, cp, pp, ep, schedule, ...",
    .usage = "STUDY [--over KEY=VALUES ...]",
    .help =
        "Searches tp, cp, pp, ep, etp, micro_batch, interleave, schedule, recompute, zero and the\n"
        "switches overlap_tp and overlap_exchange, if the study has them on, for the highest\n"
        "throughput that fits the memory of a chip. Chips and batch stay; dp follows. --over\n"
        "bounds a key (tp=1..8) or fixes it (pp=16); values as for `lineloss sweep`.\n"
        "\n"
        "All layouts are screened by closed forms; the best 1024 are run by engine closed, and "
        "the\n"
        "best 12 by the study's engine with jitter and losses. The study's own layout takes part\n"
        "in the end, if the bounds allow it. Memory that has to stay free is\n"
        "cluster.chip.memory_reserved. Of mixtures of experts, engine closed leaves out how much\n"
        "exchanges slow each other down: bound ep and compare, a better layout may be missed.\n"
        "\n"
        "Prints the best ten, which of them are equal within the known error of predictions on\n"
        "this chip, which loss makes the next ones worse, and what faster ones would need. -o DIR\n"
        "writes <study>-plan.csv, and the best as a configuration, <study>-plan.cfg.\n"
        "\n"
        "Examples:\n"
        "  lineloss plan gb200_8192\n"
        "  lineloss plan nvl72 --over tp=8 --over recompute=none -o results\n"
        "  mpirun -n 2 lineloss plan atlas950 --set cluster.chip.memory_reserved=\"10 GB\"",
    .options =
        LL_OPT_STUDY | LL_OPT_BIT(LL_OPT_FORMAT) | LL_OPT_BIT(LL_OPT_OUT) | LL_OPT_BIT(LL_OPT_OVER),
    .min_arg = 1,
    .max_arg = 1,
    .missing_arg = "of which study? Such as `lineloss plan gb200_8192`",
    .run = run,
};
