#include "sim/work/train_graph.h"

#include "sim/model/optimizer.h"
#include "sim/work/chunks.h"
#include "sim/work/pipeline.h"
#include "sim/work/stack.h"
#include "sim/work/zero_lists.h"

#include <math.h>
#include <string.h>

enum { TP = 1u << LL_AXIS_TP, CP = 1u << LL_AXIS_CP, DP = 1u << LL_AXIS_DP, PP = 1u << LL_AXIS_PP };

typedef struct builder {
    const ll_study *study;
    const ll_model *model;
    const ll_layout *layout;
    const ll_stack *stack; /* the study's, with what the rung removes */
    ll_split split;
    ll_arena *mem;
    ll_graph *graph;
    double n_micro;
    const ll_chunk_layers *layers; /* [n_chunk] */
    const double *chunk_param;     /* [n_chunk] weights on one chip */
    double mean_param;             /* weights of an average chunk */
    double layer_param;            /* weights of an average layer, on all tp chips together */
    const ll_shards **shards;      /* [n_pass] */
    int *layer_pass[2];            /* forward, backward: [n_run] */
    int embedding_pass[2], output_pass[2], scale_pass; /* -1: none */
} builder;

/* ---- transfers ---- */

static int transfer_add(builder *b, const char *name, ll_collective what, unsigned axes,
                        ll_stream stream, double size_B, double calls)
{
    const ll_exchange e = {name, what, axes, size_B};
    const int i = ll_graph_add(b->graph, b->layout, &e, stream);
    b->graph->transfer[i].calls += calls;
    return i;
}

/* Pipeline sends: with sequence parallelism each tp chip sends its part of the activations. Without
 * it, it sends all of them, or with scatter_gather a part, which the receivers all-gather. */
static void transfers_pp(builder *b)
{
    const ll_layout *l = b->layout;
    if (l->pp == 1) return;
    const double size_B =
        2 * (double)(l->micro_batch * l->seq) / (double)l->cp * (double)b->model->hidden;
    const double calls = 2 * b->n_micro * (double)l->interleave;
    const bool parts = b->stack->sequence_parallel || b->stack->scatter_gather;
    b->graph->send = transfer_add(b, "pp send", LL_SEND, PP, LL_STREAM_PP,
                                  size_B / (parts ? (double)l->tp : 1), calls);
    if (parts && !b->stack->sequence_parallel && l->tp > 1)
        b->graph->send_gather =
            transfer_add(b, "pp gather", LL_ALL_GATHER, TP, LL_STREAM_PP, size_B, calls);
}

/* Size of a dp call: with ZeRO-3 one layer, or with gather_lists its average matrix; else a chunk.
 */
static void transfers_dp(builder *b)
{
    const ll_layout *l = b->layout;
    ll_replica_work *r = &b->graph->replicas;
    if (l->dp * l->cp == 1) return;
    const double grad_B = ll_stack_grad_B(b->stack);
    const double param_B = ll_stack_param_B(b->stack, l->precision);
    const double layers = b->n_micro * (double)b->model->n_layer / (double)l->pp;
    const double chunks = (double)l->interleave;
    if (b->stack->zero >= 3) {
        const ll_layers *run = &b->model->run[0];
        const double n_call = ll_zero_layer_calls(run, &b->split);
        const double param = b->layer_param / ((double)l->tp * n_call);
        r->gather =
            transfer_add(b, "dp gather", LL_ALL_GATHER, DP | CP, LL_STREAM_DP, param_B * param,
                         layers * (2 * n_call + ll_zero_regather(run, &b->split).n));
        r->scatter = transfer_add(b, "dp scatter", LL_REDUCE_SCATTER, DP | CP, LL_STREAM_DP,
                                  grad_B * param, layers * n_call);
        return;
    }
    const double param = b->mean_param;
    const bool whole = b->stack->zero == 0 || b->stack->grad_whole;
    if (b->stack->zero > 0)
        r->gather = transfer_add(b, "dp gather", LL_ALL_GATHER, DP | CP, LL_STREAM_DP,
                                 param_B * param, chunks);
    r->scatter = transfer_add(b, whole ? "dp reduce" : "dp scatter",
                              whole ? LL_ALL_REDUCE : LL_REDUCE_SCATTER, DP | CP, LL_STREAM_DP,
                              grad_B * param, b->stack->zero == 2 ? b->n_micro * chunks : chunks);
}

