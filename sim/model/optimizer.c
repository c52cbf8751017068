#include "sim/model/optimizer.h"

void ll_optimizer_pass(const ll_split *split, double n_param, ll_pass *pass)
{
    const ll_stack *stack = split->stack;
    const double n_replica = split->n_replica, grad_B = ll_stack_grad_B(stack);
    const double shards = stack->zero >= 1 ? n_replica : 1, held = stack->zero >= 2 ? n_replica : 1;
    double shard_B = (grad_B < 4 ? grad_B + 4 : 0) + 4 + 8 + 28 + 6;
    if (split->precision == LL_PRECISION_FP16) shard_B += 8;
    if (stack->eager) shard_B += 80 - 28;
    const double buffer_B = grad_B * (n_replica > 1 ? 3 : 1);
    ll_pass_stream(pass, n_param * (shard_B / shards + buffer_B / held));
}
