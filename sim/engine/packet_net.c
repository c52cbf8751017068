#include "sim/engine/packet_net.h"

#include "sim/engine/index_map.h"

#include <math.h>

/* What is known of a link in use, by number: in order of first use, the same on every rank. */
typedef struct met_link {
    int64_t id;
    uint32_t kind, owner;
    uint32_t local; /* number among the links of its owner */
} met_link;

typedef struct builder {
    const ll_problem *problem;
    const ll_phase *phase;
    const ll_packet_param *param;
    ll_packet_net *net;
    ll_arena *mem;
    ll_error *err;
    int rank, size;
    int32_t tile, n_tile;               /* chips that stay together */
    ll_list_order list[LL_MAX_TRAFFIC]; /* LIST: by source */
    ll_index_map link_map, kind_map;
    met_link *met; /* [link_map.n] of [cap_met] */
    int64_t cap_met;
    double *share; /* [n_link_all] flows of the source at hand on the link; 0 between sources */
    double most_packets; /* of the largest flow */
    double most_window;  /* in packets */
    bool counting;       /* first walk: meet the links, count the units; second: write the flows */
} builder;

/* ---- Slices ---------------------------------------------------------------------------------- */

/* Chips stay together in tiles of the inner dimensions, as large as leaves every rank four tiles or
 * an equal number: then the cut goes through the outer dimension, whose links are the long ones. */
static void choose_tile(builder *b)
{
    const ll_topology *topo = b->problem->topo;
    int32_t tile = 1;
    b->tile = 1;
    for (int d = 0; d < topo->n_dim; d++) {
        tile *= topo->dim[d].size;
        const int32_t n = topo->n_chip / tile;
        if (n >= 4 * b->size || (n >= b->size && n % b->size == 0)) b->tile = tile;
    }
    b->n_tile = topo->n_chip / b->tile;
}

/* The inverse of ll_comm_slice over tiles. */
static uint32_t chip_owner(const builder *b, int64_t chip)
{
    const int64_t t = chip / b->tile, each = b->n_tile / b->size, rest = b->n_tile % b->size;
    const int64_t in_larger = rest * (each + 1);
    return (uint32_t)(t < in_larger ? t / (each + 1) : rest + (t - in_larger) / each);
}

/* ---- Links ----------------------------------------------------------------------------------- */

static ll_status kind_of(builder *b, const ll_link *link, int64_t id, uint32_t *out)
{
    ll_packet_net *net = b->net;
    const double cap_Bps = ll_link_capacity_Bps(link), scale = (double)(1 << LL_PACKET_Q);
    const uint64_t key =
        ll_mix_f64(ll_mix_f64(ll_mix_f64(1, link->bw_Bps), link->latency_s), link->width);
    const int64_t n = b->kind_map.n, i = ll_index_map_of(&b->kind_map, key);
    *out = (uint32_t)i;
    if (i < n) return LL_OK;
    if (n == LL_PACKET_KINDS)
        return ll_error_set(b->err, LL_ERR_RUN, "engine packet: more than %d kinds of links",
                            LL_PACKET_KINDS);
    const double wire_q = ceil(1e12 / link->bw_Bps * scale);
    const double latency_ps = round(link->latency_s * 1e12);
    if (!(latency_ps >= 1))
        return ll_error_set(b->err, LL_ERR_RUN,
                            "engine packet: link %lld has no latency; every link needs some",
                            (long long)id);
    if (wire_q * b->problem->wire.packet_B > 1e18)
        return ll_error_set(b->err, LL_ERR_RUN,
                            "engine packet: a packet takes more than %g s on link %lld",
                            1e18 / scale * 1e-12, (long long)id);
    net->kind[n] = (ll_packet_kind){
        .latency_ps = (int64_t)latency_ps,
        .wire_q = (uint64_t)wire_q,
        .slot_q = (uint64_t)ceil(1e12 / cap_Bps * scale),
        .buffer = (int32_t)fmin((double)b->param->buffer_packets * link->width, INT32_MAX),
        .cap_Bps = cap_Bps,
        .latency_s = link->latency_s};
    net->n_kind = (int)n + 1;
    if (n == 0 || net->kind[n].latency_ps < net->delta_ps) net->delta_ps = net->kind[n].latency_ps;
    return LL_OK;
}

