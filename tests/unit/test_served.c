/* Kernels as engines of inference run them: by tables, by rules, and without tables. */
#include "sim/machine/served.h"
#include "sim/machine/timed_tables.h"

#include "tests/support/check.h"

#include <math.h>

static ll_chip chip_by_hand(void)
{
    return (ll_chip){
        .name = "c",
        .peak_flop_per_s =
            {[LL_PRECISION_BF16] = 1e15, [LL_PRECISION_FP8] = 2e15, [LL_PRECISION_FP4] = 4e15},
        .gemm_frac =
            {[LL_PRECISION_BF16] = 0.5, [LL_PRECISION_FP8] = 0.5, [LL_PRECISION_FP4] = 0.5},
        .gemm_sustained = 0.8,
        .attention_frac = 0.5,
        .attention_ramp = 100,
        .memory_Bps = 1e12,
        .memory_frac = 0.5,
        .stream_frac = 0.8,
        .kernel_floor_s = 2e-6,
        .attention_floor_s = 10e-6,
        .experts_floor_s = 36e-6,
        .quantise_s = {[LL_TIMED_FP8] = 9e-6, [LL_TIMED_FP4] = 5e-6},
        .measured_as = ""};
}

static ll_kernel product(ll_timed_precision form, double m, double n, double k)
{
    return (ll_kernel){.kind = LL_KERNEL_GEMM,
                       .precision = ll_timed_width(form),
                       .n_part = 1,
                       .form = (int)form,
                       .gemm = {1, m, n, k, 2}};
}

static ll_kernel prompts(double batch, double from, double to, double window)
{
    const ll_attention_shape a = {.batch = batch,
                                  .head = 8,
                                  .kv_head = 2,
                                  .n_query = to - from,
                                  .n_key = to,
                                  .score_width = 128,
                                  .value_width = 128,
                                  .counted = 0.5,
                                  .n_call = 1,
                                  .window = window};
    ll_kernel k = ll_kernel_attention(&a, false, LL_PRECISION_BF16);
    k.kv_B = 2;
    return k;
}

static ll_kernel decode(double batch, double head, double kv_head, double width, double context)
{
    const double bytes = 2 * batch * context * 2 * kv_head * width;
    return (ll_kernel){.kind = LL_KERNEL_DECODE,
                       .precision = LL_PRECISION_BF16,
                       .attention = {batch, head, kv_head, 1, context, width, width, 1, 1, 0},
                       .flop = 4 * batch * head * context * width,
                       .bytes = bytes,
                       .kv_B = 2};
}

static ll_kernel experts(const ll_experts_shape *e, ll_timed_precision form)
{
    return (ll_kernel){.kind = LL_KERNEL_EXPERTS,
                       .precision = ll_timed_width(form),
                       .form = (int)form,
                       .experts = e};
}

/* ---- Without tables ------------------------------------------------------------------------- */

/* 1024^3 in FP8: 8.659 us by the roofline (test_timed_model.c) and the floor, whatever goes on for
 * seconds; no quantisation. Eight of them at once: eight times the FLOP and bytes, one floor. */
static void test_roofline(const ll_kernel_tables *none)
{
    ll_chip chip = chip_by_hand();
    const ll_kernel narrow = product(LL_TIMED_FP8, 1024, 1024, 1024);
    ll_kernel heads = product(LL_TIMED_BF16, 1024, 1024, 1024);
    heads.gemm.batch = 8;
    chip.tables = none;
    CHECK_NEAR(ll_kernel_s(&chip, &narrow), 10.659e-6, 1e-4);
    CHECK_NEAR(ll_kernel_s(&chip, &heads), 8 * 13.296e-6 + 2e-6, 1e-3);
    /* 32 sequences, 8 heads of keys, 1024 of them: 2^27 bytes in 268.4 us, and the floor. */
    const ll_kernel one = decode(32, 32, 8, 128, 1024);
    CHECK_NEAR(ll_kernel_s(&chip, &one), 278.4e-6, 1e-3);
    /* Four new tokens read the same bytes; 512 heads a head of keys are bound by FLOP: 32 x 512 x 8
     * x 4 x 1024 x 128 x 4 at 5e14. */
    ll_kernel drafts = one, many = decode(32, 4096, 8, 128, 1024);
    drafts.attention.n_query = 4;
    drafts.flop *= 4;
    many.attention.n_query = 4;
    many.flop *= 4;
    CHECK_NEAR(ll_kernel_s(&chip, &drafts), ll_kernel_s(&chip, &one), 1e-12);
    CHECK_NEAR(ll_kernel_s(&chip, &many), many.flop / 5e14, 1e-12);
    chip.tables = NULL;
    CHECK(ll_kernel_s(&chip, &narrow) < 10.7e-6 + 0.25 * 10.7e-6, "training has no floors");
}

