#include "sim/kernel.h"

#include <math.h>

/* What one pass launches, before it is turned into time. */
typedef struct pass {
    const ll_chip *chip;
    int precision;
    ll_compute *sum;
} pass;

static double stream_s(const ll_chip *chip, double bytes)
{
    return bytes / (chip->memory_Bps * chip->memory_frac);
}

static void add_stream(const pass *p, double bytes)
{
    p->sum->stream_s += stream_s(p->chip, bytes);
    p->sum->launch_s += p->chip->launch_s;
}

/* m x k times k x n in the job's precision, 16-bit result. A narrow input is cast from 16 bits first. */
static void add_gemm_as(const pass *p, int precision, double m, double n, double k)
{
    double in_B = ll_precision_B((ll_precision)precision);
    double rate = p->chip->peak_flop_per_s[precision] * p->chip->gemm_frac[precision];
    double bytes = (m * k + k * n) * in_B + m * n * 2;
    p->sum->gemm_s += fmax(2 * m * n * k / rate, stream_s(p->chip, bytes));
    p->sum->launch_s += p->chip->launch_s;
    if (in_B < 2) add_stream(p, m * k * (2 + in_B));
}

static void add_gemm(const pass *p, double m, double n, double k)
{
    add_gemm_as(p, p->precision, m, n, k);
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
    double t, t_norm;            /* tokens in matrix products; in norms and additions */
    double h, q, kv, ffn, width; /* widths on this chip; width: all query heads of this chip */
    double score_flop;           /* of both attention products, forward */
    double n_up;                 /* matrices into the feed-forward network */
    double unfused;              /* scores that pass the memory; 0 if attention is fused */
} shape;

static shape shape_of(const ll_model *m, const ll_job *job)
{
    shape s = {.h = (double)m->hidden};
    double tp = (double)job->tp;
    s.t = (double)(job->micro_batch * job->seq) / (double)job->cp;
    s.t_norm = job->sequence_parallel ? s.t / tp : s.t;
    s.q = (double)(m->n_head * m->head_dim) / tp;
    s.kv = ll_job_kv_width(job, m);
    s.ffn = (double)m->ffn / tp;
    s.n_up = m->gated ? 2 : 1;
    s.score_flop =
        4 * s.t * (double)job->seq * s.q * (m->attention == LL_ATTENTION_CAUSAL ? 0.5 : 1);
    if (!job->fused_attention) s.unfused = s.t * (double)job->seq * (double)m->n_head / tp;
    return s;
}

/* The products of attention and what is between them. Fused: queries, keys, values and outputs pass the
 * memory. Not fused (Korthikanti et al. 2022, section 4): the scores do too, in B each: written by a
 * product 2, normalised 4, dropped out with a mask 5, read by the other product 2. */
static void attention_forward(const pass *p, const shape *s)
{
    int precision = wide_precision(p->chip, p->precision);
    double rate = p->chip->peak_flop_per_s[precision] * p->chip->attention_frac;
    double bytes = 2 * s->t * (2 * s->q + 2 * s->kv);
    p->sum->attention_s += fmax(s->score_flop / rate, stream_s(p->chip, bytes));
    p->sum->launch_s += p->chip->launch_s;
    if (s->unfused > 0) add_stream(p, (2 + 4 + 5 + 2) * s->unfused);
}

/* Fused: five products instead of two, as the scores are computed again (Dao et al. 2022). Not fused:
 * four; probabilities are read 4, their gradients written and read 8, and taken back through dropout
 * and normalisation 7. */
static void attention_backward(const pass *p, const shape *s)
{
    int precision = wide_precision(p->chip, p->precision);
    double rate = p->chip->peak_flop_per_s[precision] * p->chip->attention_backward_frac;
    double flop = (s->unfused > 0 ? 2 : 2.5) * s->score_flop;
    double bytes = 2 * s->t * (4 * s->q + 4 * s->kv);
    p->sum->attention_s += fmax(flop / rate, stream_s(p->chip, bytes));
    p->sum->launch_s += p->chip->launch_s;
    if (s->unfused > 0) add_stream(p, (4 + 8 + 7) * s->unfused);
}

static void gemm_forward(const pass *p, double t, double n, double k, ll_product_time *out)
{
    double before_s = p->sum->gemm_s;
    add_gemm(p, t, n, k);
    out->forward_s = p->sum->gemm_s - before_s;
}

