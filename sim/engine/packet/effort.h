/* Estimated effort of a phase, for the progress line, in packets and acknowledgements served by
 * links. */
#ifndef LL_SIM_ENGINE_PACKET_EFFORT_H
#define LL_SIM_ENGINE_PACKET_EFFORT_H

#include "sim/engine/packet/net.h"

typedef struct ll_packet_effort {
    double set_up; /* setting up flows */
    double run;    /* the longest run */
    double all;    /* set_up, and all runs */
} ll_packet_effort;

/* Estimated from the sizes of all flows, and the route and window of one flow of each traffic.
 * Pure. */
ll_packet_effort ll_packet_effort_of(const ll_topology *topo, const ll_wire *wire,
                                     const ll_packet_param *param, const ll_phase *phase);

/* Packets of the largest flow in the longest run: packets_per_flow or 8 windows, whichever is more,
 * rounded up to whole windows in each quarter; at most all. most_packets, most_window: the largest
 * of any flow, in packets. */
double ll_packet_kept(const ll_packet_param *param, double most_packets, double most_window);

#endif
