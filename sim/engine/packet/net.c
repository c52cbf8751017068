#include "sim/engine/packet/net.h"

#include "sim/engine/packet/book.h"
#include "sim/engine/packet/effort.h"
#include "sim/engine/packet/lane.h"
#include "sim/engine/packet/watch.h"
#include "sim/engine/packet/ways.h"
#include "sim/engine/packet/window.h"

#include <math.h>

/* Builds the net in two walks over all flows, in order. The first finds the links in use and
 * counts. The second has all flows of one source in `draft`, to compute their windows, and keeps
 * those that cross links of this rank. */
typedef struct builder {
    const ll_problem *problem;
    const ll_phase *phase;
    const ll_packet_param *param;
    ll_packet_net *net;
    ll_arena *mem;
    ll_error *err;
    uint32_t rank;
    int size;
    bool credits;
    ll_packet_book book;
    ll_list_order list[LL_MAX_TRAFFIC]; /* LIST: by source */
    ll_lane_order lanes;                /* finite buffers */
    ll_packet_ways ways;                /* of the current flow */
    uint64_t *draft; /* [n_draft] of [cap_draft] flows of the source at hand; hop.link: of all */
    int64_t n_draft, cap_draft;
    double *share;    /* [n_link_all] flows of the source at hand on the link; 0 between sources */
    int64_t n_walked; /* flows */
    const ll_timing *timing;
    int32_t most_path;
    double most_packets; /* of the largest flow */
    double most_window;  /* in packets */
    bool counting;       /* the first walk */
    ll_progress *progress;
} builder;

/* ---- First walk ------------------------------------------------------------------------------ */

static ll_status count_flow(builder *b, const ll_flow *f)
{
    int n_most = 0;
    bool mine = false;
    LL_TRY(ll_packet_ways_write(&b->ways, f, &n_most, b->err));
    if (b->ways.n > UINT16_MAX || n_most >= 1 << LL_PACKET_HOP_BITS)
        return ll_error_set(b->err, LL_ERR_RUN,
                            "engine packet: flow from chip %d to %d has %d paths of up to %d hops",
                            f->src, f->dst, b->ways.n, n_most);
    for (int32_t k = 0; k < b->ways.n; k++) {
        const ll_packet_hop *way = ll_packet_ways_at(&b->ways, k);
        if (b->credits) ll_lane_order_add(&b->lanes, way);
        for (int h = 0; h < b->ways.n_hop[k] && !mine; h++)
            mine = ll_hop_owner(way[h]) == b->rank;
    }
    if (b->ways.n > b->most_path) b->most_path = b->ways.n;
    b->net->n_flow++;
    if (!mine) return LL_OK;
    b->net->n_flow_kept++;
    b->net->n_unit += ll_packet_flow_unit(b->ways.n, n_most);
    return LL_OK;
}

/* ---- Second walk ----------------------------------------------------------------------------- */

static ll_packet_flow *draft_flow(builder *b, int n_most)
{
    const int64_t n = ll_packet_flow_unit(b->ways.n, n_most);
    if (b->n_draft + n > b->cap_draft) {
        b->cap_draft = 2 * (b->n_draft + n);
        b->draft = ll_arena_grown(b->mem, b->draft, b->n_draft, b->cap_draft, sizeof *b->draft);
    }
    ll_packet_flow *flow = (ll_packet_flow *)(b->draft + b->n_draft);
    b->n_draft += n;
    return flow;
}

/* Notes the flow's number in the phase, if ends of flows are wanted. */
static void note_number(builder *b, int traffic, int64_t number)
{
    const ll_timing *timing = b->timing;
    ll_packet_net *net = b->net;
    if (net->number == NULL) return;
    net->number[b->n_walked] = net->first_number[traffic] + number;
    if (timing != NULL && timing->first_node[traffic] >= 0)
        net->flow_of_node[timing->first_node[traffic] + number] = (uint32_t)b->n_walked;
}

