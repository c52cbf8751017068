#include "sim/work/layer.h"

#include <math.h>

/* What one pass launches, before it is turned into time. */
typedef struct pass {
    const ll_chip *chip;
    int precision;
    ll_compute *sum;
} pass;

static void add_stream(const pass *p, double bytes)
{
    p->sum->stream_s += ll_kernel_stream_s(p->chip, bytes);
    p->sum->launch_s += p->chip->launch_s;
}

/* m x k times k x n in the pass's precision, cut into n_part along m. Parts run side by side, as many as
 * Transformer Engine has streams for them (NVTE_COMM_OVERLAP_MAX_STREAMS). Returns the time. */
static double add_gemm(const pass *p, double m, double n, double k, double out_B, int64_t n_part)
{
    enum { N_STREAM = 3 };
    double s = 0;
    for (int64_t left = n_part; left > 0; left -= N_STREAM) {
        double batch = (double)(left < N_STREAM ? left : N_STREAM);
        ll_matmul some = {batch, m / (double)n_part, n, k, out_B};
        s += ll_kernel_matmul_s(p->chip, p->precision, &some);
    }
    p->sum->gemm_s += s;
    p->sum->launch_s += p->chip->launch_s;
    return s;
}

/* Scales of FP4 have two levels (NVFP4), one of them for the whole tensor: a kernel reads it for its maximum
 * before another one casts it. */
static bool looks_first(const pass *p) { return ll_precision_B((ll_precision)p->precision) < 1; }

/* Inputs of narrow products are made from 16 bits, in both orientations: forward and backward need
 * different ones, and the narrow products of Hopper take only one. */
static void add_cast(const pass *p, double n_element)
{
    double in_B = ll_precision_B((ll_precision)p->precision);
    if (looks_first(p)) add_stream(p, n_element * 2);
    if (in_B < 2) add_stream(p, n_element * (2 + 2 * in_B));
}

/* 16-bit peak: attention and the output projection do not run in narrow formats. */
static int wide_precision(const ll_chip *chip, int precision)
{
    if (precision == LL_PRECISION_FP16 || chip->peak_flop_per_s[LL_PRECISION_BF16] <= 0)
        return chip->peak_flop_per_s[LL_PRECISION_FP16] > 0 ? LL_PRECISION_FP16 : precision;
    return LL_PRECISION_BF16;
}

/* Shapes of one layer on one chip. */
typedef struct shape {
    double t, t_norm;     /* tokens in matrix products; in norms and additions */
    double h, q, kv, ffn; /* widths on this chip */
    double n_up;          /* matrices into the feed-forward network */
    double score_flop;    /* of both attention products, forward */
    /* Scores: heads times sequences, and queries, keys and width of each. */
    double n_head, rows, columns, head_dim;
    double cp;
    double n_micro; /* micro-batches that use the same narrow weights */
    /* Read and written per weight and micro-batch by the product of its gradient, and by a kernel that
     * adds it up. */
    double grad_B, add_B;
    double flat_B;  /* the same, of gradients that become one tensor of FSDP, and are divided */
    double visited; /* keys that a row of scores sees, per call of the attention kernel */
    bool old;       /* software of before fused attention */
    bool eager;     /* PyTorch's own kernels */
    bool rotary;    /* queries and keys are turned */
    bool alibi;
    int64_t n_ring, n_split; /* parts of products that hide tp transfers: gathers, scatters */
} shape;

