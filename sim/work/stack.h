/* The training software: which kernels it fuses, what it shards, and which transfers it overlaps.
 */
#ifndef LL_WORK_STACK_H
#define LL_WORK_STACK_H

#include "sim/base/fault.h"
#include "sim/base/key.h"
#include "sim/machine/chip.h"
#include "sim/model/split.h"

extern const ll_key ll_stack_keys[];

/* Whether every switch that is on has an effect; each that has none is a fault. Pure. */
bool ll_stack_legal(const ll_stack *stack, int precision, ll_faults *why);

/* FP8 with delayed scaling, whose maxima all chips of a stage agree on. */
static inline bool ll_stack_shares_scales(const ll_stack *stack, int precision)
{
    return stack->shared_scales && precision == LL_PRECISION_FP8;
}

/* Replicas synchronise in every pass (FP8 amax reduction, ZeRO-3 gathers), not just at the end of
 * the step, so one slow chip delays all of them. */
static inline bool ll_stack_syncs_every_pass(const ll_stack *stack, int precision)
{
    return ll_stack_shares_scales(stack, precision) || stack->zero >= 3;
}

/* Bytes of a weight that the replicas gather. */
static inline double ll_stack_param_B(const ll_stack *stack, int precision)
{
    return stack->narrow_params && precision == LL_PRECISION_FP8 ? 1 : 2;
}

#endif
