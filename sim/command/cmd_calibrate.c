/* lineloss calibrate WHAT: constants of the model from measurements. */
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
    .doc = "constants of the model: from measurements, and from engine packet",
    .usage = "collectives|gemm CLUSTER FILE... | kappa",
    .help =
        "collectives: fits what a library adds to the wire (cluster.software of one dimension) to\n"
        "measured collectives, and prints it as lines of a configuration, with how well it fits:\n"
        "median and worst error of each curve, and the error of a point that the fit does not "
        "see.\n"
        "FILE is what nccl-tests or rccl-tests print, with what launchers and libraries put "
        "between\n"
        "the lines, or a comma-separated table with the columns op,n,bytes,time_us and perhaps\n"
        "cluster, use (fit or check) and source. The collective is that of the program's name in "
        "the\n"
        "text or of the file (all_reduce.txt); the number of chips that of the list of ranks, or "
        "of\n"
        "busbw over algbw, or --chips N where neither says it. Rows that contradict themselves "
        "are\n"
        "refused. Chips are the first n of CLUSTER. --format csv or json: one row per point. -o "
        "DIR:\n"
        "software.cfg to include, and points.csv.\n"
        "gemm: fits gemm_frac and tile_fill of the cluster's chip to measured matrix products. "
        "FILE\n"
        "is a comma-separated table with the columns m,n,k,precision, one of time_us, time_ms, "
        "tflops\n"
        "and gflops, and perhaps batch. Products above the peak are refused. --format csv or json: "
        "one\n"
        "row per product, with its error by the fit and by a fit to the others.\n"
        "\n"
        "kappa: runs patterns (permutation, all-to-all, incast, ring, hierarchical all-reduce,\n"
        "uniform random, hot spot) on fabrics (switch, full mesh, Clos, torus) with windows of "
        "0.1\n"
        "to 4 bandwidth-delay products by engine packet and by engine flow, and prints the loads "
        "of\n"
        "the busiest link, and how far the two are apart flow by flow; then the kappa that brings\n"
        "them nearest, as fitted to all and to all but one pattern. --chips is a square (default\n"
        "16). --set takes length (windows that a flow sends; default 64), pattern (one of them\n"
        "alone), wire.packet, wire.kappa, packet.packets_per_flow, clos.uplinks and the like.\n"
        "--format csv or json: one row per case. Cases are shared out over ranks.\n"
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
