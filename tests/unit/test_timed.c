/* Tables of timed kernels: each form is told by its heading, and what is wrong is said by line. */
#include "sim/machine/timed.h"

#include "tests/support/check.h"

#include <string.h>

static ll_arena *mem;

static ll_timed_table parsed(const char *text, const char *message)
{
    ll_timed_table table;
    ll_error err;
    ll_error_init(&err);
    const ll_status status = ll_timed_parse("t.csv", text, mem, &table, &err);
    CHECK(message ? status == LL_ERR_CONFIG && strstr(err.text, message) : status == LL_OK,
          "want '%s', got '%s'", message ? message : "", err.text);
    return table;
}

/* Row i: kind, precision, variant, sizes up to n, and time in us. */
static void check_row(const ll_timed_table *t, int i, ll_timed_kind kind, ll_timed_precision p,
                      const char *variant, const double *at, double us)
{
    CHECK(i < t->n, "%d rows", t->n);
    if (i >= t->n) return;
    const ll_timed *row = &t->row[i];
    CHECK(row->kind == kind && row->precision == p && !strcmp(row->variant, variant),
          "row %d: kind %d, precision %d, variant %s", i, row->kind, row->precision, row->variant);
    for (int d = 0; d < ll_timed_types[kind].n_dim; d++)
        CHECK(row->at[d] == at[d], "row %d: %s = %g, want %g", i, ll_timed_types[kind].dim[d],
              row->at[d], at[d]);
    CHECK_NEAR(row->time_s + 1, us * 1e-6 + 1, 1e-15);
}

#define SIZES(...) ((const double[]){__VA_ARGS__})

static void test_wide(void)
{
    const ll_timed_table g = parsed("# a table\nchip,dtype,n,k,m1_us,m4096_us,m16_us\n"
                                    "h100_sxm,bfloat16,512,1024,3.5,,4\n"
                                    "b200_sxm,nvfp4,512,2048,,70,\n",
                                    NULL);
    CHECK(g.n == 3 && !strcmp(g.form, "gemm"), "%d rows of %s", g.n, g.form);
    check_row(&g, 0, LL_TIMED_GEMM, LL_TIMED_BF16, "", SIZES(1, 512, 1024), 3.5);
    check_row(&g, 1, LL_TIMED_GEMM, LL_TIMED_BF16, "", SIZES(16, 512, 1024), 4);
    check_row(&g, 2, LL_TIMED_GEMM, LL_TIMED_FP4, "", SIZES(4096, 512, 2048), 70);
    const ll_timed_table p = parsed("chip,attn_dtype,kv_dtype,heads,kv_heads,batch,s128_us\n"
                                    "x,fp8,fp8,32,8,2,20\n",
                                    NULL);
    check_row(&p, 0, LL_TIMED_PREFILL, LL_TIMED_FP8, "fp8", SIZES(128, 32, 8, 2), 20);
    const ll_timed_table d =
        parsed("chip,kv_dtype,heads,kv_heads,batch,ctx512_us\nx,fp8,32,8,2,20\n", NULL);
    check_row(&d, 0, LL_TIMED_DECODE, LL_TIMED_BF16, "fp8", SIZES(512, 32, 8, 2), 20);
    const ll_timed_table m =
        parsed("chip,dtype,kv_dtype,heads,batch,s128_us\nx,bfloat16,fp8,128,4,20\n", NULL);
    check_row(&m, 0, LL_TIMED_MLA_PREFILL, LL_TIMED_BF16, "fp8", SIZES(128, 128, 4), 20);
    const ll_timed_table c =
        parsed("chip,dtype,kv_dtype,heads,batch,ctx128_us\nx,bfloat16,fp8,128,4,20\n", NULL);
    check_row(&c, 0, LL_TIMED_MLA_DECODE, LL_TIMED_BF16, "fp8", SIZES(128, 128, 4), 20);
    const ll_timed_table e =
        parsed("chip,dtype,hidden,expert_ffn,topk,experts,tp,ep,routing,t16_us\n"
               "x,w4a16_mxfp4,2880,2880,4,128,1,8,balanced,50\n",
               NULL);
    check_row(&e, 0, LL_TIMED_EXPERTS, LL_TIMED_W4A16, "balanced",
              SIZES(16, 2880, 2880, 4, 128, 128, 1, 8), 50);
    const ll_timed_table w =
        parsed("chip,dtype,hidden,expert_ffn,topk,experts,slots,ep,routing,t16_us\n"
               "x,nvfp4,7168,2048,8,256,288,32,power_law_1.2,50\n",
               NULL);
    check_row(&w, 0, LL_TIMED_EXPERTS, LL_TIMED_FP4, "power_law_1.2",
              SIZES(16, 7168, 2048, 8, 256, 288, 1, 32), 50);
}

