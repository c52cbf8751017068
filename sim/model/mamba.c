/* Block `mamba`: a state-space layer, Mamba-2 (Dao and Gu 2024, arXiv 2405.21060).
 *
 * H heads of P channels; each channel has a state of N values. Groups of heads share B and C, as
 * queries share keys and values in grouped-query attention: B writes x to the state, C reads it.
 *
 *   in projection   GEMM to gate z and x (H P each), B and C (G N each), and the step width (H)
 *   convolution     of x, B and C along the sequence, with an activation
 *   scan            state-space duality, by chunks of Q tokens, in 16 bits:
 *                     scores        C B' of a chunk, for each group      2 Q Q N
 *                     states        B' x, for each head, in 32 bits      2 Q N P
 *                     passing       from chunk to chunk: reads and writes the states
 *                     outputs       masked scores times x, and C times   2 Q (Q/2 + N) P
 *                                   the state before the chunk
 *   gated norm      of the outputs, times the activation of z
 *   out projection  GEMM from H P
 *
 * Backward: scores and states are computed again; gradients of states, x, B and C have the same
 * products, those of the scores the masked one. The convolution is recomputed too
 * (mamba_split_conv1d_scan_combined of state-spaces/mamba), so that what is kept is the result of
 * the in projection and the outputs.
 *
 * The FLOP that count as work are those of the recurrence, 4 N P for each head and token, whatever
 * the chunks are. Assumed, as nobody published times of these kernels by shape: the products run
 * like batched GEMMs of their shape, and what is between them like other rowwise kernels.
 *
 * Tensor parallelism splits heads and groups. Not modelled: context parallelism.
 *
 * Inference keeps the state of each request, in 32 bits, and the last inputs of the convolution;
 * their size does not depend on the request's length. */
#include "sim/model/mamba.h"

#include "sim/model/serving_pass.h"

#include <math.h>

#define COUNT(name_, field, def_, doc_)                                                 \
    {                                                                                   \
        .name = (name_), .kind = LL_KIND_COUNT, .flags = LL_KEY_DESIGN,                 \
        .offset = offsetof(ll_mamba_param, field), .def = (def_), .min = 1, .max = 1e6, \
        .doc = (doc_)                                                                   \
    }

static const ll_key keys[] = {
    COUNT("mamba_heads", n_head, NULL, "state-space layer: heads"),
    COUNT("mamba_head_dim", head_dim, NULL, "state-space layer: channels of a head"),
    COUNT("mamba_state", state, NULL, "state-space layer: width of the state of a channel"),
    COUNT("mamba_groups", n_group, "1", "state-space layer: groups of heads that share B and C"),
    COUNT("mamba_conv", conv, "4", "state-space layer: taps of the convolution"),
    COUNT("mamba_chunk", chunk, "128", "state-space layer: tokens of a chunk of the scan"),
    {0}};

/* On one chip. */
typedef struct shape {
    double t;                  /* tokens */
    double head, group, inner; /* inner: channels of all heads */
    double conv;               /* channels of the convolution: x, B, C */
    double in;                 /* width of the in projection */
    double wide;               /* channels of the heads of a group */
    double state, taps;
    double n_chunk, chunk; /* chunks of all sequences; tokens of one */
} shape;

static shape shape_of(const ll_mamba_param *m, double tp, double n_sequence, double seq)
{
    shape s = {.t = n_sequence * seq,
               .head = (double)m->n_head / tp,
               .group = (double)m->n_group / tp,
               .state = (double)m->state,
               .taps = (double)m->conv,
               .chunk = fmin((double)m->chunk, seq)};
    s.inner = s.head * (double)m->head_dim;
    s.conv = s.inner + 2 * s.group * s.state;
    s.in = s.inner + s.conv + s.head;
    s.wide = s.inner / s.group;
    s.n_chunk = s.t / s.chunk;
    return s;
}

static shape trained(const void *param, const ll_split *split)
{
    return shape_of(param, (double)split->tp, split->n_sequence, split->n_query);
}

