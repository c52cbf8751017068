/* paths = adaptive: what sources know of queues.
 *
 * A packet chooses when it leaves its source, between two paths of its flow, by the queues of the
 * first links at which the flow's paths part: an uplink of the leaf, or the chip's own link. That
 * is what a switch that chooses its uplink sees; queues further on are not looked at. The queue is
 * taken as it was at the end of the window before: news takes a window of time, at most the latency
 * of one hop. Two paths, not all of them: with news of the same age everybody would take the one
 * queue that was shortest, and it would be the longest in the next window (Mitzenmacher, "The power
 * of two choices in randomized load balancing", 2001; the same with old information, 2000).
 *
 * Where a topology has detours (UGAL), the two paths are a minimal one and a detour, and of both
 * the queues of all links are looked at, not only of the first: with routers that have room for all
 * packets a queue far on is not felt at the source (UGAL-G of Singh, 2005, with late news).
 * The packet takes the path on which queues and latency add up to less; if equal, the minimal one.
 *
 * A queue is the time until the link is free, and the packets that wait for a credit there, each
 * for the time that it would take. After a window every rank tells the ranks that watch a link
 * which it has served. */
#ifndef LL_SIM_ENGINE_PACKET_WATCH_H
#define LL_SIM_ENGINE_PACKET_WATCH_H

#include "sim/base/index_map.h"
#include "sim/engine/packet/net.h"

enum { LL_QUEUE_PS_BITS = 48 };

struct ll_packet_watch {
    int64_t n_queue; /* links of all ranks */
    int64_t *base;   /* [size + 1] among them, the first one of each rank */
    /* Who watches the own links. */
    int64_t *first;    /* [n_link + 2]; the last one is not used */
    uint32_t *watcher; /* ranks */
    ll_index_map map;  /* while it is made: of pairs of link and rank */
    uint32_t (*pair)[2];
    int64_t cap;
    /* Of a run. queue: packets that wait for a credit << 48 | picosecond at which the link is free.
     */
    uint64_t *queue;   /* [n_queue] as they were when the window at hand began */
    uint32_t *waiting; /* [n_link] own links: packets that wait for a credit */
    uint32_t *changed; /* [n_changed] own links that were served in the window at hand */
    uint32_t n_changed;
};

/* n_owned: [size] links of each rank. */
ll_packet_watch *ll_watch_create(const uint32_t *n_owned, int size, ll_arena *mem);

/* paths = adaptive: the source's rank, `source`, watches the links at which the flow's paths
 * diverge. Notes what this rank, `rank`, has to do with it. */
void ll_watch_flow(ll_packet_net *net, const ll_packet_flow *flow, uint32_t source, uint32_t rank,
                   ll_arena *mem);

/* Ends the calls of ll_watch_add. n_link: links of this rank. */
void ll_watch_settle(ll_packet_watch *watch, int64_t n_link, ll_arena *mem);

/* Sets all queues empty, for a new run. */
void ll_watch_reset(ll_packet_watch *watch, int64_t n_link);

static inline uint64_t ll_queue_of(int64_t free_ps, uint32_t waiting)
{
    const uint64_t n = waiting < UINT16_MAX ? waiting : UINT16_MAX;
    return n << LL_QUEUE_PS_BITS | ((uint64_t)free_ps & (((uint64_t)1 << LL_QUEUE_PS_BITS) - 1));
}

/* Notes that own link `link` was served in this window; call once per window. */
static inline void ll_watch_served(ll_packet_watch *watch, uint32_t link)
{
    if (watch->first[link] < watch->first[link + 1]) watch->changed[watch->n_changed++] = link;
}

/* The path that packet `seq` of the flow takes if it leaves at now_ps (paths = adaptive, see
 * net.h). */
uint32_t ll_watch_choose(const ll_packet_net *net, const ll_packet_flow *flow, uint32_t seq,
                         int64_t now_ps);

#endif
