/* `net --traffic FILE` and `net --pattern P`: when do flows end? */
#ifndef LL_COMMAND_NET_FLOWS_H
#define LL_COMMAND_NET_FLOWS_H

#include "sim/command/options.h"
#include "sim/work/study.h"

/* Prices the flows by the study's engine, and by those beside it; prints and writes the result.
 * Errors: LL_ERR_CONFIG, or those of the engines. Collective. */
ll_status ll_net_flows_run(const ll_options *opt, const ll_study *study, ll_comm *comm,
                           ll_arena *mem, ll_error *err);

#endif
