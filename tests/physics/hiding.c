/* What of a transfer shows beside what hides it, as differences between two runs of one study.
 * Memory and launches cost nothing here, so a product of m x n x k takes 2 m n k / 5e11 s and a
 * ring of n members (n - 1) / n of the bytes over 80 % of the link rate. */
#include "tests/support/petsc.h"
#include "tests/support/study_make.h"

#include <mpi.h>

/* One layer of h = 1024, t = 1024 tokens; weights: qkv 1024 x 3072, proj 1024 x 1024, up and down
 * 1024 x 4096, two norms of 1024; two vocabulary matrices of 2048 x 1024. */
#define HIDING                                                                               \
    "name = \"hiding\"; engine : { type = \"closed\"; };"                                    \
    "cluster : { name = \"star\"; chip : { name = \"c\"; peak_bf16 = \"1 TFLOP/s\";"         \
    " gemm_frac_bf16 = 0.5; attention_frac = 0.5; attention_backward_frac = 0.25;"           \
    " memory = \"1 TB\"; memory_reserved = \"0 B\"; memory_bandwidth = \"10 PB/s\";"         \
    " memory_frac = 1; kernel_launch = \"0 s\"; };"                                          \
    " topology : { type = \"switch\"; name = \"s\"; size = 4; bandwidth = \"1 GB/s\";"       \
    " latency = \"0 s\"; }; software = ( " SOFTWARE(                                         \
        "s", "0 s",                                                                          \
        "0.8") " ); };"                                                                      \
               "model : { name = \"m\"; layers = 1; hidden = 1024; heads = 8; kv_heads = 8;" \
               " head_dim = 128; ffn = 4096; gated = false; vocab = 2048; };"                \
               "job : { sequence = 1024; precision = \"bf16\"; global_batch = 4; };"

enum { LAYER_PARAM = 12 * 1024 * 1024 + 2 * 1024, VOCAB_PARAM = 2048 * 1024 };

typedef struct env {
    ll_arena *mem;
    ll_comm *comm;
} env;

#define RUN(e, ...)                                                                        \
    study_run(HIDING, (int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *)), \
              (const char *[]){__VA_ARGS__}, (e)->comm, (e)->mem)

static double ring_s(double n, double size_B, double link_Bps)
{
    return (n - 1) / n * size_B / (0.8 * link_Bps);
}

/* A scatter of T seconds beside a product of C < T shows T - C: what hiding gives is C, whatever T
 * is.
 *
 *   per micro-batch     C, s, of the weights' gradients of 1 of 2 tp chips
 *   qkv                 2 * 1024 * 1024 * 1536 / 5e11
 *   up                  2 * 1024 * 1024 * 2048 / 5e11 = 8.6 ms
 *   T                   ring of 2 of 2 t h = 2,097,152 B at 100 MB/s = 13.1 ms */
static void test_scatter_longer_than_cover(const env *e)
{
    const char *two = "cluster.topology.size=2", *slow = "cluster.topology.bandwidth=100 MB/s";
    const ll_result shown = RUN(e, two, slow, "job.tp=2", "job.overlap_tp_grad=false");
    const ll_result hidden = RUN(e, two, slow, "job.tp=2", "job.overlap_tp_grad=true");
    const double n_micro = 4, cover_s = 2 * 1024.0 * 1024 * (1536 + 2048) / 5e11;
    CHECK_NEAR(shown.step_s - hidden.step_s, n_micro * cover_s, 1e-9);
}

/* Keys and values pass a ring of n = 4 beside attention, C = scores / 4 / 5e11, in n parts of which
 * one is at home. Gathers and scatters move 2 B * t * 2 kv each; both are longer than what hides
 * them.
 *
 *   pass         with all of them         without the gather       without the scatter
 *   forward      G - C 3/4                0                        G - C 3/4
 *   backward     G + S - 5 C 3/4          S - 5 C 3/4              G - 5 C 3/4 */
static void test_ring(const env *e)
{
    const ll_result r =
        RUN(e, "job.cp=4", "job.overlap_grad_reduce=false", "job.overlap_param_gather=false",
            "cluster.topology.bandwidth=500 MB/s");
    const double n_micro = 4, part_s = ring_s(4, 2.0 * 1024 * 2 * 1024, 500e6);
    const double attention_s = 4.0 * 1024 * 1024 * 1024 / 2 / 4 / 5e11;
    CHECK_NEAR(study_row(&r, "cp gather")->exposed_s, n_micro * (2 * part_s - 0.75 * attention_s),
               1e-6);
    CHECK_NEAR(study_row(&r, "cp scatter")->exposed_s, n_micro * part_s, 1e-6);
}

/* Two stages of two chunks of a layer, two micro-batches, two replicas. Gradients of a chunk leave
 * when its last backward op has ended, beside the next op of the stage, which is longer than they
 * are and loses a share `held` of their time to them. What waits for what at the end, B(chunk,
 * micro-batch), sends left out:
 *
 *   stage 1    B(3,1)   B(1,0) longer by a = held T(3)    B(1,1)
 *   stage 0             B(2,1)                            B(0,0), a later    B(0,1)
 *
 * B(0,0) starts a after B(2,1) has ended, so T(2) - a is left beside it: the step is longer by a +
 * held (T(2) - a). Chunk 3 holds a vocabulary matrix. At held = 0 sends decide, hence two shares.
 * A send of 2 t h B shares the link with gradients: for the share of a backward pass that it takes,
 * these take twice as long. Backward passes, s:
 *
 *   layer    2 * 2 t * 12 h^2 / 5e11 + 2.5 * 2 t^2 h / 2.5e11 (attention)
 *   output   2 * 2 t * 2048 h / 5e11 */
