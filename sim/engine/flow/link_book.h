/* The book of links: what is known about the links of a topology, filled as flows cross them. Made
 * once for all phases, so that a link is asked for its capacity once, and equal links share a
 * *kind* from the first phase to the last. */
#ifndef LL_ENGINE_FLOW_LINK_BOOK_H
#define LL_ENGINE_FLOW_LINK_BOOK_H

#include "sim/base/index_map.h"
#include "sim/engine/engine.h"

typedef struct ll_link_kind {
    double cap_Bps;   /* of the whole bundle */
    double service_s; /* of one packet on one lane */
    double latency_s;
} ll_link_kind;

static inline bool ll_link_kind_same(const ll_link_kind *a, const ll_link_kind *b)
{
    return a->cap_Bps == b->cap_Bps && a->service_s == b->service_s && a->latency_s == b->latency_s;
}

typedef struct ll_link_book {
    const ll_topology *topo;
    ll_wire wire;
    ll_arena *mem;
    int32_t *kind_1; /* [n_link] kind of the link + 1, 0 if it was never met */
    double *share;   /* [n_link] flows of the source at hand on the link; 0 between sources */
    int32_t *number; /* [n_link] index among the links in use, of the phase at hand */
    uint64_t *used;  /* [n_word] bit set: the phase at hand uses the link; 0 between phases */
    int64_t n_word;
    ll_link_kind *kinds; /* [n of kind_map] of [cap_kind] */
    int64_t cap_kind;
    ll_index_map kind_map;
} ll_link_book;

ll_link_book *ll_link_book_create(const ll_topology *topo, const ll_wire *wire, ll_arena *mem);

/* Asks the topology what the link is like; returns its kind, an index into book->kinds. */
int32_t ll_link_book_meet(ll_link_book *book, int64_t id);

/* The kind of the link, which is met if it was not before. */
static inline int32_t ll_link_book_kind(ll_link_book *book, int64_t id)
{
    const int32_t kind_1 = book->kind_1[id];
    return kind_1 > 0 ? kind_1 - 1 : ll_link_book_meet(book, id);
}

#endif
