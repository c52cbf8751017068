#include "sim/machine/kernel.h"

#include "sim/machine/served.h"

#include <math.h>

/* Where attention_frac of a chip is defined: mean keys per row (8192 tokens, causal), and width of
 * a head. */
enum { ATTENTION_KEYS = 4096, ATTENTION_WIDTH = 128 };

enum { ATTENTION_ROWS = 128 }; /* of a block */

/* CUDA streams on which Transformer Engine runs the chunks of a GEMM
 * (NVTE_COMM_OVERLAP_MAX_STREAMS). */
enum { N_STREAM = 3 };

enum { MAX_SPLIT = 8 };

typedef struct tile {
    double m, n;
} tile;
static const tile tiles[] = {{256, 128}, {128, 256}, {128, 128}, {64, 256}, {64, 128}};

/* ceil for 0 <= x < 2^52, without a library call. */
static double up(double x)
{
    const double whole = (double)(int64_t)x;
    return whole < x ? whole + 1 : whole;
}

/* Number of tiles of the result, over all groups; rows NULL: as if groups shared tiles. */
static double n_tile_of(const ll_matmul *p, const tile *t, int n_group, const double *rows)
{
    if (n_group == 0) return p->batch * up(p->m / t->m) * up(p->n / t->n);
    if (!rows) return p->m / t->m * up(p->n / t->n);
    double n = 0;
    for (int g = 0; g < n_group; g++)
        n += up(rows[g] / t->m) * up(p->n / t->n);
    return n;
}

/* What k in `split` parts costs, whatever the tile. */
typedef struct cut {
    double product_s; /* a wave of tiles of one element */
    double written_s, moving_s;
} cut;

static cut cut_of(const ll_chip *chip, const ll_matmul *p, double rate, double read_B, int split)
{
    const double n_unit = (double)chip->n_multiprocessor, n_out = p->batch * p->m * p->n;
    const double written_B = n_out * (p->out_B + (split > 1 ? 8.0 * split : 0));
    return (cut){.product_s = p->k / split * n_unit / rate,
                 .written_s = ll_kernel_stream_s(chip, written_B),
                 .moving_s = ll_kernel_stream_s(chip, read_B + written_B)};
}

/* Time of one GEMM, or of n_group GEMMs with p->batch * p->m rows in all: the minimum over tiles
 * and splits of k. Squares are compared, so that one root is taken at the end. */
static double gemm_s(const ll_chip *chip, int precision, const ll_matmul *p, int n_group,
                     const double *rows)
{
    const double rate =
        chip->peak_flop_per_s[precision] * chip->gemm_frac[precision] * chip->gemm_sustained;
    const double n_unit = (double)chip->n_multiprocessor, n_weight = n_group ? n_group : p->batch;
    const double read_B =
        (p->batch * p->m * p->k + n_weight * p->k * p->n) * ll_precision_B((ll_precision)precision);
    const double n_out = p->batch * p->m * p->n;
    if (n_unit <= 0)
        return hypot(2 * n_out * p->k / rate, ll_kernel_stream_s(chip, read_B + n_out * p->out_B));
    cut cuts[MAX_SPLIT];
    for (int i = 0; i < MAX_SPLIT; i++)
        cuts[i] = cut_of(chip, p, rate, read_B, i + 1);
    double best = (double)INFINITY;
    for (size_t t = 0; t < sizeof tiles / sizeof *tiles; t++) {
        const double n_tile = n_tile_of(p, &tiles[t], n_group, rows);
        for (int i = 0; i < MAX_SPLIT; i++) {
            const cut *c = &cuts[i];
            const double n_wave = up(n_tile * (i + 1) / n_unit);
            const double wave_s = 2 * tiles[t].m * tiles[t].n * c->product_s + chip->tile_fill_s;
            const double busy_s = n_wave * wave_s + c->written_s;
            const double square = busy_s * busy_s + c->moving_s * c->moving_s;
            if (square < best) best = square;
        }
    }
    return sqrt(best);
}

