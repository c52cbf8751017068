/* gemm_frac of a chip, fitted to measured matrix products.
 *
 * The table is comma-separated: m,n,k,precision and time_us or tflops, one product of m x k by k x n a row. The
 * prediction is the model's own (ll_kernel_gemm_s): what the fit finds is the rate of a product of whole
 * waves and a long k, not the mean over the shapes of the table. Minimised is as in sim/validate/curve_fit.h, each
 * product with the same weight.
 */
#ifndef LL_SIM_VALIDATE_GEMM_FIT_H
#define LL_SIM_VALIDATE_GEMM_FIT_H

#include "sim/chip.h"
#include "sim/comm.h"

typedef struct ll_gemm {
    double m, n, k;
    ll_precision precision;
    double time_s;
    double predicted_s, left_out_s; /* by the fit; by a fit to the others */
} ll_gemm;

typedef struct ll_gemms {
    int n;
    int64_t cap;
    ll_gemm *gemm; /* [n] in the order of the file, arena */
} ll_gemms;

typedef struct ll_gemm_fit {
    int n[LL_N_PRECISION]; /* products */
    double frac[LL_N_PRECISION];
    double left_out_frac[LL_N_PRECISION]; /* median of |left_out_s / time_s - 1|; 0 if n = 1 */
} ll_gemm_fit;

/* Not collective. */
ll_status ll_gemm_parse(const char *file, const char *text, ll_arena *mem, ll_gemms *out,
                        ll_error *err);

/* One value per precision of the table; sets the predictions. Error if the chip has no such peak. Not
 * collective. */
ll_status ll_gemm_fit_frac(const ll_chip *chip, ll_gemms *gemms, ll_arena *mem, ll_gemm_fit *out,
                           ll_error *err);

#endif
