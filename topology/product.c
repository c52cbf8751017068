/* Composition: dimension d is a topology of its own, copied onto every line of chips that differ in
 * coordinate d alone. Scale-up comes first: `switch` of 72 x `clos` of racks, mesh 8 x mesh 8 x ...
 *
 * With size s_d and stride S_d = s_0 s_1 ... s_(d-1), chip id = sum of coordinate_d * S_d, and a
 * line of dimension d is numbered by the chip id with digit d taken out:
 *     line = (chip / (S_d s_d)) * S_d + chip mod S_d.
 * Links are numbered dimension by dimension, within a dimension line by line, and within a line as
 * the child numbers them. Nodes are numbered alike: first the chips, then the switches, dimension
 * by dimension and line by line.
 *
 * Routes go through the dimensions in ascending order: scale-up first, then scale-out (as PXN in
 * NCCL does, and dimension-order routing on a torus). Paths are all combinations of the paths of
 * the dimensions in which source and destination differ. A child may be a product itself. */
#include "topology/divide.h"
#include "topology/topology.h"

#include <string.h>

typedef struct product_part { /* one child */
    const ll_topology *topo;
    ll_divisor size;
    int32_t stride;
    int32_t first_dim;          /* of the result */
    int64_t n_line;             /* n_chip / size */
    int64_t n_switch;           /* of one copy */
    int64_t link_id, switch_id; /* of the first copy */
} product_part;

typedef struct product_state {
    int n_part;
    product_part part[LL_MAX_DIM];
} product_state;

static const ll_key product_keys[] = {{0}};

/* Reports and the software of a cluster call dimensions by their names. */
static ll_status product_names(int n_child, const ll_topology *child, ll_error *err)
{
    const char *name[LL_MAX_DIM];
    int n_dim = 0;
    for (int i = 0; i < n_child; i++) {
        for (int d = 0; d < child[i].n_dim; d++, n_dim++) {
            name[n_dim] = child[i].dim[d].name;
            for (int k = 0; k < n_dim; k++)
                if (strcmp(name[k], name[n_dim]) == 0)
                    return ll_error_set(err, LL_ERR_CONFIG,
                                        "two dimensions are called '%s'; give each its own name",
                                        name[k]);
        }
    }
    return LL_OK;
}

static ll_status product_check(int n_child, const ll_topology *child, ll_error *err)
{
    int64_t n_chip = 1, max_path = 1;
    int n_dim = 0, max_hop = 0;
    if (n_child < 1)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "a product needs a list `dimensions` of topologies");
    for (int i = 0; i < n_child; i++) {
        n_dim += child[i].n_dim;
        max_hop += child[i].max_hop;
        n_chip *= child[i].n_chip; // each factor < 2^31, so the check below comes in time
        max_path *= child[i].max_path;
        if (n_dim > LL_MAX_DIM)
            return ll_error_set(err, LL_ERR_CONFIG, "more than %d dimensions", LL_MAX_DIM);
        if (n_chip > INT32_MAX)
            return ll_error_set(err, LL_ERR_CONFIG,
                                "the sizes multiply to %lld chips; at most %d are possible",
                                (long long)n_chip, INT32_MAX);
        if (max_path > INT32_MAX)
            return ll_error_set(err, LL_ERR_CONFIG,
                                "a flow would be split over %lld paths; choose routing without "
                                "spraying in some dimension",
                                (long long)max_path);
    }
    if (max_hop > LL_MAX_HOP)
        return ll_error_set(err, LL_ERR_CONFIG, "a route can have %d hops; at most %d are possible",
                            max_hop, LL_MAX_HOP);
    return product_names(n_child, child, err);
}

/* The product of the children's detours, and of the children themselves where they have none. */
static ll_status product_detours(int n_child, const ll_topology *child, ll_arena *mem,
                                 ll_topology *topo, ll_error *err)
{
    bool any = false;
    for (int i = 0; i < n_child; i++)
        any = any || child[i].detours != NULL;
    if (!any) return LL_OK;
    ll_topology *around = ll_arena_array(mem, n_child, ll_topology);
    for (int i = 0; i < n_child; i++)
        around[i] = child[i].detours != NULL ? *child[i].detours : child[i];
    ll_topology *detours = ll_arena_new(mem, ll_topology);
    detours->type = &ll_topology_product;
    topo->detours = detours;
    return ll_topology_product.create(NULL, n_child, around, mem, detours, err);
}

static ll_status product_create(const void *param, int n_child, const ll_topology *child,
                                ll_arena *mem, ll_topology *topo, ll_error *err)
{
    (void)param;
    LL_TRY(product_check(n_child, child, err));
    product_state *state = ll_arena_new(mem, product_state);
    topo->n_chip = 1;
    topo->max_path = 1;
    topo->max_hop = 0;
    topo->n_dim = 0;
    for (int i = 0; i < n_child; i++) {
        state->part[i] = (product_part){.topo = &child[i],
                                        .size = ll_divisor_of(child[i].n_chip),
                                        .stride = topo->n_chip,
                                        .first_dim = topo->n_dim,
                                        .n_switch = child[i].n_node - child[i].n_chip};
        topo->n_chip *= child[i].n_chip;
        topo->max_path *= child[i].max_path;
        topo->max_hop += child[i].max_hop;
        topo->uneven = topo->uneven || child[i].uneven;
        for (int d = 0; d < child[i].n_dim; d++)
            topo->dim[topo->n_dim++] = child[i].dim[d];
    }
    state->n_part = n_child;
    topo->n_node = topo->n_chip;
    topo->n_link = 0;
    for (int i = 0; i < n_child; i++) {
        product_part *part = &state->part[i];
        part->n_line = topo->n_chip / child[i].n_chip;
        part->link_id = topo->n_link;
        part->switch_id = topo->n_node;
        topo->n_link += part->n_line * child[i].n_link;
        topo->n_node += part->n_line * part->n_switch;
    }
    topo->state = state;
    return product_detours(n_child, child, mem, topo, err);
}

