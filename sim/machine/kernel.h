/* Kernels as data, and how long a chip takes for one.
 *
 *   GEMM        by its shape: waves of tiles, see below
 *   attention   fused: max( FLOP / rate, bytes / (bandwidth * fraction) ), see below
 *   stream      bytes / (bandwidth * fraction): additions, copies, the optimizer
 *   rowwise     the same with a lower fraction, as it computes while it streams: norms,
 *               activations, rotary embeddings, softmax, casts
 *
 * plus one launch each. A list of kernels can be costed again on another chip, or on the same chip
 * with one cause of loss removed: the list itself does not change.
 *
 * GEMM. A multiprocessor computes one tile of the result at a time; together they compute a wave of
 * tiles, and the last wave takes as long as a full one (wave quantisation: "Matrix Multiplication
 * Background User's Guide", NVIDIA, with the tiles 256 x 128 and 128 x 128 of A100; GEMMs of few
 * rows use tiles of 64). Before a tile can be multiplied its first operands have to arrive
 * (tile_fill). Where there are fewer tiles than multiprocessors, libraries split k (split-K) and
 * add the 32-bit partial sums in memory. A tile is written at its end, while its multiprocessor
 * does not multiply:
 *
 *   multiplying = waves * (2 tile_m tile_n (k / split) * multiprocessors / rate + fill)
 *                 + written / bandwidth
 *   moving      = (read + written) / bandwidth
 *   time        = sqrt( multiplying^2 + moving^2 )
 *
 * with the tile and split of the least time, as libraries choose. max() instead of the root would
 * mean complete overlap of multiplying and moving; of 28 GEMMs measured on H800
 * (configs/chips/h800_products.csv), those where both are large show that it is not complete. The
 * rate is peak * gemm_frac, that of the best GEMM on the chip. If the number of multiprocessors is
 * not known there are no tiles: multiplying = FLOP / rate.
 *
 * Grouped GEMM: one launch for several GEMMs that share n and k and differ in m (the experts of a
 * layer); their tiles fill the same waves.
 *
 * Attention. The fused kernel works on blocks of 128 rows. Each has a start-up cost, equal to that
 * of `ramp` more keys (attention_ramp, or attention_backward_ramp), so that with n keys a row it
 * reaches n / (n + ramp) of its asymptotic rate; the softmax of a score takes as long as
 * `attention_width` more values of a head would; and where there are fewer blocks than
 * multiprocessors, some idle:
 *
 *   time = FLOP / (peak * fraction) * (1 + ramp / n) / (1 + ramp / 4096)
 *          * (1 + attention_width / width) / (1 + attention_width / 128)
 *          * max(1, multiprocessors / blocks)                       or bytes / bandwidth, if longer
 *
 * for the fraction is that of heads of 128 with 4096 keys a row; width: mean of scores and values,
 * which differ in MLA (192 and 128). Backward the kernel multiplies five times where it multiplies
 * twice forward: scores are recomputed, and three of the five have the width of scores. Where the
 * figures come from: configs/parts/kernels_hopper.cfg and its neighbours. Decode attention reads
 * each key and value once for a single query, so it is bound by the memory.
 *
 * Router: the top-k of the experts' scores, one row a token. Such kernels are bound neither by FLOP
 * nor by bytes: a time per row (`topk_row`).
 */
#ifndef LL_MACHINE_KERNEL_H
#define LL_MACHINE_KERNEL_H

#include "sim/base/arena.h"
#include "sim/machine/chip.h"

#include <stdbool.h>

/* A batched GEMM: `batch` products of m x k by k x n. */
typedef struct ll_matmul {
    double batch, m, n, k;
    /* Bytes read and written per element of the result: 2; more if it is accumulated into a matrix.
     */
    double out_B;
} ll_matmul;

/* Time of one GEMM in seconds, without its launch. Pure. */
double ll_kernel_matmul_s(const ll_chip *chip, int precision, const ll_matmul *p);

static inline double ll_kernel_stream_s(const ll_chip *chip, double bytes)
{
    return bytes / (chip->memory_Bps * chip->memory_frac);
}

/* Fused attention on one chip: `batch` sequences of `head` heads, n_query queries in each, which
 * attend to n_key keys before the mask. */
typedef struct ll_attention_shape {
    double batch, head, kv_head;
    double n_query, n_key;
    double score_width, value_width; /* of a head */
    double counted;                  /* share of the scores that is computed: 0.5 if causal */
    double n_call;                   /* calls; each sees n_key / n_call keys. 1, or cp */
    double window;                   /* of serving: keys up to which a query attends back; 0: all */
} ll_attention_shape;

/* The routed experts of a layer, as inference runs and tables time them: from tokens that are there
 * to results that are summed. */
typedef struct ll_experts_shape {
    double tokens;                 /* of all attention ranks that share the experts */
    double hidden, ffn;            /* ffn: width of an expert, whole */
    double top_k, n_expert, slots; /* slots: experts with their copies */
    double tp, ep;                 /* chips that share an expert; groups of different experts */
    bool skewed;                   /* some experts are picked more often; false: all alike */
    bool gated;
    bool marlin; /* 4-bit weights by Marlin, 16-bit activations */
} ll_experts_shape;

