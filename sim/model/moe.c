/* Block `moe`: a router that picks top_k of n_expert experts for each token, and shared experts
 * that see all tokens.
 *
 *   router      GEMM of hidden x experts in 16 bits with a result of 32, scores, top-k
 *   latent      where experts work on a narrower latent (expert_latent), a GEMM projects tokens to
 *               it before they are sent, and another one back where results are added up
 *   dispatch    tokens go to the chips of their experts over the axis ep (experts.h), and are
 *               sorted by expert there; with etp > 1 the chips of an expert gather each other's
 *               rows (moe_exchange.c)
 *   experts     up (and gate) and down projection of each, as grouped GEMMs of the chip's experts
 *   combine     results go back and are added up with their weights
 *
 * Each chip routes its own part of the sequence (sequence parallelism): t tokens, t k picks, and as
 * many rows for its experts in the mean; the fullest chip has `hot` times that. With a capacity
 * each expert computes capacity times the mean, padded, and the rest is dropped.
 *
 * A model with one expert has no router and nothing to sort: it is the dense network.
 *
 * Backward, gradients go the same ways: the exchange of results carries them out, that of tokens
 * back. Not modelled: the loss that balances experts, biases of experts. */
#include "sim/model/moe.h"

#include "sim/model/ffn.h"

#include <math.h>

#define COUNT(name_, field, def_, min_, doc_)                                              \
    {                                                                                      \
        .name = (name_), .kind = LL_KIND_COUNT, .flags = LL_KEY_DESIGN,                    \
        .offset = offsetof(ll_moe_param, field), .def = (def_), .min = (min_), .max = 1e6, \
        .doc = (doc_)                                                                      \
    }

static const ll_key keys[] = {
    COUNT("experts", n_expert, NULL, 1, "mixture of experts: routed experts of a layer"),
    COUNT("top_k", top_k, NULL, 1, "mixture of experts: experts that a token is sent to"),
    COUNT("expert_ffn", expert_ffn, NULL, 1, "mixture of experts: width of an expert"),
    COUNT("shared_ffn", shared_ffn, "0", 0,
          "mixture of experts: width of all shared experts together"),
    COUNT("expert_groups", n_group, "0", 0,
          "mixture of experts: groups of experts for node-limited routing; 0: none"),
    COUNT("token_groups", top_group, "0", 0,
          "mixture of experts: groups that a token may pick from"),
    COUNT("expert_latent", latent, "0", 0,
          "mixture of experts: width of the latent that routed experts see; 0: hidden"),
    {.name = "expert_gated",
     .kind = LL_KIND_BOOL,
     .flags = LL_KEY_DESIGN,
     .offset = offsetof(ll_moe_param, gated),
     .def = "true",
     .doc = "mixture of experts: gated experts (three matrices) or plain (two)"},
    {0}};

/* On one chip. */
typedef struct shape {
    double t;       /* tokens that it routes */
    double picks;   /* rows that it sends: t * top_k */
    double arrived; /* tokens that its dispatch brings: copies, or distinct tokens */
    double rows;    /* rows of its experts, all of them together */
    int n_group;    /* experts */
    double *each;   /* [n_group] rows, equal shares */
    double ffn;     /* width of its part of an expert */
    double width;   /* of a token that an expert sees */
    double n_up;    /* up projections, 2 if gated */
    bool routes;    /* more than one expert */
    ll_ffn_param shared;
} shape;

ll_routing ll_moe_routing(const ll_moe_param *m, const ll_experts *e, int64_t seed)
{
    const bool law = e->load <= LL_LOAD_GIVEN;
    static const ll_routing_law laws[] = {LL_ROUTING_UNIFORM, LL_ROUTING_BALANCED, LL_ROUTING_POWER,
                                          LL_ROUTING_GIVEN};
    return (ll_routing){.law = law ? laws[e->load] : LL_ROUTING_UNIFORM,
                        .exponent = e->exponent > 0 ? e->exponent : LL_ROUTING_EXPONENT,
                        .seed = (uint64_t)seed,
                        .share = e->share,
                        .n_expert = (int32_t)m->n_expert,
                        .top_k = (int32_t)m->top_k,
                        .n_rank = (int32_t)e->ep,
                        .n_group = (int32_t)m->n_group,
                        .top_group = (int32_t)m->top_group};
}

double ll_moe_rows(const ll_moe_param *m, const ll_split *split)
{
    const ll_experts *e = &split->experts;
    const double mean = split->n_token_norm * (double)m->top_k * (double)e->etp;
    return mean * (e->capacity > 0 ? e->capacity : e->hot);
}