double ll_kernel_matmul_s(const ll_chip *chip, int precision, const ll_matmul *p)
{
    return gemm_s(chip, precision, p, 0, NULL);
}

/* A GEMM in chunks, N_STREAM of them at a time. */
static double parts_s(const ll_chip *chip, const ll_kernel *kernel)
{
    ll_matmul some = kernel->gemm;
    double some_s = 0, s = 0;
    some.m /= kernel->n_part;
    for (int left = kernel->n_part, n = 0; left > 0; left -= N_STREAM) {
        const int now = left < N_STREAM ? left : N_STREAM;
        if (now != n) {
            some.batch = kernel->gemm.batch * now;
            some_s = gemm_s(chip, kernel->precision, &some, 0, NULL);
            n = now;
        }
        s += some_s;
    }
    return s;
}

static double grouped_s(const ll_chip *chip, const ll_kernel *kernel)
{
    ll_matmul all = kernel->gemm;
    all.batch = 1;
    all.m = 0;
    for (int g = 0; g < kernel->n_group; g++)
        all.m += kernel->rows[g];
    return gemm_s(chip, kernel->precision, &all, kernel->n_group,
                  kernel->unrounded ? NULL : kernel->rows);
}

int ll_kernel_wide_precision(const ll_chip *chip, int precision)
{
    if (precision == LL_PRECISION_FP16 || chip->peak_flop_per_s[LL_PRECISION_BF16] <= 0)
        return chip->peak_flop_per_s[LL_PRECISION_FP16] > 0 ? LL_PRECISION_FP16 : precision;
    return LL_PRECISION_BF16;
}

ll_kernel ll_kernel_attention(const ll_attention_shape *shape, bool backward, int precision)
{
    const ll_attention_shape *a = shape;
    const double token = a->batch * a->n_query, score = token * a->n_key * a->head * a->counted;
    const double width =
        backward ? 6 * a->score_width + 4 * a->value_width : 2 * (a->score_width + a->value_width);
    const double moved = (a->score_width + a->value_width) * (a->head + a->kv_head);
    return (ll_kernel){
        .kind = backward ? LL_KERNEL_ATTENTION_BACKWARD : LL_KERNEL_ATTENTION,
        .share = LL_SHARE_ATTENTION,
        .precision = precision,
        .attention = *a,
        .flop = width * score,
        .bytes = 2 * token * (backward ? 2 : 1) * moved,
        .keys = a->n_key / a->n_call * a->counted,
    };
}

double ll_kernel_attention_flop_s(const ll_chip *chip, double peak_flop_per_s,
                                  const ll_kernel *kernel)
{
    const ll_attention_shape *a = &kernel->attention;
    const bool forward = kernel->kind == LL_KERNEL_ATTENTION;
    const double frac = forward ? chip->attention_frac : chip->attention_backward_frac;
    const double ramp = forward ? chip->attention_ramp : chip->attention_backward_ramp;
    const double width = (a->score_width + a->value_width) / 2, more = chip->attention_width;
    const double n_block = up(a->n_query / ATTENTION_ROWS) * a->head * a->batch;
    const double idle = fmax(1, (double)chip->n_multiprocessor / n_block);
    return kernel->flop / (peak_flop_per_s * frac) * (1 + ramp / kernel->keys) /
           (1 + ramp / ATTENTION_KEYS) * (1 + more / width) / (1 + more / ATTENTION_WIDTH) * idle;
}

static double attention_s(const ll_chip *chip, const ll_kernel *kernel)
{
    const int precision = ll_kernel_wide_precision(chip, kernel->precision);
    const double peak = chip->peak_flop_per_s[precision];
    return fmax(ll_kernel_attention_flop_s(chip, peak, kernel),
                ll_kernel_stream_s(chip, kernel->bytes));
}

double ll_kernel_rows(const ll_kernel *k)
{
    double rows = k->kind == LL_KERNEL_GEMM ? k->gemm.batch * k->gemm.m : 0;
    for (int g = 0; g < k->n_group; g++)
        rows += k->rows[g];
    return rows;
}

