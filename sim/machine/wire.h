/* The wire: packets, and how many of them a flow keeps in flight (its window). All engines follow
 * the same rule.
 *
 * A packet leaves while fewer bytes than the window are in flight, so that the window is a whole
 * number of packets, and a packet is never cut to fit. (Adapters count packets in flight too: the
 * cap of IRN is its bandwidth-delay product over the MTU, Mittal et al., SIGCOMM 2018.) With
 * window_bdp = w the window is w times the bandwidth-delay product of the sender's share of its
 * narrowest link: W = w * c/k * tau, c/k is the minimum over the links of the path of capacity /
 * number of flows of this source on the link in the phase. The window is at least window_packets
 * packets. tau is the zero-load round trip: twice the one-way latency, and the time of a packet
 * from its first to its last byte, on one lane of the slowest link. (An acknowledgement is so short
 * that its own time is left out.) A flow that is alone on its path has the rate min(W / tau, c),
 * and its last byte arrives one one-way latency after it was sent.
 *
 * A flow that is spread over several paths has one window for all of them: tau is then the mean
 * over the paths, weighted by what each carries, and the last byte arrives over the longest. */
#ifndef LL_MACHINE_WIRE_H
#define LL_MACHINE_WIRE_H

#include "sim/config/config.h"

typedef struct ll_wire {
    double packet_B; /* packet size: the unit that a link serves */
    double kappa;    /* burstiness in the throughput equations: 0.5 is M/D/1 */
    /* window in bandwidth-delay products of the sender's share; 0: use window_B */
    double window_bdp;
    double window_B;
    double window_packets; /* smallest window with window_bdp */
} ll_wire;

extern const ll_key ll_wire_keys[];

/* Read the group "cluster.wire". Errors (LL_ERR_CONFIG) are added to err. Not collective. */
ll_status ll_wire_read(ll_config *cfg, ll_wire *out, ll_error *err);

/* Packets that a flow keeps in flight, at least 1. share_Bps: c/k; trip_s: tau. Not collective. */
double ll_wire_window_packets(const ll_wire *wire, double share_Bps, double trip_s);

#endif
