#include "sim/engine/flow/link_book.h"

ll_link_book *ll_link_book_create(const ll_topology *topo, const ll_wire *wire, ll_arena *mem)
{
    ll_link_book *book = ll_arena_new(mem, ll_link_book);
    book->topo = topo;
    book->wire = *wire;
    book->mem = mem;
    book->kind_1 = ll_arena_array(mem, topo->n_link, int32_t);
    book->share = ll_arena_array(mem, topo->n_link, double);
    book->number = ll_arena_array(mem, topo->n_link, int32_t);
    book->n_word = topo->n_link / 64 + 1;
    book->used = ll_arena_array(mem, book->n_word, uint64_t);
    ll_index_map_init(&book->kind_map, mem);
    return book;
}

int32_t ll_link_book_meet(ll_link_book *book, int64_t id)
{
    ll_link link;
    book->topo->type->link(book->topo, id, &link);
    const ll_link_kind kind = {ll_link_capacity_Bps(&link), book->wire.packet_B / link.bw_Bps,
                               link.latency_s};
    const uint64_t key =
        ll_mix_f64(ll_mix_f64(ll_mix_f64(1, kind.cap_Bps), kind.service_s), kind.latency_s);
    const int64_t n = book->kind_map.n;
    const int64_t i = ll_index_map_of(&book->kind_map, key);
    if (i == n) {
        if (n == book->cap_kind) {
            book->cap_kind = 2 * n + 16;
            book->kinds = ll_arena_grown(book->mem, book->kinds, n, book->cap_kind, sizeof kind);
        }
        book->kinds[n] = kind;
    }
    LL_ASSERT(ll_link_kind_same(&book->kinds[i], &kind), "link kinds collide at %lld",
              (long long)id);
    book->kind_1[id] = (int32_t)i + 1;
    return (int32_t)i;
}
