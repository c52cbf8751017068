/* Tables of matrix products: what is read, what is refused, and the share that products were made
 * with comes back although one of them is wrong. */
#include "sim/validate/gemm_fit.h"

#include "tests/support/check.h"

#include <string.h>

static ll_arena *mem;

static ll_gemms parsed(const char *text, const char *message)
{
    ll_gemms gemms;
    ll_error err;
    ll_error_init(&err);
    const ll_status status = ll_gemm_parse("g.csv", text, mem, &gemms, &err);
    CHECK(message ? status == LL_ERR_CONFIG && strstr(err.text, message) : status == LL_OK,
          "want '%s', got '%s'", message ? message : "", err.text);
    return gemms;
}

static void test_parse(void)
{
    /* 2 * 1000^3 / 100e12 = 20 us */
    const ll_gemms g = parsed("# by hand\nk,m,n,precision,tflops\n1000,1000,1000,fp8,100\n", NULL);
    CHECK(g.n == 1 && g.gemm[0].precision == LL_PRECISION_FP8, "%d products", g.n);
    if (g.n == 1) CHECK_NEAR(g.gemm[0].time_s, 20e-6, 1e-12);
    const ll_gemms t = parsed("m,n,k,precision,time_us\n8,9,10,bf16,2.5\n", NULL);
    if (t.n == 1) CHECK_NEAR(t.gemm[0].time_s, 2.5e-6, 1e-12);
    const ll_gemms b = parsed("batch,m,n,k,precision,tflops\n4,1000,1000,500,fp8,100\n", NULL);
    if (b.n == 1) CHECK_NEAR(b.gemm[0].time_s, 40e-6, 1e-12);
    parsed("m,n,k,precision\n",
           "g.csv:1: expected one of the columns time_us, time_ms, tflops and gflops");
    parsed("m,n,k,precision,time_us,tflops\n", "and not several");
    parsed("m,n,k,precision,gflops,tflops\n", "and not several");
    /* the same product in every unit and spelling */
    static const char *const alike[] = {
        "precision,gflops\nbfloat16,100000", "precision,tflops\nbf16,100",
        "precision,time_ms\nbf16,0.02", "precision,time_us\nbf16,20"};
    for (size_t i = 0; i < sizeof alike / sizeof *alike; i++) {
        const char *line = strchr(alike[i], '\n');
        const ll_gemms a = parsed(ll_arena_printf(mem, "m,n,k,%.*s\n1000,1000,1000,%s\n",
                                                  (int)(line - alike[i]), alike[i], line + 1),
                                  NULL);
        CHECK(a.n == 1 && a.gemm[0].precision == LL_PRECISION_BF16 && a.gemm[0].line == 2, "%s",
              alike[i]);
        if (a.n == 1) CHECK_NEAR(a.gemm[0].time_s, 20e-6, 1e-12);
    }
    parsed("m,n,precision,time_us\n", "g.csv:1: there is no column 'k'");
    parsed("m,n,k,precision,time_us\n8,0,8,bf16,1\n", "g.csv:2: n = '0'; expected a size");
    parsed("m,n,k,precision,time_us\n8,8,8,bf61,1\n", "precision = 'bf61'; expected fp4, fp8,");
    parsed("m,n,k,precision,time_us\n8,8,8,bf16,x\n", "time_us = 'x'; expected a number above 0");
    parsed("m,n,k,precision,time_us\n", "the file has no GEMM");
}

static ll_chip small_chip(void)
{
    return (ll_chip){.name = "c",
                     .peak_flop_per_s = {[LL_PRECISION_BF16] = 1e15},
                     .gemm_frac = {[LL_PRECISION_BF16] = 0.63},
                     .n_multiprocessor = 100,
                     .tile_fill_s = 2e-6,
                     .memory_Bps = 1e13,
                     .memory_frac = 1,
                     .gemm_sustained = 1};
}

