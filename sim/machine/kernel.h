/* Kernels as data, and how long a chip takes for one.
 *
 *   GEMM        by its shape: waves of tiles, see below
 *   attention   fused: max( FLOP / (peak * fraction), bytes / (bandwidth * fraction) )
 *   stream      bytes / (bandwidth * fraction): norms, activations, additions, casts
 *
 * and a launch each. A list of kernels can be costed again on another chip, or on the same chip
 * with one cause of loss removed: the list itself does not change.
 *
 * GEMM. A multiprocessor makes one tile of the result at a time; all of them together make a wave
 * of tiles, and the last wave takes as long as a full one (wave quantisation: "Matrix
 * Multiplication Background User's Guide", NVIDIA, with the tiles 256 x 128 and 128 x 128 of A100;
 * products of few rows have tiles of 64). Before a tile can be multiplied its first operands have
 * to arrive (tile_fill). Where tiles are few, libraries split k between several multiprocessors and
 * add up the partial sums, 32 bits wide, in memory. Results are written at the end of a tile, when
 * its multiprocessor has nothing to multiply:
 *
 *   multiplying = waves * (2 tile_m tile_n (k / split) * multiprocessors / rate + fill)
 *                 + written / bandwidth
 *   moving      = (read + written) / bandwidth
 *   time        = sqrt( multiplying^2 + moving^2 )
 *
 * at the tile and split with the least of it, as libraries choose. The larger of the two would mean
 * that they overlap completely; of 28 GEMMs measured on H800 (configs/chips/h800_products.csv)
 * those where both weigh show that they do not. The rate is that of the best GEMM ever found on the
 * chip. Where the number of multiprocessors is not known there are no tiles: multiplying = FLOP /
 * rate.
 *
 * Grouped GEMM: one launch for several GEMMs that share n and k and differ in m (the experts of a
 * layer); their tiles fill the same waves.
 *
 * Attention. The fused kernel starts anew for each block of rows, which costs as much as some more
 * keys would (attention_ramp): of n keys that a row sees, n / (n + ramp) of the rate is left.
 * Decode attention reads each key and value once for one query, so it is bound by the memory. */
#ifndef LL_MACHINE_KERNEL_H
#define LL_MACHINE_KERNEL_H

#include "sim/base/arena.h"
#include "sim/machine/chip.h"

#include <stdbool.h>

/* A product of m x k by k x n, `batch` times over. */
typedef struct ll_matmul {
    double batch, m, n, k;
    /* Bytes read and written per element of the result: 2; more if it is added to another matrix.
     */
    double out_B;
} ll_matmul;

/* One GEMM, without the launch. */
double ll_kernel_matmul_s(const ll_chip *chip, int precision, const ll_matmul *p);

static inline double ll_kernel_stream_s(const ll_chip *chip, double bytes)
{
    return bytes / (chip->memory_Bps * chip->memory_frac * chip->memory_sustained);
}

typedef enum ll_kernel_kind {
    LL_KERNEL_GEMM, /* gemm, cut into n_part along m; parts run side by side, up to 3 at once */
    LL_KERNEL_GROUPED_GEMM, /* gemm.n and gemm.k; rows: [n_group] values of m; one launch */
    LL_KERNEL_ATTENTION,    /* fused, forward: flop, bytes, keys that a row sees */
    LL_KERNEL_ATTENTION_BACKWARD,
    LL_KERNEL_DECODE, /* one query per sequence: flop, bytes of the keys and values */
    LL_KERNEL_STREAM  /* bytes */
} ll_kernel_kind;

/* Which sum of ll_compute a kernel counts to. Score GEMMs of attention that is not fused count as
 * attention. */
typedef enum ll_kernel_share { LL_SHARE_GEMM, LL_SHARE_ATTENTION, LL_SHARE_STREAM } ll_kernel_share;

typedef struct ll_kernel {
    ll_kernel_kind kind;
    ll_kernel_share share;
    int precision;        /* ll_precision of the operands */
    int n_part;           /* GEMM: parts along m; 1: whole */
    bool weight_gradient; /* a split backward pass may run it later */
    ll_matmul gemm;
    double flop, bytes, keys;
    int n_group;
    const double *rows; /* [n_group], borrowed */
} ll_kernel;

/* On one chip, without the launch. Pure. */
double ll_kernel_s(const ll_chip *chip, const ll_kernel *kernel);

/* Compute time of a list of kernels, by what bounds them. All in seconds. */
typedef struct ll_compute {
    double gemm_s, attention_s, stream_s, launch_s;
} ll_compute;

static inline double ll_compute_total_s(const ll_compute *c)
{
    return c->gemm_s + c->attention_s + c->stream_s + c->launch_s;
}

/* Cost of kernel[n]. each_s: [n], each kernel without its launch. */
ll_compute ll_kernel_list_cost(const ll_chip *chip, int n, const ll_kernel *kernel, double *each_s);

/* A precision for what does not run in FP8 or FP4 (attention, the output projection): the chip's
 * 16-bit one. */
int ll_kernel_wide_precision(const ll_chip *chip, int precision);

#endif
