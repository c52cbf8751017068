/* Multi-head attention with grouped keys and values: its parameters. */
#ifndef LL_MODEL_ATTENTION_H
#define LL_MODEL_ATTENTION_H

#include "sim/model/block.h"

typedef enum ll_attention { LL_ATTENTION_CAUSAL, LL_ATTENTION_FULL } ll_attention;

/* Norms of queries and keys behind their projection: none, of each head by itself (Qwen3), or of
 * all heads of a token together (MiniMax-M2), for which tp chips sum up squares. */
typedef enum ll_qk_norm { LL_QK_NORM_NONE, LL_QK_NORM_HEAD, LL_QK_NORM_TOKEN } ll_qk_norm;

typedef struct ll_attention_param {
    int64_t n_head, n_kv_head, head_dim;
    int mask;       /* ll_attention: what the kernels compute and what counts as work */
    bool rotary;    /* rotary position embedding (RoPE) */
    int64_t window; /* keys before a query that it attends to; 0: all */
    bool alibi;     /* ALiBi: positions are biases added to the scores */
    int qk_norm;    /* ll_qk_norm */
} ll_attention_param;

#endif