static shape shape_of(const ll_moe_param *m, const ll_split *split, ll_arena *mem)
{
    const ll_experts *e = &split->experts;
    const ll_routing routing = ll_moe_routing(m, e, split->seed);
    shape s = {.t = split->n_token_norm,
               .rows = ll_moe_rows(m, split),
               .n_group = (int)(m->n_expert / e->ep),
               .ffn = (double)m->expert_ffn / (double)e->etp,
               .width = ll_moe_width(m, split->hidden),
               .n_up = m->gated ? 2 : 1,
               .routes = m->n_expert > 1,
               .shared = {m->shared_ffn, m->gated}};
    s.picks = s.t * (double)m->top_k;
    s.arrived = s.rows / (double)e->etp;
    if (e->dispatcher == LL_DISPATCHER_DISTINCT)
        s.arrived *= ll_routing_reach(&routing, (int32_t)e->ep) / (double)m->top_k;
    s.each = ll_arena_fill(mem, s.n_group, double);
    for (int g = 0; g < s.n_group; g++)
        s.each[g] = s.rows / s.n_group;
    return s;
}

static bool legal(const void *param, const ll_split *split, ll_faults *why)
{
    const ll_moe_param *m = param;
    bool ok = true;
    if (!split) {
        char text[LL_ROUTING_TEXT];
        const ll_routing all = ll_moe_routing(m, &(ll_experts){.ep = 1}, 0);
        if ((m->n_group > 0) != (m->top_group > 0))
            return ll_fault_add(why, m->n_group ? "model.expert_groups" : "model.token_groups",
                                "node-limited routing needs both: write %s too, or neither",
                                m->n_group ? "token_groups" : "expert_groups");
        return !ll_routing_obstacle(&all, text) ||
               ll_fault_add(why, m->top_k > m->n_expert ? "model.top_k" : "model.expert_groups",
                            "%s", text);
    }
    if (split->tp > 1 && !split->server && !split->stack->sequence_parallel)
        ok = ll_fault_add(why, "job.sequence_parallel",
                          "with tp > 1 experts need it: each chip routes a part of the sequence");
    if (m->shared_ffn % split->tp)
        ok = ll_fault_add(why, "job.tp", "model.shared_ffn = %lld must divide by it",
                          (long long)m->shared_ffn);
    if (m->expert_ffn % split->experts.etp)
        ok = ll_fault_add(why, "job.etp", "model.expert_ffn = %lld must divide by it",
                          (long long)m->expert_ffn);
    if (split->server && split->experts.ep * split->experts.etp % split->tp)
        ok = ll_fault_add(why, "job.etp",
                          "ep %lld x etp %lld must be a multiple of tp %lld, as the chips of an "
                          "attention rank hold the same tokens; write etp = %lld",
                          (long long)split->experts.ep, (long long)split->experts.etp,
                          (long long)split->tp, (long long)split->tp);
    if (split->server && split->experts.capacity > 0)
        ok = ll_fault_add(why, "job.capacity", "inference drops no tokens; leave it out");
    if (!split->server && split->experts.dispatcher == LL_DISPATCHER_GATHER)
        ok = ll_fault_add(
            why, "job.dispatcher",
            "\"gather\" is modelled for inference alone; write all_to_all or distinct");
    if (m->n_expert % split->experts.ep) {
        int64_t below = split->experts.ep < m->n_expert ? split->experts.ep : m->n_expert;
        while (m->n_expert % below)
            below--;
        ok = ll_fault_add(why, "job.ep", "must divide the model's %lld experts; nearest: %lld",
                          (long long)m->n_expert, (long long)below);
    }
    return ok;
}

static void matrices(const void *param, double hidden, int64_t tp, ll_matrices *out)
{
    const ll_moe_param *m = param;
    const double n = (double)m->n_expert, f = (double)m->expert_ffn;
    const double width = ll_moe_width(m, hidden);
    if (m->n_expert > 1) out->n_weight[out->n++] = (double)tp * hidden * n; /* router */
    for (int i = 0; i < 2 && m->latent > 0; i++)                            /* to it, and back */
        out->n_weight[out->n++] = (double)tp * hidden * width;
    out->experts |= 3u << out->n;
    out->n_weight[out->n++] = n * width * (m->gated ? 2 : 1) * f;
    out->n_weight[out->n++] = n * f * width;
    if (m->shared_ffn > 0)
        ll_block_ffn.matrices(&(ll_ffn_param){m->shared_ffn, m->gated}, hidden, tp, out);
}

