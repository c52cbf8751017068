/* The executor against closed forms, on graphs of pipelines. Synthetic costs, so that every number
 * is known. */
#include "sim/step/execute.h"
#include "sim/base/rng.h"
#include "sim/work/pipeline.h"
#include "sim/work/stack.h"
#include "tests/support/check.h"

#include <mpi.h>

typedef struct world {
    ll_study study;
    ll_task_cost *forward, *backward, *gather, *scatter; /* [n_chunk] */
    ll_task_cost *optimizer;                             /* [n_stage] */
    double send_s, tie_s;                                /* tie_s 0: both ends share no matrix */
    ll_pipelines *known;                                 /* of all runs so far */
    ll_comm *comm;
    ll_arena *mem;
} world;

typedef struct job {
    ll_layout layout;
    ll_stack stack;
} job;

static ll_task_cost *costs_of(const world *w, int64_t n, double kernels_s)
{
    ll_task_cost *cost = ll_arena_array(w->mem, n, ll_task_cost);
    for (int64_t i = 0; i < n; i++)
        cost[i] = (ll_task_cost){.kernels_s = kernels_s, .n_part = 4};
    return cost;
}

/* Every chunk takes f_s forward and b_s backward; nothing else costs anything. */
static void world_set(world *w, job j, double f_s, double b_s)
{
    static const int order[LL_N_AXIS] = {LL_AXIS_TP, LL_AXIS_CP, LL_AXIS_DP, LL_AXIS_PP};
    for (int i = 0; i < LL_N_AXIS; i++)
        j.layout.axis_at[i] = order[i];
    w->study = (ll_study){.seed = 7, .layout = j.layout, .stack = j.stack};
    const int64_t n = j.layout.pp * j.layout.interleave;
    w->forward = costs_of(w, n, f_s);
    w->backward = costs_of(w, n, b_s);
    w->gather = costs_of(w, n, 0);
    w->scatter = costs_of(w, n, 0);
    w->optimizer = costs_of(w, j.layout.pp, 0);
    w->send_s = w->tie_s = 0;
}

/* The costs of a graph, one table after the other. */
typedef struct table {
    ll_task_cost *cost;
    int32_t n;
} table;

static int32_t table_add(table *t, ll_task_cost cost)
{
    t->cost[t->n] = cost;
    return t->n++;
}

static int32_t table_s(table *t, double s)
{
    return table_add(t, (ll_task_cost){.exposed_s = s, .n_part = 1});
}

static const int32_t *table_all(const world *w, table *t, int64_t n, const ll_task_cost *cost)
{
    int32_t *index = ll_arena_array(w->mem, n, int32_t);
    for (int64_t i = 0; i < n; i++)
        index[i] = table_add(t, cost[i]);
    return index;
}

static ll_pipeline pipeline_of(const world *w, table *t)
{
    const ll_layout *layout = &w->study.layout;
    const ll_stack *stack = &w->study.stack;
    const int64_t n = layout->pp * layout->interleave;
    ll_pipeline p = {.schedule = ll_layout_schedule(layout),
                     .pipe = ll_layout_pipe(layout),
                     .overlap_sends = stack->overlap_pp,
                     .overlap_gather = stack->overlap_param_gather,
                     .overlap_scatter = stack->overlap_grad_reduce};
    t->cost = ll_arena_array(w->mem, 4 * n + layout->pp + 4, ll_task_cost);
    for (int64_t v = 0; v < n && stack->overlap_grad_reduce; v++)
        w->backward[v].released_s = w->scatter[v].exposed_s;
    for (int64_t v = 0; v < n && !stack->overlap_grad_reduce; v++)
        w->backward[v].released_s = 0;
    p.cost.forward = table_all(w, t, n, w->forward);
    p.cost.backward = table_all(w, t, n, w->backward);
    p.cost.gather = table_all(w, t, n, w->gather);
    p.cost.scatter = table_all(w, t, n, w->scatter);
    p.cost.optimizer = table_all(w, t, layout->pp, w->optimizer);
    p.cost.join = table_s(t, 0);
    p.cost.send = table_s(t, w->send_s);
    p.cost.two_sends = table_s(t, 2 * w->send_s);
    p.cost.tie = w->tie_s > 0 ? table_s(t, w->tie_s) : -1;
    p.lock_step = ll_pipeline_in_lock_step(p.schedule, &p.pipe, p.overlap_sends);
    return p;
}

