/* Block `mla`: multi-head latent attention (DeepSeek-V2, arXiv 2405.04434, section 2.1), as it is
 * trained: keys and values are projected up from their latent before attention, nothing is
 * absorbed.
 *
 *   queries   hidden -> q_latent -> norm -> heads * (nope + rope)      or at once (q_latent = 0)
 *   keys      hidden -> kv_latent + rope; the latent -> norm -> heads * (nope + v)
 *   core      scores over nope + rope, products with v; the rope part of a key serves all heads
 *   output    heads * v -> hidden
 *
 * Tensor parallelism splits the heads. Every chip holds the down projections whole and runs them on
 * its own part of the sequence (Megatron-LM: multi_latent_attention.py), so all-gathers carry
 * latents, which are narrower than the residual stream. Only fused attention is modelled.
 *
 * The backward pass of the core has five GEMMs: three over nope + rope, two over v.
 * Recomputation of the module mla_up_proj repeats norms, up projections and positions, so queries,
 * keys and values are not kept. Not modelled: the sum over tp chips of the gradients of what each
 * of them holds whole. */
#include "sim/model/mla.h"

#include "sim/model/serving_pass.h"

#include <math.h>

static const char *const mask_names[] = {"causal", "full", NULL};

#define COUNT(name_, field, min_, doc_)                                                   \
    {                                                                                     \
        .name = (name_), .kind = LL_KIND_COUNT, .flags = LL_KEY_DESIGN,                   \
        .offset = offsetof(ll_mla_param, field), .min = (min_), .max = 1e9, .doc = (doc_) \
    }

static const ll_key keys[] = {
    COUNT("heads", n_head, 1, "query heads"),
    COUNT("q_latent", q_latent, 0,
          "latent attention: width of the latent of queries; 0: they have none"),
    COUNT("kv_latent", kv_latent, 1, "latent attention: width of the latent of keys and values"),
    COUNT("nope_dim", nope_dim, 1,
          "latent attention: width of a head of queries and keys, without the part with positions"),
    COUNT("rope_dim", rope_dim, 1,
          "latent attention: width of the part of a head that has rotary positions"),
    COUNT("v_dim", v_dim, 1, "latent attention: width of a head of values"),
    {.name = "attention",
     .kind = LL_KIND_CHOICE,
     .offset = offsetof(ll_mla_param, mask),
     .def = "causal",
     .choices = mask_names,
     .doc = "mask of the scores: what the kernels compute, and what counts as work"},
    {0}};

/* Shapes on one chip. */
typedef struct shape {
    double t, t_own;      /* tokens of all tp chips; of the chip's own part of the sequence */
    double q, k, v;       /* widths of queries, keys and values */
    double up_kv;         /* width of the up projection of keys and values */
    double q_lat, kv_lat; /* widths of the latents, that of keys and values without its rope part */
    double rope;
    ll_attention_shape fused;
    double cp;
} shape;

static shape shape_of(const ll_mla_param *a, const ll_split *split)
{
    const double head = (double)a->n_head / (double)split->tp;
    const double qk = (double)(a->nope_dim + a->rope_dim), v = (double)a->v_dim;
    return (shape){.t = split->n_token,
                   .t_own = split->n_token_norm,
                   .q = head * qk,
                   .k = head * qk,
                   .v = head * v,
                   .up_kv = head * (double)(a->nope_dim + a->v_dim),
                   .q_lat = (double)a->q_latent,
                   .kv_lat = (double)a->kv_latent,
                   .rope = (double)a->rope_dim,
                   .fused = {.batch = split->n_sequence,
                             .head = head,
                             .kv_head = head,
                             .n_query = split->n_query,
                             .n_key = split->n_key,
                             .score_width = qk,
                             .value_width = v,
                             .counted = a->mask == LL_ATTENTION_CAUSAL ? 0.5 : 1,
                             .n_call = (double)split->cp},
                   .cp = (double)split->cp};
}

static bool legal(const void *param, const ll_split *split, ll_faults *why)
{
    const ll_mla_param *a = param;
    bool ok = true;
    if (!split) return true;
    if (a->n_head % split->tp)
        ok = ll_fault_add(why, "job.tp", "the model's %lld heads do not divide by it",
                          (long long)a->n_head);
    if (!split->stack->fused_attention)
        ok = ll_fault_add(why, "job.fused_attention",
                          "latent attention is modelled with fused attention only; write true");
    return ok;
}

