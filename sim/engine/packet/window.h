/* How many packets of how many bytes a flow keeps in flight; the rule is in
 * sim/engine/packet/packet.c. */
#ifndef LL_SIM_ENGINE_PACKET_WINDOW_H
#define LL_SIM_ENGINE_PACKET_WINDOW_H

#include "sim/engine/packet/net.h"

/* Sets flow->window and flow->packet_B; returns the latency of its longest path. The flow's hops
 * have their links' numbers among all in use. kind: of the hops; share: [n_link_all] flows of the
 * same source on each link. */
double ll_packet_window_set(const ll_wire *wire, const ll_packet_param *param,
                            const ll_packet_kind *kind, const double *share, ll_packet_flow *flow);

#endif