/* Number of a link in use. On a route from chip src to dst, `first_half` of its hops. */
static ll_status meet(builder *b, int64_t id, int32_t src, int32_t dst, bool first_half,
                      int64_t *number)
{
    const ll_topology *topo = b->problem->topo;
    const int64_t n = b->link_map.n, i = ll_index_map_of(&b->link_map, ll_mix((uint64_t)id));
    *number = i;
    if (i < n) return LL_OK;
    if (n == b->cap_met) {
        b->cap_met = 2 * n;
        b->met = ll_arena_grown(b->mem, b->met, n, b->cap_met, sizeof *b->met);
    }
    ll_link link;
    topo->type->link(topo, id, &link);
    const int64_t chip = link.to < topo->n_chip     ? link.to
                         : link.from < topo->n_chip ? link.from
                         : first_half               ? src
                                                    : dst;
    b->met[n] = (met_link){.id = id, .owner = chip_owner(b, chip)};
    return kind_of(b, &link, id, &b->met[n].kind);
}

/* ---- Flows ----------------------------------------------------------------------------------- */

/* Hops from `src` to `dst` on one path, into hop[0 .. *n-1]; without the flags. */
static ll_status write_way(builder *b, int32_t src, int32_t dst, int32_t path, ll_packet_hop *hop,
                           int *n)
{
    const ll_topology *topo = b->problem->topo;
    int64_t id[LL_MAX_HOP], number;
    *n = topo->type->route(topo, src, dst, path, LL_MAX_HOP, id);
    if (*n < 1)
        return ll_error_set(b->err, LL_ERR_RUN, "route from chip %d to %d: more than %d hops", src,
                            dst, LL_MAX_HOP);
    for (int h = 0; h < *n; h++) {
        LL_TRY(meet(b, id[h], src, dst, 2 * h < *n, &number));
        const met_link *m = &b->met[number];
        hop[h] = (ll_packet_hop){(uint32_t)number,
                                 m->kind << LL_HOP_KIND_SHIFT | m->owner << LL_HOP_OWNER_SHIFT};
    }
    return LL_OK;
}

/* There and back; *n hops in all. The ack takes the path of the same number, as far as there are as many
 * back. */
static ll_status write_path(builder *b, const ll_flow *f, int32_t path, ll_packet_hop *hop, int *n)
{
    const ll_topology *topo = b->problem->topo;
    const int32_t n_back_path = topo->type->n_path(topo, f->dst, f->src);
    const bool finite = b->param->buffer_packets > 0;
    int n_data, n_ack;
    LL_TRY(write_way(b, f->src, f->dst, path, hop, &n_data));
    LL_TRY(write_way(b, f->dst, f->src, path % n_back_path, hop + n_data, &n_ack));
    *n = n_data + n_ack;
    for (int h = 0; finite && h + 1 < n_data; h++) {
        hop[h].meta |= LL_HOP_TAKES;
        hop[h + 1].meta |= LL_HOP_FREES;
    }
    for (int h = n_data; h < *n; h++)
        hop[h].meta |= LL_HOP_ACK;
    hop[n_data - 1].meta |= LL_HOP_LANDS;
    hop[*n - 1].meta |= LL_HOP_RETURNS;
    return LL_OK;
}

enum { MAX_PATH_HOPS = 2 * LL_MAX_HOP };

/* First walk: what the flow needs. */
static ll_status count_flow(builder *b, const ll_flow *f)
{
    const ll_topology *topo = b->problem->topo;
    const int32_t n_path = topo->type->n_path(topo, f->src, f->dst);
    ll_packet_hop hop[MAX_PATH_HOPS];
    int n_most = 0, n;
    for (int32_t path = 0; path < n_path; path++) {
        LL_TRY(write_path(b, f, path, hop, &n));
        if (n > n_most) n_most = n;
    }
    if (n_path > UINT16_MAX || n_most >= 1 << LL_PACKET_HOP_BITS)
        return ll_error_set(b->err, LL_ERR_RUN,
                            "engine packet: flow from chip %d to %d has %d paths of up to %d hops",
                            f->src, f->dst, n_path, n_most);
    b->net->n_flow++;
    b->net->n_unit += ll_packet_flow_unit(n_path, n_most);
    return LL_OK;
}