static bool is_product(const ll_kernel *k)
{
    return k->kind == LL_KERNEL_GEMM || k->kind == LL_KERNEL_GROUPED_GEMM;
}

double ll_kernel_flop(const ll_kernel *k)
{
    return is_product(k) ? 2 * ll_kernel_rows(k) * k->gemm.n * k->gemm.k : k->flop;
}

double ll_kernel_moved_B(const ll_kernel *k)
{
    if (!is_product(k)) return k->bytes;
    const double rows = ll_kernel_rows(k), n_weight = k->n_group ? k->n_group : k->gemm.batch;
    return (rows + n_weight * k->gemm.n) * k->gemm.k * ll_precision_B((ll_precision)k->precision) +
           rows * k->gemm.n * k->gemm.out_B;
}

double ll_kernel_ideal_s(const ll_chip *chip, const ll_kernel *k)
{
    const bool narrow = is_product(k) || k->kind == LL_KERNEL_EXPERTS;
    const int precision = narrow ? k->precision : ll_kernel_wide_precision(chip, k->precision);
    return fmax(ll_kernel_flop(k) / chip->peak_flop_per_s[precision],
                ll_kernel_moved_B(k) / chip->memory_Bps);
}

double ll_experts_touched(const ll_experts_shape *e)
{
    const double n_local = e->slots / e->ep, picks = e->tokens * e->top_k;
    if (!e->skewed) return fmin(n_local, fmax(1, picks / e->ep));
    return n_local * -expm1(picks * log1p(-1 / e->n_expert));
}

double ll_kernel_s(const ll_chip *chip, const ll_kernel *kernel)
{
    if (kernel->at_roofline && kernel->kind != LL_KERNEL_NONE && kernel->kind != LL_KERNEL_HOST)
        return ll_kernel_ideal_s(chip, kernel);
    const double served_s = chip->tables ? ll_kernel_served_s(chip, kernel) : 0;
    if (served_s > 0) return served_s;
    switch (kernel->kind) {
    case LL_KERNEL_GEMM:
        return parts_s(chip, kernel);
    case LL_KERNEL_GROUPED_GEMM:
        return grouped_s(chip, kernel);
    case LL_KERNEL_ATTENTION:
    case LL_KERNEL_ATTENTION_BACKWARD:
        return attention_s(chip, kernel);
    case LL_KERNEL_DECODE: {
        const int precision = ll_kernel_wide_precision(chip, kernel->precision);
        const double rate = chip->peak_flop_per_s[precision] * chip->attention_frac;
        return fmax(kernel->flop / rate, ll_kernel_stream_s(chip, kernel->bytes));
    }
    case LL_KERNEL_TOPK:
        return kernel->gemm.m * chip->topk_row_s;
    case LL_KERNEL_NONE:
        return 0;
    case LL_KERNEL_ROWWISE:
        return ll_kernel_stream_s(chip, kernel->bytes) / chip->stream_frac +
               (kernel->floored ? chip->kernel_floor_s : 0);
    case LL_KERNEL_EXPERTS: /* of serving, where chips have tables, if only empty ones */
        LL_ASSERT(false, "%s cannot run experts of form %d", chip->name, kernel->form);
        break;
    case LL_KERNEL_HOST:
        return kernel->host_s;
    case LL_KERNEL_STREAM:
        break;
    }
    return ll_kernel_stream_s(chip, kernel->bytes);
}

ll_compute ll_kernel_list_cost(const ll_chip *chip, int n, const ll_kernel *kernel, double *each_s)
{
    ll_compute sum = {0};
    double *const share[] = {
        [LL_SHARE_GEMM] = &sum.gemm_s,
        [LL_SHARE_ATTENTION] = &sum.attention_s,
        [LL_SHARE_STREAM] = &sum.stream_s,
    };
    for (int i = 0; i < n; i++) {
        each_s[i] = ll_kernel_s(chip, &kernel[i]);
        *share[kernel[i].share] += each_s[i];
        if (kernel[i].kind != LL_KERNEL_NONE && kernel[i].kind != LL_KERNEL_HOST)
            sum.launch_s += chip->launch_s;
    }
    return sum;
}