static ll_status write_flow(builder *b, const ll_flow *f, int traffic, int64_t number)
{
    int n_most = 0;
    LL_TRY(ll_packet_ways_write(&b->ways, f, &n_most, b->err));
    note_number(b, traffic, number);
    ll_packet_flow *flow = draft_flow(b, n_most);
    const uint32_t owner = ll_packet_slice_owner(&b->book.slice, f->src);
    *flow = (ll_packet_flow){.size_B = (uint64_t)ceil(f->size_B),
                             .id = (uint32_t)b->n_walked++,
                             .n_path = (uint16_t)b->ways.n,
                             .n_minimal = (uint16_t)b->ways.n_minimal,
                             .n_hop = (uint8_t)n_most,
                             .tag = (uint8_t)(traffic << 4 | f->dst % 12),
                             .part = (uint8_t)ll_packet_ways_part(&b->ways, n_most),
                             .home = owner == b->rank};
    for (int32_t k = 0; k < b->ways.n; k++) {
        ll_packet_hop *h = flow->hop + ll_packet_way(flow, (size_t)k);
        const size_t n = (size_t)b->ways.n_hop[k];
        memcpy(h, ll_packet_ways_at(&b->ways, k), n * sizeof *h);
        memset(h + n, 0, ((size_t)n_most - n) * sizeof *h);
        for (bool more = true; more; more = !(h++->meta & LL_HOP_LANDS))
            b->share[h->link] += 1.0 / b->ways.n;
    }
    return LL_OK;
}

/* Replaces global link numbers by those of their owners, and notes which ranks exchange packets;
 * source: the rank that lets them go. Returns whether any link is this rank's. */
static bool make_local(builder *b, ll_packet_flow *flow, uint32_t source)
{
    ll_packet_net *net = b->net;
    bool mine = false;
    for (int path = 0; path < flow->n_path; path++) {
        ll_packet_hop *hop = flow->hop + ll_packet_way(flow, (size_t)path);
        uint32_t from = source;
        for (bool more = true; more; more = !(hop++->meta & LL_HOP_RETURNS)) {
            const uint32_t to = ll_hop_owner(*hop);
            if (from == b->rank) net->neighbour[to] = 1;
            if (to == b->rank) net->neighbour[from] = 1;
            mine |= to == b->rank;
            hop->link = b->book.met[hop->link].local;
            from = to;
        }
    }
    return mine;
}

static void keep_flow(builder *b, const ll_packet_flow *flow)
{
    ll_packet_net *net = b->net;
    const int64_t n = ll_packet_flow_unit(flow->n_path, flow->n_hop);
    net->index.bit[flow->id / 64] |= (uint64_t)1 << flow->id % 64;
    net->index.place[net->n_flow_kept++] = (uint32_t)net->n_unit;
    memcpy(net->store + net->n_unit, flow, (size_t)n * sizeof *net->store);
    net->n_unit += n;
}

/* Sets the windows of the flows that a source releases together; then keeps or drops them. */
static void settle_source(builder *b, uint32_t source)
{
    ll_packet_net *net = b->net;
    const uint64_t *const end = b->n_draft > 0 ? b->draft + b->n_draft : b->draft;
    for (uint64_t *at = b->draft; at < end;) {
        ll_packet_flow *flow = (ll_packet_flow *)at;
        at += ll_packet_flow_unit(flow->n_path, flow->n_hop);
        const int traffic = ll_packet_traffic(flow);
        const double latency_s =
            ll_packet_window_set(&b->problem->wire, b->param, b->book.kind, b->share, flow);
        const double n_packet = ceil((double)flow->size_B / flow->packet_B);
        b->most_packets = fmax(b->most_packets, n_packet);
        b->most_window = fmax(b->most_window, fmin(flow->window, n_packet));
        net->present[traffic] = true;
        net->latency_s[traffic] = fmax(net->latency_s[traffic], latency_s);
    }
    for (uint64_t *at = b->draft; at < end;) {
        ll_packet_flow *flow = (ll_packet_flow *)at;
        at += ll_packet_flow_unit(flow->n_path, flow->n_hop);
        for (int h = 0; h < flow->n_path * flow->n_hop; h++)
            b->share[flow->hop[h].link] = 0;
        if (b->credits) {
            const int n_class = (int)ll_lane_order_class(&b->lanes, flow) + 1;
            if (n_class > net->n_class) net->n_class = n_class;
        }
        if (!make_local(b, flow, source)) continue;
        if (net->watch != NULL) ll_watch_flow(net, flow, source, b->rank, b->mem);
        keep_flow(b, flow);
    }
    b->n_draft = 0;
}

/* ---- The walk -------------------------------------------------------------------------------- */

static ll_status visit(builder *b, const ll_flow *f, int traffic, int64_t number)
{
    if (ll_flow_is_nothing(f)) return LL_OK;
    return b->counting ? count_flow(b, f) : write_flow(b, f, traffic, number);
}

