/* Signals that stop a run: Ctrl-C, `kill`, the time limit of a batch job.
 *
 * The handler removes incomplete files, and reports on standard error which files were written.
 * Then the signal has its default effect, so that a single process ends with exit code 128 plus its
 * number: 130 for SIGINT, 143 for SIGTERM. mpirun, which gets the signal itself, has exit codes of
 * its own (Open MPI: 1). */
#ifndef LL_COMMAND_INTERRUPT_H
#define LL_COMMAND_INTERRUPT_H

#include <stdbool.h>

/* Install the handlers. dir: where results go, borrowed for ever; NULL: to standard output only.
 * is_told: whether this process reports, as rank 0 does. Not collective. */
void ll_interrupt_expect(const char *dir, bool is_told);

#endif
