#include "sim/work/train_graph.h"

#include "sim/model/optimizer.h"
#include "sim/work/pipeline.h"
#include "sim/work/train_parts.h"
#include "sim/work/zero_lists.h"

#include <math.h>

/* ---- ops ---- */

static void part_add(ll_op *op, ll_op_part *part, int pass, double count)
{
    if (pass < 0 || count <= 0) return;
    part[op->n_part++] = (ll_op_part){pass, count};
}

static ll_op_ends op_ends(const ll_train_parts *b, int64_t v, bool backward, int layer)
{
    const ll_replica_work *r = &b->graph->replicas;
    ll_op_ends e = {.transfer = -1, .layer = layer};
    if (b->stack->zero < 3 || r->gather < 0 || layer < 0) return e;
    const double n_call = ll_zero_layer_calls(&b->model->run[0], &b->split);
    e.transfer = backward ? r->scatter : r->gather;
    e.overlap = backward ? b->stack->overlap_grad_reduce : b->stack->overlap_param_gather;
    e.n_call = n_call;
    e.vocab = ll_model_embedding_param(b->model) * n_call / b->layer_param.dense;
    e.first = v == 0;
    e.last = v == ll_chunk_count(b->layout) - 1 && !(b->model->tied && v == 0);
    return e;
}

static ll_op op_of(ll_train_parts *b, int kind, bool backward, int *layer)
{
    const int64_t v = b->kinds.first[kind];
    const ll_chunk_layers layers = b->kinds.layers[kind];
    ll_op_part *part = ll_arena_fill(b->mem, b->model->n_run + 3, ll_op_part);
    ll_op op = {.part = part};
    *layer = -1;
    for (int r = 0; r < b->model->n_run; r++) {
        part_add(&op, part, b->layer_pass[backward][r], (double)layers.of_run[r]);
        if (layers.of_run[r] > 0 && *layer < 0) *layer = b->layer_pass[backward][r];
    }
    op.n_layer = op.n_part;
    if (*layer < 0) *layer = b->layer_pass[backward][0];
    const double n_embed = (double)(ll_chunk_embeds(b->layout, v) + layers.n_predict);
    const double n_output = (double)(ll_chunk_has_loss(b->layout, v) + layers.n_predict);
    part_add(&op, part, b->embedding_pass[backward], n_embed);
    part_add(&op, part, b->output_pass[backward], n_output);
    part_add(&op, part, b->scale_pass, 1);
    op.ends = op_ends(b, v, backward, *layer);
    return op;
}

/* Counts the calls of the transfers within passes, per chip and step, as the mean over the stages.
 * Each chunk runs its two ops for every micro-batch of its copy of the model. */
static void calls_count(ll_train_parts *b, const ll_op *op)
{
    const ll_chunk_kinds *kinds = &b->kinds;
    const double n = b->n_micro / (double)ll_schedule_n_copy(ll_layout_schedule(b->layout)) /
                     (double)b->layout->pp;
    for (int i = 0; i < 2 * kinds->n; i++) {
        const int kind = i / 2;
        for (int k = 0; k < op[i].n_part; k++) {
            const ll_pass *pass = &b->graph->pass[op[i].part[k].pass];
            const double calls = n * (double)kinds->n_alike[kind] * op[i].part[k].count;
            for (int u = 0; u < pass->n_use; u++)
                b->graph->transfer[pass->use[u].transfer].calls += calls;
        }
    }
}

/* Buckets of the dp transfers of a chunk. A bucket of Megatron-LM has max(40 million, 1 million x
 * replicas) parameters (DistributedDataParallelConfig: bucket_size). Only the first chunk of the
 * first stage is cut into buckets, as the others end earlier; with zero = 2 a layer is a bucket. */
static double n_part_of(const ll_train_parts *b, int kind)
{
    if (b->stack->zero >= 2) return fmax(1, (double)b->kinds.layers[kind].n);
    const double bucket = fmax(40e6, 1e6 * b->split.n_replica);
    const ll_weights *w = &b->kinds.param[kind];
    return b->kinds.first[kind] > 0 ? 1 : fmax(1, ceil((w->dense + w->expert) / bucket));
}

/* Ops of the pairs that a stage can run, behind n_op others: [n_chunk][n_held], by the chunk of the
 * forward pass and by which of the stage's chunks the backward pass is of. */