/* The id in the whole of node `node` of copy `line`. */
static int64_t product_node(const product_part *part, int64_t line, int64_t node)
{
    int32_t size = part->topo->n_chip;
    if (node >= size) return part->switch_id + line * part->n_switch + (node - size);
    int64_t above = line / part->stride, below = line % part->stride;
    return (above * size + node) * part->stride + below;
}

static void product_link(const ll_topology *topo, int64_t link_id, ll_link *out)
{
    const product_state *state = topo->state;
    const product_part *part = &state->part[state->n_part - 1];
    while (link_id < part->link_id)
        part--;
    const ll_topology *child = part->topo;
    int64_t line = (link_id - part->link_id) / child->n_link;
    child->type->link(child, link_id - part->link_id - line * child->n_link, out);
    out->from = product_node(part, line, out->from);
    out->to = product_node(part, line, out->to);
    out->dimension += part->first_dim;
}

static int32_t product_n_path(const ll_topology *topo, int32_t src, int32_t dst)
{
    const product_state *state = topo->state;
    if (topo->max_path == 1) return 1;
    int32_t n_path = 1;
    for (const product_part *part = state->part; src != dst; part++) {
        int32_t src_above = ll_quotient(src, &part->size);
        int32_t dst_above = ll_quotient(dst, &part->size);
        int32_t from = src - src_above * part->size.by, to = dst - dst_above * part->size.by;
        if (from != to) n_path *= part->topo->type->n_path(part->topo, from, to);
        src = src_above;
        dst = dst_above;
    }
    return n_path;
}

static int product_route(const ll_topology *topo, int32_t src, int32_t dst, int32_t path, int cap,
                         int64_t *link_id)
{
    const product_state *state = topo->state;
    int32_t below = 0; // chip id in the dimensions that are done: those of dst
    int n_hop = 0;
    // src and dst lose a digit in each turn; when the rest is equal, the route is there.
    for (const product_part *part = state->part; src != dst; part++) {
        const ll_topology *child = part->topo;
        int32_t src_above = ll_quotient(src, &part->size);
        int32_t dst_above = ll_quotient(dst, &part->size);
        int32_t from = src - src_above * part->size.by, to = dst - dst_above * part->size.by;
        if (from != to) {
            int32_t child_path = 0;
            if (path > 0 && child->max_path > 1) {
                int32_t n_path = child->type->n_path(child, from, to);
                child_path = path % n_path;
                path /= n_path;
            }
            int n = child->type->route(child, from, to, child_path, cap - n_hop, link_id + n_hop);
            if (n < 0) return -1;
            int64_t line = (int64_t)src_above * part->stride + below;
            int64_t first = part->link_id + line * child->n_link;
            for (int end = n_hop + n; n_hop < end; n_hop++)
                link_id[n_hop] += first;
        }
        below += to * part->stride;
        src = src_above;
        dst = dst_above;
    }
    return n_hop;
}

/* An automorphism of each child makes one of the product. */
static int32_t product_chip_orbit(const ll_topology *topo, const int32_t *split, int32_t chip,
                                  int32_t *n_alike)
{
    const product_state *state = topo->state;
    int32_t first = 0;
    *n_alike = 1;
    for (int i = 0; i < state->n_part; i++) {
        const product_part *part = &state->part[i];
        const ll_topology *child = part->topo;
        int32_t n;
        first += part->stride * child->type->chip_orbit(child, split + part->first_dim,
                                                        ll_remainder(chip, &part->size), &n);
        *n_alike *= n;
        chip = ll_quotient(chip, &part->size);
    }
    return first;
}

/* A link of a child's copy: the line, which is a chip of all other dimensions, times the link. */
static int64_t product_link_orbit(const ll_topology *topo, const int32_t *split, int64_t link_id,
                                  int64_t *n_alike)
{
    const product_state *state = topo->state;
    const product_part *part = &state->part[state->n_part - 1];
    while (link_id < part->link_id)
        part--;
    const ll_topology *child = part->topo;
    const int64_t line = (link_id - part->link_id) / child->n_link,
                  in_child = link_id - part->link_id - line * child->n_link;
    int64_t n_link;
    const int64_t first =
        child->type->link_orbit(child, split + part->first_dim, in_child, &n_link);
    const int32_t chip = (int32_t)product_node(part, line, 0);
    int32_t n_chip, n_in_child;
    const int32_t first_chip = product_chip_orbit(topo, split, chip, &n_chip);
    child->type->chip_orbit(child, split + part->first_dim, 0, &n_in_child);
    const int32_t above = first_chip / (part->stride * part->size.by);
    *n_alike = n_link * (n_chip / n_in_child);
    return part->link_id +
           ((int64_t)above * part->stride + first_chip % part->stride) * child->n_link + first;
}

const ll_topology_type ll_topology_product = {.name = "product",
                                              .doc = "a topology per dimension, e.g. switch x clos",
                                              .keys = product_keys,
                                              .param_size = 0,
                                              .composite = true,
                                              .create = product_create,
                                              .link = product_link,
                                              .n_path = product_n_path,
                                              .route = product_route,
                                              .chip_orbit = product_chip_orbit,
                                              .link_orbit = product_link_orbit};
