#include "sim/work/train_parts.h"

#include "sim/work/zero_lists.h"

enum { EDP = 1u << LL_AXIS_EDP };
enum { TP = 1u << LL_AXIS_TP, CP = 1u << LL_AXIS_CP, DP = 1u << LL_AXIS_DP, PP = 1u << LL_AXIS_PP };

/* ---- transfers ---- */

static int transfer_add(ll_train_parts *b, const char *name, ll_collective what, unsigned axes,
                        ll_stream stream, double size_B, double calls)
{
    const ll_exchange e = {.name = name, .collective = what, .axes = axes, .size_B = size_B};
    const int i = ll_graph_add(b->graph, b->layout, &e, stream);
    b->graph->transfer[i].calls += calls;
    return i;
}

/* Pipeline sends: with sequence parallelism each tp chip sends its part of the activations. Without
 * it, it sends all of them, or with scatter_gather a part, which the receivers all-gather. */
static void transfers_pp(ll_train_parts *b)
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

/* Weights are gathered by it, or gradients reduced; `on`: the axes over which replicas lie. */
typedef struct replica_names {
    const char *gather, *scatter, *reduce;
    unsigned on;
} replica_names;

static const replica_names dense_names = {"dp gather", "dp scatter", "dp reduce", DP | CP};
static const replica_names expert_names = {"edp gather", "edp scatter", "edp reduce", EDP};

/* Transfers of weights and gradients that are not sharded by zero = 3: a chunk's. */
static void chunk_transfers(ll_train_parts *b, const replica_names *name, double param, int *gather,
                            int *scatter)
{
    const ll_pipe pipe = ll_layout_pipe(b->layout);
    const double chunks = (double)ll_layout_schedule(b->layout)->n_held(&pipe);
    const double grad_B = ll_stack_grad_B(b->stack);
    const double param_B = ll_stack_param_B(b->stack, b->layout->precision);
    const bool whole = b->stack->zero == 0 || b->stack->grad_whole;
    if (b->stack->zero > 0)
        *gather = transfer_add(b, name->gather, LL_ALL_GATHER, name->on, LL_STREAM_DP,
                               param_B * param, chunks);
    *scatter = transfer_add(b, whole ? name->reduce : name->scatter,
                            whole ? LL_ALL_REDUCE : LL_REDUCE_SCATTER, name->on, LL_STREAM_DP,
                            grad_B * param, b->stack->zero == 2 ? b->n_micro * chunks : chunks);
}

/* zero = 3: a layer's, or with gather_lists its average matrix's. */
static void shard_transfers(ll_train_parts *b)
{
    const ll_layout *l = b->layout;
    ll_replica_work *r = &b->graph->replicas;
    const ll_layers *run = &b->model->run[0];
    const double grad_B = ll_stack_grad_B(b->stack);
    const double param_B = ll_stack_param_B(b->stack, l->precision);
    const double layers = b->n_micro * (double)b->model->n_layer / (double)l->pp;
    const double n_call = ll_zero_layer_calls(run, &b->split);
    const double param = b->layer_param.dense / ((double)l->tp * n_call);
    const double expert =
        b->layer_param.expert / (double)(b->split.experts.ep * b->split.experts.etp);
    if (l->dp * l->cp > 1) {
        r->gather =
            transfer_add(b, "dp gather", LL_ALL_GATHER, DP | CP, LL_STREAM_DP, param_B * param,
                         layers * (2 * n_call + ll_zero_regather(run, &b->split).n));
        r->scatter = transfer_add(b, "dp scatter", LL_REDUCE_SCATTER, DP | CP, LL_STREAM_DP,
                                  grad_B * param, layers * n_call);
    }
    if (!(expert > 0) || ll_layout_expert_replicas(l) == 1) return;
    r->expert_gather = transfer_add(b, "edp gather", LL_ALL_GATHER, EDP, LL_STREAM_DP,
                                    param_B * expert, 2 * layers);
    r->expert_scatter = transfer_add(b, "edp scatter", LL_REDUCE_SCATTER, EDP, LL_STREAM_DP,
                                     grad_B * expert, layers);
}

