#include "sim/engine/flow/refine.h"

#include "sim/base/index_map.h"

#include <stdlib.h>
#include <string.h>

enum { N_TRY = 3 };

typedef struct link_colour {
    uint64_t colour;
    uint64_t sum; /* of its flows' colours in this round of refinement */
} link_colour;

/* A class of flows of this rank, represented by its first member. */
typedef struct local_class {
    uint64_t colour;
    const int32_t *link; /* [n] entries of the first member */
    int64_t n;
    int64_t n_flow;
    uint32_t kind;
} local_class;

typedef struct refining {
    const ll_incidence *inc;
    ll_comm *comm;
    ll_arena *mem;
    uint64_t salt, mask;
    link_colour *link;    /* [inc->n_link] */
    uint64_t *buffer;     /* [inc->n_link], if there are several ranks */
    uint64_t *flow;       /* [inc->n_flow] colours; when stable, indices into `local` */
    uint32_t *link_class; /* [inc->n_link] */
    local_class *local;   /* [n_local] */
    int64_t n_local;
    int64_t n_link_class;
    ll_index_map map;
    int64_t n_class;                  /* classes of flows, over all ranks */
    const ll_flow_class **flow_class; /* [n_class] */
    int64_t *n_member;                /* [n_class] flows */
    int64_t *first_link;              /* [n_link_class] */
    int64_t *n_link_member;           /* [n_link_class] */
} refining;

static inline uint64_t mixed(const refining *f, uint64_t a, uint64_t b)
{
    return ll_mix(a * 0x9e3779b97f4a7c15ULL + b + f->salt) & f->mask;
}

static void colours_start(refining *f)
{
    const ll_incidence *inc = f->inc;
    const ll_arena_mark mark = ll_arena_here(f->mem);
    uint64_t *kind = ll_arena_array(f->mem, inc->n_flow_kind, uint64_t);
    for (int64_t k = 0; k < inc->n_flow_kind; k++) {
        const ll_flow_kind *q = &inc->flow_kinds[k];
        uint64_t h = ll_mix_f64((uint64_t)q->traffic + f->salt, q->n_path);
        h = ll_mix_f64(ll_mix_f64(h, q->size_B), q->window_B);
        if (q->node >= 0) h = ll_mix(h + (uint64_t)q->node);
        kind[k] = ll_mix_f64(ll_mix_f64(h, q->tau_s), q->latency_s) & f->mask;
    }
    for (int64_t i = 0; i < inc->n_flow; i++)
        f->flow[i] = kind[inc->flow_kind[i]];
    ll_arena_release(f->mem, mark);
    for (int64_t l = 0; l < inc->n_link; l++) {
        const ll_link_kind *k = &inc->link_kinds[inc->link_kind[l]];
        const uint64_t h = ll_mix_f64(ll_mix_f64(f->salt, k->cap_Bps), k->service_s);
        f->link[l] = (link_colour){h & f->mask, 0};
    }
}

/* Adds up f->link[].sum over ranks. */
static void sum_links(refining *f)
{
    if (f->buffer == NULL) return;
    for (int64_t l = 0; l < f->inc->n_link; l++)
        f->buffer[l] = f->link[l].sum;
    ll_comm_sum_u64(f->comm, f->inc->n_link, f->buffer);
    for (int64_t l = 0; l < f->inc->n_link; l++)
        f->link[l].sum = f->buffer[l];
}

/* How many of the flows that this one represents cross a link of which it has n entries. */
static uint64_t crossings(const ll_incidence *inc, int64_t flow, int32_t link, int64_t n)
{
    const int64_t all = inc->mult[flow] * n;
    LL_ASSERT(all % inc->n_alike[link] == 0, "%lld crossings of %lld links", (long long)all,
              (long long)inc->n_alike[link]);
    return (uint64_t)(all / inc->n_alike[link]);
}

/* Adds `term` to the sums of the links of the flow at the cursor, once for each flow that it
 * represents there. */