/* Flows of one release that a list has for this chip. Those of the next release begin at *next. */
static ll_status visit_list(builder *b, int32_t chip, int traffic, int32_t release, int32_t *next)
{
    const ll_list_order *list = &b->list[traffic];
    const int64_t begin = list->first[chip], end = list->first[chip + 1];
    for (int64_t k = ll_timing_first(b->timing, traffic, list, begin, end, release); k < end; k++) {
        const int32_t this = ll_timing_release(b->timing, traffic, list->order[k]);
        if (this > release) {
            *next = this < *next ? this : *next;
            break;
        }
        ll_flow f;
        ll_traffic_flow(&b->phase->traffic[traffic], list->order[k], &f);
        LL_TRY(visit(b, &f, traffic, list->order[k]));
    }
    return LL_OK;
}

/* The source's flows of one traffic; peers counted on from the source, so that an all-to-all does
 * not begin with everyone sending to chip 0. */
static ll_status visit_traffic(builder *b, int32_t chip, int traffic, int32_t release,
                               int32_t *next)
{
    const ll_traffic *t = &b->phase->traffic[traffic];
    if (t->pattern == LL_PATTERN_LIST) return visit_list(b, chip, traffic, release, next);
    const ll_source_view s = ll_traffic_source(t, chip);
    const int32_t start = t->pattern == LL_PATTERN_ALL ? s.member : 0;
    for (int32_t j = 0; j < s.n_peer && release == 0; j++) {
        const int32_t k = start + j < s.n_peer ? start + j : start + j - s.n_peer;
        const ll_flow f = ll_traffic_peer(&s, k);
        LL_TRY(visit(b, &f, traffic, b->net->number == NULL ? -1 : ll_traffic_number(&s, k)));
    }
    return LL_OK;
}

static ll_status walk(builder *b, bool counting)
{
    b->counting = counting;
    const int32_t n_chip = b->problem->topo->n_chip;
    for (int32_t chip = 0; chip < n_chip; chip++) {
        for (int32_t release = 0, next; release < INT32_MAX; release = next) {
            next = INT32_MAX;
            for (int i = 0; i < b->phase->n_traffic; i++)
                LL_TRY(visit_traffic(b, chip, i, release, &next));
            if (!counting) settle_source(b, ll_packet_slice_owner(&b->book.slice, chip));
        }
        if (b->progress != NULL)
            ll_progress_reach(b->progress, 0.5 * (chip + 1) / n_chip + (counting ? 0 : 0.5));
    }
    return LL_OK;
}

/* ---- Between the walks, and after ------------------------------------------------------------ */

/* Layout of `order`: bits for a chosen path, between those of the hop and of the sequence number.
 */
static void choose_order(builder *b)
{
    int bits = 0;
    const bool adaptive = b->param->paths == LL_PATHS_ADAPTIVE || b->problem->topo->detours != NULL;
    while (adaptive && (int32_t)1 << bits < b->most_path)
        bits++;
    b->net->seq_shift = LL_PACKET_HOP_BITS + bits;
    if (b->net->seq_shift > LL_PACKET_HOP_BITS)
        b->net->watch = ll_watch_create(b->book.n_owned, b->size, b->mem);
}

static void allocate(builder *b)
{
    ll_packet_net *net = b->net;
    const int64_t n_word = net->n_flow / 64 + 1;
    net->store = ll_arena_array(b->mem, net->n_unit, uint64_t);
    net->index.bit = ll_arena_array(b->mem, n_word, uint64_t);
    net->index.before = ll_arena_array(b->mem, n_word, uint32_t);
    net->index.place = ll_arena_array(b->mem, net->n_flow_kept, uint32_t);
    net->n_link_all = b->book.link_map.n;
    net->n_link = b->book.n_owned[b->rank];
    net->link = ll_arena_array(b->mem, net->n_link, ll_packet_link);
    net->link_kind = ll_arena_array(b->mem, net->n_link, uint16_t);
    net->link_id = ll_arena_array(b->mem, net->n_link, int64_t);
    net->neighbour = ll_arena_array(b->mem, b->size, uint8_t);
    b->share = ll_arena_array(b->mem, net->n_link_all, double);
    if (net->first_number != NULL) net->number = ll_arena_array(b->mem, net->n_flow, int64_t);
    if (b->timing != NULL) {
        net->flow_of_node = ll_arena_array(b->mem, b->timing->n_node, uint32_t);
        net->ready_ps = ll_arena_array(b->mem, b->timing->n_node, double);
    }
    for (int64_t l = 0; l < net->n_link_all; l++) {
        const ll_packet_met *met = &b->book.met[l];
        if (met->owner != b->rank) continue;
        net->link_id[met->local] = met->id;
        net->link_kind[met->local] = (uint16_t)met->kind;
    }
    net->n_unit = net->n_flow_kept = 0;
}

