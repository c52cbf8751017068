/* Virtual lanes, chosen so that packets cannot wait for each other in a circle.
 *
 * With finite buffers a packet that waits holds a place behind its last link and waits for one behind
 * the next. If links can be put in an order in which every route goes up, no circle of waiting is
 * possible (Dally and Seitz, 1987). Where a route must go down, it moves to the next lane: the pairs
 * (lane, link) are then in such an order. The order is found from the routes in use:
 *
 *   take away a link that no remaining link leads to; if every one is led to (a ring, say), take the
 *   lowest one nevertheless, and the routes that lead to it go down there.
 *
 * So meshes, switches and Clos need one class of lanes, a ring two, a torus at most one more for each
 * ring. Lanes that are left over share the flows out by destination: of L lanes and k classes, class c
 * to chip d takes lane c (L/k) + d mod (L/k). With fewer lanes than classes the last lane is shared,
 * and waiting in a circle is possible.
 */
#include "sim/engine/packet_net.h"

typedef struct ordering {
    int64_t n;
    uint32_t *n_in;  /* [n] links that remain and lead to this one, counted per route */
    int64_t *first;  /* [n + 2] into `to` */
    uint32_t *to;    /* links that this one leads to */
    uint32_t *place; /* [n] in the order found, from 1; 0: not yet */
} ordering;

/* A data hop h[0] of a path that has another, h[1], after it. Chips always take what is for them, so
 * nobody waits for a place behind a last hop: that step is no step of the order. */
typedef struct step {
    const ll_packet_net *net;
    ll_packet_flow *flow; /* NULL: no more */
    int path;
    ll_packet_hop *h;
} step;

/* Past the ends of paths, to the next step. */
static void step_settle(step *s)
{
    while (s->flow != NULL && s->h->meta & LL_HOP_LANDS) {
        if (++s->path == s->flow->n_path) {
            s->flow = ll_packet_next(s->net, s->flow);
            s->path = 0;
        }
        if (s->flow != NULL) s->h = s->flow->hop + ll_packet_way(s->flow, (size_t)s->path);
    }
}

static step step_first(const ll_packet_net *net)
{
    step s = {.net = net, .flow = ll_packet_first(net)};
    if (s.flow != NULL) s.h = s.flow->hop;
    step_settle(&s);
    return s;
}

static void step_next(step *s)
{
    s->h++;
    step_settle(s);
}

static void ordering_make(const ll_packet_net *net, ll_arena *mem, ordering *o)
{
    *o = (ordering){.n = net->n_link_all};
    o->n_in = ll_arena_array(mem, o->n, uint32_t);
    o->first = ll_arena_array(mem, o->n + 2, int64_t);
    o->place = ll_arena_array(mem, o->n, uint32_t);
    for (step s = step_first(net); s.flow != NULL; step_next(&s)) {
        if (!(s.h[1].meta & LL_HOP_TAKES)) continue;
        o->first[s.h[0].link + 2]++;
        o->n_in[s.h[1].link]++;
    }
    for (int64_t l = 2; l < o->n + 2; l++)
        o->first[l] += o->first[l - 1];
    o->to = ll_arena_array(mem, o->first[o->n + 1], uint32_t);
    for (step s = step_first(net); s.flow != NULL; step_next(&s))
        if (s.h[1].meta & LL_HOP_TAKES) o->to[o->first[s.h[0].link + 1]++] = s.h[1].link;
}

static void ordering_find(ordering *o, ll_arena *mem)
{
    uint32_t *queue = ll_arena_array(mem, o->n, uint32_t);
    int64_t head = 0, tail = 0, lowest = 0;
    for (int64_t l = 0; l < o->n; l++)
        if (o->n_in[l] == 0) queue[tail++] = (uint32_t)l;
    for (uint32_t place = 1; place <= o->n; place++) {
        uint32_t link;
        if (head < tail) {
            link = queue[head++];
        } else {
            while (o->place[lowest] != 0)
                lowest++;
            link = (uint32_t)lowest;
        }
        o->place[link] = place;
        for (int64_t e = o->first[link]; e < o->first[link + 1]; e++) {
            const uint32_t to = o->to[e];
            if (--o->n_in[to] == 0 && o->place[to] == 0) queue[tail++] = to;
        }
    }
}

/* Class of each data hop but the last, which takes no credit, in the bits of its lane; returns the
 * largest class. */
static uint32_t classes(ll_packet_net *net, const ordering *o)
{
    uint32_t most = 0;
    for (ll_packet_flow *flow = ll_packet_first(net); flow != NULL;
         flow = ll_packet_next(net, flow))
        for (int path = 0; path < flow->n_path; path++) {
            uint32_t class = 0;
            ll_packet_hop *h = flow->hop + ll_packet_way(flow, (size_t)path);
            for (; h->meta & LL_HOP_TAKES; h++) {
                if (class > most) most = class;
                const uint32_t kept = class < LL_PACKET_LANES ? class : LL_PACKET_LANES - 1;
                h->meta |= kept << LL_HOP_VL_SHIFT;
                class += o->place[h[1].link] < o->place[h[0].link];
            }
        }
    return most;
}

int ll_packet_lanes(ll_packet_net *net, int n_lane, ll_arena *mem)
{
    ordering o;
    ordering_make(net, mem, &o);
    ordering_find(&o, mem);
    const uint32_t n_class = classes(net, &o) + 1, n = (uint32_t)n_lane;
    const uint32_t each = n_class < n ? n / n_class : 1; /* lanes of one class */
    for (step s = step_first(net); s.flow != NULL; step_next(&s)) {
        const uint32_t class = ll_hop_vl(*s.h) < n ? ll_hop_vl(*s.h) : n - 1;
        const uint32_t lane = class * each + (s.flow->tag & 15) % each;
        s.h->meta &= ~((uint32_t)(LL_PACKET_LANES - 1) << LL_HOP_VL_SHIFT);
        s.h->meta |= lane << LL_HOP_VL_SHIFT;
    }
    return (int)n_class;
}
