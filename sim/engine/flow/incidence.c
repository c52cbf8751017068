#include "sim/engine/flow/incidence.h"

#include "sim/base/index_map.h"
#include "sim/comm/progress.h"
#include "sim/engine/flow/orbits.h"

#include <math.h>

enum { PIECE = 1 << 18 }; /* entries in one piece of memory, at least */

typedef struct builder {
    ll_link_book *book;
    const ll_phase *phase;
    ll_arena *mem;
    ll_incidence *inc;
    int64_t lo, hi;      /* chips of this rank */
    ll_list_order *list; /* [n_traffic], only LIST traffics are filled */
    ll_entries *piece;   /* the last one */
    ll_flow_kind *pend;  /* [n_pend] of [cap_pend] flows of the source at hand, without window */
    int64_t n_pend, cap_pend;
    ll_index_map kind_map;
    ll_flow_kind *kinds; /* [inc->n_flow_kind] of [cap_kind] */
    int64_t cap_kind;
    int64_t *
        first_number; /* [n_traffic] of flow 0 of a traffic, if the end of each flow is asked for */
    int64_t *pend_number; /* [n_pend] of [cap_pend] */
    ll_orbits *orbits;    /* NULL: every source stands for itself */
    int32_t n_alike;      /* chips that the source at hand stands for */
} builder;

/* Rounds to 44 significant bits, so that sums over the same latencies in another order are equal
 * and symmetric flows stay symmetric; 6e-14 is far below what any figure of a network is known to.
 */
static double rounded(double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    bits = (bits + 128) & ~(uint64_t)255;
    memcpy(&v, &bits, sizeof bits);
    return v;
}

static int32_t *reserve(builder *b, int64_t n)
{
    while (b->piece == NULL || b->piece->cap - b->piece->n < n) {
        ll_entries **next = b->piece == NULL ? &b->inc->entries : &b->piece->next;
        if (*next == NULL) { /* else one that merged flows have left empty */
            *next = ll_arena_new(b->mem, ll_entries);
            (*next)->cap = n > PIECE ? n : PIECE;
            (*next)->link = ll_arena_array(b->mem, (*next)->cap, int32_t);
        }
        b->piece = *next;
    }
    return b->piece->link + b->piece->n;
}

static void pend_reserve(builder *b)
{
    if (b->n_pend < b->cap_pend) return;
    b->cap_pend = 2 * b->cap_pend + 64;
    b->pend = ll_arena_grown(b->mem, b->pend, b->n_pend, b->cap_pend, sizeof *b->pend);
    if (b->first_number == NULL) return;
    b->pend_number =
        ll_arena_grown(b->mem, b->pend_number, b->n_pend, b->cap_pend, sizeof *b->pend_number);
}

/* number: of ll_traffic_flow; used only where it is asked for, or the list is timed. */
static ll_status add_flow(builder *b, const ll_flow *f, int32_t traffic, int64_t number,
                          ll_error *err)
{
    ll_link_book *book = b->book;
    const ll_topology *topo = book->topo;
    const ll_timing *timing = b->inc->timing;
    const int32_t src = f->src, dst = f->dst;
    if (ll_flow_is_nothing(f)) return LL_OK;
    pend_reserve(b);
    const int32_t n_path = topo->type->n_path(topo, src, dst);
    const double share = 1.0 / n_path;
    int32_t *entry = reserve(b, (int64_t)n_path * topo->max_hop);
    int64_t n = 0;
    ll_path_latency latency = {0}, packet = {0};
    for (int32_t path = 0; path < n_path; path++) {
        int64_t hop[LL_MAX_HOP];
        const int n_hop = topo->type->route(topo, src, dst, path, LL_MAX_HOP, hop);
        if (n_hop < 1)
            return ll_error_set(err, LL_ERR_RUN, "route from chip %d to %d: more than %d hops", src,
                                dst, LL_MAX_HOP);
        double latency_s = 0, service_s = 0;
        for (int h = 0; h < n_hop; h++) {
            const int32_t kind = ll_link_book_kind(book, hop[h]);
            book->share[hop[h]] += share;
            entry[n++] = (int32_t)hop[h];
            latency_s += book->kinds[kind].latency_s;
            service_s = fmax(service_s, book->kinds[kind].service_s);
        }
        ll_path_latency_add(&latency, rounded(latency_s), share);
        ll_path_latency_add(&packet, service_s, share);
    }
    b->piece->n += n;
    if (b->first_number != NULL) b->pend_number[b->n_pend] = b->first_number[traffic] + number;
    const bool timed = timing != NULL && timing->first_node[traffic] >= 0;
    b->pend[b->n_pend++] = (ll_flow_kind){.size_B = f->size_B,
                                          .latency_s = latency.longest_s,
                                          .tau_s = rounded(2 * latency.mean_s + packet.mean_s),
                                          .node = timed ? timing->first_node[traffic] + number : -1,
                                          .traffic = traffic,
                                          .n_path = n_path,
                                          .n_entry = n};
    return LL_OK;
}

