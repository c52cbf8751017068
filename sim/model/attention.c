/* Block `attention`: queries, keys and values by one GEMM; scores, softmax and their product with
 * values; and the output projection.
 *
 * Fused (Dao et al. 2022): scores are neither written to memory nor kept; the backward pass has
 * five GEMMs where the forward pass has two, as scores are recomputed. Not fused (Korthikanti et
 * al. 2022, section 4): a GEMM writes the scores; softmax (4 B per score) and dropout with a mask
 * (5 B) are kernels of their own; a second GEMM multiplies by the values, and its result is copied
 * to the layout of the next one. Backward: four GEMMs, dropout (5 B) and softmax (6 B).
 *
 * Norms of queries and keys (qk_norm) stand between the projection and positions: 4 B per value
 * forward, 6 B backward, their inputs are kept.
 *
 * Context parallelism: the sequence is split over cp chips. Keys and values go around them in a
 * ring while attention works on those that came before, and partial outputs are summed in 32 bits.
 *
 * With fewer kv heads than tp chips each chip holds one head whole, weights and optimizer state
 * included, as tp chips of tp kv heads do. (Megatron-LM, core/transformer/attention.py, splits such
 * a head and gathers q, k and v of all tp chips before attention instead.) Not modelled:
 * the sum of the gradients of the copies, once per step. */
#include "sim/model/attention.h"

#include "sim/model/serving_pass.h"

#include <math.h>

static const char *const mask_names[] = {"causal", "full", NULL};
static const char *const qk_norm_names[] = {"none", "head", "token", NULL};

#define COUNT(name_, field, doc_)                                                          \
    {                                                                                      \
        .name = (name_), .kind = LL_KIND_COUNT, .flags = LL_KEY_DESIGN,                    \
        .offset = offsetof(ll_attention_param, field), .min = 1, .max = 1e9, .doc = (doc_) \
    }

static const ll_key keys[] = {
    COUNT("heads", n_head, "query heads"),
    COUNT("kv_heads", n_kv_head, "key and value heads; fewer than heads: grouped-query attention"),
    COUNT("head_dim", head_dim, "width of a head"),
    {.name = "attention",
     .kind = LL_KIND_CHOICE,
     .offset = offsetof(ll_attention_param, mask),
     .def = "causal",
     .choices = mask_names,
     .doc = "mask of the scores: what the kernels compute, and what counts as work"},
    {.name = "window",
     .kind = LL_KIND_COUNT,
     .flags = LL_KEY_DESIGN,
     .offset = offsetof(ll_attention_param, window),
     .def = "0",
     .min = 0,
     .max = 1e9,
     .doc = "sliding window: tokens up to which a query attends back; 0: to all. See full_every"},
    {.name = "rotary",
     .kind = LL_KIND_BOOL,
     .flags = LL_KEY_DESIGN,
     .offset = offsetof(ll_attention_param, rotary),
     .def = "true",
     .doc = "rotary position embedding of queries and keys (else: learned positions, or alibi)"},
    {.name = "alibi",
     .kind = LL_KIND_BOOL,
     .flags = LL_KEY_DESIGN,
     .offset = offsetof(ll_attention_param, alibi),
     .def = "false",
     .doc =
         "ALiBi: biases added to the scores give positions; costs time if attention is not fused"},
    {.name = "qk_norm",
     .kind = LL_KIND_CHOICE,
     .flags = LL_KEY_DESIGN,
     .offset = offsetof(ll_attention_param, qk_norm),
     .def = "none",
     .choices = qk_norm_names,
     .doc =
         "norms of queries and keys: of each head, or of all heads of a token together (with tp, "
         "chips sum up squares)"},
    {0}};

/* Shapes on one chip. */
typedef struct shape {
    double t, q, kv;         /* tokens; width of queries, and of keys (or values), on this chip */
    double n_head, head_dim; /* n_head: heads times sequences */
    double n_query, n_key;   /* tokens of each sequence: queries, and keys that they attend to */
    ll_attention_shape fused;
    double cp;
    bool old; /* attention is not fused */
} shape;

/* Width gradient of the keys on one chip: with fewer kv_heads than tp chips, heads are replicated.
 */
static double kv_width(const ll_attention_param *a, const ll_split *split)
{
    const int64_t n_head = a->n_kv_head > split->tp ? a->n_kv_head / split->tp : 1;
    return (double)(n_head * a->head_dim);
}

/* Share of the scores that the mask leaves, of n_key keys. Of a causal window of w keys n w - w^2/2
 * scores are left, of n^2. Sinks (a bias for each head in the softmax) take no time. */
static double counted_frac(const ll_attention_param *a, double n_key)
{
    const double w = (double)a->window / n_key;
    if (a->mask != LL_ATTENTION_CAUSAL) return 1;
    return a->window > 0 && w < 1 ? w - w * w / 2 : 0.5;
}

