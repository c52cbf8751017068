/* Kernels of a layer: with an unlimited memory and no launches, time is FLOP over peak, and the FLOP of
 * all chips together are those of the model. */
#include "sim/work/layer.h"
#include "tests/support/check.h"

/* A chip whose peak is 1e12 in every precision, that reaches it, with free memory. */
static ll_chip pure_chip(void)
{
    ll_chip c = {.name = "pure", .attention_frac = 1, .attention_backward_frac = 1};
    for (int p = 0; p < LL_N_PRECISION; p++) {
        c.peak_flop_per_s[p] = 1e12;
        c.gemm_frac[p] = 1;
    }
    c.memory_Bps = 1e30;
    c.memory_frac = c.memory_sustained = 1;
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
                      .gated = true,
                      .rotary = true};
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
                    .fused_attention = true,
                    .grad_fusion = true};
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

/* Unfused, as in 2022: 4096 queries x 2048 keys x 8 heads = 67,108,864 scores, all of them in products
 * of 2 * 128 FLOP. t h = 4,194,304. Streamed beyond what fused software streams, forward:
 *   scores 9 * 67108864, output copied 4 t h, bias 4 t 2048 less rotary 4 t 1536, masks 2 t h
 *   = 603979776 + 16777216 + 8388608 + 8388608 = 637,534,208 B
 * backward:
 *   scores 11 * 67108864, copied 4 t h, biases 2 t (2048 + 8192), norms' weights 2 * 4 t h,
 *   dropout and its bias 2 * 7 t h, less rotary 4 t 1536
 *   = 738197504 + 16777216 + 83886080 + 33554432 + 58720256 - 25165824 = 905,969,664 B
 * Each product reads or writes the scores and two of queries, keys, values, outputs, 2 * (67108864 + 2 * 4194304) B;
 * and their time adds up in squares with that of multiplying. */
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
    const double product_s = hypot(2 * 128 * 67108864.0 / 1e12, 2 * (67108864.0 + 8388608) / 1e12);
    CHECK_NEAR(unfused.forward.stream_s - fused.forward.stream_s, 637534208.0 / 1e12, 1e-9);
    CHECK_NEAR(unfused.backward.stream_s - fused.backward.stream_s, 905969664.0 / 1e12, 1e-9);
    CHECK_NEAR(unfused.forward.attention_s, 2 * product_s, 1e-12);
    CHECK_NEAR(unfused.backward.attention_s, 4 * product_s, 1e-12);
}

/* Biases of 16 sequences and heads times 2048 x 2048 scores, not fused: written (2 B) by a kernel, read (2 B)
 * by the product that writes the scores. */
static void test_alibi(void)
{
    ll_chip chip = pure_chip();
    chip.memory_Bps = 1e12;
    ll_model model = small_model();
    ll_job job = small_job(1, 1);
    ll_layer_time plain, biased;
    job.fused_attention = false;
    chip.n_multiprocessor = 4;
    ll_kernel_layer(&chip, &model, &job, &plain);
    model.alibi = true;
    ll_kernel_layer(&chip, &model, &job, &biased);
    const double n_score = 16.0 * 2048 * 2048;
    CHECK_NEAR(biased.forward.stream_s - plain.forward.stream_s, 2 * n_score / 1e12, 1e-9);
    const double read_B = 2 * 2 * 16 * 2048 * 128.0, multiply_s = 2 * 128 * n_score / 1e12;
    double scores_s[2]; /* by 2 and by 4 B that are written */
    for (int i = 0; i < 2; i++) {
        const double written_B = 2 * (i + 1) * n_score;
        scores_s[i] = hypot(multiply_s + written_B / 1e12, (read_B + written_B) / 1e12);
    }
    CHECK_NEAR(biased.forward.attention_s - plain.forward.attention_s, scores_s[1] - scores_s[0],
               1e-9);
    CHECK_NEAR(ll_compute_total_s(&biased.backward), ll_compute_total_s(&plain.backward), 1e-12);
}

