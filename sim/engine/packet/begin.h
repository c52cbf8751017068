/* A run begins: links are idle, flows are cut into packets, and their first windows leave, at time
 * 0 or when they are released. */
#ifndef LL_SIM_ENGINE_PACKET_BEGIN_H
#define LL_SIM_ENGINE_PACKET_BEGIN_H

#include "sim/engine/packet/running.h"

/* Prepares a run with `part` of every flow's bytes: cuts them into packets and sets all links idle.
 * Error LL_ERR_RUN if a flow has too many packets. Not collective. */
ll_status ll_packet_net_reset(ll_packet_net *net, double part, ll_error *err);

/* Sends the first windows of the flows that start at 0, and adds what will land here. */
void ll_packet_begin(ll_packet_running *run);

/* The flow ends at end_ps, in a later window; all ranks are told before that. */
void ll_packet_flow_ends(ll_packet_running *run, const ll_packet_flow *flow);

/* Starts the flows that this window has released, by what ended here and elsewhere; before time
 * goes on. */
void ll_packet_begin_released(ll_packet_running *run);

#endif
