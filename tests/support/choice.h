/* The algorithm that `auto` chooses against all others: every algorithm of every collective, priced
 * by an engine, on fabrics of every family, with software that costs no time and has all
 * algorithms.
 *
 *     choice_fabric fabric[CHOICE_MAX];
 *     int n = choice_fabrics(mem, 64, fabric);
 *     choice_sweep(&fabric[0], 64, engine, comm, &told);
 */
#ifndef LL_TESTS_SUPPORT_CHOICE_H
#define LL_TESTS_SUPPORT_CHOICE_H

#include "sim/collective/collective.h"
#include "sim/engine/symmetry.h"
#include "tests/support/engine_make.h"
#include "tests/support/topologies.h"

#include <math.h>

enum { CHOICE_MAX = 16, CHOICE_SIZES = 6 };

/* From latency-bound to bandwidth-bound sizes. */
static const double choice_size_B[CHOICE_SIZES] = {8, 4096, 262144, 4194304, 67108864, 1073741824};

typedef struct choice_fabric {
    const char *name;
    ll_cluster cluster;
} choice_fabric;

/* The worst of a sweep: time of `auto` over that of the best, and where. */
typedef struct choice_worst {
    double ratio;
    ll_collective collective;
    double size_B;
    ll_algorithm best;
    const char *taken; /* in the arena of the sweep */
    int n_priced;      /* plans, `auto` apart */
} choice_worst;

static inline void choice_add(choice_fabric *list, int *n, const char *name,
                              const ll_topology *topo)
{
    LL_ASSERT(*n < CHOICE_MAX, "%d fabrics", *n);
    choice_fabric *f = &list[(*n)++];
    *f = (choice_fabric){name, {.name = name, .topo = topo, .wire = wire_make()}};
    for (int d = 0; d < topo->n_dim; d++) {
        ll_software *s = &f->cluster.software[d];
        *s = (ll_software){.dimension = topo->dim[d].name, .algorithms = "all"};
        for (int c = 0; c < LL_N_COLLECTIVE; c++)
            s->rate_frac[c] = 1;
        s->rate_frac_in_network = s->protocol_frac[LL_PROTOCOL_SIMPLE] = 1;
    }
}

/* A product of fabrics of one type with these sizes, named d0, d1 ... */
static inline ll_topology *choice_product(ll_arena *mem, const char *type, const char *text, int n,
                                          const int32_t *size)
{
    ll_topology *child[LL_MAX_DIM];
    for (int i = 0; i < n; i++)
        child[i] =
            topology_sized(mem, type, size[i], ll_arena_printf(mem, "name=d%d; %s", i, text));
    return topology_times(mem, n, child);
}

/* Factors n = a b c d, as equal as its powers of two allow; returns how many are above 1. */
static inline int choice_factors(int32_t n, int32_t *out)
{
    int count = 0;
    for (; n > 1; count++) {
        const int32_t room = count == 3 ? n : 8;
        int32_t f = n < room ? n : room;
        while (n % f != 0)
            f--;
        if (f == 1) f = n;
        out[count] = f;
        n /= f;
    }
    return count;
}

/* Fabrics of n_chip chips, a multiple of 4; types that cannot be so large are left out.
 * list: [CHOICE_MAX], arena. Returns their number. */
static inline int choice_fabrics(ll_arena *mem, int32_t n_chip, choice_fabric *list)
{
    int n = 0;
    int32_t size[LL_MAX_DIM];
    const int n_dim = choice_factors(n_chip, size);
    ll_topology *four = topology_must(mem, "switch", "size=4; name=node; links=8; " LANE);
    ll_topology *board = topology_must(mem, "mesh", "size=4; routing=spray; name=board; " LANE);
    ll_topology *slow =
        topology_sized(mem, "switch", n_chip / 4, "bandwidth=20 GB/s; latency=1 us");
    ll_topology *leaves =
        topology_sized(mem, "clos", n_chip / 4, "hosts_per_leaf=2; uplinks=1; " LANE UP);
    choice_add(list, &n, "switch, reduces",
               topology_sized(mem, "switch", n_chip, "links=3; in_network=true; " LANE));
    choice_add(list, &n, "mesh", topology_sized(mem, "mesh", n_chip, LANE));
    if (n_chip <= 64)
        choice_add(list, &n, "mesh, sprayed",
                   topology_sized(mem, "mesh", n_chip, "routing=spray; " LANE));
    if (n_chip <= 128) choice_add(list, &n, "ring", topology_sized(mem, "ring", n_chip, LANE));
    if (n_chip <= 64) choice_add(list, &n, "line", topology_sized(mem, "line", n_chip, LANE));
    choice_add(list, &n, "clos 4:1",
               topology_sized(mem, "clos", n_chip, "hosts_per_leaf=4; uplinks=2; " LANE UP));
    choice_add(list, &n, "clos, ecmp",
               topology_sized(mem, "clos", n_chip,
                              "hosts_per_leaf=4; uplinks=4; routing=ecmp; ecmp_paths=3; " LANE UP));
    choice_add(list, &n, "clos, dmodk",
               topology_sized(mem, "clos", n_chip,
                              "hosts_per_leaf=4; uplinks=4; routing=dmodk; " LANE UP));
    choice_add(
        list, &n, "clos 7:1, 3 levels",
        topology_sized(mem, "clos", n_chip,
                       "hosts_per_leaf=4; uplinks=8; levels=3; leaves_per_pod=2; "
                       "core_uplinks=1; core_bandwidth=7 GB/s; core_latency=1 us; " LANE UP));
    choice_add(list, &n, "mesh x switch", topology_times(mem, 2, (ll_topology *[]){board, slow}));
    choice_add(list, &n, "switch x clos", topology_times(mem, 2, (ll_topology *[]){four, leaves}));
    if (n_dim > 1) choice_add(list, &n, "meshes", choice_product(mem, "mesh", LANE, n_dim, size));
    if (n_dim > 1 && size[n_dim - 1] <= 64)
        choice_add(list, &n, "torus", choice_product(mem, "ring", LANE, n_dim, size));
    return n;
}

