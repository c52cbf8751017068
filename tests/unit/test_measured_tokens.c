/* Tables of dispatch and combine in the forms of those who publish them: sim/validate/
 * measured_tokens.c. */
#include "sim/validate/curve.h"
#include "tests/support/check.h"

#include <string.h>

static ll_arena *mem;

static ll_points parsed(const char *text, const char *message)
{
    ll_points points = {0};
    ll_error err;
    ll_error_init(&err);
    const ll_curve_given given = {0};
    const ll_status status = ll_curve_parse("t.csv", text, &given, mem, &points, &err);
    if (message)
        CHECK(status == LL_ERR_CONFIG && strstr(err.text, message), "want '%s', got '%s'", message,
              err.text);
    else
        CHECK(status == LL_OK, "%s", err.text);
    return points;
}

/* 64 tokens of 4096 values: FP8 with 32 scales of 4 bytes there, 2 bytes each back. Every other
 * number of tokens is a check. */
static void test_deepep(void)
{
    const ll_points p = parsed("framework,device,kernel_source,node_num,hidden_size,num_token,"
                               "num_topk,num_experts,dispatch_sms,dispatch_transmit_us,"
                               "dispatch_notify_us,combine_sms,combine_transmit_us\n"
                               "sglang,NVIDIA H100,deepep,1,4096,64,6,128,20,30.5,7,24,40\n"
                               "sglang,NVIDIA H100,deepep,1,4096,128,6,128,20,50.5,7,24,60\n",
                               NULL);
    CHECK(p.n == 4, "%d points", p.n);
    const ll_point *d = &p.point[0], *c = &p.point[2];
    CHECK(d->collective == LL_DISPATCH && c->collective == LL_COMBINE, "order");
    CHECK(d->n == 8 && d->n_multiprocessor == 20 && c->n_multiprocessor == 24, "ranks, SMs");
    CHECK(!strcmp(d->library, "deepep") && d->rows.routing.law == LL_ROUTING_UNIFORM, "library");
    CHECK(d->rows.routing.top_k == 6 && d->rows.routing.n_expert == 128, "routing");
    CHECK_NEAR(d->size_B, 64 * (4096 + 32 * 4), 0);
    CHECK_NEAR(c->size_B, 64 * 2 * 4096, 0);
    CHECK_NEAR(d->time_s, 30.5e-6, 1e-12);
    CHECK(!d->check && p.point[1].check, "fit, check");
}

static void test_others(void)
{
    ll_points p = parsed("chip,nodes,ep,experts,tokens,dispatch_us,dispatch_GBs,combine_us,"
                         "combine_GBs\nh100_sxm,2,16,288,8,24.6,16.26,37.7,20.53\n",
                         NULL);
    CHECK(p.n == 2 && !strcmp(p.point[0].library, "deepep_low_latency"), "%d", p.n);
    CHECK(p.point[0].n == 16 && p.point[0].rows.routing.n_expert == 288, "low latency");
    p = parsed("chip,ep,tokens_per_rank,hidden,topk,experts,payload,dispatch_us,combine_us\n"
               "gb200,8,64,7168,8,256,bf16,22.3,34.1\n",
               NULL);
    CHECK(p.n == 2 && !strcmp(p.point[0].library, "trtllm_one_sided"), "%d", p.n);
    CHECK(p.point[0].rows.routing.law == LL_ROUTING_BALANCED, "law");
    CHECK_NEAR(p.point[0].rows.row_B, 14336, 0);
    p = parsed("op_name,kernel_source,moe_dtype,num_tokens,hidden_size,topk,num_experts,"
               "moe_ep_size,distribution,latency\n"
               "alltoall_prepare,NVLinkTwoSided,nvfp4,1,7168,8,256,4,balanced,0.0114\n"
               "alltoall_dispatch,NVLinkTwoSided,nvfp4,1,7168,8,256,4,power_law_1.2,0.0118\n",
               NULL);
    CHECK(p.n == 1 && p.n_other == 1, "%d points, %d others", p.n, p.n_other);
    CHECK_NEAR(p.point[0].rows.row_B, 4032, 0);
    CHECK_NEAR(p.point[0].rows.routing.exponent, 1.2, 0);
    CHECK_NEAR(p.point[0].time_s, 11.8e-6, 1e-12);
}

static void test_bad(void)
{
    parsed("ep,tokens,sms,dispatch_us,combine_us\n1,8,20,37,50\n", "1 ranks");
    parsed("ep,tokens,sms,dispatch_us,combine_us\n8,many,20,37,50\n", "tokens = 'many'");
    parsed("ep,tokens,sms,dispatch_us,combine_ms\n8,8,20,37,50\n", "column 'combine_ms'");
}

int main(void)
{
    mem = ll_arena_create("test");
    test_deepep();
    test_others();
    test_bad();
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
