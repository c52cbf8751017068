#include "sim/command/net_flows.h"

#include "sim/comm/progress.h"
#include "sim/command/command.h"
#include "sim/command/net_files.h"
#include "sim/command/net_traffic.h"
#include "sim/engine/channel_load.h"
#include "sim/report/flows.h"
#include "sim/step/engines.h"

#include <math.h>

/* Flows whose ends are asked for, and that are routed to find the busiest link, without --flows:
 * limits of effort, not of the model. */
enum { MOST_ENDS = 1 << 16, MOST_ROUTED = 1 << 22 };

typedef struct job {
    const ll_options *opt;
    ll_flows *flows;
    ll_net_traffic traffic;
    ll_engine_list beside;
    ll_comm *comm;
    ll_arena *mem;
    int64_t cap_flow;
    double busiest_s; /* of the traffic at hand */
} job;

/* ---- One traffic by one engine --------------------------------------------------------------- */

/* When each flow starts: at its start, and not before its predecessors have ended. */
static double start_of(const ll_traffic *t, int64_t i, const double *end_s)
{
    double start_s = t->pattern == LL_PATTERN_LIST && t->start_s ? t->start_s[i] : 0;
    const bool waits = t->pattern == LL_PATTERN_LIST && t->first_after;
    for (int64_t k = waits ? t->first_after[i] : 0; waits && k < t->first_after[i + 1]; k++)
        start_s = fmax(start_s, end_s[t->after[k]]);
    return start_s;
}

/* Appends the flows with their ends, and fills the times of the row. */
static void flows_add(job *j, const ll_traffic *t, const double *end_s, ll_flows_row *row)
{
    ll_flows *all = j->flows;
    const ll_arena_mark mark = ll_arena_here(j->mem);
    if (all->n_flow + row->n_flow > j->cap_flow) {
        j->cap_flow = all->n_flow + row->n_flow;
        all->flow = ll_arena_grown(j->mem, all->flow, all->n_flow, j->cap_flow, sizeof *all->flow);
    }
    LL_ASSERT(all->flow != NULL || row->n_flow == 0, "%lld flows", (long long)row->n_flow);
    ll_flows_flow *flow = all->flow + all->n_flow;
    for (int64_t i = 0; i < row->n_flow; i++) {
        ll_flow f;
        ll_traffic_flow(t, i, &f);
        flow[i] =
            (ll_flows_flow){row->engine, f.src, f.dst, f.size_B, start_of(t, i, end_s), end_s[i]};
    }
    ll_flows_times(row->n_flow, flow, j->mem, row);
    if (all->listed) {
        all->n_flow += (int)row->n_flow;
        return;
    }
    j->cap_flow = 0;
    all->flow = NULL;
    ll_arena_release(j->mem, mark);
}

/* Memory is what arenas took from the system beyond what they had before. */
static ll_status price(job *j, const ll_study *s, const ll_phase *phase, ll_price *out,
                       ll_flows_row *row, ll_error *err)
{
    const ll_problem problem = {s->cluster.topo, s->cluster.wire, 1, phase};
    ll_arena *mem = ll_arena_create("engine");
    ll_arena_peak_restart();
    const double start_s = ll_progress_clock_s(), before_B = (double)ll_arena_balance_B();
    const ll_status status =
        ll_engine_solve(s->engine, &problem, s->engine_param, j->comm, mem, out, err);
    uint64_t used_B = (uint64_t)fmax((double)ll_arena_peak_B() - before_B, 0);
    row->wall_s = ll_progress_clock_s() - start_s;
    ll_arena_destroy(mem);
    ll_comm_max_f64(j->comm, 1, &row->wall_s);
    ll_comm_sum_u64(j->comm, 1, &used_B);
    row->memory_B = (double)used_B;
    return status;
}

/* first: the row of the study's own engine, or NULL for that one. */
static ll_status row_add(job *j, const ll_study *s, int i, const ll_flows_row *first, ll_error *err)
{
    const ll_traffic *t = &j->traffic.traffic[i];
    const int64_t n = ll_traffic_n_flow(t);
    const bool ends = j->flows->listed || n <= MOST_ENDS;
    const ll_arena_mark mark = ll_arena_here(j->mem);
    double *end_s = ends ? ll_arena_array(j->mem, n, double) : NULL;
    const ll_phase phase = {.n_traffic = 1, .traffic = t, .flow_end_s = end_s};
    const double none = (double)NAN;
    ll_price result;
    ll_flows_row row = {.engine = s->engine->name,
                        .size_B = j->traffic.size_B[i],
                        .n_flow = n,
                        .busiest_s = j->busiest_s,
                        .mean_s = none,
                        .median_s = none,
                        .p99_s = none,
                        .max_s = none};
    LL_TRY(price(j, s, &phase, &result, &row, err));
    for (int64_t k = 0; k < n; k++) {
        ll_flow f;
        ll_traffic_flow(t, k, &f);
        row.total_B += f.size_B;
    }
    row.makespan_s = result.end_s[0];
    row.rate_Bps = row.makespan_s > 0 ? row.total_B / row.makespan_s : none;
    row.bound_frac = ll_price_fact(&result, ll_fact_batch_err_frac.name);
    row.diff_frac = first ? row.makespan_s / first->makespan_s - 1 : 0;
    if (ends) flows_add(j, t, end_s, &row);
    if (!j->flows->listed) ll_arena_release(j->mem, mark);
    j->flows->row[j->flows->n_row++] = row;
    return LL_OK;
}

