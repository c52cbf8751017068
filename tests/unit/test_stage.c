/* Layers dealt to chunks, and memory derived by hand. */
#include "sim/work/stage.h"
#include "tests/support/check.h"

static ll_model model_of(int64_t n_layer)
{
    return (ll_model){.name = "m",
                      .n_layer = n_layer,
                      .hidden = 1024,
                      .n_head = 8,
                      .n_kv_head = 8,
                      .head_dim = 128,
                      .ffn = 4096,
                      .vocab = 1000};
}

static ll_job job_of(int64_t pp, int64_t interleave)
{
    return (ll_job){.seq = 1000,
                    .global_batch = 64,
                    .micro_batch = 1,
                    .precision = LL_PRECISION_BF16,
                    .tp = 1,
                    .cp = 1,
                    .pp = pp,
                    .dp = 1,
                    .interleave = interleave,
                    .sequence_parallel = true,
                    .fused_attention = true};
}

static void test_deal(void)
{
    for (int64_t n_layer = 8; n_layer < 130; n_layer += 7) {
        for (int64_t pp = 1; pp <= 4; pp++) {
            for (int64_t inter = 1; inter <= 2; inter++) {
                for (int ends = 0; ends < 2; ends++) {
                    ll_model m = model_of(n_layer);
                    ll_job job = job_of(pp, inter);
                    job.embedding_as_layer = ends;
                    int64_t sum = 0, n_chunk = pp * inter;
                    double n_param = 0;
                    for (int64_t v = 0; v < n_chunk; v++) {
                        sum += ll_stage_n_layer(&m, &job, v);
                        n_param += ll_stage_param(&m, &job, v);
                    }
                    CHECK(sum == n_layer, "%lld of %lld", (long long)sum, (long long)n_layer);
                    CHECK_NEAR(n_param + 1024, ll_model_param(&m), 1e-12);
                }
            }
        }
    }
}

/* 126 layers over 64 chunks with the ends counted: 128 units, two each; the first and the last chunk
 * have one layer (Llama 3.1 405B with PP 8, VP 8). */
static void test_deal_ends(void)
{
    ll_model m = model_of(126);
    ll_job job = job_of(8, 8);
    job.embedding_as_layer = true;
    for (int64_t v = 0; v < 64; v++) {
        int64_t want = v == 0 || v == 63 ? 1 : 2;
        CHECK(ll_stage_n_layer(&m, &job, v) == want, "chunk %lld", (long long)v);
    }
}

/* One layer of width h = 1024, plain ffn 4h, 16 bits, t = 1000 tokens, in bytes per token:
 * inputs and outputs of two norms 2 * (2h + 2h) = 8h; q, k, v 6h; attention output 2h; ffn up 8h and
 * activation 8h: 32h (Korthikanti et al. 2022 have 34h: their two dropout masks are the other 2h). */
static void test_memory(void)
{
    ll_model m = model_of(8);
    ll_job job = job_of(1, 1);
    ll_chip chip = {.name = "c", .memory_B = 1e12, .memory_reserved_B = 7};
    ll_memory mem;
    ll_error err;
    ll_error_init(&err);
    CHECK(ll_stage_memory(NULL, &chip, &m, &job, &mem, &err) == LL_OK, "%s", err.text);
    CHECK_NEAR(mem.activations_B, 8.0 * 1000 * 32 * 1024, 1e-12);
    double n_param = ll_model_param(&m) - 1024;
    CHECK_NEAR(mem.weights_B, 2 * n_param, 1e-12);
    CHECK_NEAR(mem.gradients_B, 4 * n_param, 1e-12);
    CHECK_NEAR(mem.optimizer_B, 12 * n_param, 1e-12); /* zero = 0 and one replica */
    CHECK_NEAR(mem.logits_B, 6.0 * 1000 * 1000, 1e-12);

    /* Unfused: masks of two dropouts, 2h; and 5 a s more, a = 8 heads, s = 1000, but not if the core is computed
     * again: Korthikanti et al. 2022, table 2. */
    job.fused_attention = false;
    ll_stage_memory(NULL, &chip, &m, &job, &mem, &err);
    CHECK_NEAR(mem.activations_B, 8.0 * 1000 * (34 * 1024 + 5 * 8 * 1000), 1e-12);
    job.recompute = LL_RECOMPUTE_SELECTIVE;
    ll_stage_memory(NULL, &chip, &m, &job, &mem, &err);
    CHECK_NEAR(mem.activations_B, 8.0 * 1000 * 34 * 1024, 1e-12);
    job.recompute = LL_RECOMPUTE_NONE;
    job.fused_attention = true;

    job.dp = 4;
    job.zero = 1;
    ll_stage_memory(NULL, &chip, &m, &job, &mem, &err);
    CHECK_NEAR(mem.optimizer_B, 3 * n_param, 1e-12);
    CHECK_NEAR(mem.gradients_B, 4 * n_param, 1e-12);
    job.zero = 2;
    ll_stage_memory(NULL, &chip, &m, &job, &mem, &err);
    CHECK_NEAR(mem.gradients_B, n_param, 1e-12);
    /* Sharded: two layers and both vocabulary matrices are whole while they are used. */
    job.zero = 3;
    ll_stage_memory(NULL, &chip, &m, &job, &mem, &err);
    double whole = 2 * ll_model_layer_param(&m) + 2 * ll_model_embedding_param(&m);
    CHECK_NEAR(mem.weights_B, 2 * (n_param / 4 + whole), 1e-12);
    CHECK_NEAR(mem.gradients_B, 4 * (n_param / 4 + whole), 1e-12);
    /* Through lists: twice the largest matrix, 1024 x 4096; twice a vocabulary's that is larger. */
    job.gather_lists = true;
    ll_stage_memory(NULL, &chip, &m, &job, &mem, &err);
    CHECK_NEAR(mem.weights_B, 2 * (n_param / 4 + 2.0 * 1024 * 4096), 1e-12);
    CHECK_NEAR(mem.gradients_B, 4 * (n_param / 4 + 2.0 * 1024 * 4096), 1e-12);
    m.vocab = 8192;
    ll_stage_memory(NULL, &chip, &m, &job, &mem, &err);
    n_param = ll_model_param(&m) - 1024;
    CHECK_NEAR(mem.weights_B, 2 * (n_param / 4 + 2.0 * 1024 * 8192), 1e-12);
}

/* 1F1B keeps as many micro-batches on stage 0 as there are stages: 4 of a quarter of the layers. With
 * two chunks each, 2 * 3 + 1 * 4 + 1 = 11 of an eighth. */
static void test_in_flight(void)
{
    ll_model m = model_of(8);
    ll_chip chip = {.name = "c", .memory_B = 1e12};
    ll_job job = job_of(4, 1);
    ll_memory mem;
    ll_error err;
    ll_error_init(&err);
    double layer_B = 1000.0 * 32 * 1024;
    ll_stage_memory(NULL, &chip, &m, &job, &mem, &err);
    CHECK_NEAR(mem.activations_B, 4 * 2 * layer_B, 1e-12);
    job.interleave = 2;
    ll_stage_memory(NULL, &chip, &m, &job, &mem, &err);
    CHECK_NEAR(mem.activations_B, 11 * 1 * layer_B, 1e-12);
}

int main(void)
{
    test_deal();
    test_deal_ends();
    test_memory();
    test_in_flight();
    return LL_CHECK_RESULT;
}
