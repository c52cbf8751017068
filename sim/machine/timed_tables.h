/* What tables of timed kernels (timed.h) say of kernels like those that they have.
 *
 * A kernel takes its roofline (timed_model.h) times a ratio: that of measured to roofline,
 * interpolated over the logarithms of the sizes by kriging (base/kriging.h) within each column of
 * the table, and linearly between columns. Beyond the sizes of the table the ratio is that at its
 * edge: a ratio goes on, a time does not. Where the chip has no table of a kind, the ratio is 1.
 *
 * Attention whose number of heads no row has is like that of the same heads per head of keys with
 * another batch, so that batch x heads is the same: each head of keys of each sequence is a block
 * of work of its own.
 *
 * The ratios of a shape are found once and remembered, in all columns of its first size, so that
 * the same layer with other tokens or another context costs a roofline and an interpolation. The
 * memory is of fixed size; what it forgets is found again, with the same result.
 *
 * A shape that is in the table can be predicted without it: that is how well a shape is predicted
 * that nobody measured. */
#ifndef LL_MACHINE_TIMED_TABLES_H
#define LL_MACHINE_TIMED_TABLES_H

#include "sim/base/kriging.h"
#include "sim/machine/timed_model.h"

/* One kind, precision and variant of a table. */
typedef struct ll_timed_group {
    ll_timed_kind kind;
    ll_timed_precision precision;
    const char *variant;
    int n_column;
    const double *column; /* [n_column] log2 of the first size, ascending */
    double *low, *high;   /* [dimensions] of the other sizes, log2 */
    ll_kriging ratio;     /* of ln( measured / roofline ) over log2 of the other sizes */
    double *scratch;      /* [n_point + n_column] */
} ll_timed_group;

struct ll_timed_memory;

typedef struct ll_kernel_tables {
    int n;
    const ll_timed_group *group;    /* [n], arena */
    struct ll_timed_memory *memory; /* of ratios; NULL: nothing is remembered */
    const ll_chip *as;              /* the chip that was measured, by ll_kernel_tables_load */
} ll_kernel_tables;

/* Of rows of this chip, measured; those of no model are left out. without: shapes can be predicted
 * without themselves. Not collective. */
void ll_kernel_tables_make(const ll_chip *chip, int n, const ll_timed *const *row, bool without,
                           ll_arena *mem, ll_kernel_tables *out);

/* The rows of the tables that the chip brings (ll_chip.table), parsed. row: [n]. Errors: those of
 * ll_timed_parse. */
ll_status ll_kernel_tables_rows(const ll_chip *chip, ll_arena *mem, const ll_timed ***row, int *n,
                                ll_error *err);

/* Set chip->tables to the tables of the chip that was read from the group at `path`, for kernels
 * as engines of inference run them (served.h); of a chip without tables they are empty. Ratios are
 * those to the rooflines of the chip as its files have it: a figure that --set or a variant changes
 * then changes the times of kernels, though they were measured. If chip->tables is not NULL, these
 * are tables of an earlier reading, which are kept if they are the same. Not collective. */
ll_status ll_kernel_tables_load(ll_config *cfg, const char *path, ll_chip *chip, ll_arena *mem,
                                ll_error *err);

/* Whether there are rows of its kind, precision and variant, or of a variant like it. */
bool ll_kernel_tables_have(const ll_kernel_tables *tables, const ll_timed *t);

/* By roofline and table. known (may be NULL): the table has this shape, and the prediction is
 * without it. Not thread-safe. */
double ll_timed_predict_s(const ll_chip *chip, const ll_kernel_tables *tables, const ll_timed *t,
                          bool *known);

#endif
