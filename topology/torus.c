/* Torus: a product of rings, in which x varies fastest with the number of a chip. Only its
 * parameters are its own; links and routes are those of the product. */
#include "topology/ring.h"
#include "topology/topology.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { TORUS_MAX_DIM = 6 };
static const char *const torus_names[TORUS_MAX_DIM] = {"x", "y", "z", "w", "v", "u"};

typedef struct torus_param {
    const char *sizes; /* "8 x 8 x 16" */
    int64_t links;
    double bandwidth_Bps, latency_s;
} torus_param;

static const ll_key torus_keys[] = {
    {"sizes", LL_KIND_STRING, LL_KEY_DESIGN, offsetof(torus_param, sizes), NULL, 0, 0, NULL,
     "chips along x, y, z ..., 2 to 6 dimensions, such as 8 x 8 x 16"},
    {"links", LL_KIND_COUNT, LL_KEY_DESIGN, offsetof(torus_param, links), "1", 1, 1 << 16, NULL,
     "lanes to each neighbour, per direction"},
    {"bandwidth", LL_KIND_RATE, LL_KEY_FACT, offsetof(torus_param, bandwidth_Bps), NULL, 1, 1e18,
     NULL, "bandwidth of one lane, per direction"},
    {"latency", LL_KIND_TIME, LL_KEY_FACT, offsetof(torus_param, latency_s), NULL, 0, 1, NULL,
     "latency of one hop, chip to chip"},
    {0}};

/* size: [TORUS_MAX_DIM]; returns how many there are, 0 if the text is wrong. */
static int torus_sizes(const char *text, int64_t *size)
{
    int n = 0;
    for (const char *s = text; n < TORUS_MAX_DIM; n++) {
        char *end;
        s += strspn(s, " ");
        if (!isdigit((unsigned char)*s)) return 0;
        size[n] = strtol(s, &end, 10);
        if (size[n] < 1 || size[n] > LL_RING_SIZE_MAX) return 0;
        end += strspn(end, " ");
        if (!*end) return n + 1;
        if (!strchr("x*,", *end)) return 0;
        s = end + 1;
    }
    return 0;
}

static ll_status torus_create(const void *param, int n_child, const ll_topology *child,
                              ll_arena *mem, ll_topology *topo, ll_error *err)
{
    (void)n_child, (void)child;
    const torus_param *p = param;
    int64_t size[TORUS_MAX_DIM];
    const int n = torus_sizes(p->sizes, size);
    if (n < 2)
        return ll_error_set(
            err, LL_ERR_CONFIG,
            "sizes = \"%.60s\": expected the chips along each of 2 to %d dimensions, "
            "1 to %d, such as \"8 x 8 x 16\"; one dimension is type = \"ring\"",
            p->sizes, TORUS_MAX_DIM, LL_RING_SIZE_MAX);
    ll_topology *ring = ll_arena_array(mem, n, ll_topology);
    for (int i = 0; i < n; i++) {
        const ll_ring_param of = {size[i], p->links, p->bandwidth_Bps, p->latency_s,
                                  torus_names[i]};
        ring[i].type = &ll_topology_ring;
        LL_TRY(ll_topology_ring.create(&of, 0, NULL, mem, &ring[i], err));
    }
    return ll_topology_product.create(NULL, n, ring, mem, topo, err);
}

static void torus_link(const ll_topology *topo, int64_t link_id, ll_link *out)
{
    ll_topology_product.link(topo, link_id, out);
}

static int32_t torus_n_path(const ll_topology *topo, int32_t src, int32_t dst)
{
    return ll_topology_product.n_path(topo, src, dst);
}

static int torus_route(const ll_topology *topo, int32_t src, int32_t dst, int32_t path, int cap,
                       int64_t *link_id)
{
    return ll_topology_product.route(topo, src, dst, path, cap, link_id);
}

static int32_t torus_chip_orbit(const ll_topology *topo, const int32_t *split, int32_t chip,
                                int32_t *n_alike)
{
    return ll_topology_product.chip_orbit(topo, split, chip, n_alike);
}

static int64_t torus_link_orbit(const ll_topology *topo, const int32_t *split, int64_t link_id,
                                int64_t *n_alike)
{
    return ll_topology_product.link_orbit(topo, split, link_id, n_alike);
}

const ll_topology_type ll_topology_torus = {.name = "torus",
                                            .doc =
                                                "rings in 2 to 6 dimensions, as a product of them",
                                            .keys = torus_keys,
                                            .param_size = sizeof(torus_param),
                                            .composite = false,
                                            .create = torus_create,
                                            .link = torus_link,
                                            .n_path = torus_n_path,
                                            .route = torus_route,
                                            .chip_orbit = torus_chip_orbit,
                                            .link_orbit = torus_link_orbit};
