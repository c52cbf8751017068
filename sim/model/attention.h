/* Multi-head attention with grouped keys and values: its parameters. */
#ifndef LL_MODEL_ATTENTION_H
#define LL_MODEL_ATTENTION_H

#include "sim/model/block.h"

typedef enum ll_attention { LL_ATTENTION_CAUSAL, LL_ATTENTION_FULL } ll_attention;

typedef struct ll_attention_param {
    int64_t n_head, n_kv_head, head_dim;
    int mask;       /* ll_attention: what the kernels compute and what counts as work */
    bool rotary;    /* rotary position embedding (RoPE) */
    int64_t window; /* keys before a query that it attends to; 0: all */
    bool alibi;     /* ALiBi: positions are biases added to the scores */
} ll_attention_param;

#endif
