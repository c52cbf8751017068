/* gemm_frac of a chip out of a table of timed matrix products (sim/machine/timed.h), one rate for
 * each precision of the table.
 *
 * Of each product's time the floor of a kernel and the quantisation of its input are taken off, by
 * the chip's own parameters; the rest is fitted by ll_kernel_matmul_s, with the chip's tile_fill,
 * over products that are long enough for the rate to count. Minimised is as in
 * sim/validate/curve_fit.h, each product with the same weight. */
#ifndef LL_VALIDATE_GEMM_TABLE_H
#define LL_VALIDATE_GEMM_TABLE_H

#include "sim/machine/timed_model.h"

typedef struct ll_gemm_table_frac {
    int n;                 /* products; 0: none, or no peak */
    double frac;           /* of the peak */
    double median_abs_err; /* of what was fitted */
} ll_gemm_table_frac;

/* Shortest time of a product that counts. */
#define LL_GEMM_TABLE_LEAST_S 100e-6

/* out: [LL_N_TIMED_PRECISION]. Rows of other chips do not count. Not collective. */
void ll_gemm_table_fit(const ll_chip *chip, const ll_timed_table *table, double least_s,
                       ll_arena *mem, ll_gemm_table_frac *out);

#endif
