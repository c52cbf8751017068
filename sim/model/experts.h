/* How experts are laid out over the chips, and how tokens reach them. Blocks see it in their split.
 *
 * The chips of a pipeline stage, tp * cp * dp of them, hold the experts as etp * ep * edp: each
 * expert is cut over etp chips, ep groups hold different experts, and edp replicas hold the same
 * ones (Megatron-LM, parallel_state.py: etp varies fastest, then ep, then edp).
 *
 *   all_to_all   a token is sent once for each expert that it picks (Megatron-LM:
 *                MoEAlltoAllTokenDispatcher): it is copied and sorted before it is sent
 *   distinct     a token is sent once to each chip that holds one of its experts, and copied there
 *                (DeepEP and HybridEP, Megatron-LM: flex)
 *   gather       all tokens are gathered on all chips, and results reduce-scattered (inference
 *                engines, where few tokens pick many experts)
 *
 * Routing says how full the ranks get. The fullest rank computes longest and all others wait for
 * it: blocks give every chip the rows of the fullest one, `hot` times the mean. */
#ifndef LL_MODEL_EXPERTS_H
#define LL_MODEL_EXPERTS_H

#include "sim/traffic/routing.h"

typedef enum ll_token_copies {
    LL_DISPATCHER_ALL_TO_ALL,
    LL_DISPATCHER_DISTINCT,
    LL_DISPATCHER_GATHER
} ll_token_copies;

/* job.routing: laws of sim/traffic/routing.h, and two that only say how full the fullest rank is.
 */
typedef enum ll_expert_load {
    LL_LOAD_UNIFORM,
    LL_LOAD_BALANCED,
    LL_LOAD_POWER,
    LL_LOAD_GIVEN,
    LL_LOAD_SKEWED,   /* no balancing: the fullest rank has 2.56 times the mean */
    LL_LOAD_REDUNDANT /* copies of the fullest experts: 1.11 times the mean */
} ll_expert_load;

/* Exponent of popularities if none is given: the one of most tables of ai-dynamo/aiconfigurator. */
#define LL_ROUTING_EXPONENT 1.2

typedef struct ll_experts {
    int64_t ep, etp;
    int load;            /* ll_expert_load */
    double exponent;     /* of the power law; 0: LL_ROUTING_EXPONENT */
    const char *shares;  /* GIVEN: picks of each expert, in any unit, as text: "3 1.5 2 ..." */
    const double *share; /* GIVEN: shares, parsed: [experts of the model]; else NULL */
    double capacity;     /* rows of an expert over the mean, padded to it; 0: no token is dropped */
    int dispatcher;      /* ll_token_copies */
    bool dispatch_fp8;   /* tokens are sent to their experts in FP8, not in 16 bits */
    bool overlap_shared; /* shared experts compute while tokens are on their way */
    bool overlap_exchange; /* with kernels of the other pass of a pair, or half of a batch */
    bool reserve_exchange; /* in pairs kernels never have the multiprocessors of exchanges */
    /* Found once for a job (sim/work/experts.h): picks of the fullest rank, over the mean. */
    double hot;
} ll_experts;

#endif