static shape shape_of(const ll_model *m, const ll_job *job)
{
    shape s = {.h = (double)m->hidden, .old = !job->fused_attention, .alibi = m->alibi};
    s.eager = job->eager;
    s.rotary = m->rotary;
    double tp = (double)job->tp;
    s.t = (double)(job->micro_batch * job->seq) / (double)job->cp;
    s.t_norm = job->sequence_parallel ? s.t / tp : s.t;
    s.q = (double)(m->n_head * m->head_dim) / tp;
    s.kv = ll_job_kv_width(job, m);
    s.ffn = (double)m->ffn / tp;
    s.n_up = m->gated ? 2 : 1;
    s.score_flop =
        4 * s.t * (double)job->seq * s.q * (m->attention == LL_ATTENTION_CAUSAL ? 0.5 : 1);
    s.visited =
        (double)job->seq / (double)job->cp * (m->attention == LL_ATTENTION_CAUSAL ? 0.5 : 1);
    s.n_head = (double)(m->n_head * job->micro_batch) / tp;
    s.rows = (double)job->seq / (double)job->cp;
    s.columns = (double)job->seq;
    s.head_dim = (double)m->head_dim;
    s.cp = (double)job->cp;
    /* Transformer Engine's defaults: one part for each member, and num_splits. */
    bool parts = job->overlap_tp && job->tp > 1;
    s.n_ring = parts ? job->tp : 1;
    s.n_split = parts ? 4 : 1;
    s.n_micro = (double)ll_job_n_micro(job);
    /* Gradients of sharded weights are sent off as they are. Others are added to a buffer: by the product
     * (Megatron-LM: gradient_accumulation_fusion), or by a kernel that reads them too, perhaps a copy
     * of 32 bits that another one makes (6 B; DeepSpeed, BF16_Optimizer.update_hp_grads). */
    bool sharded = job->zero >= 2;
    const double grad_B = ll_job_grad_B(job);
    s.grad_B = sharded ? grad_B : job->grad_fusion ? 2 * grad_B : 2;
    const bool widen = job->grad_widen && grad_B > 2;
    s.add_B = job->grad_fusion || sharded ? 0 : (widen ? 6 + grad_B : 2) + 2 * grad_B;
    s.flat_B = s.eager && job->zero >= 3 ? 4 + 4 : 0;
    return s;
}

/* A product of attention that is not fused: one for each head. */
static void add_scores_product(const pass *p, const shape *s, double n, double k, double out_B)
{
    ll_matmul product = {s->n_head, s->rows, n, k, out_B};
    p->sum->attention_s += ll_kernel_matmul_s(p->chip, p->precision, &product);
    p->sum->launch_s += p->chip->launch_s;
}

/* Fused attention, by its FLOP: queries, keys, values and outputs pass the memory. The share of the peak is
 * that of LL_ATTENTION_KEYS keys. */
static void add_fused(const pass *p, const shape *s, double frac, double flop, double bytes)
{
    int precision = wide_precision(p->chip, p->precision);
    double ramp = p->chip->attention_ramp;
    double left = (1 + ramp / LL_ATTENTION_KEYS) / (1 + ramp / s->visited);
    double rate = p->chip->peak_flop_per_s[precision] * frac * left;
    p->sum->attention_s += fmax(flop / rate, ll_kernel_stream_s(p->chip, bytes));
    p->sum->launch_s += p->chip->launch_s;
}

/* Not fused (Korthikanti et al. 2022, section 4), scores pass the memory: a product writes them, they
 * are normalised (4 B each), dropped out with a mask (5 B), and read by the other product, whose result
 * is copied to the layout of the next one. With the sequence split over cp chips, partial outputs
 * are added in 32 bits as keys arrive. */
static void attention_forward(const pass *p, const shape *s)
{
    if (!s->old) {
        add_fused(p, s, p->chip->attention_frac, s->score_flop, 2 * s->t * (2 * s->q + 2 * s->kv));
        if (s->cp > 1) add_stream(p, s->cp * (2 + 8) * s->t * s->q);
        return;
    }
    const double n_score = s->n_head * s->rows * s->columns;
    if (s->alibi) add_stream(p, 2 * n_score); /* biases, to which the product adds (baddbmm) */
    add_scores_product(p, s, s->columns, s->head_dim, s->alibi ? 4 : 2);
    add_stream(p, 4 * n_score);
    add_stream(p, 5 * n_score);
    add_scores_product(p, s, s->head_dim, s->columns, 2);
    add_stream(p, 4 * s->t * s->q);
}

/* Fused: five products instead of two, as the scores are computed again (Dao et al. 2022). Not fused:
 * four; gradients go back through dropout (5 B) and normalisation (6 B). */
static void attention_backward(const pass *p, const shape *s)
{
    if (!s->old) {
        add_fused(p, s, p->chip->attention_backward_frac, 2.5 * s->score_flop,
                  2 * s->t * (4 * s->q + 4 * s->kv));
        if (s->cp > 1) add_stream(p, s->cp * (2 + 4) * s->t * (s->q + 2 * s->kv));
        return;
    }
    const double n_score = s->n_head * s->rows * s->columns;
    add_scores_product(p, s, s->columns, s->head_dim, 2); /* of the probabilities */
    add_scores_product(p, s, s->head_dim, s->columns, 2); /* of values */
    add_stream(p, 5 * n_score);
    add_stream(p, 6 * n_score);
    add_scores_product(p, s, s->head_dim, s->columns, 2); /* of queries */
    add_scores_product(p, s, s->head_dim, s->columns, 2); /* of keys */
    add_stream(p, 4 * s->t * s->q);
}