static void test_held(const env *e)
{
    const double t = 1024, h = 1024, send_s = 2 * t * h / 80e9;
    const double layer_s = 4 * t * 12 * h * h / 5e11 + 5 * t * t * h / 2.5e11;
    const double output_s = 4 * t * 2048 * h / 5e11;
    const double two_s = ring_s(2, 4.0 * LAYER_PARAM, 100e9) * (1 + send_s / layer_s);
    const double three_s =
        ring_s(2, 4.0 * (LAYER_PARAM + VOCAB_PARAM), 100e9) * (1 + send_s / (layer_s + output_s));
    static const char *const share[] = {"cluster.software[0].held_frac=0.25",
                                        "cluster.software[0].held_frac=0.5"};
    double step_s[2], more_s[2];
    for (int i = 0; i < 2; i++) {
        const double held = 0.25 * (i + 1);
        step_s[i] = RUN(e, share[i], "cluster.topology.bandwidth=100 GB/s", "model.layers=4",
                        "job.pp=2", "job.interleave=2", "job.overlap_param_gather=false")
                        .step_s;
        more_s[i] = held * three_s + held * (two_s - held * three_s);
    }
    CHECK_NEAR(step_s[1] - step_s[0], more_s[1] - more_s[0], 1e-6);
}

/* Weights and gradients of a chunk travel in parts of max(40e6, 1e6 * replicas) parameters; but for
 * one part each, of the first before and of the last after everything, they hide. 72000 * 1024
 * twice, and the layer, are 160,040,960 parameters:
 *
 *   replicas   parameters of a part   parts n   hidden
 *    2         40e6                   5         (G + S) 4/5
 *   80         80e6                   3         (G + S) 2/3 */
static void test_parts(const env *e)
{
    static const struct {
        const char *size, *batch;
        double n_replica, n_part;
    } rows[] = {{"cluster.topology.size=2", "job.global_batch=2", 2, 5},
                {"cluster.topology.size=80", "job.global_batch=80", 80, 3}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *fast = "cluster.topology.bandwidth=100 GB/s", *vocab = "model.vocab=72000";
        const ll_result hidden = RUN(e, rows[i].size, rows[i].batch, fast, vocab);
        const ll_result shown =
            RUN(e, rows[i].size, rows[i].batch, fast, vocab, "job.overlap_param_gather=false",
                "job.overlap_grad_reduce=false");
        const double both_s =
            ring_s(rows[i].n_replica, (2 + 4) * (LAYER_PARAM + 2 * 72000.0 * 1024), 100e9);
        CHECK_NEAR(shown.step_s - hidden.step_s, both_s * (1 - 1 / rows[i].n_part), 1e-6);
    }
}

/* Two replicas of two tp chips on one switch: every chip sends to its tp neighbour and to its
 * replica over one link, so while both travel each takes twice as long. Weights that may overlap,
 * in one part, still come before the first op, and are reckoned to meet tp transfers for the share
 * of a forward op that those take:
 *
 *   overlapped        G (1 + c / (c + k))      not: G
 *   c  tp transfers   6 rings of 2 t h B: 2 gathers and 2 scatters of the layer, 1 at either end
 *   k  products       2 t * (12 h^2 + 2048 h) / 2 FLOP
 *      attention      4 t^2 * 512 / 2 FLOP
 *   G                 2 B of (layer + both vocabulary matrices) / 2
 *
 * So says `flow` too, but for its queues: the pair that it is asked for takes equally long alone,
 * so that none has the wire to itself at the end. */
static void test_shared_wire(const env *e, const char *engine)
{
    const ll_result together = RUN(e, engine, "job.tp=2", "job.overlap_grad_reduce=false");
    const ll_result apart = RUN(e, engine, "job.tp=2", "job.overlap_grad_reduce=false",
                                "job.overlap_param_gather=false");
    const double comm_s = 6 * ring_s(2, 2.0 * 1024 * 1024, 1e9);
    const double kernels_s =
        (2 * 1024.0 * (12 * 1024 * 1024 + VOCAB_PARAM) / 2 + 4 * 1024.0 * 1024 * 512 / 2) / 5e11;
    const double gather_s = ring_s(2, 2 * (LAYER_PARAM + 2.0 * VOCAB_PARAM) / 2, 1e9);
    CHECK_NEAR(together.step_s - apart.step_s, gather_s * comm_s / (comm_s + kernels_s),
               strcmp(engine, "engine.type=flow") ? 1e-6 : 1e-2);
}

int main(void)
{
    if (!test_petsc_begin(NULL, NULL)) return 1;
    const MPI_Comm world = MPI_COMM_WORLD;
    env e = {.mem = ll_arena_create("test")};
    e.comm = ll_comm_create(&world, e.mem);
    test_scatter_longer_than_cover(&e);
    test_ring(&e);
    test_held(&e);
    test_parts(&e);
    test_shared_wire(&e, "engine.type=closed");
    test_shared_wire(&e, "engine.type=flow");
    ll_comm_destroy(e.comm);
    ll_arena_destroy(e.mem);
    test_petsc_end();
    return LL_CHECK_RESULT;
}