typedef struct choice_run {
    const ll_cluster *cluster;
    ll_chooser *chooser;
    ll_engine *engine;
    ll_arena *mem;
} choice_run;

static inline double choice_price(const choice_run *r, const ll_plan *plan)
{
    ll_price price[LL_MAX_ROUND];
    ll_cost cost;
    ll_error err;
    ll_error_init(&err);
    for (int i = 0; i < plan->n_round; i++) {
        const ll_phase phase = {.n_traffic = 1, .traffic = &plan->round[i].traffic};
        const ll_status status = ll_engine_price(r->engine, 1, &phase, &price[i], &err);
        LL_ASSERT(status == LL_OK, "%s", err.text);
    }
    ll_collective_cost(r->cluster->software, plan, price, &cost);
    return cost.total_s;
}

/* One collective of one size. */
static inline void choice_one(const choice_run *r, const ll_request *request, choice_worst *worst)
{
    ll_request one = *request;
    ll_plan plan, taken;
    ll_error err;
    ll_error_init(&err);
    const ll_status status = ll_chooser_choose(r->chooser, request, r->mem, &taken, &err);
    LL_ASSERT(status == LL_OK, "%s", err.text);
    const double auto_s = choice_price(r, &taken);
    for (int a = LL_ALGORITHM_RING; a < LL_N_ALGORITHM; a++) {
        one.algorithm = (ll_algorithm)a;
        if (!ll_collective_eligible(r->cluster, &one) ||
            ll_chooser_choose(r->chooser, &one, r->mem, &plan, &err) != LL_OK)
            continue;
        const double ratio = auto_s / choice_price(r, &plan);
        worst->n_priced++;
        if (ratio <= worst->ratio) continue;
        *worst = (choice_worst){ratio,         request->collective,          request->size_B,
                                one.algorithm, ll_plan_name(&taken, r->mem), worst->n_priced};
    }
}

/* All collectives in all sizes among the first n chips; without all_to_all where engine `flow`
 * would have to solve a million flows that no symmetry folds. In mem. */
static inline choice_worst choice_sweep(const choice_fabric *fabric, int32_t n, test_engine engine,
                                        ll_comm *comm, ll_arena *mem)
{
    choice_worst worst = {.ratio = 0};
    choice_run r = {.cluster = &fabric->cluster, .mem = mem};
    ll_error err;
    ll_error_init(&err);
    r.chooser = ll_chooser_create(r.cluster, mem);
    const ll_traffic pairs = traffic_make(LL_PATTERN_ALL, n, 0, 1);
    int32_t split[LL_MAX_DIM];
    const bool skip_pairs = n > LL_DIRECT_MAX && !ll_symmetry_folds(r.cluster->topo, &pairs, split);
    const ll_status status = ll_engine_create(engine.type, r.cluster->topo, &r.cluster->wire,
                                              engine.param, comm, &r.engine, &err);
    LL_ASSERT(status == LL_OK, "%s", err.text);
    for (int i = 0; i < CHOICE_SIZES; i++)
        for (int c = 0; c < LL_N_OF_BYTES; c++) {
            if (c == LL_ALL_TO_ALL && skip_pairs) continue;
            const ll_request request = {
                .collective = (ll_collective)c,
                .group = {.n_chip = n, .n_digit = 1, .size = {n}, .stride = {1}},
                .size_B = choice_size_B[i]};
            choice_one(&r, &request, &worst);
        }
    ll_engine_destroy(r.engine);
    return worst;
}

#endif
