/* lineloss curves FILE...: measured collectives beside predicted ones. */
#include "sim/command/command.h"

#include "sim/comm/progress.h"
#include "sim/config/shipped.h"
#include "sim/print/output.h"
#include "sim/step/price.h"
#include "sim/validate/curve_fit.h"
#include "sim/validate/curve_report.h"

#include <string.h>

/* The clusters of a table, by name; each is read once. */
typedef struct clusters {
    const ll_options *opt;
    ll_comm *comm;
    ll_arena *mem;
    int n, cap;
    const char **name;      /* [n] */
    const ll_study **study; /* [n] */
} clusters;

static ll_status cluster_add(clusters *all, const ll_point *p, ll_error *err)
{
    if (!*p->cluster)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "%s:%d: no cluster; expected a table with a column 'cluster', or "
                            "a cluster before the files, such as `lineloss curves hgx_h100 "
                            "all_reduce.txt`",
                            p->file, p->line);
    if (all->n == all->cap) {
        const int cap = 2 * all->cap + 8;
        all->name = ll_arena_grown(all->mem, all->name, all->n, cap, sizeof *all->name);
        all->study = ll_arena_grown(all->mem, all->study, all->n, cap, sizeof(const ll_study *));
        all->cap = cap;
    }
    ll_study *s = ll_arena_new(all->mem, ll_study);
    LL_TRY(ll_study_load(
        &(ll_study_source){p->cluster, all->opt->n_set, all->opt->set, LL_STUDY_CLUSTER}, all->comm,
        all->mem, s, err));
    all->name[all->n] = p->cluster;
    all->study[all->n++] = s;
    return LL_OK;
}

/* Of files that name no cluster: leaves out what other chips took, and refuses what the wire of
 * this one cannot carry. */
static ll_status points_check(const clusters *all, ll_points *io, ll_error *err)
{
    if (all->n != 1) return LL_OK; /* a table names its clusters */
    const ll_cluster *cluster = &all->study[0]->cluster;
    LL_TRY(ll_curve_of_chip(&cluster->chip, io, err));
    return ll_curve_wire_check(cluster, io, all->mem, err);
}

/* index[i]: index of the cluster of point i. */
static ll_status clusters_read(clusters *all, ll_points *points, int *index, ll_error *err)
{
    for (int i = 0; i < points->n; i++) {
        int k = 0;
        while (k < all->n && strcmp(all->name[k], points->point[i].cluster) != 0)
            k++;
        if (k == all->n) LL_TRY(cluster_add(all, &points->point[i], err));
        index[i] = k;
    }
    return points_check(all, points, err);
}

/* The time of a point by the study's engine and by `closed`; whether a custom all-reduce takes it.
 */
static ll_status predict(const ll_study *s, ll_point *p, ll_comm *comm, ll_arena *mem,
                         double *engine_s, double *closed_s, ll_error *err)
{
    ll_arena_mark mark = ll_arena_here(mem);
    ll_plan *plan = ll_arena_new(mem, ll_plan);
    ll_study closed = *s;
    const ll_cluster *cluster;
    ll_request request;
    ll_cost cost = {0};
    LL_TRY(ll_curve_cluster(&s->cluster, p, mem, &cluster, err));
    LL_TRY(ll_curve_request(cluster, p, &request, err));
    LL_TRY(ll_collective_choose(cluster, &request, mem, plan, err));
    LL_TRY(ll_collective_time(s, plan, comm, mem, &cost, err));
    *engine_s = cost.total_s;
    p->taken = plan->shot != NULL;
    closed.engine = &ll_engine_closed;
    LL_TRY(ll_collective_time(&closed, plan, comm, mem, &cost, err));
    *closed_s = cost.total_s;
    ll_arena_release(mem, mark);
    return LL_OK;
}

/* by: [2] the engine of the clusters, and `closed`; one of them if they are the same. */
static int predictions(const ll_curves *c, ll_prediction *by)
{
    by[0] = (ll_prediction){c->cluster[0]->engine->name, c->engine_s};
    by[1] = (ll_prediction){ll_engine_closed.name, c->closed_s};
    return c->cluster[0]->engine != &ll_engine_closed ? 2 : 1;
}

static void print(const ll_curves *c, ll_format format, int width, ll_arena *mem, ll_text *out)
{
    ll_prediction by[2];
    const ll_points *points = c->points;
    const int n_by = predictions(c, by);
    if (format == LL_FORMAT_JSON) {
        ll_curve_json(c, mem, out);
        return;
    }
    if (format == LL_FORMAT_CSV) {
        ll_table_print(ll_curve_points(points, n_by, by, mem), format, 0, out);
        return;
    }
    ll_table_print(ll_curve_summary(points, n_by, by, mem), format, width, out);
    if (format != LL_FORMAT_TEXT) return;
    ll_text_add(out, "\n");
    ll_curve_verdict(points, n_by, by, mem, out);
    if (!ll_curve_of_bytes(points)) return;
    ll_text_add(out, "\nSizes from 512 B to 8 GiB without a point:\n");
    ll_table_print(ll_curve_missing(points, mem), format, width, out);
}

static ll_status files_write(ll_output *set, const ll_curves *c, ll_comm *comm, ll_arena *mem,
                             ll_error *err)
{
    static const struct {
        const char *name;
        ll_format format;
    } files[] = {{"curves.json", LL_FORMAT_JSON},
                 {"curves.txt", LL_FORMAT_TEXT},
                 {"curves.csv", LL_FORMAT_CSV}};
    bool drawn;
    ll_prediction by[2];
    predictions(c, by);
    LL_TRY(ll_output_begin(set, comm, mem, err));
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        ll_text text;
        ll_text_init(&text, mem);
        if (ll_comm_rank(comm) == 0) print(c, files[i].format, 100, mem, &text);
        LL_TRY(ll_output_write(set->stage, files[i].name, &text, comm, err));
    }
    LL_TRY(ll_curve_plot(set->stage, c->points, by, comm, mem, &drawn, err));
    return ll_output_commit(set, comm, err);
}

