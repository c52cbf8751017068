/* Time and memory that a command took, in a file of their own because they differ from run to run.
 * */
#ifndef LL_PRINT_TIMING_H
#define LL_PRINT_TIMING_H

#include "sim/base/text.h"
#include "sim/comm/comm.h"
#include "sim/print/table.h"

/* When a command began. */
typedef struct ll_timing {
    double start_s; /* monotonic clock */
    char date[32];  /* UTC, ISO 8601 */
} ll_timing;

void ll_timing_start(ll_timing *t);

/* As a JSON object. Collective. */
void ll_timing_report(const ll_timing *t, ll_comm *comm, ll_text *out);

/* The fields of that JSON, as ll_fields_list_add. */
void ll_timing_fields_add(const char *prefix, ll_table *t);

#endif