static ll_flop flop(const void *param, double hidden, double seq)
{
    (void)seq;
    const ll_moe_param *m = param;
    const double n_matrix = m->gated ? 3 : 2, router = m->n_expert > 1 ? (double)m->n_expert : 0;
    const double picked = n_matrix * (double)(m->top_k * m->expert_ffn);
    const double shared = n_matrix * (double)m->shared_ffn, latent = 2 * (double)m->latent;
    return (ll_flop){
        .gemm_flop = 2 * (ll_moe_width(m, hidden) * picked + hidden * (shared + router + latent))};
}

static double kept_B(const void *param, const ll_split *split)
{
    const ll_moe_param *m = param;
    const ll_ffn_param shared = {m->shared_ffn, m->gated};
    const double in_B = ll_precision_B((ll_precision)split->precision),
                 rows = ll_moe_rows(m, split);
    const double ffn = (double)m->expert_ffn / (double)split->experts.etp;
    const unsigned modules = split->stack->modules;
    if (modules & LL_MODULE_MOE) return 0;
    double sum = rows * (m->gated ? 2 : 1) * 2 * ffn;
    if (!(modules & LL_MODULE_MOE_ACT)) sum += rows * in_B * ffn;
    if (m->n_expert > 1) /* rows in the order of experts; scores */
        sum += rows * in_B * ll_moe_width(m, split->hidden) +
               4 * split->n_token_norm * (double)m->n_expert;
    if (m->shared_ffn > 0 && !(modules & LL_MODULE_SHARED))
        sum += ll_block_ffn.kept_B(&shared, split);
    return sum;
}

/* ---- router ---- */

int ll_moe_router_precision(const ll_pass *pass)
{
    return pass->precision == LL_PRECISION_FP16 ? LL_PRECISION_FP16 : LL_PRECISION_BF16;
}

static int router_gemm(double m, double n, double k, double out_B, ll_pass *pass)
{
    const int i = ll_pass_gemm(pass, m, n, k, out_B, 1);
    pass->kernel[i].precision = ll_moe_router_precision(pass);
    return i;
}

static void router_forward(const ll_moe_param *m, const shape *s, const ll_split *split,
                           ll_pass *pass)
{
    const int first = pass->n_kernel;
    if (!s->routes) return;
    router_gemm(s->t, (double)m->n_expert, split->hidden, 4, pass);
    ll_pass_rowwise(pass, 8 * s->t * (double)m->n_expert); /* softmax or sigmoid, in 32 bits */
    ll_pass_topk(pass, s->t);
    ll_pass_role(pass, first, LL_ROLE_ROUTER);
}

static void router_backward(const ll_moe_param *m, const shape *s, const ll_split *split,
                            ll_pass *pass)
{
    const double n = (double)m->n_expert;
    const int first = pass->n_kernel;
    if (!s->routes) return;
    ll_pass_rowwise(pass, 12 * s->t * n);
    router_gemm(s->t, split->hidden, n, 2, pass);
    const int weight = router_gemm(split->hidden, n, s->t, 2 * ll_stack_grad_B(split->stack), pass);
    pass->kernel[weight].weight_gradient = true;
    ll_pass_stream(pass, 6 * s->t * split->hidden); /* added to the gradient of the tokens */
    ll_pass_role(pass, first, LL_ROLE_ROUTER);
}

/* Tokens to the order of experts: all_to_all copies and sorts them by chip before it sends them,
 * and by expert where they arrive: from the kernel on that is returned. */
static int sort_out(const shape *s, const ll_split *split, ll_pass *pass)
{
    const bool distinct = split->experts.dispatcher == LL_DISPATCHER_DISTINCT;
    const int first = pass->n_kernel;
    if (!s->routes) return first;
    if (!distinct) ll_pass_permute(pass, s->t, s->picks, s->width);
    const int arrived = pass->n_kernel;
    if (distinct || (s->n_group > 1 && split->experts.ep > 1))
        ll_pass_permute(pass, s->arrived, s->rows, s->width);
    ll_pass_role(pass, first, LL_ROLE_PERMUTE);
    return arrived;
}

static void sort_back(const shape *s, const ll_split *split, int arrived, ll_pass *pass)
{
    const bool distinct = split->experts.dispatcher == LL_DISPATCHER_DISTINCT;
    const int first = pass->n_kernel;
    if (!s->routes) return;
    if (distinct || (s->n_group > 1 && split->experts.ep > 1))
        ll_pass_permute(pass, s->rows, s->arrived, s->width);
    ll_pass_between(pass, arrived);
    if (!distinct) ll_pass_permute(pass, s->picks, s->t, s->width);
    ll_pass_role(pass, first, LL_ROLE_PERMUTE);
}

/* ---- latent: both projections are of the tokens that this chip routes ---- */

