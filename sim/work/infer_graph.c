/* The graph of a serving iteration. */
#include "sim/work/chunks.h"
#include "sim/work/infer.h"

/* Passes of the graph, in this order: one for each run of layers, then these. */
enum { EMBEDDING, OUTPUT, HOST, N_MORE };

static void host_pass(const ll_study *study, const ll_batch *b, ll_pass *pass)
{
    const ll_server *server = &study->server;
    const ll_kernel host = {.kind = LL_KERNEL_HOST,
                            .share = LL_SHARE_STREAM,
                            .precision = pass->precision,
                            .host_s = server->host_s + server->host_request_s * b->n_host};
    if (b->n_host > 0 && host.host_s > 0) ll_pass_add(pass, &host);
}

/* Two-batch overlap: the batch is cut into halves, and the exchanges of one overlap with the
 * kernels of the other, which are as long as its own. */
static int n_half(const ll_study *study) { return study->layout.experts.overlap_exchange ? 2 : 1; }

static const ll_batch *half_of(const ll_study *study, const ll_batch *whole, ll_arena *mem)
{
    ll_batch *b = ll_arena_new(mem, ll_batch);
    *b = *whole;
    b->n_decode /= n_half(study);
    b->n_prompt /= n_half(study);
    return b;
}

static void passes_make(const ll_study *study, const ll_batch *b, unsigned removes, ll_arena *mem,
                        ll_graph *g)
{
    const ll_model *m = &study->model;
    const int wide = ll_kernel_wide_precision(&study->cluster.chip, study->layout.precision);
    ll_split split = ll_infer_split(study, b);
    if (removes & LL_IDEAL_ROUTING) {
        split.experts.load = LL_LOAD_BALANCED;
        split.experts.hot = 1;
    }
    g->n_pass = m->n_run + N_MORE;
    g->pass = ll_arena_array(mem, g->n_pass, ll_pass);
    g->shards = ll_arena_array(mem, g->n_pass, const ll_shards *);
    for (int i = 0; i < g->n_pass; i++)
        g->pass[i] = ll_pass_begin(i < m->n_run ? study->layout.precision : wide, mem);
    ll_split half = split;
    half.batch = half_of(study, b, mem);
    half.n_token /= n_half(study);
    half.n_token_norm /= n_half(study);
    for (int r = 0; r < m->n_run; r++)
        ll_layer_serve(&m->run[r], &half, &g->pass[r]);
    m->embedding.type->serve(m->embedding.param, &split, &g->pass[m->n_run + EMBEDDING]);
    if (b->n_logits > 0)
        m->output.type->serve(m->output.param, &split, &g->pass[m->n_run + OUTPUT]);
    host_pass(study, b, &g->pass[m->n_run + HOST]);
    for (int i = 0; i < g->n_pass; i++)
        ll_graph_resolve(g, &study->layout, &g->pass[i]);
}

/* The op of each stage: its layers; the first stage has the embedding and the host's work, the last
 * one the output projection. */
static void ops_make(const ll_study *study, ll_arena *mem, ll_graph *g)
{
    const int n_run = study->model.n_run;
    const int64_t pp = study->layout.pp;
    ll_op *op = ll_arena_array(mem, pp, ll_op);
    for (int64_t p = 0; p < pp; p++) {
        const ll_chunk_layers deal = ll_chunk_deal(&study->model, &study->layout, p);
        ll_op_part *part = ll_arena_array(mem, g->n_pass, ll_op_part);
        int n = 0;
        for (int r = 0; r < n_run; r++)
            if (deal.of_run[r] > 0)
                part[n++] = (ll_op_part){r, n_half(study) * (double)deal.of_run[r]};
        if (p == 0) part[n++] = (ll_op_part){n_run + EMBEDDING, 1};
        if (p == 0) part[n++] = (ll_op_part){n_run + HOST, 1};
        if (p == pp - 1) part[n++] = (ll_op_part){n_run + OUTPUT, 1};
        op[p] = (ll_op){.n_part = n, .part = part, .ends = {.transfer = -1}};
        /* Calls are counted on the average chip: all pp groups pass this stage. */
        for (int k = 0; k < n; k++)
            for (int u = 0; u < g->pass[part[k].pass].n_use; u++)
                g->transfer[g->pass[part[k].pass].use[u].transfer].calls += part[k].count;
    }
    g->op = op;
    g->n_op = (int)pp;
}

