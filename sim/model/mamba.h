/* A state-space layer (Mamba-2): its parameters. */
#ifndef LL_MODEL_MAMBA_H
#define LL_MODEL_MAMBA_H

#include "sim/model/block.h"

typedef struct ll_mamba_param {
    int64_t n_head;   /* H */
    int64_t head_dim; /* P: channels of a head */
    int64_t state;    /* N: width of a channel's state */
    int64_t n_group;  /* G: groups of heads that share B and C */
    int64_t conv;     /* taps of the convolution */
    int64_t chunk;    /* Q: tokens that are computed at once */
} ll_mamba_param;

#endif
