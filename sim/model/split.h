/* The part of a model and of a micro-batch that one chip gets under a layout. Blocks and the
 * optimizer see only these numbers of the layout. Filled once per layout (sim/work/layout.h). */
#ifndef LL_MODEL_SPLIT_H
#define LL_MODEL_SPLIT_H

#include <stdbool.h>
#include <stdint.h>

/* Axes of a layout. Bit a of a set of axes stands for ll_axis a. */
typedef enum ll_axis { LL_AXIS_TP, LL_AXIS_CP, LL_AXIS_DP, LL_AXIS_PP, LL_N_AXIS } ll_axis;

typedef enum ll_recompute {
    LL_RECOMPUTE_NONE,
    LL_RECOMPUTE_SELECTIVE, /* the attention core only */
    LL_RECOMPUTE_FULL
} ll_recompute;

/* The training software: which kernels are fused, which transfers overlap. sim/work/stack.c
 * explains the keys. */
typedef struct ll_stack {
    int64_t zero;       /* 0 to 3: what data parallelism shards (Rajbhandari et al. 2020) */
    int recompute;      /* ll_recompute */
    int grad_precision; /* 0: fp32, 1: bf16 */
    bool sequence_parallel, fused_attention, eager;
    bool overlap_grad_reduce, overlap_param_gather, overlap_pp, overlap_tp, overlap_tp_grad;
    bool backward_prefetch, scatter_gather;
    bool grad_fusion, grad_widen, grad_whole;
    bool shared_scales, narrow_params, narrow_outputs;
    bool gather_lists; /* sim/work/zero_lists.h */
} ll_stack;

static inline double ll_stack_grad_B(const ll_stack *stack)
{
    return stack->grad_precision ? 2 : 4;
}

typedef struct ll_split {
    const ll_stack *stack; /* borrowed */
    int precision;         /* ll_precision of the GEMMs */
    int64_t tp, cp;
    double hidden;       /* width of the residual stream, whole */
    double n_sequence;   /* sequences of a micro-batch */
    double n_query;      /* per sequence: tokens whose queries this chip computes */
    double n_key;        /* per sequence: tokens that they attend to, before the mask */
    double n_token;      /* per micro-batch: tokens in GEMMs on this chip */
    double n_token_norm; /* per micro-batch: tokens in norms and residual additions on this chip */
    double n_micro;      /* micro-batches per step through the same weights */
    double n_replica;    /* replicas of the weights: dp * cp */
} ll_split;

/* In training all sequences have n_key. A workload that decodes from a KV cache will add a list of
 * context lengths here. */

#endif
