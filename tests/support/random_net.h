/* Random networks with random traffic, to hold engines against their twins and against each other:
 *     random_net net;
 *     random_net_make(seed, &net);    seeds 1 to 1000
 *
 * A network has 4 to 40 chips and up to 8 switches, joined to a random tree by cables, with some
 * more cables across. A cable is a link each way, of 1 to 8 lanes; all lanes of a network have one
 * rate of 1 to 12.5 GB/s, and each cable has a latency of 0.1 to 10 us in whole nanoseconds. There
 * are 1 to 60 flows of 4 kB to 16 MB that start together. A flow ends at most four hops from its
 * source, with up to three chips or switches that forward it, and takes up to four of the ways that
 * are as short; the way back is the same in reverse. Rates, latencies and sizes are drawn evenly on
 * a scale of logarithms.
 *
 * Figures are stated for these networks, so what a seed gives stays as it is. */
#ifndef LL_TESTS_SUPPORT_RANDOM_NET_H
#define LL_TESTS_SUPPORT_RANDOM_NET_H

#include "sim/base/rng.h"
#include "tests/support/engine_make.h"

#include <math.h>

enum {
    RANDOM_CHIP = 40,
    RANDOM_NODE = RANDOM_CHIP + 8,
    RANDOM_CABLE = 2 * RANDOM_NODE,
    RANDOM_FLOW = 60,
    RANDOM_PATH = 4, /* of a flow */
    RANDOM_HOP = 4,  /* of a path */
    RANDOM_WAY = 64  /* ways that are looked at */
};

typedef struct random_way {
    int n_hop;
    int32_t link[RANDOM_HOP];
} random_way;

/* The paths from chip a to chip b; those from b to a are the same backwards. */
typedef struct random_pair {
    int n_path;
    random_way path[RANDOM_PATH];
} random_pair;

typedef struct random_net {
    ll_topology topo;
    ll_traffic traffic; /* a list */
    int n_cable, n_pair, n_flow;
    ll_link link[2 * RANDOM_CABLE];        /* cable k: 2k one way, 2k + 1 the other */
    int pair_of[RANDOM_CHIP][RANDOM_CHIP]; /* 0: none; i + 1: pair[i]; -i - 1: backwards */
    random_pair pair[RANDOM_FLOW];
    int32_t src[RANDOM_FLOW], dst[RANDOM_FLOW];
    double size_B[RANDOM_FLOW];
    uint64_t seed, n_draw;
} random_net;

/* ---- Draws ----------------------------------------------------------------------------------- */

static inline double random_u01(random_net *net) { return ll_rng_u01(net->seed, 0, net->n_draw++); }
/* 0 .. n-1 */
static inline int random_below(random_net *net, int n) { return (int)(random_u01(net) * n); }
static inline double random_log(random_net *net, double least, double most)
{
    return least * pow(most / least, random_u01(net));
}

/* ---- The topology ---------------------------------------------------------------------------- */

static inline void random_link(const ll_topology *topo, int64_t link_id, ll_link *out)
{
    *out = ((const random_net *)topo->state)->link[link_id];
}

/* Pairs without a flow have no route, and are not asked for. */
static inline const random_pair *random_pair_at(const ll_topology *topo, int32_t src, int32_t dst,
                                                bool *back)
{
    const random_net *net = topo->state;
    const int i = net->pair_of[src][dst];
    LL_ASSERT(i != 0, "chips %d and %d have no flow", src, dst);
    *back = i < 0;
    return &net->pair[(i < 0 ? -i : i) - 1];
}

static inline int32_t random_n_path(const ll_topology *topo, int32_t src, int32_t dst)
{
    bool back;
    return src == dst ? 1 : random_pair_at(topo, src, dst, &back)->n_path;
}

static inline int random_route(const ll_topology *topo, int32_t src, int32_t dst, int32_t path,
                               int cap, int64_t *link_id)
{
    bool back;
    if (src == dst) return 0;
    const random_way *way = &random_pair_at(topo, src, dst, &back)->path[path];
    if (way->n_hop > cap) return -1;
    for (int h = 0; h < way->n_hop; h++)
        link_id[h] = back ? way->link[way->n_hop - 1 - h] ^ 1 : way->link[h];
    return way->n_hop;
}

static const ll_key random_keys[] = {{0}};

static inline ll_status random_refuse(const void *param, int n_child, const ll_topology *child,
                                      ll_arena *mem, ll_topology *topo, ll_error *err)
{
    (void)param, (void)n_child, (void)child, (void)mem, (void)topo;
    return ll_error_set(err, LL_ERR_CONFIG, "random networks are made by random_net_make");
}

static const ll_topology_type random_type = {.name = "random",
                                             .doc = "explicit routes over random cables",
                                             .keys = random_keys,
                                             .create = random_refuse,
                                             .link = random_link,
                                             .n_path = random_n_path,
                                             .route = random_route,
                                             .chip_orbit = ll_topology_chip_alone,
                                             .link_orbit = ll_topology_link_alone};

/* ---- Cables, routes, flows ------------------------------------------------------------------- */

