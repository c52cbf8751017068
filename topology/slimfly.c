/* Slim Fly (Besta, Hoefler, SC 2014): the McKay-Miller-Siran graph of a prime power q, in which any
 * two routers are at most two hops apart, with p chips on each of its 2 q^2 routers.
 *
 * Routers (0, x, y) and (1, m, c), with x, y, m, c of the field of q elements and xi one of its
 * primitive elements:
 *     (0, x, y) - (0, x, y')   if y - y' is in X
 *     (1, m, c) - (1, m, c')   if c - c' is in X'
 *     (0, x, y) - (1, m, c)    if y = m x + c
 * Powers of xi in X and X' (Hafner, Discrete Mathematics 285, 2004): even and odd ones of 0 .. q-2
 * (q = 4w + 1), of 0 .. q - 1 (q = 4w); for q = 4w - 1 even ones below 2w and odd ones from 2w - 1
 * to 4w - 3 in X, odd ones below 2w and even ones from 2w to 4w - 2 in X'. A router has (3q - d)/2
 * links, q = 4w + d.
 *
 * Minimal routes: the link, or else all ways of two hops. Detours: minimally to each router but the
 * two, and on from there. Chips of a router are alike; routers are not told to be. */
#include "topology/routers.h"

#include <stdlib.h>

enum { SLIMFLY_MAX_Q = 101 };

typedef struct slimfly_param {
    ll_routers_param routers;
    int64_t q;
    double router_bandwidth_Bps, router_latency_s;
} slimfly_param;

static const ll_key slimfly_keys[] = {
    LL_ROUTERS_KEYS("slimfly"),
    LL_ROUTERS_ROUTING,
    {LL_ROUTERS_KEY(q, COUNT, LL_KEY_DESIGN), .offset = offsetof(slimfly_param, q), .min = 3,
     .max = SLIMFLY_MAX_Q, .doc = "a power of a prime: 2 q^2 routers with about 3q/2 links each"},
    {LL_ROUTERS_KEY(router_bandwidth, RATE, LL_KEY_FACT),
     .offset = offsetof(slimfly_param, router_bandwidth_Bps), .min = 1, .max = 1e18,
     .doc = "bandwidth of one lane between routers, per direction"},
    {LL_ROUTERS_KEY(router_latency, TIME, LL_KEY_FACT),
     .offset = offsetof(slimfly_param, router_latency_s), .max = 1,
     .doc = "latency of one hop between routers"},
    {0}};

/* ---- The field of q = prime^n elements, as numbers of n digits ------------------------------- */

typedef struct field {
    int32_t q, prime;
    int32_t power[SLIMFLY_MAX_Q]; /* [q - 1] of a primitive element */
    int32_t log[SLIMFLY_MAX_Q];   /* [q] of an element but 0 */
} field;

static int32_t field_add(const field *f, int32_t a, int32_t b)
{
    int32_t sum = 0;
    for (int32_t unit = 1; unit < f->q; unit *= f->prime)
        sum += (a / unit + b / unit) % f->prime * unit;
    return sum;
}

static int32_t field_subtract(const field *f, int32_t a, int32_t b)
{
    for (int32_t i = 1; i < f->prime; i++) /* -b = (prime - 1) b */
        a = field_add(f, a, b);
    return a;
}

static int32_t field_multiply(const field *f, int32_t a, int32_t b)
{
    return a == 0 || b == 0 ? 0 : f->power[(f->log[a] + f->log[b]) % (f->q - 1)];
}

/* Powers of t in the field of polynomials where t^n = c(t); whether they are all elements but 0. */
static bool field_powers(field *f, int32_t c)
{
    const int32_t top = f->q / f->prime;
    int32_t e = 1;
    for (int32_t i = 0; i < f->q - 1; i++) {
        if (i > 0 && e == 1) return false;
        f->power[i] = e;
        f->log[e] = i;
        const int32_t carry = e / top;
        e = e % top * f->prime;
        for (int32_t k = 0; k < carry; k++)
            e = field_add(f, e, c);
        if (e == 0) return false;
    }
    return e == 1;
}

/* False if q is no power of a prime. */
static bool field_find(field *f, int32_t q)
{
    *f = (field){.q = q, .prime = 2};
    while (q % f->prime)
        f->prime++;
    int32_t rest = q;
    while (rest % f->prime == 0)
        rest /= f->prime;
    if (rest != 1) return false;
    for (int32_t c = 1; c < q; c++)
        if (field_powers(f, c)) return true;
    return false;
}

/* Whether an element but 0 is in X (half 0) or X' (half 1). xi^(q - 1) = xi^0. */
static bool in_set(const field *f, int32_t element, int half)
{
    const int32_t q = f->q, e = f->log[element], w = (q + 1) / 4;
    const bool even = e % 2 == 0;
    if (half == 1 && e == 0) return q % 4 != 1;
    if (q % 4 != 3) return even == (half == 0);
    if (half == 0) return even ? e < 2 * w : e >= 2 * w - 1;
    return even ? e >= 2 * w : e < 2 * w;
}

/* ---- Ways ------------------------------------------------------------------------------------ */

typedef struct slimfly {
    slimfly_param param;
    int32_t n_router, degree;
    int32_t *next; /* [n_router][degree] neighbours, ascending */
} slimfly;

