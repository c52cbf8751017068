/* A serving iteration against what is known by hand: decoding one request streams the weights, a
 * prompt runs the GEMMs and the attention of a forward pass in training, chunks of a prompt add up
 * to the prompt, a full pipeline loses nothing but its sends. */
/* RANKS 1 */
#include "sim/step/account.h"
#include "sim/work/experts.h"
#include "sim/work/infer.h"
#include "tests/support/petsc.h"
#include "tests/toys/small_study.h"

#include <math.h>
#include <mpi.h>

typedef struct env {
    ll_arena *mem;
    ll_comm *comm;
} env;

/* 80 layers of hidden 8192 as Llama 70B has them, in 16 bits, on `chips` chips; the engine adds no
 * time. */
#define MODEL_70B                                                                   \
    "model : { name = \"m\"; layers = 80; hidden = 8192; heads = 64; kv_heads = 8;" \
    " head_dim = 128; ffn = 28672; gated = true; vocab = 128256; };"
#define SERVER                                                            \
    "server : { name = \"s\"; kernel_gap = \"0 s\"; host_time = \"0 s\";" \
    " host_time_per_request = \"0 s\"; front_end = \"0 s\"; };"
/* A chip that is never bound by FLOP when it decodes. */
#define FAST_CHIP                                                                   \
    "chip : { name = \"c\"; peak_bf16 = \"1000 TFLOP/s\"; gemm_frac_bf16 = 0.5;"    \
    " attention_frac = 0.5; attention_backward_frac = 0.25; memory = \"1 TB\";"     \
    " memory_reserved = \"0 B\"; memory_bandwidth = \"1 TB/s\"; memory_frac = 0.5;" \
    " kernel_launch = \"2 us\"; };"
#define KERNEL_FLOOR_S       2.5e-6 /* defaults of the chip */
#define ATTENTION_FLOOR_S    11e-6
#define STUDY(chips, job)    STUDY_OF(chips, SERVER "job : { precision = \"bf16\"; " job " };")
#define TRAINING(chips, job) STUDY_OF(chips, "job : { precision = \"bf16\"; " job " };")
#define STUDY_OF(chips, rest)                                                             \
    "name = \"t\"; engine : { type = \"closed\"; }; cluster : { name = \"c\"; " FAST_CHIP \
    " topology : { type = \"switch\"; name = \"star\"; size = " chips                     \
    "; bandwidth = \"50 GB/s\"; latency = \"500 ns\"; }; software = ( " SOFTWARE(         \
        "star", "3 us", "0.8") " ); }; " MODEL_70B rest

static double time_of(const env *e, const char *text)
{
    return study_run(text, 0, NULL, e->comm, e->mem).step_s;
}

/* ---- one request ---- */

/* On one chip of 1 TB/s, half of which a large copy reaches: all weights but the embedding, and the
 * keys and values of the request, once. On 8 chips an eighth of it, 161 all-reduces of 16 kB, and
 * the floors of four products and of attention in each layer, and of the output projection. */
static void check_batch_of_one(const env *e)
{
    const double hidden = 8192, kv = 8 * 128;
    const double layer = hidden * (hidden + 2 * kv) + hidden * hidden + 3 * hidden * 28672;
    const double weights_B = 2 * (80 * layer + hidden * 128256);
    const double cache_B = 2 * 2 * 80 * 1000 * kv, stream_s = (weights_B + cache_B) / 0.5e12;
    const double one_s = time_of(e, STUDY("1", "type = \"decode\"; requests = 1; context = 1000;"));
    CHECK(one_s > stream_s && one_s < 1.05 * stream_s, "%g s on one chip, %g by hand", one_s,
          stream_s);
    const ll_result r =
        study_run(STUDY("8", "type = \"decode\"; requests = 1; context = 1000; tp = 8;"), 0, NULL,
                  e->comm, e->mem);
    const ll_transfer_row *sum = study_row(&r, "tp reduce");
    CHECK_NEAR(sum->calls, 161, 1e-12);
    CHECK_NEAR(sum->size_B, 2 * hidden, 1e-12);
    const double floor_s = 80 * (4 * KERNEL_FLOOR_S + ATTENTION_FLOOR_S) + KERNEL_FLOOR_S;
    const double hand_s =
        stream_s / 8 + floor_s + sum->calls * sum->total_s + study_row(&r, "tp logits")->total_s;
    CHECK(r.step_s > hand_s && r.step_s < 1.05 * hand_s, "%g s on 8 chips, %g by hand", r.step_s,
          hand_s);
}

