/* lineloss net CLUSTER: prints what nccl-tests would print on the simulated cluster. */
#include "sim/comm/progress.h"
#include "sim/command/command.h"
#include "sim/command/net_files.h"
#include "sim/command/net_flows.h"
#include "sim/command/net_job.h"
#include "sim/command/net_load.h"
#include "sim/command/net_tokens.h"
#include "sim/command/net_traffic.h"
#include "sim/print/output.h"
#include "sim/print/timing.h"
#include "sim/report/net.h"
#include "sim/step/price.h"

#include <math.h>
#include <string.h>

/* All rows, one after the other; each is printed as soon as it is priced. */
typedef struct sweep {
    const ll_options *opt;
    const ll_net_job *job;
    ll_net *net;
    ll_comm *comm;
    ll_arena *mem;
    ll_chooser *chooser;
    ll_engine *engine; /* of the study; keeps its routes and prices from row to row */
    ll_engine *closed;
    ll_arena *scratch; /* for plans by other algorithms than the one used */
    ll_plan **plan;    /* [n_what * n_size]; NULL: not yet made */
    ll_progress progress;
    int n_printed; /* rows */
} sweep;

/* ---- Rows ------------------------------------------------------------------------------------ */

static ll_status plan_of(sweep *w, int i, const ll_plan **out, ll_error *err)
{
    const ll_net_job *job = w->job;
    if (w->plan[i] == NULL) {
        const ll_request request = {.collective = job->what[i / job->n_size],
                                    .algorithm = job->algorithm,
                                    .group = job->group,
                                    .size_B = job->size_B[i % job->n_size],
                                    .rows = job->rows};
        ll_plan *plan = ll_arena_new(w->mem, ll_plan);
        LL_TRY(ll_chooser_choose(w->chooser, &request, w->mem, plan, err));
        w->plan[i] = plan;
    }
    *out = w->plan[i];
    return LL_OK;
}

/* Price by `closed`, which sees no contention: by no other engine it takes less. */
static ll_status least_s(sweep *w, const ll_plan *plan, double *out, ll_error *err)
{
    ll_cost cost = {0};
    LL_TRY(ll_collective_price(w->net->study, plan, w->closed, w->scratch, &cost, err));
    *out = cost.total_s;
    return LL_OK;
}

static bool is_small(const ll_plan *plan)
{
    enum { MOST_FLOWS = 1 << 22 }; /* chosen: a limit of effort, not of the model */
    for (int r = 0; r < plan->n_round; r++)
        if (ll_traffic_n_flow(&plan->round[r].traffic) > MOST_FLOWS) return false;
    return true;
}

/* Another algorithm than the one taken: noted in the row if it is faster than all before. */
static ll_status other_try(sweep *w, const ll_request *request, double *best_s, ll_net_row *row,
                           ll_error *err)
{
    ll_error why_not;
    ll_plan plan;
    ll_cost cost = {0};
    double closed_s;
    ll_error_init(&why_not);
    if (ll_chooser_choose(w->chooser, request, w->scratch, &plan, &why_not) != LL_OK) return LL_OK;
    if (!is_small(&plan)) return LL_OK;
    LL_TRY(least_s(w, &plan, &closed_s, err));
    if (closed_s >= *best_s) return LL_OK;
    LL_TRY(ll_collective_price(w->net->study, &plan, w->engine, w->scratch, &cost, err));
    if (cost.total_s >= *best_s) return LL_OK;
    *best_s = row->best_s = cost.total_s;
    row->best_algorithm = ll_plan_name(&plan, w->mem);
    return LL_OK;
}

/* Finds the algorithm that would have been more than 5 % faster than the one that `auto` chose.
 * Unlike ll_chooser, it also tries algorithms that the library does not have, and prices them by
 * the study's engine; but no custom all-reduces, which no setting of a library brings. */
