/* lineloss net CLUSTER: what nccl-tests would print on the simulated cluster.
 *
 * Sizes and bandwidths are counted as nccl-tests does: algbw = size / time, and
 * busbw = algbw * factor with n members:
 *   all_reduce 2 (n-1)/n; all_gather, reduce_scatter, all_to_all (n-1)/n; broadcast, send 1.
 * So the busbw of a perfect collective is the rate of a chip's link, whatever n is.
 */
#include "sim/base/words.h"
#include "sim/collective/collective.h"
#include "sim/comm/progress.h"
#include "sim/command/command.h"
#include "sim/report/report.h"
#include "sim/step/engines.h"
#include "sim/step/price.h"
#include "sim/work/study.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SIZES = 128, N_SPREAD = 4 };

typedef struct net_job {
    bool wanted[LL_N_COLLECTIVE];
    ll_algorithm algorithm;
    ll_group group;
    int n_size;
    double size_B[MAX_SIZES];
    ll_engine_list beside;
    bool timing;
} net_job;

static ll_status size_parse(const char *word, size_t n, double *out, ll_error *err)
{
    char text[64], why[256];
    snprintf(text, sizeof text, "%.*s", (int)(n < sizeof text ? n : sizeof text - 1), word);
    /* A space between number and unit is easily forgotten on a command line: the parser takes both.
     */
    if (ll_units_parse(LL_KIND_SIZE, text, out, why, sizeof why) != LL_OK)
        return ll_error_set(err, LL_ERR_CONFIG, "--sizes: '%s': %s", text, why);
    return LL_OK;
}

/* "8B..1GiBx2": from, to, factor; ".." and "x" may be left out. */
static ll_status sizes_parse(const char *word, net_job *job, ll_error *err)
{
    const char *dots = strstr(word, ".."), *times = strrchr(word, 'x');
    const char *end = times ? times : word + strlen(word);
    double from_B, to_B, factor = 2;
    if (times) {
        char *rest;
        factor = strtod(times + 1, &rest);
        if (rest == times + 1 || *rest || !(factor > 1) || factor > 1e6)
            return ll_error_set(err, LL_ERR_CONFIG,
                                "--sizes %s: expected a factor above 1 after the x, such as x2",
                                word);
    }
    LL_TRY(size_parse(word, (size_t)((dots ? dots : end) - word), &from_B, err));
    to_B = from_B;
    if (dots) LL_TRY(size_parse(dots + 2, (size_t)(end - dots - 2), &to_B, err));
    if (!(from_B >= 1) || to_B < from_B || to_B > 1e15)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "--sizes %s: expected 1 B <= from <= to <= 1 PB, such as 8B..1GiBx2",
                            word);
    /* Powers by multiplication are exact for the usual factors; the tolerance keeps the last. */
    double size_B = from_B;
    while (size_B <= to_B * (1 + 1e-12)) {
        if (job->n_size == MAX_SIZES)
            return ll_error_set(err, LL_ERR_CONFIG,
                                "--sizes %s: more than %d sizes; use a larger factor", word,
                                MAX_SIZES);
        job->size_B[job->n_size++] = floor(size_B);
        size_B *= factor;
    }
    return LL_OK;
}

/* Whole number of 1 .. max at `word`; *rest is what follows. */
static bool count_parse(const char *word, int64_t max, int32_t *out, const char **rest)
{
    char *end;
    errno = 0;
    long long x = strtoll(word, &end, 10);
    if (end == word || errno || x < 1 || x > max) return false;
    *out = (int32_t)x;
    *rest = end;
    return true;
}

static ll_status group_parse(const ll_options *opt, const ll_topology *topo, ll_group *out,
                             ll_error *err)
{
    const char *chips = opt->value[LL_OPT_CHIPS], *group = opt->value[LL_OPT_GROUP], *rest = "";
    int32_t n = topo->n_chip, stride = 1;
    if (chips && group)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "--chips and --group: give one of them; --chips 8 is the first 8 chips "
                            "alone, --group 8 is every group of 8 at once");
    if (chips && (!count_parse(chips, n, &n, &rest) || *rest || n < 2))
        return ll_error_set(err, LL_ERR_CONFIG, "--chips %s: expected a whole number from 2 to %d",
                            chips, topo->n_chip);
    *out = (ll_group){.n_chip = n, .n_digit = 1, .size = {n}, .stride = {1}};
    if (!group) return LL_OK;
    bool ok = count_parse(group, topo->n_chip, &n, &rest) && n >= 2;
    if (ok && *rest == ':') ok = count_parse(rest + 1, topo->n_chip, &stride, &rest);
    if (!ok || *rest)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "--group %s: expected N or N:STRIDE, such as 8 or 16:72", group);
    if (topo->n_chip % ((int64_t)n * stride))
        return ll_error_set(err, LL_ERR_CONFIG,
                            "--group %s: %d x %d does not divide the cluster's %d chips", group, n,
                            stride, topo->n_chip);
    out->size[0] = n;
    out->stride[0] = stride;
    return LL_OK;
}

