#include "sim/machine/gemm.h"

#include <math.h>

static const struct {
    double m, n;
} tiles[] = {{256, 128}, {128, 256}, {128, 128}, {64, 256}, {64, 128}};

enum { MAX_SPLIT = 8 };

/* Multiplying, and writing: in bytes too, the partial sums included. */
static double waves_s(const ll_chip *chip, const ll_matmul *p, double rate, double tile_m,
                      double tile_n, int split, double *written_B)
{
    double n_unit = (double)chip->n_multiprocessor;
    double n_tile = p->batch * ceil(p->m / tile_m) * ceil(p->n / tile_n) * split;
    double n_wave = ceil(n_tile / n_unit);
    *written_B = p->batch * p->m * p->n * (p->out_B + (split > 1 ? 8.0 * split : 0));
    return n_wave * (2 * tile_m * tile_n * (p->k / split) * n_unit / rate + chip->tile_fill_s) +
           ll_kernel_stream_s(chip, *written_B);
}

double ll_kernel_matmul_s(const ll_chip *chip, int precision, const ll_matmul *p)
{
    double rate = chip->peak_flop_per_s[precision] * chip->gemm_frac[precision];
    double read_B =
        p->batch * (p->m * p->k + p->k * p->n) * ll_precision_B((ll_precision)precision);
    if (chip->n_multiprocessor <= 0)
        return hypot(2 * p->batch * p->m * p->n * p->k / rate,
                     ll_kernel_stream_s(chip, read_B + p->batch * p->m * p->n * p->out_B));
    double best_s = INFINITY;
    for (size_t i = 0; i < sizeof tiles / sizeof *tiles; i++)
        for (int split = 1; split <= MAX_SPLIT; split++) {
            double written_B;
            double s = waves_s(chip, p, rate, tiles[i].m, tiles[i].n, split, &written_B);
            best_s = fmin(best_s, hypot(s, ll_kernel_stream_s(chip, read_B + written_B)));
        }
    return best_s;
}

double ll_kernel_gemm_s(const ll_chip *chip, int precision, double m, double n, double k)
{
    return ll_kernel_matmul_s(chip, precision, &(ll_matmul){1, m, n, k, 2});
}