/* Second walk: the flow with its routes. */
static ll_status write_flow(builder *b, const ll_flow *f, int traffic)
{
    const ll_topology *topo = b->problem->topo;
    ll_packet_net *net = b->net;
    const int32_t n_path = topo->type->n_path(topo, f->src, f->dst);
    ll_packet_hop way[MAX_PATH_HOPS];
    int n_most = 0, n;
    for (int32_t path = 0; path < n_path; path++) {
        LL_TRY(write_path(b, f, path, way, &n));
        if (n > n_most) n_most = n;
    }
    ll_packet_flow *flow = (ll_packet_flow *)(net->store + net->n_unit);
    net->n_unit += ll_packet_flow_unit(n_path, n_most);
    flow->size_B = (uint64_t)ceil(f->size_B);
    flow->n_path = 0;
    flow->n_hop = (uint8_t)n_most;
    flow->tag = (uint8_t)(traffic << 4 | f->dst % 12);
    for (int32_t path = 0; path < n_path; path++) {
        LL_TRY(write_path(b, f, path, way, &n));
        memcpy(flow->hop + (size_t)flow->n_path++ * (size_t)n_most, way, (size_t)n * sizeof *way);
        for (const ll_packet_hop *h = way;; h++) {
            b->share[h->link] += 1.0 / n_path;
            if (h->meta & LL_HOP_LANDS) break;
        }
    }
    return LL_OK;
}

static ll_status visit(builder *b, int32_t src, int32_t dst, double size_B, int traffic)
{
    const ll_flow f = {src, dst, size_B};
    if (src == dst || !(size_B > 0)) return LL_OK;
    return b->counting ? count_flow(b, &f) : write_flow(b, &f, traffic);
}

/* The source's flows of one traffic; peers counted on from the source, so that an all-to-all does not
 * begin with everyone sending to chip 0. */
static ll_status visit_traffic(builder *b, int32_t chip, int traffic)
{
    const ll_traffic *t = &b->phase->traffic[traffic];
    if (t->pattern == LL_PATTERN_LIST) {
        const int64_t *first = b->list[traffic].first;
        for (int64_t k = first[chip]; k < first[chip + 1]; k++) {
            const int64_t f = b->list[traffic].order[k];
            LL_TRY(visit(b, chip, t->dst[f], t->list_B[f], traffic));
        }
        return LL_OK;
    }
    const ll_source_view s = ll_traffic_source(t, chip);
    const int32_t start = t->pattern == LL_PATTERN_ALL ? s.member : 0;
    for (int32_t j = 0; j < s.n_peer; j++) {
        const int32_t k = start + j < s.n_peer ? start + j : start + j - s.n_peer;
        LL_TRY(visit(b, chip, ll_traffic_peer(&s, k), t->size_B, traffic));
    }
    return LL_OK;
}

/* What the way of a flow's packets is like when it is empty. */
typedef struct way {
    double share_Bps;    /* c/k of engine.h */
    double latency_s;    /* of path 0, one way */
    double data_s_per_B; /* path 0: from first to last byte, there */
    double ack_s_per_B;  /* and back */
} way;

static way way_of(const builder *b, const ll_packet_flow *flow)
{
    way w = {.share_Bps = INFINITY};
    for (int path = 0; path < flow->n_path; path++) {
        const ll_packet_hop *h = flow->hop + ll_packet_way(flow, (size_t)path);
        for (bool more = true; more; more = !(h++->meta & LL_HOP_RETURNS)) {
            const ll_packet_kind *kind = &b->net->kind[ll_hop_kind(*h)];
            const bool ack = (h->meta & LL_HOP_ACK) != 0;
            double *per_B = ack ? &w.ack_s_per_B : &w.data_s_per_B;
            if (!ack) w.share_Bps = fmin(w.share_Bps, kind->cap_Bps / b->share[h->link]);
            if (path > 0) continue;
            if (!ack) w.latency_s += kind->latency_s;
            const double one = (double)kind->wire_q / (1 << LL_PACKET_Q) * 1e-12;
            *per_B = b->net->cut_through ? fmax(*per_B, one) : *per_B + one;
        }
    }
    return w;
}