static uint32_t flow_kind_of(builder *b, const ll_flow_kind *kind)
{
    ll_incidence *inc = b->inc;
    if (inc->n_flow > 0) { /* most flows are like the one before */
        const uint32_t last = inc->flow_kind[inc->n_flow - 1];
        if (ll_flow_kind_same(&b->kinds[last], kind)) return last;
    }
    uint64_t key = ll_mix_f64((uint64_t)kind->traffic, kind->n_path);
    key = ll_mix_f64(key, (double)kind->n_entry);
    if (kind->node >= 0) key = ll_mix(key + (uint64_t)kind->node);
    key = ll_mix_f64(ll_mix_f64(key, kind->size_B), kind->window_B);
    key = ll_mix_f64(ll_mix_f64(key, kind->latency_s), kind->tau_s);
    const int64_t n = inc->n_flow_kind;
    const int64_t i = ll_index_map_of(&b->kind_map, key);
    if (i == n) {
        if (n == b->cap_kind) {
            b->cap_kind = 2 * n + 64;
            b->kinds = ll_arena_grown(b->mem, b->kinds, n, b->cap_kind, sizeof *kind);
        }
        b->kinds[n] = *kind;
        inc->n_flow_kind++;
    }
    LL_ASSERT(ll_flow_kind_same(&b->kinds[i], kind), "flow kinds collide at %lld", (long long)i);
    return (uint32_t)i;
}

/* The links of the source at hand, whose entries begin at start_at: no longer its own, but used. */
static void release_links(builder *b, const ll_entries *start, int64_t start_at, int64_t first)
{
    ll_link_book *book = b->book;
    for (const ll_entries *e = start; e != NULL; e = e->next)
        for (int64_t i = e == start ? start_at : 0; i < e->n; i++)
            book->share[e->link[i]] = 0;
    if (b->orbits != NULL)
        b->piece = ll_orbits_merge(b->orbits, b->inc, b->kinds, first, (ll_entries *)start,
                                   start_at, b->n_alike);
    for (const ll_entries *e = start; e != NULL; e = e->next) {
        const int64_t begin = e == start ? start_at : 0;
        for (int64_t i = begin; i < e->n; i++)
            book->used[e->link[i] / 64] |= (uint64_t)1 << (e->link[i] % 64);
        b->inc->n_entry += e->n - begin;
    }
}

/* The windows of the source's flows, now that all of them are routed. c/k: see engine.h; k counts a
 * flow by its share of the link. */
static void settle_source(builder *b, ll_entries *piece, int64_t at)
{
    ll_link_book *book = b->book;
    ll_incidence *inc = b->inc;
    ll_entries *start = piece;
    const int64_t start_at = at, first = inc->n_flow;
    for (int64_t p = 0; p < b->n_pend; p++) {
        ll_flow_kind *q = &b->pend[p];
        while (at + q->n_entry > piece->n) {
            piece = piece->next;
            at = 0;
        }
        double rate_Bps = INFINITY;
        for (int64_t e = 0; e < q->n_entry && book->wire.window_bdp > 0; e++) {
            const int32_t id = piece->link[at + e];
            rate_Bps =
                fmin(rate_Bps, book->kinds[ll_link_book_kind(book, id)].cap_Bps / book->share[id]);
        }
        at += q->n_entry;
        q->window_B = book->wire.packet_B * ll_wire_window_packets(&book->wire, rate_Bps, q->tau_s);
        inc->flow_kind[inc->n_flow] = flow_kind_of(b, q);
        if (inc->number != NULL) inc->number[inc->n_flow] = b->pend_number[p];
        inc->n_flow++;
    }
    release_links(b, start, start_at, first);
    b->n_pend = 0;
}

