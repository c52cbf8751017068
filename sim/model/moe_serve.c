/* A mixture of experts in a serving iteration. */
#include "sim/model/ffn.h"
#include "sim/model/moe.h"
#include "sim/model/serving_pass.h"

/* Attention ranks that share the experts: each brings its own tokens to all of them. */
static double n_sharing(const ll_split *split)
{
    const ll_experts *e = &split->experts;
    return (double)(e->ep * e->etp) / (double)split->tp;
}

/* Tokens of all attention ranks come together on every chip, and each sums up its part. */
static void gathered_use(const ll_moe_param *m, const ll_split *split, int first, int n,
                         ll_pass *pass)
{
    const unsigned group = 1u << LL_AXIS_EP | 1u << LL_AXIS_ETP;
    const ll_hide hide = n > 0 ? LL_HIDE_OVERLAP : LL_HIDE_NONE;
    const double value_B = split->experts.dispatch_fp8 ? 1 + 4.0 / 128 : 2;
    const double tokens = split->n_token * n_sharing(split);
    const double n_value = tokens * ll_moe_width(m, split->hidden);
    const ll_exchange out = {.name = "ep gather",
                             .collective = LL_ALL_GATHER,
                             .axes = group,
                             .size_B = n_value * value_B};
    const ll_exchange back = {.name = "ep scatter",
                              .collective = LL_REDUCE_SCATTER,
                              .axes = group,
                              .size_B = n_value * 2};
    ll_pass_use(pass, &out, 1, hide, first, n);
    ll_pass_use(pass, &back, 1, hide, first, n);
}

static void experts_serve(const ll_moe_param *m, const ll_split *split, ll_pass *pass)
{
    const ll_experts *e = &split->experts;
    const double tokens = split->n_token * n_sharing(split);
    ll_experts_shape *all = ll_arena_new(pass->mem, ll_experts_shape);
    *all = (ll_experts_shape){.tokens = tokens,
                              .hidden = ll_moe_width(m, split->hidden),
                              .ffn = (double)m->expert_ffn,
                              .top_k = (double)m->top_k,
                              .n_expert = (double)m->n_expert,
                              .slots = (double)m->n_expert,
                              .tp = (double)e->etp,
                              .ep = (double)e->ep,
                              .skewed = e->load != LL_LOAD_BALANCED && e->load != LL_LOAD_REDUNDANT,
                              .gated = m->gated,
                              .marlin = split->server->experts == LL_EXPERTS_MARLIN};
    ll_pass_experts(pass, all, ll_serve_experts_form(split, pass->precision));
}

/* With attention ranks that share experts, tokens go to them and back; on the tp chips of one rank
 * all tokens are there, and partial sums are reduced with those of the shared experts. */
void ll_moe_serve(const void *param, const ll_split *split, ll_pass *pass)
{
    const ll_moe_param *m = param;
    const double sharing = n_sharing(split), t = split->n_token;
    if (m->n_expert > 1) {
        const int first = pass->n_kernel;
        const int gemm = ll_serve_gemm(split, t, (double)m->n_expert, split->hidden, pass);
        pass->kernel[gemm].precision = ll_moe_router_precision(pass);
        pass->kernel[gemm].form = LL_TIMED_BF16;
        ll_serve_small(pass, 8 * t * (double)m->n_expert); /* scores, top-k */
        ll_pass_role(pass, first, LL_ROLE_ROUTER);
    }
    if (m->latent > 0) ll_serve_gemm(split, t, (double)m->latent, split->hidden, pass);
    experts_serve(m, split, pass);
    if (m->latent > 0) ll_serve_gemm(split, t, split->hidden, (double)m->latent, pass);
    const int first = pass->n_kernel;
    const ll_ffn_param shared = {m->shared_ffn, m->gated};
    if (m->shared_ffn > 0)
        ll_block_ffn.serve(&shared, split, pass);
    else if (sharing <= 1)
        ll_serve_sum(split, t, pass);
    const int n_shared = split->experts.overlap_shared ? pass->n_kernel - first : 0;
    if (sharing <= 1) return;
    if (split->experts.dispatcher == LL_DISPATCHER_GATHER) {
        gathered_use(m, split, first, n_shared, pass);
        return;
    }
    ll_moe_exchange(m, split, first, n_shared, pass);
    const ll_exchange own = {.name = "tp gather",
                             .collective = LL_ALL_GATHER,
                             .axes = 1u << LL_AXIS_TP,
                             .size_B = split->tp > 1 ? 2 * t * split->hidden : 0};
    ll_pass_use(pass, &own, 1, LL_HIDE_NONE, 0, 0);
}
