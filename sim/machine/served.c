#include "sim/machine/served.h"

#include "sim/machine/timed_tables.h"

#include <math.h>

const char *const ll_served_rules[] = {
    "engines fuse the quantisation of the inputs of 8-bit products: its time, taken from the "
    "shortest products of the tables, is subtracted (median error of the time per token of dense "
    "models 14.5 % with it, 5.1 % without)",
    "NVFP4 products of up to 64 rows: 4 us + bytes / (0.6 memory bandwidth), where the tables have "
    "1.6 times that (70B on one B200: 15 ms of products by the tables, 9.5 ms served)",
    "experts of NVFP4 on B200 and GB200, in published rows alone (their settings say so): rows of "
    "B300 and GB300, the same chips to them; their own have a slower kernel",
    "experts with 4-bit weights and 16-bit activations by Marlin: 25 us + bytes / (0.8 memory "
    "bandwidth), as the tables have Triton's, which start at 72 us (error 35 % before, 4 to 9 %)",
    "experts that tp chips share: the row of as many bytes a rank, as those of tp 8 take up to "
    "twice as long with few tokens",
    NULL};

/* ---- Products -------------------------------------------------------------------------------- */

/* NVFP4 with few rows; the rule fades out between FEW_ROWS and twice as many. A weight has 4 bits
 * and its part of a scale of 8 for 16 weights. */
#define FP4_FLOOR_S  4e-6
#define FP4_FRAC     0.6
#define FP4_WEIGHT_B 0.5625
enum { FP4_ROWS = 64 };

static double fp4_s(const ll_chip *chip, const ll_matmul *p, double table_s)
{
    const double bytes = FP4_WEIGHT_B * p->k * (p->n + p->m) + p->out_B * p->m * p->n;
    const double few_s = FP4_FLOOR_S + bytes / (FP4_FRAC * chip->memory_Bps);
    const double far = fmin(1, fmax(0, log2(p->m / FP4_ROWS)));
    return fmin(table_s, exp((1 - far) * log(few_s) + far * log(table_s)));
}

static double gemm_s(const ll_chip *chip, const ll_kernel *k)
{
    const ll_matmul *p = &k->gemm;
    const ll_timed t = {.kind = LL_TIMED_GEMM,
                        .precision = (ll_timed_precision)k->form,
                        .variant = k->form < LL_TIMED_BF16 ? LL_TIMED_ALONE : "",
                        .at = {p->m, p->n, p->k}};
    if (p->batch > 1) {
        ll_chip alone = *chip;
        alone.gemm_sustained = 1;
        return chip->kernel_floor_s + ll_kernel_matmul_s(&alone, k->precision, p);
    }
    const double s = ll_timed_predict_s(chip, chip->tables, &t, NULL);
    return k->form == LL_TIMED_FP4 && s > 0 ? fp4_s(chip, p, s) : s;
}

/* ---- Attention ------------------------------------------------------------------------------- */

/* Tables have heads of 128. */
#define WIDTH 128.0

static const char *cache_name(const ll_kernel *k)
{
    return k->kv_B > 0 && k->kv_B < 2 ? "fp8" : "bfloat16";
}

static ll_timed_precision wide(const ll_chip *chip, const ll_kernel *k)
{
    return ll_kernel_wide_precision(chip, k->precision) == LL_PRECISION_FP16 ? LL_TIMED_FP16
                                                                             : LL_TIMED_BF16;
}

/* Attention without what prepares queries, keys and values, which passes list as kernels of their
 * own. */
static double core_s(const ll_chip *chip, const ll_timed *t)
{
    const double s = ll_timed_predict_s(chip, chip->tables, t, NULL);
    return s > 0 ? fmax(s - ll_timed_prepare_s(chip, t), chip->attention_floor_s) : 0;
}

/* The first s tokens of the prompts of a kernel, or of one prompt if there are fewer in the mean.
 * Keys of a window of w: s w - w^2 / 2 scores are those of prompts of 2 w - w^2 / s tokens. */
