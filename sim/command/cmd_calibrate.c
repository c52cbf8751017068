/* lineloss calibrate WHAT: constants of the model from measurements. */
#include "sim/command/calibrate.h"

#include <string.h>

static ll_status run(const ll_options *opt, ll_comm *comm, ll_arena *mem, ll_error *err)
{
    static const struct {
        const char *name;
        ll_status (*run)(const ll_options *opt, ll_comm *comm, ll_arena *mem, ll_error *err);
    } known[] = {{"collectives", ll_calibrate_collectives}, {"gemm", ll_calibrate_gemm}};
    enum { N_KNOWN = sizeof known / sizeof *known };
    const char *names[N_KNOWN], *what = opt->arg[0];
    for (int i = 0; i < N_KNOWN; i++) {
        names[i] = known[i].name;
        if (!strcmp(what, known[i].name)) return known[i].run(opt, comm, mem, err);
    }
    const int near = ll_text_nearest(what, N_KNOWN, names);
    if (near >= 0)
        return ll_error_set(err, LL_ERR_CONFIG, "calibrate %s: did you mean '%s'?", what,
                            names[near]);
    return ll_error_set(err, LL_ERR_CONFIG, "calibrate %s: expected collectives or gemm", what);
}

const ll_command ll_command_calibrate = {
    .name = "calibrate",
    .doc = "constants of the model from measurements, as configuration values",
    .usage = "collectives|gemm CLUSTER FILE...",
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
        "gemm: fits gemm_frac of the cluster's chip to measured matrix products. FILE is a\n"
        "comma-separated table with the columns m,n,k,precision and time_us or tflops.\n"
        "\n"
        "Examples:\n"
        "  lineloss calibrate collectives hgx_h100 all_reduce.txt all_gather.txt alltoall.txt\n"
        "  lineloss calibrate collectives hgx_h100 configs/published/collectives.csv -o fitted\n"
        "  lineloss calibrate gemm hgx_h100 products.csv",
    .options = LL_OPT_STUDY | LL_OPT_BIT(LL_OPT_FORMAT) | LL_OPT_BIT(LL_OPT_OUT),
    .min_arg = 1,
    .max_arg = 1000,
    .missing_arg = "what? Such as `lineloss calibrate collectives hgx_h100 all_reduce.txt`",
    .run = run,
};
