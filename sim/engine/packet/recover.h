/* End-to-end recovery: a link drops a damaged packet, and its source retransmits it.
 *
 * A *stream* is what a flow sends over one of its paths, numbered 0, 1, 2, ...: packet k * n_path +
 * path of the flow is number k. A path keeps order, so a gap in a stream is a loss, never a detour;
 * a flow that is sprayed over several paths is several streams under one window, as one connection
 * over several queue pairs (in one stream over several paths, go-back-n would take every reordering
 * for a loss).
 *
 * Receiver, of the packet that it expects next in the stream, e:
 *   e arrives         it is taken, and acknowledged with all before it ("up to k")
 *   before e          a duplicate: "up to e - 1" again
 *   after e, k        selective: it is kept, and the answer says "k, and a gap before it";
 *                     go_back_n: it is dropped; the first one after e is answered by "e is
 *                     missing", the others not at all until e has come
 * Source:
 *   "up to k"         room for as many new packets as were not acknowledged before
 *   "k, and a gap"    what is missing before k is sent again, each packet once
 *   "e is missing"    all from e on is sent again
 *   timeout           when the oldest has not been acknowledged for so long (since it was the
 *                     oldest, or the stream has sent something again), all that is missing is sent
 *                     again. Timers are looked at when a window of time begins, and what they send
 *                     leaves with the next.
 *
 * Answers that come over different links in one window of time may be looked at in another order
 * than that in which they come; a packet that would so leave before one with a lower number in its
 * stream waits for it.
 *
 * A flow has at most its window in flight: all that was sent, less all that is acknowledged without
 * a gap. The answers are packets of their own, and may be lost; a later "up to k" makes up for it.
 *
 * go_back_n is what RoCE v2 adapters do (InfiniBand Architecture Specification, vol. 1, 9.7.5.2.8,
 * one NAK per gap); selective, with the same rule for the window, is IRN (Mittal et al.,
 * "Revisiting network support for RDMA", SIGCOMM 2018), whose timeout of 320 us is the default.
 * Adapters are set to much longer ones: 4.096 us times 2^14 = 67 ms is common. Nothing here reacts
 * to congestion but the window. */
#ifndef LL_SIM_ENGINE_PACKET_RECOVER_H
#define LL_SIM_ENGINE_PACKET_RECOVER_H

#include "sim/engine/packet/net.h"

typedef struct ll_stream {
    uint32_t flow, path;
    uint32_t slots; /* bits of `acked` and `got`: a power of two */
    /* Source. */
    uint32_t oldest; /* first one that is not acknowledged */
    uint32_t again;  /* selective: below it, what is missing was sent again */
    uint32_t n_done; /* path 0: acknowledged without a gap, of all streams of the flow */
    bool armed;      /* there is a timer in the calendar */
    int64_t deadline_ps;
    int64_t sent_ps; /* when its last packet left, or will: the next one does not leave before */
    uint64_t *acked; /* [slots / 64], by number modulo slots */
    /* Receiver. */
    bool asked; /* go_back_n: it has said what is missing */
    uint32_t expected;
    uint64_t *got; /* [slots / 64] */
} ll_stream;

typedef struct ll_recovery {
    ll_stream *stream; /* [n_stream] path by path, flow by flow */
    uint32_t *first;   /* [n_unit] by the flow's place in the store: its first stream */
} ll_recovery;

/* What the source has to retransmit: those of first .. end-1 that are missing. */
typedef struct ll_resend {
    uint32_t first, end;
} ll_resend;

/* Streams of all flows, before anything is sent. */
ll_recovery *ll_recovery_create(const ll_packet_net *net, ll_arena *mem);

/* Number `k` arrives. *fresh: it is taken for the first time. *answer: what goes back, sequence
 * number << LL_PACKET_HOP_BITS, with LL_PACKET_GAP or without. False: there is no answer. */
bool ll_stream_arrive(const ll_packet_net *net, ll_stream *s, uint32_t k, bool *fresh,
                      uint32_t *answer);

/* The answer reaches the source at `ps`. Returns what to retransmit. */
ll_resend ll_stream_answered(const ll_packet_net *net, ll_recovery *r, ll_stream *s,
                             uint32_t answer, int64_t ps);

/* The timer has expired at `ps`. Returns what to retransmit. */
ll_resend ll_stream_expired(const ll_packet_net *net, ll_stream *s, int64_t ps);

bool ll_stream_missing(const ll_stream *s, uint32_t k); /* not acknowledged; k >= oldest */

static inline ll_stream *ll_stream_of(const ll_recovery *r, const ll_packet_flow *flow,
                                      uint32_t flow_id, uint32_t seq)
{
    return &r->stream[r->first[flow_id] + (flow->n_path == 1 ? 0 : seq % flow->n_path)];
}

/* Packets of the stream among the first n of its flow. */
static inline uint32_t ll_stream_length(const ll_packet_flow *flow, uint32_t path, uint32_t n)
{
    return n > path ? (n - path - 1) / flow->n_path + 1 : 0;
}

static inline uint32_t ll_stream_seq(const ll_packet_flow *flow, const ll_stream *s, uint32_t k)
{
    return k * flow->n_path + s->path;
}

#endif
