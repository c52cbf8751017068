/* The state of a phase in the packet engine: flows with explicit routes, and links with their
 * queues. Built once per phase. A rank keeps the links that it owns, and the flows that cross them.
 *
 * A *flow* is a header of 48 bytes and the hops of each of its paths: the way of a data packet,
 * then the way of its acknowledgement back; it begins on a cache line. So a packet at hop h finds
 * the next and the previous hop in the neighbouring 8 bytes. Flows are numbered in ascending
 * source, release (sim/traffic/timing.h), traffic, peers counted on from the source; on a rank, by
 * their place in `store` (in units of 8 bytes), which is the same order. Parcels between ranks
 * carry the number, and ll_flow_index finds the place.
 *
 * Links are numbered per owning rank, in the order in which they are first crossed; book.h says who
 * owns a link.
 *
 * Paths. The packets of a flow with several paths
 *   spray      take them in turn, by sequence number
 *   hash       all take one of them, by a hash of source, destination and seed (ECMP)
 *   adaptive   look at two of them, the next in turn and another one by hash, and take the one
 *              with the shorter queue; see watch.h
 * With detours (ll_topology.detours) paths are adaptive, and a packet looks at a minimal path, in
 * turn, and at a detour by hash, each of them all along its way; see watch.h.
 * The acknowledgement comes back over the path of the same number. */
#ifndef LL_SIM_ENGINE_PACKET_NET_H
#define LL_SIM_ENGINE_PACKET_NET_H

#include "sim/comm/progress.h"
#include "sim/engine/engine.h"
#include "sim/engine/packet/fault.h"
#include "sim/traffic/timing.h"

typedef struct ll_packet_watch ll_packet_watch; /* watch.h */
typedef struct ll_injection ll_injection;       /* injection.h */

enum {
    LL_PACKET_LANES = 4,           /* most virtual lanes */
    LL_PACKET_HOP_BITS = 7,        /* hops there and back */
    LL_PACKET_MAX_HOP = 64,        /* one way */
    LL_PACKET_SEQ_MAX = 1 << 24,   /* most packets of one flow */
    LL_PACKET_KINDS = 1 << 12,     /* most kinds of links in one phase */
    LL_PACKET_RANKS = 1 << 13,     /* ranks */
    LL_PACKET_DELTA_MAX = 1 << 30, /* picoseconds: offsets in a window have 32 bits */
    LL_PACKET_Q = 20               /* fraction bits of a service time per byte */
};

#define LL_PACKET_GAP (1u << 31) /* in the order of an answer: see recover.h */

typedef enum ll_packet_hash { LL_HASH_OFF, LL_HASH_END, LL_HASH_WINDOWS } ll_packet_hash;

typedef enum ll_packet_paths { LL_PATHS_SPRAY, LL_PATHS_HASH, LL_PATHS_ADAPTIVE } ll_packet_paths;

typedef struct ll_packet_param {
    double ack_B;
    int64_t buffer_packets, virtual_lanes, packets_per_flow;
    double memory_B; /* limit for all ranks of a machine; 0: 4/5 of its memory */
    int paths;       /* ll_packet_paths */
    int switching;   /* index into: cut_through, store_forward */
    int state_hash;  /* ll_packet_hash */
    double loss_frac;
    int overflow;       /* index into: credits, drop */
    int recovery;       /* index into: link, end_to_end */
    int retransmission; /* index into: selective, go_back_n */
    double timeout_s;   /* end_to_end */
    int64_t seed;
} ll_packet_param;

/* A kind of equal links. Time of n bytes: ceil(n q / 2^20) picoseconds. */
typedef struct ll_packet_kind {
    int64_t latency_ps;
    uint64_t wire_q; /* one lane: from first to last byte of a packet */
    uint64_t slot_q; /* all lanes: until the next packet may start */
    int32_t buffer;  /* packets that each virtual lane buffers at the far end; 0: no limit */
    double cap_Bps, latency_s;
} ll_packet_kind;