static int pairs_build(const ll_train_parts *b, ll_op *op, int n_op)
{
    const ll_schedule_type *schedule = ll_layout_schedule(b->layout);
    const ll_pipe pipe = ll_layout_pipe(b->layout);
    const int64_t n_held = schedule->n_held(&pipe);
    for (int64_t s = 0; s < pipe.n_stage; s++)
        for (int64_t i = 0; i < n_held * n_held; i++) {
            const int64_t v = schedule->chunk(&pipe, s, i / n_held), k = i % n_held;
            const int32_t back = b->kinds.of[schedule->chunk(&pipe, s, k)];
            op[n_op + v * n_held + k] =
                (ll_op){.ends = {.transfer = -1},
                        .forward = &op[ll_graph_chunk(b->graph, v)->forward_op],
                        .backward = &op[b->graph->kind[back].backward_op],
                        .back_kind = back};
        }
    return n_op + (int)(b->kinds.n_chunk * n_held);
}

/* What a kind of chunk has, and its ops: forward and backward, and with split backward passes, of
 * which weight_op is the second, its two halves. */
static ll_chunk_work kind_build(ll_train_parts *b, int kind, int weight_op, ll_op *op)
{
    const ll_weights *w = &b->kinds.param[kind];
    ll_chunk_work c = {.scale = w->dense / b->mean_param.dense,
                       .expert_scale =
                           b->mean_param.expert > 0 ? w->expert / b->mean_param.expert : 0,
                       .n_part = n_part_of(b, kind),
                       .forward_op = 2 * kind,
                       .backward_op = 2 * kind + 1,
                       .weight_op = weight_op};
    op[c.forward_op] = op_of(b, kind, false, &c.forward_layer);
    op[c.backward_op] = op_of(b, kind, true, &c.backward_layer);
    if (weight_op < 0) return c;
    ll_op *input = &op[weight_op - 1], *weight = &op[weight_op];
    *input = *weight = op[c.backward_op];
    input->half = LL_OP_INPUT;
    weight->half = LL_OP_WEIGHT;
    input->ends.transfer = -1; /* gradients leave after the weights' half */
    return c;
}

static void ops_build(ll_train_parts *b, bool split_backward, bool pairs)
{
    const ll_pipe pipe = ll_layout_pipe(b->layout);
    const ll_chunk_kinds *kinds = &b->kinds;
    const int n_op = (split_backward ? 4 : 2) * kinds->n;
    const int64_t n_pair =
        pairs ? kinds->n_chunk * ll_layout_schedule(b->layout)->n_held(&pipe) : 0;
    ll_op *op = ll_arena_fill(b->mem, n_op + n_pair, ll_op);
    ll_chunk_work *kind = ll_arena_fill(b->mem, kinds->n, ll_chunk_work);
    for (int k = 0; k < kinds->n; k++)
        kind[k] = kind_build(b, k, split_backward ? 2 * kinds->n + 2 * k + 1 : -1, op);
    b->graph->n_kind = kinds->n;
    b->graph->kind = kind;
    b->graph->n_chunk = kinds->n_chunk;
    b->graph->kind_of = kinds->of;
    calls_count(b, op);
    b->graph->n_op = pairs ? pairs_build(b, op, n_op) : n_op;
    b->graph->op = op;
}

/* ---- tasks ---- */

typedef struct cost_list {
    ll_cost_of *cost;
    int n;
} cost_list;

static int32_t cost_add(cost_list *list, ll_cost_kind kind, int64_t index)
{
    list->cost[list->n] = (ll_cost_of){kind, (int32_t)index};
    return list->n++;
}

/* Appends n costs with the indices first, first + 1, ...; returns their positions, [n]. */
static const int32_t *cost_range(ll_train_parts *b, cost_list *list, ll_cost_kind kind, int64_t n,
                                 int64_t first)
{
    int32_t *index = ll_arena_fill(b->mem, n, int32_t);
    for (int64_t i = 0; i < n; i++)
        index[i] = cost_add(list, kind, first + i);
    return index;
}

/* Appends a cost for each chunk, with the index first + step * its kind; returns their positions,
 * [n_chunk]. */
static const int32_t *cost_chunks(ll_train_parts *b, cost_list *list, ll_cost_kind kind,
                                  int64_t first, int64_t step)
{
    int32_t *index = ll_arena_fill(b->mem, b->kinds.n_chunk, int32_t);
    for (int64_t v = 0; v < b->kinds.n_chunk; v++)
        index[v] = cost_add(list, kind, first + step * b->kinds.of[v]);
    return index;
}

/* Whether stages s and s - 1 hold chunks of the same kinds. */
static bool stages_alike(const ll_train_parts *b, const ll_pipe *pipe, int64_t s)
{
    const ll_schedule_type *schedule = ll_layout_schedule(b->layout);
    bool alike = s > 0;
    for (int64_t k = 0; k < schedule->n_held(pipe) && alike; k++)
        alike = b->kinds.of[schedule->chunk(pipe, s, k)] ==
                b->kinds.of[schedule->chunk(pipe, s - 1, k)];
    return alike;
}