static bool legal(const void *param, const ll_split *split, ll_faults *why)
{
    const ll_mamba_param *m = param;
    bool ok = true;
    if (!split)
        return m->n_head % m->n_group == 0 ||
               ll_fault_add(why, "model.mamba_groups",
                            "expected a divisor of model.mamba_heads = %lld", (long long)m->n_head);
    if (m->n_head % split->tp || m->n_group % split->tp)
        ok =
            ll_fault_add(why, "job.tp",
                         "model.mamba_heads = %lld and model.mamba_groups = %lld must divide by it",
                         (long long)m->n_head, (long long)m->n_group);
    if (split->cp > 1)
        ok = ll_fault_add(why, "job.cp",
                          "state-space layers are not modelled with context parallelism; write 1");
    return ok;
}

static void matrices(const void *param, double hidden, int64_t tp, ll_matrices *out)
{
    (void)tp;
    const shape s = shape_of(param, 1, 1, 1);
    out->n_weight[out->n++] = hidden * s.in;
    /* Convolution with its biases; decay, skip and bias of the step width; gated norm. */
    out->n_weight[out->n++] = s.conv * (s.taps + 1) + 3 * s.head + s.inner;
    out->n_weight[out->n++] = s.inner * hidden;
}

/* FLOP of the scan for one token: scores, states, outputs within a chunk and from the state. */
typedef struct scan_flop {
    double scores, states, within, before;
} scan_flop;

static scan_flop scan_of(const shape *s)
{
    return (scan_flop){.scores = 2 * s->chunk * s->state * s->group,
                       .states = 2 * s->state * s->inner,
                       .within = s->chunk * s->inner,
                       .before = 2 * s->state * s->inner};
}

static ll_flop flop(const void *param, double hidden, double seq)
{
    const shape s = shape_of(param, 1, 1, seq);
    const scan_flop f = scan_of(&s);
    const double scan = f.scores + f.states + f.within + f.before;
    return (ll_flop){.gemm_flop = 2 * hidden * (s.in + s.inner),
                     .score_flop = scan,
                     .score_frac = fmin(1, 4 * s.state * s.inner / scan)};
}

static double kept_B(const void *param, const ll_split *split)
{
    const shape s = trained(param, split);
    const double in_B = ll_precision_B((ll_precision)split->precision);
    return s.t * (2 * (s.in + s.inner) + in_B * s.inner);
}

/* ---- the scan ---- */

/* A product for each chunk and group: m x n by k, in 16 bits. */
static void product(const shape *s, double m, double n, double k, double out_B, ll_pass *pass)
{
    const int precision =
        pass->precision == LL_PRECISION_FP16 ? LL_PRECISION_FP16 : LL_PRECISION_BF16;
    ll_pass_add(pass, &(ll_kernel){.kind = LL_KERNEL_GEMM,
                                   .share = LL_SHARE_ATTENTION,
                                   .precision = precision,
                                   .n_part = 1,
                                   .gemm = {s->n_chunk * s->group, m, n, k, out_B}});
}

static double states(const shape *s) { return s->n_chunk * s->state * s->inner; }

/* Scores and states at the start of each chunk. */
static void scan_prepare(const shape *s, ll_pass *pass)
{
    ll_pass_rowwise(pass, (2 + 2 * 4) * s->t * s->head); /* step widths, and their sums */
    product(s, s->chunk, s->chunk, s->state, 4, pass);
    product(s, s->state, s->wide, s->chunk, 4, pass);
    ll_pass_rowwise(pass, (4 + 2) * states(s));
}

static void scan_forward(const shape *s, ll_pass *pass)
{
    scan_prepare(s, pass);
    product(s, s->chunk, s->wide, s->chunk / 2 + s->state, 2, pass);
}