static ll_status job_parse(const ll_options *opt, const ll_topology *topo, net_job *job,
                           ll_error *err)
{
    const char *what = opt->value[LL_OPT_COLLECTIVE], *how = opt->value[LL_OPT_ALGORITHM];
    const char *sizes = opt->value[LL_OPT_SIZES];
    const ll_words ways = {LL_N_ALGORITHM, ll_algorithm_names, NULL};
    const char *names[LL_N_COLLECTIVE + 1];
    int id;
    *job = (net_job){0};
    for (int c = 0; c < LL_N_COLLECTIVE; c++)
        names[c] = ll_collective_names[c];
    names[LL_N_COLLECTIVE] = "all";
    what = what ? what : "all_reduce";
    how = how ? how : "auto";
    LL_TRY(ll_words_pick(&(ll_words){LL_N_COLLECTIVE + 1, names, NULL}, what, &id, err,
                         "--collective %s: ", what));
    for (int c = 0; c < LL_N_COLLECTIVE; c++)
        job->wanted[c] = id == c || id == LL_N_COLLECTIVE;
    LL_TRY(ll_words_pick(&ways, how, &id, err, "--algorithm %s: ", how));
    job->algorithm = (ll_algorithm)id;
    LL_TRY(group_parse(opt, topo, &job->group, err));
    if (opt->value[LL_OPT_BESIDE])
        LL_TRY(ll_engine_list_parse(opt->value[LL_OPT_BESIDE], &job->beside, err));
    job->timing = opt->value[LL_OPT_TIMING] != NULL;
    if (job->timing && job->beside.n == 0)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "--timing: needs --beside, such as --beside closed");
    return sizes_parse(sizes ? sizes : "8B..1GiBx2", job, err);
}

static void row_add(ll_table *t, const ll_plan *plan, const ll_cost *cost)
{
    double rate_GBps = plan->size_B / cost->total_s / 1e9;
    ll_table_row(t);
    ll_table_set(t, 0, "%s", ll_collective_names[plan->collective]);
    ll_table_number(t, 1, 0, plan->size_B);
    ll_table_number(t, 2, 2, cost->total_s * 1e6);
    ll_table_number(t, 3, 3, rate_GBps);
    ll_table_number(t, 4, 3,
                    rate_GBps * ll_collective_bus_factor(plan->collective, plan->group_size));
    ll_table_number(t, 5, 2, cost->software_s * 1e6);
    ll_table_number(t, 6, 2, cost->latency_s * 1e6);
    ll_table_number(t, 7, 2, cost->wire_s * 1e6);
    ll_table_set(t, 8, "%s", ll_plan_name(plan, t->mem));
    if (!(cost->flow.max_s > 0)) return;
    const double flow_s[] = {cost->flow.min_s, cost->flow.median_s, cost->flow.p99_s,
                             cost->flow.max_s};
    for (int i = 0; i < N_SPREAD; i++)
        ll_table_number(t, 9 + i, 2, flow_s[i] * 1e6);
}

/* spread: with the columns for when flows end. */
static ll_table *net_table(bool spread, ll_arena *mem)
{
    static const ll_column columns[] = {
        {.name = "collective"},
        {.name = "size B", .key = "size_B", .right = true},
        {.name = "time us", .key = "time_us", .right = true},
        {.name = "algbw GB/s", .key = "algbw_GBps", .right = true},
        {.name = "busbw GB/s", .key = "busbw_GBps", .right = true},
        {.name = "soft us", .key = "software_us", .right = true},
        {.name = "lat us", .key = "latency_us", .right = true},
        {.name = "wire us", .key = "wire_us", .right = true},
        {.name = "algorithm"},
        {.name = "flow min", .key = "flow_min_us", .right = true},
        {.name = "median", .key = "flow_median_us", .right = true},
        {.name = "P99", .key = "flow_p99_us", .right = true},
        {.name = "max us", .key = "flow_max_us", .right = true},
    };
    const int n = (int)(sizeof columns / sizeof *columns);
    return ll_table_create(mem, "", spread ? n : n - N_SPREAD, columns);
}