static void transfers_tie(builder *b)
{
    if (!b->model->tied || b->layout->pp == 1) return;
    b->graph->tie = transfer_add(
        b, "tie reduce", LL_ALL_REDUCE, PP, LL_STREAM_PP,
        ll_stack_grad_B(b->stack) * ll_model_embedding_param(b->model) / (double)b->layout->tp, 1);
    b->graph->transfer[b->graph->tie].pair_of_ends = true;
}

/* ---- passes ---- */

static ll_pass *pass_new(builder *b, int precision, int *index)
{
    ll_pass *pass = &b->graph->pass[b->graph->n_pass];
    *pass = ll_pass_begin(precision, b->mem);
    *index = b->graph->n_pass++;
    return pass;
}

/* The ZeRO-3 transfers of a layer's pass. */
static void shards_add(builder *b, const ll_layers *run, int pass, bool backward)
{
    const ll_replica_work *r = &b->graph->replicas;
    if (b->stack->zero < 3 || r->gather < 0) return;
    const bool again = backward && b->stack->recompute == LL_RECOMPUTE_FULL;
    const double scale = ll_layer_param(run, b->split.hidden, b->layout->tp) / b->layer_param;
    const double n_call = ll_zero_layer_calls(run, &b->split);
    const ll_regather more = again ? ll_zero_regather(run, &b->split) : (ll_regather){0, 0};
    const ll_list_cost lists = ll_zero_list_cost(run, &b->split, backward, again);
    ll_shards *s = ll_arena_new(b->mem, ll_shards);
    *s = (ll_shards){.gather = r->gather,
                     .scatter = backward ? r->scatter : -1,
                     .n_gather = n_call * scale,
                     .n_scatter = n_call * scale,
                     .n_more = more.n,
                     .more = more.n ? more.frac * n_call / more.n * scale : 0,
                     .overlap_gather = b->stack->overlap_param_gather &&
                                       (!backward || b->stack->backward_prefetch),
                     .overlap_scatter = b->stack->overlap_grad_reduce,
                     .n_host_call = lists.n_host_call,
                     .n_empty_scatter = lists.n_empty_scatter,
                     .streamed_B = lists.streamed_B};
    b->shards[pass] = s;
}

static void passes_layers(builder *b)
{
    for (int back = 0; back < 2; back++) {
        b->layer_pass[back] = ll_arena_array(b->mem, b->model->n_run, int);
        for (int r = 0; r < b->model->n_run; r++) {
            const ll_layers *run = &b->model->run[r];
            ll_pass *pass = pass_new(b, b->layout->precision, &b->layer_pass[back][r]);
            (back ? ll_layer_backward : ll_layer_forward)(run, &b->split, pass);
            ll_graph_resolve(b->graph, b->layout, pass);
        }
    }
}

static void passes_ends(builder *b)
{
    const ll_block *embedding = &b->model->embedding, *output = &b->model->output;
    const int wide = ll_kernel_wide_precision(&b->study->cluster.chip, b->layout->precision);
    for (int back = 0; back < 2; back++) {
        ll_pass *first = pass_new(b, wide, &b->embedding_pass[back]);
        ll_pass *last = pass_new(b, wide, &b->output_pass[back]);
        (back ? embedding->type->backward : embedding->type->forward)(embedding->param, &b->split,
                                                                      first);
        (back ? output->type->backward : output->type->forward)(output->param, &b->split, last);
        ll_graph_resolve(b->graph, b->layout, first);
        ll_graph_resolve(b->graph, b->layout, last);
    }
}

/* The amax reduction of FP8: one maximum of 4 B for the input, the weight and the gradient of each
 * GEMM in the layers of a chunk. */
static void passes_scale(builder *b)
{
    enum { TENSORS_PER_GEMM = 3, GEMMS_PER_LAYER = 4 };
    const ll_layout *l = b->layout;
    b->scale_pass = -1;
    if (!ll_stack_shares_scales(b->stack, l->precision) || l->dp * l->cp * l->tp == 1) return;
    const double layers = (double)b->model->n_layer / (double)ll_chunk_count(l);
    const ll_exchange maxima = {"scale reduce", LL_ALL_REDUCE, TP | CP | DP,
                                4 * TENSORS_PER_GEMM * GEMMS_PER_LAYER * layers};
    ll_pass *pass = pass_new(b, l->precision, &b->scale_pass);
    ll_pass_use(pass, &maxima, 1, LL_HIDE_NONE, 0, 0);
    ll_graph_resolve(b->graph, b->layout, pass);
}

/* ---- what is on the wire together ---- */

static void together_add(ll_graph *g, unsigned set)
{
    for (int s = 0; s < LL_N_STREAM; s++)
        if (set >> s & 1 && g->on_wire[s] < 0) return; /* a stream without transfers: no such set */
    LL_ASSERT(g->n_together < LL_MAX_TOGETHER, "%d sets", g->n_together);
    g->together[g->n_together++] = set;
}