/* Whether all packets are simulated: start times, and ends of single flows, cannot be extrapolated.
 */
static bool wants_all(const builder *b) { return b->net->first_number != NULL; }

/* Fraction of all bytes in the longest run. */
static double fraction(const builder *b)
{
    const double kept = ll_packet_kept(b->param, b->most_packets, b->most_window);
    return kept < b->most_packets && !wants_all(b) ? kept / b->most_packets : 1;
}

static void finish(builder *b)
{
    ll_packet_net *net = b->net;
    for (int64_t w = 1; w <= net->n_flow / 64; w++)
        net->index.before[w] =
            net->index.before[w - 1] + (uint32_t)__builtin_popcountll(net->index.bit[w - 1]);
    for (int r = 0; r < b->size && b->timing != NULL; r++)
        net->neighbour[r] = 1;
    net->neighbour[b->rank] = 0;
    net->kind = b->book.kind;
    net->n_kind = (int)b->book.kind_map.n;
    net->delta_ps = b->book.delta_ps;
    net->fraction = fraction(b);
    if (b->credits) ll_lane_assign(net, (int)b->param->virtual_lanes);
    if (net->watch != NULL) ll_watch_settle(net->watch, net->n_link, b->mem);
}

static ll_status build(builder *b)
{
    ll_packet_net *net = b->net;
    LL_TRY(walk(b, true));
    if (net->n_flow > UINT32_MAX - 64 || net->n_unit > UINT32_MAX)
        return ll_error_set(b->err, LL_ERR_RUN, "engine packet: %lld flows are too many",
                            (long long)net->n_flow);
    choose_order(b);
    if (b->credits) ll_lane_order_find(&b->lanes, b->book.link_map.n);
    allocate(b);
    LL_TRY(walk(b, false));
    finish(b);
    return LL_OK;
}

static void number_flows(builder *b)
{
    int64_t *first = ll_arena_array(b->mem, b->phase->n_traffic + 1, int64_t);
    for (int i = 0; i < b->phase->n_traffic; i++)
        first[i + 1] = first[i] + ll_traffic_n_flow(&b->phase->traffic[i]);
    b->net->first_number = first;
}

ll_status ll_packet_net_create(const ll_problem *problem, const ll_phase *phase,
                               const ll_packet_param *param, const ll_packet_place *place,
                               ll_arena *mem, ll_packet_net *net, ll_error *err)
{
    builder b = {.problem = problem,
                 .phase = phase,
                 .param = param,
                 .net = net,
                 .mem = mem,
                 .err = err,
                 .rank = (uint32_t)place->rank,
                 .size = place->size,
                 .progress = place->progress,
                 .credits = param->buffer_packets > 0 && param->overflow == 0};
    LL_ASSERT(problem->wire.packet_B <= INT32_MAX, "packets of %g B", problem->wire.packet_B);
    LL_ASSERT(place->size <= LL_PACKET_RANKS, "%d ranks", place->size);
    *net = (ll_packet_net){.ack_B = (uint32_t)param->ack_B,
                           .cut_through = param->switching == 0,
                           .hash = (ll_packet_hash)param->state_hash,
                           .damage = {.frac = param->loss_frac,
                                      .overflow = param->buffer_packets > 0 && !b.credits,
                                      .go_back_n = param->retransmission == 1,
                                      .end_to_end = param->recovery == 1,
                                      .timeout_ps = (int64_t)round(param->timeout_s * 1e12),
                                      .seed = (uint64_t)param->seed}};
    net->damage.any = net->damage.frac > 0 || net->damage.overflow;
    ll_packet_book_init(&b.book, problem, param->buffer_packets, place->size, mem);
    ll_packet_ways_init(&b.ways, &b.book, param, b.credits, mem);
    ll_lane_order_init(&b.lanes, mem);
    ll_timing *timing;
    LL_TRY(ll_timing_create(phase->n_traffic, phase->traffic, mem, &timing, err));
    b.timing = net->timing = timing;
    for (int i = 0; i < phase->n_traffic; i++)
        if (phase->traffic[i].pattern == LL_PATTERN_LIST) {
            const int32_t n_chip = problem->topo->n_chip;
            b.list[i] = ll_traffic_list_order(&phase->traffic[i], 0, n_chip, mem);
            ll_timing_sort(timing, i, n_chip, &b.list[i], mem);
        }
    if (timing != NULL || phase->flow_end_s != NULL) number_flows(&b);
    return build(&b);
}