typedef enum ll_kernel_kind {
    LL_KERNEL_GEMM,         /* gemm, cut into n_part chunks along m; up to 3 run concurrently */
    LL_KERNEL_GROUPED_GEMM, /* gemm.n and gemm.k; rows: [n_group] values of m; one launch */
    LL_KERNEL_ATTENTION,    /* fused, forward: flop, bytes, keys per row of scores */
    LL_KERNEL_ATTENTION_BACKWARD,
    LL_KERNEL_DECODE,  /* one query per sequence: flop, bytes of the keys and values */
    LL_KERNEL_TOPK,    /* gemm.m rows: tokens that a router spreads over experts */
    LL_KERNEL_ROWWISE, /* bytes */
    LL_KERNEL_STREAM,  /* bytes */
    LL_KERNEL_EXPERTS, /* all routed experts of a layer on the fullest of their ranks: experts */
    LL_KERNEL_HOST,    /* host_s, during which the chip waits */
    LL_KERNEL_NONE     /* an ideal: it takes no time and has no launch */
} ll_kernel_kind;

/* Which field of ll_compute a kernel counts to. Score GEMMs of attention that is not fused count as
 * attention. */
typedef enum ll_kernel_share { LL_SHARE_GEMM, LL_SHARE_ATTENTION, LL_SHARE_STREAM } ll_kernel_share;

/* What a kernel is for, where a loss budget has a line of its own for it. */
typedef enum ll_kernel_role {
    LL_ROLE_OTHER,
    LL_ROLE_ROUTER,  /* scores of experts, top-k */
    LL_ROLE_PERMUTE, /* tokens to the order of experts, and back */
    LL_ROLE_CAST     /* to FP8 or FP4 */
} ll_kernel_role;

typedef struct ll_kernel {
    ll_kernel_kind kind;
    ll_kernel_share share;
    ll_kernel_role role;
    int precision;        /* ll_precision of the operands */
    int n_part;           /* GEMM: chunks along m; 1: not cut */
    bool weight_gradient; /* a split backward pass may run it later */
    bool between;         /* the dispatch of tokens to experts and their combine */
    ll_matmul gemm;
    ll_attention_shape attention; /* of fused attention; 0 of others */
    double flop, bytes, keys;
    int n_group;
    const double *rows; /* [n_group], borrowed */
    bool unrounded;     /* an ideal: rows are not rounded up to tiles group by group */
    /* Of serving. */
    int form;      /* ll_timed_precision of the operands of a GEMM or of experts */
    double kv_B;   /* attention: bytes of a value in the cache; 0: training */
    bool latent;   /* decode: one latent for all heads (MLA) */
    bool floored;  /* ROWWISE: the chip's kernel_floor_s is added */
    double host_s; /* HOST */
    const ll_experts_shape *experts; /* EXPERTS, borrowed */
    bool at_roofline;                /* an ideal: ll_kernel_ideal_s instead of its time */
} ll_kernel;

/* Experts of a rank that a batch picks at least once, in the mean, if all are alike. */
double ll_experts_touched(const ll_experts_shape *shape);

/* Rows of a product, over all of its groups. */
double ll_kernel_rows(const ll_kernel *kernel);

/* FLOP of a kernel, and bytes that it has to read and write once. */
double ll_kernel_flop(const ll_kernel *kernel);
double ll_kernel_moved_B(const ll_kernel *kernel);

/* The roofline of the data sheet: max( FLOP / peak, bytes / memory bandwidth ). Pure. */
double ll_kernel_ideal_s(const ll_chip *chip, const ll_kernel *kernel);

/* The kernel of fused attention, with its FLOP, its keys a row, and its bytes in 16 bits: forward
 * reads queries, keys and values and writes the result, backward moves all of them and their
 * gradients. Pure. */
ll_kernel ll_kernel_attention(const ll_attention_shape *shape, bool backward, int precision);

/* Time of the FLOP of fused attention on a chip of this peak, whatever its memory. Pure. */
double ll_kernel_attention_flop_s(const ll_chip *chip, double peak_flop_per_s,
                                  const ll_kernel *kernel);

/* Time of a kernel on one chip in seconds, without its launch. Pure. */
double ll_kernel_s(const ll_chip *chip, const ll_kernel *kernel);

/* Compute time of a list of kernels, in seconds, by kind of kernel; launch_s: all launches. */
typedef struct ll_compute {
    double gemm_s, attention_s, stream_s, launch_s;
} ll_compute;

static inline double ll_compute_total_s(const ll_compute *c)
{
    return c->gemm_s + c->attention_s + c->stream_s + c->launch_s;
}

/* Cost of kernel[n]. each_s: [n], filled with the time of each kernel without its launch. Pure. */
ll_compute ll_kernel_list_cost(const ll_chip *chip, int n, const ll_kernel *kernel, double *each_s);

/* The precision (ll_precision) of kernels that never run in FP8 or FP4, such as attention and the
 * output projection: the chip's 16-bit precision. */
int ll_kernel_wide_precision(const ll_chip *chip, int precision);

#endif
