/* Checks first of all that every rank was started as rank 0 was: otherwise ranks would compute
 * different results, or wait for each other for ever.
 *
 * Compared are the version of the program, the arguments, and the environment variables that change
 * a result. The working directories may differ: only rank 0 reads and writes files.
 */
#ifndef LL_COMMAND_AGREE_H
#define LL_COMMAND_AGREE_H

#include "sim/base/status.h"
#include "sim/comm/comm.h"

/* LL_ERR_CONFIG on every rank if one differs from rank 0; the message names the first difference
 * on the lowest such rank. Collective. */
ll_status ll_agree_on_start(int argc, char *const *argv, ll_comm *comm, ll_arena *mem,
                            ll_error *err);

#endif
