#include "sim/machine/timed_model.h"

#include "sim/machine/kernel.h"

#include <math.h>
#include <string.h>

static const int widths[LL_N_TIMED_PRECISION] = {
    [LL_TIMED_FP4] = LL_PRECISION_FP4,       [LL_TIMED_FP8] = LL_PRECISION_FP8,
    [LL_TIMED_FP8_BLOCK] = LL_PRECISION_FP8, [LL_TIMED_BF16] = LL_PRECISION_BF16,
    [LL_TIMED_FP16] = LL_PRECISION_FP16,     [LL_TIMED_W4A16] = LL_PRECISION_BF16,
    [LL_TIMED_W4A8] = LL_PRECISION_FP8};

/* Bytes that quantising moves per element of the input. */
static const double quantise_B[LL_N_TIMED_PRECISION] = {
    [LL_TIMED_FP4] = 4.5, [LL_TIMED_FP8] = 5, [LL_TIMED_FP8_BLOCK] = 3};

/* Fraction of the memory bandwidth that quantising kernels reach. Set on the tables of measured FP8
 * GEMMs (configs/kernels/{h100,h200,b200,gb300}_gemm.csv): with it, GEMMs with n from 512 to 16384
 * agree best on one rate. */
#define QUANTISE_FRAC 0.7

int ll_timed_width(ll_timed_precision precision) { return widths[precision]; }

double ll_timed_quantise_s(const ll_chip *chip, const ll_timed *t)
{
    return chip->quantise_s[t->precision] +
           quantise_B[t->precision] * t->at[0] * t->at[2] / (QUANTISE_FRAC * chip->memory_Bps);
}

double ll_timed_extra_s(const ll_chip *chip, const ll_timed *t)
{
    return chip->kernel_floor_s + ll_timed_quantise_s(chip, t);
}

/* A norm, an activation: kernels that compute as they stream. */
static double small_s(const ll_chip *chip, const ll_timed *t)
{
    return chip->kernel_floor_s + ll_kernel_stream_s(chip, t->at[0] * t->at[1]) / chip->stream_frac;
}

static double product_s(const ll_chip *chip, const ll_timed *t)
{
    const ll_matmul p = {.batch = 1, .m = t->at[0], .n = t->at[1], .k = t->at[2], .out_B = 2};
    ll_chip alone = *chip;
    alone.gemm_sustained = 1; /* these were measured alone */
    return ll_timed_extra_s(chip, t) + ll_kernel_matmul_s(&alone, widths[t->precision], &p);
}

/* Time of the FLOP of causal attention. */
static double causal_s(const ll_chip *chip, int precision, const ll_attention_shape *shape)
{
    const ll_kernel kernel = ll_kernel_attention(shape, false, precision);
    return ll_kernel_attention_flop_s(chip, chip->peak_flop_per_s[precision], &kernel);
}

/* Two kernels more come before attention of a prompt: they turn queries and keys, and write keys
 * and values to the cache. Of latent attention they hide in its bytes. */
double ll_timed_prepare_s(const ll_chip *chip, const ll_timed *t)
{
    const double bytes = t->kind == LL_TIMED_PREFILL
                             ? t->at[3] * t->at[0] * 128 * 2 * (2 * t->at[1] + 2 * t->at[2])
                             : 0;
    return 2 * chip->kernel_floor_s + 2 * ll_kernel_stream_s(chip, bytes);
}

static double attention_s(const ll_chip *chip, const ll_timed *t)
{
    const double s = t->at[0], heads = t->at[1], kv = t->at[2], batch = t->at[3];
    const double cache_B = strcmp(t->variant, "fp8") == 0 ? 1 : 2;
    if (t->kind == LL_TIMED_DECODE)
        return chip->attention_floor_s +
               ll_kernel_stream_s(chip, 2 * batch * s * 128 * kv * cache_B);
    const ll_attention_shape shape = {batch, heads, kv, s, s, 128, 128, 0.5, 1, 0};
    return chip->attention_floor_s + ll_timed_prepare_s(chip, t) +
           causal_s(chip, widths[t->precision], &shape);
}

