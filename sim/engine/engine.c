#include "sim/engine/engine.h"

#include "sim/config/config.h"
#include "sim/engine/ask.h"

#include <string.h>

#define ENGINE_ADDRESS(name) &ll_engine_##name,
const ll_engine_type *const ll_engine_types[] = {LL_ENGINES(ENGINE_ADDRESS) NULL};
#undef ENGINE_ADDRESS

const ll_engine_type *ll_engine_find(const char *name)
{
    for (int i = 0; ll_engine_types[i] != NULL; i++)
        if (strcmp(ll_engine_types[i]->name, name) == 0) return ll_engine_types[i];
    return NULL;
}

const void *ll_engine_defaults(const ll_engine_type *type, ll_arena *mem)
{
    ll_config *cfg;
    ll_source source;
    ll_error err;
    ll_error_init(&err);
    void *param = ll_arena_alloc(mem, 1, type->param_size + 1);
    ll_status status = ll_source_text("defaults", "engine : { };\n", mem, &source, &err);
    if (status == LL_OK) status = ll_config_parse(source, 0, NULL, mem, &cfg, &err);
    if (status == LL_OK) status = ll_config_fill(cfg, "engine", type->keys, param, &err);
    LL_ASSERT(status == LL_OK, "defaults of engine %s: %s", type->name, err.text);
    return param;
}

bool ll_engine_has_no_errors(const void *param, void *out)
{
    (void)param;
    (void)out;
    return false;
}

double ll_engine_walks_flows(const ll_topology *topo, const ll_wire *wire, const void *param,
                             const ll_phase *phase)
{
    enum { SOLVE = 1000 }; /* fixed effort of a phase, in flows */
    double n = SOLVE;
    (void)topo;
    (void)wire;
    (void)param;
    for (int i = 0; i < phase->n_traffic; i++)
        n += (double)ll_traffic_n_flow(&phase->traffic[i]);
    return n;
}

/* What the phase needs of an engine: LL_ENGINE_CAN_*. */
static unsigned asks(const ll_phase *phase)
{
    unsigned what = phase->flow_end_s == NULL ? 0 : LL_ENGINE_CAN_FLOW_END;
    for (int i = 0; i < phase->n_traffic; i++) {
        const ll_traffic *t = &phase->traffic[i];
        if (t->pattern != LL_PATTERN_LIST) continue;
        if (t->start_s != NULL) what |= LL_ENGINE_CAN_START;
        if (t->first_after != NULL) what |= LL_ENGINE_CAN_PREDECESSORS;
    }
    return what;
}

ll_status ll_engine_may(const ll_engine_type *type, const ll_phase *phase, ll_error *err)
{
    LL_ASSERT(phase->n_traffic <= LL_MAX_TRAFFIC, "n_traffic = %d", phase->n_traffic);
    const unsigned lacks = asks(phase) & ~type->can;
    if (lacks == 0) return LL_OK;
    const char *what = lacks & LL_ENGINE_CAN_START ? "flows that start later than at time 0"
                       : lacks & LL_ENGINE_CAN_PREDECESSORS ? "flows that wait for other flows"
                                                            : "the end of each flow";
    return ll_error_set(err, LL_ERR_RUN,
                        "engine %s cannot simulate %s; choose closed, flow or packet", type->name,
                        what);
}

ll_status ll_engine_solve(const ll_engine_type *type, const ll_problem *problem, const void *param,
                          ll_comm *comm, ll_arena *mem, ll_price *price, ll_error *err)
{
    void *state = NULL;
    for (int i = 0; i < problem->n_phase; i++)
        LL_TRY(ll_engine_may(type, &problem->phase[i], err));
    ll_status status = type->create(problem->topo, &problem->wire, param, comm, mem, &state, err);
    if (status == LL_OK) status = type->price(state, problem->n_phase, problem->phase, price, err);
    if (state != NULL) type->destroy(state);
    return status;
}
