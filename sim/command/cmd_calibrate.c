/* lineloss calibrate: constants of the model, fitted to measurements. */
#include "sim/base/words.h"
#include "sim/command/calibrate.h"

#include <string.h>

static ll_status run(const ll_options *opt, ll_comm *comm, ll_arena *mem, ll_error *err)
{
    static const struct {
        const char *name;
        ll_status (*run)(const ll_options *opt, ll_comm *comm, ll_arena *mem, ll_error *err);
    } known[] = {{"collectives", ll_calibrate_collectives},
                 {"gemm", ll_calibrate_gemm},
                 {"kappa", ll_calibrate_kappa}};
    enum { N_KNOWN = sizeof known / sizeof *known };
    const char *names[N_KNOWN], *what = opt->arg[0];
    int id;
    for (int i = 0; i < N_KNOWN; i++)
        names[i] = known[i].name;
    LL_TRY(
        ll_words_pick(&(ll_words){N_KNOWN, names, NULL}, what, &id, err, "calibrate %s: ", what));
    if (opt->value[LL_OPT_CHIPS] && known[id].run == ll_calibrate_gemm)
        return ll_error_set(err, LL_ERR_CONFIG, "calibrate %s: has no option --chips", what);
    return known[id].run(opt, comm, mem, err);
}

const ll_command ll_command_calibrate = {
    .name = "calibrate",
    .doc = "fit constants of the model to measurements, or to engine packet",
    .usage = "collectives|gemm CLUSTER FILE... | kappa",
    .help =
        "collectives: fits the software of one dimension (cluster.software: what a library adds "
        "to\n"
        "the wire) to measured collectives. Prints it as lines of a configuration, with the "
        "median\n"
        "and worst error of each curve, and the error of points that are left out of the fit.\n"
        "FILE is what nccl-tests or rccl-tests print, also with lines of launchers and libraries "
        "in\n"
        "between, or a table with the columns op,n,bytes,time_us, separated by commas, and "
        "perhaps\n"
        "cluster, use (fit or check) and source. The collective follows from the program's name "
        "in\n"
        "the text or from the name of the file (all_reduce.txt); the number of chips from the "
        "list\n"
        "of ranks, from busbw over algbw, or from --chips N. Rows that contradict themselves are "
        "an\n"
        "error. The chips are the first n of CLUSTER. --format csv or json: one row per point. -o\n"
        "DIR: software.cfg to include, and points.csv.\n"
        "\n"
        "gemm: fits gemm_frac and tile_fill of the cluster's chip to measured GEMMs. FILE is a "
        "table\n"
        "with the columns m,n,k,precision, separated by commas, one of time_us, time_ms, tflops "
        "and\n"
        "gflops, and perhaps batch. A GEMM above the peak is an error. --format csv or json: one "
        "row\n"
        "per GEMM, with its error by the fit, and by a fit to the others.\n"
        "\n"
        "kappa: runs traffic patterns (permutation, all-to-all, incast, ring, hierarchical\n"
        "all-reduce, uniform random, hot spot) on fabrics (switch, full mesh, Clos, torus) by "
        "engine\n"
        "packet and by engine flow, with windows of 0.1 to 4 bandwidth-delay products. Prints the\n"
        "load of the busiest link and the deviation of the two engines flow by flow; then the "
        "kappa\n"
        "with the least deviation, fitted to all patterns, and to all but one. --chips is a "
        "square\n"
        "(default 16). --set takes length (windows that a flow sends; default 64), pattern (run "
        "one\n"
        "pattern only), wire.packet, wire.kappa, packet.packets_per_flow, clos.uplinks and the "
        "like.\n"
        "--format csv or json: one row per case. Ranks share the cases.\n"
        "\n"
        "Examples:\n"
        "  lineloss calibrate collectives hgx_h100 all_reduce.txt all_gather.txt alltoall.txt\n"
        "  lineloss calibrate collectives hgx_h100 configs/published/collectives.csv -o fitted\n"
        "  lineloss calibrate gemm hgx_h100 products.csv\n"
        "  mpirun -n 2 lineloss calibrate kappa --chips 64 --format csv",
    .options = LL_OPT_STUDY | LL_OPT_BIT(LL_OPT_FORMAT) | LL_OPT_BIT(LL_OPT_OUT) |
               LL_OPT_BIT(LL_OPT_CHIPS),
    .min_arg = 1,
    .max_arg = 1000,
    .missing_arg = "what? Such as `lineloss calibrate collectives hgx_h100 all_reduce.txt`",
    .run = run,
};
