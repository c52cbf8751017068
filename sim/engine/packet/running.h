/* A run of packets while it goes on (run.c), and its end (finish.c). */
#ifndef LL_SIM_ENGINE_PACKET_RUNNING_H
#define LL_SIM_ENGINE_PACKET_RUNNING_H

#include "sim/engine/packet/exchange.h"
#include "sim/engine/packet/recover.h"
#include "sim/engine/packet/release.h"
#include "sim/engine/packet/run.h"
#include "sim/engine/packet/times.h"

/* A packet that waits for a credit of a link; in a list per virtual lane, first come first served.
 */
typedef struct ll_packet_waiter {
    uint32_t order, flow;
    uint32_t next; /* index into ll_packet_running.waiter, 0 for none */
} ll_packet_waiter;

typedef struct ll_packet_running {
    ll_packet_net *net;
    ll_packet_times *times; /* [n_kind][LL_N_SIZE] */
    ll_calendar cal;
    ll_exchange exchange;
    ll_arena *mem;
    ll_packet_profile *profile; /* NULL: not wanted */
    ll_packet_waiter *waiter;   /* [n_waiter] of [cap_waiter]; [0] is not used */
    uint32_t n_waiter, cap_waiter, spare_waiter;
    uint32_t rank;
    uint64_t n_landed;
    double n_expected;          /* packets that will land on this rank, about */
    ll_recovery *recovery;      /* NULL: links recover, or lose nothing */
    ll_packet_release *release; /* NULL: all flows start at 0 */
    ll_packet_result result;
} ll_packet_running;

/* Sets the error of a deadlock: n_left packets wait in a cycle, at which links. Returns LL_ERR_RUN.
 * Collective. */
ll_status ll_packet_circle(ll_packet_running *run, const ll_topology *topo, uint64_t n_left,
                           ll_error *err);

/* Fills the result of the run, the same on every rank. Collective. */
void ll_packet_finish(ll_packet_running *run, ll_packet_result *out);

#endif
