/* gemm_frac of a chip from a table of timed GEMMs (sim/machine/timed.h), one rate for each
 * precision of the table.
 *
 * The floor of a kernel and the quantisation of its input, by the chip's own parameters, are
 * subtracted from each time; ll_kernel_matmul_s with the chip's tile_fill is fitted to the rest,
 * over GEMMs that are long enough to depend on the rate. The fit minimises the same sum as
 * sim/validate/curve_fit.h, each GEMM with the same weight. */
#ifndef LL_VALIDATE_GEMM_TABLE_H
#define LL_VALIDATE_GEMM_TABLE_H

#include "sim/machine/timed_model.h"

typedef struct ll_gemm_table_frac {
    int n;                 /* products; 0: none, or no peak */
    double frac;           /* of the peak */
    double median_abs_err; /* of what was fitted */
} ll_gemm_table_frac;

/* Shortest time of a GEMM that counts. Chosen: well above the floors of 2 to 11 us, so that these
 * move no rate by more than some percent. */
#define LL_GEMM_TABLE_LEAST_S 100e-6

/* out: [LL_N_TIMED_PRECISION]. Rows of other chips do not count. Not collective. */
void ll_gemm_table_fit(const ll_chip *chip, const ll_timed_table *table, double least_s,
                       ll_arena *mem, ll_gemm_table_frac *out);

#endif