static ll_status best_find(sweep *w, const ll_plan *taken, ll_net_row *row, ll_error *err)
{
    const double notable = 1.05;
    const bool looks = w->job->algorithm == LL_ALGORITHM_AUTO &&
                       taken->collective < LL_N_OF_BYTES &&
                       w->net->study->engine != &ll_engine_packet;
    double best_s = row->time_s / notable;
    for (int a = LL_ALGORITHM_RING; a < LL_N_ALGORITHM && looks; a++) {
        const ll_request request = {.collective = taken->collective,
                                    .algorithm = (ll_algorithm)a,
                                    .group = w->job->group,
                                    .size_B = taken->size_B};
        if (ll_algorithm_is_shot((ll_algorithm)a)) continue;
        if (taken->algorithm != (ll_algorithm)a) LL_TRY(other_try(w, &request, &best_s, row, err));
    }
    return LL_OK;
}

static ll_status own_add(sweep *w, const ll_plan *plan, ll_error *err)
{
    ll_cost cost = {0};
    LL_TRY(ll_collective_price(w->net->study, plan, w->engine, w->mem, &cost, err));
    ll_net_row row = ll_net_row_of(plan, &cost, w->net->study->engine->name, w->mem);
    ll_arena_reset(w->scratch);
    LL_TRY(best_find(w, plan, &row, err));
    ll_net_add(w->net, &row, w->mem);
    return LL_OK;
}

/* Prices by one engine, created anew. Memory is what arenas took from the system beyond what they
 * had before. first: the row of the study's own engine, or NULL for that one. */
static ll_status beside_price(sweep *w, const ll_study *s, const ll_plan *plan,
                              const ll_net_row *first, ll_error *err)
{
    ll_arena *mem = ll_arena_create("engine");
    ll_cost cost = {0};
    ll_price work;
    ll_arena_peak_restart();
    const double start_s = ll_progress_clock_s(), before_B = (double)ll_arena_balance_B();
    const ll_status status = ll_collective_work(s, plan, w->comm, mem, &cost, &work, err);
    uint64_t used_B = (uint64_t)((double)ll_arena_peak_B() - before_B);
    double wall_s = ll_progress_clock_s() - start_s;
    ll_arena_destroy(mem);
    ll_comm_max_f64(w->comm, 1, &wall_s);
    ll_comm_sum_u64(w->comm, 1, &used_B);
    LL_TRY(status);
    ll_net_row row = ll_net_row_of(plan, &cost, s->engine->name, w->mem);
    row.diff_frac = first ? row.time_s / first->time_s - 1 : 0;
    row.bound_frac = ll_price_fact(&work, "batch_err_frac");
    row.n_solve = ll_price_fact(&work, "n_solve");
    row.n_packet_hop = ll_price_fact(&work, "n_packet_hop");
    row.wall_s = wall_s;
    row.memory_B = (double)used_B;
    ll_net_add(w->net, &row, w->mem);
    return LL_OK;
}

/* The study's own engine first. */
static ll_status beside_add(sweep *w, const ll_plan *plan, ll_error *err)
{
    const ll_study *s = w->net->study;
    LL_TRY(beside_price(w, s, plan, NULL, err));
    const ll_net_row first = w->net->row[w->net->n_row - 1];
    for (int i = 0; i < w->job->beside.n; i++) {
        if (w->job->beside.engine[i] == s->engine) continue;
        const ll_study other = ll_study_with_engine(s, w->job->beside.engine[i], w->mem);
        LL_TRY(beside_price(w, &other, plan, &first, err));
    }
    return LL_OK;
}

/* ---- Printing -------------------------------------------------------------------------------- */

/* CSV of the rows from `first` on; the heading only before the first of all. */
static void csv_add(const ll_net *net, int first, ll_arena *mem, ll_text *out)
{
    ll_text all;
    ll_text_init(&all, mem);
    ll_table_print(ll_net_table(net, first, mem), LL_FORMAT_CSV, 0, &all);
    ll_text_add(out, "%s", first == 0 ? all.s : strchr(all.s, '\n') + 1);
}

