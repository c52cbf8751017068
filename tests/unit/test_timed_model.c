/* Kernels alone: rooflines by hand, and what a table does to them. */
#include "sim/machine/kernel.h"
#include "sim/machine/timed_tables.h"

#include "tests/support/check.h"

#include <string.h>

static ll_chip chip_by_hand(void)
{
    return (ll_chip){.name = "c",
                     .peak_flop_per_s = {[LL_PRECISION_BF16] = 1e15, [LL_PRECISION_FP8] = 2e15},
                     .gemm_frac = {[LL_PRECISION_BF16] = 0.5, [LL_PRECISION_FP8] = 0.5},
                     .attention_frac = 0.5,
                     .memory_Bps = 1e12,
                     .memory_frac = 0.5,
                     .stream_frac = 0.8,
                     .kernel_floor_s = 2e-6,
                     .attention_floor_s = 10e-6,
                     .quantise_s = {[LL_TIMED_FP8] = 9e-6},
                     .measured_as = ""};
}

static ll_timed product(ll_timed_precision p, double m, double n, double k, double us)
{
    return (ll_timed){LL_TIMED_GEMM, p, NULL, "", {m, n, k}, us * 1e-6};
}

/* 1024 x 1024 x 1024: 2^31 FLOP at 5e14 are 4.295 us; 3 x 2^21 bytes at 5e11 are 12.583 us; the
 * root of the sum of squares is 13.296 us, and 2 us more. FP8: 2.147 us, 2^22 B in 8.389 us, root
 * 8.659 us; the floor, 9 us, and 5 x 2^20 B at 7e11 in 7.490 us. */
static void test_product(void)
{
    const ll_chip chip = chip_by_hand();
    const ll_timed wide = product(LL_TIMED_BF16, 1024, 1024, 1024, 0);
    const ll_timed narrow = product(LL_TIMED_FP8, 1024, 1024, 1024, 0);
    const ll_timed none = product(LL_TIMED_FP4, 1024, 1024, 1024, 0);
    CHECK_NEAR(ll_timed_roofline_s(&chip, &wide), 15.296e-6, 1e-4);
    CHECK_NEAR(ll_timed_roofline_s(&chip, &narrow), 27.149e-6, 1e-4);
    CHECK(ll_timed_has_model(&none) && !(ll_timed_roofline_s(&chip, &none) > 0), "no FP4");
    double before_s = 0;
    for (double m = 1; m < 1e5; m *= 1.3) {
        const ll_timed t = product(LL_TIMED_FP8, m, 3000, 5000, 0);
        CHECK(ll_timed_roofline_s(&chip, &t) >= before_s, "m = %g takes less than fewer rows", m);
        before_s = ll_timed_roofline_s(&chip, &t);
    }
}

/* What goes on for seconds is slower; what tables time is short. 2^37 FLOP at half of 5e14 take
 * 549.8 us, 3 x 2^25 bytes at 5e11 201.3 us. Of h800 and the like: names. */
static void test_short(void)
{
    ll_chip chip = chip_by_hand();
    const ll_timed t = product(LL_TIMED_BF16, 4096, 4096, 4096, 0);
    const double short_s = ll_timed_roofline_s(&chip, &t);
    chip.gemm_sustained = 0.5;
    CHECK(!(ll_timed_roofline_s(&chip, &t) > short_s), "%g", short_s);
    const ll_matmul p = {1, 4096, 4096, 4096, 2};
    CHECK_NEAR(ll_kernel_matmul_s(&chip, LL_PRECISION_BF16, &p), 585.46e-6, 1e-4);
    chip.name = "H100 SXM";
    chip.measured_as = "h100_sxm h800";
    CHECK(ll_timed_is_chip(&chip, "h100_sxm") && ll_timed_is_chip(&chip, "H800"), "own names");
    CHECK(ll_timed_is_chip(&chip, NULL) && ll_timed_is_chip(&chip, "h100-sxm"),
          "none, and its own");
    CHECK(!ll_timed_is_chip(&chip, "h200_sxm") && !ll_timed_is_chip(&chip, "h80"), "others");
}

/* One query over 1024 keys of 8 heads and 32 sequences: 2^27 bytes in 268.4 us, and the floor.
 * Causal attention of 4096 tokens, 8 heads: 256 x 2^24 x 8 FLOP at 5e14 are 68.72 us, 32 x 128 x
 * 4096 values of 2 bytes take 67.11 us, twice that to prepare them, and 10 + 2 x 2 us of floors. */
static void test_attention(void)
{
    const ll_chip chip = chip_by_hand();
    const ll_timed decode = {LL_TIMED_DECODE, LL_TIMED_BF16,     NULL,
                             "bfloat16",      {1024, 32, 8, 32}, 0};
    const ll_timed fp8 = {LL_TIMED_DECODE, LL_TIMED_BF16, NULL, "fp8", {1024, 32, 8, 32}, 0};
    const ll_timed prefill = {LL_TIMED_PREFILL, LL_TIMED_BF16,   NULL,
                              "bfloat16",       {4096, 8, 8, 1}, 0};
    CHECK_NEAR(ll_timed_roofline_s(&chip, &decode), 278.4e-6, 1e-3);
    CHECK_NEAR(ll_timed_roofline_s(&chip, &fp8), 144.2e-6, 1e-3);
    CHECK_NEAR(ll_timed_roofline_s(&chip, &prefill), 216.94e-6, 1e-3);
}

