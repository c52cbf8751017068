/* lineloss calibrate WHAT: constants of the model from measurements. */
#include "sim/command/calibrate.h"

#include <string.h>

static ll_status run(const ll_options *opt, ll_comm *comm, ll_arena *mem, ll_error *err)
{
    static const char *const known[] = {"collectives"};
    const char *what = opt->arg[0];
    if (!strcmp(what, known[0])) return ll_calibrate_collectives(opt, comm, mem, err);
    const int near = ll_text_nearest(what, 1, known);
    return ll_error_set(err, LL_ERR_CONFIG, "calibrate %s: %s%s%s", what,
                        near >= 0 ? "did you mean '" : "expected ", known[near >= 0 ? near : 0],
                        near >= 0 ? "'?" : "");
}

const ll_command ll_command_calibrate = {
    .name = "calibrate",
    .doc = "constants of the model from measurements, as configuration values",
    .usage = "collectives CLUSTER FILE...",
    .help =
        "collectives: fits what a library adds to the wire (cluster.software of one dimension) to\n"
        "measured collectives, and prints it as lines of a configuration, with how well it fits:\n"
        "median and worst error of each curve, and the error of a point that the fit does not "
        "see.\n"
        "FILE is what nccl-tests prints (one collective each, named by the file: all_reduce.txt), "
        "or\n"
        "a comma-separated table with the columns op,n,bytes,time_us and perhaps cluster, use "
        "(fit\n"
        "or check) and source. Chips are the first n of CLUSTER. --format csv or json: one row "
        "per\n"
        "point. -o DIR: software.cfg to include, and points.csv.\n"
        "\n"
        "Examples:\n"
        "  lineloss calibrate collectives hgx_h100 all_reduce.txt all_gather.txt alltoall.txt\n"
        "  lineloss calibrate collectives hgx_h100 configs/published/collectives.csv -o fitted",
    .options = LL_OPT_STUDY | LL_OPT_BIT(LL_OPT_FORMAT) | LL_OPT_BIT(LL_OPT_OUT),
    .min_arg = 1,
    .max_arg = 1000,
    .missing_arg = "what? Such as `lineloss calibrate collectives hgx_h100 all_reduce.txt`",
    .run = run,
};