/* Sets of streams that share links: transfers within passes (tp, cp: one after the other) run while
 * dp transfers and the pipeline sends of the pass before are on the wire. Slow-downs are priced
 * with one transfer for each stream: the gather (or all-reduce) for tp and cp, the gradients for
 * dp. */
static void together(builder *b)
{
    enum { TP_ = 1 << LL_STREAM_TP, CP_ = 1 << LL_STREAM_CP, PP_ = 1 << LL_STREAM_PP };
    enum { DP_ = 1 << LL_STREAM_DP };
    ll_graph *g = b->graph;
    const int gather = ll_graph_transfer(g, "tp gather"),
              reduce = ll_graph_transfer(g, "tp reduce");
    const bool dp = b->stack->overlap_grad_reduce || b->stack->overlap_param_gather;
    for (int s = 0; s < LL_N_STREAM; s++)
        g->on_wire[s] = -1;
    g->on_wire[LL_STREAM_TP] = gather >= 0 ? gather : reduce;
    g->on_wire[LL_STREAM_CP] = ll_graph_transfer(g, "cp gather");
    g->on_wire[LL_STREAM_PP] = g->overlap_sends ? g->send : -1;
    g->on_wire[LL_STREAM_DP] = dp ? g->replicas.scatter : -1;
    const unsigned sets[] = {TP_ | DP_,       CP_ | DP_,       TP_ | PP_, CP_ | PP_,
                             TP_ | PP_ | DP_, CP_ | PP_ | DP_, PP_ | DP_};
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        together_add(g, sets[i]);
}

/* ---- ops ---- */

static void part_add(ll_op *op, ll_op_part *part, int pass, double count)
{
    if (pass < 0 || count <= 0) return;
    part[op->n_part++] = (ll_op_part){pass, count};
}

static ll_op_ends op_ends(const builder *b, int64_t v, bool backward, int layer)
{
    const ll_replica_work *r = &b->graph->replicas;
    ll_op_ends e = {.transfer = -1, .layer = layer};
    if (b->stack->zero < 3 || r->gather < 0 || layer < 0) return e;
    const double n_call = ll_zero_layer_calls(&b->model->run[0], &b->split);
    e.transfer = backward ? r->scatter : r->gather;
    e.overlap = backward ? b->stack->overlap_grad_reduce : b->stack->overlap_param_gather;
    e.n_call = n_call;
    e.vocab = ll_model_embedding_param(b->model) * n_call / b->layer_param;
    e.first = v == 0;
    e.last = v == ll_chunk_count(b->layout) - 1 && !(b->model->tied && v == 0);
    return e;
}

static ll_op op_of(builder *b, int64_t v, bool backward, int *layer)
{
    const ll_chunk_layers layers = b->layers[v];
    ll_op_part *part = ll_arena_fill(b->mem, b->model->n_run + 3, ll_op_part);
    ll_op op = {.part = part};
    *layer = -1;
    for (int r = 0; r < b->model->n_run; r++) {
        part_add(&op, part, b->layer_pass[backward][r], (double)layers.of_run[r]);
        if (layers.of_run[r] > 0 && *layer < 0) *layer = b->layer_pass[backward][r];
    }
    if (*layer < 0) *layer = b->layer_pass[backward][0];
    if (v == 0) part_add(&op, part, b->embedding_pass[backward], 1);
    if (v == ll_chunk_count(b->layout) - 1) part_add(&op, part, b->output_pass[backward], 1);
    part_add(&op, part, b->scale_pass, 1);
    op.ends = op_ends(b, v, backward, *layer);
    return op;
}

/* Counts the calls of the transfers within passes, per chip and step, as the mean over the stages.
 */
static void calls_count(builder *b, const ll_op *op, int64_t n_op)
{
    const double n = b->n_micro / (double)b->layout->pp;
    for (int64_t i = 0; i < n_op; i++)
        for (int k = 0; k < op[i].n_part; k++) {
            const ll_pass *pass = &b->graph->pass[op[i].part[k].pass];
            for (int u = 0; u < pass->n_use; u++)
                b->graph->transfer[pass->use[u].transfer].calls += n * op[i].part[k].count;
        }
}

/* Buckets of the dp transfers of chunk v. A bucket of Megatron-LM has max(40 million, 1 million x
 * replicas) parameters (DistributedDataParallelConfig: bucket_size). Only the first chunk of the
 * first stage is cut into buckets, as the others end earlier; with zero = 2 a layer is a bucket. */