static void test_linear(void)
{
    const ll_timed_table t =
        parsed("chip,model,tp,tokens,input_layernorm_event_us,input_layernorm_kernel_us,"
               "mlp_up_proj_event_us,mlp_up_proj_kernel_us\n"
               "h800,Llama-3.1-405B,2,16,9,5,300,290\n",
               NULL);
    CHECK(t.n == 2, "%d rows", t.n);
    check_row(&t, 0, LL_TIMED_SMALL, LL_TIMED_BF16, "", SIZES(16, 4 * 16384), 5);
    check_row(&t, 1, LL_TIMED_GEMM, LL_TIMED_FP8, "alone", SIZES(16, 53248, 16384), 290);
    const ll_timed_table small =
        parsed("chip,model,tp,tokens,post_attention_layernorm_event_us,"
               "post_attention_layernorm_kernel_us,attn_rope_event_us,attn_rope_kernel_us,"
               "mlp_act_event_us,mlp_act_kernel_us\n"
               "h800,Llama-3.1-405B,2,16,9,5,9,5,9,5\n",
               NULL);
    check_row(&small, 0, LL_TIMED_SMALL, LL_TIMED_BF16, "", SIZES(16, 8 * 16384), 5);
    check_row(&small, 1, LL_TIMED_SMALL, LL_TIMED_BF16, "", SIZES(16, 4 * (16384 + 1024) / 2), 5);
    check_row(&small, 2, LL_TIMED_SMALL, LL_TIMED_BF16, "", SIZES(16, 6 * 53248 / 2), 5);
    parsed("chip,model,tp,tokens,x_event_us,x_kernel_us\nh800,GPT-5,1,1,1,1\n",
           "t.csv:2: model = 'GPT-5'; expected Llama-3.1-405B or Llama-2-7B");
}

static void test_products(void)
{
    const ll_timed_table t = parsed("k,m,n,precision\n4096,1,512,fp8_block\n", NULL);
    CHECK(t.n == 1 && t.row[0].time_s == 0 && !t.row[0].chip, "no time, no chip");
    check_row(&t, 0, LL_TIMED_GEMM, LL_TIMED_FP8_BLOCK, "", SIZES(1, 512, 4096), 0);
    parsed("m,n,k\n1,2,3\n", "there is no column 'precision'");
    parsed("m,n,k,precision\n1,0,3,fp8\n", "t.csv:2: n = '0'; expected a size from 1 to 1e9");
    parsed("m,n,k,precision\n1,2,3,fp6\n", "precision = 'fp6'; expected bf16");
    parsed("m,n,k,precision,time_us\n1,2,3,fp8,-1\n", "time_us = '-1'; expected a time");
}

static void test_refused(void)
{
    parsed("chip,dtype,n,k,m1_us,note\nx,fp8,1,1,1,n\n", "is of no form of kernel tables");
    parsed("chip,dtype,n,k\nx,fp8,1,1\n", "is of no form of kernel tables");
    parsed("chip,dtype,n,k,m1_us\nx,fp8,1,1,\n", "no time; expected rows below the heading");
    parsed("chip,dtype,n,k,m1_us\nx,fp8,1,1,abc\n",
           "t.csv:2: m1_us = 'abc'; expected a time in us");
}

int main(void)
{
    mem = ll_arena_create("test");
    test_wide();
    test_linear();
    test_products();
    test_refused();
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
