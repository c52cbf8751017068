/* Exchange between ranks: packets and credits for links of other ranks, and states of queues, as
 * one message per neighbour and window. Nothing that is sent is due before the next window (the
 * lookahead of conservative parallel simulation), so a rank works through a window without waiting.
 * As events are sorted by ids when they are due, it does not matter when, or from where, they came.
 *
 * The next window in which any rank has something to do is the least over all ranks of what is in
 * the calendar or the outboxes when the window is over, so it is known before anything is received:
 * every parcel is in one or the other. The first parcel of each message carries the sender's. If
 * everyone is everyone's neighbour that is all there is; else a reduction runs while the messages
 * travel.
 *
 * Not done: to sweep first the links whose packets leave, and the others while these travel. A flow
 * with several paths may have answers on several links in one window, and which lets which packet
 * leave depends on the order of the links, so there is one order. Nor would it pay where it could
 * be tried: in a random permutation every tile has links whose packets leave, and on two ranks the
 * exchange takes 5 %, waiting 2 to 6 %. */
#ifndef LL_SIM_ENGINE_PACKET_EXCHANGE_H
#define LL_SIM_ENGINE_PACKET_EXCHANGE_H

#include "sim/comm/comm.h"
#include "sim/engine/packet/calendar.h"
#include "sim/engine/packet/net.h"
#include "sim/engine/packet/profile.h"
#include "sim/engine/packet/release.h"

#include <stdbool.h>

typedef struct ll_outbox {
    ll_parcel *parcel; /* [n] of [cap] */
    int64_t n, cap;    /* [0] is the sender's next window */
} ll_outbox;

typedef struct ll_exchange {
    ll_comm *comm;
    ll_arena *mem;
    const ll_flow_index *index; /* flows of this rank by number; parcels carry numbers */
    uint64_t *queue;            /* adaptive: [n_queue] states of queues; else NULL */
    ll_packet_release *release; /* is told the ends of flows; NULL: no flow waits */
    ll_packet_profile *profile; /* NULL: not wanted */
    int n_neighbour;
    int *neighbour; /* [n_neighbour] ranks, ascending */
    ll_outbox *out; /* [size] */
    ll_outbox in;   /* work space */
    int64_t first;  /* earliest window in any outbox */
    bool complete;  /* every rank is a neighbour of every other */
    void *request;  /* [n_neighbour] of MPI_Request */
} ll_exchange;

/* net: gives the neighbours of this rank, which must be mutual. Collective. */
void ll_exchange_init(ll_exchange *x, const ll_packet_net *net, ll_packet_release *release,
                      ll_comm *comm, ll_packet_profile *profile, ll_arena *mem);

void ll_outbox_grow(ll_outbox *box, ll_arena *mem);

static inline void ll_exchange_put(ll_exchange *x, uint32_t rank, const ll_parcel *parcel)
{
    ll_outbox *box = &x->out[rank];
    if (box->n == box->cap) ll_outbox_grow(box, x->mem);
    box->parcel[box->n++] = *parcel;
    if (parcel->window < x->first) x->first = parcel->window;
}

/* News of a queue (watch.h): number `link` among all watched. Never due. */
static inline ll_parcel ll_queue_parcel(uint32_t link, uint64_t queue)
{
    return (ll_parcel){{.link = link,
                        .flow = LL_CALENDAR_QUEUE,
                        .order = (uint32_t)(queue >> 32),
                        .dt_ps = (uint32_t)queue},
                       INT64_MAX};
}

/* Exchanges the parcels of this window, and puts received ones into the calendar. Returns the next
 * window in which any rank has an event; INT64_MAX: none. Collective. */
int64_t ll_exchange_window(ll_exchange *x, ll_calendar *cal);

#endif
