/* About how long a phase takes, for its progress: in packets and acknowledgements that a link
 * serves. */
#ifndef LL_SIM_ENGINE_PACKET_EFFORT_H
#define LL_SIM_ENGINE_PACKET_EFFORT_H

#include "sim/engine/packet/net.h"

typedef struct ll_packet_effort {
    double set_up; /* flows are written out */
    double run;    /* of the longest run */
    double all;    /* set_up, and all runs */
} ll_packet_effort;

/* From the sizes of all flows, and the way and the window of one of each traffic. */
ll_packet_effort ll_packet_effort_of(const ll_topology *topo, const ll_wire *wire,
                                     const ll_packet_param *param, const ll_phase *phase);

/* Packets of the largest flow in the longest run: packets_per_flow of them or 8 windows, made up to
 * whole windows in each quarter; all of them if they are fewer. window: of any flow, the largest */
double ll_packet_kept(const ll_packet_param *param, double most_packets, double most_window);

#endif