/* A norm of 1000 rows, 32768 bytes each, at 0.8 of 5e11 B/s: 81.92 us and the floor. A product
 * alone is the linear layer less 9 us and 5 x 2^20 B at 7e11. */
static void test_small(void)
{
    const ll_chip chip = chip_by_hand();
    const ll_kernel_tables none = {0};
    const ll_timed norm = {LL_TIMED_SMALL, LL_TIMED_BF16, NULL, "", {1000, 32768}, 0};
    const ll_timed other = {LL_TIMED_SMALL, LL_TIMED_BF16, NULL, "", {1000, 0}, 0};
    CHECK_NEAR(ll_timed_predict_s(&chip, &none, &norm, NULL), 83.92e-6, 1e-4);
    CHECK(!ll_timed_has_model(&other), "of no known size");
    ll_timed alone = product(LL_TIMED_FP8, 1024, 1024, 1024, 0);
    alone.variant = LL_TIMED_ALONE;
    CHECK_NEAR(ll_timed_predict_s(&chip, &none, &alone, NULL), 10.659e-6, 1e-4);
}

/* A table in which all takes 1.25 times the roofline; and one odd shape. */
static void test_table(ll_arena *mem)
{
    enum { N = 18 };
    const ll_chip chip = chip_by_hand();
    ll_timed row[N + 1];
    const ll_timed *list[N];
    ll_kernel_tables tables;
    for (int i = 0; i < N; i++) {
        row[i] = product(LL_TIMED_BF16, 64 << 4 * (i % 2), 1024 << i / 2 % 3, 1024 << i / 6, 0);
        row[i].time_s = 1.25 * ll_timed_roofline_s(&chip, &row[i]);
        list[i] = &row[i];
    }
    ll_kernel_tables_make(&chip, N, list, false, mem, &tables);
    bool known = true;
    const ll_timed inside = product(LL_TIMED_BF16, 300, 1500, 3000, 0);
    const ll_timed beyond = product(LL_TIMED_BF16, 1e6, 128256, 16384, 0);
    const ll_timed other = product(LL_TIMED_FP8, 300, 1500, 3000, 0);
    CHECK_NEAR(ll_timed_predict_s(&chip, &tables, &inside, &known),
               1.25 * ll_timed_roofline_s(&chip, &inside), 1e-12);
    CHECK(!known, "no shape of the table");
    CHECK_NEAR(ll_timed_predict_s(&chip, &tables, &beyond, NULL),
               1.25 * ll_timed_roofline_s(&chip, &beyond), 1e-12);
    CHECK_NEAR(ll_timed_predict_s(&chip, &tables, &other, NULL), ll_timed_roofline_s(&chip, &other),
               1e-12);
    row[5].time_s *= 3;
    ll_kernel_tables_make(&chip, N, list, false, mem, &tables);
    for (int i = 0; i < N; i++)
        CHECK_NEAR(ll_timed_predict_s(&chip, &tables, &row[i], &known), row[i].time_s, 1e-12);
    CHECK(!known, "nobody asked to leave it out");
    ll_kernel_tables_make(&chip, N, list, true, mem, &tables);
    const double left_out_s = ll_timed_predict_s(&chip, &tables, &row[5], &known);
    CHECK(known, "the table has it");
    CHECK_NEAR(left_out_s, row[5].time_s / 3, 0.01); /* the others know nothing of the odd one */
}

/* A size that was not measured for one shape has the ratio of the next smaller one. */
static void test_gap(ll_arena *mem)
{
    const ll_chip chip = chip_by_hand();
    ll_timed row[] = {product(LL_TIMED_BF16, 64, 1024, 1024, 0),
                      product(LL_TIMED_BF16, 256, 1024, 1024, 0),
                      product(LL_TIMED_BF16, 64, 4096, 1024, 0)};
    const ll_timed *list[] = {&row[0], &row[1], &row[2]};
    const ll_timed gap = product(LL_TIMED_BF16, 256, 4096, 1024, 0);
    ll_kernel_tables tables;
    for (int i = 0; i < 3; i++)
        row[i].time_s = (1 + i) * ll_timed_roofline_s(&chip, &row[i]);
    ll_kernel_tables_make(&chip, 3, list, false, mem, &tables);
    CHECK_NEAR(ll_timed_predict_s(&chip, &tables, &gap, NULL), 3 * ll_timed_roofline_s(&chip, &gap),
               1e-12);
}

int main(void)
{
    ll_arena *mem = ll_arena_create("test");
    test_product();
    test_attention();
    test_small();
    test_short();
    test_table(mem);
    test_gap(mem);
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
