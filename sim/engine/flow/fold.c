#include "sim/engine/flow/fold.h"

#include "sim/base/index_map.h"

#include <stdlib.h>

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

/* A class as ranks exchange it: a head and n_pair pairs (link class, entries). */
typedef struct head {
    uint64_t colour;
    int64_t n_flow, n_pair;
    ll_flow_kind kind;
} head;

typedef struct pair {
    int32_t link_class, n_entry;
} pair;

typedef struct folding {
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
    int64_t n_class;        /* classes of flows, over all ranks */
    const head **heads;     /* [n_class], each followed by its pairs */
    int64_t *n_member;      /* [n_class] flows */
    int64_t *first_link;    /* [n_link_class] */
    int64_t *n_link_member; /* [n_link_class] */
} folding;

static inline uint64_t mixed(const folding *f, uint64_t a, uint64_t b)
{
    return ll_mix(a * 0x9e3779b97f4a7c15ULL + b + f->salt) & f->mask;
}

static void colours_start(folding *f)
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
static void sum_links(folding *f)
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
static inline void add_to_links(folding *f, const ll_flow_cursor *c, uint64_t term)
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

static void refine_once(folding *f)
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
static void number_link_classes(folding *f)
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

static void refine(folding *f)
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

static void number_flow_classes(folding *f)
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
static bool same_links(const folding *f, int64_t n, const int32_t *a, const int32_t *b,
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

static bool flows_hold(folding *f)
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
    const pair *p = a, *q = b;
    return (p->link_class > q->link_class) - (p->link_class < q->link_class);
}