static void matrices(const void *param, double hidden, int64_t tp, ll_matrices *out)
{
    const ll_mla_param *a = param;
    const double head = (double)a->n_head, q = head * (double)(a->nope_dim + a->rope_dim);
    const double q_lat = (double)a->q_latent, kv_lat = (double)a->kv_latent, copies = (double)tp;
    if (a->q_latent > 0) out->n_weight[out->n++] = copies * (hidden + 1) * q_lat; /* and its norm */
    out->n_weight[out->n++] = copies * (hidden * (kv_lat + (double)a->rope_dim) + kv_lat);
    out->n_weight[out->n++] = (a->q_latent > 0 ? q_lat : hidden) * q;
    out->n_weight[out->n++] = kv_lat * head * (double)(a->nope_dim + a->v_dim);
    out->n_weight[out->n++] = head * (double)a->v_dim * hidden;
}

static ll_flop flop(const void *param, double hidden, double seq)
{
    const ll_mla_param *a = param;
    const double head = (double)a->n_head, qk = (double)(a->nope_dim + a->rope_dim);
    const double v = (double)a->v_dim, q_lat = (double)a->q_latent, kv_lat = (double)a->kv_latent;
    const double down = hidden * (q_lat + kv_lat + (double)a->rope_dim);
    const double up = (a->q_latent > 0 ? q_lat : hidden) * head * qk +
                      kv_lat * head * (double)(a->nope_dim + a->v_dim);
    return (ll_flop){.gemm_flop = 2 * (down + up + head * v * hidden),
                     .score_flop = 2 * seq * head * (qk + v),
                     .score_frac = a->mask == LL_ATTENTION_CAUSAL ? 0.5 : 1};
}

static bool recomputes_up(const ll_split *split)
{
    return (split->stack->modules & LL_MODULE_MLA_UP) != 0;
}

static double kept_B(const void *param, const ll_split *split)
{
    const shape s = shape_of(param, split);
    const double in_B = ll_precision_B((ll_precision)split->precision);
    const double latents = (2 + in_B) * (s.q_lat + s.kv_lat) + 2 * s.rope;
    const double heads = recomputes_up(split) ? 0 : 2 * (s.q + s.k + s.v);
    return s.t_own * latents + s.t * (heads + fmax(in_B, 2) * s.v);
}

/* GEMMs, with what surrounds them, of the forward pass: latents on the chip's own tokens. */
static void down_forward(const shape *s, const ll_split *split, ll_pass *pass)
{
    const ll_split own = ll_split_own_tokens(split);
    if (s->q_lat > 0) ll_block_gemm_forward(&own, s->q_lat, split->hidden, 1, pass);
    ll_block_gemm_forward(&own, s->kv_lat + s->rope, split->hidden, 1, pass);
}

/* Norms of the latents, up projections, and positions: those of queries in place; keys and values
 * are copied out of the projection, with the common part of the keys. Returns the first GEMM. */
static int up_forward(const shape *s, const ll_split *split, ll_pass *pass)
{
    if (s->q_lat > 0) ll_pass_rowwise(pass, 4 * s->t_own * s->q_lat);
    ll_pass_rowwise(pass, 4 * s->t_own * s->kv_lat);
    const double q_in = s->q_lat > 0 ? s->q_lat : split->hidden;
    const int first = ll_block_gemm_forward(split, s->q, q_in, ll_split_ring_parts(split), pass);
    ll_block_gemm_forward(split, s->up_kv, s->kv_lat, 1, pass);
    ll_pass_rowwise(pass, 4 * s->t * s->q);
    ll_pass_stream(pass, 2 * s->t * (s->up_kv + s->k + s->v));
    return first;
}

static int core_forward(const shape *s, ll_pass *pass)
{
    const int first = ll_pass_attention(pass, &s->fused, false);
    if (s->cp > 1) ll_pass_stream(pass, s->cp * (2 + 8) * s->t * s->v);
    return first;
}

static int core_backward(const shape *s, ll_pass *pass)
{
    const int first = ll_pass_attention(pass, &s->fused, true);
    if (s->cp > 1) ll_pass_stream(pass, s->cp * (2 + 4) * s->t * (s->q + s->k + s->v));
    return first;
}

