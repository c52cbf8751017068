/* Parameters of the embedding and of the output projection. */
#ifndef LL_MODEL_VOCAB_H
#define LL_MODEL_VOCAB_H

#include "sim/model/block.h"

typedef struct ll_vocab_param {
    int64_t vocab;
    bool tied; /* embedding and output projection share their weights */
} ll_vocab_param;

#endif
