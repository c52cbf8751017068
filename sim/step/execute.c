#include "sim/step/execute.h"

#include "sim/step/jitter.h"

#include <math.h>
#include <string.h>

/* Times in seconds since the start of the iteration. */
typedef struct lane_state {
    double clock_s[LL_N_STREAM]; /* when its streams are free */
    double wire_end_s;           /* of transfers between the replicas that are known so far */
} lane_state;

typedef struct runner {
    const ll_graph *graph;
    const ll_task *task;
    const ll_task_cost *cost;
    double delay_s[2]; /* of an input: none, one pipeline send */
    const ll_sink *sink;
    int64_t replica;
    /* [n_task]: first part done, all of it; end_s[-1] = 0, when what waits for nothing can start */
    double *first_s, *end_s;
    lane_state *lane; /* [n_lane] */
    double *slow;     /* [n_draw], if there is jitter: of each draw: time over its price, >= 0.5 */
    ll_crew crew;
} runner;

/* Inline, unlike fmax and fmin of the library; no operand is ever NaN. */
static inline double later_s(double a_s, double b_s) { return a_s > b_s ? a_s : b_s; }
static inline double shorter_s(double a_s, double b_s) { return a_s < b_s ? a_s : b_s; }

/* Seconds that a task of length_s takes longer because dp transfers are on the wire for window_s
 * from its start on: meanwhile it takes 1 + frac times as long. */
static inline double stretch_s(double length_s, double frac, double window_s)
{
    if (!(frac > 0 && window_s > 0)) return 0;
    return frac / (1 + frac) * shorter_s(window_s, length_s * (1 + frac));
}

/* The transfer that a task releases is on the wire from the task's first part on. */
static double release(lane_state *lane, const ll_task_cost *c, double start_s, double length_s,
                      double end_s)
{
    const double part_s = length_s / c->n_part;
    if (c->released_s > 0)
        lane->wire_end_s = later_s(lane->wire_end_s, start_s + part_s) + c->released_s;
    return end_s + stretch_s(length_s - part_s, c->slowed_frac, c->released_s);
}

/* When the task's dependencies let it start. */
static inline double inputs_s(const runner *r, const ll_task *t, double start_s)
{
    const int flags = t->flags;
    start_s = later_s(start_s, r->end_s[t->dep[0]] + r->delay_s[flags & LL_TASK_DELAYED_0]);
    if (t->dep[1] < 0) return start_s;
    if (flags & LL_TASK_STREAMED) return later_s(start_s, r->first_s[t->dep[1]]);
    return later_s(start_s, r->end_s[t->dep[1]] + r->delay_s[(flags & LL_TASK_DELAYED_1) != 0]);
}

/* Tasks that stream: what they wait for part by part, and what waits so for them. */
static double parts_run(const runner *r, int32_t i, double start_s, double length_s, double end_s)
{
    const ll_task *t = &r->task[i];
    const ll_task_cost *c = &r->cost[t->cost];
    if (t->flags & LL_TASK_STREAMED)
        end_s = later_s(end_s, r->end_s[t->dep[1]] + length_s / c->n_part);
    if (t->flags & LL_TASK_RELEASES)
        end_s = release(&r->lane[t->lane], c, start_s, length_s, end_s);
    if (t->stream == LL_STREAM_DP) r->lane[t->lane].wire_end_s = end_s;
    r->first_s[i] = start_s + length_s / c->n_part;
    return end_s;
}

/* bare: without jitter and without a sink. */
static inline void task_run(const runner *r, int32_t i, bool bare)
{
    const ll_task *t = &r->task[i];
    const ll_task_cost *c = &r->cost[t->cost];
    lane_state *lane = &r->lane[t->lane];
    double *clock_s = &lane->clock_s[t->stream];
    const double factor = !bare && r->slow && t->draw >= 0 ? r->slow[t->draw] : 1;
    const double length_s = c->kernels_s * factor + c->exposed_s;
    const double start_s = inputs_s(r, t, *clock_s);
    double end_s = start_s + length_s;
    if (t->stream == LL_STREAM_COMPUTE)
        end_s += stretch_s(length_s, c->slowed_frac, lane->wire_end_s - start_s);
    if (t->stream == LL_STREAM_DP || t->flags & (LL_TASK_STREAMED | LL_TASK_RELEASES))
        end_s = parts_run(r, i, start_s, length_s, end_s);
    r->end_s[i] = *clock_s = end_s;
    if (!bare && r->sink)
        r->sink->span(r->sink->self, r->graph, &(ll_span){r->replica, i, start_s, end_s});
}

/* Tasks from .. to - 1, from clocks at 0. */
static void tasks_run(const runner *r, int32_t from, int32_t to)
{
    const bool bare = !r->slow && !r->sink;
    memset(r->lane, 0, (size_t)r->graph->n_lane * sizeof *r->lane);
    for (int32_t i = from; i < to && bare; i++)
        task_run(r, i, true);
    for (int32_t i = from; i < to && !bare; i++)
        task_run(r, i, false);
}

