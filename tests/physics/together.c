/* Streams that are on the wire together: how much they slow each other down, and what a send
 * between stages does to the passes beside it. Memory and launches cost nothing here; every chip
 * has one link of 1 GB/s to a switch, so what it sends at once shares that link. */
#include "sim/step/account.h"
#include "tests/support/petsc.h"
#include "tests/support/study_make.h"

#include <math.h>
#include <mpi.h>

#define TOGETHER                                                                             \
    "name = \"together\"; engine : { type = \"closed\"; };"                                  \
    "cluster : { name = \"star\"; chip : { name = \"c\"; peak_bf16 = \"1 TFLOP/s\";"         \
    " gemm_frac_bf16 = 0.5; attention_frac = 0.5; attention_backward_frac = 0.25;"           \
    " memory = \"1 TB\"; memory_reserved = \"0 B\"; memory_bandwidth = \"10 PB/s\";"         \
    " memory_frac = 1; kernel_launch = \"0 s\"; };"                                          \
    " topology : { type = \"switch\"; name = \"s\"; size = 16; bandwidth = \"1 GB/s\";"      \
    " latency = \"0 s\"; }; software = ( " SOFTWARE(                                         \
        "s", "0 s",                                                                          \
        "0.8") " ); };"                                                                      \
               "model : { name = \"m\"; layers = 2; hidden = 1024; heads = 8; kv_heads = 8;" \
               " head_dim = 128; ffn = 4096; gated = false; vocab = 2048; };"                \
               "job : { sequence = 1024; precision = \"bf16\"; global_batch = 2; };"

typedef struct env {
    ll_arena *mem;
    ll_comm *comm;
} env;

enum { TP = 1 << LL_STREAM_TP, CP = 1 << LL_STREAM_CP };
enum { PP = 1 << LL_STREAM_PP, DP = 1 << LL_STREAM_DP, EP = 1 << LL_STREAM_EP };

/* Prices of the study with a set of keys; the caller destroys the pricer. */
static ll_ladder ladder_make(const env *e, int n_set, const char *const *set, ll_pricer **pricer)
{
    const ll_study *study = study_make(TOGETHER, n_set, set, e->comm, e->mem);
    ll_error err;
    ll_ladder ladder;
    ll_error_init(&err);
    ll_status status = ll_pricer_create(study, e->comm, e->mem, pricer, &err);
    LL_ASSERT(status == LL_OK, "%s", err.text);
    status = ll_ladder_make(study, *pricer, e->comm, e->mem, &ladder, &err);
    LL_ASSERT(status == LL_OK, "%s", err.text);
    return ladder;
}

/* tp 2 x cp 2 x pp 2 x dp 2. Each chip sends one flow of each stream over its link, so of n
 * streams each takes n times as long as alone: 2 for pairs, 3 for three. */
static void test_sets(const env *e)
{
    const char *set[] = {"job.tp=2", "job.cp=2", "job.pp=2"};
    static const unsigned sets[] = {TP | DP, CP | DP,      TP | PP,     CP | PP,
                                    PP | DP, TP | PP | DP, CP | PP | DP};
    ll_pricer *pricer;
    const ll_ladder ladder = ladder_make(e, 3, set, &pricer);
    CHECK(ladder.graph->n_together == 7, "%d sets", ladder.graph->n_together);
    for (int i = 0; i < 7; i++)
        for (int s = 0; s < LL_N_STREAM; s++)
            if (sets[i] >> s & 1)
                CHECK_NEAR(ll_prices_slow(ladder.prices, 0, sets[i], (ll_stream)s),
                           __builtin_popcount(sets[i]), 1e-12);
    ll_pricer_destroy(pricer);
}

/* An exchange of tokens among 16 chips has 15 flows on each link, the ring of gradients beside it
 * one. With all 16 at the same rate the exchange takes 16/15 of its time alone; the ring has sent
 * 1/15 of its bytes by then, and has the link to itself for the rest: 2 of its time alone. */
