/* Before the first packet of a run leaves. */
#ifndef LL_SIM_ENGINE_PACKET_BEGIN_H
#define LL_SIM_ENGINE_PACKET_BEGIN_H

#include "sim/engine/packet/net.h"

/* Prepares a run with `part` of every flow's bytes: cuts them into packets and sets all links idle.
 * Error LL_ERR_RUN if a flow has too many packets. Not collective. */
ll_status ll_packet_net_reset(ll_packet_net *net, double part, ll_error *err);

#endif
