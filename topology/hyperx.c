/* HyperX (Ahn, Binkert, Davis, McLaren, Schreiber, SC 2009): routers on a grid of L dimensions, all
 * routers of a line wired to each other by K_d lanes, p chips on each router. One dimension is a
 * flattened butterfly of one row; all sizes 2 are a hypercube.
 *
 * Links: router by router, and of a router dimension by dimension the ways ahead 1 .. S_d - 1 along
 * it, around its end. So a shift of all routers along a dimension is a symmetry.
 *
 * routing = dimension_order   one route, dimension 0 first
 * routing = minimal           a flow is spread over the orders of the dimensions in which its
 *                             routers differ: 2 of two, 6 of three
 * routing = ugal              minimal ones or detours, by queues (routers.h)
 * routing = valiant           to each router but the two and on, dimension by dimension */
#include "topology/routers.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { HYPERX_MAX_DIM = 5, HYPERX_MAX_ROUTER = 1 << 20 };
enum { HYPERX_ORDER = LL_ROUTING_UGAL + 1 };
static const char *const hyperx_routings[] = {"minimal", "valiant", "ugal", "dimension_order",
                                              NULL};

typedef struct hyperx_param {
    ll_routers_param routers;
    const char *sizes, *widths;
    double router_bandwidth_Bps, router_latency_s;
} hyperx_param;

static const ll_key hyperx_keys[] = {
    LL_ROUTERS_KEYS("hyperx"),
    {LL_ROUTERS_KEY(routing, CHOICE, 0), .offset = offsetof(ll_routers_param, routing),
     .def = "minimal", .choices = hyperx_routings,
     .doc =
         "flows are spread over all minimal routes, or over detours (valiant), or take one route"},
    {LL_ROUTERS_KEY(sizes, STRING, LL_KEY_DESIGN), .offset = offsetof(hyperx_param, sizes),
     .doc = "routers along each of 1 to 5 dimensions (S), such as 8 x 8"},
    {LL_ROUTERS_KEY(widths, STRING, LL_KEY_DESIGN), .offset = offsetof(hyperx_param, widths),
     .def = "1", .doc = "lanes between two routers of a line (K): of all dimensions, or of each"},
    {LL_ROUTERS_KEY(router_bandwidth, RATE, LL_KEY_FACT),
     .offset = offsetof(hyperx_param, router_bandwidth_Bps), .min = 1, .max = 1e18,
     .doc = "bandwidth of one lane between routers, per direction"},
    {LL_ROUTERS_KEY(router_latency, TIME, LL_KEY_FACT),
     .offset = offsetof(hyperx_param, router_latency_s), .max = 1,
     .doc = "latency of one hop between routers"},
    {0}};

typedef struct hyperx {
    hyperx_param param;
    int n_dim;
    int32_t size[HYPERX_MAX_DIM], width[HYPERX_MAX_DIM], stride[HYPERX_MAX_DIM];
    int32_t port[HYPERX_MAX_DIM + 1]; /* first port of a dimension; last: ports of a router */
    int32_t n_router;
} hyperx;

/* ---- Ways ------------------------------------------------------------------------------------ */

static int32_t coord_of(const hyperx *x, int32_t router, int d)
{
    return router / x->stride[d] % x->size[d];
}

/* Steps ahead from a to b along dimension d. */
static int32_t ahead_of(const hyperx *x, int32_t a, int32_t b, int d)
{
    const int32_t ahead = coord_of(x, b, d) - coord_of(x, a, d);
    return ahead < 0 ? ahead + x->size[d] : ahead;
}

/* The router that is `step` (a router too) ahead of a. */
static int32_t moved(const hyperx *x, int32_t a, int32_t step)
{
    int32_t out = 0;
    for (int d = 0; d < x->n_dim; d++)
        out += (coord_of(x, a, d) + coord_of(x, step, d)) % x->size[d] * x->stride[d];
    return out;
}

/* How far b is ahead of a, as a router. */
static int32_t step_of(const hyperx *x, int32_t a, int32_t b)
{
    int32_t out = 0;
    for (int d = 0; d < x->n_dim; d++)
        out += ahead_of(x, a, b, d) * x->stride[d];
    return out;
}

static void hyperx_link(const void *graph, int64_t i, ll_link *out)
{
    const hyperx *x = graph;
    const int32_t from = (int32_t)(i / x->port[x->n_dim]), port = (int32_t)(i % x->port[x->n_dim]);
    int d = 0;
    while (port >= x->port[d + 1])
        d++;
    *out = (ll_link){.from = from,
                     .to = moved(x, from, (port - x->port[d] + 1) * x->stride[d]),
                     .bw_Bps = x->param.router_bandwidth_Bps,
                     .latency_s = x->param.router_latency_s,
                     .width = x->width[d]};
}

/* Dimensions in which a and b differ, ascending; returns how many. */
static int differ(const hyperx *x, int32_t a, int32_t b, int *dim)
{
    int n = 0;
    for (int d = 0; d < x->n_dim; d++)
        if (coord_of(x, a, d) != coord_of(x, b, d)) dim[n++] = d;
    return n;
}

static int32_t hyperx_n_way(const void *graph, int32_t a, int32_t b)
{
    const hyperx *x = graph;
    int dim[HYPERX_MAX_DIM], n = 1;
    if (x->param.routers.routing == HYPERX_ORDER) return 1;
    for (int k = differ(x, a, b, dim); k > 1; k--)
        n *= k;
    return n;
}

