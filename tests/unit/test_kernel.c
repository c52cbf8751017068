/* Kernels by themselves: GEMMs in waves of tiles, and lists of kernels. */
#include "sim/machine/kernel.h"
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
    c.memory_frac = c.stream_frac = c.gemm_sustained = 1;
    return c;
}

/* m x k by k x n, with results of 2 B. */
static double gemm_s(const ll_chip *chip, double m, double n, double k)
{
    return ll_kernel_matmul_s(chip, LL_PRECISION_BF16, &(ll_matmul){1, m, n, k, 2});
}

/* Four multiprocessors, a peak of 1e12, free memory: tiles of the result fill whole waves of four,
 * or not; what does not is split along k, as long as that is cheaper than adding up the parts. */
static void test_waves(void)
{
    ll_chip chip = pure_chip();
    chip.n_multiprocessor = 4;
    const int bf16 = LL_PRECISION_BF16;
    const double tile_s = 2 * 128 * 128 * 1024.0 * 4 / 1e12; /* one of 128 x 128 x 1024, on one */
    /* 16 of 128 x 128: 4 waves; none is lost. */
    CHECK_NEAR(gemm_s(&chip, 512, 512, 1024), 4 * tile_s, 1e-12);
    /* 500 rows cost as much as 512. */
    CHECK_NEAR(gemm_s(&chip, 500, 512, 1024), 4 * tile_s, 1e-12);
    /* 5 tiles: 20 quarters in 5 waves of a quarter each. */
    CHECK_NEAR(gemm_s(&chip, 640, 128, 1024), 1.25 * tile_s, 1e-12);
    /* Each wave also waits for its first operands, for as long as half a tile takes: one wave of
     * three tiles of 256 x 128 is better than five of quarters. */
    chip.tile_fill_s = tile_s / 2;
    CHECK_NEAR(gemm_s(&chip, 640, 128, 1024), 2.5 * tile_s, 1e-12);
    chip.tile_fill_s = 0;
    /* At 10 GB/s writing 81920 results takes 16.4 us at 2 B, 278.5 us with the parts of four, 147.5
     * us with those of two: whole, ten tiles of 64 x 128 in three waves of 67.1 us each are the
     * least. They add up in squares with what is read, (640 + 128) * 1024 * 2 = 1.57 MB, and write.
     */
    chip.memory_Bps = 1e10;
    const double read_B = 768 * 1024 * 2.0;
    double want_s = hypot(1.5 * tile_s + 163840 / 1e10, (read_B + 163840) / 1e10);
    CHECK_NEAR(gemm_s(&chip, 640, 128, 1024), want_s, 1e-12);
    /* Added to 32 bits that are read first: 8 B. */
    ll_matmul sum = {1, 640, 128, 1024, 8};
    want_s = hypot(1.5 * tile_s + 655360 / 1e10, (read_B + 655360) / 1e10);
    CHECK_NEAR(ll_kernel_matmul_s(&chip, bf16, &sum), want_s, 1e-12);
    /* At 100 GB/s parts are cheaper: 20 halves of 64 x 128 in five waves leave no unit idle, and
     * each half is written and read again in 32 bits, 8 B more. */
    chip.memory_Bps = 1e11;
    const double written_B = 81920 * (2 + 2 * 8.0);
    want_s = hypot(1.25 * tile_s + written_B / 1e11, (read_B + written_B) / 1e11);
    CHECK_NEAR(gemm_s(&chip, 640, 128, 1024), want_s, 1e-12);
    /* Three heads of one tile each are one wave. */
    ll_matmul heads = {3, 128, 128, 1024, 2};
    chip.memory_Bps = 1e30;
    CHECK_NEAR(ll_kernel_matmul_s(&chip, bf16, &heads), 0.75 * tile_s, 1e-12);
    chip.n_multiprocessor = 0; /* not known */
    CHECK_NEAR(gemm_s(&chip, 500, 512, 1024), 2 * 500 * 512 * 1024.0 / 1e12, 1e-12);
}

/* Five experts of 64 rows each, 64 x 128 tiles on 4 multiprocessors: as a batch of five equal
 * GEMMs. With 64 + 192 + 64 rows they are five tiles of 64 x 128 too, and the FLOP are the same. */
static void test_grouped(void)
{
    ll_chip chip = pure_chip();
    chip.n_multiprocessor = 4;
    const double equal[] = {64, 64, 64, 64, 64}, uneven[] = {64, 192, 64};
    ll_kernel k = {.kind = LL_KERNEL_GROUPED_GEMM,
                   .precision = LL_PRECISION_BF16,
                   .gemm = {1, 0, 128, 1024, 2},
                   .n_group = 5,
                   .rows = equal};
    const ll_matmul batch = {5, 64, 128, 1024, 2};
    const double want_s = ll_kernel_matmul_s(&chip, LL_PRECISION_BF16, &batch);
    CHECK_NEAR(ll_kernel_s(&chip, &k), want_s, 1e-12);
    k.n_group = 3;
    k.rows = uneven;
    CHECK_NEAR(ll_kernel_s(&chip, &k), want_s, 1e-12);
}

