/* Kernels of a layer: with an unlimited memory and no launches, time is FLOP over peak, and the FLOP of
 * all chips together are those of the model. */
#include "sim/kernel.h"
#include "tests/check.h"

/* A chip whose peak is 1e12 in every precision, that reaches it, with free memory. */
static ll_chip pure_chip(void)
{
    ll_chip c = {.name = "pure", .attention_frac = 1, .attention_backward_frac = 1};
    for (int p = 0; p < LL_N_PRECISION; p++) {
        c.peak_flop_per_s[p] = 1e12;
        c.gemm_frac[p] = 1;
    }
    c.memory_Bps = 1e30;
    c.memory_frac = 1;
    return c;
}

static ll_model small_model(void)
{
    return (ll_model){.name = "small",
                      .n_layer = 4,
                      .hidden = 1024,
                      .n_head = 8,
                      .n_kv_head = 4,
                      .head_dim = 128,
                      .ffn = 4096,
                      .vocab = 32000,
                      .gated = true};
}

static ll_job small_job(int64_t tp, int64_t cp)
{
    return (ll_job){.seq = 2048,
                    .global_batch = 8,
                    .micro_batch = 2,
                    .precision = LL_PRECISION_BF16,
                    .tp = tp,
                    .cp = cp,
                    .pp = 1,
                    .dp = 1,
                    .interleave = 1,
                    .sequence_parallel = true,
                    .fused_attention = true};
}

/* Weights of a layer: q and o 1024 x 1024, k and v 1024 x 512, three of 1024 x 4096:
 * 2 * 1048576 + 2 * 524288 + 3 * 4194304 = 15,728,640. Tokens: 2 * 2048 = 4096.
 * Products: 2 * 4096 * 15728640 = 128,849,018,880 FLOP.
 * Scores, causal: half of 2 products * 2 * 2 sequences * 2048^2 * 1024 = 17,179,869,184 FLOP. */
static void test_flop(void)
{
    ll_chip chip = pure_chip();
    ll_model model = small_model();
    const double gemm_flop = 128849018880.0, score_flop = 17179869184.0;
    for (int64_t tp = 1; tp <= 4; tp *= 2) {
        for (int64_t cp = 1; cp <= 2; cp++) {
            ll_job job = small_job(tp, cp);
            double chips = (double)(tp * cp);
            ll_layer_time t;
            ll_kernel_layer(&chip, &model, &job, &t);
            CHECK_NEAR(t.forward.gemm_s * chips, gemm_flop / 1e12, 1e-12);
            CHECK_NEAR(t.forward.attention_s * chips, score_flop / 1e12, 1e-12);
            CHECK_NEAR(t.backward.gemm_s * chips, 2 * gemm_flop / 1e12, 1e-12);
            CHECK_NEAR(t.backward.attention_s * chips, 2.5 * score_flop / 1e12, 1e-12);
        }
    }
}

/* The whole model, forward, is a third of the step's work: layers and output projection. */
static void test_model_flop(void)
{
    ll_chip chip = pure_chip();
    ll_model model = small_model();
    ll_job job = small_job(2, 1);
    ll_layer_time layer, output;
    ll_kernel_layer(&chip, &model, &job, &layer);
    ll_kernel_output(&chip, &model, &job, &output);
    double forward_flop =
        1e12 * 2 * (4 * (layer.forward.gemm_s + layer.forward.attention_s) + output.forward.gemm_s);
    CHECK_NEAR(2 * ll_model_flop_per_sequence(&model, 2048), 3 * forward_flop, 1e-12);
}

/* A product bound by memory: m = n = k = 16 at 2 B, 3 * 256 * 2 = 1536 B read and written; and the
 * precision decides the rate: at twice the peak a large product takes half the time. */
static void test_roofline(void)
{
    ll_chip chip = pure_chip();
    ll_model model = small_model();
    ll_job job = small_job(1, 1);
    ll_layer_time fast, slow;
    chip.peak_flop_per_s[LL_PRECISION_FP8] = 2e12;
    ll_kernel_layer(&chip, &model, &job, &slow);
    job.precision = LL_PRECISION_FP8;
    ll_kernel_layer(&chip, &model, &job, &fast);
    CHECK_NEAR(fast.forward.gemm_s, slow.forward.gemm_s / 2, 1e-12);
    CHECK_NEAR(fast.forward.attention_s, slow.forward.attention_s, 1e-12);
    job.precision = LL_PRECISION_BF16;
    chip.memory_Bps = 1e3; /* so slow that bytes decide: q and o, k and v, up and gate, down */
    ll_kernel_layer(&chip, &model, &job, &slow);
    double t = 4096, h = 1024, qkv = 2048, ffn = 4096;
    double bytes = 2 * ((t * h + h * qkv + t * qkv) + (t * h + h * h + t * h) +
                        (t * h + h * 2 * ffn + t * 2 * ffn) + (t * ffn + ffn * h + t * h));
    CHECK_NEAR(slow.forward.gemm_s, bytes / 1e3, 1e-12);
}