/* Keys and values of all cp chips, or their gradients, in 16 bits. */
static ll_exchange cp_exchange(const shape *s, const ll_split *split, bool gradients)
{
    const double tokens = split->n_sequence * split->n_key;
    return (ll_exchange){.name = gradients ? "cp scatter" : "cp gather",
                         .collective = gradients ? LL_REDUCE_SCATTER : LL_ALL_GATHER,
                         .axes = 1u << LL_AXIS_CP,
                         .size_B = split->cp > 1 ? 2 * tokens * (s->k + s->v) : 0};
}

/* Width of what is gathered over tp, over that of the residual stream. */
static double gathered_frac(const shape *s, const ll_split *split)
{
    return ((s->q_lat > 0 ? s->q_lat : split->hidden) + s->kv_lat + s->rope) / split->hidden;
}

static void forward(const void *param, const ll_split *split, ll_pass *pass)
{
    const shape s = shape_of(param, split);
    down_forward(&s, split, pass);
    const int up = up_forward(&s, split, pass);
    const int core = core_forward(&s, pass), n_core = pass->n_kernel - core;
    ll_pass_cast(pass, s.t * s.v);
    const int out =
        ll_block_gemm_forward(split, split->hidden, s.v, ll_split_scatter_parts(split), pass);
    const ll_exchange keys_values = cp_exchange(&s, split, false);
    ll_pass_use(pass, &keys_values, 1, LL_HIDE_RING_KEYS, core, n_core);
    const ll_exchange gather = ll_exchange_tp_gather(split), sum = ll_exchange_tp_sum(split);
    const bool overlap = split->stack->overlap_tp;
    ll_pass_use(pass, &gather, gathered_frac(&s, split), overlap ? LL_HIDE_RING : LL_HIDE_NONE, up,
                1);
    ll_pass_use(pass, &sum, 1, overlap ? LL_HIDE_SPLIT : LL_HIDE_NONE, out, 1);
}

/* Backward of up_forward: gradients of the latents. */
static ll_gradients up_backward(const shape *s, const ll_split *split, ll_pass *pass)
{
    const double q_in = s->q_lat > 0 ? s->q_lat : split->hidden;
    ll_pass_rowwise(pass, 4 * s->t * s->q);
    ll_pass_stream(pass, 2 * s->t * (s->up_kv + s->k + s->v));
    ll_block_gemm_backward(split, s->up_kv, s->kv_lat, 1, pass);
    const ll_gradients up = ll_block_gemm_backward(split, s->q, q_in, 1, pass);
    ll_pass_rowwise(pass, 6 * s->t_own * s->kv_lat);
    if (s->q_lat > 0) ll_pass_rowwise(pass, 6 * s->t_own * s->q_lat);
    return up;
}

/* The gradients of the input that come through the latents are added up. */
static void down_backward(const shape *s, const ll_split *split, ll_pass *pass)
{
    const ll_split own = ll_split_own_tokens(split);
    ll_block_gemm_backward(&own, s->kv_lat + s->rope, split->hidden, 1, pass);
    if (s->q_lat > 0) ll_block_gemm_backward(&own, s->q_lat, split->hidden, 1, pass);
    ll_pass_stream(pass, 6 * s->t_own * split->hidden);
}

static void backward(const void *param, const ll_split *split, ll_pass *pass)
{
    const shape s = shape_of(param, split);
    const ll_gradients out =
        ll_block_gemm_backward(split, split->hidden, s.v, ll_split_ring_parts(split), pass);
    const int core = core_backward(&s, pass), n_core = pass->n_kernel - core;
    const ll_gradients up = up_backward(&s, split, pass);
    down_backward(&s, split, pass);
    const ll_exchange keys_values = cp_exchange(&s, split, false);
    const ll_exchange their_gradients = cp_exchange(&s, split, true);
    ll_pass_use(pass, &keys_values, 1, LL_HIDE_RING_KEYS, core, n_core);
    ll_pass_use(pass, &their_gradients, 1, LL_HIDE_RING_KEYS, core, n_core);
    const ll_exchange gather = ll_exchange_tp_gather(split), sum = ll_exchange_tp_sum(split);
    const bool overlap = split->stack->overlap_tp, beside = split->stack->overlap_tp_grad;
    const double frac = gathered_frac(&s, split);
    ll_pass_use(pass, &gather, 1, overlap ? LL_HIDE_RING : LL_HIDE_NONE, out.input, 1);
    ll_pass_use(pass, &gather, frac, LL_HIDE_OVERLAP, up.input, 1);
    ll_pass_use(pass, &sum, frac, beside ? LL_HIDE_OVERLAP : LL_HIDE_NONE, up.weight, 1);
}

