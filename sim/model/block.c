#include "sim/model/block.h"

#define BLOCK_ADDRESS(name) &ll_block_##name,
const ll_block_type *const ll_block_types[] = {LL_BLOCKS(BLOCK_ADDRESS) NULL};
#undef BLOCK_ADDRESS

void ll_block_nothing(const void *param, const ll_split *split, ll_pass *pass)
{
    (void)param;
    (void)split;
    (void)pass;
}

ll_weights ll_block_weights(const ll_block *block, double hidden, int64_t tp)
{
    ll_matrices m = {0};
    ll_weights sum = {0, 0};
    block->type->matrices(block->param, hidden, tp, &m);
    for (int i = 0; i < m.n; i++)
        *(m.experts >> i & 1 ? &sum.expert : &sum.dense) += m.n_weight[i];
    return sum;
}

double ll_block_param(const ll_block *block, double hidden, int64_t tp)
{
    const ll_weights w = ll_block_weights(block, hidden, tp);
    return w.dense + w.expert;
}

int ll_block_gemm_forward(const ll_split *split, double n, double k, int n_part, ll_pass *pass)
{
    ll_pass_cast(pass, n * k / split->n_micro);
    return ll_pass_gemm(pass, split->n_token, n, k, 2, n_part);
}

/* Bytes per weight and micro-batch that weight gradients read and write: in their GEMM; in kernels
 * that accumulate them; and in kernels that flatten them to one tensor (FSDP). Sharded gradients
 * (zero >= 2) are not accumulated. Others are, by the GEMM (Megatron-LM:
 * gradient_accumulation_fusion) or by a kernel of its own, before which grad_widen casts them to 32
 * bits (6 B; DeepSpeed, BF16_Optimizer.update_hp_grads). */
typedef struct gradient_B {
    double gemm_B, add_B, flat_B;
} gradient_B;

static gradient_B gradient_of(const ll_stack *stack)
{
    const bool sharded = stack->zero >= 2;
    const double grad_B = ll_stack_grad_B(stack);
    const bool widen = stack->grad_widen && grad_B > 2;
    gradient_B g = {.gemm_B = sharded ? grad_B : stack->grad_fusion ? 2 * grad_B : 2};
    g.add_B = stack->grad_fusion || sharded ? 0 : (widen ? 6 + grad_B : 2) + 2 * grad_B;
    g.flat_B = stack->eager && stack->zero >= 3 ? 4 + 4 : 0;
    return g;
}

ll_gradients ll_block_gemm_backward(const ll_split *split, double n, double k, int n_part,
                                    ll_pass *pass)
{
    const gradient_B grad = gradient_of(split->stack);
    const double t = split->n_token;
    ll_gradients out;
    ll_pass_cast(pass, t * n);
    out.input = ll_pass_gemm(pass, t, k, n, 2, n_part);
    out.weight = ll_pass_gemm(pass, k, n, t, grad.gemm_B, 1);
    if (grad.add_B > 0) ll_pass_stream(pass, grad.add_B * k * n);
    if (split->stack->eager) ll_pass_stream(pass, 2 * t * n); /* gradient of the bias */
    if (grad.flat_B > 0) ll_pass_stream(pass, grad.flat_B * k * n);
    for (int i = out.weight; i < pass->n_kernel; i++)
        pass->kernel[i].weight_gradient = true;
    return out;
}

static double rows_of(int n_group, const double *rows)
{
    double sum = 0;
    for (int g = 0; g < n_group; g++)
        sum += rows[g];
    return sum;
}

int ll_block_grouped_forward(const ll_split *split, int n_group, const double *rows, double n,
                             double k, ll_pass *pass)
{
    ll_pass_cast(pass, n_group * n * k / split->n_micro);
    return ll_pass_grouped_gemm(pass, n_group, rows, n, k, 2);
}

void ll_block_grouped_backward(const ll_split *split, int n_group, const double *rows, double n,
                               double k, ll_pass *pass)
{
    const gradient_B grad = gradient_of(split->stack);
    const double all = rows_of(n_group, rows), n_weight = n_group * k * n;
    ll_pass_cast(pass, all * n);
    ll_pass_grouped_gemm(pass, n_group, rows, k, n, 2);
    const int first = ll_pass_gemm(pass, k, n, all / n_group, grad.gemm_B, 1);
    pass->kernel[first].gemm.batch = n_group;
    if (grad.add_B > 0) ll_pass_stream(pass, grad.add_B * n_weight);
    if (split->stack->eager) ll_pass_stream(pass, 2 * all * n);
    if (grad.flat_B > 0) ll_pass_stream(pass, grad.flat_B * n_weight);
    for (int i = first; i < pass->n_kernel; i++)
        pass->kernel[i].weight_gradient = true;
}

ll_gradients ll_block_gathered_backward(const ll_split *split, double n, ll_pass *pass)
{
    const double in_B = ll_precision_B((ll_precision)pass->precision);
    if (in_B < 2) ll_pass_rowwise(pass, 2 * in_B * split->n_token * split->hidden);
    if (!split->stack->fused_attention) ll_pass_stream(pass, 2 * split->n_token * n); /* bias */
    return ll_block_gemm_backward(split, n, split->hidden, 1, pass);
}

void ll_block_tp_forward(const ll_split *split, int first_gemm, int last_gemm, ll_pass *pass)
{
    const ll_exchange gather = ll_exchange_tp_gather(split), sum = ll_exchange_tp_sum(split);
    const bool overlap = split->stack->overlap_tp;
    const bool narrow = overlap && split->stack->narrow_outputs && split->stack->sequence_parallel;
    ll_pass_use(pass, &gather, 1, overlap ? LL_HIDE_RING : LL_HIDE_NONE, first_gemm, 1);
    ll_pass_use(pass, &sum, narrow ? 0.5 : 1, overlap ? LL_HIDE_SPLIT : LL_HIDE_NONE, last_gemm, 1);
}

void ll_block_tp_backward(const ll_split *split, const ll_gradients *first,
                          const ll_gradients *last, ll_pass *pass)
{
    const ll_exchange gather = ll_exchange_tp_gather(split), sum = ll_exchange_tp_sum(split);
    const bool overlap = split->stack->overlap_tp, beside = split->stack->overlap_tp_grad;
    ll_pass_use(pass, &gather, 1, overlap ? LL_HIDE_RING : LL_HIDE_NONE, last->input, 1);
    /* gathers the GEMM's input again */
    ll_pass_use(pass, &gather, 1, LL_HIDE_OVERLAP, first->input, 1);
    ll_pass_use(pass, &sum, 1, beside ? LL_HIDE_OVERLAP : LL_HIDE_NONE, first->weight, 1);
}