/* ---- a prompt, and a forward pass ---- */

static const ll_study *study_of(const env *e, const char *text)
{
    return study_make(text, 0, NULL, e->comm, e->mem);
}

static bool counts(const ll_kernel *k)
{
    return k->kind == LL_KERNEL_GEMM || k->kind == LL_KERNEL_ATTENTION;
}

/* The n-th GEMM or attention of a pass; NULL: it has fewer. */
static const ll_kernel *nth(const ll_pass *pass, int n)
{
    for (int i = 0; i < pass->n_kernel; i++)
        if (counts(&pass->kernel[i]) && n-- == 0) return &pass->kernel[i];
    return NULL;
}

static void check_prompt(const env *e)
{
    const ll_study *serve = study_of(e, STUDY("4", "type = \"prefill\"; prompt = 16384; tp = 4;"));
    const ll_study *train = study_of(
        e, TRAINING(
               "4",
               "zero = 0; sequence = 16384; global_batch = 1; tp = 4; sequence_parallel = false;"));
    const ll_batch prompt = {.n_prompt = 1, .to = 16384, .n_logits = 1};
    ll_split split = ll_layout_split(&train->layout, &train->stack, &train->model);
    ll_pass forward = ll_pass_begin(LL_PRECISION_BF16, e->mem);
    ll_layer_forward(&train->model.run[0], &split, &forward);
    split = ll_layout_split(&serve->layout, &serve->stack, &serve->model);
    split.batch = &prompt;
    split.n_token = ll_batch_tokens(&prompt);
    ll_pass own = ll_pass_begin(LL_PRECISION_BF16, e->mem);
    ll_layer_serve(&serve->model.run[0], &split, &own);
    int n = 0;
    for (; nth(&forward, n) && nth(&own, n); n++) {
        const ll_kernel *a = nth(&forward, n), *b = nth(&own, n);
        CHECK(a->kind == b->kind, "kernel %d: kinds %d, %d", n, (int)a->kind, (int)b->kind);
        const double floor_s = b->kind == LL_KERNEL_GEMM ? KERNEL_FLOOR_S : ATTENTION_FLOOR_S;
        CHECK_NEAR(ll_kernel_s(&serve->cluster.chip, b),
                   ll_kernel_s(&train->cluster.chip, a) + floor_s, 1e-12);
    }
    CHECK(n == 5 && !nth(&forward, n) && !nth(&own, n), "%d kernels", n);
}

/* ---- chunks ---- */

static void check_chunks(const env *e)
{
    const ll_study *s = study_of(e, STUDY("1", "type = \"prefill\"; prompt = 4096;"));
    const ll_batch whole = {.n_prompt = 1, .to = 4096}, first = {.n_prompt = 1, .to = 1024},
                   second = {.n_prompt = 1, .from = 1024, .to = 4096};
    CHECK_NEAR(ll_infer_flop(s, &first) + ll_infer_flop(s, &second), ll_infer_flop(s, &whole),
               1e-12);
    /* A token that decodes is a chunk of one. */
    const ll_batch decode = {.n_decode = 3, .n_new = 1, .context = 500},
                   chunk = {.n_prompt = 3, .from = 500, .to = 501};
    CHECK_NEAR(ll_infer_flop(s, &decode), ll_infer_flop(s, &chunk), 1e-12);
}

/* ---- pipeline ---- */

/* Each of 4 stages has a quarter of the layers for all 4 groups: on a fabric that is as good as
 * none, an iteration takes as long as one of a group on one chip, but that all wait for the last
 * stage, which has the output projection too. That is imbalance, and no bubble. */
