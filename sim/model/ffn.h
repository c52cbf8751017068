/* Feed-forward network: its parameters. */
#ifndef LL_MODEL_FFN_H
#define LL_MODEL_FFN_H

#include "sim/model/block.h"

typedef struct ll_ffn_param {
    int64_t ffn; /* width */
    bool gated;  /* gate, up and down projections instead of up and down */
} ll_ffn_param;

#endif
