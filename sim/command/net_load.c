#include "sim/command/net_load.h"

#include "sim/comm/progress.h"
#include "sim/command/command.h"
#include "sim/command/net_files.h"
#include "sim/command/net_job.h"
#include "sim/command/net_traffic.h"
#include "sim/engine/channel_load.h"
#include "sim/report/load.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LOADS = 256, BATCHES = 10, MOST_SLOTS = 10000000, MOST_UNIFORM = 4096 };

/* The search for saturation ends when it is known to 1 %. */
static const double resolution_frac = 0.01;

typedef struct job {
    const ll_options *opt;
    const ll_study *study;
    ll_load_curve *curve;
    ll_traffic traffic;
    int n_load;
    double load[MOST_LOADS]; /* [n_load] rising */
    ll_open *open;
    ll_open_load at;
    ll_progress progress;
} job;

/* ---- The command line ------------------------------------------------------------------------ */

static ll_status loads_fault(const char *word, ll_error *err)
{
    return ll_error_set(err, LL_ERR_CONFIG,
                        "--load %s: expected loads above 0 and up to 64 that rise, such as 0.3, "
                        "0.1,0.2,0.4 or 0.1..1.0:0.1, at most %d of them",
                        word, MOST_LOADS);
}

/* "0.1..1.0:0.1", "0.1,0.2" or "0.3" */
static ll_status loads_parse(const char *word, job *j, ll_error *err)
{
    char *end;
    const char *dots = strstr(word, "..");
    double from = strtod(word, &end), to, step;
    if (dots != NULL) {
        if (end != dots) return loads_fault(word, err);
        to = strtod(dots + 2, &end);
        if (end == dots + 2 || *end != ':') return loads_fault(word, err);
        const char *at = end + 1;
        step = strtod(at, &end);
        if (end == at || *end || !(from > 0) || !(to >= from) || !(to <= 64) ||
            !((to - from) / step < MOST_LOADS - 1) || !(step > 0))
            return loads_fault(word, err);
        const int n = (int)floor((to - from) / step * (1 + 1e-9) + 1e-9) + 1;
        for (int i = 0; i < n; i++)
            j->load[j->n_load++] = from + i * step;
        return LL_OK;
    }
    for (const char *at = word;; at = end + 1) {
        from = strtod(at, &end);
        const double before = j->n_load > 0 ? j->load[j->n_load - 1] : 0;
        if (end == at || (*end && *end != ',') || !(from > before) || from > 64 ||
            j->n_load == MOST_LOADS)
            return loads_fault(word, err);
        j->load[j->n_load++] = from;
        if (!*end) return LL_OK;
    }
}

static ll_status cycles_parse(const ll_options *opt, job *j, ll_error *err)
{
    const char *word = opt->value[LL_OPT_CYCLES];
    char *end = NULL;
    const long n = word ? strtol(word, &end, 10) : 80000;
    if (n < 1000 || n > MOST_SLOTS || (word && *end))
        return ll_error_set(err, LL_ERR_CONFIG,
                            "--cycles %s: expected a whole number from 1000 to %d", word,
                            MOST_SLOTS);
    j->at.n_measure = n;
    j->at.n_warm = n / 4;
    j->at.n_batch = BATCHES;
    j->at.patience = (int64_t)ceil(0.8 * sqrt((double)n + (double)n / 4));
    return LL_OK;
}

