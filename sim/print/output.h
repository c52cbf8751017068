/* Result files: whole, or not there.
 *
 * A file is written beside its place under a hidden name and renamed when it is complete, so that a
 * reader never sees half of one, and a run that is stopped leaves the file of the run before it.
 */
#ifndef LL_PRINT_OUTPUT_H
#define LL_PRINT_OUTPUT_H

#include "sim/base/status.h"
#include "sim/base/text.h"
#include "sim/comm/comm.h"

/* Make `dir` (and its parents) if it is missing, and see that files can be written there: call it
 * before long work. Collective. */
ll_status ll_output_prepare(const char *dir, ll_comm *comm, ll_error *err);

/* Rank 0 writes `text` to dir/name. Collective. */
ll_status ll_output_write(const char *dir, const char *name, const ll_text *text, ll_comm *comm,
                          ll_error *err);

/* `name` as a file name: letters, digits, '.', '_', '-' stay, the rest becomes '_'. In mem. */
const char *ll_output_file_name(const char *name, const char *suffix, ll_arena *mem);

/* Remove the file that is being written, if any. For signal handlers: async-signal-safe. */
void ll_output_abandon(void);

/* When a command began; what it took goes to a file apart, because it differs from run to run. */
typedef struct ll_timing {
    double start_s; /* monotonic clock */
    char date[32];  /* UTC, ISO 8601 */
} ll_timing;

void ll_timing_start(ll_timing *t);

/* JSON: wall_s, cpu_s (all ranks, since their start), peak_memory_B (largest rank, and sum), ranks,
 * host of rank 0, date. Collective. */
void ll_timing_report(const ll_timing *t, ll_comm *comm, ll_text *out);

#endif