static inline void add_to_links(refining *f, const ll_flow_cursor *c, uint64_t term)
{
    const int32_t *at = ll_flow_link(c);
    for (int64_t e = 0; e < c->n && f->inc->mult == NULL; e++)
        f->link[at[e]].sum += term;
    for (int64_t e = 0, next; e < c->n && f->inc->mult != NULL; e = next) {
        for (next = e + 1; next < c->n && at[next] == at[e];)
            next++;
        f->link[at[e]].sum += term * crossings(f->inc, c->i, at[e], next - e);
    }
}

static void refine_once(refining *f)
{
    link_colour *link = f->link;
    for (ll_flow_cursor c = ll_flow_first(f->inc); c.i < f->inc->n_flow; ll_flow_next(&c)) {
        const int32_t *at = ll_flow_link(&c);
        uint64_t sum = 0;
        for (int64_t e = 0; e < c.n; e++)
            sum += link[at[e]].colour;
        const uint64_t colour = mixed(f, f->flow[c.i], sum);
        f->flow[c.i] = colour;
        add_to_links(f, &c, ll_mix(colour + f->salt));
    }
    sum_links(f);
    for (int64_t l = 0; l < f->inc->n_link; l++)
        link[l] = (link_colour){mixed(f, link[l].colour, link[l].sum), 0};
}

/* Numbers the link classes in the order of their first members. */
static void number_link_classes(refining *f)
{
    ll_index_map_clear(&f->map);
    uint64_t last = 0;
    uint32_t last_class = 0;
    for (int64_t l = 0; l < f->inc->n_link; l++) {
        const uint64_t colour = f->link[l].colour;
        if (l == 0 || colour != last) {
            last = colour;
            last_class = (uint32_t)ll_index_map_of(&f->map, colour);
        }
        f->link_class[l] = last_class;
    }
    f->n_link_class = f->map.n;
}

static void refine(refining *f)
{
    colours_start(f);
    number_link_classes(f);
    /* Refine until the number of classes no longer grows. (It shrinks only if colours collide,
     * which is detected later.) */
    for (int64_t before = -1; before < f->n_link_class;) {
        before = f->n_link_class;
        refine_once(f);
        number_link_classes(f);
    }
}

static void number_flow_classes(refining *f)
{
    int64_t cap = 64;
    f->n_local = 0;
    f->local = ll_arena_array(f->mem, cap, local_class);
    ll_index_map_clear(&f->map);
    for (ll_flow_cursor c = ll_flow_first(f->inc); c.i < f->inc->n_flow; ll_flow_next(&c)) {
        const int64_t k = ll_index_map_of(&f->map, f->flow[c.i]);
        if (k == f->n_local) {
            if (k == cap) {
                cap *= 2;
                f->local = ll_arena_grown(f->mem, f->local, k, cap, sizeof *f->local);
            }
            f->local[f->n_local++] =
                (local_class){f->flow[c.i], ll_flow_link(&c), c.n, 0, f->inc->flow_kind[c.i]};
        }
        f->local[k].n_flow += f->inc->mult == NULL ? 1 : f->inc->mult[c.i];
        f->flow[c.i] = (uint64_t)k;
    }
}

/* Whether two lists of n links have the same number of entries in each link class.
 * count: [n_link_class] zeros, and zeros again afterwards. */
static bool same_links(const refining *f, int64_t n, const int32_t *a, const int32_t *b,
                       int32_t *count)
{
    int64_t e = 0;
    while (e < n && f->link_class[a[e]] == f->link_class[b[e]])
        e++;
    if (e == n) return true; /* usually they are even in the same order */
    bool same = true;
    for (int64_t i = 0; i < n; i++)
        count[f->link_class[a[i]]]++;
    for (int64_t i = 0; i < n; i++)
        same = --count[f->link_class[b[i]]] >= 0 && same;
    for (int64_t i = 0; i < n; i++)
        count[f->link_class[a[i]]] = count[f->link_class[b[i]]] = 0;
    return same;
}