/* engine_s, closed_s: [points->n] by the engine of the study, and by `closed`. */
static ll_status points_predict(const clusters *all, ll_points *points, const int *index,
                                double *engine_s, double *closed_s, ll_error *err)
{
    ll_status status = LL_OK;
    ll_progress progress;
    ll_progress_begin(&progress, all->comm, "curves", "of the points", points->n);
    for (int i = 0; i < points->n && status == LL_OK; i++) {
        status = predict(all->study[index[i]], &points->point[i], all->comm, all->mem, &engine_s[i],
                         &closed_s[i], err);
        ll_progress_step(&progress, 1);
    }
    ll_progress_end(&progress);
    return status;
}

/* Whether the word is a cluster, by file or by name, rather than a table. Collective. */
static bool is_cluster(const char *word, ll_comm *comm, ll_arena *mem)
{
    const size_t n = strlen(word), ending = strlen(".cfg");
    const char *const *name;
    const int n_name = ll_shipped_names("clusters", comm, mem, &name);
    if (n > ending && !strcmp(word + n - ending, ".cfg")) return true;
    for (int i = 0; i < n_name; i++)
        if (!strcmp(word, name[i])) return true;
    return false;
}

/* Reads the files. A cluster before them is that of points which name none. */
static ll_status points_read(const ll_options *opt, ll_comm *comm, ll_arena *mem, ll_points *out,
                             ll_error *err)
{
    const int n = opt->n_arg > 1 && is_cluster(opt->arg[0], comm, mem) ? 1 : 0;
    LL_TRY(ll_curve_read(opt->n_arg - n, opt->arg + n, &(ll_curve_given){0}, comm, mem, out, err));
    for (int i = 0; i < out->n && n; i++)
        if (!*out->point[i].cluster) out->point[i].cluster = opt->arg[0];
    return LL_OK;
}

static ll_status run(const ll_options *opt, ll_comm *comm, ll_arena *mem, ll_error *err)
{
    ll_output set = {.dir = opt->value[LL_OPT_OUT], .main = "curves.json"};
    clusters all = {.opt = opt, .comm = comm, .mem = mem};
    ll_points points;
    LL_TRY(points_read(opt, comm, mem, &points, err));
    int *index = ll_arena_array(mem, points.n, int);
    double *engine_s = ll_arena_array(mem, points.n, double);
    double *closed_s = ll_arena_array(mem, points.n, double);
    LL_TRY(clusters_read(&all, &points, index, err));
    LL_ASSERT(all.n > 0 && all.study, "%d points", points.n); /* a table has points */
    if (set.dir) LL_TRY(ll_output_check(&set, comm, err));
    LL_TRY(points_predict(&all, &points, index, engine_s, closed_s, err));
    const ll_curves curves = {&points, all.n, all.name, all.study, engine_s, closed_s};
    ll_text text;
    ll_text_init(&text, mem);
    if (ll_comm_rank(comm) == 0) print(&curves, opt->format, ll_table_terminal_width(), mem, &text);
    if (set.dir) LL_TRY(files_write(&set, &curves, comm, mem, err));
    return ll_command_print(comm, &text, err);
}

const ll_command ll_command_curves = {
    .name = "curves",
    .doc = "predict measured collectives, and print the errors",
    .usage = "[CLUSTER] FILE...",
    .help =
        "Predicts every point of tables of measured collectives, alone on the fabric, by the\n"
        "engine (default flow) and by `closed`. Prints the median of the absolute errors and the\n"
        "worst point of each curve, and the sizes from 512 B to 8 GiB without a point.\n"
        "\n"
        "FILE has the columns cluster,op,n,bytes,time_us, separated by commas, and perhaps use\n"
        "(fit or check) and source; the chips are the first n of the cluster. FILE may also be\n"
        "what nccl-tests, rccl-tests and HCCL Test print (see `lineloss help calibrate`), a table\n"
        "of aiconfigurator, or one of all-reduces by the kernels of frameworks\n"
        "(chip,framework,kernel,ranks,elements,us; elements of 2 bytes); these name no cluster, "
        "so\n"
        "CLUSTER has to, and rows of other chips are passed over.\n"
        "All-reduces of a framework are priced by its kernels in cluster.custom_all_reduces;\n"
        "every other size is a check.\n"
        "In tables of dispatch and combine of tokens (DeepEP, kernels of TensorRT-LLM) each row "
        "is\n"
        "priced by the library of cluster.dispatchers that sent it, with the multiprocessors that\n"
        "it held. Every other number of tokens is a check.\n"
        "--format csv: one row per point. --format json: one object (`lineloss list json\n"
        "curves`). -o DIR: curves.json, .txt, .csv and a picture.\n"
        "\n"
        "Examples:\n"
        "  lineloss curves configs/published/collectives.csv\n"
        "  lineloss curves hgx_h100 all_reduce.txt alltoall.txt\n"
        "  lineloss curves hgx_h100 configs/published/deepep_net.csv\n"
        "  lineloss curves hgx_h100 configs/published/custom_allreduce.csv\n"
        "  lineloss curves configs/published/collectives.csv --engine closed -o results/curves",
    .options = LL_OPT_STUDY | LL_OPT_BIT(LL_OPT_FORMAT) | LL_OPT_BIT(LL_OPT_OUT),
    .min_arg = 1,
    .max_arg = 1000,
    .missing_arg = "which table? Such as `lineloss curves configs/published/collectives.csv`",
    .run = run,
};
