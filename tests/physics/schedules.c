/* What pipeline schedules promise: the bubbles and the activations of their papers, and what pairs
 * and split backward passes hide. */
#include "sim/schedule/schedule.h"
#include "tests/support/petsc.h"
#include "tests/support/study_make.h"
#include "tests/toys/schedule_pair.h"
#include "tests/toys/schedule_split.h"

#include <mpi.h>

/* ---- Bubbles ---- */

/* Time of all slots of a stage. */
static double busy_s(const ll_schedule_type *type, const ll_pipe *pipe, int64_t stage,
                     const ll_uniform *pass, ll_arena *mem)
{
    const double length_s[] = {[LL_SLOT_FORWARD] = pass->forward_s,
                               [LL_SLOT_BACKWARD] = pass->input_s + pass->weight_s,
                               [LL_SLOT_BACKWARD_INPUT] = pass->input_s,
                               [LL_SLOT_BACKWARD_WEIGHT] = pass->weight_s,
                               [LL_SLOT_PAIR] = pass->pair_s};
    const int64_t n = type->n_slot(pipe, stage);
    ll_slot *slot = ll_arena_array(mem, n, ll_slot);
    double sum_s = 0;
    type->order(pipe, stage, slot);
    for (int64_t i = 0; i < n; i++)
        sum_s += length_s[slot[i].kind];
    return sum_s;
}

/* Idle time of the stage that is idle the longest. */
static double idle_s(const ll_schedule_type *type, int64_t p, int64_t inter, int64_t m,
                     const ll_uniform *pass, ll_arena *mem)
{
    const ll_pipe pipe = {p, inter, m};
    double most_s = 0;
    for (int64_t s = 0; s < p; s++)
        most_s = fmax(most_s, type->uniform_s(&pipe, pass) - busy_s(type, &pipe, s, pass, mem));
    return most_s;
}

/* As the papers have them, with F = B >= W and F&B a pair; their DualPipe calls B what are B and W
 * here, and PP the chunks of a V.
 *
 *   1F1B (Narayanan et al. 2021)      (p - 1) (F + B + W)
 *   ... interleaved, chunks           the same
 *   breadth first (Lamy-Poirier)      the same
 *   ZB-H1 (Qi et al. 2024)            (p - 1) (F + B - W)
 *   ZB-V, F = B = W                   (p - 1) F, of the start alone
 *   DualPipe (DeepSeek-V3, table 2)   (p/2 - 1) (F&B + B + W - 3W)
 *   DualPipeV, 2p chunks              (p - 1) (F&B + B + W - 3W) */
static void test_bubbles(ll_arena *mem)
{
    static const ll_uniform passes[] = {{1, 1, 1, 3}, {1, 1, 1, 2.25}, {1, 1, 0.5, 2}};
    for (int i = 0; i < 3; i++)
        for (int64_t p = 2; p <= 16; p += 2)
            for (int64_t m = 2 * p; m <= 4 * p; m += p) {
                const ll_uniform *u = &passes[i];
                const double f = u->forward_s, b = u->input_s, w = u->weight_s;
                const double way = (double)p - 1, pair = u->pair_s + b + w - 3 * w;
                CHECK_NEAR(idle_s(&ll_schedule_one_f_one_b, p, 1, m, u, mem), way * (f + b + w), 0);
                CHECK_NEAR(idle_s(&ll_schedule_one_f_one_b, p, 3, m, u, mem), way * (f + b + w), 0);
                CHECK_NEAR(idle_s(&ll_schedule_breadth_first, p, 3, m, u, mem), way * (f + b + w),
                           0);
                CHECK_NEAR(idle_s(&ll_schedule_zb_h1, p, 1, m, u, mem), way * (f + b - w), 0);
                if (i < 2) CHECK_NEAR(idle_s(&ll_schedule_zb_v, p, 2, m, u, mem), way * f, 0);
                CHECK_NEAR(idle_s(&ll_schedule_dualpipe, p, 1, m, u, mem),
                           ((double)p / 2 - 1) * pair, 0);
                CHECK_NEAR(idle_s(&ll_schedule_dualpipe_v, p, 2, m, u, mem), way * pair, 0);
            }
}

/* Activations, in sets of a chunk: all micro-batches in breadth first; p of a stage in ZB-H1 and
 * ZB-V, as in 1F1B (a chunk in a V is half a stage); PP + 1 in DualPipe and DualPipeV. */
static void test_activations(void)
{
    for (int64_t p = 2; p <= 16; p += 2)
        for (int64_t m = 2 * p; m <= 4 * p; m += p)
            for (int64_t s = 0; s < p; s++) {
                const ll_pipe one = {p, 1, m}, two = {p, 2, m};
                CHECK(ll_schedule_one_f_one_b.in_flight(&one, s) == p - s &&
                          ll_schedule_breadth_first.in_flight(&two, s) == 2 * m &&
                          ll_schedule_zb_h1.in_flight(&one, s) == p &&
                          ll_schedule_zb_v.in_flight(&two, s) == 2 * p &&
                          ll_schedule_dualpipe.in_flight(&one, s) == p + 1 &&
                          ll_schedule_dualpipe_v.in_flight(&two, s) == 2 * p + 1,
                      "stage %lld of %lld, %lld micro-batches", (long long)s, (long long)p,
                      (long long)m);
            }
}