static void test_exchange(const env *e)
{
    static const char *const engine[] = {"engine.type=closed", "engine.type=flow"};
    for (int i = 0; i < 2; i++) {
        const char *set[] = {"model.experts=16",     "model.top_k=1", "model.expert_ffn=1024",
                             "model.dense_layers=1", "job.ep=16",     "job.global_batch=16",
                             "job.zero=0",           engine[i]};
        ll_pricer *pricer;
        const ll_ladder ladder = ladder_make(e, 8, set, &pricer);
        const double ring = ll_prices_slow(ladder.prices, 0, DP | EP, LL_STREAM_DP);
        const double tokens = ll_prices_slow(ladder.prices, 0, DP | EP, LL_STREAM_EP);
        CHECK(fabs(ring - 2) < 1e-2, "%s: ring %.6f", engine[i], ring);
        CHECK(fabs(tokens - 16. / 15) < 1e-2, "%s: exchange %.6f", engine[i], tokens);
        ll_pricer_destroy(pricer);
    }
}

static double step_s(const env *e, int n_set, const char *const *set)
{
    return study_run(TOGETHER, n_set, set, e->comm, e->mem).step_s;
}

/* Two stages of two tp chips, one micro-batch, one layer each; sends of half of 2 t h B overlap
 * with nothing that could wait, so they only make the path longer:
 *
 *   path      F0 send F1 B1 send B0
 *   pass      k kernels + c tp transfers, which are twice as long while a send is on the wire,
 *             reckoned as the share s / (k + c) of every pass: c (1 + s / (k + c))
 *   send      s, twice as long for the share c' of passes that tp transfers take, c' after the
 *             passes are stretched, over all passes
 *
 * Not overlapped, sends meet nothing: 2 s and plain passes. The difference is the sum over the
 * four passes of c s / (k + c), and 2 s c'. Times of the passes by hand:
 *
 *   r   ring of 2 of 2 t h B at 0.8 GB/s
 *   F0  layer 4 r, embedding 1 r          F1  layer 4 r, output 1 r
 *   B0  layer 4 r - hidden, embedding 1 r   B1  the same with the output
 *
 * where of backward scatters and second gathers only what their GEMMs do not hide is exposed: with
 * GEMMs at 5e11 FLOP/s, 6.4 and 8.6 ms against r = 1.3 ms, all of it is hidden: 2 r are left. */
static void test_send(const env *e)
{
    const char *set[] = {"cluster.topology.size=4",
                         "job.tp=2",
                         "job.pp=2",
                         "job.global_batch=1",
                         "cluster.jitter.op=0",
                         "cluster.jitter.chip=0",
                         "job.overlap_pp=true"};
    const double t = 1024, h = 1024, r = 2 * t * h / 2 / 0.8e9, s = t * h / 0.8e9;
    const double layer_s = 2 * t * (12 * h * h) / 2 / 5e11, vocab_s = 2 * t * h * 1024 / 5e11;
    const double scores_s = 4 * t * t * 512 / 2 / 5e11;
    const struct {
        double k, c;
    } pass[] = {{layer_s + scores_s, 5 * r},                       /* F0 */
                {layer_s + scores_s + vocab_s, 5 * r},             /* F1 */
                {2 * layer_s + 5 * scores_s + 2 * vocab_s, 3 * r}, /* B1 */
                {2 * layer_s + 5 * scores_s, 3 * r}};              /* B0 */
    double more_s = 0, comm_s = 0, all_s = 0;
    for (int i = 0; i < 4; i++) {
        const double add_s = pass[i].c * s / (pass[i].k + pass[i].c);
        more_s += add_s;
        comm_s += pass[i].c + add_s;
        all_s += pass[i].k + pass[i].c + add_s;
    }
    more_s += 2 * s * comm_s / all_s;
    const double overlapped_s = step_s(e, 7, set);
    set[6] = "job.overlap_pp=false";
    CHECK_NEAR(overlapped_s - step_s(e, 7, set), more_s, 1e-6);
}

int main(void)
{
    if (!test_petsc_begin(NULL, NULL)) return 1;
    const MPI_Comm world = MPI_COMM_WORLD;
    env e = {.mem = ll_arena_create("test")};
    e.comm = ll_comm_create(&world, e.mem);
    test_sets(&e);
    test_exchange(&e);
    test_send(&e);
    ll_comm_destroy(e.comm);
    ll_arena_destroy(e.mem);
    test_petsc_end();
    return LL_CHECK_RESULT;
}