static int number_order(const void *a, const void *b)
{
    const int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* The link from a to a neighbour; -1: not a neighbour. */
static int64_t link_to(const slimfly *s, int32_t a, int32_t b)
{
    const int32_t *next = s->next + (int64_t)a * s->degree;
    const int32_t *at = bsearch(&b, next, (size_t)s->degree, sizeof b, number_order);
    return at == NULL ? -1 : at - s->next;
}

/* Routers next to both, up to number k, which is *via; returns how many were met. */
static int32_t between(const slimfly *s, int32_t a, int32_t b, int32_t k, int32_t *via)
{
    const int32_t *x = s->next + (int64_t)a * s->degree, *y = s->next + (int64_t)b * s->degree;
    const int32_t *x_end = x + s->degree, *y_end = y + s->degree;
    int32_t n = 0;
    while (x < x_end && y < y_end && n <= k) {
        if (*x == *y) {
            *via = *x;
            n++;
        }
        const bool ahead = *x <= *y;
        y += *y <= *x;
        x += ahead;
    }
    return n;
}

static void slimfly_link(const void *graph, int64_t i, ll_link *out)
{
    const slimfly *s = graph;
    *out = (ll_link){.from = i / s->degree,
                     .to = s->next[i],
                     .bw_Bps = s->param.router_bandwidth_Bps,
                     .latency_s = s->param.router_latency_s,
                     .width = 1};
}

static int32_t slimfly_n_way(const void *graph, int32_t a, int32_t b)
{
    int32_t via;
    return link_to(graph, a, b) >= 0 ? 1 : between(graph, a, b, INT32_MAX - 1, &via);
}

static int slimfly_way(const void *graph, int32_t a, int32_t b, int32_t k, int64_t *link)
{
    int32_t via = 0;
    link[0] = link_to(graph, a, b);
    if (link[0] >= 0) return 1;
    between(graph, a, b, k, &via);
    link[0] = link_to(graph, a, via);
    link[1] = link_to(graph, via, b);
    return 2;
}

static int32_t slimfly_n_detour(const void *graph, int32_t a, int32_t b)
{
    (void)a, (void)b;
    return ((const slimfly *)graph)->n_router - 2;
}

static int slimfly_detour(const void *graph, int32_t a, int32_t b, int32_t k, int64_t *link)
{
    int32_t via = k;
    via += via >= (a < b ? a : b);
    via += via >= (a < b ? b : a);
    const int n = slimfly_way(graph, a, via, k % slimfly_n_way(graph, a, via), link);
    return n + slimfly_way(graph, via, b, k % slimfly_n_way(graph, via, b), link + n);
}

static const ll_router_graph slimfly_graph = {.link = slimfly_link,
                                              .n_way = slimfly_n_way,
                                              .way = slimfly_way,
                                              .n_detour = slimfly_n_detour,
                                              .detour = slimfly_detour,
                                              .router_orbit = ll_router_alone,
                                              .link_orbit = ll_router_link_alone};

/* ---- Creation -------------------------------------------------------------------------------- */

/* Fills the neighbours of router (half, row, at), in ascending order. */
static void find_next(const slimfly *s, const field *f, int32_t router)
{
    const int32_t q = f->q, half = router / (q * q), row = router / q % q, at = router % q;
    int32_t *next = s->next + (int64_t)router * s->degree, n = 0;
    for (int32_t other = 0; other < q && half == 1; other++) /* y = m x + c */
        next[n++] = other * q + field_add(f, field_multiply(f, row, other), at);
    for (int32_t to = 0; to < q; to++)
        if (to != at && in_set(f, field_subtract(f, to, at), half))
            next[n++] = half * q * q + row * q + to;
    for (int32_t m = 0; m < q && half == 0; m++) /* c = y - m x */
        next[n++] = q * q + m * q + field_subtract(f, at, field_multiply(f, m, row));
    LL_ASSERT(n == s->degree, "router %d of q = %d has %d links", router, q, n);
}

static ll_status slimfly_create(const void *param, int n_child, const ll_topology *child,
                                ll_arena *mem, ll_topology *topo, ll_error *err)
{
    (void)n_child, (void)child;
    const slimfly_param *p = param;
    const int32_t q = (int32_t)p->q;
    field f;
    if (!field_find(&f, q) || q % 4 == 2)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "q = %d is not a power of a prime, such as 5, 7, 8, 9, 11, 13, 16, 17",
                            q);
    slimfly *s = ll_arena_new(mem, slimfly);
    const int32_t d = q % 4 == 3 ? -1 : q % 4;
    *s = (slimfly){.param = *p, .n_router = 2 * q * q, .degree = (3 * q - d) / 2};
    s->next = ll_arena_array(mem, (int64_t)s->n_router * s->degree, int32_t);
    for (int32_t router = 0; router < s->n_router; router++)
        find_next(s, &f, router);
    int32_t max_way = 1;
    for (int32_t b = 1; b < s->n_router; b++) /* all routers of a half see the same */
        for (int32_t a = 0; a < s->n_router; a += q * q) {
            const int32_t n = a == b ? 1 : slimfly_n_way(s, a, b);
            max_way = n > max_way ? n : max_way;
        }
    const ll_routers_size size = {.n_router = s->n_router,
                                  .n_host_router = s->n_router,
                                  .n_link = (int64_t)s->n_router * s->degree,
                                  .max_hop = 2,
                                  .max_detour_hop = 4,
                                  .max_way = max_way,
                                  .max_detour = s->n_router - 2};
    LL_TRY(ll_routers_create(&p->routers, &slimfly_graph, s, &size, mem, topo, err));
    topo->dim[0].note =
        ll_arena_printf(mem, "%d routers with %d links to others", s->n_router, s->degree);
    return LL_OK;
}

const ll_topology_type ll_topology_slimfly = {
    .name = "slimfly",
    .doc = "routers at most two hops apart, of a prime power q",
    .keys = slimfly_keys,
    .param_size = sizeof(slimfly_param),
    .create = slimfly_create,
    LL_ROUTERS_SLOTS};