static double time_s(const ll_chip *chip, ll_kernel k) { return ll_kernel_s(chip, &k); }

/* Chunks add up to the whole; more tokens and longer contexts take longer; a window as long as the
 * prompt is none, and a shorter one costs less. */
static void test_chunks(const ll_kernel_tables *none)
{
    ll_chip chip = chip_by_hand();
    chip.tables = none;
    for (double window = 0; window < 5000; window += 1500) {
        const double sum_s = time_s(&chip, prompts(2, 0, 3000, window)) +
                             time_s(&chip, prompts(2, 3000, 5000, window)) +
                             time_s(&chip, prompts(2, 5000, 16000, window));
        CHECK_NEAR(sum_s, time_s(&chip, prompts(2, 0, 16000, window)), 1e-12);
    }
    CHECK_NEAR(time_s(&chip, prompts(2, 0, 4000, 4000)), time_s(&chip, prompts(2, 0, 4000, 0)),
               1e-12);
    CHECK_NEAR(time_s(&chip, prompts(2, 4000, 4001, 0)), chip.attention_floor_s, 1e-12);
    CHECK_NEAR(time_s(&chip, prompts(0.25, 0, 4000, 0)),
               0.25 * time_s(&chip, prompts(1, 0, 4000, 0)), 1e-12);
    double before_s = 0, window_s = 0, decode_s = 0;
    for (double n = 1; n < 1e5; n *= 1.3) {
        const double now_s = time_s(&chip, prompts(1, 0, n, 0));
        const double cut_s = time_s(&chip, prompts(1, 0, n, 512));
        const double cache_s = time_s(&chip, decode(8, 8, 1, 128, n));
        CHECK(now_s >= before_s && cut_s >= window_s && cache_s >= decode_s, "%g tokens", n);
        CHECK(cut_s <= now_s * (1 + 1e-12), "a window of 512 of %g tokens", n);
        before_s = now_s;
        window_s = cut_s;
        decode_s = cache_s;
    }
}

/* ---- By tables ------------------------------------------------------------------------------ */

/* A table in which all takes `slow` times its roofline, of a grid of sizes around those of t. */
static void tables_make(const ll_chip *chip, ll_timed t, double slow, ll_arena *mem,
                        ll_kernel_tables *out)
{
    const ll_timed **list = ll_arena_array(mem, 8, const ll_timed *);
    ll_timed *row = ll_arena_array(mem, 8, ll_timed);
    for (int i = 0; i < 8; i++) {
        row[i] = t;
        row[i].at[0] *= i % 2 ? 2 : 1;
        row[i].at[1] *= i / 2 % 2 ? 2 : 1;
        row[i].at[2] *= i / 2 % 2 ? 2 : 1;
        row[i].at[3] *= i / 4 ? 2 : 1;
        row[i].time_s = slow * ll_timed_roofline_s(chip, &row[i]);
        list[i] = &row[i];
    }
    ll_kernel_tables_make(chip, 8, list, false, mem, out);
}

/* Each kind takes what its row says, less what is not of the kernel. */
static void test_rows(ll_arena *mem)
{
    ll_chip chip = chip_by_hand();
    ll_kernel_tables tables;
    chip.tables = &tables;
    const ll_timed fp8 = {LL_TIMED_GEMM, LL_TIMED_FP8, NULL, "", {512, 2048, 2048}, 0};
    tables_make(&chip, fp8, 1.5, mem, &tables);
    CHECK_NEAR(time_s(&chip, product(LL_TIMED_FP8, 512, 2048, 2048)),
               1.5 * ll_timed_roofline_s(&chip, &fp8) - ll_timed_quantise_s(&chip, &fp8), 1e-12);
    const ll_timed full = {LL_TIMED_PREFILL, LL_TIMED_BF16, NULL, "bfloat16", {2048, 8, 2, 2}, 0};
    tables_make(&chip, full, 1.5, mem, &tables);
    CHECK_NEAR(time_s(&chip, prompts(2, 0, 2048, 0)),
               1.5 * ll_timed_roofline_s(&chip, &full) - ll_timed_prepare_s(&chip, &full), 1e-12);
    /* Four times as many heads of both kinds, and a quarter of the sequences: the same work. Heads
     * of 64 are half as many of 128. */
    const ll_timed cache = {LL_TIMED_DECODE, LL_TIMED_BF16, NULL, "bfloat16", {1024, 8, 2, 32}, 0};
    tables_make(&chip, cache, 1.5, mem, &tables);
    const double cache_s = 1.5 * ll_timed_roofline_s(&chip, &cache);
    CHECK_NEAR(time_s(&chip, decode(32, 8, 2, 128, 1024)), cache_s, 1e-12);
    CHECK_NEAR(time_s(&chip, decode(8, 32, 8, 128, 1024)), cache_s, 1e-12);
    CHECK_NEAR(time_s(&chip, decode(32, 16, 4, 64, 1024)), cache_s, 1e-12);
}

