/* The price of one collective by itself, without a graph. */
#include "sim/step/price.h"

ll_status ll_collective_work(const ll_study *study, const ll_plan *plan, ll_comm *comm,
                             ll_arena *mem, ll_cost *out, ll_price *work, ll_error *err)
{
    ll_phase phase[LL_MAX_ROUND];
    ll_arena_mark mark = ll_arena_here(mem);
    ll_price *price = ll_arena_array(mem, plan->n_round, ll_price);
    for (int i = 0; i < plan->n_round; i++)
        phase[i] = (ll_phase){.n_traffic = 1, .traffic = &plan->round[i].traffic};
    ll_problem problem = {.topo = study->cluster.topo,
                          .wire = study->cluster.wire,
                          .n_phase = plan->n_round,
                          .phase = phase};
    ll_status status =
        ll_engine_solve(study->engine, &problem, study->engine_param, comm, mem, price, err);
    if (status == LL_OK) ll_collective_cost(study->cluster.software, plan, price, out);
    *work = (ll_price){0};
    for (int i = 0; i < plan->n_round && status == LL_OK; i++)
        ll_price_merge(work, &price[i]);
    ll_arena_release(mem, mark);
    return status;
}

ll_status ll_collective_time(const ll_study *study, const ll_plan *plan, ll_comm *comm,
                             ll_arena *mem, ll_cost *out, ll_error *err)
{
    ll_price work;
    return ll_collective_work(study, plan, comm, mem, out, &work, err);
}

ll_status ll_collective_price(const ll_study *study, const ll_plan *plan, ll_engine *engine,
                              ll_arena *mem, ll_cost *out, ll_error *err)
{
    ll_phase phase[LL_MAX_ROUND];
    const ll_arena_mark mark = ll_arena_here(mem);
    ll_price *price = ll_arena_array(mem, plan->n_round, ll_price);
    for (int i = 0; i < plan->n_round; i++)
        phase[i] = (ll_phase){.n_traffic = 1, .traffic = &plan->round[i].traffic};
    const ll_status status = ll_engine_price(engine, plan->n_round, phase, price, err);
    if (status == LL_OK) ll_collective_cost(study->cluster.software, plan, price, out);
    ll_arena_release(mem, mark);
    return status;
}
