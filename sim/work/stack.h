/* The training software: which kernels it fuses, what it shards, and which transfers it overlaps.
 */
#ifndef LL_WORK_STACK_H
#define LL_WORK_STACK_H

#include "sim/base/fault.h"
#include "sim/base/key.h"
#include "sim/machine/chip.h"
#include "sim/model/split.h"

extern const ll_key ll_stack_keys[];

/* Parses `recompute_modules` into `modules`. False: each word that is no module is added to `why`.
 */
bool ll_stack_parse(ll_stack *stack, ll_faults *why);

/* Whether the model has the modules that are recomputed; has: LL_MODULE_* of its blocks. */
bool ll_stack_modules_legal(const ll_stack *stack, unsigned has, ll_faults *why);

/* Whether every switch that is on has an effect. Each one that has none is added to `why`, with
 * what it needs. Pure. */
bool ll_stack_legal(const ll_stack *stack, int precision, ll_faults *why);

/* FP8 with delayed scaling: the chips of a stage all-reduce the maxima (amax) of their tensors. */
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

/* Bytes per weight in all-gathers between the replicas. */
static inline double ll_stack_param_B(const ll_stack *stack, int precision)
{
    return stack->narrow_params && precision == LL_PRECISION_FP8 ? 1 : 2;
}

#endif