static void transfers_dp(ll_train_parts *b)
{
    const ll_layout *l = b->layout;
    ll_replica_work *r = &b->graph->replicas;
    if (b->stack->zero >= 3) {
        shard_transfers(b);
        return;
    }
    if (l->dp * l->cp > 1)
        chunk_transfers(b, &dense_names, b->mean_param.dense, &r->gather, &r->scatter);
    if (b->mean_param.expert > 0 && ll_layout_expert_replicas(l) > 1)
        chunk_transfers(b, &expert_names, b->mean_param.expert, &r->expert_gather,
                        &r->expert_scatter);
}

static void transfers_tie(ll_train_parts *b)
{
    if ((!b->model->tied && b->model->n_predict == 0) || b->layout->pp == 1) return;
    b->graph->tie = transfer_add(
        b, "tie reduce", LL_ALL_REDUCE, PP, LL_STREAM_PP,
        ll_stack_grad_B(b->stack) * ll_model_embedding_param(b->model) / (double)b->layout->tp, 1);
    b->graph->transfer[b->graph->tie].pair_of_ends = true;
}

/* Two copies of the model (DualPipe): each chip sends half of its gradients to the chip that holds
 * the copies, which adds them up and updates that half, and gets the other half likewise; then both
 * exchange the updated weights. All stages do so at once, so it is priced as a send to the next
 * one. With zero = 1 the replicas of each copy have reduced and scattered their gradients before.
 */
static void transfers_copy(ll_train_parts *b)
{
    if (!ll_layout_schedule(b->layout)->both_ways) return;
    const bool sharded = b->stack->zero > 0;
    const double dense = b->mean_param.dense / (sharded ? b->split.n_replica / 2 : 1);
    const double expert = b->mean_param.expert / (sharded ? b->split.n_expert_replica / 2 : 1);
    const double size_B =
        2 * (dense + expert) * /* both chunks of a stage */
        (ll_stack_grad_B(b->stack) + ll_stack_param_B(b->stack, b->layout->precision)) / 2;
    b->graph->copy = transfer_add(b, "copy send", LL_SEND, PP, LL_STREAM_PP, size_B, 1);
}

/* ---- passes ---- */

ll_pass *ll_train_pass_new(ll_train_parts *b, int precision, int *index)
{
    ll_pass *pass = &b->graph->pass[b->graph->n_pass];
    *pass = ll_pass_begin(precision, b->mem);
    *index = b->graph->n_pass++;
    return pass;
}

/* The ZeRO-3 transfers of a layer's pass. */
static void shards_add(ll_train_parts *b, const ll_layers *run, int pass, bool backward)
{
    const ll_replica_work *r = &b->graph->replicas;
    if (b->stack->zero < 3 || (r->gather < 0 && r->expert_gather < 0)) return;
    const bool again = backward && b->stack->recompute == LL_RECOMPUTE_FULL;
    const ll_weights own = ll_layer_laid(run, b->split.hidden, b->layout->tp, &b->split.experts);
    const double scale = own.dense / b->layer_param.dense;
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
                     .expert_gather = own.expert > 0 ? r->expert_gather : -1,
                     .expert_scatter = own.expert > 0 && backward ? r->expert_scatter : -1,
                     .expert_scale = own.expert > 0 ? own.expert / b->layer_param.expert : 0,
                     .overlap_gather = b->stack->overlap_param_gather &&
                                       (!backward || b->stack->backward_prefetch),
                     .overlap_scatter = b->stack->overlap_grad_reduce,
                     .n_host_call = lists.n_host_call,
                     .n_empty_scatter = lists.n_empty_scatter,
                     .streamed_B = lists.streamed_B};
    b->shards[pass] = s;
}

