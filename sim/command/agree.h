/* Ranks that were started otherwise than rank 0 would compute something else, or wait for ever:
 * this is asked first.
 *
 * Compared are the version of the program, the arguments, and those variables of the environment
 * that change a result. The working folder may differ: rank 0 alone reads and writes files.
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
