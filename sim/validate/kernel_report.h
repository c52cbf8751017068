/* Measured kernels beside their predictions. */
#ifndef LL_VALIDATE_KERNEL_REPORT_H
#define LL_VALIDATE_KERNEL_REPORT_H

#include "sim/machine/timed_tables.h"
#include "sim/print/table.h"

typedef struct ll_kernel_row {
    const ll_timed *kernel; /* borrowed */
    double predicted_s;
    bool without; /* the chip's own table has this shape; it was predicted without it */
} ll_kernel_row;

typedef struct ll_kernel_report {
    const char *chip, *form;
    int n;
    ll_kernel_row *row;      /* [n] kernels of the chip that have a model */
    int n_other_chip;        /* rows passed over */
    const char *other_chips; /* their names, for people; "" */
    int n_no_peak;           /* of precisions in which the chip cannot multiply */
    int n_no_model[LL_N_TIMED];
} ll_kernel_report;

/* Predictions of a table's kernels. A row is of the chip if the table names no chip, or its name or
 * one of measured_as. Everything borrows from `table`; lives in mem. Not collective. */
void ll_kernel_predict(const ll_chip *chip, const ll_kernel_tables *own,
                       const ll_timed_table *table, ll_arena *mem, ll_kernel_report *out);

/* Errors of kernels of one kind, precision, routing and size; predicted over measured, minus 1. */
typedef struct ll_kernel_class {
    const char *kind, *precision;
    const char *routing; /* of experts: "balanced" or "skewed"; "" */
    const char *size;
    int n;
    double median_abs_err, p90_abs_err, bias; /* bias: the median with its sign */
} ll_kernel_class;

/* Classes of the measured kernels: all, those of 20 us and more, and by length; returns how many.
 * */
int ll_kernel_classes(const ll_kernel_report *report, ll_arena *mem, const ll_kernel_class **out);

ll_table *ll_kernel_rows_table(const ll_kernel_report *report, ll_arena *mem);
ll_table *ll_kernel_classes_table(const ll_kernel_report *report, ll_arena *mem);
void ll_kernel_json(const ll_kernel_report *report, ll_arena *mem, ll_text *out);

/* Sentences on how many rows were passed over, and why. */
void ll_kernel_notes(const ll_kernel_report *report, ll_text *out);

#endif