/* ---- One collective by several engines ------------------------------------------------------- */

static ll_table *beside_table(bool timing, ll_arena *mem)
{
    static const ll_column columns[] = {
        {.name = "collective"},
        {.name = "size B", .key = "size_B", .right = true},
        {.name = "engine"},
        {.name = "time us", .key = "time_us", .right = true},
        {.name = "diff %", .key = "diff_percent", .right = true},
        {.name = "lat us", .key = "latency_us", .right = true},
        {.name = "wire us", .key = "wire_us", .right = true},
        {.name = "bound %", .key = "bound_percent", .right = true},
        {.name = "solves", .right = true},
        {.name = "packet-hops", .key = "packet_hops", .right = true},
        {.name = "wall s", .key = "wall_s", .right = true},
        {.name = "memory MB", .key = "memory_MB", .right = true},
    };
    const int n = (int)(sizeof columns / sizeof *columns);
    return ll_table_create(mem, "", timing ? n : n - 2, columns);
}

typedef struct beside_row {
    const char *engine;
    ll_cost cost;
    ll_price work;
    double wall_s, memory_B; /* longest of all ranks; sum of them */
} beside_row;

static void beside_row_add(ll_table *t, const ll_plan *plan, const beside_row *first,
                           const beside_row *row, bool timing)
{
    ll_table_row(t);
    ll_table_set(t, 0, "%s", ll_collective_names[plan->collective]);
    ll_table_number(t, 1, 0, plan->size_B);
    ll_table_set(t, 2, "%s", row->engine);
    ll_table_number(t, 3, 3, row->cost.total_s * 1e6);
    ll_table_number(t, 4, 2, 100 * (row->cost.total_s / first->cost.total_s - 1));
    ll_table_number(t, 5, 3, row->cost.latency_s * 1e6);
    ll_table_number(t, 6, 3, row->cost.wire_s * 1e6);
    ll_table_number(t, 7, 2, 100 * ll_price_fact(&row->work, "batch_err_frac"));
    ll_table_set(t, 8, "%.0f", ll_price_fact(&row->work, "n_solve"));
    ll_table_set(t, 9, "%.0f", ll_price_fact(&row->work, "n_packet_hop"));
    if (!timing) return;
    ll_table_number(t, 10, 3, row->wall_s);
    ll_table_number(t, 11, 1, row->memory_B * 1e-6);
}

/* Memory: what the engine took from the system beyond what was taken before, which arenas show. */
static ll_status beside_price(const ll_study *s, const ll_plan *plan, ll_comm *comm,
                              beside_row *row, ll_error *err)
{
    ll_arena *mem = ll_arena_create("engine");
    row->engine = s->engine->name;
    ll_arena_peak_restart();
    const double start_s = ll_progress_clock_s(), before_B = (double)ll_arena_balance_B();
    const ll_status status = ll_collective_work(s, plan, comm, mem, &row->cost, &row->work, err);
    uint64_t used_B = (uint64_t)((double)ll_arena_peak_B() - before_B);
    row->wall_s = ll_progress_clock_s() - start_s;
    ll_arena_destroy(mem);
    ll_comm_max_f64(comm, 1, &row->wall_s);
    ll_comm_sum_u64(comm, 1, &used_B);
    row->memory_B = (double)used_B;
    return status;
}

/* The study's own engine first. */
static ll_status beside_add(const ll_study *s, const net_job *job, const ll_plan *plan,
                            ll_comm *comm, ll_arena *mem, ll_table *t, ll_error *err)
{
    beside_row first = {0};
    LL_TRY(beside_price(s, plan, comm, &first, err));
    beside_row_add(t, plan, &first, &first, job->timing);
    for (int i = 0; i < job->beside.n; i++) {
        if (job->beside.engine[i] == s->engine) continue;
        const ll_study other = ll_study_with_engine(s, job->beside.engine[i], mem);
        beside_row row = {0};
        LL_TRY(beside_price(&other, plan, comm, &row, err));
        beside_row_add(t, plan, &first, &row, job->timing);
    }
    return LL_OK;
}

/* One collective of one size: a row, or one for each engine. */
static ll_status price_add(const ll_study *s, const net_job *job, const ll_request *request,
                           ll_comm *comm, ll_arena *mem, ll_table *t, ll_error *err)
{
    ll_plan *plan = ll_arena_new(mem, ll_plan);
    LL_TRY(ll_collective_choose(&s->cluster, request, mem, plan, err));
    if (job->beside.n) return beside_add(s, job, plan, comm, mem, t, err);
    ll_cost cost = {0};
    LL_TRY(ll_collective_time(s, plan, comm, mem, &cost, err));
    row_add(t, plan, &cost);
    return LL_OK;
}

