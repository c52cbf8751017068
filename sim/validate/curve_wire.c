#include "sim/validate/curve_fit.h"

#include <math.h>

/* Of each dimension the largest rate at which a chip's links of it carry. out: [topo->n_dim] */
static void chip_rates(const ll_topology *topo, ll_arena *mem, double *out)
{
    ll_arena_mark mark = ll_arena_here(mem);
    double *rate = ll_arena_array(mem, (int64_t)topo->n_chip * topo->n_dim, double);
    for (int64_t i = 0; i < topo->n_link; i++) {
        ll_link link;
        topo->type->link(topo, i, &link);
        if (link.from < topo->n_chip)
            rate[link.from * topo->n_dim + link.dimension] += ll_link_capacity_Bps(&link);
    }
    for (int d = 0; d < topo->n_dim; d++) {
        out[d] = 0;
        for (int32_t c = 0; c < topo->n_chip; c++)
            out[d] = fmax(out[d], rate[(int64_t)c * topo->n_dim + d]);
    }
    ll_arena_release(mem, mark);
}

/* Bytes that a chip sends at the least, whatever the algorithm, switches that add up included. */
static double least_B(const ll_point *p)
{
    switch (p->collective) {
    case LL_ALL_GATHER:
    case LL_REDUCE_SCATTER:
    case LL_ALL_TO_ALL:
        return p->size_B * (p->n - 1) / p->n;
    case LL_ALL_REDUCE:
    case LL_BROADCAST:
    case LL_SEND:
    case LL_DISPATCH:
    case LL_COMBINE:
    case LL_N_COLLECTIVE:
        break;
    }
    return p->size_B;
}

ll_status ll_curve_wire_check(const ll_cluster *cluster, const ll_points *points, ll_arena *mem,
                              ll_error *err)
{
    const double slack = 1.01; /* rates of data sheets are rounded */
    const ll_topology *topo = cluster->topo;
    double rate_Bps[LL_MAX_DIM];
    chip_rates(topo, mem, rate_Bps);
    for (int i = 0; i < points->n; i++) {
        const ll_point *p = &points->point[i];
        if (p->collective >= LL_N_OF_BYTES) continue; /* a chip may keep some of its tokens */
        ll_request request;
        double wire_Bps = 0;
        LL_TRY(ll_curve_request(cluster, p, &request, err));
        const unsigned dims = ll_collective_dimensions(topo, &request.group);
        for (int d = 0; d < topo->n_dim; d++)
            if (dims & 1u << d) wire_Bps += rate_Bps[d];
        if (least_B(p) <= slack * wire_Bps * p->time_s) continue;
        return ll_error_set(
            err, LL_ERR_CONFIG,
            "%s:%d: %s of %.0f B in %.4g us is faster than the wire: %.4g GB/s at a "
            "chip of %s, whose links carry %.4g GB/s; is the time in us, the size "
            "in bytes?",
            p->file, p->line, ll_collective_names[p->collective], p->size_B, 1e6 * p->time_s,
            1e-9 * least_B(p) / p->time_s, cluster->name, 1e-9 * wire_Bps);
    }
    return LL_OK;
}