/* known: where the tasks come from if they were built before; NULL: nowhere. */
static double run_to(world *w, bool jitter, const ll_sink *sink, ll_pipelines *known)
{
    const ll_layout *layout = &w->study.layout;
    ll_error err;
    ll_error_init(&err);
    table t = {0};
    ll_graph graph = {.n_inner = layout->tp * layout->cp,
                      .syncs_every_task =
                          ll_stack_syncs_every_pass(&w->study.stack, layout->precision)};
    const ll_pipeline p = pipeline_of(w, &t);
    const ll_status status = ll_pipelines_tasks(known, &p, w->mem, &graph, &err);
    CHECK(status == LL_OK, "%s", err.text);
    const ll_costs costs = {t.cost, w->send_s};
    double end_s = -1;
    ll_progress progress;
    ll_progress_begin(&progress, w->comm, "test", "of the replicas", 1);
    const ll_run_mode mode = {.jitter = jitter, .progress = &progress, .sink = sink};
    ll_execute(&w->study, &graph, &costs, &mode, w->comm, w->mem, &end_s);
    ll_progress_end(&progress);
    return end_s;
}

/* Tasks that were built before, of whatever runs came before, give the same. */
static double run(world *w, bool jitter)
{
    const double end_s = run_to(w, jitter, NULL, NULL);
    CHECK_NEAR(run_to(w, jitter, NULL, w->known), end_s, 0);
    return end_s;
}

static job job_of(int64_t pp, int64_t interleave, int64_t n_micro, int64_t dp, int64_t tp)
{
    return (job){.layout = {.schedule = &ll_schedule_one_f_one_b,
                            .global_batch = n_micro * dp,
                            .micro_batch = 1,
                            .tp = tp,
                            .cp = 1,
                            .pp = pp,
                            .dp = dp,
                            .interleave = interleave},
                 .stack = {.zero = 1,
                           .overlap_pp = true,
                           .overlap_grad_reduce = true,
                           .overlap_param_gather = true}};
}

/* 1F1B: m micro-batches through p stages take (m + p - 1)(f + b): the last stage starts after p - 1
 * forwards and its results drain through p - 1 backwards (Narayanan et al. 2021, section 2.2.1).
 * Interleaved by v: a stage has m v chunk ops of f and of b; the pipeline fills with p - 1 chunks:
 * (m v + p - 1)(f + b). */
static void test_bubble(world *w)
{
    for (int64_t pp = 1; pp <= 8; pp *= 2) {
        for (int64_t v = 1; v <= (pp > 1 ? 4 : 1); v++) {
            for (int64_t m = pp; m <= 4 * pp; m += pp) {
                world_set(w, job_of(pp, v, m, 2, 1), 1.0, 2.0);
                CHECK_NEAR(run(w, false), (double)(m * v + pp - 1) * 3.0, 1e-12);
                const ll_pipe pipe = ll_layout_pipe(&w->study.layout);
                const ll_uniform pass = {.forward_s = 1, .input_s = 2};
                CHECK_NEAR(ll_layout_schedule(&w->study.layout)->uniform_s(&pipe, &pass),
                           run(w, false), 1e-12);
            }
        }
    }
}

/* A send of time c between stages adds a round trip of p - 1 hops each way to the critical path of
 * one micro-batch: with m = 1, step = p (f + b) + 2 (p - 1) c. */
static void test_send(world *w)
{
    world_set(w, job_of(4, 1, 1, 1, 1), 1.0, 2.0);
    w->send_s = 0.25;
    CHECK_NEAR(run(w, false), 4 * 3.0 + 2 * 3 * 0.25, 1e-12);
    /* Two stages, two micro-batches, sends that the stage waits for. Stage 0: F0 0-1, sends to
     * 1.25, F1 to 2.25, sends to 2.5. Stage 1: F0 1.25-2.25, B0 to 4.25, sends to 4.5, F1 to 5.5,
     * B1 to 7.5, sends to 7.75. Stage 0: B0 from 4.5 to 6.5, B1 from 7.75 to 9.75. Beside the work,
     * F1 of stage 1 starts at 4.25 and all ends 0.25 earlier. */
    world_set(w, job_of(2, 1, 2, 1, 1), 1.0, 2.0);
    w->send_s = 0.25;
    CHECK_NEAR(run(w, false), 9.5, 1e-12);
    w->study.stack.overlap_pp = false;
    CHECK_NEAR(run(w, false), 9.75, 1e-12);
}

