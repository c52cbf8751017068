/* How long a kernel takes alone, as tables time it (timed.h).
 *
 * A roofline per kind, with parameters of the chip (chip.h):
 *
 *   gemm      floor + GEMM of kernel.h; below 16 bits also the quantisation of its input:
 *             quantise + bytes / (0.7 memory bandwidth) (5 per element with one scale per
 *             tensor, of which the maximum is found first; 3 with scales of blocks; 4.5 in FP4,
 *             which has both)
 *   prefill   floor + two floors of small kernels + FLOP as in kernel.h, of a causal half
 *             + 2 bytes / memory rate, for what prepares queries, keys and values
 *   decode    floor + bytes of keys and values / memory rate
 *   MLA       prefill the same without the last term; in decode both FLOP and bytes count, as all
 *             heads share one cache
 *   small     floor + bytes / rate of kernels that compute as they stream
 *   experts   floor + hypot( FLOP of the busiest rank / rate, bytes of touched weights / memory
 *             rate )
 *
 * and then, where the chip has a table of such kernels, times what the table says of kernels like
 * it: the ratio of measured to roofline, interpolated over the logarithms of the sizes by kriging
 * (base/kriging.h) within each column of the table, and linearly between columns. Beyond the sizes
 * of the table the ratio is that at its edge: a ratio goes on, a time does not.
 *
 * A shape that is in the table can be predicted without it: that is how well a shape is predicted
 * that nobody measured. */
#ifndef LL_MACHINE_TIMED_MODEL_H
#define LL_MACHINE_TIMED_MODEL_H

#include "sim/base/kriging.h"
#include "sim/machine/chip.h"
#include "sim/machine/timed.h"

/* One kind, precision and variant of a table. */
typedef struct ll_timed_group {
    ll_timed_kind kind;
    ll_timed_precision precision;
    const char *variant;
    int n_column;
    const double *column; /* [n_column] log2 of the first size, ascending */
    double *low, *high;   /* [dimensions] of the other sizes, log2 */
    ll_kriging ratio;     /* of ln( measured / roofline ) over log2 of the other sizes */
    double *scratch;      /* [n_point] */
} ll_timed_group;

typedef struct ll_kernel_tables {
    int n;
    const ll_timed_group *group; /* [n], arena */
} ll_kernel_tables;

/* Whether a table's word for a chip means this one: letter case and signs do not matter; NULL does.
 */
bool ll_timed_is_chip(const ll_chip *chip, const char *word);

/* The ll_precision whose peak counts. */
int ll_timed_width(ll_timed_precision precision);

/* Of a gemm: the floor, and the quantisation of its input. */
double ll_timed_extra_s(const ll_chip *chip, const ll_timed *t);

/* Whether kernels of its kind and precision have a roofline. */
bool ll_timed_has_model(const ll_timed *t);

/* By the roofline; 0 if there is no model of it, or the chip has no such peak. Pure. */
double ll_timed_roofline_s(const ll_chip *chip, const ll_timed *t);

/* Of rows of this chip, measured; those of no model are left out. without: shapes can be predicted
 * without themselves. Not collective. */
void ll_kernel_tables_make(const ll_chip *chip, int n, const ll_timed *const *row, bool without,
                           ll_arena *mem, ll_kernel_tables *out);

/* By roofline and table. known (may be NULL): the table has this shape, and the prediction is
 * without it. Not thread-safe. */
double ll_timed_predict_s(const ll_chip *chip, const ll_kernel_tables *tables, const ll_timed *t,
                          bool *known);

#endif