/* ---- Whole studies ---- */

/* One layer of h = 1024, t = 1024 tokens on two tp chips; weights: qkv 1024 x 3072, proj 1024 x
 * 1024, up and down 1024 x 4096; two vocabulary matrices of 2048 x 1024. Memory and launches cost
 * nothing. One stage and 4 micro-batches. */
#define STUDY                                                                                \
    "name = \"schedules\"; engine : { type = \"closed\"; };"                                 \
    "cluster : { name = \"star\"; chip : { name = \"c\"; peak_bf16 = \"1 TFLOP/s\";"         \
    " gemm_frac_bf16 = 0.5; attention_frac = 0.5; attention_backward_frac = 0.25;"           \
    " memory = \"1 TB\"; memory_reserved = \"0 B\"; memory_bandwidth = \"10 PB/s\";"         \
    " memory_frac = 1; kernel_launch = \"0 s\"; };"                                          \
    " topology : { type = \"switch\"; name = \"s\"; size = 2; bandwidth = \"1 GB/s\";"       \
    " latency = \"0 s\"; }; software = ( " SOFTWARE(                                         \
        "s", "0 s",                                                                          \
        "0.8") " ); };"                                                                      \
               "model : { name = \"m\"; layers = 1; hidden = 1024; heads = 8; kv_heads = 8;" \
               " head_dim = 128; ffn = 4096; gated = false; vocab = 2048; };"                \
               "job : { sequence = 1024; precision = \"bf16\"; global_batch = 4; tp = 2; };"

typedef struct env {
    ll_arena *mem;
    ll_comm *comm;
} env;

static double step_s(const env *e, const ll_schedule_type *schedule, int n, const char *const *set)
{
    ll_result r = {0};
    ll_error err;
    ll_error_init(&err);
    ll_study *s = study_make(STUDY, n, set, e->comm, e->mem);
    s->layout.schedule = schedule;
    CHECK(ll_run(s, e->comm, e->mem, &r, &err) == LL_OK, "%s", err.text);
    return r.step_s;
}

/* Transfers of tensor parallelism are no exchanges of tokens: they stand between kernels of one
 * stream, and are waited for in a pair as in passes that run alone, whether they are longer or
 * shorter than its kernels. */
static void test_pair(const env *e)
{
    static const char *const links[] = {"cluster.topology.bandwidth=1 GB/s",
                                        "cluster.topology.bandwidth=50 MB/s"};
    for (int i = 0; i < 2; i++) {
        const char *set[] = {links[i], "job.sequence_parallel=false", "job.overlap_tp=false",
                             "job.overlap_tp_grad=false"};
        CHECK_NEAR(step_s(e, &ll_schedule_pair, 4, set),
                   step_s(e, &ll_schedule_one_f_one_b, 4, set), 1e-12);
    }
}

/* Scatters that are longer than the weight gradients C beside them, those of qkv and up, show C
 * more once these run later:
 *
 *   C   2 t h (1536 + 2048) / 5e11 in each of 4 micro-batches */
static void test_halves(const env *e)
{
    const char *set[] = {"cluster.topology.bandwidth=100 MB/s", "job.overlap_tp_grad=true"};
    const double cover_s = 2 * 1024.0 * 1024 * (1536 + 2048) / 5e11;
    CHECK_NEAR(step_s(e, &ll_schedule_split, 2, set) - step_s(e, &ll_schedule_one_f_one_b, 2, set),
               4 * cover_s, 1e-9);
}

/* Two stages, two layers and two copies of the model. A stage sends half of the gradients of both
 * its chunks, 4 B each, and half of their weights, 2 B: 3 B of all weights. Not sharded over other
 * replicas, as there are none. */
static void test_copies(const env *e)
{
    const char *set[] = {"model.layers=2", "job.tp=1", "job.pp=2", "job.schedule=dualpipe"};
    const ll_result r = study_run(STUDY, 4, set, e->comm, e->mem);
    const double h = 1024, n_param = 2 * (12 * h * h + 2 * h) + 2 * 2048 * h;
    CHECK_NEAR(study_row(&r, "copy send")->size_B, 3 * n_param, 1e-12);
    CHECK_NEAR(study_row(&r, "copy send")->exposed_s, 3 * n_param / 0.8e9, 1e-6);
}

int main(void)
{
    if (!test_petsc_begin(NULL, NULL)) return 1;
    const MPI_Comm world = MPI_COMM_WORLD;
    env e = {.mem = ll_arena_create("test")};
    e.comm = ll_comm_create(&world, e.mem);
    test_bubbles(e.mem);
    test_activations();
    test_pair(&e);
    test_halves(&e);
    test_copies(&e);
    ll_comm_destroy(e.comm);
    ll_arena_destroy(e.mem);
    test_petsc_end();
    return LL_CHECK_RESULT;
}