static double n_part_of(const builder *b, int64_t v)
{
    if (b->stack->zero >= 2) return fmax(1, (double)b->layers[v].n);
    const double bucket = fmax(40e6, 1e6 * b->split.n_replica);
    return v ? 1 : fmax(1, ceil(b->chunk_param[v] / bucket));
}

/* The op of a pair: all kernels and all transfers of its forward and its backward op. */
static ll_op pair_of(builder *b, const ll_op *forward, const ll_op *backward)
{
    ll_op_part *part = ll_arena_fill(b->mem, forward->n_part + backward->n_part, ll_op_part);
    ll_op op = *forward;
    memcpy(part, forward->part, (size_t)op.n_part * sizeof *part);
    op.part = part;
    for (int k = 0; k < backward->n_part; k++)
        part_add(&op, part, backward->part[k].pass, backward->part[k].count);
    op.ends.transfer = -1;
    return op;
}

/* Ops of each chunk: forward and backward, and with split backward passes its two halves. */
static void ops_build(builder *b, bool split_backward, bool pairs)
{
    const int64_t n_chunk = b->graph->n_chunk = ll_chunk_count(b->layout);
    int64_t n_op = (split_backward ? 4 : 2) * n_chunk;
    ll_op *op = ll_arena_fill(b->mem, n_op + (pairs ? n_chunk * n_chunk : 0), ll_op);
    ll_chunk_work *chunk = ll_arena_array(b->mem, n_chunk, ll_chunk_work);
    for (int64_t v = 0; v < n_chunk; v++) {
        ll_chunk_work *c = &chunk[v];
        c->scale = b->chunk_param[v] / b->mean_param;
        c->n_part = n_part_of(b, v);
        c->forward_op = (int)(2 * v);
        c->backward_op = (int)(2 * v + 1);
        c->weight_op = split_backward ? (int)(2 * n_chunk + 2 * v + 1) : -1;
        op[2 * v] = op_of(b, v, false, &c->forward_layer);
        op[2 * v + 1] = op_of(b, v, true, &c->backward_layer);
        for (int half = 0; half < 2 && split_backward; half++) {
            ll_op *o = &op[2 * n_chunk + 2 * v + half];
            *o = op[2 * v + 1];
            o->half = half ? LL_OP_WEIGHT : LL_OP_INPUT;
            if (half) o->ends.transfer = -1;
        }
    }
    calls_count(b, op, 2 * n_chunk);
    b->graph->pair_op = pairs ? (int)n_op : -1;
    for (int64_t i = 0; i < n_chunk * n_chunk && pairs; i++)
        op[n_op++] = pair_of(b, &op[2 * (i / n_chunk)], &op[2 * (i % n_chunk) + 1]);
    b->graph->n_op = (int)n_op;
    b->graph->op = op;
    b->graph->chunk = chunk;
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

/* Appends n costs with the indices first, first + step, ...; returns their positions, [n]. */
static const int32_t *cost_range(builder *b, cost_list *list, ll_cost_kind kind, int64_t n,
                                 int64_t first, int64_t step)
{
    int32_t *index = ll_arena_array(b->mem, n, int32_t);
    for (int64_t i = 0; i < n; i++)
        index[i] = cost_add(list, kind, first + i * step);
    return index;
}

static const int32_t *cost_optimizers(builder *b, cost_list *list)
{
    const ll_schedule_type *schedule = ll_layout_schedule(b->layout);
    const ll_pipe pipe = ll_layout_pipe(b->layout);
    int32_t *index = ll_arena_array(b->mem, b->layout->pp, int32_t);
    for (int64_t s = 0; s < b->layout->pp; s++) {
        int pass;
        ll_pass *update = pass_new(b, b->layout->precision, &pass);
        for (int64_t k = 0; k < schedule->n_held(&pipe); k++)
            ll_optimizer_pass(&b->split, b->chunk_param[schedule->chunk(&pipe, s, k)], update);
        index[s] = cost_add(list, LL_COST_KERNELS, pass);
    }
    return index;
}

static ll_status tasks_build(builder *b, bool split_backward, ll_error *err)
{
    ll_graph *g = b->graph;
    const int64_t n = g->n_chunk;
    ll_pipeline p = {.schedule = ll_layout_schedule(b->layout),
                     .pipe = ll_layout_pipe(b->layout),
                     .overlap_sends = b->stack->overlap_pp,
                     .overlap_gather = b->stack->overlap_param_gather,
                     .overlap_scatter = b->stack->overlap_grad_reduce};
    cost_list list = {ll_arena_array(b->mem, g->n_op + 2 * n + b->layout->pp + 4, ll_cost_of), 0};
    p.cost.forward = cost_range(b, &list, LL_COST_OP, n, 0, 2);
    p.cost.backward = cost_range(b, &list, LL_COST_OP, n, 1, 2);
    if (split_backward) {
        p.cost.input = cost_range(b, &list, LL_COST_OP, n, 2 * n, 2);
        p.cost.weight = cost_range(b, &list, LL_COST_OP, n, 2 * n + 1, 2);
    }
    if (p.schedule->fuses_pairs)
        p.cost.pair = cost_range(b, &list, LL_COST_OP, n * n, g->pair_op, 1);
    p.cost.gather = cost_range(b, &list, LL_COST_GATHER, n, 0, 1);
    p.cost.scatter = cost_range(b, &list, LL_COST_SCATTER, n, 0, 1);
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

static void params_find(builder *b)
{
    const int64_t n_chunk = ll_chunk_count(b->layout);
    double *param = ll_arena_fill(b->mem, n_chunk, double), sum = 0, layers = 0;
    ll_chunk_layers *deal = ll_arena_fill(b->mem, n_chunk, ll_chunk_layers);
    for (int64_t v = 0; v < n_chunk; v++)
        deal[v] = ll_chunk_deal(b->model, b->layout, v);
    ll_chunk_params(b->model, b->layout, deal, param);
    for (int64_t v = 0; v < n_chunk; v++)
        sum += param[v];
    for (int r = 0; r < b->model->n_run; r++)
        layers += (double)b->model->run[r].n_layer *
                  ll_layer_param(&b->model->run[r], (double)b->model->hidden, b->layout->tp);
    b->layers = deal;
    b->chunk_param = param;
    b->mean_param = sum / (double)n_chunk;
    b->layer_param = layers / (double)b->model->n_layer;
}

/* Fills the graph without ops and tasks: passes, transfers, and sets of streams. */
static builder describe(const ll_study *study, unsigned removes, ll_arena *mem, ll_graph *out)
{
    ll_stack *stack = ll_arena_new(mem, ll_stack);
    *stack = study->stack;
    if (removes & LL_IDEAL_RECOMPUTE) stack->recompute = LL_RECOMPUTE_NONE;
    builder b = {.study = study,
                 .model = &study->model,
                 .layout = &study->layout,
                 .stack = stack,
                 .split = ll_layout_split(&study->layout, stack, &study->model),
                 .mem = mem,
                 .graph = out,
                 .n_micro = (double)ll_layout_n_micro(&study->layout)};
    const int n_run = b.model->n_run;
    const int64_t max_pass = 2 * n_run + 5 + study->layout.pp;
    params_find(&b);
    *out = (ll_graph){.replicas = {.gather = -1,
                                   .scatter = -1,
                                   .overlap_gather = stack->overlap_param_gather,
                                   .overlap_scatter = stack->overlap_grad_reduce,
                                   .every_micro = stack->zero == 2},
                      .send = -1,
                      .send_gather = -1,
                      .tie = -1};
    out->pass = ll_arena_array(mem, max_pass, ll_pass);
    out->shards = b.shards = ll_arena_array(mem, max_pass, const ll_shards *);
    out->n_inner = study->layout.tp * study->layout.cp;
    out->syncs_every_task = ll_stack_syncs_every_pass(stack, study->layout.precision);
    passes_layers(&b);
    transfers_pp(&b);
    out->overlap_sends = out->send >= 0 && stack->overlap_pp;
    transfers_dp(&b);
    transfers_tie(&b);
    passes_ends(&b);
    passes_scale(&b);
    together(&b);
    for (int r = 0; r < n_run; r++)
        for (int back = 0; back < 2; back++)
            shards_add(&b, &b.model->run[r], b.layer_pass[back][r], back);
    return b;
}

ll_status ll_train_graph(const ll_study *study, unsigned removes, ll_arena *mem, ll_graph *out,
                         ll_error *err)
{
    builder b = describe(study, removes, mem, out);
    const ll_schedule_type *schedule = ll_layout_schedule(&study->layout);
    ops_build(&b, schedule->splits_backward, schedule->fuses_pairs);
    return tasks_build(&b, schedule->splits_backward, err);
}

unsigned ll_train_collectives(const ll_study *study, ll_arena *mem)
{
    const ll_arena_mark mark = ll_arena_here(mem);
    ll_graph *graph = ll_arena_new(mem, ll_graph);
    describe(study, 0, mem, graph);
    const unsigned found = ll_graph_collectives(graph);
    ll_arena_release(mem, mark);
    return found;
}
