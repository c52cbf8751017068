/* Multi-token prediction: its parameters. */
#ifndef LL_MODEL_MTP_H
#define LL_MODEL_MTP_H

#include "sim/model/block.h"

typedef struct ll_mtp_param {
    int64_t n_predict; /* layers, each of which predicts one token further */
} ll_mtp_param;

#endif