/* FP8, against BF16. Forward: inputs of the attention's and the feed-forward network's last product are
 * cast, 4 B each: 4096 * (1024 + 4096); the others leave a norm as they are needed. The 15,728,640
 * weights are cast once in 4 micro-batches: 83886080 + 15728640 B. Backward: gradients of the four
 * results, 4096 * (1024 + 8192 + 1024 + 2048), 4 B each; two gathered inputs are turned, 2 B each:
 * 201326592 + 16777216 B. FP4: 3 B each, and 2 before for the maximum of the tensor; norms are cast like the others,
 * as their maxima are not known when they are written: forward 5 * (20971520 + 2 * 4194304 + 15728640 / 4), backward
 * 5 * 50331648 and 1 B each for the two that are turned, 8388608. */
static void test_casts(void)
{
    ll_chip chip = pure_chip();
    chip.memory_Bps = 1e12;
    ll_model model = small_model();
    ll_job job = small_job(1, 1);
    ll_layer_time wide, narrow;
    ll_kernel_layer(&chip, &model, &job, &wide);
    job.precision = LL_PRECISION_FP8;
    ll_kernel_layer(&chip, &model, &job, &narrow);
    CHECK_NEAR(narrow.forward.stream_s - wide.forward.stream_s, 99614720.0 / 1e12, 1e-9);
    CHECK_NEAR(narrow.backward.stream_s - wide.backward.stream_s, 218103808.0 / 1e12, 1e-9);
    job.precision = LL_PRECISION_FP4;
    chip.peak_flop_per_s[LL_PRECISION_FP4] = 4e12;
    chip.gemm_frac[LL_PRECISION_FP4] = 1;
    ll_kernel_layer(&chip, &model, &job, &narrow);
    CHECK_NEAR(narrow.forward.stream_s - wide.forward.stream_s, 166461440.0 / 1e12, 1e-9);
    CHECK_NEAR(narrow.backward.stream_s - wide.backward.stream_s, 260046848.0 / 1e12, 1e-9);
}

/* Gradients of the 15,728,640 weights in 32 bits, added up by kernels of their own: 16 bits read, 32 read
 * and written, 10 B each. Sharded ones are not added up. */
static void test_grad_fusion(void)
{
    ll_chip chip = pure_chip();
    chip.memory_Bps = 1e12;
    ll_model model = small_model();
    ll_job job = small_job(1, 1);
    ll_layer_time fused, apart;
    ll_kernel_layer(&chip, &model, &job, &fused);
    job.grad_fusion = false;
    ll_kernel_layer(&chip, &model, &job, &apart);
    CHECK_NEAR(apart.backward.stream_s - fused.backward.stream_s, 157286400.0 / 1e12, 1e-9);
    /* Widened first: 16 bits read, 32 written, and then 32 read instead of 16: 8 B more each. */
    job.grad_widen = true;
    ll_kernel_layer(&chip, &model, &job, &apart);
    CHECK_NEAR(apart.backward.stream_s - fused.backward.stream_s, 283115520.0 / 1e12, 1e-9);
    /* Into a buffer of 16 bits there is nothing to widen: 2 + 4 B. */
    job.grad_precision = 1;
    ll_kernel_layer(&chip, &model, &job, &apart);
    CHECK_NEAR(apart.backward.stream_s - fused.backward.stream_s, 94371840.0 / 1e12, 1e-9);
    job.zero = 2;
    ll_kernel_layer(&chip, &model, &job, &apart);
    CHECK_NEAR(apart.backward.stream_s, fused.backward.stream_s, 1e-12);
}

