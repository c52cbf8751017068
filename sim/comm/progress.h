/* Progress of long work: one line on standard error, rewritten in place.
 *
 *   pricing phases   12/40   3.1 s, about 7 s left
 *
 * It appears on rank 0 only, and only if standard error is a terminal; with LL_SHOW_NEVER not even
 * there, with LL_SHOW_ALWAYS without a terminal too (whole lines, at most one in 10 s).
 * Phases shorter than a quarter of a second show nothing.
 *
 *   ll_progress p;
 *   ll_progress_begin(&p, comm, "pricing phases", n_phase);
 *   for (...) { ...; ll_progress_step(&p, 1); }
 *   ll_progress_end(&p);
 */
#ifndef LL_COMM_PROGRESS_H
#define LL_COMM_PROGRESS_H

#include "sim/comm/comm.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct ll_progress {
    const char *name; /* borrowed */
    int64_t total;    /* 0: not known, only what is done is shown */
    int64_t done;
    double start_s, shown_s;  /* monotonic clock; when the line was last written */
    bool on, terminal, dirty; /* dirty: there is a line to erase */
} ll_progress;

/* Not collective; ranks other than 0 do nothing. */
void ll_progress_begin(ll_progress *p, const ll_comm *comm, const char *name, int64_t total);
void ll_progress_step(ll_progress *p, int64_t n); /* n more units are done */
void ll_progress_end(ll_progress *p);             /* erases the line */

double ll_progress_clock_s(void); /* monotonic wall clock, in seconds */

#endif