/* Fills the pairs of a class, ascending by link class; returns their number. */
static int64_t make_pairs(const folding *f, const local_class *k, pair *out)
{
    for (int64_t e = 0; e < k->n; e++)
        out[e] = (pair){(int32_t)f->link_class[k->link[e]], 1};
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

static size_t head_size(const head *h) { return sizeof *h + (size_t)h->n_pair * sizeof(pair); }

static const pair *head_pairs(const head *h) { return (const pair *)(const void *)(h + 1); }

/* The local classes of this rank, packed; *n is the number of bytes. */
static const char *pack(folding *f, size_t *n)
{
    size_t cap = 0;
    for (int64_t k = 0; k < f->n_local; k++)
        cap += sizeof(head) + (size_t)f->local[k].n * sizeof(pair);
    char *bytes = ll_arena_array(f->mem, cap, char);
    *n = 0;
    for (int64_t k = 0; k < f->n_local; k++) {
        const local_class *c = &f->local[k];
        head *h = (head *)(void *)(bytes + *n);
        *h = (head){c->colour, c->n_flow, 0, f->inc->flow_kinds[c->kind]};
        h->n_pair = make_pairs(f, c, (pair *)(void *)(h + 1));
        *n += head_size(h);
    }
    return bytes;
}

/* Merges the classes of all ranks in rank order, so in the order of first members. False if two
 * classes of equal colour differ. */
static bool unite(folding *f)
{
    size_t n;
    const char *all = pack(f, &n);
    if (ll_comm_size(f->comm) > 1) all = ll_comm_gather(f->comm, f->mem, all, n, &n);
    int64_t n_head = 0;
    for (size_t at = 0; at < n; at += head_size((const head *)(const void *)(all + at)))
        n_head++;
    f->heads = ll_arena_array(f->mem, n_head, const head *);
    f->n_member = ll_arena_array(f->mem, n_head, int64_t);
    ll_index_map_clear(&f->map);
    bool same = true;
    for (size_t at = 0; at < n;) {
        const head *h = (const head *)(const void *)(all + at);
        at += head_size(h);
        const int64_t k = ll_index_map_of(&f->map, h->colour);
        if (f->heads[k] == NULL) f->heads[k] = h;
        const head *g = f->heads[k];
        f->n_member[k] += h->n_flow;
        same = same && g->n_pair == h->n_pair && ll_flow_kind_same(&g->kind, &h->kind) &&
               memcmp(head_pairs(g), head_pairs(h), (size_t)h->n_pair * sizeof(pair)) == 0;
    }
    f->n_class = f->map.n;
    return same;
}

/* Checks that the links of a class are crossed by equally many flows of each flow class, through
 * sums of random numbers of the classes that do not depend on the colours. Collective. */
static bool links_hold(folding *f)
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
static void fold_once(folding *f, bool *holds)
{
    refine(f);
    number_flow_classes(f);
    uint64_t bad = flows_hold(f) ? 0 : 1;
    bad += unite(f) ? 0 : 1;
    bad += links_hold(f) ? 0 : 1;
    ll_comm_sum_u64(f->comm, 1, &bad);
    *holds = bad == 0;
}

static void quotient_links(const folding *f, double kappa, ll_system *out)
{
    double *cap = ll_arena_array(f->mem, f->n_link_class, double);
    double *mean = ll_arena_array(f->mem, f->n_link_class, double);
    for (int64_t k = 0; k < f->n_link_class; k++) {
        const ll_link_kind *kind = &f->inc->link_kinds[f->inc->link_kind[f->first_link[k]]];
        cap[k] = kind->cap_Bps * (double)f->n_link_member[k];
        mean[k] = kappa * kind->service_s;
    }
    out->n_link = out->link_hi = f->n_link_class;
    out->link_lo = 0;
    out->cap_Bps = cap;
    out->mean_s = mean;
}

/* Room for n rows with n_entry entries. */
typedef struct row_space {
    int64_t *first;
    int32_t *link, *traffic;
    double *share, *window, *tau, *mult, *size, *latency;
    int64_t *node;
} row_space;

static row_space rows_create(int64_t n, int64_t n_entry, ll_arena *mem, ll_rows *out)
{
    const row_space r = {ll_arena_array(mem, n + 1, int64_t), ll_arena_array(mem, n_entry, int32_t),
                         ll_arena_array(mem, n, int32_t),     ll_arena_array(mem, n_entry, double),
                         ll_arena_array(mem, n, double),      ll_arena_array(mem, n, double),
                         ll_arena_array(mem, n, double),      ll_arena_array(mem, n, double),
                         ll_arena_array(mem, n, double),      ll_arena_array(mem, n, int64_t)};
    out->system.n_row = n;
    out->system.first = r.first;
    out->system.link = r.link;
    out->system.share = r.share;
    out->system.window_B = r.window;
    out->system.tau_s = r.tau;
    out->mult = r.mult;
    out->size_B = r.size;
    out->latency_s = r.latency;
    out->traffic = r.traffic;
    out->node = r.node;
    return r;
}

static void row_set(const row_space *r, int64_t i, const ll_flow_kind *kind, double mult)
{
    r->window[i] = kind->window_B;
    r->tau[i] = kind->tau_s;
    r->mult[i] = mult;
    r->size[i] = kind->size_B;
    r->latency[i] = kind->latency_s;
    r->traffic[i] = kind->traffic;
    r->node[i] = kind->node;
}

static void quotient_rows(const folding *f, ll_rows *out)
{
    int64_t n_pair = 0;
    for (int64_t k = 0; k < f->n_class; k++)
        n_pair += f->heads[k]->n_pair;
    const row_space r = rows_create(f->n_class, n_pair, f->mem, out);
    int64_t at = 0;
    for (int64_t k = 0; k < f->n_class; k++) {
        const head *h = f->heads[k];
        row_set(&r, k, &h->kind, (double)f->n_member[k]);
        for (int64_t p = 0; p < h->n_pair; p++, at++) {
            r.link[at] = head_pairs(h)[p].link_class;
            r.share[at] = (double)head_pairs(h)[p].n_entry / h->kind.n_path;
        }
        r.first[k + 1] = at;
    }
}

/* For each flow of this rank, its class among those of all ranks. */
static const int64_t *rows_of_flows(folding *f)
{
    int64_t *row = ll_arena_array(f->mem, f->inc->n_flow, int64_t);
    for (int64_t i = 0; i < f->inc->n_flow; i++)
        row[i] = ll_index_map_of(&f->map, f->local[f->flow[i]].colour);
    return row;
}

ll_status ll_fold(const ll_incidence *inc, double kappa, int colour_bits, ll_comm *comm,
                  ll_arena *mem, ll_rows *out, ll_error *err)
{
    folding f = {.inc = inc, .comm = comm, .mem = mem};
    f.mask = colour_bits >= 64 ? UINT64_MAX : ((uint64_t)1 << colour_bits) - 1;
    f.link = ll_arena_array(mem, inc->n_link, link_colour);
    f.flow = ll_arena_array(mem, inc->n_flow, uint64_t);
    f.link_class = ll_arena_array(mem, inc->n_link, uint32_t);
    if (ll_comm_size(comm) > 1) f.buffer = ll_arena_array(mem, inc->n_link, uint64_t);
    ll_index_map_init(&f.map, mem);
    bool holds = false;
    for (int i = 0; i < N_TRY && !holds; i++) {
        f.salt = ll_mix((uint64_t)i + 1);
        fold_once(&f, &holds);
    }
    if (!holds)
        return ll_error_set(err, LL_ERR_INTERNAL,
                            "folding %lld flows on %lld links: %d-bit colours collided %d times",
                            (long long)inc->n_flow_all, (long long)inc->n_link, colour_bits, N_TRY);
    quotient_links(&f, kappa, &out->system);
    quotient_rows(&f, out);
    if (inc->number != NULL) out->row_of = rows_of_flows(&f);
    return LL_OK;
}

void ll_fold_not(const ll_incidence *inc, double kappa, ll_comm *comm, ll_arena *mem, ll_rows *out)
{
    ll_system *s = &out->system;
    s->n_link = inc->n_link;
    ll_comm_slice(comm, inc->n_link, &s->link_lo, &s->link_hi);
    double *cap = ll_arena_array(mem, s->link_hi - s->link_lo, double);
    double *mean = ll_arena_array(mem, s->link_hi - s->link_lo, double);
    for (int64_t l = s->link_lo; l < s->link_hi; l++) {
        const ll_link_kind *kind = &inc->link_kinds[inc->link_kind[l]];
        cap[l - s->link_lo] = kind->cap_Bps;
        mean[l - s->link_lo] = kappa * kind->service_s;
    }
    s->cap_Bps = cap;
    s->mean_s = mean;
    const row_space r = rows_create(inc->n_flow, inc->n_entry, mem, out);
    int64_t at = 0;
    for (ll_flow_cursor c = ll_flow_first(inc); c.i < inc->n_flow; ll_flow_next(&c)) {
        const ll_flow_kind *kind = ll_flow_kind_of(&c);
        row_set(&r, c.i, kind, 1);
        memcpy(r.link + at, ll_flow_link(&c), (size_t)c.n * sizeof *r.link);
        for (int64_t e = 0; e < c.n; e++)
            r.share[at++] = 1.0 / kind->n_path;
        r.first[c.i + 1] = at;
    }
    if (inc->number == NULL) return;
    int64_t *row = ll_arena_array(mem, inc->n_flow, int64_t);
    for (int64_t i = 0; i < inc->n_flow; i++)
        row[i] = i;
    out->row_of = row;
}
