/* End-to-end recovery in a run: what recover.h decides becomes timers in the calendar and packets
 * on links. */
#ifndef LL_SIM_ENGINE_PACKET_RETRANSMIT_H
#define LL_SIM_ENGINE_PACKET_RETRANSMIT_H

#include "sim/engine/packet/running.h"

/* The flow's first packets leave at `ps`: sets the timers of the streams whose answers come to this
 * rank. */
void ll_retransmit_begin(ll_packet_running *run, const ll_packet_flow *flow, uint32_t id,
                         int64_t ps);

/* A packet is at its destination at `ps`, whole. */
void ll_retransmit_arrive(ll_packet_running *run, ll_packet_flow *flow, const ll_packet_hop *hop,
                          const ll_event *e, int64_t ps);

/* An answer is at the source at `ps`: what is missing goes again, then new packets. */
void ll_retransmit_answered(ll_packet_running *run, ll_packet_flow *flow, const ll_event *e,
                            int64_t ps);

/* The timer of a stream expires: what is missing is sent again if its deadline is over. */
void ll_retransmit_expire(ll_packet_running *run, const ll_event *e);

#endif
