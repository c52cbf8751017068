/* The kernels of a study's layer, forward and backward, and what bounds each. */
#ifndef LL_REPORT_KERNELS_H
#define LL_REPORT_KERNELS_H

#include "sim/print/table.h"
#include "sim/report/plot.h"
#include "sim/work/study.h"

/* compute: its FLOP at the rate of the kernel take the longest; memory: its bytes do; latency: its
 * launch does, with the fill of its tiles. */
typedef enum ll_bound { LL_BOUND_COMPUTE, LL_BOUND_MEMORY, LL_BOUND_LATENCY, LL_N_BOUND } ll_bound;

extern const char *const ll_bound_names[]; /* [LL_N_BOUND] */

typedef struct ll_layer_kernel {
    const ll_kernel *kernel;
    bool backward;
    double time_s;      /* with its launch */
    double share_frac;  /* of its pass */
    double flop, bytes; /* flop: 0 of kernels that stream; bytes: each operand once */
    ll_bound bound;
} ll_layer_kernel;

typedef struct ll_layer_kernels {
    const ll_study *study;
    int n;
    const ll_layer_kernel *kernel; /* [n]: forward, then backward; arena */
} ll_layer_kernels;

/* Those of a layer of the first chunk. Error (LL_ERR_CONFIG): the workload has no layers.
 * Collective. */
ll_status ll_layer_kernels_find(const ll_study *study, ll_arena *mem, ll_layer_kernels *out,
                                ll_error *err);

/* A row for each kernel: what it is, its shape, time, share, rates, and what bounds it. */
ll_table *ll_kernels_table(const ll_layer_kernels *list, ll_arena *mem);

/* The roofline of the chip (Williams et al. 2009): FLOP per second over FLOP per byte, both
 * logarithmic, with the peaks and the memory bandwidth as roofs and a mark for each kernel that has
 * FLOP; the others as a sentence. Not collective. */
void ll_draw_roofline(const ll_layer_kernels *list, ll_form form, ll_arena *mem, ll_figure *out);

#endif
