/* Replay against closed forms. Synthetic durations, so that every number is known. */
#include "sim/step/replay.h"
#include "sim/base/rng.h"
#include "tests/support/check.h"

#include <mpi.h>

typedef struct world {
    ll_study study;
    ll_program program;
    ll_durations d;
    ll_comm *comm;
    ll_arena *mem;
} world;

/* Every chunk takes f_s forward and b_s backward; nothing else costs anything. */
static void world_set(world *w, ll_job job, double f_s, double b_s)
{
    static const int order[LL_N_AXIS] = {LL_AXIS_TP, LL_AXIS_CP, LL_AXIS_DP, LL_AXIS_PP};
    for (int i = 0; i < LL_N_AXIS; i++)
        job.axis_at[i] = order[i];
    w->study = (ll_study){.seed = 7, .job = job};
    int64_t n = job.pp * job.interleave;
    w->program = (ll_program){.study = &w->study, .n_chunk = n};
    double **arrays[] = {
        &w->d.forward_compute_s, &w->d.backward_compute_s,  &w->d.forward_comm_s,
        &w->d.backward_comm_s,   &w->d.forward_beside_frac, &w->d.backward_beside_frac,
        &w->d.gather_s,          &w->d.scatter_s,           &w->d.n_part};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        *arrays[i] = ll_arena_array(w->mem, n, double);
    w->d.optimizer_s = ll_arena_array(w->mem, job.pp, double);
    w->d.send_s = w->d.tie_s = 0;
    for (int64_t v = 0; v < n; v++) {
        w->d.forward_compute_s[v] = f_s;
        w->d.backward_compute_s[v] = b_s;
        w->d.n_part[v] = 4;
    }
}

static double run(world *w, bool jitter)
{
    ll_error err;
    ll_error_init(&err);
    ll_progress progress;
    ll_progress_begin(&progress, w->comm, "test", 1);
    ll_replay_input in = {&w->program, &w->d, jitter, &progress};
    double step_s = -1;
    ll_status status = ll_replay(&in, w->comm, w->mem, &step_s, &err);
    ll_progress_end(&progress);
    CHECK(status == LL_OK, "%s", err.text);
    return step_s;
}

static ll_job job_of(int64_t pp, int64_t interleave, int64_t n_micro, int64_t dp, int64_t tp)
{
    return (ll_job){.global_batch = n_micro * dp,
                    .micro_batch = 1,
                    .tp = tp,
                    .cp = 1,
                    .pp = pp,
                    .dp = dp,
                    .interleave = interleave,
                    .zero = 1,
                    .overlap_pp = true,
                    .overlap_grad_reduce = true,
                    .overlap_param_gather = true};
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
            }
        }
    }
}

/* A send of time c between stages adds a round trip of p - 1 hops each way to the critical path of one
 * micro-batch: with m = 1, step = p (f + b) + 2 (p - 1) c. */
static void test_send(world *w)
{
    world_set(w, job_of(4, 1, 1, 1, 1), 1.0, 2.0);
    w->d.send_s = 0.25;
    CHECK_NEAR(run(w, false), 4 * 3.0 + 2 * 3 * 0.25, 1e-12);
    /* Two stages, two micro-batches, sends that the stage waits for. Stage 0: F0 0-1, sends to 1.25, F1
     * to 2.25, sends to 2.5. Stage 1: F0 1.25-2.25, B0 to 4.25, sends to 4.5, F1 to 5.5, B1 to 7.5, sends
     * to 7.75. Stage 0: B0 from 4.5 to 6.5, B1 from 7.75 to 9.75. Beside the work, F1 of stage 1 starts
     * at 4.25 and all ends 0.25 earlier. */
    world_set(w, job_of(2, 1, 2, 1, 1), 1.0, 2.0);
    w->d.send_s = 0.25;
    CHECK_NEAR(run(w, false), 9.5, 1e-12);
    w->study.job.overlap_pp = false;
    CHECK_NEAR(run(w, false), 9.75, 1e-12);
}

