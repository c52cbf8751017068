#include "sim/engine/packet/book.h"

#include <math.h>

enum { FIRST_LINKS = 1024 };

void ll_packet_book_init(ll_packet_book *book, const ll_problem *problem, int64_t buffer_packets,
                         int size, ll_arena *mem)
{
    *book = (ll_packet_book){.problem = problem,
                             .buffer_packets = buffer_packets,
                             .slice = ll_packet_slice_of(problem->topo, size),
                             .mem = mem,
                             .met = ll_arena_array(mem, FIRST_LINKS, ll_packet_met),
                             .cap_met = FIRST_LINKS,
                             .n_owned = ll_arena_array(mem, size, uint32_t),
                             .kind = ll_arena_array(mem, LL_PACKET_KINDS, ll_packet_kind),
                             .delta_ps = LL_PACKET_DELTA_MAX};
    ll_index_map_init(&book->link_map, mem);
    ll_index_map_init(&book->kind_map, mem);
}

static ll_status kind_of(ll_packet_book *book, const ll_link *link, int64_t id, uint32_t *out,
                         ll_error *err)
{
    const double cap_Bps = ll_link_capacity_Bps(link), scale = (double)(1 << LL_PACKET_Q);
    const uint64_t key =
        ll_mix_f64(ll_mix_f64(ll_mix_f64(1, link->bw_Bps), link->latency_s), link->width);
    const int64_t n = book->kind_map.n, i = ll_index_map_of(&book->kind_map, key);
    *out = (uint32_t)i;
    if (i < n) return LL_OK;
    if (n == LL_PACKET_KINDS)
        return ll_error_set(err, LL_ERR_RUN, "engine packet: more than %d kinds of links",
                            LL_PACKET_KINDS);
    const double wire_q = ceil(1e12 / link->bw_Bps * scale);
    const double latency_ps = round(link->latency_s * 1e12);
    if (!(latency_ps >= 1))
        return ll_error_set(err, LL_ERR_RUN,
                            "engine packet: link %lld has no latency; every link needs some",
                            (long long)id);
    if (wire_q * book->problem->wire.packet_B > 1e18)
        return ll_error_set(err, LL_ERR_RUN,
                            "engine packet: a packet takes more than %g s on link %lld",
                            1e18 / scale * 1e-12, (long long)id);
    book->kind[n] = (ll_packet_kind){
        .latency_ps = (int64_t)latency_ps,
        .wire_q = (uint64_t)wire_q,
        .slot_q = (uint64_t)ceil(1e12 / cap_Bps * scale),
        .buffer = (int32_t)fmin((double)book->buffer_packets * link->width, INT32_MAX),
        .cap_Bps = cap_Bps,
        .latency_s = link->latency_s};
    if (book->kind[n].latency_ps < book->delta_ps) book->delta_ps = book->kind[n].latency_ps;
    return LL_OK;
}

ll_status ll_packet_book_meet(ll_packet_book *book, int64_t id, int32_t src, int32_t dst,
                              bool first_half, uint32_t *number, ll_error *err)
{
    const ll_topology *topo = book->problem->topo;
    const int64_t n = book->link_map.n;
    const int64_t i = ll_index_map_of(&book->link_map, ll_mix((uint64_t)id));
    *number = (uint32_t)i;
    if (i < n) return LL_OK;
    if (n == book->cap_met) {
        book->cap_met = 2 * n;
        book->met = ll_arena_grown(book->mem, book->met, n, book->cap_met, sizeof *book->met);
    }
    ll_link link;
    topo->type->link(topo, id, &link);
    const int64_t chip = link.to < topo->n_chip     ? link.to
                         : link.from < topo->n_chip ? link.from
                         : first_half               ? src
                                                    : dst;
    const uint32_t owner = ll_packet_slice_owner(&book->slice, chip);
    ll_packet_met *met = &book->met[n];
    *met = (ll_packet_met){.id = id, .owner = owner, .local = book->n_owned[owner]++};
    return kind_of(book, &link, id, &met->kind, err);
}
