/* The fits of `lineloss calibrate`, one function each. Collective; they print on rank 0. */
#ifndef LL_COMMAND_CALIBRATE_H
#define LL_COMMAND_CALIBRATE_H

#include "sim/command/command.h"

ll_status ll_calibrate_collectives(const ll_options *opt, ll_comm *comm, ll_arena *mem,
                                   ll_error *err);
ll_status ll_calibrate_kappa(const ll_options *opt, ll_comm *comm, ll_arena *mem, ll_error *err);

ll_status ll_calibrate_gemm(const ll_options *opt, ll_comm *comm, ll_arena *mem, ll_error *err);

#endif