static void scan_backward(const shape *s, ll_pass *pass)
{
    scan_prepare(s, pass);
    product(s, s->state, s->wide, s->chunk, 4, pass);                /* gradients of the states */
    ll_pass_rowwise(pass, (4 + 2 + 4) * states(s));                  /* back from chunk to chunk */
    product(s, s->chunk, s->wide, s->chunk / 2 + s->state, 2, pass); /* of x */
    product(s, s->chunk, s->state, s->wide, 4, pass);                /* of B */
    product(s, s->chunk, s->state, s->wide, 4, pass);                /* of C */
    product(s, s->chunk, s->chunk / 2, s->wide, 4, pass);            /* of the scores */
    product(s, s->chunk, s->state, s->chunk, 4, pass);               /* theirs to B */
    product(s, s->chunk, s->state, s->chunk, 4, pass);               /* and C */
    ll_pass_rowwise(pass, 4 * s->t * s->inner); /* of decays and step widths: x, outputs */
}

/* ---- passes ---- */

static void forward(const void *param, const ll_split *split, ll_pass *pass)
{
    const shape s = trained(param, split);
    const int into =
        ll_block_gemm_forward(split, s.in, split->hidden, ll_split_ring_parts(split), pass);
    ll_pass_rowwise(pass, 4 * s.t * s.conv);
    scan_forward(&s, pass);
    ll_pass_rowwise(pass, 6 * s.t * s.inner); /* gated norm */
    ll_pass_cast(pass, s.t * s.inner);
    const int out =
        ll_block_gemm_forward(split, split->hidden, s.inner, ll_split_scatter_parts(split), pass);
    ll_block_tp_forward(split, into, out, pass);
}

static void backward(const void *param, const ll_split *split, ll_pass *pass)
{
    const shape s = trained(param, split);
    const ll_gradients out =
        ll_block_gemm_backward(split, split->hidden, s.inner, ll_split_ring_parts(split), pass);
    ll_pass_rowwise(pass, 10 * s.t * s.inner); /* gated norm: gradients of outputs and gate */
    ll_pass_rowwise(pass, 4 * s.t * s.conv);   /* the convolution again */
    scan_backward(&s, pass);
    ll_pass_rowwise(pass, 6 * s.t * s.conv);
    const ll_gradients into = ll_block_gathered_backward(split, s.in, pass);
    ll_block_tp_backward(split, &into, &out, pass);
}

/* ---- inference ---- */

/* State and last inputs of the convolution of a request, on one chip. */
static double request_B(const shape *s) { return 4 * s->state * s->inner + 2 * s->taps * s->conv; }

static double cache_B(const void *param, const ll_split *split, double seq)
{
    const shape s = shape_of(param, (double)split->tp, 1, 1);
    return request_B(&s) / fmax(seq, 1);
}

/* Prompts are scanned; a request that decodes has its state read and written. */
static void serve(const void *param, const ll_split *split, ll_pass *pass)
{
    const ll_batch *b = split->batch;
    const double t = split->n_token;
    const shape one = shape_of(param, (double)split->tp, 1, 1);
    ll_serve_gemm(split, t, one.in, split->hidden, pass);
    ll_serve_small(pass, 4 * t * one.conv);
    if (ll_batch_prompt_tokens(b) > 0) {
        const shape s = shape_of(param, (double)split->tp, b->n_prompt, b->to - b->from);
        scan_forward(&s, pass);
    }
    if (b->n_decode > 0) ll_serve_small(pass, b->n_decode * b->n_new * 2 * request_B(&one));
    ll_serve_small(pass, 6 * t * one.inner);
    ll_serve_cast(split, t * one.inner, pass);
    ll_serve_gemm(split, t, split->hidden, one.inner, pass);
    ll_serve_sum(split, t, pass);
}

const ll_block_type ll_block_mamba = {
    .name = "mamba",
    .doc = "state-space layer (Mamba-2)",
    .keys = keys,
    .param_size = sizeof(ll_mamba_param),
    .legal = legal,
    .matrices = matrices,
    .flop = flop,
    .kept_B = kept_B,
    .forward = forward,
    .backward = backward,
    .recompute = ll_block_nothing,
    .serve = serve,
    .cache_B = cache_B,
};