/* Prints new rows as text or CSV; the other formats are printed at the end. */
static ll_status new_print(sweep *w, ll_error *err)
{
    const ll_format format = w->opt->format;
    if (format != LL_FORMAT_TEXT && format != LL_FORMAT_CSV) return LL_OK;
    const ll_arena_mark mark = ll_arena_here(w->mem);
    ll_text text;
    ll_text_init(&text, w->mem);
    if (ll_comm_rank(w->comm) == 0 && format == LL_FORMAT_TEXT)
        ll_net_text_add(w->net, w->n_printed, w->job->n_what * w->job->n_size,
                        ll_table_terminal_width(), &text);
    if (ll_comm_rank(w->comm) == 0 && format == LL_FORMAT_CSV)
        csv_add(w->net, w->n_printed, w->mem, &text);
    ll_progress_hide(&w->progress);
    const ll_status status = ll_command_print(w->comm, &text, err);
    ll_arena_release(w->mem, mark);
    w->n_printed = w->net->n_row;
    return status;
}

/* ---- All of them ----------------------------------------------------------------------------- */

/* Whether `packet` is one of the engines, which then takes nearly all of the time. */
static bool is_slow(const sweep *w)
{
    bool slow = w->net->study->engine == &ll_engine_packet;
    for (int i = 0; i < w->job->beside.n; i++)
        slow = slow || w->job->beside.engine[i] == &ll_engine_packet;
    return slow;
}

/* Relative effort of a row, for the progress line: by `packet` its own estimate; else 1 for all. */
static ll_status effort_of(sweep *w, int i, const ll_study *packet, double *out, ll_error *err)
{
    const ll_plan *plan;
    *out = 1;
    if (packet == NULL) return LL_OK;
    LL_TRY(plan_of(w, i, &plan, err));
    for (int r = 0; r < plan->n_round; r++) {
        const ll_phase phase = {.n_traffic = 1, .traffic = &plan->round[r].traffic};
        bool known = false;
        for (int k = 0; k < r && !known; k++)
            known = ll_traffic_equal(&plan->round[k].traffic, phase.traffic);
        const ll_cluster *c = &packet->cluster;
        if (!known) *out += packet->engine->effort(c->topo, &c->wire, packet->engine_param, &phase);
    }
    return LL_OK;
}

static ll_status rows_make(sweep *w, int n, const double *effort, ll_error *err)
{
    for (int i = 0; i < n; i++) {
        const ll_plan *plan;
        ll_progress_piece(&w->progress, effort[i]);
        LL_TRY(plan_of(w, i, &plan, err));
        LL_TRY(w->net->beside ? beside_add(w, plan, err) : own_add(w, plan, err));
        ll_progress_step(&w->progress, effort[i]);
        LL_TRY(new_print(w, err));
    }
    return LL_OK;
}

static ll_status rows_all(sweep *w, ll_error *err)
{
    const int n = w->job->n_what * w->job->n_size;
    const ll_study slow = ll_study_with_engine(w->net->study, &ll_engine_packet, w->mem);
    double all = 0, *effort = ll_arena_array(w->mem, n, double);
    w->plan = ll_arena_array(w->mem, n, ll_plan *);
    for (int i = 0; i < n; i++) {
        LL_TRY(effort_of(w, i, is_slow(w) ? &slow : NULL, &effort[i], err));
        all += effort[i];
    }
    ll_progress_begin(&w->progress, w->comm, "net", is_slow(w) ? "of the traffic" : "of the rows",
                      all);
    const ll_status status = rows_make(w, n, effort, err);
    ll_progress_end(&w->progress);
    return status;
}

