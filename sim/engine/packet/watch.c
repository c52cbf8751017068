#include "sim/engine/packet/watch.h"

#include <string.h>

enum { FIRST_PAIRS = 1024 };

ll_packet_watch *ll_watch_create(const uint32_t *n_owned, int size, ll_arena *mem)
{
    ll_packet_watch *watch = ll_arena_new(mem, ll_packet_watch);
    watch->base = ll_arena_array(mem, size + 1, int64_t);
    for (int r = 0; r < size; r++)
        watch->base[r + 1] = watch->base[r] + n_owned[r];
    watch->n_queue = watch->base[size];
    watch->queue = ll_arena_array(mem, watch->n_queue, uint64_t);
    watch->cap = FIRST_PAIRS;
    watch->pair = ll_arena_alloc(mem, FIRST_PAIRS, sizeof *watch->pair);
    ll_index_map_init(&watch->map, mem);
    return watch;
}

/* Rank `rank` watches own link `link`. */
static void watch_add(ll_packet_watch *watch, uint32_t link, uint32_t rank, ll_arena *mem)
{
    const uint64_t both = (uint64_t)link << 32 | rank;
    const int64_t n = watch->map.n, i = ll_index_map_of(&watch->map, ll_mix(both));
    if (i < n) return;
    if (n == watch->cap) {
        watch->cap = 2 * n;
        watch->pair = ll_arena_grown(mem, watch->pair, n, watch->cap, sizeof *watch->pair);
    }
    watch->pair[n][0] = link;
    watch->pair[n][1] = rank;
}

void ll_watch_flow(ll_packet_net *net, const ll_packet_flow *flow, uint32_t source, uint32_t rank,
                   ll_arena *mem)
{
    const bool whole = flow->n_minimal < flow->n_path;
    if (flow->part == flow->n_hop) return;
    for (int path = 0; path < flow->n_path; path++) {
        const ll_packet_hop *hop = flow->hop + ll_packet_way(flow, (size_t)path) + flow->part;
        for (bool more = true; more; more = whole && !(hop++->meta & LL_HOP_LANDS)) {
            const uint32_t owner = ll_hop_owner(*hop);
            if (owner == rank) {
                watch_add(net->watch, hop->link, source, mem);
                net->neighbour[source] = 1;
            }
            if (source == rank) net->neighbour[owner] = 1;
        }
    }
}

void ll_watch_settle(ll_packet_watch *watch, int64_t n_link, ll_arena *mem)
{
    const int64_t n = watch->map.n;
    watch->first = ll_arena_array(mem, n_link + 2, int64_t);
    watch->watcher = ll_arena_array(mem, n, uint32_t);
    watch->waiting = ll_arena_array(mem, n_link, uint32_t);
    watch->changed = ll_arena_array(mem, n_link, uint32_t);
    for (int64_t i = 0; i < n; i++)
        watch->first[watch->pair[i][0] + 2]++;
    for (int64_t l = 2; l < n_link + 2; l++)
        watch->first[l] += watch->first[l - 1];
    for (int64_t i = 0; i < n; i++)
        watch->watcher[watch->first[watch->pair[i][0] + 1]++] = watch->pair[i][1];
}

void ll_watch_reset(ll_packet_watch *watch, int64_t n_link)
{
    memset(watch->queue, 0, (size_t)watch->n_queue * sizeof *watch->queue);
    memset(watch->waiting, 0, (size_t)n_link * sizeof *watch->waiting);
    watch->n_changed = 0;
}

/* Picoseconds that a packet of the flow would wait at `hop`. */
static int64_t delay_ps(const ll_packet_net *net, const ll_packet_flow *flow, ll_packet_hop hop,
                        int64_t now_ps)
{
    const uint64_t queue = net->watch->queue[net->watch->base[ll_hop_owner(hop)] + hop.link];
    const int64_t free_ps = (int64_t)(queue & (((uint64_t)1 << LL_QUEUE_PS_BITS) - 1));
    const int64_t each_ps = ll_packet_ps(flow->packet_B, net->kind[ll_hop_kind(hop)].slot_q);
    return (free_ps > now_ps ? free_ps - now_ps : 0) +
           (int64_t)(queue >> LL_QUEUE_PS_BITS) * each_ps;
}

/* Picoseconds of queues and latency from where the paths of the flow part. */
static int64_t way_ps(const ll_packet_net *net, const ll_packet_flow *flow, uint32_t path,
                      int64_t now_ps)
{
    const ll_packet_hop *hop = flow->hop + ll_packet_way(flow, path) + flow->part;
    int64_t sum_ps = 0;
    for (bool more = true; more; more = !(hop++->meta & LL_HOP_LANDS))
        sum_ps += delay_ps(net, flow, *hop, now_ps) + net->kind[ll_hop_kind(*hop)].latency_ps;
    return sum_ps;
}

/* A minimal path in turn, or a detour by hash. */
static uint32_t choose_detour(const ll_packet_net *net, const ll_packet_flow *flow, uint32_t seq,
                              int64_t now_ps)
{
    const uint32_t n = flow->n_minimal, minimal = (seq + flow->id) % n;
    if (flow->part == flow->n_hop) return minimal;
    const uint64_t draw = ll_mix((uint64_t)flow->id << 32 | seq);
    const uint32_t detour = n + (uint32_t)(draw % (flow->n_path - n));
    const bool around = way_ps(net, flow, detour, now_ps) < way_ps(net, flow, minimal, now_ps);
    return around ? detour : minimal;
}

uint32_t ll_watch_choose(const ll_packet_net *net, const ll_packet_flow *flow, uint32_t seq,
                         int64_t now_ps)
{
    if (flow->n_minimal < flow->n_path) return choose_detour(net, flow, seq, now_ps);
    const uint32_t n = flow->n_path, turn = (seq + flow->id) % n;
    if (flow->part == flow->n_hop) return turn;
    const uint64_t draw = ll_mix((uint64_t)flow->id << 32 | seq);
    const uint32_t other = (turn + 1 + (uint32_t)(draw % (n - 1))) % n;
    const ll_packet_hop a = flow->hop[ll_packet_way(flow, turn) + flow->part];
    const ll_packet_hop b = flow->hop[ll_packet_way(flow, other) + flow->part];
    return delay_ps(net, flow, b, now_ps) < delay_ps(net, flow, a, now_ps) ? other : turn;
}