static ll_status sweep(const ll_study *s, const net_job *job, ll_comm *comm, ll_arena *mem,
                       ll_table *t, ll_error *err)
{
    int n_what = 0;
    for (int c = 0; c < LL_N_COLLECTIVE; c++)
        n_what += job->wanted[c];
    ll_progress progress;
    ll_status status = LL_OK;
    ll_progress_begin(&progress, comm, "net", "of the rows", (double)n_what * job->n_size);
    for (int c = 0; c < LL_N_COLLECTIVE && status == LL_OK; c++)
        for (int i = 0; job->wanted[c] && i < job->n_size && status == LL_OK; i++) {
            const ll_request request = {(ll_collective)c, job->algorithm, job->group,
                                        job->size_B[i]};
            status = price_add(s, job, &request, comm, mem, t, err);
            ll_progress_step(&progress, 1);
        }
    ll_progress_end(&progress);
    return status;
}

static ll_status run(const ll_options *opt, ll_comm *comm, ll_arena *mem, ll_error *err)
{
    ll_study *s = ll_arena_new(mem, ll_study);
    net_job *job = ll_arena_new(mem, net_job);
    LL_TRY(ll_study_load(&(ll_study_source){opt->arg[0], opt->n_set, opt->set, LL_STUDY_CLUSTER},
                         comm, mem, s, err));
    LL_TRY(job_parse(opt, s->cluster.topo, job, err));
    LL_TRY(ll_engine_list_other(&job->beside, s->engine, err));
    ll_table *t = job->beside.n ? beside_table(job->timing, mem)
                                : net_table(s->engine == &ll_engine_packet, mem);
    LL_TRY(sweep(s, job, comm, mem, t, err));
    ll_text text;
    ll_text_init(&text, mem);
    if (ll_comm_rank(comm) == 0) {
        if (opt->format == LL_FORMAT_TEXT)
            ll_text_add(
                &text,
                "# %s: %d of its %d chips, in groups of %d, engine %s\n"
                "# sizes and bandwidths as nccl-tests count them; time = software + latency + "
                "wire\n",
                s->cluster.name, job->group.n_chip, s->cluster.topo->n_chip,
                ll_group_size(&job->group), s->engine->name);
        if (opt->format == LL_FORMAT_TEXT && s->engine == &ll_engine_packet)
            ll_text_add(&text, "# flow: when the flows of the longest round end, of the part of it "
                               "that is simulated\n");
        ll_table_print(t, opt->format, ll_table_terminal_width(), &text);
    }
    return ll_command_print(comm, &text, err);
}

const ll_command ll_command_net = {
    .name = "net",
    .doc = "collectives over sizes: time, algbw, busbw, as nccl-tests prints them",
    .usage = "CLUSTER|STUDY",
    .help = "Prices a collective for a range of sizes on the simulated cluster, alone on the "
            "fabric, and\n"
            "prints what nccl-tests would: time, algbw = size/time, and busbw = algbw times "
            "2(n-1)/n for\n"
            "all_reduce, (n-1)/n for all_gather, reduce_scatter and all_to_all, 1 for broadcast "
            "and send.\n"
            "Time is the sum of software, latency and wire.\n"
            "\n"
            "Examples:\n"
            "  lineloss net nvl72\n"
            "  lineloss net nvl72 --collective all --sizes 1MiB..1GiBx2 --format csv\n"
            "  lineloss net atlas950 --chips 64 --collective all_to_all --engine closed\n"
            "  lineloss net atlas950 --group 128:64 --algorithm ring\n"
            "  lineloss net atlas950 --sizes 1MiB --beside closed,packet --timing",
    .options = LL_OPT_STUDY | LL_OPT_BIT(LL_OPT_FORMAT) | LL_OPT_BIT(LL_OPT_COLLECTIVE) |
               LL_OPT_BIT(LL_OPT_ALGORITHM) | LL_OPT_BIT(LL_OPT_SIZES) | LL_OPT_BIT(LL_OPT_CHIPS) |
               LL_OPT_BIT(LL_OPT_GROUP) | LL_OPT_BIT(LL_OPT_BESIDE) | LL_OPT_BIT(LL_OPT_TIMING),
    .min_arg = 1,
    .max_arg = 1,
    .missing_arg =
        "which cluster? Such as `lineloss net nvl72`; `lineloss list clusters` lists them",
    .run = run,
};