enum { /* ll_packet_hop.meta: kind, owner, and below them */
       LL_HOP_VL_SHIFT = 5,
       LL_HOP_KIND_SHIFT = 7,
       LL_HOP_OWNER_SHIFT = 19,
       /* data: last hop before the destination; the next hop is the ack's first */
       LL_HOP_LANDS = 1,
       LL_HOP_RETURNS = 2, /* ack: last hop before the source */
       LL_HOP_TAKES = 4,   /* needs a credit of this link */
       LL_HOP_FREES = 8,   /* frees a buffer behind the previous hop */
       LL_HOP_ACK = 16     /* acknowledgement; else data */
};

typedef struct ll_packet_hop {
    uint32_t link; /* among the links of its owner */
    uint32_t meta;
} ll_packet_hop;

static inline uint32_t ll_hop_owner(ll_packet_hop h) { return h.meta >> LL_HOP_OWNER_SHIFT; }
static inline uint32_t ll_hop_vl(ll_packet_hop h)
{
    return h.meta >> LL_HOP_VL_SHIFT & (LL_PACKET_LANES - 1);
}
static inline uint32_t ll_hop_kind(ll_packet_hop h)
{
    return h.meta >> LL_HOP_KIND_SHIFT & (LL_PACKET_KINDS - 1);
}

typedef struct ll_packet_flow {
    uint64_t size_B;           /* of the whole flow, rounded up */
    int64_t end_ps;            /* on the destination's rank: arrival of its last packet so far */
    uint32_t id;               /* number among the flows of all ranks */
    uint32_t n_packet;         /* in the current run */
    uint32_t packet_B, last_B; /* of every packet, and of the last one */
    uint32_t window;           /* most packets in flight */
    uint32_t next;             /* the source's rank: sequence number of the next packet to leave */
    uint16_t n_path;
    uint16_t n_minimal; /* the first of them; the others are detours that queues decide on */
    uint8_t n_hop;      /* kept for each path */
    uint8_t tag;  /* traffic << 4 | destination mod 12, which spreads evenly over 1 to 4 lanes */
    uint8_t part; /* first hop at which the paths diverge; n_hop: never */
    uint8_t home : 1;    /* 1: it starts at a chip of this rank */
    uint8_t size : 4;    /* column of packet_B in the times of a run: times.h */
    ll_packet_hop hop[]; /* [n_path][n_hop] */
} ll_packet_flow;

/* Finds the place of a kept flow by its number. */
typedef struct ll_flow_index {
    uint64_t *bit;    /* [n_flow / 64 + 1] set: the flow is kept */
    uint32_t *before; /* [n_flow / 64 + 1] flows kept below the word */
    uint32_t *place;  /* [flows kept] in the store */
} ll_flow_index;

static inline uint32_t ll_flow_place(const ll_flow_index *index, uint32_t id)
{
    const uint64_t below = index->bit[id / 64] & (((uint64_t)1 << id % 64) - 1);
    return index->place[index->before[id / 64] + (uint32_t)__builtin_popcountll(below)];
}

/* State of a link: one cache line. */
typedef struct ll_packet_link {
    int64_t free_ps; /* when the next packet may start */
    int64_t busy_ps; /* total service time of packets */
    int32_t credit[LL_PACKET_LANES];
    uint32_t head[LL_PACKET_LANES],
        tail[LL_PACKET_LANES]; /* list of packets that wait for a credit; 0: none */
} ll_packet_link;

typedef struct ll_packet_net {
    int64_t delta_ps; /* length of a window: at most the shortest latency of a link in use */
    uint64_t *store;  /* [n_unit] flows one after the other */
    int64_t n_unit;
    int64_t n_flow;      /* of all ranks */
    int64_t n_flow_kept; /* of this rank */
    ll_flow_index index;
    int seq_shift;                    /* order = sequence number << seq_shift | path | hop */
    uint64_t n_packet;                /* of the flows whose source is on this rank */
    double latency_s[LL_MAX_TRAFFIC]; /* of the longest path of a flow */
    double fraction;                  /* share of all bytes in the longest run; 1: all */
    bool present[LL_MAX_TRAFFIC];     /* the traffic has any flows */
    ll_packet_kind *kind;             /* [n_kind] */
    int n_kind;
    int n_class; /* virtual lanes that the routes need to avoid deadlock */
    uint32_t ack_B;
    bool cut_through;
    ll_damage damage;
    ll_packet_hash hash;
    ll_packet_watch *watch;  /* adaptive: of queues; else NULL */
    ll_injection *injection; /* open loop: who sends when; else NULL */
    const ll_timing *timing; /* NULL: all flows start at 0 */
    int64_t *
        number; /* [n_flow] among all flows of the phase, if the end of each is asked for, or wanted
                       * because of the timing; else NULL */
    int64_t *first_number;  /* [n_traffic + 1] of flow 0 of each traffic, then of all */
    double *ready_ps;       /* [n_node] of the last run: start of each node */
    uint32_t *flow_of_node; /* [n_node] number of the node's flow; unset if it has no bytes */
    /* Own links. */
    int64_t n_link;
    ll_packet_link *link; /* [n_link] */
    uint16_t *link_kind;  /* [n_link] */
    int64_t *link_id;     /* [n_link] the topology's number */
    int64_t n_link_all;   /* of all ranks */
    uint8_t *neighbour;   /* [size] 1: this rank exchanges packets or credits with that one */
} ll_packet_net;