/* PyTorch's own kernels, backward. Biases' gradients are sums over results of 2048 + 1024 + 8192 + 1024
 * columns, 2 B; two norms' weights read 4 B of 1024 columns again; gradients of queries, keys and
 * values, 2048 columns, are read and written: 4096 * (2 * 12288 + 2 * 4 * 1024 + 4 * 2048) B.
 * Sharded: 15,728,640 gradients are put together, 4 B, and divided, 4 B. Adam moves 80 B instead of 28. */
static void test_eager(void)
{
    ll_chip chip = pure_chip();
    chip.memory_Bps = 1e12;
    ll_model model = small_model();
    ll_job job = small_job(1, 1);
    ll_layer_time fused, eager;
    ll_kernel_layer(&chip, &model, &job, &fused);
    const double adam_s = ll_kernel_optimizer_s(&chip, &job, 1e9);
    job.eager = true;
    ll_kernel_layer(&chip, &model, &job, &eager);
    CHECK_NEAR(eager.forward.stream_s, fused.forward.stream_s, 1e-12);
    CHECK_NEAR(eager.backward.stream_s - fused.backward.stream_s, 167772160.0 / 1e12, 1e-9);
    CHECK_NEAR(ll_kernel_optimizer_s(&chip, &job, 1e9) - adam_s, 0.052, 1e-9);
    job.zero = 3;
    ll_kernel_layer(&chip, &model, &job, &eager);
    CHECK_NEAR(eager.backward.stream_s - fused.backward.stream_s, 293601280.0 / 1e12, 1e-9);
}

/* Queries and keys, 1024 + 512 columns of 4096 tokens, are read and written once more where positions turn
 * them, and so are their gradients. */
static void test_rotary(void)
{
    ll_chip chip = pure_chip();
    chip.memory_Bps = 1e12;
    ll_model model = small_model();
    ll_job job = small_job(1, 1);
    ll_layer_time turned, learned;
    ll_kernel_layer(&chip, &model, &job, &turned);
    model.rotary = false;
    ll_kernel_layer(&chip, &model, &job, &learned);
    CHECK_NEAR(turned.forward.stream_s - learned.forward.stream_s, 25165824.0 / 1e12, 1e-9);
    CHECK_NEAR(turned.backward.stream_s - learned.backward.stream_s, 25165824.0 / 1e12, 1e-9);
}

/* The rate given is that of 4096 keys a row; with a ramp of 1024, rows of 2048 tokens, which see 1024, get
 * (1024 / 2048) / (4096 / 5120) = 0.625 of it; split over two chips they see 512 a call, 5/12. */
static void test_attention_ramp(void)
{
    ll_chip chip = pure_chip();
    ll_model model = small_model();
    chip.attention_ramp = 1024;
    for (int cp = 1; cp <= 2; cp++) {
        ll_job job = small_job(1, cp);
        const double left = cp == 1 ? 0.625 : 5.0 / 12;
        ll_layer_time t;
        ll_kernel_layer(&chip, &model, &job, &t);
        CHECK_NEAR(t.forward.attention_s, 17179869184.0 / cp / 1e12 / left, 1e-12);
        CHECK_NEAR(t.backward.attention_s, 2.5 * 17179869184.0 / cp / 1e12 / left, 1e-12);
    }
}

/* Attention over sequences split between 2 chips, each of which sees the parts of both, in bytes per token that
 * its kernels would not stream alone: partial results in 16 bits are read (2 B) and added, forward to 32 bits
 * that are read and written (8 B), backward to 16 bits (4 B).
 *
 *              columns                          bytes per token and part
 *   forward    outputs 1024                     2 + 4 + 4
 *   backward   queries 1024, keys and           2 + 2 + 2
 *              values 512 each
 *
 * The chips have half of the 4096 tokens each, and 2 parts: 4096 tokens times columns and bytes on each. */