static void recompute(const void *param, const ll_split *split, ll_pass *pass)
{
    const shape s = shape_of(param, split);
    if (recomputes_up(split)) up_forward(&s, split, pass);
    if (ll_stack_recomputes_core(split->stack)) core_forward(&s, pass);
}

static double cache_B(const void *param, const ll_split *split, double seq)
{
    (void)seq;
    const ll_mla_param *a = param;
    const double value_B = ll_precision_B((ll_precision)split->server->kv_precision);
    return (double)(a->kv_latent + a->rope_dim) * value_B; /* on each of the tp chips */
}

/* Prompts: keys and values of each head are made from the latents. */
static void prompt_serve(const ll_mla_param *a, const ll_split *split, ll_pass *pass)
{
    const ll_batch *b = split->batch;
    const shape s = shape_of(a, split);
    const double t = ll_batch_prompt_tokens(b), head = (double)a->n_head / (double)split->tp;
    if (!(t > 0)) return;
    ll_attention_shape fused = s.fused;
    ll_serve_gemm(split, b->n_prompt * b->to, s.up_kv, s.kv_lat, pass);
    ll_serve_small(pass, 2 * b->n_prompt * b->to * (s.up_kv + s.k + s.v));
    fused.batch = b->n_prompt;
    fused.head = fused.kv_head = head;
    fused.n_query = b->to - b->from;
    fused.n_key = b->to;
    if (a->mask == LL_ATTENTION_CAUSAL) fused.counted = (b->to + b->from) / (2 * b->to);
    ll_pass_attention(pass, &fused, false);
    pass->kernel[pass->n_kernel - 1].kv_B =
        ll_precision_B((ll_precision)split->server->kv_precision);
}

/* Decoding: the up projections of keys and values are multiplied into queries and results instead
 * ("weight absorption", DeepSeek-V2 section 2.1), and all heads read one latent. */
static void decode_serve(const ll_mla_param *a, const ll_split *split, ll_pass *pass)
{
    const ll_batch *b = split->batch;
    const double t = b->n_decode * b->n_new, head = (double)a->n_head / (double)split->tp;
    const double latent = (double)a->kv_latent, value = (double)a->v_dim;
    const double value_B = ll_precision_B((ll_precision)split->server->kv_precision);
    if (!(b->n_decode > 0 && b->context > 0)) return;
    ll_serve_batched_gemm(split, head, &(ll_matmul){.m = t, .n = latent, .k = (double)a->nope_dim},
                          pass);
    const ll_attention_shape fused = {.batch = b->n_decode,
                                      .head = head,
                                      .kv_head = 1,
                                      .n_query = b->n_new,
                                      .n_key = b->context,
                                      .score_width = latent + (double)a->rope_dim,
                                      .value_width = latent,
                                      .counted = 1,
                                      .n_call = 1};
    ll_pass_decode(pass, &fused, value_B, true);
    ll_serve_batched_gemm(split, head, &(ll_matmul){.m = t, .n = value, .k = latent}, pass);
}

static void serve(const void *param, const ll_split *split, ll_pass *pass)
{
    const ll_mla_param *a = param;
    const shape s = shape_of(a, split);
    const double in = s.q_lat + s.kv_lat + s.rope;
    ll_serve_gemm(split, s.t, in, split->hidden, pass);   /* both down projections are one */
    ll_serve_small(pass, 4 * s.t * (s.q_lat + s.kv_lat)); /* their norms */
    ll_serve_cast(split, s.t * s.q_lat, pass);
    ll_serve_gemm(split, s.t, s.q, s.q_lat > 0 ? s.q_lat : split->hidden, pass);
    ll_serve_prepare(split, 4 * s.q, 4 * in, pass);
    prompt_serve(a, split, pass);
    decode_serve(a, split, pass);
    ll_serve_cast(split, s.t * s.v, pass);
    ll_serve_gemm(split, s.t, split->hidden, s.v, pass);
    ll_serve_sum(split, s.t, pass);
}

const ll_block_type ll_block_mla = {
    .name = "mla",
    .doc = "multi-head latent attention",
    .keys = keys,
    .param_size = sizeof(ll_mla_param),
    .legal = legal,
    .matrices = matrices,
    .flop = flop,
    .kept_B = kept_B,
    .forward = forward,
    .backward = backward,
    .modules = LL_MODULE_CORE | LL_MODULE_MLA_UP,
    .recompute = recompute,
    .serve = serve,
    .cache_B = cache_B,
};