static void check_pipeline(const env *e)
{
    const char *fast[] = {"cluster.topology.bandwidth=50 TB/s", "cluster.topology.latency=0 ns",
                          "cluster.software[0].launch_send=0 s", "model.layers=80"};
    const ll_result piped =
        study_run(STUDY("4", "type = \"decode\"; requests = 64; context = 700; pp = 4;"), 4, fast,
                  e->comm, e->mem);
    const double one_s = time_of(e, STUDY("1", "type = \"decode\"; requests = 16; context = 700;"));
    const double output_s = 2 * 8192.0 * 128256 / 0.5e12, want_s = one_s + 3 * output_s;
    CHECK(fabs(piped.step_s - want_s) < 0.01 * want_s, "%g s in a pipeline, %g s by hand",
          piped.step_s, want_s);
    CHECK(piped.bubble_s < 0.01 * piped.step_s, "%g s of bubble", piped.bubble_s);
}

/* ---- experts, and the cache ---- */

#define EXPERTS                                                                                   \
    "model : { name = \"e\"; layers = 4; hidden = 1024; heads = 8; kv_heads = 8; head_dim = 128;" \
    " experts = 16; top_k = 2; expert_ffn = 512; vocab = 32000; };"
#define EXPERTS_STUDY(prompt)                                                               \
    "name = \"t\"; engine : { type = \"closed\"; }; cluster : { name = \"c\"; " FAST_CHIP   \
    " topology : { type = \"switch\"; name = \"star\"; size = 4; bandwidth = \"50 GB/s\";"  \
    " latency = \"500 ns\"; }; software = ( " SOFTWARE(                                     \
        "star", "3 us", "0.8") " ); }; " EXPERTS SERVER                                     \
                               "job : { type = \"prefill\"; precision = \"bf16\"; ep = 4; " \
                               "routing = \"power\"; prompt = " prompt "; };"

/* How full the fullest rank is follows from all tokens of the prompts, not from their number. */
static void check_routed(const env *e)
{
    const ll_study *s = study_of(e, EXPERTS_STUDY("8192"));
    ll_experts of_tokens = s->layout.experts, of_prompts = of_tokens;
    ll_experts_route(&of_tokens, &s->model, 8192, s->seed, e->mem);
    ll_experts_route(&of_prompts, &s->model, 1, s->seed, e->mem);
    CHECK_NEAR(s->layout.experts.hot, of_tokens.hot, 1e-12);
    CHECK(fabs(of_tokens.hot - of_prompts.hot) > 0.01, "%g of tokens and of prompts",
          of_tokens.hot);
}

/* With half of what is free left alone, half as many requests fit, and a cache that fills the room
 * is as large as the memory. */
static void check_room(const env *e)
{
    const char *half = "server.kv_frac=0.5";
    const char *text = STUDY("4", "type = \"decode\"; requests = 4; context = 1000; tp = 4;");
    const ll_study *all = study_of(e, text), *some = study_make(text, 1, &half, e->comm, e->mem);
    const double room_B = ll_infer_cache_room_B(all, e->mem);
    const double half_B = ll_infer_cache_room_B(some, e->mem);
    ll_memory m;
    CHECK(fabs(half_B - room_B / 2) < 2, "%g and %g bytes of room", room_B, half_B);
    ll_infer_memory(some, half_B, e->mem, &m);
    CHECK(m.total_B <= m.capacity_B && m.total_B > m.capacity_B - 2, "%.17g of %.17g bytes",
          m.total_B, m.capacity_B);
}

int main(void)
{
    if (!test_petsc_begin(NULL, NULL)) return 1;
    ll_arena *mem = ll_arena_create("test");
    const MPI_Comm world = MPI_COMM_WORLD;
    const env e = {mem, ll_comm_create(&world, mem)};
    check_batch_of_one(&e);
    check_prompt(&e);
    check_chunks(&e);
    check_pipeline(&e);
    check_routed(&e);
    check_room(&e);
    ll_comm_destroy(e.comm);
    ll_arena_destroy(mem);
    test_petsc_end();
    return LL_CHECK_RESULT;
}