/* Flows of one release that traffic number i lists for this chip. Those of the next release begin
 * at *next. */
static ll_status add_listed(builder *b, int32_t chip, int i, int32_t release, int32_t *next,
                            ll_error *err)
{
    const ll_traffic *t = &b->phase->traffic[i];
    const ll_list_order *list = &b->list[i];
    const ll_timing *timing = b->inc->timing;
    const int64_t begin = list->first[chip - b->lo], end = list->first[chip - b->lo + 1];
    for (int64_t k = ll_timing_first(timing, i, list, begin, end, release); k < end; k++) {
        const int32_t this = ll_timing_release(timing, i, list->order[k]);
        if (this > release) {
            *next = this < *next ? this : *next;
            break;
        }
        ll_flow f;
        ll_traffic_flow(t, list->order[k], &f);
        LL_TRY(add_flow(b, &f, i, list->order[k], err));
    }
    return LL_OK;
}

/* The flows of a chip that are released together. *next: the release after that; INT32_MAX: none.
 */
static ll_status add_release(builder *b, int32_t chip, int32_t release, int32_t *next,
                             ll_error *err)
{
    const int64_t piece_n = b->piece == NULL ? 0 : b->piece->n;
    ll_entries *piece = b->piece;
    *next = INT32_MAX;
    for (int i = 0; i < b->phase->n_traffic; i++) {
        const ll_traffic *t = &b->phase->traffic[i];
        if (t->pattern == LL_PATTERN_LIST) {
            LL_TRY(add_listed(b, chip, i, release, next, err));
            continue;
        }
        const ll_source_view s = ll_traffic_source(t, chip);
        for (int32_t j = 0; j < s.n_peer && release == 0; j++) {
            const ll_flow f = ll_traffic_peer(&s, j);
            const int64_t number = b->first_number == NULL ? -1 : ll_traffic_number(&s, j);
            LL_TRY(add_flow(b, &f, i, number, err));
        }
    }
    if (b->n_pend > 0)
        settle_source(b, piece == NULL ? b->inc->entries : piece, piece == NULL ? 0 : piece_n);
    return LL_OK;
}

static ll_status add_source(builder *b, int32_t chip, ll_error *err)
{
    if (b->orbits != NULL && !ll_orbits_stands(b->orbits, chip, &b->n_alike)) return LL_OK;
    for (int32_t release = 0, next; release < INT32_MAX; release = next)
        LL_TRY(add_release(b, chip, release, &next, err));
    return LL_OK;
}

/* An upper bound of the flows of this rank; sorts the lists on the way. */
static int64_t count_flows(builder *b)
{
    int64_t n = 0;
    b->list = ll_arena_array(b->mem, b->phase->n_traffic, ll_list_order);
    for (int i = 0; i < b->phase->n_traffic; i++) {
        const ll_traffic *t = &b->phase->traffic[i];
        if (t->pattern == LL_PATTERN_LIST) {
            b->list[i] = ll_traffic_list_order(t, b->lo, b->hi, b->mem);
            ll_timing_sort(b->inc->timing, i, b->hi - b->lo, &b->list[i], b->mem);
            n += b->list[i].first[b->hi - b->lo];
            continue;
        }
        for (int32_t chip = (int32_t)b->lo; chip < b->hi; chip++)
            if (b->orbits == NULL || ll_orbits_stands(b->orbits, chip, &b->n_alike))
                n += ll_traffic_source(t, chip).n_peer;
    }
    return n;
}