static bool flows_hold(refining *f)
{
    int32_t *count = ll_arena_array(f->mem, f->n_link_class, int32_t);
    for (ll_flow_cursor c = ll_flow_first(f->inc); c.i < f->inc->n_flow; ll_flow_next(&c)) {
        const local_class *k = &f->local[f->flow[c.i]];
        if (k->kind != f->inc->flow_kind[c.i] || k->n != c.n) return false;
        if (!same_links(f, k->n, k->link, ll_flow_link(&c), count)) return false;
    }
    return true;
}

static int by_class(const void *a, const void *b)
{
    const ll_class_pair *p = a, *q = b;
    return (p->link_class > q->link_class) - (p->link_class < q->link_class);
}

/* Fills the pairs of a class, ascending by link class; returns their number. */
static int64_t make_pairs(const refining *f, const local_class *k, ll_class_pair *out)
{
    for (int64_t e = 0; e < k->n; e++)
        out[e] = (ll_class_pair){(int32_t)f->link_class[k->link[e]], 1};
    qsort(out, (size_t)k->n, sizeof *out, by_class);
    int64_t n = 0;
    for (int64_t e = 0; e < k->n; e++) {
        if (n > 0 && out[n - 1].link_class == out[e].link_class)
            out[n - 1].n_entry++;
        else
            out[n++] = out[e];
    }
    return n;
}

static size_t class_size(const ll_flow_class *h)
{
    return sizeof *h + (size_t)h->n_pair * sizeof(ll_class_pair);
}

/* The local classes of this rank, packed; *n is the number of bytes. */
static const char *pack(refining *f, size_t *n)
{
    size_t cap = 0;
    for (int64_t k = 0; k < f->n_local; k++)
        cap += sizeof(ll_flow_class) + (size_t)f->local[k].n * sizeof(ll_class_pair);
    char *bytes = ll_arena_array(f->mem, cap, char);
    *n = 0;
    for (int64_t k = 0; k < f->n_local; k++) {
        const local_class *c = &f->local[k];
        ll_flow_class *h = (ll_flow_class *)(void *)(bytes + *n);
        *h = (ll_flow_class){c->colour, c->n_flow, 0, f->inc->flow_kinds[c->kind]};
        h->n_pair = make_pairs(f, c, (ll_class_pair *)(void *)(h + 1));
        *n += class_size(h);
    }
    return bytes;
}

/* Merges the classes of all ranks in rank order, so in the order of first members. False if two
 * classes of equal colour differ. */
static bool unite(refining *f)
{
    size_t n;
    const char *all = pack(f, &n);
    if (ll_comm_size(f->comm) > 1) all = ll_comm_gather(f->comm, f->mem, all, n, &n);
    int64_t n_packed = 0;
    for (size_t at = 0; at < n; at += class_size((const ll_flow_class *)(const void *)(all + at)))
        n_packed++;
    f->flow_class = ll_arena_array(f->mem, n_packed, const ll_flow_class *);
    f->n_member = ll_arena_array(f->mem, n_packed, int64_t);
    ll_index_map_clear(&f->map);
    bool same = true;
    for (size_t at = 0; at < n;) {
        const ll_flow_class *h = (const ll_flow_class *)(const void *)(all + at);
        at += class_size(h);
        const int64_t k = ll_index_map_of(&f->map, h->colour);
        if (f->flow_class[k] == NULL) f->flow_class[k] = h;
        const ll_flow_class *g = f->flow_class[k];
        f->n_member[k] += h->n_flow;
        same = same && g->n_pair == h->n_pair && ll_flow_kind_same(&g->kind, &h->kind) &&
               memcmp(ll_class_pairs(g), ll_class_pairs(h),
                      (size_t)h->n_pair * sizeof(ll_class_pair)) == 0;
    }
    f->n_class = f->map.n;
    return same;
}

/* Checks that the links of a class are crossed by equally many flows of each flow class, through
 * sums of random numbers of the classes that do not depend on the colours. Collective. */