static void passes_layers(ll_train_parts *b)
{
    for (int back = 0; back < 2; back++) {
        b->layer_pass[back] = ll_arena_array(b->mem, b->model->n_run, int);
        for (int r = 0; r < b->model->n_run; r++) {
            const ll_layers *run = &b->model->run[r];
            ll_pass *pass = ll_train_pass_new(b, b->layout->precision, &b->layer_pass[back][r]);
            (back ? ll_layer_backward : ll_layer_forward)(run, &b->split, pass);
            ll_graph_resolve(b->graph, b->layout, pass);
        }
    }
}

static void passes_ends(ll_train_parts *b)
{
    const ll_block *embedding = &b->model->embedding, *output = &b->model->output;
    const int wide = ll_kernel_wide_precision(&b->study->cluster.chip, b->layout->precision);
    for (int back = 0; back < 2; back++) {
        ll_pass *first = ll_train_pass_new(b, wide, &b->embedding_pass[back]);
        ll_pass *last = ll_train_pass_new(b, wide, &b->output_pass[back]);
        (back ? embedding->type->backward : embedding->type->forward)(embedding->param, &b->split,
                                                                      first);
        (back ? output->type->backward : output->type->forward)(output->param, &b->split, last);
        ll_graph_resolve(b->graph, b->layout, first);
        ll_graph_resolve(b->graph, b->layout, last);
    }
}

/* GEMMs with weights in a pass, at its precision. Each of a group counts. */
static double weight_gemms(const ll_pass *pass)
{
    double n = 0;
    for (int i = 0; i < pass->n_kernel; i++) {
        const ll_kernel *k = &pass->kernel[i];
        if (k->share != LL_SHARE_GEMM || k->precision != pass->precision) continue;
        n += k->kind == LL_KERNEL_GROUPED_GEMM ? k->n_group : 1;
    }
    return n;
}

/* The amax reduction of FP8: one maximum of 4 B for the input, the weight and the gradient of each
 * GEMM in the layers of an average chunk. */