/* Numbers the links that any rank uses, and turns link ids into these numbers. */
static void number_links(builder *b, ll_comm *comm)
{
    ll_link_book *book = b->book;
    ll_incidence *inc = b->inc;
    ll_comm_or_u64(comm, book->n_word, book->used);
    for (int64_t w = 0; w < book->n_word; w++)
        inc->n_link += __builtin_popcountll(book->used[w]);
    uint32_t *kind = ll_arena_array(b->mem, inc->n_link, uint32_t);
    int32_t *id = ll_arena_array(b->mem, inc->n_link, int32_t);
    int64_t n = 0;
    for (int64_t w = 0; w < book->n_word; w++) {
        for (uint64_t word = book->used[w]; word != 0; word &= word - 1, n++) {
            id[n] = (int32_t)(w * 64 + __builtin_ctzll(word));
            book->number[id[n]] = (int32_t)n;
            kind[n] = (uint32_t)ll_link_book_kind(book, id[n]);
        }
        book->used[w] = 0;
    }
    for (ll_entries *e = inc->entries; e != NULL; e = e->next)
        for (int64_t i = 0; i < e->n; i++)
            e->link[i] = book->number[e->link[i]];
    inc->link_kind = kind;
    inc->link_id = id;
    inc->link_kinds = book->kinds;
}

static ll_status add_all(builder *b, ll_comm *comm, ll_error *err)
{
    if (b->book->topo->n_link > INT32_MAX)
        return ll_error_set(err, LL_ERR_RUN, "%lld links: at most %d are supported",
                            (long long)b->book->topo->n_link, INT32_MAX);
    ll_progress progress;
    ll_status status = LL_OK;
    ll_progress_begin(&progress, comm, "flow", "of the flows", (double)(b->hi - b->lo));
    for (int64_t chip = b->lo; chip < b->hi && status == LL_OK; chip++) {
        status = add_source(b, (int32_t)chip, err);
        ll_progress_step(&progress, 1);
    }
    ll_progress_end(&progress);
    return status;
}

/* Room for the numbers of flows, if their ends are asked for. */
static void prepare_numbers(builder *b, int64_t n_max)
{
    const ll_phase *phase = b->phase;
    if (phase->flow_end_s == NULL) return;
    b->first_number = ll_arena_array(b->mem, phase->n_traffic, int64_t);
    for (int i = 0; i < phase->n_traffic; i++) {
        b->first_number[i] = b->inc->n_number;
        b->inc->n_number += ll_traffic_n_flow(&phase->traffic[i]);
    }
    b->inc->number = ll_arena_array(b->mem, n_max, int64_t);
}

ll_status ll_incidence_create(ll_link_book *book, const ll_phase *phase, bool orbits, ll_comm *comm,
                              ll_arena *mem, ll_incidence **out, ll_error *err)
{
    ll_incidence *inc = ll_arena_new(mem, ll_incidence);
    ll_orbits symmetry;
    builder b = {.book = book, .phase = phase, .mem = mem, .inc = inc};
    ll_comm_slice(comm, book->topo->n_chip, &b.lo, &b.hi);
    ll_index_map_init(&b.kind_map, mem);
    if (orbits && ll_orbits_of(book->topo, phase, mem, &symmetry)) b.orbits = &symmetry;
    ll_timing *timing;
    LL_TRY(ll_timing_create(phase->n_traffic, phase->traffic, mem, &timing, err));
    inc->timing = timing;
    const int64_t n_max = count_flows(&b);
    prepare_numbers(&b, n_max);
    inc->flow_kind = ll_arena_array(mem, n_max, uint32_t);
    if (b.orbits != NULL) inc->mult = ll_arena_array(mem, n_max, int64_t);
    LL_TRY(ll_comm_agree(comm, add_all(&b, comm, err), err));
    number_links(&b, comm);
    inc->flow_kinds = b.kinds;
    uint64_t n_flow = (uint64_t)inc->n_flow;
    if (b.orbits != NULL) n_flow = (uint64_t)ll_orbits_count(b.orbits, inc, mem);
    ll_comm_sum_u64(comm, 1, &n_flow);
    inc->n_flow_all = (int64_t)n_flow;
    *out = inc;
    return LL_OK;
}
