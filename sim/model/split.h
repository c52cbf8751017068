/* The part of a model and of a micro-batch that one chip gets under a layout. Blocks and the
 * optimizer see only these numbers of the layout. Filled once per layout (sim/work/layout.h). */
#ifndef LL_MODEL_SPLIT_H
#define LL_MODEL_SPLIT_H

#include "sim/model/experts.h"
#include "sim/model/serving.h"

#include <stdbool.h>
#include <stdint.h>

/* Axes of a layout. Bit a of a set of axes stands for ll_axis a. Those of experts number the chips
 * of a pipeline stage in another way: a set has axes of one kind. */
typedef enum ll_axis {
    LL_AXIS_TP,
    LL_AXIS_CP,
    LL_AXIS_DP,
    LL_AXIS_PP,
    LL_N_AXIS,
    LL_AXIS_ETP = LL_N_AXIS, /* chips that share an expert */
    LL_AXIS_EP,              /* groups of chips with different experts */
    LL_AXIS_EDP,             /* replicas of experts */
    LL_N_ANY_AXIS
} ll_axis;

typedef enum ll_recompute {
    LL_RECOMPUTE_NONE,
    LL_RECOMPUTE_SELECTIVE, /* the attention core only */
    LL_RECOMPUTE_FULL
} ll_recompute;

/* Modules of a layer that selective recomputation may repeat, as bits of ll_stack.modules; named as
 * in Megatron-LM (recompute_modules). */
enum {
    LL_MODULE_CORE = 1 << 0,    /* core_attn: scores, softmax and their product with values */
    LL_MODULE_MLA_UP = 1 << 1,  /* mla_up_proj: up projections of latent attention, and positions */
    LL_MODULE_NORM = 1 << 2,    /* layernorm: the norms before blocks */
    LL_MODULE_MLP = 1 << 3,     /* mlp: the dense feed-forward network */
    LL_MODULE_MOE_ACT = 1 << 4, /* moe_act: activation of experts */
    LL_MODULE_MOE = 1 << 5,     /* moe: experts, with router and exchanges */
    LL_MODULE_SHARED = 1 << 6,  /* shared_experts */
    LL_N_MODULE = 7
};

/* The training software: which kernels are fused, which transfers overlap. sim/work/stack.c
 * explains the keys. */
typedef struct ll_stack {
    int64_t zero;  /* 0 to 3: what data parallelism shards (Rajbhandari et al. 2020) */
    int recompute; /* ll_recompute */
    const char *recompute_modules;
    unsigned modules;   /* recompute_modules, parsed: bits of LL_MODULE_* */
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

/* Whether the backward pass repeats the attention core. */
static inline bool ll_stack_recomputes_core(const ll_stack *stack)
{
    return stack->recompute == LL_RECOMPUTE_SELECTIVE || (stack->modules & LL_MODULE_CORE) != 0;
}

static inline bool ll_stack_recomputes(const ll_stack *stack)
{
    return stack->recompute != LL_RECOMPUTE_NONE || stack->modules != 0;
}

/* The same software without recomputation. */
static inline ll_stack ll_stack_lean(const ll_stack *stack)
{
    ll_stack lean = *stack;
    lean.recompute = LL_RECOMPUTE_NONE;
    lean.modules = 0;
    return lean;
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
    double n_replica;    /* replicas of the weights: dp * cp * copies on a pipeline */
    ll_experts experts;
    double n_expert_replica; /* replicas of the experts' weights: edp * copies on a pipeline */
    int64_t seed;            /* of random draws */
    /* Of a serving iteration, borrowed; NULL in training. n_token: rows of its GEMMs. n_query,
     * n_key and n_sequence mean nothing then. */
    const ll_batch *batch;
    const ll_server *server;
} ll_split;

/* The split of what a chip does for its own part of the sequence alone, as norms are. */
static inline ll_split ll_split_own_tokens(const ll_split *split)
{
    ll_split own = *split;
    own.n_token = split->n_token_norm;
    return own;
}

#endif