static void layer_forward(const pass *p, const shape *s, ll_product_time product[LL_N_PRODUCT])
{
    add_stream(p, 4 * s->t_norm * s->h); /* norm: read, write */
    gemm_forward(p, s->t, s->q + 2 * s->kv, s->h, &product[LL_QKV]);
    add_stream(p, 4 * s->t * (s->q + s->kv)); /* rotary embedding of q and k */
    attention_forward(p, s);
    gemm_forward(p, s->t, s->h, s->q, &product[LL_PROJ]);
    add_stream(p, 6 * s->t_norm * s->h); /* residual addition: read twice, write */
    add_stream(p, 4 * s->t_norm * s->h); /* norm */
    gemm_forward(p, s->t, s->n_up * s->ffn, s->h, &product[LL_UP]);
    add_stream(p, 2 * (s->n_up + 1) * s->t * s->ffn); /* activation */
    gemm_forward(p, s->t, s->h, s->ffn, &product[LL_DOWN]);
    add_stream(p, 6 * s->t_norm * s->h); /* residual addition */
}

/* Two products per forward product: by the weights for the input, by the input for the weights. */
static void gemm_backward(const pass *p, double t, double n, double k, ll_product_time *out)
{
    double before_s = p->sum->gemm_s;
    add_gemm(p, t, k, n);
    out->input_s = p->sum->gemm_s - before_s;
    add_gemm(p, k, n, t);
    out->weight_s = p->sum->gemm_s - before_s - out->input_s;
}

static void layer_backward(const pass *p, const shape *s, ll_product_time product[LL_N_PRODUCT])
{
    gemm_backward(p, s->t, s->h, s->ffn, &product[LL_DOWN]);
    add_stream(p, 2 * (2 * s->n_up + 1) * s->t * s->ffn); /* activation: its inputs, in and out */
    gemm_backward(p, s->t, s->n_up * s->ffn, s->h, &product[LL_UP]);
    add_stream(p, 8 * s->t_norm * s->h); /* norm and sum: two gradients and an input in, one out */
    gemm_backward(p, s->t, s->h, s->q, &product[LL_PROJ]);
    attention_backward(p, s);
    add_stream(p, 4 * s->t * (s->q + s->kv));
    gemm_backward(p, s->t, s->q + 2 * s->kv, s->h, &product[LL_QKV]);
    add_stream(p, 8 * s->t_norm * s->h);
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

void ll_kernel_embedding(const ll_chip *chip, const ll_model *model, const ll_job *job,
                         ll_layer_time *out)
{
    shape s = shape_of(model, job);
    *out = (ll_layer_time){0};
    pass forward = {chip, job->precision, &out->forward};
    pass backward = {chip, job->precision, &out->backward};
    add_stream(&forward, 4 * s.t * s.h);   /* look-up: read a row, write it */
    add_stream(&backward, 10 * s.t * s.h); /* add into fp32 gradients: read both, write */
}

void ll_kernel_output(const ll_chip *chip, const ll_model *model, const ll_job *job,
                      ll_layer_time *out)
{
    shape s = shape_of(model, job);
    double vocab = (double)model->vocab / (double)job->tp;
    int wide = wide_precision(chip, job->precision);
    *out = (ll_layer_time){0};
    pass forward = {chip, wide, &out->forward}, backward = {chip, wide, &out->backward};
    add_stream(&forward, 4 * s.t_norm * s.h);
    add_gemm(&forward, s.t, vocab, s.h);
    add_stream(&forward, (2 + 4 + 4) * s.t * vocab); /* to fp32, maximum, sum of exponentials */
    add_stream(&backward, (4 + 2) * s.t * vocab);
    ll_product_time whole;
    gemm_backward(&backward, s.t, vocab, s.h, &whole);
    add_stream(&backward, 8 * s.t_norm * s.h);
}

double ll_kernel_optimizer_s(const ll_chip *chip, const ll_job *job, double n_param)
{
    /* Read gradient (4 or 2), master, two moments (12); write them (12) and the weights (2). */
    double grad_B = ll_job_grad_B(job);
    return stream_s(chip, n_param * (grad_B + 12 + 12 + 2)) + chip->launch_s;
}