static bool links_hold(refining *f)
{
    const ll_incidence *inc = f->inc;
    uint64_t *draw = ll_arena_array(f->mem, f->n_local, uint64_t);
    for (int64_t k = 0; k < f->n_local; k++) {
        const uint64_t global = (uint64_t)ll_index_map_of(&f->map, f->local[k].colour);
        draw[k] = ll_mix(ll_mix(global + 1) ^ 0x2545f4914f6cdd1dULL);
    }
    for (ll_flow_cursor c = ll_flow_first(inc); c.i < inc->n_flow; ll_flow_next(&c)) {
        add_to_links(f, &c, draw[f->flow[c.i]]);
    }
    sum_links(f);
    f->first_link = ll_arena_array(f->mem, f->n_link_class, int64_t);
    f->n_link_member = ll_arena_array(f->mem, f->n_link_class, int64_t);
    bool same = true;
    for (int64_t l = 0; l < inc->n_link; l++) {
        const uint32_t k = f->link_class[l];
        if (f->n_link_member[k] == 0) f->first_link[k] = l;
        f->n_link_member[k] += inc->n_alike == NULL ? 1 : inc->n_alike[l];
        const ll_link_kind *a = &inc->link_kinds[inc->link_kind[l]];
        const ll_link_kind *b = &inc->link_kinds[inc->link_kind[f->first_link[k]]];
        same = same && f->link[l].sum == f->link[f->first_link[k]].sum &&
               (a == b || (!(a->cap_Bps < b->cap_Bps) && !(a->cap_Bps > b->cap_Bps) &&
                           !(a->service_s < b->service_s) && !(a->service_s > b->service_s)));
    }
    return same;
}

/* One attempt at folding; *holds: the checks passed, the same on every rank. Collective. */
static void attempt(refining *f, bool *holds)
{
    refine(f);
    number_flow_classes(f);
    uint64_t bad = flows_hold(f) ? 0 : 1;
    bad += unite(f) ? 0 : 1;
    bad += links_hold(f) ? 0 : 1;
    ll_comm_sum_u64(f->comm, 1, &bad);
    *holds = bad == 0;
}

/* For each flow of this rank, its class among those of all ranks. */
static const int64_t *classes_of_flows(refining *f)
{
    int64_t *class = ll_arena_array(f->mem, f->inc->n_flow, int64_t);
    for (int64_t i = 0; i < f->inc->n_flow; i++)
        class[i] = ll_index_map_of(&f->map, f->local[f->flow[i]].colour);
    return class;
}

ll_status ll_refine(const ll_incidence *inc, int colour_bits, ll_comm *comm, ll_arena *mem,
                    ll_partition *out, ll_error *err)
{
    refining f = {.inc = inc, .comm = comm, .mem = mem};
    f.mask = colour_bits >= 64 ? UINT64_MAX : ((uint64_t)1 << colour_bits) - 1;
    f.link = ll_arena_array(mem, inc->n_link, link_colour);
    f.flow = ll_arena_array(mem, inc->n_flow, uint64_t);
    f.link_class = ll_arena_array(mem, inc->n_link, uint32_t);
    if (ll_comm_size(comm) > 1) f.buffer = ll_arena_array(mem, inc->n_link, uint64_t);
    ll_index_map_init(&f.map, mem);
    bool holds = false;
    for (int i = 0; i < N_TRY && !holds; i++) {
        f.salt = ll_mix((uint64_t)i + 1);
        attempt(&f, &holds);
    }
    if (!holds)
        return ll_error_set(err, LL_ERR_INTERNAL,
                            "folding %lld flows on %lld links: %d-bit colours collided %d times",
                            (long long)inc->n_flow_all, (long long)inc->n_link, colour_bits, N_TRY);
    *out = (ll_partition){.n_link_class = f.n_link_class,
                          .first_link = f.first_link,
                          .n_link_member = f.n_link_member,
                          .n_class = f.n_class,
                          .flow_class = f.flow_class,
                          .n_member = f.n_member,
                          .class_of = inc->number != NULL ? classes_of_flows(&f) : NULL};
    return LL_OK;
}