static void latent_forward(const ll_moe_param *m, const shape *s, const ll_split *split,
                           ll_pass *pass)
{
    const ll_split own = ll_split_own_tokens(split);
    if (m->latent == 0) return;
    ll_block_gemm_forward(&own, s->width, split->hidden, 1, pass);
    ll_pass_cast(pass, s->t * s->width);
    ll_block_gemm_forward(&own, split->hidden, s->width, 1, pass);
}

static void latent_backward(const ll_moe_param *m, const shape *s, const ll_split *split,
                            ll_pass *pass)
{
    const ll_split own = ll_split_own_tokens(split);
    if (m->latent == 0) return;
    ll_block_gemm_backward(&own, split->hidden, s->width, 1, pass);
    ll_block_gemm_backward(&own, s->width, split->hidden, 1, pass);
}

/* ---- passes ---- */

static void experts_forward(const shape *s, const ll_split *split, ll_pass *pass)
{
    if (s->routes) ll_pass_cast(pass, s->rows * s->width);
    ll_block_grouped_forward(split, s->n_group, s->each, s->n_up * s->ffn, s->width, pass);
    ll_pass_rowwise(pass, 2 * (s->n_up + 1) * s->rows * s->ffn);
    ll_pass_cast(pass, s->rows * s->ffn);
    ll_block_grouped_forward(split, s->n_group, s->each, s->width, s->ffn, pass);
}

static void experts_backward(const shape *s, const ll_split *split, ll_pass *pass)
{
    const double in_B = ll_precision_B((ll_precision)pass->precision);
    ll_block_grouped_backward(split, s->n_group, s->each, s->width, s->ffn, pass);
    ll_pass_rowwise(pass, 2 * (2 * s->n_up + 1) * s->rows * s->ffn);
    if (!s->routes && in_B < 2) ll_pass_rowwise(pass, 2 * in_B * s->rows * s->width);
    ll_block_grouped_backward(split, s->n_group, s->each, s->n_up * s->ffn, s->width, pass);
}

static void forward(const void *param, const ll_split *split, ll_pass *pass)
{
    const ll_moe_param *m = param;
    const shape s = shape_of(m, split, pass->mem);
    router_forward(m, &s, split, pass);
    const int arrived = sort_out(&s, split, pass);
    experts_forward(&s, split, pass);
    sort_back(&s, split, arrived, pass);
    latent_forward(m, &s, split, pass);
    const int first = pass->n_kernel;
    if (m->shared_ffn > 0) ll_block_ffn.forward(&s.shared, split, pass);
    const int n_shared = pass->n_kernel - first;
    if (n_shared > 0) ll_pass_stream(pass, 6 * s.t * split->hidden); /* both are added */
    ll_moe_exchange(m, split, first, split->experts.overlap_shared ? n_shared : 0, pass);
}

static void backward(const void *param, const ll_split *split, ll_pass *pass)
{
    const ll_moe_param *m = param;
    const shape s = shape_of(m, split, pass->mem);
    const int arrived = sort_out(&s, split, pass);
    experts_backward(&s, split, pass);
    sort_back(&s, split, arrived, pass);
    latent_backward(m, &s, split, pass);
    router_backward(m, &s, split, pass);
    const int first = pass->n_kernel;
    if (m->shared_ffn > 0) ll_block_ffn.backward(&s.shared, split, pass);
    const int n_shared = pass->n_kernel - first;
    if (n_shared > 0) ll_pass_stream(pass, 6 * s.t * split->hidden);
    ll_moe_exchange(m, split, first, split->experts.overlap_shared ? n_shared : 0, pass);
}

static void recompute(const void *param, const ll_split *split, ll_pass *pass)
{
    const ll_moe_param *m = param;
    const unsigned modules = split->stack->modules;
    const shape s = shape_of(m, split, pass->mem);
    if (modules & LL_MODULE_MOE) {
        forward(param, split, pass);
        return;
    }
    if (modules & LL_MODULE_MOE_ACT) {
        const int first = ll_pass_rowwise(pass, 2 * (s.n_up + 1) * s.rows * s.ffn);
        ll_pass_cast(pass, s.rows * s.ffn);
        ll_pass_between(pass, first);
    }
    if (modules & LL_MODULE_SHARED && m->shared_ffn > 0)
        ll_block_ffn.forward(&s.shared, split, pass);
}

const ll_block_type ll_block_moe = {
    .name = "moe",
    .doc = "mixture of experts",
    .keys = keys,
    .param_size = sizeof(ll_moe_param),
    .legal = legal,
    .matrices = matrices,
    .flop = flop,
    .kept_B = kept_B,
    .forward = forward,
    .backward = backward,
    .modules = LL_MODULE_MOE_ACT | LL_MODULE_MOE | LL_MODULE_SHARED,
    .recompute = recompute,
    .serve = ll_moe_serve,
};