static double mla_s(const ll_chip *chip, const ll_timed *t)
{
    const double s = t->at[0], heads = t->at[1], batch = t->at[2];
    const double cache_B = strcmp(t->variant, "fp8") == 0 ? 1 : 2;
    const double rate = chip->peak_flop_per_s[LL_PRECISION_BF16] * chip->attention_frac;
    const ll_attention_shape shape = {batch, heads, heads, s, s, 192, 128, 0.5, 1, 0};
    if (t->kind == LL_TIMED_MLA_PREFILL)
        return chip->attention_floor_s + ll_timed_prepare_s(chip, t) +
               fmax(causal_s(chip, LL_PRECISION_BF16, &shape),
                    ll_kernel_stream_s(chip, batch * s * heads * 2 * (2 * 192 + 2 * 128)));
    return chip->attention_floor_s + hypot(2.0 * (576 + 512) * batch * s * fmax(heads, 16) / rate,
                                           ll_kernel_stream_s(chip, batch * s * 576 * cache_B));
}

double ll_timed_weight_B(ll_timed_precision precision)
{
    return precision == LL_TIMED_W4A16 || precision == LL_TIMED_W4A8
               ? 0.53
               : ll_precision_B((ll_precision)widths[precision]);
}

static bool is_skewed(const ll_timed *t) { return strncmp(t->variant, "power", 5) == 0; }

double ll_timed_experts_B(const ll_timed *t)
{
    const double tokens = t->at[0], hidden = t->at[1], ffn = t->at[2], topk = t->at[3];
    const double experts = t->at[4], slots = t->at[5], tp = t->at[6], ep = t->at[7];
    const double draws = tokens * topk, local = slots / ep;
    const double touched =
        is_skewed(t) ? local * (1 - pow(1 - 1 / experts, draws)) : fmin(local, fmax(1, draws / ep));
    return 3 * hidden * ffn / tp * touched * ll_timed_weight_B(t->precision) +
           10 * hidden * draws / ep;
}

/* Tokens are spread evenly over the experts, or by a law that is steeper the larger x is in
 * "power_law_x"; then the busiest rank has more than its share. */
static double experts_s(const ll_chip *chip, const ll_timed *t)
{
    const double hidden = t->at[1], ffn = t->at[2], tp = t->at[6], ep = t->at[7];
    const double draws = t->at[0] * t->at[3];
    const int precision = widths[t->precision];
    const double more = is_skewed(t) && !strstr(t->variant, "eplb") ? 1 + 0.25 * log2(ep) : 1;
    const double flop = 6 * hidden * ffn / tp * draws / ep * fmin(more, ep);
    const double rate = chip->peak_flop_per_s[precision] * chip->gemm_frac[precision];
    return chip->experts_floor_s +
           hypot(flop / rate, ll_kernel_stream_s(chip, ll_timed_experts_B(t)));
}

bool ll_timed_has_model(const ll_timed *t)
{
    if (t->kind == LL_TIMED_GEMM) return t->precision <= LL_TIMED_FP16;
    return t->kind != LL_TIMED_SMALL || t->at[1] > 0;
}

double ll_timed_roofline_s(const ll_chip *chip, const ll_timed *t)
{
    if (!ll_timed_has_model(t)) return 0;
    if (!(chip->peak_flop_per_s[widths[t->precision]] > 0)) return 0;
    switch (t->kind) {
    case LL_TIMED_GEMM:
        return product_s(chip, t);
    case LL_TIMED_PREFILL:
    case LL_TIMED_DECODE:
        return attention_s(chip, t);
    case LL_TIMED_MLA_PREFILL:
    case LL_TIMED_MLA_DECODE:
        return mla_s(chip, t);
    case LL_TIMED_EXPERTS:
        return experts_s(chip, t);
    case LL_TIMED_SMALL:
        return small_s(chip, t);
    case LL_N_TIMED:
        break;
    }
    return 0;
}

/* ---- Chips ----------------------------------------------------------------------------------- */

static int plain(char c)
{
    if (c >= 'A' && c <= 'Z') return c - 'A' + 'a';
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : 0;
}

/* The n bytes at `word` against a whole name, letters and digits alone. */
static bool alike(const char *word, size_t n, const char *name)
{
    const char *end = word + n;
    for (;;) {
        while (word < end && !plain(*word))
            word++;
        while (*name && !plain(*name))
            name++;
        if (word == end || !*name) return word == end && !*name;
        if (plain(*word++) != plain(*name++)) return false;
    }
}

bool ll_timed_is_chip(const ll_chip *chip, const char *word)
{
    if (!word || alike(word, strlen(word), chip->name)) return true;
    for (const char *s = chip->measured_as; *s;) {
        const size_t n = strcspn(s, " ");
        if (n > 0 && alike(s, n, word)) return true;
        s += n + (s[n] == ' ');
    }
    return false;
}