static void test_split_sequence(void)
{
    ll_chip chip = pure_chip();
    chip.memory_Bps = 1e12;
    ll_model model = small_model();
    ll_job one = small_job(1, 1), two = small_job(1, 2);
    ll_layer_time alone, half;
    ll_kernel_layer(&chip, &model, &one, &alone);
    ll_kernel_layer(&chip, &model, &two, &half);
    CHECK_NEAR(half.forward.stream_s - alone.forward.stream_s / 2, 4096 * 1024 * 10.0 / 1e12, 1e-9);
    CHECK_NEAR(half.backward.stream_s - alone.backward.stream_s / 2, 4096 * 2048 * 6.0 / 1e12,
               1e-9);
}

/* Four multiprocessors, a peak of 1e12, free memory: tiles of the result fill whole waves of four, or
 * not; what does not is split along k, as long as that is cheaper than adding up the parts. */
static void test_waves(void)
{
    ll_chip chip = pure_chip();
    chip.n_multiprocessor = 4;
    const int bf16 = LL_PRECISION_BF16;
    const double tile_s = 2 * 128 * 128 * 1024.0 * 4 / 1e12; /* one of 128 x 128 x 1024, on one */
    /* 16 of 128 x 128: 4 waves; none is lost. */
    CHECK_NEAR(ll_kernel_gemm_s(&chip, bf16, 512, 512, 1024), 4 * tile_s, 1e-12);
    /* 500 rows cost as much as 512. */
    CHECK_NEAR(ll_kernel_gemm_s(&chip, bf16, 500, 512, 1024), 4 * tile_s, 1e-12);
    /* 5 tiles: 20 quarters in 5 waves of a quarter each. */
    CHECK_NEAR(ll_kernel_gemm_s(&chip, bf16, 640, 128, 1024), 1.25 * tile_s, 1e-12);
    /* Each wave also waits for its first operands, for as long as half a tile takes: one wave of three
     * tiles of 256 x 128 is better than five of quarters. */
    chip.tile_fill_s = tile_s / 2;
    CHECK_NEAR(ll_kernel_gemm_s(&chip, bf16, 640, 128, 1024), 2.5 * tile_s, 1e-12);
    chip.tile_fill_s = 0;
    /* At 10 GB/s writing 81920 results takes 16.4 us at 2 B, 278.5 us with the parts of four, 147.5 us
     * with those of two: whole, ten tiles of 64 x 128 in three waves of 67.1 us each are the least. They add up
     * in squares with what is read, (640 + 128) * 1024 * 2 = 1.57 MB, and write. */
    chip.memory_Bps = 1e10;
    const double read_B = 768 * 1024 * 2.0;
    double want_s = hypot(1.5 * tile_s + 163840 / 1e10, (read_B + 163840) / 1e10);
    CHECK_NEAR(ll_kernel_gemm_s(&chip, bf16, 640, 128, 1024), want_s, 1e-12);
    /* Added to 32 bits that are read first: 8 B. */
    ll_matmul sum = {1, 640, 128, 1024, 8};
    want_s = hypot(1.5 * tile_s + 655360 / 1e10, (read_B + 655360) / 1e10);
    CHECK_NEAR(ll_kernel_matmul_s(&chip, bf16, &sum), want_s, 1e-12);
    /* Three heads of one tile each are one wave. */
    ll_matmul heads = {3, 128, 128, 1024, 2};
    chip.memory_Bps = 1e30;
    CHECK_NEAR(ll_kernel_matmul_s(&chip, bf16, &heads), 0.75 * tile_s, 1e-12);
    chip.n_multiprocessor = 0; /* not known */
    CHECK_NEAR(ll_kernel_gemm_s(&chip, bf16, 500, 512, 1024), 2 * 500 * 512 * 1024.0 / 1e12, 1e-12);
}

/* The 640 x 128 x 1024 of above at 100 GB/s. Whole, ten tiles of 64 x 128 are three waves; in halves along k they
 * are five waves of half the work. Each half is a partial sum of 32 bits, written and read: 8 B, and so 16
 * beside the result's 2.
 *
 *   parts   waves of halves of 128 x 128   written B         multiplying, with writing
 *   1       3 * 1/2 = 1.5                  2 * 81920         201.3 + 1.6 us
 *   2       5 * 1/4 = 1.25                 (2 + 16) * 81920  167.8 + 14.7 us
 *   4       5 * 1/4 (of 128 x 128)         (2 + 32) * 81920  167.8 + 27.9 us */
