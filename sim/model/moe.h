/* Mixture of experts: its parameters. */
#ifndef LL_MODEL_MOE_H
#define LL_MODEL_MOE_H

#include "sim/model/block.h"

typedef struct ll_moe_param {
    int64_t n_expert, top_k;
    int64_t expert_ffn;         /* width of an expert */
    int64_t shared_ffn;         /* width of all shared experts together; 0: none */
    int64_t n_group, top_group; /* node-limited routing: groups of experts; 0: no limit */
    int64_t latent;             /* width of a token that routed experts see; 0: hidden */
    bool gated;
} ll_moe_param;

static inline double ll_moe_width(const ll_moe_param *m, double hidden)
{
    return m->latent > 0 ? (double)m->latent : hidden;
}

/* Rows of a chip's experts, all of them together: those of the fullest chip. */
double ll_moe_rows(const ll_moe_param *m, const ll_split *split);

/* How tokens of `n_rank` ranks pick experts; of laws that are no more than a fullest rank: uniform.
 */
ll_routing ll_moe_routing(const ll_moe_param *m, const ll_experts *e, int64_t seed);

/* The precision (ll_precision) of a router's GEMM, which is never 8 bits or less. */
int ll_moe_router_precision(const ll_pass *pass);

/* Append the exchanges of tokens, hidden by kernels first .. first + n - 1 if there are any. */
void ll_moe_exchange(const ll_moe_param *m, const ll_split *split, int first, int n, ll_pass *pass);

/* ll_block_type.serve, in moe_serve.c. */
void ll_moe_serve(const void *param, const ll_split *split, ll_pass *pass);

#endif