static shape shape_of(const ll_attention_param *a, const ll_split *split)
{
    const double tp = (double)split->tp, width = (double)a->head_dim;
    shape s = {.t = split->n_token,
               .q = (double)(a->n_head * a->head_dim) / tp,
               .kv = kv_width(a, split),
               .n_head = (double)a->n_head * split->n_sequence / tp,
               .head_dim = width,
               .n_query = split->n_query,
               .n_key = split->n_key,
               .cp = (double)split->cp,
               .old = !split->stack->fused_attention};
    s.fused = (ll_attention_shape){.batch = split->n_sequence,
                                   .head = s.q / width,
                                   .kv_head = s.kv / width,
                                   .n_query = s.n_query,
                                   .n_key = s.n_key,
                                   .score_width = width,
                                   .value_width = width,
                                   .counted = counted_frac(a, s.n_key),
                                   .n_call = s.cp};
    return s;
}

static bool legal(const void *param, const ll_split *split, ll_faults *why)
{
    const ll_attention_param *a = param;
    bool ok = true;
    if (!split) {
        if (a->n_kv_head > a->n_head || a->n_head % a->n_kv_head)
            ok = ll_fault_add(why, "model.kv_heads", "expected a divisor of model.heads = %lld",
                              (long long)a->n_head);
        if (a->window > 0 && a->mask != LL_ATTENTION_CAUSAL)
            ok = ll_fault_add(why, "model.window", "needs attention = \"causal\"; leave it out");
        return ok;
    }
    if (a->window > 0 && !split->stack->fused_attention)
        ok = ll_fault_add(why, "job.fused_attention",
                          "windows are modelled with fused attention only; write true");
    if (a->n_head % split->tp)
        ok = ll_fault_add(why, "job.tp", "the model's %lld heads do not divide by it",
                          (long long)a->n_head);
    if (a->n_kv_head % split->tp && split->tp % a->n_kv_head)
        ok = ll_fault_add(why, "job.tp",
                          "the model's %lld kv_heads must divide by it, or it by them",
                          (long long)a->n_kv_head);
    return ok;
}

static void matrices(const void *param, double hidden, int64_t tp, ll_matrices *out)
{
    const ll_attention_param *a = param;
    const int64_t n_kv_head = a->n_kv_head > tp ? a->n_kv_head : tp; /* one on each chip */
    const double q = (double)(a->n_head * a->head_dim), kv = (double)(n_kv_head * a->head_dim);
    double scales = 0;
    if (a->qk_norm == LL_QK_NORM_HEAD) scales = 2.0 * (double)(a->head_dim * tp);
    if (a->qk_norm == LL_QK_NORM_TOKEN) scales = q + kv;
    out->n_weight[out->n++] = hidden * (q + 2 * kv) + scales;
    out->n_weight[out->n++] = hidden * q;
}

static ll_flop flop(const void *param, double hidden, double seq)
{
    const ll_attention_param *a = param;
    const double q = (double)(a->n_head * a->head_dim), kv = (double)(a->n_kv_head * a->head_dim);
    return (ll_flop){.gemm_flop = 2 * (hidden * (q + 2 * kv) + hidden * q),
                     .score_flop = 4 * seq * q,
                     .score_frac = counted_frac(a, seq)};
}

static double kept_B(const void *param, const ll_split *split)
{
    const ll_attention_param *a = param;
    const shape s = shape_of(a, split);
    const double in_B = ll_precision_B((ll_precision)split->precision);
    double per_token = 2 * (s.q + 2 * s.kv) + fmax(in_B, 2) * s.q;
    if (a->qk_norm != LL_QK_NORM_NONE) per_token += 2 * (s.q + s.kv); /* what the norms got */
    /* Scores, probabilities and the mask of dropout (Korthikanti et al. 2022). Selective
     * recomputation does not keep them. */
    if (s.old && !ll_stack_recomputes(split->stack))
        per_token += 5 * s.n_key * s.n_head / split->n_sequence;
    return s.t * per_token;
}

/* A score GEMM of attention that is not fused: a batch of one per head and sequence. */
static int score_gemm(const shape *s, double n, double k, double out_B, ll_pass *pass)
{
    return ll_pass_add(pass, &(ll_kernel){.kind = LL_KERNEL_GEMM,
                                          .share = LL_SHARE_ATTENTION,
                                          .precision = pass->precision,
                                          .n_part = 1,
                                          .gemm = {s->n_head, s->n_query, n, k, out_B}});
}