/* The same by messages, for stages that exchange after every slot: a forward op and a backward op, or one of them
 * alone. Of stage s, slot x, the forward op x goes to the next stage's forward op x (chunks are passed around
 * the ring: p - 1's op x to stage 0's op x + p), which it needs in its slot x, so receives in the
 * exchange after its slot x - 1. Backward ops the other way. An exchange is done when all that it sends is
 * received: when both ends have come to it, and then as many sends later as the busier end has. */
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
static double slots_pass(slots *w, const ll_durations *d)
{
    double last_s = 0;
    for (int s = 0; s < P; s++)
        for (int x = 0; x < n_slot_of(w, s); x++) {
            double work_s = 0;
            int n_send = 0;
            if (x < N_PASS) {
                const int v = chunk_of(x, false) * P + s;
                work_s += d->forward_compute_s[v];
                n_send += v < P * V - 1;
            }
            if (x >= w->warm[s]) {
                const int v = chunk_of(x - w->warm[s], true) * P + s;
                work_s += d->backward_compute_s[v];
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
    w->study.job.overlap_pp = false;
    CHECK_NEAR(run(w, false), (N_PASS + P - 1) * 3.0,
               1e-12); /* even, free sends: as by themselves */
    w->d.send_s = 0.0625;
    for (int v = 0; v < P * V; v++) {
        w->d.forward_compute_s[v] = 1 + 0.125 * ((5 * v + 2) % 7);
        w->d.backward_compute_s[v] = 2 + 0.125 * ((3 * v + 1) % 7);
    }
    slots *by_message = ll_arena_new(w->mem, slots);
    for (int s = 0; s < P; s++)
        by_message->warm[s] = 2 * (P - s - 1) + (V - 1) * P;
    double want = 0;
    for (int i = 0; i < P * N_SLOT; i++) /* until nothing changes: no chain is longer */
        want = slots_pass(by_message, &w->d);
    CHECK(fabs(slots_pass(by_message, &w->d) - want) < 1e-12, "messages have not settled");
    CHECK_NEAR(run(w, false), want, 1e-12);
    w->study.job.overlap_pp = true; /* by themselves they are faster */
    CHECK(run(w, false) < want - 1, "%g s, in step %g s", run(w, false), want);
}

/* No pipeline, 3 micro-batches of 1 + 2 s: 9 s. Gradients of the 4 layers begin to leave after the
 * first layer's backward of the last micro-batch, at 7 + 2/4 = 7.5 s.
 *   scatter 1 s:  7.5 + 1 = 8.5, but the last layer's quarter leaves after 9 s: 9.25 s
 *   scatter 4 s:  7.5 + 4 = 11.5 s
 *   not overlapped: 9 + 4 = 13 s
 * Weights: gather of 4 s in front of a forward op of 1 s: first layer there at 1 s, all at 4 s, then
 * one layer's work of 0.25 s: 4.25 s instead of 1 s, so 3.25 s later; not overlapped 4 s later. */
static void test_replicas(world *w)
{
    world_set(w, job_of(1, 1, 3, 8, 1), 1.0, 2.0);
    w->d.scatter_s[0] = 1;
    CHECK_NEAR(run(w, false), 9.25, 1e-12);
    w->d.scatter_s[0] = 4;
    CHECK_NEAR(run(w, false), 11.5, 1e-12);
    w->d.optimizer_s[0] = 0.5;
    CHECK_NEAR(run(w, false), 12, 1e-12);
    w->study.job.overlap_grad_reduce = false;
    CHECK_NEAR(run(w, false), 13.5, 1e-12);
    w->d.scatter_s[0] = w->d.optimizer_s[0] = 0;
    w->d.gather_s[0] = 4;
    CHECK_NEAR(run(w, false), 12.25, 1e-12);
    w->study.job.overlap_param_gather = false;
    CHECK_NEAR(run(w, false), 13, 1e-12);
}

/* One stage, two micro-batches of 1 + 2 s, weights of 0.5 s that come in 4 parts: the first forward starts
 * at 0.125 s and has 0.375 s beside it. Half longer while they do, it does 0.25 s of its work then and
 * ends 0.125 s later: at 1.25 s. Gradients of 0.5 s leave beside the last 3/4 of the last backward op,
 * which takes 0.5/3 s longer; their last quarter of 0.125 s after it: 1.25 + 5 + 0.5/3 + 0.125 s. */
static void test_beside(world *w)
{
    world_set(w, job_of(1, 1, 2, 2, 1), 1.0, 2.0);
    w->d.gather_s[0] = w->d.scatter_s[0] = 0.5;
    w->d.forward_beside_frac[0] = w->d.backward_beside_frac[0] = 0.5;
    CHECK_NEAR(run(w, false), 6.375 + 0.5 / 3, 1e-12);
}

/* Two stages, one micro-batch: F 0-1, 1-2, B 2-4 and 4-6. Both ends share a matrix: after 6 s, 0.5 s
 * more for both, and the optimizer of the last stage, 1 s, decides: 7.5 s instead of 6 s (whose stage 0
 * has none, while the last stage was ready at 4 s). */
static void test_tie(world *w)
{
    world_set(w, job_of(2, 1, 1, 1, 1), 1.0, 2.0);
    w->d.optimizer_s[1] = 1;
    w->d.tie_s = 0;
    CHECK_NEAR(run(w, false), 6, 1e-12);
    w->d.tie_s = 0.5;
    CHECK_NEAR(run(w, false), 7.5, 1e-12);
    w->d.tie_s = 0;
}

/* One stage, one micro-batch: the step is the slowest chip of the forward plus that of the backward
 * op within a replica, and the slowest replica. Recomputed here from the draws: chip (tp i, dp r) is
 * i + 2 r; draw 0 is the chip's own, 1 its forward op, 2 its backward op. */
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
    w->study.job.shared_scales = true;
    w->study.job.precision = LL_PRECISION_FP8;
    double slowest[2] = {0, 0};
    for (uint64_t chip = 0; chip < 10; chip++)
        for (uint64_t k = 0; k < 2; k++)
            slowest[k] = fmax(slowest[k], 1 + 0.02 * ll_rng_normal(7, chip, 0) +
                                              0.05 * ll_rng_delay(7, chip, k + 1));
    CHECK_NEAR(run(w, true), slowest[0] * 1.0 + slowest[1] * 2.0, 1e-14);
}

int main(void)
{
    MPI_Init(NULL, NULL);
    world w = {.mem = ll_arena_create("test")};
    MPI_Comm all = MPI_COMM_WORLD;
    w.comm = ll_comm_create(&all, w.mem);
    test_bubble(&w);
    test_send(&w);
    test_in_step(&w);
    test_replicas(&w);
    test_beside(&w);
    test_tie(&w);
    test_jitter(&w);
    ll_comm_destroy(w.comm);
    ll_arena_destroy(w.mem);
    int bad = LL_CHECK_RESULT;
    MPI_Finalize();
    return bad;
}
