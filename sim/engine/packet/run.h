/* The windows of one phase: packets of a net (net.h) from the first to the last. */
#ifndef LL_SIM_ENGINE_PACKET_RUN_H
#define LL_SIM_ENGINE_PACKET_RUN_H

#include "sim/engine/packet/net.h"
#include "sim/engine/packet/profile.h"

typedef struct ll_packet_result {
    int64_t end_ps[LL_MAX_TRAFFIC]; /* [n_traffic] last byte landed */
    uint64_t n_packet_hop;          /* packets and acknowledgements served by links */
    int64_t n_window;               /* that were not empty */
    uint64_t hash;        /* of what every link has served and when; 0 if it was not asked for */
    double max_util_frac; /* of the busiest link, from the beginning until the last ack */
} ll_packet_result;

/* Runs all windows. Error LL_ERR_RUN, with the links, if packets deadlock. Fills *out with the same
 * on every rank. profile: of this rank, added to; NULL for none. Collective. */
ll_status ll_packet_run(const ll_topology *topo, ll_packet_net *net, ll_comm *comm, ll_arena *mem,
                        ll_packet_profile *profile, ll_packet_result *out, ll_error *err);

#endif
