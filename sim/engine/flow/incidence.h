/* Incidence: which flow of a phase crosses which link, and what each flow and link is like.
 *
 * The bytes of a flow are spread evenly over its n_path paths, so every hop of every path is one
 * *entry* (flow, link, share 1/n_path). A link that several paths of a flow cross has several
 * entries of it: their shares add up.
 *
 * A rank holds the flows whose source chip is in its slice of the cluster, ordered by (source,
 * release, traffic, peer), release 0 for all that start at 0 (sim/traffic/timing.h); so ranks one
 * after the other hold the flows in one order that does not depend on their number. Links that
 * carry a flow of any rank are numbered 0 .. n_link-1 in ascending link id, the same on every rank.
 *
 * Flows that are equal in traffic, size, window, round trip, paths and entries share a *flow kind*;
 * links that are equal in capacity, service time and latency share a *link kind*. Kinds are tables
 * of this rank; only their contents, never their numbers, mean the same elsewhere. */
#ifndef LL_ENGINE_FLOW_INCIDENCE_H
#define LL_ENGINE_FLOW_INCIDENCE_H

#include "sim/engine/flow/link_book.h"
#include "sim/traffic/timing.h"

typedef struct ll_flow_kind {
    double size_B, window_B;
    double latency_s; /* one way, zero load, over the longest path */
    double tau_s;     /* round trip of sim/machine/wire.h */
    int64_t node; /* of a timed list (sim/traffic/timing.h): its flows are all different; else -1 */
    int32_t traffic; /* index into the phase */
    int32_t n_path;
    int64_t n_entry; /* of the flow, over all of its paths */
} ll_flow_kind;

static inline bool ll_flow_kind_same(const ll_flow_kind *a, const ll_flow_kind *b)
{
    return a->size_B == b->size_B && a->window_B == b->window_B && a->latency_s == b->latency_s &&
           a->tau_s == b->tau_s && a->node == b->node && a->traffic == b->traffic &&
           a->n_path == b->n_path && a->n_entry == b->n_entry;
}

/* Entries of consecutive flows, in one piece of memory that is never moved. */
typedef struct ll_entries {
    struct ll_entries *next;
    int64_t n, cap;
    int32_t *link; /* [n] of [cap] */
} ll_entries;

typedef struct ll_incidence {
    int64_t n_flow;      /* of this rank */
    int64_t n_flow_all;  /* of all ranks, each as often as it is there */
    int64_t n_link;      /* that carry flows of any rank */
    int64_t n_entry;     /* of this rank */
    uint32_t *flow_kind; /* [n_flow] */
    ll_entries *entries; /* a flow's entries never straddle two pieces */
    uint32_t *link_kind; /* [n_link] */
    int64_t n_flow_kind;
    const ll_flow_kind *flow_kinds; /* [n_flow_kind] */
    const ll_link_kind *link_kinds;
    const int32_t *link_id; /* [n_link] ascending: the topology's number of the link */
    /* Flows and links that stand for others (orbits.h); NULL: each is there once. */
    int64_t *mult;           /* [n_flow] how often the flow is there */
    const int64_t *n_alike;  /* [n_link] how many links are like this one */
    const ll_timing *timing; /* NULL: all flows start at 0 */
    int64_t
        *number; /* [n_flow] among all flows of the phase; NULL: the end of each is not asked for */
    int64_t n_number; /* of all flows of the phase, also those without bytes */
} ll_incidence;

/* The flows of `phase` on the links of the book; without those from a chip to itself or of no
 * bytes. orbits: of symmetric traffic, one source and one link may stand for others (only for
 * ll_fold). Errors: LL_ERR_RUN if a route is longer than LL_MAX_HOP, or the timing is not possible.
 * Collective. */
ll_status ll_incidence_create(ll_link_book *book, const ll_phase *phase, bool orbits, ll_comm *comm,
                              ll_arena *mem, ll_incidence **out, ll_error *err);

/* Walks over the flows of an incidence in order: for (c = first(inc); c.i < inc->n_flow; next(&c))
 */
typedef struct ll_flow_cursor {
    const ll_incidence *inc;
    int64_t i; /* flow */
    const ll_entries *piece;
    int64_t at; /* in the piece */
    int64_t n;  /* entries of the flow */
} ll_flow_cursor;

static inline void ll_flow_settle(ll_flow_cursor *c)
{
    if (c->i >= c->inc->n_flow) return;
    c->n = c->inc->flow_kinds[c->inc->flow_kind[c->i]].n_entry;
    while (c->at + c->n > c->piece->n) {
        c->piece = c->piece->next;
        c->at = 0;
    }
}

static inline ll_flow_cursor ll_flow_first(const ll_incidence *inc)
{
    ll_flow_cursor c = {inc, 0, inc->entries, 0, 0};
    ll_flow_settle(&c);
    return c;
}

static inline void ll_flow_next(ll_flow_cursor *c)
{
    c->i++;
    c->at += c->n;
    ll_flow_settle(c);
}

static inline const int32_t *ll_flow_link(const ll_flow_cursor *c)
{
    return c->piece->link + c->at;
}

static inline const ll_flow_kind *ll_flow_kind_of(const ll_flow_cursor *c)
{
    return &c->inc->flow_kinds[c->inc->flow_kind[c->i]];
}

#endif
