/* 1F1B whose exchanges of tokens overlap (job.overlap_exchange), as differences between runs of one
 * study on one stage: a forward pass, n - 1 pairs, and a backward pass. */
#include "tests/support/petsc.h"
#include "tests/support/study_make.h"

#include <mpi.h>

/* 4 chips with 10 multiprocessors each. */
#define STUDY                                                                                 \
    "name = \"combined\"; engine : { type = \"closed\"; }; cluster : { name = \"c\";"         \
    " chip : { name = \"c\"; peak_bf16 = \"1 TFLOP/s\"; gemm_frac_bf16 = 0.5;"                \
    " attention_frac = 0.5; attention_backward_frac = 0.25; memory = \"1 TB\";"               \
    " memory_reserved = \"0 B\"; memory_bandwidth = \"1 TB/s\"; memory_frac = 0.5;"           \
    " multiprocessors = 10; kernel_launch = \"2 us\"; };"                                     \
    " topology : { type = \"switch\"; name = \"x\"; size = 4; bandwidth = \"50 GB/s\";"       \
    " latency = \"500 ns\"; }; software = ( " SOFTWARE(                                       \
        "*", "3 us",                                                                          \
        "0.8") " ); dispatchers = ( { library = \"d\"; rate_frac_dispatch = 0.8;"             \
               " rate_frac_combine = 0.8; multiprocessors = 2; } ); };"                       \
               "model : { name = \"m\"; layers = 4; hidden = 768; heads = 12; kv_heads = 12;" \
               " head_dim = 64; experts = 16; top_k = 2; expert_ffn = 1536; vocab = 3000; };" \
               "job : { sequence = 1536; precision = \"bf16\"; global_batch = 8; ep = 4;"     \
               " zero = 0; dispatcher = \"distinct\"; overlap_grad_reduce = false;"           \
               " overlap_param_gather = false; };"

typedef struct env {
    ll_arena *mem;
    ll_comm *comm;
} env;

#define RUN(e, ...)                                                                       \
    study_run(STUDY, (int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *)), \
              (const char *[]){__VA_ARGS__}, (e)->comm, (e)->mem)

/* What the pairs of a step hide, in seconds; n_pair of them hide n_pair times as much as one. */
static double hidden_s(const env *e, const char *batch, const char *wire)
{
    const ll_result apart = RUN(e, batch, wire);
    const ll_result pairs = RUN(e, batch, wire, "job.overlap_exchange=true");
    return apart.step_s - pairs.step_s;
}

static void test_pairs_alone_hide(const env *e)
{
    static const char *const wires[] = {"cluster.topology.bandwidth=50 GB/s",
                                        "cluster.topology.bandwidth=2 GB/s"};
    for (int i = 0; i < 2; i++) {
        const double one_s = hidden_s(e, "job.global_batch=8", wires[i]);
        CHECK_NEAR(hidden_s(e, "job.global_batch=4", wires[i]) + 1, 1, 1e-12);
        CHECK(one_s > 0, "%s: a pair hides %g s", wires[i], one_s);
        CHECK_NEAR(hidden_s(e, "job.global_batch=20", wires[i]), 4 * one_s, 1e-6);
    }
}

/* Kernels of pairs that are without n of 10 multiprocessors all the time take 10 / (10 - n) of
 * their time: with 2 a quarter more, with 5 twice as long, if exchanges take no time. */
static void test_reserved(const env *e)
{
    const char *fast = "cluster.topology.bandwidth=1 PB/s", *pairs = "job.overlap_exchange=true";
    const char *reserve = "job.reserve_exchange=true";
    static const char *const held[] = {"cluster.dispatchers[0].multiprocessors=2",
                                       "cluster.dispatchers[0].multiprocessors=5"};
    double more_s[2];
    for (int i = 0; i < 2; i++)
        more_s[i] =
            RUN(e, fast, pairs, held[i], reserve).step_s - RUN(e, fast, pairs, held[i]).step_s;
    CHECK(more_s[0] > 0, "%g s", more_s[0]);
    CHECK_NEAR(more_s[1], 4 * more_s[0], 1e-3);
}

int main(void)
{
    if (!test_petsc_begin(NULL, NULL)) return 1;
    const MPI_Comm world = MPI_COMM_WORLD;
    env e = {.mem = ll_arena_create("test")};
    e.comm = ll_comm_create(&world, e.mem);
    test_pairs_alone_hide(&e);
    test_reserved(&e);
    ll_comm_destroy(e.comm);
    ll_arena_destroy(e.mem);
    test_petsc_end();
    return LL_CHECK_RESULT;
}