static void test_partial_sums(void)
{
    ll_chip chip = pure_chip();
    chip.n_multiprocessor = 4;
    chip.memory_Bps = 1e11;
    const double tile_s = 2 * 128 * 128 * 1024.0 * 4 / 1e12, written_B = (2 + 16) * 81920.0;
    const double read_B = 2 * (640 + 128) * 1024.0;
    CHECK_NEAR(ll_kernel_gemm_s(&chip, LL_PRECISION_BF16, 640, 128, 1024),
               hypot(1.25 * tile_s + written_B / 1e11, (read_B + written_B) / 1e11), 1e-12);
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

/* Hidden tp transfers cut the first product, 4096 x 512 x 1024 on one of four, into four parts. A chip of
 * 100 multiprocessors, in waves of 128 x 128 x 1024 tiles. Whole: 128 tiles, 7 parts along k each, 896
 * in 9 waves: 9/7. In parts of 32 tiles, three side by side: 96 in a wave; then 32, 3 parts along k
 * each, 96 in a wave: 1 + 1/3. */
static void test_parts(void)
{
    ll_chip chip = pure_chip();
    chip.n_multiprocessor = 100;
    ll_model model = small_model();
    ll_job job = small_job(4, 1);
    const double wave_s = 2 * 128 * 128 * 1024.0 * 100 / 1e12;
    ll_layer_time t;
    ll_kernel_layer(&chip, &model, &job, &t);
    CHECK_NEAR(t.product[LL_QKV].forward_s, wave_s * 9 / 7, 1e-12);
    job.overlap_tp = true;
    ll_kernel_layer(&chip, &model, &job, &t);
    CHECK_NEAR(t.product[LL_QKV].forward_s, wave_s * 4 / 3, 1e-12);
}

/* 1e9 weights at 1 TB/s. 32-bit gradients: cleared 4, norm 4, clipped 8, Adam 28, weights 6: 50 B. With
 * 16 bits: cleared 2, copied 6, and the rest 46: 54 B. fp16 is unscaled: 8 more. Four replicas scale
 * the gradients first, 8 B, and share all but clearing and that: 12 + 46 / 4 B. */
static void test_optimizer(void)
{
    ll_chip chip = pure_chip();
    ll_job job = small_job(1, 1);
    chip.memory_Bps = 1e12;
    CHECK_NEAR(ll_kernel_optimizer_s(&chip, &job, 1e9), 0.050, 1e-12);
    job.grad_precision = 1;
    CHECK_NEAR(ll_kernel_optimizer_s(&chip, &job, 1e9), 0.054, 1e-12);
    job.precision = LL_PRECISION_FP16;
    CHECK_NEAR(ll_kernel_optimizer_s(&chip, &job, 1e9), 0.062, 1e-12);
    job = small_job(1, 1);
    job.dp = 4;
    job.zero = 1;
    CHECK_NEAR(ll_kernel_optimizer_s(&chip, &job, 1e9), 0.0235, 1e-12);
    job.zero = 2;
    CHECK_NEAR(ll_kernel_optimizer_s(&chip, &job, 1e9), 0.0145, 1e-12);
}

int main(void)
{
    test_flop();
    test_model_flop();
    test_roofline();
    test_recompute();
    test_unfused();
    test_alibi();
    test_casts();
    test_grad_fusion();
    test_eager();
    test_attention_ramp();
    test_rotary();
    test_split_sequence();
    test_waves();
    test_partial_sums();
    test_parts();
    test_product();
    test_optimizer();
    return LL_CHECK_RESULT;
}