/* The same by messages, for stages that exchange after every slot: a forward op and a backward op,
 * or one of them alone. Of stage s, slot x, the forward op x goes to the next stage's forward op x
 * (chunks are passed around the ring: p - 1's op x to stage 0's op x + p), which it needs in its
 * slot x, so receives in the exchange after its slot x - 1. Backward ops the other way. An exchange
 * is done when all that it sends is received: when both ends have come to it, and then as many
 * sends later as the busier end has. */
enum { P = 3, V = 2, M = 6, N_PASS = M * V, N_SLOT = N_PASS + 2 * (P - 1) + (V - 1) * P };

typedef struct slots {
    int warm[P];
    double ready_s[P][N_SLOT + 1],
        end_s[P][N_SLOT + 1]; /* of slot x, at x + 1; at 0: nothing to do */
    int n_send[P][N_SLOT + 1];
} slots;

static int chunk_of(int op, bool backward)
{
    const int k = op % (P * V) / P;
    return backward ? V - 1 - k : k;
}

/* Two ends of messages meet: the exchange after slot x of stage s, and that after slot y of t. */
static void meet(slots *w, int s, int x, int t, int y, double send_s)
{
    const double ready_s = fmax(w->ready_s[s][x + 1], w->ready_s[t][y + 1]);
    const int n_send = (int)fmax(w->n_send[s][x + 1], w->n_send[t][y + 1]);
    w->end_s[s][x + 1] = fmax(w->end_s[s][x + 1], ready_s + n_send * send_s);
    w->end_s[t][y + 1] = fmax(w->end_s[t][y + 1], ready_s + n_send * send_s);
}

static int n_slot_of(const slots *w, int s) { return N_PASS + w->warm[s]; }

/* One pass over all slots with the times known so far; returns the last end. */
static double slots_pass(slots *w, const world *d)
{
    double last_s = 0;
    for (int s = 0; s < P; s++)
        for (int x = 0; x < n_slot_of(w, s); x++) {
            double work_s = 0;
            int n_send = 0;
            if (x < N_PASS) {
                const int v = chunk_of(x, false) * P + s;
                work_s += d->forward[v].kernels_s;
                n_send += v < P * V - 1;
            }
            if (x >= w->warm[s]) {
                const int v = chunk_of(x - w->warm[s], true) * P + s;
                work_s += d->backward[v].kernels_s;
                n_send += v > 0;
            }
            w->n_send[s][x + 1] = n_send;
            w->ready_s[s][x + 1] = w->end_s[s][x] + work_s;
            w->end_s[s][x + 1] =
                fmax(w->end_s[s][x + 1], w->ready_s[s][x + 1] + n_send * d->send_s);
            last_s = fmax(last_s, w->ready_s[s][x + 1]);
        }
    for (int s = 0; s < P; s++)
        for (int i = 0; i < N_PASS; i++) {
            if (chunk_of(i, false) * P + s < P * V - 1) /* forward op i */
                meet(w, s, i, (s + 1) % P, (s + 1 < P ? i : i + P) - 1, d->send_s);
            if (chunk_of(i, true) * P + s > 0) { /* backward op i */
                const int t = (s + P - 1) % P, op = s > 0 ? i : i + P;
                meet(w, s, w->warm[s] + i, t, w->warm[t] + op - 1, d->send_s);
            }
        }
    return last_s;
}

