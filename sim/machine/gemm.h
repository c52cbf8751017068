/* Time of a matrix product by its shape.
 *
 * A multiprocessor makes one tile of the result at a time; all of them together make a wave of tiles,
 * and the last wave takes as long as a full one (wave quantisation: "Matrix Multiplication Background
 * User's Guide", NVIDIA, with the tiles 256 x 128 and 128 x 128 of A100; products of few rows have tiles of 64).
 * Before a tile can be multiplied its first operands have to come (tile_fill). Where tiles are few, libraries
 * split k between several multiprocessors, and add the partial sums, 32 bits wide, in memory. Results
 * are written at the end of a tile, when its multiprocessor has nothing to multiply:
 *
 *   multiplying = waves * (2 tile_m tile_n (k / split) * multiprocessors / rate + fill) + written / bandwidth
 *   moving      = (read + written) / bandwidth
 *   time        = sqrt( multiplying^2 + moving^2 )
 *
 * at the tile and split with the least of it, as libraries choose. The larger of the two would say that they
 * hide behind each other whole; of 28 products measured on H800 (configs/chips/h800_products.csv) those where both
 * weigh say that they do not. The rate is that of the best product ever found on the chip. Where the
 * multiprocessors are not known there are no tiles: multiplying = flop / rate.
 */
#ifndef LL_MACHINE_GEMM_H
#define LL_MACHINE_GEMM_H

#include "sim/machine/chip.h"

/* A product of m x k by k x n, `batch` times over. */
typedef struct ll_matmul {
    double batch, m, n, k;
    /* read and written per element of the result: 2; more if it is added to another */
    double out_B;
} ll_matmul;

double ll_kernel_matmul_s(const ll_chip *chip, int precision, const ll_matmul *p);

/* One product with a 16-bit result, without the launch. */
double ll_kernel_gemm_s(const ll_chip *chip, int precision, double m, double n, double k);

static inline double ll_kernel_stream_s(const ll_chip *chip, double bytes)
{
    return bytes / (chip->memory_Bps * chip->memory_frac * chip->memory_sustained);
}

#endif
