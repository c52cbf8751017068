/* gemm_frac out of a table by chips: the rate that the products were made with comes back, whatever
 * the floor and the quantisation add, although one is wrong and others are of other chips. */
#include "sim/validate/gemm_table.h"

#include "sim/machine/kernel.h"
#include "tests/support/check.h"

static ll_chip chip_by_hand(void)
{
    return (ll_chip){.name = "c",
                     .peak_flop_per_s = {[LL_PRECISION_FP8] = 2e15},
                     .gemm_frac = {[LL_PRECISION_FP8] = 0.63},
                     .gemm_sustained = 0.5,
                     .n_multiprocessor = 100,
                     .tile_fill_s = 1e-6,
                     .memory_Bps = 1e13,
                     .memory_frac = 1,
                     .kernel_floor_s = 2e-6,
                     .quantise_s = {[LL_TIMED_FP8] = 9e-6},
                     .measured_as = ""};
}

int main(void)
{
    enum { N = 14 };
    ll_arena *mem = ll_arena_create("test");
    const ll_chip chip = chip_by_hand();
    ll_gemm_table_frac frac[LL_N_TIMED_PRECISION];
    ll_timed row[N];
    for (int i = 0; i < N; i++) {
        ll_timed *t = &row[i];
        *t = (ll_timed){.kind = LL_TIMED_GEMM,
                        .precision = LL_TIMED_FP8,
                        .variant = "",
                        .at = {2048 + 512 * i, 8192, 4096 << i % 2}};
        t->time_s = ll_timed_roofline_s(&chip, t);
    }
    row[2].time_s *= 2;
    row[12].chip = "another";
    row[12].time_s *= 3;
    row[13].precision = LL_TIMED_BF16; /* no such peak */
    const ll_timed_table table = {.n = N, .row = row, .form = "gemm"};
    ll_gemm_table_fit(&chip, &table, 0, mem, frac);
    CHECK(frac[LL_TIMED_FP8].n == 12 && frac[LL_TIMED_BF16].n == 0, "%d, %d", frac[LL_TIMED_FP8].n,
          frac[LL_TIMED_BF16].n);
    CHECK_NEAR(frac[LL_TIMED_FP8].frac, 0.63, 0.005);
    CHECK(frac[LL_TIMED_FP8].median_abs_err < 0.005, "%g", frac[LL_TIMED_FP8].median_abs_err);
    ll_gemm_table_fit(&chip, &table, 1, mem, frac);
    CHECK(frac[LL_TIMED_FP8].n == 0, "none takes a second");
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