/* Window and size of packets; the rule is in sim/engine/packet.c. */
static void cut(builder *b, ll_packet_flow *flow, const way *w)
{
    const ll_wire *wire = &b->problem->wire;
    const double most_B = fmax(floor(wire->packet_B), 1);
    double each_B = most_B, n = 0;
    for (int turn = 0; turn < 4; turn++) { /* the round trip depends on the size of a packet */
        const double tau_s =
            2 * w->latency_s + each_B * w->data_s_per_B + b->param->ack_B * w->ack_s_per_B;
        const double window_B = wire->window_bdp > 0 ? fmax(wire->window_bdp * w->share_Bps * tau_s,
                                                            wire->window_packets * most_B)
                                                     : wire->window_B;
        if (turn == 0) n = fmax(ceil(window_B / most_B * (1 - 1e-9)), 1);
        if (n > 1) each_B = fmin(fmax(floor(window_B / n * (1 + 1e-9)), 1), most_B);
    }
    flow->window = (uint32_t)fmin(n, LL_PACKET_SEQ_MAX);
    flow->packet_B = (uint32_t)each_B;
    const double n_packet = ceil((double)flow->size_B / each_B);
    b->most_packets = fmax(b->most_packets, n_packet);
    b->most_window = fmax(b->most_window, fmin(flow->window, n_packet));
}

/* The source's flows, which start at `first` in the store, now that all of them are known. */
static void settle_source(builder *b, int64_t first)
{
    ll_packet_net *net = b->net;
    for (int64_t unit = first; unit < net->n_unit;) {
        ll_packet_flow *flow = ll_packet_flow_at(net, (uint32_t)unit);
        const way w = way_of(b, flow);
        const int traffic = ll_packet_traffic(flow);
        cut(b, flow, &w);
        net->present[traffic] = true;
        net->latency_s[traffic] = fmax(net->latency_s[traffic], w.latency_s);
        unit += ll_packet_flow_unit(flow->n_path, flow->n_hop);
    }
    for (int64_t unit = first; unit < net->n_unit;) {
        const ll_packet_flow *flow = ll_packet_flow_at(net, (uint32_t)unit);
        for (int h = 0; h < flow->n_path * flow->n_hop; h++)
            b->share[flow->hop[h].link] = 0;
        unit += ll_packet_flow_unit(flow->n_path, flow->n_hop);
    }
}

static ll_status walk(builder *b)
{
    for (int32_t chip = 0; chip < b->problem->topo->n_chip; chip++) {
        const int64_t first = b->net->n_unit;
        for (int i = 0; i < b->phase->n_traffic; i++)
            LL_TRY(visit_traffic(b, chip, i));
        if (!b->counting) settle_source(b, first);
    }
    return LL_OK;
}

/* The fraction of the longest run: K packets of the largest flow or 8 windows, made up to whole windows
 * in each quarter. */
static double fraction(const builder *b)
{
    const double wanted = (double)b->param->packets_per_flow, step = 4 * b->most_window;
    const double most = step * ceil(fmax(wanted, 8 * b->most_window) / step);
    return wanted > 0 && most < b->most_packets ? most / b->most_packets : 1;
}

ll_status ll_packet_net_reset(ll_packet_net *net, double part, ll_error *err)
{
    net->n_packet = 0;
    for (ll_packet_flow *flow = ll_packet_first(net); flow != NULL;
         flow = ll_packet_next(net, flow)) {
        const double size_B = part < 1 ? ceil((double)flow->size_B * part) : (double)flow->size_B;
        const double n = ceil(size_B / flow->packet_B);
        if (n > LL_PACKET_SEQ_MAX)
            return ll_error_set(err, LL_ERR_RUN,
                                "engine packet: a flow of %g packets; at most %d are possible: "
                                "engine.packets_per_flow bounds them",
                                n, LL_PACKET_SEQ_MAX);
        flow->n_packet = (uint32_t)n;
        flow->last_B = (uint32_t)(size_B - (n - 1) * flow->packet_B);
        flow->next = flow->window < flow->n_packet ? flow->window : flow->n_packet;
        net->n_packet += flow->n_packet;
    }
    for (int64_t l = 0; l < net->n_link; l++) {
        net->link[l] = (ll_packet_link){0};
        for (int v = 0; v < LL_PACKET_LANES; v++)
            net->link[l].credit[v] = net->kind[net->link_kind[l]].buffer;
    }
    return LL_OK;
}

/* ---- Own links ------------------------------------------------------------------------------- */

