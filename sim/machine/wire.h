/* The wire: packets, and how many bytes a flow keeps in flight (its window).
 *
 * A flow keeps at most `window` bytes in flight. With window_bdp = w the window is w times the
 * bandwidth-delay product of the sender's share of its narrowest link: W = w * c/k * tau, c/k the
 * smallest over the path of capacity divided by the number of this source's flows of the phase on
 * that link, but at least window_packets packets. tau is the zero-load round trip: twice the
 * one-way latency. A flow that is alone moves min(W / tau, c) bytes per second, and its last byte
 * lands one one-way latency after it left. */
#ifndef LL_MACHINE_WIRE_H
#define LL_MACHINE_WIRE_H

#include "sim/config/config.h"

typedef struct ll_wire {
    double packet_B; /* service unit of a link */
    double kappa;    /* burstiness in the throughput equations: 0.5 is M/D/1 */
    /* window over the bandwidth-delay product of the sender's share; 0: use window_B */
    double window_bdp;
    double window_B;
    double window_packets; /* with window_bdp: but at least so many packets */
} ll_wire;

extern const ll_key ll_wire_keys[];

/* The group "cluster.wire". Not collective. */
ll_status ll_wire_read(ll_config *cfg, ll_wire *out, ll_error *err);

#endif
