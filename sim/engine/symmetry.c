#include "sim/engine/symmetry.h"

/* Whether each digit of the group is one or more whole dimensions of the topology. */
static bool whole_dimensions(const ll_topology *topo, const ll_group *g)
{
    for (int k = 0; k < g->n_digit; k++) {
        int64_t below = 1, size = 1;
        int d = 0;
        while (d < topo->n_dim && below < g->stride[k])
            below *= topo->dim[d++].size;
        if (below != g->stride[k]) return false;
        while (d < topo->n_dim && size < g->size[k])
            size *= topo->dim[d++].size;
        if (size != g->size[k]) return false;
    }
    return g->n_chip == topo->n_chip;
}

static bool first_chips(const ll_group *g)
{
    int64_t n = 1;
    for (int k = 0; k < g->n_digit; n *= g->size[k++])
        if (g->stride[k] != n) return false;
    return n == g->n_chip;
}

bool ll_symmetry_of(const ll_topology *topo, const ll_traffic *t, int32_t *split)
{
    if (topo->uneven || t->pattern != LL_PATTERN_ALL || t->weight != NULL) return false;
    for (int d = 0; d < topo->n_dim; d++)
        split[d] = topo->dim[d].size;
    if (whole_dimensions(topo, &t->group)) return true;
    if (!first_chips(&t->group)) return false;
    /* Chip c < n if its outermost coordinate that differs from that of n is smaller. */
    int32_t below = topo->n_chip, n = t->group.n_chip;
    for (int d = topo->n_dim - 1; d >= 0 && n > 0 && n < topo->n_chip; d--) {
        below /= topo->dim[d].size;
        split[d] = n / below;
        n %= below;
    }
    return true;
}

bool ll_symmetry_folds(const ll_topology *topo, const ll_traffic *t, int32_t *split)
{
    if (!ll_symmetry_of(topo, t, split)) return false;
    int64_t n_stand = 1; /* orbits of a product are products of those of its dimensions */
    for (int32_t d = 0, stride = 1; d < topo->n_dim; stride *= topo->dim[d++].size) {
        int32_t n = 0;
        for (int32_t i = 0, n_alike; i < topo->dim[d].size; i++)
            n += topo->type->chip_orbit(topo, split, i * stride, &n_alike) == i * stride;
        n_stand *= n;
    }
    return 2 * n_stand <= t->group.n_chip;
}