static inline int ll_packet_traffic(const ll_packet_flow *flow) { return flow->tag >> 4; }

static inline ll_packet_flow *ll_packet_flow_at(const ll_packet_net *net, uint32_t flow)
{
    return (ll_packet_flow *)(net->store + flow);
}

/* Units of 8 bytes that a flow takes: whole cache lines. */
static inline int64_t ll_packet_flow_unit(int64_t n_path, int64_t n_hop)
{
    return ((int64_t)(sizeof(ll_packet_flow) / 8) + n_path * n_hop + 7) / 8 * 8;
}

/* The flows of a net in order: for (f = first(net); f != NULL; f = next(net, f)). */
static inline ll_packet_flow *ll_packet_at_unit(const ll_packet_net *net, uint64_t *unit)
{
    return unit < net->store + net->n_unit ? (ll_packet_flow *)unit : NULL;
}
static inline ll_packet_flow *ll_packet_first(const ll_packet_net *net)
{
    return ll_packet_at_unit(net, net->store);
}
static inline ll_packet_flow *ll_packet_next(const ll_packet_net *net, ll_packet_flow *f)
{
    return ll_packet_at_unit(net, (uint64_t *)f + ll_packet_flow_unit(f->n_path, f->n_hop));
}

/* Index of the first hop of a path. */
static inline size_t ll_packet_way(const ll_packet_flow *f, size_t path) { return path * f->n_hop; }

/* Picoseconds of n bytes. */
static inline int64_t ll_packet_ps(uint32_t n_B, uint64_t q)
{
    return (int64_t)((n_B * q + (((uint64_t)1 << LL_PACKET_Q) - 1)) >> LL_PACKET_Q);
}

/* `order` of a packet: sequence number, path if it was chosen (adaptive), hop. */
static inline uint32_t ll_packet_seq(const ll_packet_net *net, uint32_t order)
{
    return (order & ~LL_PACKET_GAP) >> net->seq_shift;
}
static inline uint32_t ll_packet_path(const ll_packet_net *net, const ll_packet_flow *flow,
                                      uint32_t order)
{
    if (flow->n_path <= 1) return 0;
    if (net->seq_shift == LL_PACKET_HOP_BITS) return ll_packet_seq(net, order) % flow->n_path;
    return (order & (((uint32_t)1 << net->seq_shift) - 1)) >> LL_PACKET_HOP_BITS;
}
static inline uint32_t ll_packet_order(const ll_packet_net *net, uint32_t seq, uint32_t path)
{
    const bool chosen = net->seq_shift > LL_PACKET_HOP_BITS;
    return seq << net->seq_shift | (chosen ? path << LL_PACKET_HOP_BITS : 0);
}

/* For which rank a net is built, and how many ranks there are. */
typedef struct ll_packet_place {
    int rank, size;        /* this rank, and ranks of the run */
    int n_here;            /* ranks on this machine */
    ll_progress *progress; /* progress of building, of total 1; NULL: none */
} ll_packet_place;

/* Builds the net of a phase, in mem. Error LL_ERR_RUN if something is out of range (a link without
 * latency, too many hops, ...). Not collective: every rank walks over all flows. */
ll_status ll_packet_net_create(const ll_problem *problem, const ll_phase *phase,
                               const ll_packet_param *param, const ll_packet_place *place,
                               ll_arena *mem, ll_packet_net *net, ll_error *err);

#endif
