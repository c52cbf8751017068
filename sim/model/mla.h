/* Multi-head latent attention: its parameters. */
#ifndef LL_MODEL_MLA_H
#define LL_MODEL_MLA_H

#include "sim/model/attention.h"

typedef struct ll_mla_param {
    int64_t n_head;
    int64_t q_latent, kv_latent; /* widths of the latents; q_latent 0: queries have none */
    int64_t nope_dim, rope_dim;  /* of a head of queries and keys: without and with positions */
    int64_t v_dim;               /* of a head of values */
    int mask;                    /* ll_attention */
} ll_mla_param;

#endif
