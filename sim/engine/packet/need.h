/* Memory check: whether a phase fits into the memory of the machine, before any is allocated. */
#ifndef LL_SIM_ENGINE_PACKET_NEED_H
#define LL_SIM_ENGINE_PACKET_NEED_H

#include "sim/engine/packet/net.h"

/* Bytes that the ranks on this machine need together for the flows of a phase and the packets that
 * they keep in flight, from the routes of up to 1024 flows spread evenly over each traffic.
 * *n_flow: how many there are. Not collective. */
double ll_packet_need_B(const ll_problem *problem, const ll_phase *phase,
                        const ll_packet_param *param, const ll_packet_place *place, double *n_flow);

/* Error LL_ERR_RUN if that is more than param->memory_B. Not collective. */
ll_status ll_packet_need_check(const ll_problem *problem, const ll_phase *phase,
                               const ll_packet_param *param, const ll_packet_place *place,
                               ll_error *err);

#endif