/* ---- All of them ----------------------------------------------------------------------------- */

static ll_status rows_all(job *j, ll_error *err)
{
    const ll_study *s = j->flows->study;
    ll_progress progress;
    ll_status status = LL_OK;
    ll_progress_begin(&progress, j->comm, "net", "of the rows", j->traffic.n * (1 + j->beside.n));
    j->flows->row = ll_arena_array(j->mem, j->traffic.n * (1 + j->beside.n), ll_flows_row);
    for (int i = 0; i < j->traffic.n && status == LL_OK; i++) {
        const ll_traffic *t = &j->traffic.traffic[i];
        const bool routed = ll_traffic_n_flow(t) <= MOST_ROUTED;
        const ll_topology *topo = s->cluster.topo;
        j->busiest_s = routed ? ll_channel_load_of(topo, t, j->mem).busy_s : (double)NAN;
        if (routed && topo->detours != NULL) // by queues: as by flow, what is the better
            j->busiest_s = fmin(j->busiest_s, ll_channel_load_of(topo->detours, t, j->mem).busy_s);
        status = row_add(j, s, i, NULL, err);
        ll_progress_step(&progress, 1);
        for (int k = 0; k < j->beside.n && status == LL_OK; k++) {
            const ll_study other = ll_study_with_engine(s, j->beside.engine[k], j->mem);
            const ll_flows_row *own = &j->flows->row[(int64_t)i * (1 + j->beside.n)];
            status = row_add(j, &other, i, own, err);
            ll_progress_step(&progress, 1);
        }
    }
    ll_progress_end(&progress);
    return status;
}

/* The engines of --beside, without the study's own. */
static ll_status beside_read(const ll_options *opt, const ll_study *s, ll_engine_list *out,
                             ll_error *err)
{
    ll_engine_list all = {0};
    if (opt->value[LL_OPT_BESIDE])
        LL_TRY(ll_engine_list_parse(opt->value[LL_OPT_BESIDE], &all, err));
    LL_TRY(ll_engine_list_other(&all, s->engine, err));
    *out = (ll_engine_list){0};
    for (int i = 0; i < all.n; i++)
        if (all.engine[i] != s->engine) out->engine[out->n++] = all.engine[i];
    if (opt->value[LL_OPT_TIMING] && all.n == 0)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "--timing: needs --beside, such as --beside closed");
    return LL_OK;
}

static ll_status job_read(job *j, const ll_study *study, ll_error *err)
{
    LL_TRY(ll_net_traffic_read(j->opt, study, j->comm, j->mem, &j->traffic, err));
    LL_TRY(beside_read(j->opt, study, &j->beside, err));
    if (!j->opt->value[LL_OPT_FLOWS] || j->traffic.n == 1) return LL_OK;
    return ll_error_set(err, LL_ERR_CONFIG, "--flows: needs one size, such as --sizes 1MiB");
}

static void print_any(const void *result, ll_format format, ll_arena *mem, ll_text *out)
{
    ll_flows_print(result, format, 100, mem, out);
}

ll_status ll_net_flows_run(const ll_options *opt, const ll_study *study, ll_comm *comm,
                           ll_arena *mem, ll_error *err)
{
    ll_timing timing;
    ll_timing_start(&timing);
    job j = {.opt = opt, .comm = comm, .mem = mem};
    LL_TRY(job_read(&j, study, err));
    ll_flows flows = {.study = study,
                      .named = opt->arg[0],
                      .traffic = j.traffic.text,
                      .listed = opt->value[LL_OPT_FLOWS] != NULL,
                      .beside = j.beside.n > 0,
                      .timing = opt->value[LL_OPT_TIMING] != NULL};
    j.flows = &flows;
    const char *name = ll_net_name(opt, mem);
    ll_output set = {.dir = opt->value[LL_OPT_OUT],
                     .main = ll_output_file_name(name, ".json", mem),
                     .identity = ll_output_identity(ll_config_hash(study->config), mem),
                     .force = opt->value[LL_OPT_FORCE] != NULL};
    if (set.dir) LL_TRY(ll_output_check(&set, comm, err));
    LL_TRY(rows_all(&j, err));
    ll_text text;
    ll_text_init(&text, mem);
    if (ll_comm_rank(comm) == 0)
        ll_flows_print(&flows, opt->format, ll_table_terminal_width(), mem, &text);
    LL_TRY(ll_command_print(comm, &text, err));
    if (!set.dir) return LL_OK;
    LL_TRY(ll_output_begin(&set, comm, mem, err));
    LL_TRY(ll_net_texts_write(&set, name, &(ll_net_texts){print_any, &flows, &timing}, comm, mem,
                              err));
    return ll_output_commit(&set, comm, err);
}