static void test_in_step(world *w)
{
    world_set(w, job_of(P, V, M, 1, 1), 1.0, 2.0);
    w->study.stack.overlap_pp = false;
    CHECK_NEAR(run(w, false), (N_PASS + P - 1) * 3.0,
               1e-12); /* even, free sends: as by themselves */
    w->send_s = 0.0625;
    for (int v = 0; v < P * V; v++) {
        w->forward[v].kernels_s = 1 + 0.125 * ((5 * v + 2) % 7);
        w->backward[v].kernels_s = 2 + 0.125 * ((3 * v + 1) % 7);
    }
    slots *by_message = ll_arena_new(w->mem, slots);
    for (int s = 0; s < P; s++)
        by_message->warm[s] = 2 * (P - s - 1) + (V - 1) * P;
    double want = 0;
    for (int i = 0; i < P * N_SLOT; i++) /* until nothing changes: no chain is longer */
        want = slots_pass(by_message, w);
    CHECK(fabs(slots_pass(by_message, w) - want) < 1e-12, "messages have not settled");
    CHECK_NEAR(run(w, false), want, 1e-12);
    w->study.stack.overlap_pp = true; /* by themselves they are faster */
    CHECK(run(w, false) < want - 1, "%g s, in step %g s", run(w, false), want);
}

/* No pipeline, 3 micro-batches of 1 + 2 s: 9 s. Gradients of the 4 layers begin to leave after the
 * first layer's backward of the last micro-batch, at 7 + 2/4 = 7.5 s.
 *   scatter 1 s:  7.5 + 1 = 8.5, but the last layer's quarter leaves after 9 s: 9.25 s
 *   scatter 4 s:  7.5 + 4 = 11.5 s
 *   not overlapped: 9 + 4 = 13 s
 * Weights: gather of 4 s in front of a forward op of 1 s: first layer there at 1 s, all at 4 s,
 * then one layer's work of 0.25 s: 4.25 s instead of 1 s, so 3.25 s later; not overlapped 4 s
 * later. */
static void test_replicas(world *w)
{
    world_set(w, job_of(1, 1, 3, 8, 1), 1.0, 2.0);
    w->scatter[0].exposed_s = 1;
    CHECK_NEAR(run(w, false), 9.25, 1e-12);
    w->scatter[0].exposed_s = 4;
    CHECK_NEAR(run(w, false), 11.5, 1e-12);
    w->optimizer[0].exposed_s = 0.5;
    CHECK_NEAR(run(w, false), 12, 1e-12);
    w->study.stack.overlap_grad_reduce = false;
    CHECK_NEAR(run(w, false), 13.5, 1e-12);
    w->scatter[0].exposed_s = w->optimizer[0].exposed_s = 0;
    w->gather[0].exposed_s = 4;
    CHECK_NEAR(run(w, false), 12.25, 1e-12);
    w->study.stack.overlap_param_gather = false;
    CHECK_NEAR(run(w, false), 13, 1e-12);
}

/* One stage, two micro-batches of 1 + 2 s, weights of 0.5 s that come in 4 parts: the first forward
 * starts at 0.125 s and has 0.375 s beside it. Half longer while they do, it does 0.25 s of its
 * work then and ends 0.125 s later: at 1.25 s. Gradients of 0.5 s leave beside the last 3/4 of the
 * last backward op, which takes 0.5/3 s longer; their last quarter of 0.125 s after it: 1.25 + 5 +
 * 0.5/3 + 0.125 s. */
static void test_beside(world *w)
{
    world_set(w, job_of(1, 1, 2, 2, 1), 1.0, 2.0);
    w->gather[0].exposed_s = w->scatter[0].exposed_s = 0.5;
    w->forward[0].slowed_frac = w->backward[0].slowed_frac = 0.5;
    CHECK_NEAR(run(w, false), 6.375 + 0.5 / 3, 1e-12);
}

/* Two stages, one micro-batch: F 0-1, 1-2, B 2-4 and 4-6. Both ends share a matrix: after 6 s, 0.5
 * s more for both, and the optimizer of the last stage, 1 s, decides: 7.5 s instead of 6 s (whose
 * stage 0 has none, while the last stage was ready at 4 s). */
static void test_tie(world *w)
{
    world_set(w, job_of(2, 1, 1, 1, 1), 1.0, 2.0);
    w->optimizer[1].exposed_s = 1;
    w->tie_s = 0;
    CHECK_NEAR(run(w, false), 6, 1e-12);
    w->tie_s = 0.5;
    CHECK_NEAR(run(w, false), 7.5, 1e-12);
    w->tie_s = 0;
}