/* Jitter of each task in one replica: that of the slowest chip of its lane. Called for one replica
 * after another, it keeps the largest of them. */
static void draws_add(runner *r, int64_t replica)
{
    ll_crew_place(&r->crew, replica);
    for (int32_t i = 0; i < r->graph->n_local; i++) {
        const ll_task *t = &r->task[i];
        if (t->draw < 0) continue;
        const double one = ll_crew_slowest(&r->crew, t->lane, (uint64_t)t->draw + 1);
        r->slow[t->draw] = fmax(r->slow[t->draw], one);
    }
}

static void draws_of_all(runner *r, int64_t lo, int64_t hi, const ll_run_mode *mode, ll_comm *comm)
{
    for (int64_t id = lo; id < hi; id++) {
        draws_add(r, id);
        if (mode->progress) ll_progress_step(mode->progress, 1);
    }
    ll_comm_max_f64(comm, r->graph->n_draw, r->slow);
}

/* first_s and end_s of the exported tasks, the latest of all replicas so far: latest[2 * n_export].
 */
static void latest_add(const runner *r, double *latest_s)
{
    for (int64_t k = 0; k < r->graph->n_export; k++) {
        const int32_t i = r->graph->export[k];
        if (r->task[i].flags & LL_TASK_RELEASES)
            latest_s[2 * k] = fmax(latest_s[2 * k], r->first_s[i]);
        latest_s[2 * k + 1] = fmax(latest_s[2 * k + 1], r->end_s[i]);
    }
}

static void latest_take(runner *r, const double *latest_s)
{
    for (int64_t k = 0; k < r->graph->n_export; k++) {
        r->first_s[r->graph->export[k]] = latest_s[2 * k];
        r->end_s[r->graph->export[k]] = latest_s[2 * k + 1];
    }
}

void ll_execute(const ll_study *study, const ll_graph *graph, const ll_costs *costs,
                const ll_run_mode *mode, ll_comm *comm, ll_arena *mem, double *end_s)
{
    const ll_arena_mark mark = ll_arena_here(mem);
    const int64_t n_replica = mode->max_replica > 0 && mode->max_replica < study->layout.dp
                                  ? mode->max_replica
                                  : study->layout.dp;
    runner r = {.graph = graph,
                .task = graph->task,
                .cost = costs->task,
                .delay_s = {0, costs->send_s},
                .sink = mode->sink,
                .first_s = ll_arena_fill(mem, graph->n_task, double),
                .end_s = (double *)ll_arena_fill(mem, graph->n_task + 1, double) + 1,
                .lane = ll_arena_fill(mem, graph->n_lane, lane_state)};
    double *latest_s = ll_arena_array(mem, 2 * graph->n_export, double);
    int64_t lo = 0, hi = 1;
    r.end_s[-1] = 0;
    if (mode->jitter) {
        ll_comm_slice(comm, n_replica, &lo, &hi);
        r.crew = ll_crew_make(study, graph->n_lane, graph->n_inner, mem);
        r.slow = ll_arena_array(mem, graph->n_draw, double);
    }
    const bool all_alike = mode->jitter && graph->syncs_every_task;
    if (all_alike) {
        draws_of_all(&r, lo, hi, mode, comm);
        lo = 0;
        hi = 1;
    }
    for (int64_t id = lo; id < hi; id++) {
        r.replica = id;
        if (mode->jitter && !all_alike) {
            memset(r.slow, 0, (size_t)graph->n_draw * sizeof *r.slow);
            draws_add(&r, id);
        }
        tasks_run(&r, 0, graph->n_local);
        latest_add(&r, latest_s);
        if (mode->progress && !all_alike) ll_progress_step(mode->progress, 1);
    }
    if (mode->jitter) ll_comm_max_f64(comm, 2 * (int64_t)graph->n_export, latest_s);
    latest_take(&r, latest_s);
    r.replica = -1;
    tasks_run(&r, graph->n_local, graph->n_task);
    *end_s = 0;
    for (int32_t i = graph->n_local; i < graph->n_task; i++)
        *end_s = fmax(*end_s, r.end_s[i]);
    ll_arena_release(mem, mark);
}

void ll_execute_busy(const ll_graph *graph, const ll_costs *costs, ll_arena *mem, double *largest_s,
                     double *mean_s)
{
    const ll_arena_mark mark = ll_arena_here(mem);
    double *busy_s = ll_arena_array(mem, graph->n_lane, double), sum_s = 0;
    for (int32_t i = 0; i < graph->n_task; i++) {
        const ll_task *t = &graph->task[i];
        const ll_task_cost *c = &costs->task[t->cost];
        if (t->stream == LL_STREAM_COMPUTE) busy_s[t->lane] += c->kernels_s + c->exposed_s;
    }
    *largest_s = 0;
    for (int64_t lane = 0; lane < graph->n_lane; lane++) {
        *largest_s = fmax(*largest_s, busy_s[lane]);
        sum_s += busy_s[lane];
    }
    *mean_s = sum_s / (double)graph->n_lane;
    ll_arena_release(mem, mark);
}
