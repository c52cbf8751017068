/* The kernels of a study's layer, forward and backward, and what bounds each. */
#ifndef LL_REPORT_KERNELS_H
#define LL_REPORT_KERNELS_H

#include "sim/print/table.h"
#include "sim/work/study.h"

/* A row for each kernel of a layer of the first chunk: what it is, its shape, time and share, and
 * what bounds it: the largest of the time that its FLOP take at the rate of the kernel (compute),
 * that its bytes take (memory), and its launch with the fill of its tiles (latency). Collective. */
ll_status ll_kernels_table(const ll_study *study, ll_arena *mem, ll_table **out, ll_error *err);

#endif