/* The core: scores, softmax, values. Returns its first kernel. */
static int core_forward(const shape *s, bool alibi, ll_pass *pass)
{
    if (!s->old) {
        const int first = ll_pass_attention(pass, &s->fused, false);
        if (s->cp > 1) ll_pass_stream(pass, s->cp * (2 + 8) * s->t * s->q);
        return first;
    }
    const double n_score = s->n_head * s->n_query * s->n_key;
    /* ALiBi biases, to which the GEMM adds (baddbmm) */
    if (alibi) ll_pass_stream(pass, 2 * n_score);
    const int first = score_gemm(s, s->n_key, s->head_dim, alibi ? 4 : 2, pass);
    ll_pass_rowwise(pass, 4 * n_score); /* softmax */
    ll_pass_stream(pass, 5 * n_score);
    score_gemm(s, s->head_dim, s->n_key, 2, pass);
    ll_pass_stream(pass, 4 * s->t * s->q);
    return first;
}

static int core_backward(const shape *s, ll_pass *pass)
{
    if (!s->old) {
        const int first = ll_pass_attention(pass, &s->fused, true);
        if (s->cp > 1) ll_pass_stream(pass, s->cp * (2 + 4) * s->t * (s->q + 2 * s->kv));
        return first;
    }
    const double n_score = s->n_head * s->n_query * s->n_key;
    /* gradient of the probabilities */
    const int first = score_gemm(s, s->n_key, s->head_dim, 2, pass);
    score_gemm(s, s->head_dim, s->n_key, 2, pass); /* gradient of the values */
    ll_pass_stream(pass, 5 * n_score);
    ll_pass_rowwise(pass, 6 * n_score);
    score_gemm(s, s->head_dim, s->n_key, 2, pass); /* gradient of the queries */
    score_gemm(s, s->head_dim, s->n_key, 2, pass); /* of keys */
    ll_pass_stream(pass, 4 * s->t * s->q);
    return first;
}

/* The cp transfer: keys and values of all cp chips, or their gradients, in 16 bits. */
static ll_exchange cp_exchange(const shape *s, const ll_split *split, bool gradients)
{
    const double tokens = split->n_sequence * split->n_key;
    return (ll_exchange){.name = gradients ? "cp scatter" : "cp gather",
                         .collective = gradients ? LL_REDUCE_SCATTER : LL_ALL_GATHER,
                         .axes = 1u << LL_AXIS_CP,
                         .size_B = split->cp > 1 ? 2 * tokens * 2 * s->kv : 0};
}

/* Sums of squares of queries and keys, in 32 bits, of norms over the heads of all tp chips; in the
 * backward pass, of their products with gradients. */
static void sum_squares(const ll_attention_param *a, const ll_split *split, ll_pass *pass)
{
    const bool sums = a->qk_norm == LL_QK_NORM_TOKEN && split->tp > 1;
    const ll_exchange squares = {.name = "qk norm",
                                 .collective = LL_ALL_REDUCE,
                                 .axes = 1u << LL_AXIS_TP,
                                 .size_B = sums ? 2 * 4 * split->n_token : 0};
    ll_pass_use(pass, &squares, 1, LL_HIDE_NONE, 0, 0);
}

static void forward(const void *param, const ll_split *split, ll_pass *pass)
{
    const ll_attention_param *a = param;
    const shape s = shape_of(a, split);
    const double qkv = s.q + 2 * s.kv;
    const int into =
        ll_block_gemm_forward(split, qkv, split->hidden, ll_split_ring_parts(split), pass);
    if (s.old)
        ll_pass_stream(pass, 4 * s.t * qkv); /* bias */
    else if (a->rotary)
        ll_pass_rowwise(pass, 4 * s.t * (s.q + s.kv));
    if (a->qk_norm != LL_QK_NORM_NONE) ll_pass_rowwise(pass, 4 * s.t * (s.q + s.kv));
    sum_squares(a, split, pass);
    const int core = core_forward(&s, a->alibi, pass), n_core = pass->n_kernel - core;
    ll_pass_cast(pass, s.t * s.q);
    const int out =
        ll_block_gemm_forward(split, split->hidden, s.q, ll_split_scatter_parts(split), pass);
    const ll_exchange keys_values = cp_exchange(&s, split, false);
    ll_pass_use(pass, &keys_values, 1, LL_HIDE_RING_KEYS, core, n_core);
    ll_block_tp_forward(split, into, out, pass);
}