/* One stage, one micro-batch: the step is the slowest chip of the forward plus that of the backward
 * op within a replica, and the slowest replica. Recomputed here from the draws: chip (tp i, dp r)
 * is i + 2 r; draw 0 is the chip's own, 1 its forward op, 2 its backward op. */
static void test_jitter(world *w)
{
    world_set(w, job_of(1, 1, 1, 5, 2), 1.0, 2.0);
    w->study.cluster.jitter = (ll_jitter){.op_frac = 0.05, .chip_frac = 0.02};
    double want = 0;
    for (uint64_t r = 0; r < 5; r++) {
        double op[2] = {0, 0};
        for (uint64_t chip = 2 * r; chip < 2 * r + 2; chip++)
            for (uint64_t k = 0; k < 2; k++)
                op[k] = fmax(op[k], 1 + 0.02 * ll_rng_normal(7, chip, 0) +
                                        0.05 * ll_rng_delay(7, chip, k + 1));
        want = fmax(want, op[0] * 1.0 + op[1] * 2.0);
    }
    CHECK_NEAR(run(w, true), want, 1e-14);
    CHECK_NEAR(run(w, false), 3.0, 1e-14);

    /* Where replicas meet in every op, each op lasts as long as the slowest of all 10 chips. */
    w->study.stack.shared_scales = true;
    w->study.layout.precision = LL_PRECISION_FP8;
    double slowest[2] = {0, 0};
    for (uint64_t chip = 0; chip < 10; chip++)
        for (uint64_t k = 0; k < 2; k++)
            slowest[k] = fmax(slowest[k], 1 + 0.02 * ll_rng_normal(7, chip, 0) +
                                              0.05 * ll_rng_delay(7, chip, k + 1));
    CHECK_NEAR(run(w, true), slowest[0] * 1.0 + slowest[1] * 2.0, 1e-14);
}

/* What a sink has seen of one stream of each lane. */
enum { SINK_STAGES = 4 };
typedef struct seen {
    int n_compute;
    double end_s[SINK_STAGES], busy_s[SINK_STAGES], last_s;
    bool overlapped;
} seen;

static void see(void *self, const ll_graph *graph, const ll_span *span)
{
    seen *s = self;
    const ll_task *t = &graph->task[span->task];
    s->last_s = fmax(s->last_s, span->end_s);
    if (t->stream != LL_STREAM_COMPUTE || t->draw < 0) return;
    s->n_compute++;
    s->overlapped = s->overlapped || span->start_s < s->end_s[t->lane] || span->replica != 0;
    s->end_s[t->lane] = span->end_s;
    s->busy_s[t->lane] += span->end_s - span->start_s;
}

/* Four stages and eight micro-batches of 1 + 2 s: 16 passes on each stage, 24 s, one after the
 * other. */
static void test_sink(world *w)
{
    world_set(w, job_of(SINK_STAGES, 1, 8, 1, 1), 1.0, 2.0);
    seen s = {0};
    const double end_s = run_to(w, false, &(ll_sink){see, &s}, NULL);
    CHECK(s.n_compute == SINK_STAGES * 16 && !s.overlapped, "%d spans", s.n_compute);
    CHECK_NEAR(s.last_s, end_s, 1e-15);
    for (int i = 0; i < SINK_STAGES; i++)
        CHECK_NEAR(s.busy_s[i], 24, 1e-12);
}

/* A schedule of three stages and two micro-batches, whose middle stage runs the forward pass of the
 * second together with the backward pass of the first. */
static int64_t middle_n_slot(const ll_pipe *pipe, int64_t stage)
{
    (void)pipe;
    return stage == 1 ? 3 : 4;
}

