/* gemm_frac and tile_fill of a chip, fitted to measured GEMMs.
 *
 * The table is comma-separated: m,n,k,precision and one of time_us, time_ms, tflops (TFLOP/s) and
 * gflops (GFLOP/s), and perhaps batch. A row is a GEMM of m x k by k x n, batched `batch` times,
 * with a 16-bit result. A GEMM faster than the peak of the chip is an error. The prediction is that
 * of the model (ll_kernel_matmul_s), so the fit finds the rate of a GEMM of whole waves and long k,
 * not the mean over the shapes of the table. The fit minimises the same sum as
 * sim/validate/curve_fit.h, each GEMM with the same weight. */
#ifndef LL_SIM_VALIDATE_GEMM_FIT_H
#define LL_SIM_VALIDATE_GEMM_FIT_H

#include "sim/base/arena.h"
#include "sim/base/status.h"
#include "sim/machine/kernel.h"

typedef struct ll_gemm {
    ll_matmul shape;
    ll_precision precision;
    double time_s;
    double predicted_s, left_out_s; /* by the fit; by a fit to the others (0 if there are none) */
    int line;                       /* of the file */
} ll_gemm;

typedef struct ll_gemms {
    const char *file;
    int n;
    int64_t cap;
    ll_gemm *gemm; /* [n] in the order of the file, arena */
} ll_gemms;

typedef struct ll_gemm_fit {
    int n[LL_N_PRECISION]; /* products */
    double frac[LL_N_PRECISION];
    bool at_peak[LL_N_PRECISION]; /* frac ends at 1, the bound of the fit */
    double tile_fill_s;
    /* False: too few GEMMs, or a chip without tiles; then the chip's own tile_fill is used. */
    bool tile_fill_fitted;
    double left_out_frac[LL_N_PRECISION]; /* median of |left_out_s / time_s - 1|; none if n = 1 */
} ll_gemm_fit;

/* Not collective. */
ll_status ll_gemm_parse(const char *file, const char *text, ll_arena *mem, ll_gemms *out,
                        ll_error *err);

/* Fewer GEMMs cannot separate a slow rate from a long fill. */
enum { LL_GEMM_FIT_FILL_MIN = 6 };

/* Fits one rate per precision of the table and one fill for all; sets the predictions. Error if the
 * chip has no such peak, if a GEMM is faster than the peak, or if no rate explains the times. Not
 * collective. */
ll_status ll_gemm_fit_chip(const ll_chip *chip, ll_gemms *gemms, ll_arena *mem, ll_gemm_fit *out,
                           ll_error *err);

#endif