/* Full recomputation adds a forward pass to the backward one, selective adds the attention core. */
static void test_recompute(void)
{
    ll_chip chip = pure_chip();
    chip.launch_s = 1e-6;
    ll_model model = small_model();
    ll_job job = small_job(1, 1);
    ll_layer_time none, selective, full;
    ll_kernel_layer(&chip, &model, &job, &none);
    job.recompute = LL_RECOMPUTE_SELECTIVE;
    ll_kernel_layer(&chip, &model, &job, &selective);
    job.recompute = LL_RECOMPUTE_FULL;
    ll_kernel_layer(&chip, &model, &job, &full);
    CHECK_NEAR(ll_compute_total_s(&full.backward),
               ll_compute_total_s(&none.backward) + ll_compute_total_s(&none.forward), 1e-12);
    CHECK_NEAR(ll_compute_total_s(&selective.backward),
               ll_compute_total_s(&none.backward) + none.forward.attention_s + 1e-6, 1e-12);
    CHECK_NEAR(ll_compute_total_s(&full.forward), ll_compute_total_s(&none.forward), 1e-12);
}

/* Unfused, every score passes the memory: 4096 queries x 2048 keys x 8 heads = 67,108,864, 13 B each
 * forward and 19 B backward; and backward has no products to repeat. */
static void test_unfused(void)
{
    ll_chip chip = pure_chip();
    chip.memory_Bps = 1e12;
    ll_model model = small_model();
    ll_job job = small_job(1, 1);
    ll_layer_time fused, unfused;
    ll_kernel_layer(&chip, &model, &job, &fused);
    job.fused_attention = false;
    ll_kernel_layer(&chip, &model, &job, &unfused);
    const double score = 67108864;
    CHECK_NEAR(unfused.forward.stream_s - fused.forward.stream_s, 13 * score / 1e12, 1e-9);
    CHECK_NEAR(unfused.backward.stream_s - fused.backward.stream_s, 19 * score / 1e12, 1e-9);
    CHECK_NEAR(unfused.backward.attention_s, fused.backward.attention_s * 2 / 2.5, 1e-12);
}

/* Products by their weights, which have h = 1024 rows or columns and 2048 (qkv), 1024, 2 * 4096 and 4096
 * of the other: 2 t h x FLOP forward, and as many for each of the two gradients. */
static void test_product(void)
{
    ll_chip chip = pure_chip();
    ll_model model = small_model();
    ll_job job = small_job(1, 1);
    ll_layer_time t;
    ll_kernel_layer(&chip, &model, &job, &t);
    const double other[LL_N_PRODUCT] = {2048, 1024, 8192, 4096};
    for (int i = 0; i < LL_N_PRODUCT; i++) {
        const double want_s = 2 * 4096.0 * 1024 * other[i] / 1e12;
        CHECK_NEAR(t.product[i].forward_s, want_s, 1e-9);
        CHECK_NEAR(t.product[i].input_s, want_s, 1e-9);
        CHECK_NEAR(t.product[i].weight_s, want_s, 1e-9);
    }
}

/* Adam over 1e9 parameters at 1 TB/s: 4 + 12 + 12 + 2 = 30 B each, 30 ms. */
static void test_optimizer(void)
{
    ll_chip chip = pure_chip();
    ll_job job = small_job(1, 1);
    chip.memory_Bps = 1e12;
    CHECK_NEAR(ll_kernel_optimizer_s(&chip, &job, 1e9), 0.030, 1e-12);
    job.grad_precision = 1;
    CHECK_NEAR(ll_kernel_optimizer_s(&chip, &job, 1e9), 0.028, 1e-12);
}

int main(void)
{
    test_flop();
    test_model_flop();
    test_roofline();
    test_recompute();
    test_unfused();
    test_product();
    test_optimizer();
    return LL_CHECK_RESULT;
}