/* Numbers the links of each rank, and turns the numbers of hops into these; finds the neighbours. */
static void make_local(builder *b)
{
    ll_packet_net *net = b->net;
    int64_t *count = ll_arena_array(b->mem, b->size, int64_t);
    for (int64_t l = 0; l < net->n_link_all; l++)
        b->met[l].local = (uint32_t)count[b->met[l].owner]++;
    net->n_link = count[b->rank];
    net->link = ll_arena_array(b->mem, net->n_link, ll_packet_link);
    net->link_kind = ll_arena_array(b->mem, net->n_link, uint16_t);
    net->link_id = ll_arena_array(b->mem, net->n_link, int64_t);
    net->neighbour = ll_arena_array(b->mem, b->size, uint8_t);
    for (int64_t l = 0; l < net->n_link_all; l++) {
        const met_link *m = &b->met[l];
        if (m->owner != (uint32_t)b->rank) continue;
        net->link_id[m->local] = m->id;
        net->link_kind[m->local] = (uint16_t)m->kind;
    }
    for (ll_packet_flow *flow = ll_packet_first(net); flow != NULL;
         flow = ll_packet_next(net, flow))
        for (int path = 0; path < flow->n_path; path++) {
            ll_packet_hop *hop = flow->hop + ll_packet_way(flow, (size_t)path);
            uint32_t from = ll_hop_owner(*hop);
            for (int h = 0, last = 0; !last; h++) {
                const uint32_t to = ll_hop_owner(hop[h]);
                if (from == (uint32_t)b->rank) net->neighbour[to] = 1;
                if (to == (uint32_t)b->rank) net->neighbour[from] = 1;
                last = (hop[h].meta & LL_HOP_RETURNS) != 0;
                hop[h].link = b->met[hop[h].link].local;
                from = to;
            }
        }
    net->neighbour[b->rank] = 0;
}

static ll_status build(builder *b)
{
    ll_packet_net *net = b->net;
    b->counting = true;
    LL_TRY(walk(b));
    if (net->n_unit > UINT32_MAX)
        return ll_error_set(b->err, LL_ERR_RUN, "engine packet: %lld flows are too many",
                            (long long)net->n_flow);
    net->store = ll_arena_array(b->mem, net->n_unit, uint64_t);
    net->n_link_all = b->link_map.n;
    b->share = ll_arena_array(b->mem, net->n_link_all, double);
    b->counting = false;
    net->n_unit = 0;
    LL_TRY(walk(b));
    net->fraction = fraction(b);
    if (net->delta_ps > LL_PACKET_DELTA_MAX) net->delta_ps = LL_PACKET_DELTA_MAX;
    return LL_OK;
}

ll_status ll_packet_net_create(const ll_problem *problem, const ll_phase *phase,
                               const ll_packet_param *param, int rank, int size, ll_arena *mem,
                               ll_packet_net *net, ll_error *err)
{
    builder b = {
        .problem = problem,
        .phase = phase,
        .param = param,
        .net = net,
        .mem = mem,
        .err = err,
        .rank = rank,
        .size = size,
    };
    *net = (ll_packet_net){.ack_B = (uint32_t)param->ack_B,
                           .cut_through = param->switching == 0,
                           .hash = (ll_packet_hash)param->state_hash,
                           .kind = ll_arena_array(mem, LL_PACKET_KINDS, ll_packet_kind)};
    LL_ASSERT(problem->wire.packet_B <= INT32_MAX, "packets of %g B", problem->wire.packet_B);
    net->damage = (ll_damage){.frac = param->loss_frac,
                              .go_back_n = param->retransmission == 1,
                              .end_to_end = param->recovery == 1,
                              .timeout_ps = (int64_t)round(param->timeout_s * 1e12),
                              .seed = (uint64_t)param->seed};
    LL_ASSERT(size <= LL_PACKET_RANKS, "%d ranks", size);
    choose_tile(&b);
    b.cap_met = 1024;
    b.met = ll_arena_array(mem, b.cap_met, met_link);
    ll_index_map_init(&b.link_map, mem);
    ll_index_map_init(&b.kind_map, mem);
    for (int i = 0; i < phase->n_traffic; i++)
        if (phase->traffic[i].pattern == LL_PATTERN_LIST)
            b.list[i] = ll_traffic_list_order(&phase->traffic[i], 0, problem->topo->n_chip, mem);
    LL_TRY(build(&b));
    const ll_arena_mark here = ll_arena_here(mem);
    if (param->buffer_packets > 0)
        net->n_class = ll_packet_lanes(net, (int)param->virtual_lanes, mem);
    ll_arena_release(mem, here);
    make_local(&b);
    return LL_OK;
}