/* Order number k of the dimensions, in the factorial number system: number 0 is ascending. */
static int hyperx_way(const void *graph, int32_t a, int32_t b, int32_t k, int64_t *link)
{
    const hyperx *x = graph;
    int dim[HYPERX_MAX_DIM];
    const int n_hop = differ(x, a, b, dim);
    for (int h = 0, left = n_hop; h < n_hop; h++, left--) {
        const int pick = k % left, d = dim[pick];
        k /= left;
        memmove(dim + pick, dim + pick + 1, (size_t)(left - 1 - pick) * sizeof *dim);
        const int32_t ahead = ahead_of(x, a, b, d);
        link[h] = (int64_t)a * x->port[x->n_dim] + x->port[d] + ahead - 1;
        a = moved(x, a, ahead * x->stride[d]);
    }
    return n_hop;
}

static int32_t hyperx_n_detour(const void *graph, int32_t a, int32_t b)
{
    (void)a, (void)b;
    return ((const hyperx *)graph)->n_router - 2;
}

static int hyperx_detour(const void *graph, int32_t a, int32_t b, int32_t k, int64_t *link)
{
    const hyperx *x = graph;
    int32_t step = k + 1;
    step += step >= step_of(x, a, b);
    const int32_t via = moved(x, a, step);
    const int n = hyperx_way(graph, a, via, 0, link);
    return n + hyperx_way(graph, via, b, 0, link + n);
}

/* Every router can be shifted onto every other. */
static int32_t hyperx_router_orbit(const void *graph, int32_t router, int32_t *n_alike)
{
    (void)router;
    *n_alike = ((const hyperx *)graph)->n_router;
    return 0;
}

static int64_t hyperx_link_orbit(const void *graph, int64_t i, int64_t *n_alike)
{
    const hyperx *x = graph;
    *n_alike = x->n_router;
    return i % x->port[x->n_dim];
}

static const ll_router_graph hyperx_graph = {.link = hyperx_link,
                                             .n_way = hyperx_n_way,
                                             .way = hyperx_way,
                                             .n_detour = hyperx_n_detour,
                                             .detour = hyperx_detour,
                                             .router_orbit = hyperx_router_orbit,
                                             .link_orbit = hyperx_link_orbit};

/* ---- Creation -------------------------------------------------------------------------------- */

/* Numbers 1 .. 65536 such as "8 x 8"; returns how many, 0 if the text is wrong. */
static int read_numbers(const char *text, int32_t *number)
{
    int n = 0;
    for (const char *s = text; n < HYPERX_MAX_DIM; n++) {
        char *end;
        s += strspn(s, " ");
        if (!isdigit((unsigned char)*s)) return 0;
        const long value = strtol(s, &end, 10);
        if (value < 1 || value > 1 << 16) return 0;
        number[n] = (int32_t)value;
        end += strspn(end, " ");
        if (!*end) return n + 1;
        if (!strchr("x*,", *end)) return 0;
        s = end + 1;
    }
    return 0;
}

static ll_status hyperx_sizes(hyperx *x, ll_error *err)
{
    const hyperx_param *p = &x->param;
    x->n_dim = read_numbers(p->sizes, x->size);
    const int n_width = read_numbers(p->widths, x->width);
    if (x->n_dim == 0)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "sizes = \"%.60s\": expected the routers along each of 1 to %d "
                            "dimensions, such as \"8 x 8\"",
                            p->sizes, HYPERX_MAX_DIM);
    if (n_width != 1 && n_width != x->n_dim)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "widths = \"%.60s\": expected lanes, one number or one for each of the "
                            "%d dimensions, such as \"2 x 1\"",
                            p->widths, x->n_dim);
    x->n_router = 1;
    for (int d = 0; d < x->n_dim; d++) {
        if (n_width == 1) x->width[d] = x->width[0];
        x->stride[d] = x->n_router;
        x->port[d + 1] = x->port[d] + x->size[d] - 1;
        if (x->size[d] > HYPERX_MAX_ROUTER / x->n_router)
            return ll_error_set(err, LL_ERR_CONFIG, "sizes = \"%.60s\": more than %d routers",
                                p->sizes, HYPERX_MAX_ROUTER);
        x->n_router *= x->size[d];
    }
    return LL_OK;
}

static ll_status hyperx_create(const void *param, int n_child, const ll_topology *child,
                               ll_arena *mem, ll_topology *topo, ll_error *err)
{
    (void)n_child, (void)child;
    hyperx *x = ll_arena_new(mem, hyperx);
    x->param = *(const hyperx_param *)param;
    LL_TRY(hyperx_sizes(x, err));
    int n_wide = 0, n_order = 1;
    for (int d = 0; d < x->n_dim; d++)
        if (x->size[d] > 1) n_order *= ++n_wide;
    const ll_routers_size size = {.n_router = x->n_router,
                                  .n_host_router = x->n_router,
                                  .n_link = (int64_t)x->n_router * x->port[x->n_dim],
                                  .max_hop = n_wide,
                                  .max_detour_hop = 2 * n_wide,
                                  .max_way = x->param.routers.routing == HYPERX_ORDER ? 1 : n_order,
                                  .max_detour = x->n_router > 2 ? x->n_router - 2 : 0};
    ll_routers_param routers = x->param.routers;
    if (routers.routing == HYPERX_ORDER) routers.routing = LL_ROUTING_MINIMAL;
    return ll_routers_create(&routers, &hyperx_graph, x, &size, mem, topo, err);
}

const ll_topology_type ll_topology_hyperx = {
    .name = "hyperx",
    .doc = "routers on a grid, every line of them a full mesh",
    .keys = hyperx_keys,
    .param_size = sizeof(hyperx_param),
    .create = hyperx_create,
    LL_ROUTERS_SLOTS};
