/* What a command took: in a file apart, because it differs from run to run. */
#ifndef LL_PRINT_TIMING_H
#define LL_PRINT_TIMING_H

#include "sim/base/text.h"
#include "sim/comm/comm.h"

/* When a command began. */
typedef struct ll_timing {
    double start_s; /* monotonic clock */
    char date[32];  /* UTC, ISO 8601 */
} ll_timing;

void ll_timing_start(ll_timing *t);

/* JSON: wall_s, cpu_s (all ranks, since their start), peak_memory_B (largest rank, and sum), ranks,
 * host of rank 0, date. Collective. */
void ll_timing_report(const ll_timing *t, ll_comm *comm, ll_text *out);

#endif