/* NVFP4 with 16 rows, whatever the table: 4 us and 0.5625 x 4096 x 4112 bytes, and those of the
 * result, at 6e11. With 128 rows: the table. */
static void test_fp4(ll_arena *mem)
{
    ll_chip chip = chip_by_hand();
    ll_kernel_tables tables;
    chip.tables = &tables;
    const ll_timed row = {LL_TIMED_GEMM, LL_TIMED_FP4, NULL, "", {16, 4096, 4096}, 0};
    const ll_timed alone = {LL_TIMED_GEMM,  LL_TIMED_FP4,      NULL,
                            LL_TIMED_ALONE, {128, 4096, 4096}, 0};
    tables_make(&chip, row, 3, mem, &tables);
    CHECK_NEAR(time_s(&chip, product(LL_TIMED_FP4, 16, 4096, 4096)),
               4e-6 + (0.5625 * 4096 * 4112 + 2 * 16 * 4096) / 6e11, 1e-12);
    CHECK_NEAR(time_s(&chip, product(LL_TIMED_FP4, 128, 4096, 4096)),
               ll_timed_predict_s(&chip, &tables, &alone, NULL), 1e-12);
    double before_s = 0;
    for (double m = 16; m < 300; m *= 1.1) {
        const double now_s = time_s(&chip, product(LL_TIMED_FP4, m, 4096, 4096));
        CHECK(now_s >= before_s, "%g rows take less than fewer", m);
        before_s = now_s;
    }
}

/* 8 chips of one expert group or of tp share the ratio, and keep a roofline of their own: 64 tokens
 * pick 2 of 16 experts of 3 x 1024 x 1024 weights. By Marlin: 25 us and the bytes at 8e11. */
static void test_experts(ll_arena *mem)
{
    ll_chip chip = chip_by_hand();
    ll_kernel_tables tables;
    chip.tables = &tables;
    const ll_timed row = {
        LL_TIMED_EXPERTS, LL_TIMED_BF16, NULL, "balanced", {64, 1024, 1024, 2, 16, 16, 1, 8}, 0};
    tables_make(&chip, row, 1.5, mem, &tables);
    ll_timed shared = row, w4 = row;
    shared.at[6] = 8;
    shared.at[7] = 1;
    w4.precision = LL_TIMED_W4A16;
    ll_experts_shape e = {.tokens = 64,
                          .hidden = 1024,
                          .ffn = 1024,
                          .top_k = 2,
                          .n_expert = 16,
                          .slots = 16,
                          .tp = 1,
                          .ep = 8,
                          .gated = true};
    CHECK_NEAR(time_s(&chip, experts(&e, LL_TIMED_BF16)), 1.5 * ll_timed_roofline_s(&chip, &row),
               1e-12);
    ll_experts_shape plain = e;
    plain.ffn *= 1.5; /* two matrices where gated experts have three */
    plain.gated = false;
    CHECK_NEAR(time_s(&chip, experts(&plain, LL_TIMED_BF16)),
               1.5 * ll_timed_roofline_s(&chip, &row), 1e-12);
    e.tp = 8;
    e.ep = 1;
    CHECK_NEAR(time_s(&chip, experts(&e, LL_TIMED_BF16)), 1.5 * ll_timed_roofline_s(&chip, &shared),
               1e-12);
    e.tp = 1;
    e.ep = 8;
    e.marlin = true;
    chip.memory_frac = 0.9;
    CHECK_NEAR(time_s(&chip, experts(&e, LL_TIMED_W4A16)), 25e-6 + ll_timed_experts_B(&w4) / 8e11,
               1e-12);
}

int main(void)
{
    ll_arena *mem = ll_arena_create("test");
    const ll_chip chip = chip_by_hand();
    ll_kernel_tables none;
    ll_kernel_tables_make(&chip, 0, NULL, false, mem, &none);
    test_roofline(&none);
    test_chunks(&none);
    test_rows(mem);
    test_fp4(mem);
    test_experts(mem);
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