static double prompts_s(const ll_chip *chip, const ll_kernel *k, double s)
{
    const ll_attention_shape *a = &k->attention;
    const double w = a->window > 0 ? fmin(a->window, s) : s, length = w * (2 - w / s);
    const double batch = fmax(a->batch, 1) * s / length, per_head = a->value_width / WIDTH;
    ll_timed t = {.kind = LL_TIMED_PREFILL,
                  .precision = LL_TIMED_FP8,
                  .variant = cache_name(k),
                  .at = {length, a->head * per_head, a->kv_head * per_head, batch}};
    if (!(s > 0)) return 0;
    if (a->score_width > a->value_width) {
        t = (ll_timed){.kind = LL_TIMED_MLA_PREFILL,
                       .variant = cache_name(k),
                       .at = {length, a->head * per_head, batch}};
    } else if (k->kv_B > 0 && k->kv_B < 2 && ll_kernel_tables_have(chip->tables, &t)) {
        return core_s(chip, &t);
    }
    t.precision = wide(chip, k);
    return core_s(chip, &t);
}

static double prefill_s(const ll_chip *chip, const ll_kernel *k)
{
    const ll_attention_shape *a = &k->attention;
    const double to_s = prompts_s(chip, k, a->n_key);
    const double from_s = prompts_s(chip, k, a->n_key - a->n_query);
    return to_s > 0 ? fmin(a->batch, 1) * fmax(to_s - from_s, chip->attention_floor_s) : 0;
}

static double decode_s(const ll_chip *chip, const ll_kernel *k)
{
    const ll_attention_shape *a = &k->attention;
    const double per_head = a->value_width / WIDTH;
    const double rate =
        chip->peak_flop_per_s[ll_kernel_wide_precision(chip, k->precision)] * chip->attention_frac;
    ll_timed t = {.kind = LL_TIMED_DECODE,
                  .precision = LL_TIMED_BF16,
                  .variant = cache_name(k),
                  .at = {a->n_key, a->head * per_head, a->kv_head * per_head, a->batch}};
    if (k->latent) {
        t.kind = LL_TIMED_MLA_DECODE;
        t.at[1] = a->head * a->n_query;
        t.at[2] = a->batch;
        return ll_timed_predict_s(chip, chip->tables, &t, NULL);
    }
    const double s = ll_timed_predict_s(chip, chip->tables, &t, NULL);
    return s > 0 ? fmax(s, k->flop / rate) : 0;
}

/* ---- Experts --------------------------------------------------------------------------------- */

/* Marlin: vLLM's kernels for 4-bit weights on Hopper. */
#define MARLIN_FLOOR_S 25e-6
#define MARLIN_FRAC    0.8

static double experts_s(const ll_chip *chip, const ll_kernel *k)
{
    const ll_experts_shape *e = k->experts;
    const double ffn = e->gated ? e->ffn : e->ffn * 2 / 3; // tables have three matrices
    ll_timed t = {.kind = LL_TIMED_EXPERTS,
                  .precision = (ll_timed_precision)k->form,
                  .variant = e->skewed ? "power_law_1.2" : "balanced",
                  .at = {e->tokens, e->hidden, ffn, e->top_k, e->n_expert, e->slots, e->tp, e->ep}};
    const double own_s = ll_timed_roofline_s(chip, &t);
    if (e->marlin)
        return fmax(own_s - chip->experts_floor_s + MARLIN_FLOOR_S,
                    MARLIN_FLOOR_S + ll_timed_experts_B(&t) / (MARLIN_FRAC * chip->memory_Bps));
    if (!(e->tp > 1) || !(own_s > 0)) return ll_timed_predict_s(chip, chip->tables, &t, NULL);
    t.at[6] = 1;
    t.at[7] = fmin(e->ep * e->tp, e->n_expert);
    return own_s * ll_timed_predict_s(chip, chip->tables, &t, NULL) / ll_timed_roofline_s(chip, &t);
}

double ll_kernel_served_s(const ll_chip *chip, const ll_kernel *k)
{
    switch (k->kind) {
    case LL_KERNEL_GEMM:
        return gemm_s(chip, k);
    case LL_KERNEL_ATTENTION:
        return prefill_s(chip, k);
    case LL_KERNEL_DECODE:
        return decode_s(chip, k);
    case LL_KERNEL_EXPERTS:
        return experts_s(chip, k);
    case LL_KERNEL_ROWWISE:
    case LL_KERNEL_GROUPED_GEMM:
    case LL_KERNEL_ATTENTION_BACKWARD:
    case LL_KERNEL_TOPK:
    case LL_KERNEL_STREAM:
    case LL_KERNEL_HOST:
    case LL_KERNEL_NONE:
        break;
    }
    return 0;
}