static void passes_scale(ll_train_parts *b)
{
    enum { TENSORS_PER_GEMM = 3 };
    const ll_layout *l = b->layout;
    b->scale_pass = -1;
    if (!ll_stack_shares_scales(b->stack, l->precision) || l->dp * l->cp * l->tp == 1) return;
    double n_gemm = 0;
    for (int r = 0; r < b->model->n_run; r++)
        n_gemm +=
            (double)b->model->run[r].n_layer * weight_gemms(&b->graph->pass[b->layer_pass[0][r]]);
    const ll_exchange maxima = {.name = "scale reduce",
                                .collective = LL_ALL_REDUCE,
                                .axes = TP | CP | DP,
                                .size_B =
                                    4 * TENSORS_PER_GEMM * n_gemm / (double)ll_chunk_count(l)};
    ll_pass *pass = ll_train_pass_new(b, l->precision, &b->scale_pass);
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
static void together(ll_train_parts *b)
{
    enum { TP_ = 1 << LL_STREAM_TP, CP_ = 1 << LL_STREAM_CP, PP_ = 1 << LL_STREAM_PP };
    enum { DP_ = 1 << LL_STREAM_DP, EP_ = 1 << LL_STREAM_EP };
    ll_graph *g = b->graph;
    const int gather = ll_graph_transfer(g, "tp gather"),
              reduce = ll_graph_transfer(g, "tp reduce");
    const bool dp = b->stack->overlap_grad_reduce || b->stack->overlap_param_gather;
    for (int s = 0; s < LL_N_STREAM; s++)
        g->on_wire[s] = -1;
    g->on_wire[LL_STREAM_TP] = gather >= 0 ? gather : reduce;
    g->on_wire[LL_STREAM_CP] = ll_graph_transfer(g, "cp gather");
    g->on_wire[LL_STREAM_PP] = g->overlap_sends ? g->send : -1;
    g->on_wire[LL_STREAM_DP] = !dp                        ? -1
                               : g->replicas.scatter >= 0 ? g->replicas.scatter
                                                          : g->replicas.expert_scatter;
    g->on_wire[LL_STREAM_EP] = ll_graph_transfer(g, "ep dispatch");
    const unsigned sets[] = {TP_ | DP_,       CP_ | DP_, TP_ | PP_, CP_ | PP_, TP_ | PP_ | DP_,
                             CP_ | PP_ | DP_, PP_ | DP_, EP_ | DP_, EP_ | PP_, EP_ | PP_ | DP_};
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        together_add(g, sets[i]);
}

static void params_find(ll_train_parts *b)
{
    const ll_chunk_kinds kinds = ll_chunk_kinds_find(b->model, b->layout, b->mem);
    ll_weights sum = {0, 0}, layers = {0, 0};
    for (int64_t v = 0; v < kinds.n_chunk; v++) {
        sum.dense += kinds.param[kinds.of[v]].dense;
        sum.expert += kinds.param[kinds.of[v]].expert;
    }
    for (int r = 0; r < b->model->n_run; r++) {
        const double n = (double)b->model->run[r].n_layer;
        const ll_weights w = ll_layer_laid(&b->model->run[r], (double)b->model->hidden,
                                           b->layout->tp, &b->split.experts);
        layers.dense += n * w.dense;
        layers.expert += n * w.expert;
    }
    const double n_layer = (double)b->model->n_layer, n_chunk = (double)kinds.n_chunk;
    b->kinds = kinds;
    b->mean_param = (ll_weights){sum.dense / n_chunk, sum.expert / n_chunk};
    b->layer_param = (ll_weights){layers.dense / n_layer, layers.expert / n_layer};
}

ll_train_parts ll_train_parts_of(const ll_study *study, unsigned removes, ll_arena *mem,
                                 ll_graph *out)
{
    ll_stack *stack = ll_arena_new(mem, ll_stack);
    *stack = removes & LL_IDEAL_RECOMPUTE ? ll_stack_lean(&study->stack) : study->stack;
    ll_train_parts b = {.study = study,
                        .model = &study->model,
                        .layout = &study->layout,
                        .stack = stack,
                        .split = ll_layout_split(&study->layout, stack, &study->model),
                        .mem = mem,
                        .graph = out,
                        .n_micro = (double)ll_layout_n_micro(&study->layout)};
    if (removes & LL_IDEAL_ROUTING) b.split.experts.hot = 1;
    const int n_run = b.model->n_run;
    const int64_t max_pass = 2 * n_run + 5 + study->layout.pp;
    params_find(&b);
    *out = (ll_graph){.replicas = {.gather = -1,
                                   .scatter = -1,
                                   .expert_gather = -1,
                                   .expert_scatter = -1,
                                   .overlap_gather = stack->overlap_param_gather,
                                   .overlap_scatter = stack->overlap_grad_reduce,
                                   .every_micro = stack->zero == 2},
                      .send = -1,
                      .send_gather = -1,
                      .tie = -1,
                      .copy = -1};
    out->pass = ll_arena_array(mem, max_pass, ll_pass);
    out->shards = b.shards = ll_arena_array(mem, max_pass, const ll_shards *);
    out->n_inner = study->layout.tp * study->layout.cp;
    /* Replicas meet in every pass if an exchange of tokens goes beyond one of them. */
    out->syncs_every_task = ll_stack_syncs_every_pass(stack, study->layout.precision) ||
                            b.split.experts.ep * b.split.experts.etp > out->n_inner;
    passes_layers(&b);
    transfers_pp(&b);
    out->overlap_sends = out->send >= 0 && stack->overlap_pp;
    transfers_dp(&b);
    transfers_tie(&b);
    transfers_copy(&b);
    passes_ends(&b);
    passes_scale(&b);
    together(&b);
    for (int r = 0; r < n_run; r++)
        for (int back = 0; back < 2; back++)
            shards_add(&b, &b.model->run[r], b.layer_pass[back][r], back);
    return b;
}