static ll_status sweep_run(sweep *w, ll_error *err)
{
    const ll_study *s = w->net->study;
    ll_arena *own = ll_arena_create("chooser");
    w->chooser = ll_chooser_create(&s->cluster, own);
    ll_status status = ll_engine_create(s->engine, s->cluster.topo, &s->cluster.wire,
                                        s->engine_param, w->comm, &w->engine, err);
    if (status == LL_OK)
        status = ll_engine_create(&ll_engine_closed, s->cluster.topo, &s->cluster.wire, NULL,
                                  w->comm, &w->closed, err);
    w->scratch = ll_arena_create("other algorithms");
    if (status == LL_OK) status = rows_all(w, err);
    ll_arena_destroy(w->scratch);
    ll_engine_destroy(w->closed);
    ll_engine_destroy(w->engine);
    ll_arena_destroy(own);
    return status;
}

/* ---- The command ----------------------------------------------------------------------------- */

static ll_status collectives_run(const ll_options *opt, const ll_study *s, ll_comm *comm,
                                 ll_arena *mem, ll_error *err)
{
    ll_timing timing;
    ll_timing_start(&timing);
    ll_net_job *job = ll_arena_new(mem, ll_net_job);
    LL_TRY(ll_net_job_parse(opt, s, mem, job, err));
    LL_TRY(ll_engine_list_other(&job->beside, s->engine, err));
    ll_net net = {.study = s,
                  .named = opt->arg[0],
                  .group = job->group,
                  .asked = ll_algorithm_names[job->algorithm],
                  .routing =
                      job->rows.row_B > 0 ? ll_net_routing_text(&job->rows.routing, mem) : NULL,
                  .row_B = job->rows.row_B,
                  .beside = job->beside.n > 0,
                  .timing = job->timing};
    const char *name = ll_net_name(opt, mem);
    ll_output set = {.dir = opt->value[LL_OPT_OUT],
                     .main = ll_output_file_name(name, ".json", mem),
                     .identity = ll_output_identity(ll_config_hash(s->config), mem),
                     .force = opt->value[LL_OPT_FORCE] != NULL};
    if (set.dir) LL_TRY(ll_output_check(&set, comm, err));
    sweep w = {.opt = opt, .job = job, .net = &net, .comm = comm, .mem = mem};
    LL_TRY(sweep_run(&w, err));
    ll_text text;
    ll_text_init(&text, mem);
    if (ll_comm_rank(comm) == 0 && w.n_printed == 0) ll_net_print(&net, opt->format, mem, &text);
    LL_TRY(ll_command_print(comm, &text, err));
    return set.dir ? ll_net_files_write(&set, name, &net, &timing, comm, mem, err) : LL_OK;
}

static ll_status run(const ll_options *opt, ll_comm *comm, ll_arena *mem, ll_error *err)
{
    ll_study *s = ll_arena_new(mem, ll_study);
    LL_TRY(ll_study_load(&(ll_study_source){opt->arg[0], opt->n_set, opt->set, LL_STUDY_CLUSTER},
                         comm, mem, s, err));
    if (opt->value[LL_OPT_LOAD] || opt->value[LL_OPT_CYCLES])
        return ll_net_load_run(opt, s, comm, mem, err);
    if (ll_net_traffic_asked(opt)) return ll_net_flows_run(opt, s, comm, mem, err);
    return collectives_run(opt, s, comm, mem, err);
}