static void middle_order(const ll_pipe *pipe, int64_t stage, ll_slot *slot)
{
    (void)pipe;
    const int32_t v = (int32_t)stage;
    const int second = stage == 0 ? 1 : 2; /* forward slot of the second micro-batch */
    for (int i = 0; i < 4 - (stage == 1); i++)
        slot[i] = (ll_slot){.chunk = v, .micro = i == 3, .kind = LL_SLOT_BACKWARD};
    slot[0].kind = LL_SLOT_FORWARD;
    if (stage == 1) {
        slot[1] = (ll_slot){.chunk = v, .back_chunk = v, .micro = 1, .kind = LL_SLOT_PAIR};
        slot[2].micro = 1;
    } else {
        slot[second] = (ll_slot){.chunk = v, .micro = 1, .kind = LL_SLOT_FORWARD};
    }
}

static int64_t middle_n_held(const ll_pipe *pipe) { return pipe->n_inter; }

static int64_t middle_chunk(const ll_pipe *pipe, int64_t stage, int64_t k)
{
    (void)pipe;
    (void)k;
    return stage;
}

/* Forward 1 s, backward 2 s, both at once 2.5 s, and a send of 0.25 s before every input:
 *
 *   stage 0   F0 0-1      F1 1-2                          B0 8.5-10.5              B1 14-16
 *   stage 1   F0 1.25-2.25           F1 B0 5.75-8.25                B1 11.75-13.75
 *   stage 2         F0 2.5-3.5  B0 3.5-5.5   F1 8.5-9.5   B1 9.5-11.5
 *
 * The pair waits for both of its neighbours, and the one that decides is its second input. */
static void test_pair(world *w)
{
    static const ll_schedule_type middle = {.name = "middle",
                                            .fuses_pairs = true,
                                            .n_slot = middle_n_slot,
                                            .order = middle_order,
                                            .n_held = middle_n_held,
                                            .chunk = middle_chunk};
    enum { F, B, BOTH, NONE, SEND };
    static const ll_task_cost cost[] = {[F] = {.kernels_s = 1, .n_part = 1},
                                        [B] = {.kernels_s = 2, .n_part = 1},
                                        [BOTH] = {.kernels_s = 2.5, .n_part = 1},
                                        [NONE] = {.n_part = 1},
                                        [SEND] = {.exposed_s = 0.25, .n_part = 1}};
    static const int32_t forward[] = {F, F, F}, backward[] = {B, B, B}, none[] = {NONE, NONE, NONE};
    static const int32_t pair[] = {BOTH, BOTH, BOTH, BOTH, BOTH, BOTH, BOTH, BOTH, BOTH};
    world_set(w, job_of(3, 1, 2, 1, 1), 1.0, 2.0);
    const ll_pipeline p = {.schedule = &middle,
                           .pipe = ll_layout_pipe(&w->study.layout),
                           .cost = {.forward = forward,
                                    .backward = backward,
                                    .pair = pair,
                                    .gather = none,
                                    .scatter = none,
                                    .optimizer = none,
                                    .join = NONE,
                                    .send = SEND,
                                    .two_sends = SEND,
                                    .tie = -1},
                           .overlap_sends = true,
                           .overlap_gather = true,
                           .overlap_scatter = true};
    ll_graph graph = {.n_inner = 1};
    const ll_costs costs = {cost, cost[SEND].exposed_s};
    const ll_run_mode mode = {0};
    double end_s = -1;
    ll_error err;
    ll_error_init(&err);
    CHECK(ll_pipeline_tasks(&p, w->mem, &graph, &err) == LL_OK, "%s", err.text);
    ll_execute(&w->study, &graph, &costs, &mode, w->comm, w->mem, &end_s);
    CHECK_NEAR(end_s, 16, 1e-12);
}

int main(void)
{
    MPI_Init(NULL, NULL);
    world w = {.mem = ll_arena_create("test")};
    MPI_Comm all = MPI_COMM_WORLD;
    w.comm = ll_comm_create(&all, w.mem);
    w.known = ll_pipelines_create(w.mem);
    test_bubble(&w);
    test_send(&w);
    test_in_step(&w);
    test_replicas(&w);
    test_beside(&w);
    test_tie(&w);
    test_pair(&w);
    test_jitter(&w);
    test_sink(&w);
    ll_comm_destroy(w.comm);
    ll_arena_destroy(w.mem);
    int bad = LL_CHECK_RESULT;
    MPI_Finalize();
    return bad;
}