/* Every chip's flows; uniform: to all chips, itself too. */
static ll_status traffic_make(job *j, ll_arena *mem, ll_error *err)
{
    const ll_topology *topo = j->study->cluster.topo;
    ll_synthetic_ask ask;
    const char *name;
    int32_t n;
    LL_TRY(ll_net_chips_parse(j->opt, topo, &n, err));
    ask = (ll_synthetic_ask){.n_chip = n, .seed = (uint64_t)j->study->seed};
    LL_TRY(ll_net_pattern_parse(j->opt->value[LL_OPT_PATTERN], topo, mem, &ask, &name, err));
    j->curve->traffic = ll_arena_printf(mem, "pattern %s among %d chips", name, n);
    if (ask.what != LL_SYNTHETIC_UNIFORM) {
        j->traffic = ll_synthetic_make(&ask, mem);
        return LL_OK;
    }
    if (n > MOST_UNIFORM)
        return ll_error_set(
            err, LL_ERR_CONFIG,
            "--pattern uniform: a route for each pair of %d chips; at most %d chips "
            "are possible, such as --chips %d",
            n, MOST_UNIFORM, MOST_UNIFORM);
    int32_t *src = ll_arena_array(mem, (int64_t)n * n, int32_t);
    int32_t *dst = ll_arena_array(mem, (int64_t)n * n, int32_t);
    double *size_B = ll_arena_array(mem, (int64_t)n * n, double);
    for (int64_t i = 0; i < (int64_t)n * n; i++) {
        src[i] = (int32_t)(i / n);
        dst[i] = (int32_t)(i % n);
        size_B[i] = 1;
    }
    j->traffic = (ll_traffic){.pattern = LL_PATTERN_LIST,
                              .n_list = (int64_t)n * n,
                              .src = src,
                              .dst = dst,
                              .list_B = size_B};
    return LL_OK;
}

static ll_status options_check(const ll_options *opt, ll_error *err)
{
    static const ll_option_id other[] = {LL_OPT_COLLECTIVE, LL_OPT_ALGORITHM, LL_OPT_GROUP,
                                         LL_OPT_TOKENS,     LL_OPT_ROUTING,   LL_OPT_ROW,
                                         LL_OPT_SIZES,      LL_OPT_FLOWS,     LL_OPT_TRAFFIC,
                                         LL_OPT_BESIDE,     LL_OPT_TIMING};
    if (!opt->value[LL_OPT_LOAD])
        return ll_error_set(err, LL_ERR_CONFIG, "--cycles: is for --load, such as --load 0.1");
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        if (opt->value[other[i]])
            return ll_error_set(
                err, LL_ERR_CONFIG,
                "%s: is not for --load, which sends single packets by engine packet",
                ll_option_rows[other[i]].name);
    if (opt->value[LL_OPT_PATTERN]) return LL_OK;
    return ll_error_set(err, LL_ERR_CONFIG,
                        "--load: needs --pattern, such as --pattern uniform or --pattern tornado");
}

static ll_status job_read(job *j, ll_arena *mem, ll_error *err)
{
    LL_TRY(options_check(j->opt, err));
    LL_TRY(loads_parse(j->opt->value[LL_OPT_LOAD], j, err));
    LL_TRY(cycles_parse(j->opt, j, err));
    return traffic_make(j, mem, err);
}

/* ---- Loads ----------------------------------------------------------------------------------- */

/* The capacity of the widest link that leaves chip 0. */
static double reference_Bps(const ll_topology *topo)
{
    double most_Bps = 0;
    for (int64_t id = 0; id < topo->n_link; id++) {
        ll_link link;
        topo->type->link(topo, id, &link);
        if (link.from == 0) most_Bps = fmax(most_Bps, ll_link_capacity_Bps(&link));
    }
    return most_Bps;
}

/* The load at which the busiest link is never idle. */
static double bound_of(const job *j, ll_arena *mem)
{
    const ll_arena_mark mark = ll_arena_here(mem);
    const ll_topology *topo = j->study->cluster.topo;
    int64_t *n = ll_arena_array(mem, topo->n_chip, int64_t);
    double *share = ll_arena_array(mem, j->traffic.n_list, double);
    ll_traffic t = j->traffic;
    for (int64_t i = 0; i < t.n_list; i++)
        n[t.src[i]]++;
    for (int64_t i = 0; i < t.n_list; i++)
        share[i] = 1 / (double)n[t.src[i]];
    t.list_B = share;
    const double busy_s = ll_channel_load_of(topo, &t, mem).busy_s;
    ll_arena_release(mem, mark);
    return 1 / (j->curve->link_Bps * busy_s);
}

static ll_status load_run(job *j, double load, ll_load_row *out, ll_error *err)
{
    ll_open_result result;
    j->at.load = load;
    LL_TRY(ll_open_run(j->open, &j->at, &result, err));
    ll_progress_step(&j->progress, 1);
    *out = ll_load_row_of(&j->at, &result);
    return LL_OK;
}

