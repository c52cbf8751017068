/* `net --load A..B:STEP --pattern P`: an open loop by engine packet. */
#ifndef LL_COMMAND_NET_LOAD_H
#define LL_COMMAND_NET_LOAD_H

#include "sim/command/options.h"
#include "sim/work/study.h"

/* Runs each load, finds where the network saturates, prints and writes the result. Errors:
 * LL_ERR_CONFIG, or those of the engine. Collective. */
ll_status ll_net_load_run(const ll_options *opt, const ll_study *study, ll_comm *comm,
                          ll_arena *mem, ll_error *err);

#endif