static void backward(const void *param, const ll_split *split, ll_pass *pass)
{
    const ll_attention_param *a = param;
    const shape s = shape_of(a, split);
    const ll_gradients out =
        ll_block_gemm_backward(split, split->hidden, s.q, ll_split_ring_parts(split), pass);
    const int core = core_backward(&s, pass), n_core = pass->n_kernel - core;
    if (!s.old && a->rotary) ll_pass_rowwise(pass, 4 * s.t * (s.q + s.kv));
    if (a->qk_norm != LL_QK_NORM_NONE) ll_pass_rowwise(pass, 6 * s.t * (s.q + s.kv));
    sum_squares(a, split, pass);
    if (split->stack->eager) ll_pass_stream(pass, 4 * s.t * (s.q + 2 * s.kv));
    const ll_gradients into = ll_block_gathered_backward(split, s.q + 2 * s.kv, pass);
    const ll_exchange keys_values = cp_exchange(&s, split, false);
    const ll_exchange their_gradients = cp_exchange(&s, split, true);
    ll_pass_use(pass, &keys_values, 1, LL_HIDE_RING_KEYS, core, n_core);
    ll_pass_use(pass, &their_gradients, 1, LL_HIDE_RING_KEYS, core, n_core);
    ll_block_tp_backward(split, &into, &out, pass);
}

static void recompute(const void *param, const ll_split *split, ll_pass *pass)
{
    const ll_attention_param *a = param;
    const shape s = shape_of(a, split);
    if (ll_stack_recomputes_core(split->stack)) core_forward(&s, a->alibi, pass);
}

/* Keys that a query of a request with so many tokens attends to. */
static double seen_keys(const ll_attention_param *a, double context)
{
    return a->window > 0 ? fmin(context, (double)a->window) : context;
}

static double cache_B(const void *param, const ll_split *split, double seq)
{
    const ll_attention_param *a = param;
    const double value_B = ll_precision_B((ll_precision)split->server->kv_precision);
    return 2 * kv_width(a, split) * value_B * (seq > 0 ? seen_keys(a, seq) / seq : 1);
}

/* Share of the scores that the mask leaves of the queries from..to of a prompt. */
static double chunk_frac(const ll_attention_param *a, double from, double to)
{
    const double before = from > 0 ? from * from * counted_frac(a, from) : 0;
    return (to * to * counted_frac(a, to) - before) / ((to - from) * to);
}

/* Attention of a batch: prompts as in training, decoding requests from the cache. */
static void core_serve(const ll_attention_param *a, const ll_split *split, ll_pass *pass)
{
    const ll_batch *b = split->batch;
    const double value_B = ll_precision_B((ll_precision)split->server->kv_precision);
    const double width = (double)a->head_dim, head = (double)a->n_head / (double)split->tp;
    const double kv_head = kv_width(a, split) / width;
    ll_attention_shape fused = {
        .head = head, .kv_head = kv_head, .score_width = width, .value_width = width, .n_call = 1};
    if (ll_batch_prompt_tokens(b) > 0) {
        fused.batch = b->n_prompt;
        fused.n_query = b->to - b->from;
        fused.n_key = b->to;
        fused.counted = chunk_frac(a, b->from, b->to);
        fused.window = (double)a->window;
        ll_pass_attention(pass, &fused, false);
        pass->kernel[pass->n_kernel - 1].kv_B = value_B;
    }
    if (!(b->n_decode > 0 && b->context > 0)) return;
    fused.batch = b->n_decode;
    fused.n_query = b->n_new;
    fused.n_key = seen_keys(a, b->context);
    fused.counted = 1;
    ll_pass_decode(pass, &fused, value_B, false);
}

/* Norms of queries and keys: a kernel each, or one for both. */
static void norm_serve(const ll_attention_param *a, const ll_split *split, double n_query,
                       double n_key, ll_pass *pass)
{
    if (a->qk_norm == LL_QK_NORM_NONE) return;
    if (!split->server->fused) ll_serve_small(pass, 4 * n_key);
    ll_serve_small(pass, 4 * (n_query + (split->server->fused ? n_key : 0)));
    sum_squares(a, split, pass);
}

static void serve(const void *param, const ll_split *split, ll_pass *pass)
{
    const ll_attention_param *a = param;
    const double t = split->n_token, kv = kv_width(a, split);
    const double q = (double)(a->n_head * a->head_dim) / (double)split->tp;
    const double value_B = ll_precision_B((ll_precision)split->server->kv_precision);
    ll_serve_gemm(split, t, q + 2 * kv, split->hidden, pass);
    norm_serve(a, split, t * q, t * kv, pass);
    ll_serve_prepare(split, a->rotary ? 4 * (q + kv) : 0, (2 + value_B) * 2 * kv, pass);
    core_serve(a, split, pass);
    ll_serve_cast(split, t * q, pass);
    ll_serve_gemm(split, t, split->hidden, q, pass);
    ll_serve_sum(split, t, pass);
}

const ll_block_type ll_block_attention = {
    .name = "attention",
    .doc = "multi-head or grouped-query attention",
    .keys = keys,
    .param_size = sizeof(ll_attention_param),
    .legal = legal,
    .matrices = matrices,
    .flop = flop,
    .kept_B = kept_B,
    .forward = forward,
    .backward = backward,
    .modules = LL_MODULE_CORE,
    .recompute = recompute,
    .serve = serve,
    .cache_B = cache_B,
};