/* The pass in which stage s updates its weights. */
static int optimizer_build(ll_train_parts *b, const ll_pipe *pipe, int64_t s)
{
    const ll_schedule_type *schedule = ll_layout_schedule(b->layout);
    int pass;
    ll_pass *update = ll_train_pass_new(b, b->layout->precision, &pass);
    ll_split experts = b->split;
    experts.n_replica = b->split.n_expert_replica;
    for (int64_t k = 0; k < schedule->n_held(pipe); k++) {
        const ll_weights *w = &b->kinds.param[b->kinds.of[schedule->chunk(pipe, s, k)]];
        ll_optimizer_pass(&b->split, w->dense, update);
        if (w->expert > 0) ll_optimizer_pass(&experts, w->expert, update);
    }
    return pass;
}

static const int32_t *cost_optimizers(ll_train_parts *b, cost_list *list)
{
    const ll_pipe pipe = ll_layout_pipe(b->layout);
    int32_t *index = ll_arena_fill(b->mem, b->layout->pp, int32_t);
    int pass = -1;
    for (int64_t s = 0; s < b->layout->pp; s++) {
        if (!stages_alike(b, &pipe, s)) pass = optimizer_build(b, &pipe, s);
        index[s] = cost_add(list, LL_COST_KERNELS, pass);
    }
    return index;
}

static ll_status tasks_build(ll_train_parts *b, bool split_backward, ll_error *err)
{
    ll_graph *g = b->graph;
    const int64_t n = g->n_chunk, n_whole = 2 * (int64_t)g->n_kind;
    ll_pipeline p = {.schedule = ll_layout_schedule(b->layout),
                     .pipe = ll_layout_pipe(b->layout),
                     .overlap_sends = b->stack->overlap_pp,
                     .overlap_gather = b->stack->overlap_param_gather,
                     .overlap_scatter = b->stack->overlap_grad_reduce};
    const int64_t n_pair = p.schedule->fuses_pairs ? n * p.schedule->n_held(&p.pipe) : 0;
    const int64_t n_cost = (split_backward ? 6 : 4) * n + n_pair + 2 * b->layout->pp + 4;
    cost_list list = {ll_arena_fill(b->mem, n_cost, ll_cost_of), 0};
    p.cost.forward = cost_chunks(b, &list, LL_COST_OP, 0, 2);
    p.cost.backward = cost_chunks(b, &list, LL_COST_OP, 1, 2);
    if (split_backward) {
        p.cost.input = cost_chunks(b, &list, LL_COST_OP, n_whole, 2);
        p.cost.weight = cost_chunks(b, &list, LL_COST_OP, n_whole + 1, 2);
    }
    if (n_pair > 0) p.cost.pair = cost_range(b, &list, LL_COST_OP, n_pair, g->n_op - n_pair);
    if (g->copy >= 0) p.cost.copy = cost_range(b, &list, LL_COST_COPY, b->layout->pp, 0);
    p.cost.gather = cost_chunks(b, &list, LL_COST_GATHER, 0, 1);
    p.cost.scatter = cost_chunks(b, &list, LL_COST_SCATTER, 0, 1);
    p.cost.optimizer = cost_optimizers(b, &list);
    p.cost.join = cost_add(&list, LL_COST_NONE, 0);
    p.cost.send = cost_add(&list, LL_COST_SEND, 1);
    p.cost.two_sends = cost_add(&list, LL_COST_SEND, 2);
    p.cost.tie = g->tie >= 0 ? cost_add(&list, LL_COST_TIE, 0) : -1;
    p.lock_step = ll_pipeline_in_lock_step(p.schedule, &p.pipe, p.overlap_sends);
    g->cost = list.cost;
    g->n_cost = list.n;
    return ll_pipelines_tasks(b->study->pipelines, &p, b->mem, g, err);
}

ll_status ll_train_graph(const ll_study *study, unsigned removes, ll_arena *mem, ll_graph *out,
                         ll_error *err)
{
    ll_train_parts b = ll_train_parts_of(study, removes, mem, out);
    const ll_schedule_type *schedule = ll_layout_schedule(&study->layout);
    ops_build(&b, schedule->splits_backward, schedule->fuses_pairs);
    return tasks_build(&b, schedule->splits_backward, err);
}

unsigned ll_train_collectives(const ll_study *study, ll_arena *mem)
{
    const ll_arena_mark mark = ll_arena_here(mem);
    ll_graph *graph = ll_arena_new(mem, ll_graph);
    (void)ll_train_parts_of(study, 0, mem, graph);
    const unsigned found = ll_graph_collectives(graph);
    ll_arena_release(mem, mark);
    return found;
}
