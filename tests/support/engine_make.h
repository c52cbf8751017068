/* Engines and phases for tests and benchmarks, without the configuration reader:
 *     engine_make(mem, "flow", "fold=off; tolerance=1e-12")
 */
#ifndef LL_TESTS_SUPPORT_ENGINE_MAKE_H
#define LL_TESTS_SUPPORT_ENGINE_MAKE_H

#include "sim/engine/engine.h"
#include "tests/support/param_make.h"
#include "tests/support/topology_make.h"

typedef struct test_engine {
    const ll_engine_type *type;
    const void *param;
} test_engine;

/* Stops the test if the text has an error. */
static inline test_engine engine_of(ll_arena *mem, const ll_engine_type *type, const char *text)
{
    return (test_engine){type, param_make(mem, type->name, type->keys, type->param_size, text)};
}

static inline test_engine engine_make(ll_arena *mem, const char *name, const char *text)
{
    const ll_engine_type *type = ll_engine_find(name);
    LL_ASSERT(type, "no engine '%s'", name);
    return engine_of(mem, type, text);
}

/* Packets of 4 KiB, window twice the bandwidth-delay product. */
static inline ll_wire wire_make(void)
{
    return (ll_wire){.packet_B = 4096, .kappa = 0.05, .window_bdp = 2};
}

/* The same with a window of so many bytes. */
static inline ll_wire wire_window(double window_B)
{
    return (ll_wire){.packet_B = 4096, .kappa = 0.05, .window_B = window_B};
}

/* One group of the first n chips. */
static inline ll_traffic traffic_make(ll_pattern pattern, int32_t n, int32_t arg, double size_B)
{
    return (ll_traffic){.pattern = pattern,
                        .arg = arg,
                        .group = {.n_chip = n, .n_digit = 1, .size = {n}, .stride = {1}},
                        .size_B = size_B};
}

static inline ll_traffic list_make(int64_t n, const int32_t *src, const int32_t *dst,
                                   const double *size_B)
{
    return (ll_traffic){
        .pattern = LL_PATTERN_LIST, .n_list = n, .src = src, .dst = dst, .list_B = size_B};
}

/* The price of one phase; stops the test if the engine fails. Collective. */
static inline ll_price price_phase(test_engine e, const ll_topology *topo, ll_wire wire,
                                   const ll_phase *phase, ll_comm *comm)
{
    const ll_problem problem = {topo, wire, 1, phase};
    ll_arena *mem = ll_arena_create("price");
    ll_error err;
    ll_price price;
    ll_error_init(&err);
    const ll_status status = ll_engine_solve(e.type, &problem, e.param, comm, mem, &price, &err);
    LL_ASSERT(status == LL_OK, "engine %s: %s", e.type->name, err.text);
    ll_arena_destroy(mem);
    return price;
}

static inline ll_price price_make(test_engine e, const ll_topology *topo, ll_wire wire,
                                  int n_traffic, const ll_traffic *traffic, ll_comm *comm)
{
    const ll_phase phase = {.n_traffic = n_traffic, .traffic = traffic};
    return price_phase(e, topo, wire, &phase, comm);
}

#endif