/* Between the last load that is sustained, with all below it, and the next one. */
static ll_status saturation_find(job *j, ll_error *err)
{
    ll_load_curve *c = j->curve;
    double low = 0, high = 0;
    for (int i = 0; i < c->n_row && high <= 0; i++) {
        if (c->row[i].sustained)
            low = c->row[i].load;
        else
            high = c->row[i].load;
    }
    c->saturates = high > 0;
    while (c->saturates && high - low > resolution_frac * high && high > 1e-3) {
        ll_load_row row;
        LL_TRY(load_run(j, 0.5 * (low + high), &row, err));
        if (row.sustained)
            low = row.load;
        else
            high = row.load;
    }
    c->saturation = low;
    return LL_OK;
}

static ll_status loads_run(job *j, ll_comm *comm, ll_arena *mem, ll_error *err)
{
    enum { SEARCH = 6 }; /* loads of a usual search */
    const ll_study *s = j->study;
    const ll_study by_packet = ll_study_with_engine(s, &ll_engine_packet, mem);
    const ll_problem problem = {.topo = s->cluster.topo, .wire = s->cluster.wire};
    LL_TRY(ll_open_create(&problem, by_packet.engine_param, &j->traffic, comm, mem, &j->open, err));
    j->curve->row = ll_arena_array(mem, j->n_load, ll_load_row);
    ll_progress_begin(&j->progress, comm, "net", "of the loads", j->n_load + SEARCH);
    ll_status status = LL_OK;
    for (int i = 0; i < j->n_load && status == LL_OK; i++)
        status = load_run(j, j->load[i], &j->curve->row[j->curve->n_row++], err);
    if (status == LL_OK) status = saturation_find(j, err);
    ll_progress_end(&j->progress);
    return status;
}

static void print_any(const void *result, ll_format format, ll_arena *mem, ll_text *out)
{
    ll_load_print(result, format, 100, mem, out);
}

static ll_status files_write(ll_output *set, const char *name, const ll_load_curve *curve,
                             const ll_timing *timing, ll_comm *comm, ll_arena *mem, ll_error *err)
{
    const ll_net_texts texts = {print_any, curve, timing};
    bool drawn;
    LL_TRY(ll_output_begin(set, comm, mem, err));
    LL_TRY(ll_net_texts_write(set, name, &texts, comm, mem, err));
    LL_TRY(ll_load_plot(set->stage, ll_output_file_name(name, "", mem), curve, comm, mem, &drawn,
                        err));
    return ll_output_commit(set, comm, err);
}

ll_status ll_net_load_run(const ll_options *opt, const ll_study *study, ll_comm *comm,
                          ll_arena *mem, ll_error *err)
{
    ll_timing timing;
    ll_timing_start(&timing);
    ll_load_curve curve = {.study = study, .named = opt->arg[0]};
    job *j = ll_arena_new(mem, job);
    *j = (job){.opt = opt, .study = study, .curve = &curve};
    LL_TRY(job_read(j, mem, err));
    curve.link_Bps = j->at.link_Bps = reference_Bps(study->cluster.topo);
    curve.packet_s = study->cluster.wire.packet_B / curve.link_Bps;
    curve.n_warm = j->at.n_warm;
    curve.n_measure = j->at.n_measure;
    curve.patience = j->at.patience;
    curve.n_batch = j->at.n_batch;
    curve.bound = bound_of(j, mem);
    j->at.seed = (uint64_t)study->seed;
    const char *name = ll_net_name(opt, mem);
    ll_output set = {.dir = opt->value[LL_OPT_OUT],
                     .main = ll_output_file_name(name, ".json", mem),
                     .identity = ll_output_identity(ll_config_hash(study->config), mem),
                     .force = opt->value[LL_OPT_FORCE] != NULL};
    if (set.dir) LL_TRY(ll_output_check(&set, comm, err));
    LL_TRY(loads_run(j, comm, mem, err));
    ll_text text;
    ll_text_init(&text, mem);
    if (ll_comm_rank(comm) == 0)
        ll_load_print(&curve, opt->format, ll_table_terminal_width(), mem, &text);
    LL_TRY(ll_command_print(comm, &text, err));
    return set.dir ? files_write(&set, name, &curve, &timing, comm, mem, err) : LL_OK;
}
