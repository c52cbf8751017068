#include "sim/engine/packet/lane.h"

enum { FIRST_STEPS = 1024 };

void ll_lane_order_init(ll_lane_order *order, ll_arena *mem)
{
    *order = (ll_lane_order){.mem = mem, .cap = FIRST_STEPS};
    order->step = ll_arena_alloc(mem, FIRST_STEPS, sizeof *order->step);
    ll_index_map_init(&order->map, mem);
}

void ll_lane_order_add(ll_lane_order *order, const ll_packet_hop *way)
{
    for (const ll_packet_hop *h = way; h->meta & LL_HOP_TAKES && h[1].meta & LL_HOP_TAKES; h++) {
        const uint64_t both = (uint64_t)h[0].link << 32 | h[1].link;
        const int64_t n = order->map.n, i = ll_index_map_of(&order->map, ll_mix(both));
        if (i < n) continue;
        if (n == order->cap) {
            order->cap = 2 * n;
            order->step =
                ll_arena_grown(order->mem, order->step, n, order->cap, sizeof *order->step);
        }
        order->step[n][0] = h[0].link;
        order->step[n][1] = h[1].link;
    }
}

typedef struct links {
    int64_t n;
    uint32_t *n_in; /* [n] links that remain and lead to this one */
    int64_t *first; /* [n + 2] into `to` */
    uint32_t *to;   /* links that this one leads to */
} links;

static links links_of(const ll_lane_order *order, int64_t n)
{
    links l = {.n = n};
    l.n_in = ll_arena_array(order->mem, n, uint32_t);
    l.first = ll_arena_array(order->mem, n + 2, int64_t);
    l.to = ll_arena_array(order->mem, order->map.n, uint32_t);
    for (int64_t i = 0; i < order->map.n; i++) {
        l.first[order->step[i][0] + 2]++;
        l.n_in[order->step[i][1]]++;
    }
    for (int64_t i = 2; i < n + 2; i++)
        l.first[i] += l.first[i - 1];
    for (int64_t i = 0; i < order->map.n; i++)
        l.to[l.first[order->step[i][0] + 1]++] = order->step[i][1];
    return l;
}

void ll_lane_order_find(ll_lane_order *order, int64_t n)
{
    order->place = ll_arena_array(order->mem, n, uint32_t);
    const ll_arena_mark here = ll_arena_here(order->mem);
    links l = links_of(order, n);
    uint32_t *queue = ll_arena_array(order->mem, n, uint32_t);
    int64_t head = 0, tail = 0, lowest = 0;
    for (int64_t i = 0; i < n; i++)
        if (l.n_in[i] == 0) queue[tail++] = (uint32_t)i;
    for (uint32_t place = 1; place <= n; place++) {
        uint32_t link;
        if (head < tail) {
            link = queue[head++];
        } else {
            while (order->place[lowest] != 0)
                lowest++;
            link = (uint32_t)lowest;
        }
        order->place[link] = place;
        for (int64_t e = l.first[link]; e < l.first[link + 1]; e++) {
            const uint32_t to = l.to[e];
            if (--l.n_in[to] == 0 && order->place[to] == 0) queue[tail++] = to;
        }
    }
    ll_arena_release(order->mem, here);
}

uint32_t ll_lane_order_class(const ll_lane_order *order, ll_packet_flow *flow)
{
    uint32_t most = 0;
    for (int path = 0; path < flow->n_path; path++) {
        uint32_t class = 0;
        ll_packet_hop *h = flow->hop + ll_packet_way(flow, (size_t)path);
        for (; h->meta & LL_HOP_TAKES; h++) {
            if (class > most) most = class;
            const uint32_t kept = class < LL_PACKET_LANES ? class : LL_PACKET_LANES - 1;
            h->meta |= kept << LL_HOP_VL_SHIFT;
            class += order->place[h[1].link] < order->place[h[0].link];
        }
    }
    return most;
}

void ll_lane_assign(ll_packet_net *net, int n_lane)
{
    const uint32_t n = (uint32_t)n_lane, n_class = (uint32_t)net->n_class;
    const uint32_t each = n_class < n ? n / n_class : 1; /* lanes of one class */
    for (ll_packet_flow *flow = ll_packet_first(net); flow != NULL;
         flow = ll_packet_next(net, flow))
        for (int path = 0; path < flow->n_path; path++) {
            ll_packet_hop *h = flow->hop + ll_packet_way(flow, (size_t)path);
            for (; h->meta & LL_HOP_TAKES; h++) {
                const uint32_t class = ll_hop_vl(*h) < n ? ll_hop_vl(*h) : n - 1;
                const uint32_t lane = class * each + (flow->tag & 15) % each;
                h->meta &= ~((uint32_t)(LL_PACKET_LANES - 1) << LL_HOP_VL_SHIFT);
                h->meta |= lane << LL_HOP_VL_SHIFT;
            }
        }
}
