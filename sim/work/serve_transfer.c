#include "sim/work/serve_transfer.h"

#include "sim/work/infer.h"

void ll_serve_transfer_graph(const ll_study *study, double tokens, ll_arena *mem, ll_graph *out)
{
    static const ll_cost_of cost[] = {{LL_COST_SEND, 1}, {LL_COST_NONE, 0}};
    const bool sharing = ll_infer_sharing(&study->layout) > 1;
    const ll_exchange e = {.name = "kv send",
                           .collective = LL_SEND,
                           .axes = 1u << (sharing ? LL_AXIS_EDP : LL_AXIS_DP),
                           .size_B = ll_infer_request_B(study, tokens)};
    ll_task *task = ll_arena_array(mem, 2, ll_task);
    int32_t *last = ll_arena_new(mem, int32_t);
    *out = (ll_graph){
        .n_lane = 1,
        .n_inner = study->layout.tp,
        .replicas = {.gather = -1, .scatter = -1, .expert_gather = -1, .expert_scatter = -1},
        .send_gather = -1,
        .tie = -1,
        .copy = -1,
        .n_cost = 2,
        .cost = cost,
        .n_task = 2,
        .n_local = 1,
        .task = task,
        .n_export = 1,
        .export = last};
    for (int s = 0; s < LL_N_STREAM; s++)
        out->on_wire[s] = -1;
    out->send = ll_graph_add(out, &study->layout, &e, LL_STREAM_PP);
    out->transfer[out->send].calls = 1;
    task[0] = (ll_task){.dep = {-1, -1}, .draw = -1, .stream = LL_STREAM_PP};
    task[1] = (ll_task){.dep = {0, -1}, .draw = -1, .cost = 1};
}
