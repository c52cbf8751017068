/* Tables of matrix products: what is read, what is refused, and the share that products were made with comes
 * back although one of them is wrong. */
#include "sim/validate/gemm_fit.h"

#include "sim/kernel.h"
#include "tests/check.h"

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
    parsed("m,n,k,precision\n",
           "g.csv:1: time_us and tflops: both or none; expected one of the two");
    parsed("m,n,k,precision,time_us,tflops\n", "both or none");
    parsed("m,n,precision,time_us\n", "g.csv:1: no column 'k'");
    parsed("m,n,k,precision,time_us\n8,0,8,bf16,1\n", "g.csv:2: n = '0'; expected a size");
    parsed("m,n,k,precision,time_us\n8,8,8,bf61,1\n", "precision = 'bf61'; expected fp4, fp8,");
    parsed("m,n,k,precision,time_us\n8,8,8,bf16,x\n", "time_us = 'x'; expected a number above 0");
    parsed("m,n,k,precision,time_us\n", "the file ends without a product");
}

static void test_fit(void)
{
    ll_chip chip = {.name = "c",
                    .peak_flop_per_s = {[LL_PRECISION_BF16] = 1e15},
                    .gemm_frac = {[LL_PRECISION_BF16] = 0.63},
                    .n_multiprocessor = 100,
                    .memory_Bps = 1e13,
                    .memory_frac = 1,
                    .memory_sustained = 1,
                    .gemm_sustained = 1};
    ll_gemm gemm[12];
    for (int i = 0; i < 12; i++) {
        ll_gemm *g = &gemm[i];
        *g = (ll_gemm){.m = 2048 + 512 * i, .n = 4096, .k = 8192, .precision = LL_PRECISION_BF16};
        g->time_s = ll_kernel_gemm_s(&chip, LL_PRECISION_BF16, g->m, g->n, g->k);
    }
    gemm[5].time_s *= 3;
    chip.gemm_frac[LL_PRECISION_BF16] = 0.9;
    ll_gemms all = {.n = 12, .gemm = gemm};
    ll_gemm_fit fit;
    ll_error err;
    ll_error_init(&err);
    CHECK(ll_gemm_fit_frac(&chip, &all, mem, &fit, &err) == LL_OK, "%s", err.text);
    CHECK(fit.n[LL_PRECISION_BF16] == 12 && fit.n[LL_PRECISION_FP8] == 0, "counts");
    CHECK_NEAR(fit.frac[LL_PRECISION_BF16], 0.63, 0.005);
    CHECK(fit.left_out_frac[LL_PRECISION_BF16] < 0.01, "%g", fit.left_out_frac[LL_PRECISION_BF16]);
    gemm[3].precision = LL_PRECISION_FP8;
    CHECK(ll_gemm_fit_frac(&chip, &all, mem, &fit, &err) == LL_ERR_CONFIG &&
              strstr(err.text, "c has no peak for fp8"),
          "%s", err.text);
}

int main(void)
{
    mem = ll_arena_create("test");
    test_parse();
    test_fit();
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