/* A product of a layer, forward. Narrow weights are made once a step. */
static double gemm_forward(const pass *p, const shape *s, double n, double k, int64_t n_part)
{
    add_cast(p, n * k / s->n_micro);
    return add_gemm(p, s->t, n, k, 2, n_part);
}

/* A norm before a product: read, written; narrow in both orientations, if nothing has to be known first. */
static void norm_forward(const pass *p, const shape *s)
{
    add_stream(p, 4 * s->t_norm * s->h);
    if (looks_first(p)) add_cast(p, s->t_norm * s->h);
}

static void layer_forward(const pass *p, const shape *s, ll_product_time product[LL_N_PRODUCT])
{
    const double qkv = s->q + 2 * s->kv, mask_B = s->old ? 1 : 0;
    norm_forward(p, s);
    product[LL_QKV].forward_s = gemm_forward(p, s, qkv, s->h, s->n_ring);
    if (s->old)
        add_stream(p, 4 * s->t * qkv); /* bias */
    else if (s->rotary)
        add_stream(p, 4 * s->t * (s->q + s->kv));
    attention_forward(p, s);
    add_cast(p, s->t * s->q);
    product[LL_PROJ].forward_s = gemm_forward(p, s, s->h, s->q, s->n_split);
    add_stream(p, (6 + mask_B) * s->t_norm * s->h); /* residual addition: read twice, write */
    norm_forward(p, s);
    product[LL_UP].forward_s = gemm_forward(p, s, s->n_up * s->ffn, s->h, s->n_ring);
    add_stream(p, 2 * (s->n_up + 1) * s->t * s->ffn); /* activation */
    add_cast(p, s->t * s->ffn);
    product[LL_DOWN].forward_s = gemm_forward(p, s, s->h, s->ffn, s->n_split);
    add_stream(p, (6 + mask_B) * s->t_norm * s->h); /* residual addition */
}

/* Two products per forward product: by the weights for the input, by the input for the weights. */
static void gemm_backward(const pass *p, const shape *s, double n, double k, int64_t n_part,
                          ll_product_time *out)
{
    add_cast(p, s->t * n);
    out->input_s = add_gemm(p, s->t, k, n, 2, n_part);
    out->weight_s = add_gemm(p, k, n, s->t, s->grad_B, 1);
    if (s->add_B > 0) add_stream(p, s->add_B * k * n);
    if (s->eager) add_stream(p, 2 * s->t * n); /* bias */
    if (s->flat_B > 0) add_stream(p, s->flat_B * k * n);
}

/* The same with split input: narrow inputs that are gathered again arrive in one orientation. */
static void split_backward(const pass *p, const shape *s, double n, ll_product_time *out)
{
    double in_B = ll_precision_B((ll_precision)p->precision);
    if (in_B < 2) add_stream(p, 2 * in_B * s->t * s->h);
    if (s->old) add_stream(p, 2 * s->t * n); /* bias */
    gemm_backward(p, s, n, s->h, 1, out);
}

/* Norm: two in, one out; its weights' gradient read both again in a kernel of its own. Then the sum with
 * the residual's gradient. */
static void norm_backward(const pass *p, const shape *s)
{
    add_stream(p, 6 * s->t_norm * s->h);
    if (s->old || s->eager) add_stream(p, 4 * s->t_norm * s->h);
    add_stream(p, 6 * s->t_norm * s->h);
}

/* Dropout, with a mask, and the bias before it. */
static void dropout_backward(const pass *p, const shape *s)
{
    if (!s->old) return;
    add_stream(p, 5 * s->t_norm * s->h);
    add_stream(p, 2 * s->t_norm * s->h);
}

static void layer_backward(const pass *p, const shape *s, ll_product_time product[LL_N_PRODUCT])
{
    dropout_backward(p, s);
    gemm_backward(p, s, s->h, s->ffn, s->n_ring, &product[LL_DOWN]);
    add_stream(p, 2 * (2 * s->n_up + 1) * s->t * s->ffn); /* activation: its inputs, in and out */
    split_backward(p, s, s->n_up * s->ffn, &product[LL_UP]);
    norm_backward(p, s);
    dropout_backward(p, s);
    gemm_backward(p, s, s->h, s->q, s->n_ring, &product[LL_PROJ]);
    attention_backward(p, s);
    if (!s->old && s->rotary) add_stream(p, 4 * s->t * (s->q + s->kv));
    if (s->eager) add_stream(p, 4 * s->t * (s->q + 2 * s->kv));
    split_backward(p, s, s->q + 2 * s->kv, &product[LL_QKV]);
    norm_backward(p, s);
}