/* MLA before its keys are absorbed: 192 for scores, 128 for values. Forward q k and p v; backward
 * the scores again, the gradients of q and k (192 each) and those of p and v (128 each). */
static void test_attention(void)
{
    const ll_attention_shape mla = {2, 16, 16, 1024, 1024, 192, 128, 0.5, 1, 0};
    const double scores = 2.0 * 16 * 1024 * 1024 / 2, row = 2.0 * 1024 * 2;
    const ll_kernel forward = ll_kernel_attention(&mla, false, LL_PRECISION_BF16);
    const ll_kernel backward = ll_kernel_attention(&mla, true, LL_PRECISION_BF16);
    CHECK_NEAR(forward.flop, scores * 2 * (192 + 128), 1e-12);
    CHECK_NEAR(backward.flop, scores * 2 * (3 * 192 + 2 * 128), 1e-12);
    CHECK_NEAR(forward.bytes, row * 16 * (192 + 192 + 128 + 128), 1e-12);
    CHECK_NEAR(backward.bytes, 2 * forward.bytes, 1e-12);
    CHECK_NEAR(forward.keys, 512, 1e-12);
    /* In a ring of four each call sees a quarter of the keys. */
    ll_attention_shape ring = mla;
    ring.n_call = 4;
    CHECK_NEAR(ll_kernel_attention(&ring, false, LL_PRECISION_BF16).keys, 128, 1e-12);
}

/* Time of causal attention of 8 heads over that at 4096 keys and width 128, per FLOP. */
static double attention_loss(const ll_chip *chip, double n, double score, double value,
                             bool backward)
{
    const ll_attention_shape shape = {1, 8, 8, n, n, score, value, 0.5, 1, 0};
    const ll_kernel k = ll_kernel_attention(&shape, backward, LL_PRECISION_BF16);
    return ll_kernel_s(chip, &k) * 1e12 / k.flop;
}

/* A ramp of 512 keys: 1024 keys a row get 2/3 of what infinitely many do, 4096 get 8/9. A softmax
 * of 32 values: heads of 32 get half of it, those of 128 4/5, those of 160 in the mean 5/6. 4
 * blocks of 8 heads keep half of 64 multiprocessors busy. */
static void test_attention_shape(void)
{
    ll_chip chip = pure_chip();
    chip.attention_ramp = 512;
    chip.attention_backward_ramp = 1024;
    CHECK_NEAR(attention_loss(&chip, 8192, 128, 128, false), 1, 1e-12);
    CHECK_NEAR(attention_loss(&chip, 2048, 128, 128, false), 8.0 / 9 * 3 / 2, 1e-12);
    CHECK_NEAR(attention_loss(&chip, 2048, 128, 128, true), 4.0 / 5 * 2, 1e-12);
    chip.attention_width = 32;
    CHECK_NEAR(attention_loss(&chip, 8192, 32, 32, false), 4.0 / 5 * 2, 1e-12);
    CHECK_NEAR(attention_loss(&chip, 8192, 192, 128, false), 4.0 / 5 * 6 / 5, 1e-12);
    chip.attention_ramp = 0;
    chip.n_multiprocessor = 64;
    CHECK_NEAR(attention_loss(&chip, 512, 128, 128, false), 2, 1e-12);
    CHECK_NEAR(attention_loss(&chip, 8192, 128, 128, false), 1, 1e-12);
}

/* Each kernel counts to its share, and is launched once. */
static void test_list(void)
{
    ll_chip chip = pure_chip();
    chip.memory_Bps = 1e12;
    chip.launch_s = 1e-6;
    const ll_kernel list[] = {
        {.kind = LL_KERNEL_STREAM, .share = LL_SHARE_STREAM, .bytes = 3e6},
        {.kind = LL_KERNEL_GEMM,
         .share = LL_SHARE_ATTENTION,
         .precision = LL_PRECISION_BF16,
         .n_part = 1,
         .gemm = {1, 64, 64, 64, 2}},
        {.kind = LL_KERNEL_GEMM,
         .share = LL_SHARE_GEMM,
         .precision = LL_PRECISION_BF16,
         .n_part = 1,
         .gemm = {1, 128, 128, 128, 2}},
        {.kind = LL_KERNEL_STREAM, .share = LL_SHARE_STREAM, .bytes = 4e6},
    };
    double each_s[4];
    const ll_compute c = ll_kernel_list_cost(&chip, 4, list, each_s);
    CHECK_NEAR(c.stream_s, 7e-6, 1e-12);
    CHECK_NEAR(c.attention_s, gemm_s(&chip, 64, 64, 64), 1e-12);
    CHECK_NEAR(c.gemm_s, gemm_s(&chip, 128, 128, 128), 1e-12);
    CHECK_NEAR(c.launch_s, 4e-6, 1e-12);
    CHECK_NEAR(each_s[0] + each_s[1] + each_s[2] + each_s[3] + c.launch_s, ll_compute_total_s(&c),
               1e-12);
}

int main(void)
{
    test_waves();
    test_grouped();
    test_attention();
    test_attention_shape();
    test_list();
    return LL_CHECK_RESULT;
}
