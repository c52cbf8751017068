#include "sim/model/serving_pass.h"

int ll_serve_form(const ll_split *split, int precision)
{
    static const int plain[LL_N_PRECISION] = {[LL_PRECISION_FP4] = LL_TIMED_FP4,
                                              [LL_PRECISION_FP8] = LL_TIMED_FP8,
                                              [LL_PRECISION_BF16] = LL_TIMED_BF16,
                                              [LL_PRECISION_FP16] = LL_TIMED_FP16};
    if (precision == LL_PRECISION_FP8 && split->server->scaling == LL_SCALING_BLOCK)
        return LL_TIMED_FP8_BLOCK;
    return plain[precision];
}

int ll_serve_experts_form(const ll_split *split, int precision)
{
    const int experts = split->server->experts;
    if (experts == LL_EXPERTS_W4A16 || experts == LL_EXPERTS_MARLIN) return LL_TIMED_W4A16;
    if (experts == LL_EXPERTS_W4A8) return LL_TIMED_W4A8;
    return ll_serve_form(split, precision);
}

int ll_serve_batched_gemm(const ll_split *split, double batch, const ll_matmul *one, ll_pass *pass)
{
    const int i = ll_pass_gemm(pass, one->m, one->n, one->k, 2, 1);
    pass->kernel[i].gemm.batch = batch;
    pass->kernel[i].form = ll_serve_form(split, pass->precision);
    return i;
}

int ll_serve_gemm(const ll_split *split, double m, double n, double k, ll_pass *pass)
{
    return ll_serve_batched_gemm(split, 1, &(ll_matmul){.m = m, .n = n, .k = k}, pass);
}

int ll_serve_small(ll_pass *pass, double bytes)
{
    const int i = ll_pass_rowwise(pass, bytes);
    pass->kernel[i].floored = true;
    return i;
}

void ll_serve_prepare(const ll_split *split, double position_B, double cache_B, ll_pass *pass)
{
    const double prompts = ll_batch_prompt_tokens(split->batch);
    const double turned = split->server->fused ? prompts : split->n_token;
    if (turned * position_B > 0) ll_serve_small(pass, turned * position_B);
    if (prompts > 0) ll_serve_small(pass, prompts * cache_B);
}

void ll_serve_cast(const ll_split *split, double n_element, ll_pass *pass)
{
    const double in_B = ll_precision_B((ll_precision)pass->precision);
    if (!split->server->fused && in_B < 2) ll_serve_small(pass, n_element * (2 + in_B));
}

void ll_serve_norm(const ll_split *split, ll_pass *pass)
{
    const double n = split->n_token * split->hidden;
    if (split->server->fused && split->tp > 1)
        ll_pass_rowwise(pass, 4 * n);
    else
        ll_serve_small(pass, 8 * n);
    ll_serve_cast(split, n, pass);
}

void ll_serve_sum(const ll_split *split, double rows, ll_pass *pass)
{
    const ll_exchange sum = {.name = "tp reduce",
                             .collective = LL_ALL_REDUCE,
                             .axes = 1u << LL_AXIS_TP,
                             .size_B = split->tp > 1 ? 2 * rows * split->hidden : 0};
    ll_pass_use(pass, &sum, 1, LL_HIDE_NONE, 0, 0);
}