void ll_kernel_layer(const ll_chip *chip, const ll_model *model, const ll_job *job,
                     ll_layer_time *out)
{
    shape s = shape_of(model, job);
    *out = (ll_layer_time){0};
    pass forward = {chip, job->precision, &out->forward};
    pass backward = {chip, job->precision, &out->backward};
    layer_forward(&forward, &s, out->product);
    layer_backward(&backward, &s, out->product);
    if (job->recompute == LL_RECOMPUTE_FULL)
        layer_forward(&backward, &s, out->product);
    else if (job->recompute == LL_RECOMPUTE_SELECTIVE)
        attention_forward(&backward, &s);
}

/* Gradients of a vocabulary matrix come as a whole matrix, 16 bits: cleared, rows added, and then added
 * to the buffer. */
void ll_kernel_embedding(const ll_chip *chip, const ll_model *model, const ll_job *job,
                         ll_layer_time *out)
{
    shape s = shape_of(model, job);
    double n_weight = ll_model_embedding_param(model) / (double)job->tp;
    *out = (ll_layer_time){0};
    pass forward = {chip, job->precision, &out->forward};
    pass backward = {chip, job->precision, &out->backward};
    add_stream(&forward, 4 * s.t * s.h); /* look-up: read a row, write it */
    if (s.old) {
        add_stream(&forward, 6 * s.t * s.h); /* positions */
        add_stream(&forward, 5 * s.t_norm * s.h);
        add_stream(&backward, 5 * s.t_norm * s.h);
    }
    add_stream(&backward, 2 * n_weight);
    add_stream(&backward, 6 * s.t * s.h);
    if (job->zero < 2) add_stream(&backward, (2 + 2 * ll_job_grad_B(job)) * n_weight);
}

/* Cross entropy of a split vocabulary, as Megatron-LM does it, in 32 bits. Fused: widened 6, exponential
 * less the maximum 8, divided by the sum 8; back multiplied and narrowed 6. Else each operation is a
 * kernel: maximum 4, less the maximum 8, exponential 8, sum 4, divided 8; multiplied 8, narrowed 6. */
void ll_kernel_output(const ll_chip *chip, const ll_model *model, const ll_job *job,
                      ll_layer_time *out)
{
    shape s = shape_of(model, job);
    double vocab = (double)model->vocab / (double)job->tp;
    int wide = wide_precision(chip, job->precision);
    *out = (ll_layer_time){0};
    pass forward = {chip, wide, &out->forward}, backward = {chip, wide, &out->backward};
    add_stream(&forward, 4 * s.t_norm * s.h);
    gemm_forward(&forward, &s, vocab, s.h, 1);
    add_stream(&forward, (s.old ? 6 + 4 + 8 + 8 + 4 + 8 : 6 + 8 + 8) * s.t * vocab);
    add_stream(&backward, (s.old ? 8 + 6 : 6) * s.t * vocab);
    ll_product_time whole;
    gemm_backward(&backward, &s, vocab, s.h, 1, &whole);
    norm_backward(&backward, &s);
}

/* As Megatron-LM. Of all gradients: cleared, and scaled before replicas are added up. Of the chip's
 * shard, in 32 bits: copied if they have 16; fp16: unscaled (8); their norm (4), clipped (8); Adam reads
 * gradient, weights and two moments and writes the last three (28); weights to 16 bits (6). PyTorch's Adam
 * without fused kernels: moments 12 + 8 + 12, root, two times scaled 24, decay 8, weights 16: 80. */
double ll_kernel_optimizer_s(const ll_chip *chip, const ll_job *job, double n_param)
{
    const double n_replica = (double)(job->dp * job->cp), grad_B = ll_job_grad_B(job);
    const double shards = job->zero >= 1 ? n_replica : 1, held = job->zero >= 2 ? n_replica : 1;
    double shard_B = (grad_B < 4 ? grad_B + 4 : 0) + 4 + 8 + 28 + 6;
    if (job->precision == LL_PRECISION_FP16) shard_B += 8;
    if (job->eager) shard_B += 80 - 28;
    double buffer_B = grad_B * (n_replica > 1 ? 3 : 1);
    return ll_kernel_stream_s(chip, n_param * (shard_B / shards + buffer_B / held)) +
           chip->launch_s;
}