static inline void random_cable(random_net *net, int a, int b, double lane_Bps)
{
    const ll_link there = {.from = a,
                           .to = b,
                           .bw_Bps = lane_Bps,
                           .latency_s = round(random_log(net, 100, 10000)) * 1e-9,
                           .width = 1 + random_below(net, 8)};
    const int k = net->n_cable++;
    net->link[2 * k] = net->link[2 * k + 1] = there;
    net->link[2 * k + 1].from = b;
    net->link[2 * k + 1].to = a;
}

static inline bool random_joined(const random_net *net, int a, int b)
{
    for (int l = 0; l < 2 * net->n_cable; l++)
        if (net->link[l].from == a && net->link[l].to == b) return true;
    return false;
}

static inline void random_cables(random_net *net, int n_node)
{
    int order[RANDOM_NODE];
    const double lane_Bps = round(random_log(net, 1000, 12500)) * 1e6;
    for (int i = 0; i < n_node; i++) { /* a shuffle from the inside out */
        const int k = random_below(net, i + 1);
        order[i] = order[k];
        order[k] = i;
    }
    for (int i = 1; i < n_node; i++)
        random_cable(net, order[i], order[random_below(net, i)], lane_Bps);
    for (int more = random_below(net, n_node + 1); more > 0; more--) {
        const int a = random_below(net, n_node), b = random_below(net, n_node);
        if (a != b && !random_joined(net, a, b)) random_cable(net, a, b, lane_Bps);
    }
}

/* Ways to a chip that are found, and the one that is under way. */
typedef struct random_search {
    const random_net *net;
    int64_t dst;
    random_way now, way[RANDOM_WAY];
    int n;
} random_search;

/* Goes on from node `at`, to nodes that are not visited yet. */
static inline void random_go_on(random_search *s, int64_t at, uint64_t visited)
{
    if (s->n == RANDOM_WAY) return;
    if (at == s->dst) {
        s->way[s->n++] = s->now;
        return;
    }
    for (int l = 0; l < 2 * s->net->n_cable && s->now.n_hop < RANDOM_HOP; l++) {
        const ll_link *link = &s->net->link[l];
        if (link->from != at || visited >> link->to & 1) continue;
        s->now.link[s->now.n_hop++] = l;
        random_go_on(s, link->to, visited | (uint64_t)1 << link->to);
        s->now.n_hop--;
    }
}

/* A chip that a walk of some hops from src ends at; src if it ends at none. */
static inline int random_end(random_net *net, int src)
{
    uint64_t visited = (uint64_t)1 << src;
    int at = src;
    for (int hop = 1 + random_below(net, RANDOM_HOP); hop > 0; hop--) {
        int next[2 * RANDOM_CABLE], n = 0;
        for (int l = 0; l < 2 * net->n_cable; l++)
            if (net->link[l].from == at && !(visited >> net->link[l].to & 1))
                next[n++] = (int)net->link[l].to;
        if (n == 0) break;
        at = next[random_below(net, n)];
        visited |= (uint64_t)1 << at;
    }
    return at < net->topo.n_chip ? at : src;
}

static inline void random_pair_make(random_net *net, int src, int dst)
{
    random_search s = {.net = net, .dst = dst};
    random_pair *pair = &net->pair[net->n_pair++];
    net->pair_of[src][dst] = net->n_pair;
    net->pair_of[dst][src] = -net->n_pair;
    random_go_on(&s, src, (uint64_t)1 << src);
    const int most = 1 + random_below(net, RANDOM_PATH);
    for (; pair->n_path < most && pair->n_path < s.n; pair->n_path++) {
        const int k = pair->n_path + random_below(net, s.n - pair->n_path);
        pair->path[pair->n_path] = s.way[k];
        s.way[k] = s.way[pair->n_path];
    }
}

static inline void random_flows(random_net *net)
{
    const int n_flow = 1 + random_below(net, RANDOM_FLOW);
    while (net->n_flow < n_flow) {
        const int src = random_below(net, net->topo.n_chip), dst = random_end(net, src);
        if (src == dst) continue;
        if (net->pair_of[src][dst] == 0) random_pair_make(net, src, dst);
        net->src[net->n_flow] = src;
        net->dst[net->n_flow] = dst;
        net->size_B[net->n_flow++] = round(random_log(net, 4e3, 16e6));
    }
}

/* In *net, which is borrowed by its topology and its traffic. */
static inline void random_net_make(uint64_t seed, random_net *net)
{
    *net = (random_net){.seed = seed};
    const int n_chip = 4 + random_below(net, RANDOM_CHIP - 3);
    const int n_node = n_chip + random_below(net, RANDOM_NODE - RANDOM_CHIP + 1);
    net->topo = (ll_topology){.type = &random_type,
                              .n_chip = n_chip,
                              .n_node = n_node,
                              .max_path = RANDOM_PATH,
                              .max_hop = RANDOM_HOP,
                              .uneven = true,
                              .n_dim = 1,
                              .dim = {{.name = "random", .type = "random", .size = n_chip}},
                              .state = net};
    random_cables(net, n_node);
    net->topo.n_link = 2 * net->n_cable;
    random_flows(net);
    net->traffic = list_make(net->n_flow, net->src, net->dst, net->size_B);
}

#endif