const ll_command ll_command_net = {
    .name = "net",
    .doc = "collectives over sizes, as nccl-tests prints them; or any flows",
    .usage = "CLUSTER|STUDY",
    .help =
        "Prices a collective for a range of sizes on the simulated cluster, alone on the "
        "fabric, and\n"
        "prints what nccl-tests would: time, algbw = size/time, and busbw = algbw times "
        "2(n-1)/n for\n"
        "all_reduce, (n-1)/n for all_gather, reduce_scatter and all_to_all, 1 for broadcast "
        "and send.\n"
        "Time is the sum of software, latency and wire. Text and CSV are printed row by row. "
        "Of a\n"
        "study, only the cluster is used. --format json prints one object (`lineloss list "
        "json net`).\n"
        "dispatch and combine carry the tokens of a mixture of experts, by the library that\n"
        "cluster.dispatcher names: size = tokens x bytes of a token, each token counted once; "
        "a token\n"
        "that goes to a chip for several of its experts is sent once, unless the library "
        "copies.\n"
        "-o DIR writes <name>.json, .txt, .csv, and a picture of time and busbw over size.\n"
        "\n"
        "--traffic FILE and --pattern P price flows instead: when does each end, and the last? "
        "FILE has\n"
        "lines SRC DST BYTES [START] [after=N,N...] (flows count from 0; `1 MiB`, `5 us`; "
        "numbers alone\n"
        "are bytes and seconds), or is a connection matrix of htsim. Patterns: permutation, "
        "uniform:N,\n"
        "shift:K, transpose, bit_complement, bit_reversal, shuffle, tornado, hot_spot, incast:N,\n"
        "outcast:N, nearest_neighbour, all_to_all, ring, hierarchical, adversarial (the worst of "
        "these\n"
        "permutations and of all shifts along a dimension). Bytes are those on the wire: no "
        "headers, no\n"
        "software. A flow has a window (cluster.wire.window_bdp; 1000 is as good as none) and, "
        "by packet,\n"
        "packets of cluster.wire.packet, each acknowledged (engine.ack), queues without limit\n"
        "(engine.buffer_packets) and cut-through (engine.switching=store_forward: not).\n"
        "\n"
        "--load A..B:STEP --pattern P is an open loop by engine packet: chips send single packets "
        "at\n"
        "random times, whatever the network does, from queues without limit; no windows, no\n"
        "acknowledgements. Load 1 is the rate of the widest link of chip 0, by each chip that "
        "sends;\n"
        "uniform draws every packet's destination among all chips. Prints accepted load and "
        "latency\n"
        "(mean, P50, P99) against load, where the network saturates, and what the busiest link "
        "allows;\n"
        "-o draws it.\n"
        "\n"
        "Examples:\n"
        "  lineloss net nvl72\n"
        "  lineloss net nvl72 --collective all --sizes 1MiB..1GiBx2 --format csv\n"
        "  lineloss net atlas950 --chips 64 --collective all_to_all --engine closed\n"
        "  lineloss net atlas950 --group 128:64 --algorithm ring\n"
        "  lineloss net hgx_h100 --collective dispatch --chips 64 --tokens 4096 --routing 8/256\n"
        "  lineloss net atlas950 --sizes 1MiB --beside closed,packet --timing\n"
        "  lineloss net example_torus --pattern tornado --sizes 64KiB..1MiBx4 --beside packet\n"
        "  lineloss net nvl72 --traffic flows.txt --flows --engine packet\n"
        "  lineloss net example_torus --load 0.1..0.5:0.1 --pattern tornado --cycles 4000",
    .options = LL_OPT_STUDY | LL_OPT_BIT(LL_OPT_FORMAT) | LL_OPT_BIT(LL_OPT_OUT) |
               LL_OPT_BIT(LL_OPT_FORCE) | LL_OPT_BIT(LL_OPT_COLLECTIVE) |
               LL_OPT_BIT(LL_OPT_TOKENS) | LL_OPT_BIT(LL_OPT_ROUTING) | LL_OPT_BIT(LL_OPT_ROW) |
               LL_OPT_BIT(LL_OPT_ALGORITHM) | LL_OPT_BIT(LL_OPT_SIZES) | LL_OPT_BIT(LL_OPT_CHIPS) |
               LL_OPT_BIT(LL_OPT_TRAFFIC) | LL_OPT_BIT(LL_OPT_PATTERN) | LL_OPT_BIT(LL_OPT_FLOWS) |
               LL_OPT_BIT(LL_OPT_LOAD) | LL_OPT_BIT(LL_OPT_CYCLES) | LL_OPT_BIT(LL_OPT_GROUP) |
               LL_OPT_BIT(LL_OPT_BESIDE) | LL_OPT_BIT(LL_OPT_TIMING),
    .min_arg = 1,
    .max_arg = 1,
    .missing_arg =
        "which cluster? Such as `lineloss net nvl72`; `lineloss list clusters` lists them",
    .run = run,
};
