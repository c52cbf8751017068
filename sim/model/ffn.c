/* Block `ffn`: a dense feed-forward network, gated (three matrices) or plain (two). */
#include "sim/model/ffn.h"

#include "sim/model/serving_pass.h"

static const ll_key keys[] = {{.name = "ffn",
                               .kind = LL_KIND_COUNT,
                               .flags = LL_KEY_DESIGN,
                               .offset = offsetof(ll_ffn_param, ffn),
                               .min = 1,
                               .max = 1e9,
                               .doc = "width of the feed-forward network"},
                              {.name = "gated",
                               .kind = LL_KIND_BOOL,
                               .flags = LL_KEY_DESIGN,
                               .offset = offsetof(ll_ffn_param, gated),
                               .doc = "gated feed-forward network (three matrices) or plain (two)"},
                              {0}};

/* Widths on one chip. */
typedef struct shape {
    double t, ffn, n_up; /* n_up: up projections, 2 if gated */
} shape;

static shape shape_of(const ll_ffn_param *f, const ll_split *split)
{
    return (shape){split->n_token, (double)f->ffn / (double)split->tp, f->gated ? 2 : 1};
}

static bool legal(const void *param, const ll_split *split, ll_faults *why)
{
    const ll_ffn_param *f = param;
    if (split && (f->ffn % split->tp || (int64_t)split->hidden % split->tp))
        return ll_fault_add(why, "job.tp",
                            "model.hidden = %lld and model.ffn = %lld must divide by it",
                            (long long)split->hidden, (long long)f->ffn);
    return true;
}

static void matrices(const void *param, double hidden, int64_t tp, ll_matrices *out)
{
    (void)tp;
    const ll_ffn_param *f = param;
    for (int i = 0; i < (f->gated ? 3 : 2); i++)
        out->n_weight[out->n++] = hidden * (double)f->ffn;
}

static ll_flop flop(const void *param, double hidden, double seq)
{
    (void)seq;
    const ll_ffn_param *f = param;
    return (ll_flop){.gemm_flop = 2 * (f->gated ? 3 : 2) * hidden * (double)f->ffn};
}

static double kept_B(const void *param, const ll_split *split)
{
    const shape s = shape_of(param, split);
    const double in_B = ll_precision_B((ll_precision)split->precision);
    if (split->stack->modules & LL_MODULE_MLP) return 0;
    return s.t * (s.n_up * 2 * s.ffn + in_B * s.ffn);
}

static void forward(const void *param, const ll_split *split, ll_pass *pass)
{
    const shape s = shape_of(param, split);
    const int up = ll_block_gemm_forward(split, s.n_up * s.ffn, split->hidden,
                                         ll_split_ring_parts(split), pass);
    ll_pass_rowwise(pass, 2 * (s.n_up + 1) * s.t * s.ffn); /* activation */
    ll_pass_cast(pass, s.t * s.ffn);
    const int down =
        ll_block_gemm_forward(split, split->hidden, s.ffn, ll_split_scatter_parts(split), pass);
    ll_block_tp_forward(split, up, down, pass);
}

static void backward(const void *param, const ll_split *split, ll_pass *pass)
{
    const shape s = shape_of(param, split);
    const ll_gradients down =
        ll_block_gemm_backward(split, split->hidden, s.ffn, ll_split_ring_parts(split), pass);
    ll_pass_rowwise(pass,
                    2 * (2 * s.n_up + 1) * s.t * s.ffn); /* activation: gradients of its inputs */
    const ll_gradients up = ll_block_gathered_backward(split, s.n_up * s.ffn, pass);
    ll_block_tp_backward(split, &up, &down, pass);
}

static void recompute(const void *param, const ll_split *split, ll_pass *pass)
{
    if (split->stack->modules & LL_MODULE_MLP) forward(param, split, pass);
}

static void serve(const void *param, const ll_split *split, ll_pass *pass)
{
    const shape s = shape_of(param, split);
    ll_serve_gemm(split, s.t, s.n_up * s.ffn, split->hidden, pass);
    ll_serve_small(pass, 2 * (s.n_up + 1) * s.t * s.ffn); /* activation */
    ll_serve_cast(split, s.t * s.ffn, pass);
    ll_serve_gemm(split, s.t, split->hidden, s.ffn, pass);
    ll_serve_sum(split, s.t, pass);
}

const ll_block_type ll_block_ffn = {
    .name = "ffn",
    .doc = "dense feed-forward network, gated or plain",
    .keys = keys,
    .param_size = sizeof(ll_ffn_param),
    .legal = legal,
    .matrices = matrices,
    .flop = flop,
    .kept_B = kept_B,
    .forward = forward,
    .backward = backward,
    .modules = LL_MODULE_MLP,
    .recompute = recompute,
    .serve = serve,
};