static void send_make(const ll_study *study, const ll_batch *b, ll_graph *g)
{
    const ll_layout *l = &study->layout;
    if (l->pp == 1) return;
    const ll_exchange e = {.name = "pp send",
                           .collective = LL_SEND,
                           .axes = 1u << LL_AXIS_PP,
                           .size_B = 2 * ll_batch_tokens(b) * (double)study->model.hidden};
    g->send = ll_graph_add(g, l, &e, LL_STREAM_PP);
    g->transfer[g->send].calls += (double)l->pp;
}

/* Slot by slot, each stage runs the group that the stage before it ran in the last slot; the group
 * of the last stage comes back to the first. */
static void tasks_make(const ll_study *study, ll_arena *mem, ll_graph *g)
{
    const int32_t pp = (int32_t)study->layout.pp, n = pp * pp;
    ll_task *task = ll_arena_array(mem, n + pp + 1, ll_task);
    ll_cost_of *cost = ll_arena_array(mem, pp + 1, ll_cost_of);
    int32_t *last = ll_arena_new(mem, int32_t);
    for (int32_t p = 0; p < pp; p++)
        cost[p] = (ll_cost_of){LL_COST_OP, p};
    cost[pp] = (ll_cost_of){LL_COST_NONE, 0};
    for (int32_t i = 0; i < n; i++) {
        const int32_t slot = i / pp, stage = i % pp;
        const int32_t before = (slot - 1) * pp + (stage + pp - 1) % pp;
        task[i] = (ll_task){.dep = {slot > 0 && pp > 1 ? before : -1, -1},
                            .cost = stage,
                            .draw = i,
                            .lane = stage,
                            .flags = slot > 0 && pp > 1 ? LL_TASK_DELAYED_0 : 0};
    }
    for (int32_t p = 0; p < pp; p++) /* joins: the iteration ends with its last stage */
        task[n + p] = (ll_task){.dep = {n - pp + p, p > 0 ? n + p - 1 : -1},
                                .cost = pp,
                                .draw = -1,
                                .lane = p,
                                .flags = pp > 1 ? LL_TASK_DELAYED_0 : 0};
    *last = n + pp - 1;
    task[n + pp] = (ll_task){.dep = {*last, -1}, .cost = pp, .draw = -1};
    g->n_cost = pp + 1;
    g->cost = cost;
    g->n_lane = pp;
    g->n_draw = n;
    g->n_local = n + pp;
    g->n_task = n + pp + 1;
    g->task = task;
    g->n_export = 1;
    g->export = last;
}

static void describe(const ll_study *study, const ll_batch *b, unsigned removes, ll_arena *mem,
                     ll_graph *out)
{
    *out = (ll_graph){
        .n_inner = study->layout.tp,
        .replicas = {.gather = -1, .scatter = -1, .expert_gather = -1, .expert_scatter = -1},
        .send = -1,
        .send_gather = -1,
        .tie = -1,
        .copy = -1,
        .syncs_every_task = ll_infer_sharing(&study->layout) > 1};
    for (int s = 0; s < LL_N_STREAM; s++)
        out->on_wire[s] = -1;
    passes_make(study, b, removes, mem, out);
    ops_make(study, mem, out);
    send_make(study, b, out);
}

void ll_infer_graph(const ll_study *study, const ll_batch *batch, unsigned removes, ll_arena *mem,
                    ll_graph *out)
{
    describe(study, batch, removes, mem, out);
    tasks_make(study, mem, out);
}

/* ---- Hooks ---- */

double ll_infer_work_flop(const ll_study *study)
{
    ll_arena *mem = ll_arena_create("batch");
    const ll_batch batch = study->workload->batch(study, mem);
    ll_arena_destroy(mem);
    return ll_infer_flop(study, &batch);
}

unsigned ll_infer_collectives(const ll_study *study, ll_arena *mem)
{
    const ll_arena_mark mark = ll_arena_here(mem);
    const ll_batch batch = study->workload->batch(study, mem);
    ll_graph *graph = ll_arena_new(mem, ll_graph);
    describe(study, &batch, 0, mem, graph);
    const unsigned found = ll_graph_collectives(graph);
    ll_arena_release(mem, mark);
    return found;
}

ll_status ll_infer_build(const ll_study *study, const void *shape, unsigned removes, ll_arena *mem,
                         ll_graph *out, ll_error *err)
{
    (void)err;
    const ll_batch batch = shape ? *(const ll_batch *)shape : study->workload->batch(study, mem);
    ll_infer_graph(study, &batch, removes, mem, out);
    return LL_OK;
}