static void test_fit(void)
{
    ll_chip chip = small_chip();
    ll_gemm gemm[12];
    for (int i = 0; i < 12; i++) {
        ll_gemm *g = &gemm[i];
        *g = (ll_gemm){.shape = {1, 2048 + 512 * i, 4096, 2048 << i % 3, 2},
                       .precision = LL_PRECISION_BF16};
        g->time_s = ll_kernel_matmul_s(&chip, LL_PRECISION_BF16, &g->shape);
    }
    ll_chip other = chip;
    other.gemm_frac[LL_PRECISION_BF16] = 0.9;
    other.tile_fill_s = 0.5e-6;
    other.gemm_sustained = 0.8; /* of layers: these were measured alone */
    ll_gemms all = {.n = 12, .gemm = gemm};
    ll_gemm_fit fit;
    ll_error err;
    ll_error_init(&err);
    for (int wrong = 0; wrong < 2; wrong++) {
        if (wrong) gemm[5].time_s *= 3;
        CHECK(ll_gemm_fit_chip(&other, &all, mem, &fit, &err) == LL_OK, "%s", err.text);
        CHECK(fit.n[LL_PRECISION_BF16] == 12 && fit.n[LL_PRECISION_FP8] == 0, "counts");
        CHECK_NEAR(fit.frac[LL_PRECISION_BF16], 0.63, wrong ? 0.02 : 0.002);
        CHECK(fit.tile_fill_fitted, "twelve products are enough");
        CHECK_NEAR(fit.tile_fill_s, 2e-6, wrong ? 0.1 : 0.01);
        CHECK(fit.left_out_frac[LL_PRECISION_BF16] < 0.01, "%g",
              fit.left_out_frac[LL_PRECISION_BF16]);
    }
    gemm[3].precision = LL_PRECISION_FP8;
    CHECK(ll_gemm_fit_chip(&other, &all, mem, &fit, &err) == LL_ERR_CONFIG &&
              strstr(err.text, "c has no peak for fp8"),
          "%s", err.text);
}

/* Few products set the rate alone, and keep the fill of the chip. */
static void test_few(void)
{
    ll_chip chip = small_chip();
    ll_gemm gemm[2] = {{.shape = {1, 4096, 4096, 4096, 2}, .precision = LL_PRECISION_BF16},
                       {.shape = {1, 8192, 4096, 4096, 2}, .precision = LL_PRECISION_BF16}};
    for (int i = 0; i < 2; i++)
        gemm[i].time_s = ll_kernel_matmul_s(&chip, LL_PRECISION_BF16, &gemm[i].shape);
    ll_gemms all = {.n = 2, .gemm = gemm};
    ll_gemm_fit fit;
    ll_error err;
    ll_error_init(&err);
    CHECK(ll_gemm_fit_chip(&chip, &all, mem, &fit, &err) == LL_OK, "%s", err.text);
    CHECK(!fit.tile_fill_fitted, "two products");
    CHECK_NEAR(fit.tile_fill_s, 2e-6, 1e-12);
    CHECK_NEAR(fit.frac[LL_PRECISION_BF16], 0.63, 0.005);
}

/* The peak is 1000 TFLOP/s, and a product of 4096^3 takes 137.4 us there. */
static void fit_refused(double share, const char *message)
{
    ll_chip chip = small_chip();
    ll_gemm gemm[8];
    for (int i = 0; i < 8; i++) {
        ll_gemm *g = &gemm[i];
        *g = (ll_gemm){.shape = {1, 4096, 4096, 4096 + 512 * i, 2},
                       .precision = LL_PRECISION_BF16,
                       .line = i + 2};
        g->time_s = 2 * g->shape.m * g->shape.n * g->shape.k / (share * 1e15);
    }
    ll_gemms all = {.file = "g.csv", .n = 8, .gemm = gemm};
    ll_gemm_fit fit;
    ll_error err;
    ll_error_init(&err);
    const ll_status status = ll_gemm_fit_chip(&chip, &all, mem, &fit, &err);
    if (!message)
        CHECK(status == LL_OK && !fit.at_peak[LL_PRECISION_BF16] && fit.frac[LL_PRECISION_BF16] < 1,
              "%g: %s", share, err.text);
    else
        CHECK(status == LL_ERR_CONFIG && strstr(err.text, message), "%g: want '%s', got '%s'",
              share, message, err.text);
}

static void test_peak(void)
{
    fit_refused(0.6, NULL);
    fit_refused(1.3, "1300 TFLOP/s in bf16, 1.3 times the peak of c (8 of 8 GEMMs are above it); "
                     "is the column in dense FLOP, not sparse?");
    fit_refused(700, "7e+05 TFLOP/s in bf16, 700 times the peak of c (8 of 8 GEMMs are above it); "
                     "is the column in GFLOP/s: then call it gflops?");
}

int main(void)
{
    mem = ll_arena_create("test");
    test_parse();
    test_fit();
    test_few();
    test_peak();
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
