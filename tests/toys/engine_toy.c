/* A network engine in one file, for the tests: every flow takes its latency, and its bytes over the
 * narrowest of its links, as if it were alone. Engines are added like this: a table here, one line
 * in LL_ENGINES of sim/engine/engine.h (here: in the list of tests/contract/engine.c), which is
 * also its test. */
#include "tests/toys/engine_toy.h"

#include <math.h>

typedef struct toy {
    const ll_topology *topo;
    double *share; /* [n_link] of the flow at hand; 0 between flows */
} toy;

static ll_status toy_create(const ll_topology *topo, const ll_wire *wire, const void *param,
                            ll_comm *comm, ll_arena *mem, void **state, ll_error *err)
{
    (void)wire;
    (void)param;
    (void)comm;
    (void)err;
    toy *t = ll_arena_new(mem, toy);
    *t = (toy){topo, ll_arena_array(mem, topo->n_link, double)};
    *state = t;
    return LL_OK;
}

static double flow_s(const toy *t, const ll_flow *f, double *latency_s)
{
    const ll_topology *topo = t->topo;
    const int32_t n_path = topo->type->n_path(topo, f->src, f->dst);
    double worst_s = 0;
    for (int clear = 0; clear < 2; clear++)
        for (int32_t path = 0; path < n_path; path++) {
            int64_t hop[LL_MAX_HOP];
            const int n = topo->type->route(topo, f->src, f->dst, path, LL_MAX_HOP, hop);
            for (int h = 0; h < n; h++) {
                ll_link link;
                topo->type->link(topo, hop[h], &link);
                t->share[hop[h]] = clear ? 0 : t->share[hop[h]] + 1.0 / n_path;
                worst_s = fmax(worst_s, f->size_B * t->share[hop[h]] / ll_link_capacity_Bps(&link));
            }
        }
    *latency_s = ll_topology_latency_s(topo, f->src, f->dst);
    return *latency_s + worst_s;
}

static ll_status toy_price(void *state, int n, const ll_phase *phase, ll_price *price,
                           ll_error *err)
{
    (void)err;
    for (int p = 0; p < n; p++) {
        int64_t n_flow = 0;
        price[p] = (ll_price){0};
        for (int i = 0; i < phase[p].n_traffic; i++)
            for (int64_t k = 0; k < ll_traffic_n_flow(&phase[p].traffic[i]); k++) {
                ll_flow f;
                double latency_s;
                ll_traffic_flow(&phase[p].traffic[i], k, &f);
                n_flow++;
                if (f.src == f.dst || !(f.size_B > 0)) continue;
                price[p].end_s[i] = fmax(price[p].end_s[i], flow_s(state, &f, &latency_s));
                price[p].latency_s[i] = fmax(price[p].latency_s[i], latency_s);
                ll_price_tell(&price[p], &ll_fact_max_util_frac, 1);
            }
        ll_price_tell(&price[p], &ll_fact_n_flow, (double)n_flow);
    }
    return LL_OK;
}

static void toy_destroy(void *state) { (void)state; }

static const ll_key toy_keys[] = {{0}};

const ll_engine_type ll_engine_toy = {
    .name = "toy",
    .doc = "every flow alone on its links",
    .keys = toy_keys,
    .param_size = 0,
    .can = 0,
    .create = toy_create,
    .price = toy_price,
    .destroy = toy_destroy,
    .effort = ll_engine_walks_flows,
    .error_free = ll_engine_has_no_errors,
};
