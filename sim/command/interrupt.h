/* A run that is stopped from outside: Ctrl-C, `kill`, the end of a batch job's time.
 *
 * Nothing half-written stays behind, and standard error says what there is instead of a result.
 * Then the signal does what it does by default, so that a single process ends with 128 and its
 * number: 130 for SIGINT, 143 for SIGTERM. mpirun, which gets the signal itself, has exit codes of
 * its own (Open MPI: 1). */
#ifndef LL_COMMAND_INTERRUPT_H
#define LL_COMMAND_INTERRUPT_H

#include <stdbool.h>

/* From now on. dir: where results go, borrowed for ever; NULL: to standard output alone. is_told:
 * whether this process, rank 0, says so. Not collective. */
void ll_interrupt_expect(const char *dir, bool is_told);

#endif
