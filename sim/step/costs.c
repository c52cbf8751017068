#include "sim/step/costs.h"

#include "sim/step/pairs.h"

#include <math.h>

static ll_chip ideal_chip(const ll_view *view)
{
    ll_chip chip = view->study->cluster.chip;
    if (view->removes & LL_IDEAL_LAUNCH) chip.launch_s = 0;
    if (view->removes & LL_IDEAL_MEMORY) chip.memory_Bps = 1e30;
    return chip;
}

/* Whether the idealisation takes the kernel away. */
static bool is_removed(const ll_kernel *kernel, unsigned removes)
{
    static const unsigned of_role[] = {[LL_ROLE_OTHER] = 0,
                                       [LL_ROLE_ROUTER] = LL_IDEAL_ROUTER,
                                       [LL_ROLE_PERMUTE] = LL_IDEAL_PERMUTE,
                                       [LL_ROLE_CAST] = LL_IDEAL_CASTS};
    return (of_role[kernel->role] & removes) != 0;
}

/* The kernels of a pass under an idealisation. */
static const ll_kernel *ideal_kernels(const ll_pass *pass, unsigned removes, ll_arena *mem)
{
    enum {
        OF_KERNELS = LL_IDEAL_ROUTER | LL_IDEAL_PERMUTE | LL_IDEAL_CASTS | LL_IDEAL_TILES |
                     LL_IDEAL_ROOFLINE | LL_IDEAL_LAUNCH
    };
    if (!(removes & OF_KERNELS)) return pass->kernel;
    ll_kernel *own = ll_arena_fill(mem, pass->n_kernel, ll_kernel);
    for (int i = 0; i < pass->n_kernel; i++) {
        own[i] = pass->kernel[i];
        const bool host = own[i].kind == LL_KERNEL_HOST && removes & LL_IDEAL_LAUNCH;
        if (host || is_removed(&own[i], removes)) own[i].kind = LL_KERNEL_NONE;
        own[i].at_roofline = (removes & LL_IDEAL_ROOFLINE) != 0;
        own[i].unrounded = (removes & LL_IDEAL_TILES) != 0;
    }
    return own;
}

const ll_pass_cost *ll_costs_kernels(const ll_view *view, ll_arena *mem)
{
    const ll_chip chip = ideal_chip(view);
    ll_pass_cost *cost = ll_arena_fill(mem, view->graph->n_pass, ll_pass_cost);
    for (int i = 0; i < view->graph->n_pass; i++) {
        const ll_pass *pass = &view->graph->pass[i];
        cost[i].each_s = ll_arena_fill(mem, pass->n_kernel, double);
        cost[i].compute = ll_kernel_list_cost(
            &chip, pass->n_kernel, ideal_kernels(pass, view->removes, mem), cost[i].each_s);
    }
    return cost;
}

typedef struct maker {
    const ll_view *view;
    const ll_pass_cost *kernels;
    /* [n_pass] of whole passes; of their halves if the graph splits backward passes */
    const ll_exposed *exposed[LL_N_OP_HALF];
    double send_s;
    double slow[LL_N_STREAM][LL_N_STREAM]; /* [s][o]: slow-down of s by o, less 1 */
    ll_arena *mem;
} maker;

/* Exposed time of the transfers within an op, by what else is on the wire (LL_BESIDE_*). */
static ll_exposed op_exposed(const maker *m, const ll_op *op)
{
    const ll_exposed *of = m->exposed[op->half];
    ll_exposed sum = {.cp_s = 0};
    if (op->forward) return ll_pair_exposed(m->view, op, m->kernels, of, m->mem);
    for (int k = 0; k < op->n_part; k++) {
        const ll_exposed *e = &of[op->part[k].pass];
        for (int b = 0; b < LL_N_BESIDE; b++)
            sum.s[b] += op->part[k].count * e->s[b];
        sum.cp_s += op->part[k].count * e->cp_s;
        sum.ep_s[0] += op->part[k].count * e->ep_s[0];
    }
    return sum;
}

static double op_kernels_s(const maker *m, const ll_op *op)
{
    double s = 0;
    if (op->forward) return op_kernels_s(m, op->forward) + op_kernels_s(m, op->backward);
    for (int k = 0; k < op->n_part; k++) {
        const int pass = op->part[k].pass;
        s += op->part[k].count * ll_pass_half_s(m->view, pass, &m->kernels[pass], op->half);
    }
    return s;
}

/* Exposed time of sharded weights at the ends of an op; a pair has those of both of its ops. */
static double op_ends_s(const maker *m, const ll_op *op)
{
    const int layer = op->ends.layer;
    if (op->forward) return op_ends_s(m, op->forward) + op_ends_s(m, op->backward);
    if (op->ends.transfer < 0) return 0;
    return ll_ends_exposed_s(m->view, &op->ends,
                             ll_pass_half_s(m->view, layer, &m->kernels[layer], op->half) +
                                 m->exposed[op->half][layer].s[0]);
}

/* Cost of an op. Its own transfers take longer while a pipeline send or a dp transfer shares their
 * links: sends are averaged into exposed_s, dp transfers give slowed_frac. */
static ll_task_cost op_cost(const maker *m, const ll_op *op)
{
    const double kernels_s = op_kernels_s(m, op);
    const ll_exposed e = op_exposed(m, op);
    ll_task_cost c = {.n_part = 1,
                      .kernels_s = kernels_s,
                      .cp_s = e.cp_s,
                      .ep_s = e.ep_s[0],
                      .exposed_s = e.s[0]};
    c.exposed_s += op_ends_s(m, op);
    const double alone_s = c.kernels_s + c.exposed_s;
    if (m->view->graph->overlap_sends && alone_s > 0) c.send_frac = fmin(1, m->send_s / alone_s);
    c.exposed_s += c.send_frac * (e.s[LL_BESIDE_PP] - e.s[0]);
    const double more_s = (1 - c.send_frac) * (e.s[LL_BESIDE_DP] - e.s[0]) +
                          c.send_frac * (e.s[LL_BESIDE_DP | LL_BESIDE_PP] - e.s[LL_BESIDE_PP]);
    const double length_s = c.kernels_s + c.exposed_s;
    c.slowed_frac = length_s > 0 ? more_s / length_s : 0;
    return c;
}

/* Factor by which a transfer of stream `beside` is slower while ops like this one run: it shares
 * links with the tp and cp transfers of the op, and with pipeline sends, for the share of the time
 * that each of them takes. */
static double beside_factor(const maker *m, ll_stream beside, const ll_task_cost *op)
{
    const double *slow = m->slow[beside];
    const double length_s = op->kernels_s + op->exposed_s;
    if (!(length_s > 0)) return 1;
    const double tp_s = op->exposed_s - op->cp_s - op->ep_s;
    return 1 +
           (tp_s * slow[LL_STREAM_TP] + op->cp_s * slow[LL_STREAM_CP] +
            op->ep_s * slow[LL_STREAM_EP]) /
               length_s +
           op->send_frac * slow[LL_STREAM_PP];
}

/* The dp transfer of a whole chunk, as n_part calls one after the other; scale: its size, over that
 * of a call. */
static ll_overlap one_call(const maker *m, int transfer, double scale, const ll_chunk_work *c,
                           int layer)
{
    if (transfer < 0) return (ll_overlap){0, 0};
    const double stream = ll_stream_frac(&m->kernels[layer].compute);
    const ll_overlap part = ll_call_overlap(m->view, transfer, scale / c->n_part, stream);
    return (ll_overlap){part.s * c->n_part, part.held_s * c->n_part};
}

/* That of its experts follows. */
static ll_overlap chunk_call(const maker *m, int dense, int expert, const ll_chunk_work *c,
                             int layer)
{
    const ll_overlap a = one_call(m, dense, c->scale, c, layer);
    if (expert < 0 || !(c->expert_scale > 0)) return a;
    const ll_overlap b = one_call(m, expert, c->expert_scale, c, layer);
    return (ll_overlap){a.s + b.s, a.held_s + b.held_s};
}

/* Relative slow-down of an op by the cores and the memory bandwidth that an overlapped transfer
 * takes. */
static double held_frac(ll_overlap transfer)
{
    const double held = transfer.s > 0 ? fmin(transfer.held_s / transfer.s, 0.9) : 0;
    return held / (1 - held);
}

/* The dp transfers of a chunk: their own times, and what they add to its forward and backward ops.
 * While they overlap with transfers within passes, both share links. */
static void chunk_costs(const maker *m, const ll_chunk_work *c, ll_task_cost *forward,
                        ll_task_cost *backward, ll_task_cost *gather_out, ll_task_cost *scatter_out)
{
    const ll_graph *g = m->view->graph;
    const ll_replica_work *r = &g->replicas;
    const bool per_chunk = !g->shards[c->forward_layer];
    forward->n_part = backward->n_part = gather_out->n_part = scatter_out->n_part = c->n_part;
    if (!per_chunk) {
        forward->slowed_frac = backward->slowed_frac = 0;
        return;
    }
    ll_overlap gather = chunk_call(m, r->gather, r->expert_gather, c, c->forward_layer);
    ll_overlap scatter = chunk_call(m, r->scatter, r->expert_scatter, c, c->backward_layer);
    forward->slowed_frac += held_frac(gather);
    backward->slowed_frac += held_frac(scatter);
    const double backward_s = backward->kernels_s + backward->exposed_s;
    if (r->overlap_gather) gather.s *= beside_factor(m, LL_STREAM_DP, forward);
    if (r->overlap_scatter) scatter.s *= beside_factor(m, LL_STREAM_DP, backward);
    gather_out->exposed_s = gather.s;
    scatter_out->exposed_s = scatter.s;
    if (r->every_micro && r->overlap_scatter) {
        /* One scatter per micro-batch, overlapped with the next micro-batch; that of the last one
         * is the scatter task. */
        backward->exposed_s += ll_overlap_s(scatter, backward_s);
    } else if (r->every_micro) { /* exposed: each backward pass waits for its scatter */
        backward->exposed_s += scatter.s;
        scatter_out->exposed_s = 0;
    }
    backward->released_s = r->overlap_scatter ? scatter_out->exposed_s : 0;
}

static double send_s(const ll_view *view)
{
    return ll_call_s(view, view->graph->send, 1) + ll_call_s(view, view->graph->send_gather, 1);
}

/* Size of the exchange with the other copy of the model, over that of an average stage. */
static double copy_scale(const ll_graph *g, int64_t lane)
{
    return (ll_graph_chunk(g, lane)->scale + ll_graph_chunk(g, g->n_chunk - 1 - lane)->scale) / 2;
}

static ll_task_cost other_cost(const maker *m, const ll_cost_of *of)
{
    ll_task_cost c = {.n_part = 1};
    switch (of->kind) {
    case LL_COST_KERNELS:
        if (!(m->view->removes & LL_IDEAL_OPTIMIZER))
            c.exposed_s = ll_compute_total_s(&m->kernels[of->index].compute);
        break;
    case LL_COST_SEND:
        c.exposed_s = of->index * m->send_s;
        break;
    case LL_COST_TIE:
        c.exposed_s = ll_call_s(m->view, m->view->graph->tie, 1);
        break;
    case LL_COST_COPY:
        c.exposed_s =
            ll_call_s(m->view, m->view->graph->copy, copy_scale(m->view->graph, of->index));
        break;
    case LL_COST_NONE:
    case LL_COST_OP:
    case LL_COST_GATHER:
    case LL_COST_SCATTER:
        break;
    }
    return c;
}

/* The gradients of a chunk are complete after another op than its backward pass: half of a split
 * backward pass, or a pair. */
static void leaves_after(const maker *m, const ll_chunk_work *c, ll_task_cost *last,
                         const ll_task_cost *op)
{
    ll_task_cost forward = op[c->forward_op], gather, scatter;
    chunk_costs(m, c, &forward, last, &gather, &scatter);
}

/* What the dp transfers of the chunks add to the costs of ops, and their own: gather, scatter
 * [n_kind]. The half of a backward pass that makes input gradients is slowed by its own transfers
 * alone. */
static void chunks_make(const maker *m, ll_task_cost *op, ll_task_cost *gather,
                        ll_task_cost *scatter)
{
    const ll_graph *g = m->view->graph;
    const ll_task_cost none = {.n_part = 1};
    for (int k = 0; k < g->n_kind; k++) {
        const ll_chunk_work *c = &g->kind[k];
        gather[k] = scatter[k] = none;
        chunk_costs(m, c, &op[c->forward_op], &op[c->backward_op], &gather[k], &scatter[k]);
        /* Split backward passes, and pairs below: gradients are complete after another op. */
        if (c->weight_op >= 0) leaves_after(m, c, &op[c->weight_op], op);
    }
    for (int i = 0; i < g->n_op; i++)
        if (g->op[i].forward) leaves_after(m, &g->kind[g->op[i].back_kind], &op[i], op);
}

/* Factor by which pipeline sends are slower while ops run: the mean over the ops, weighted by their
 * time. */
static double send_factor(const maker *m, const ll_task_cost *op)
{
    double sum_s = 0, all_s = 0;
    for (int64_t v = 0; v < m->view->graph->n_chunk; v++)
        for (int back = 0; back < 2; back++) {
            const ll_chunk_work *c = ll_graph_chunk(m->view->graph, v);
            const ll_task_cost *o = &op[back ? c->backward_op : c->forward_op];
            const double length_s = o->kernels_s + o->exposed_s;
            sum_s += length_s * beside_factor(m, LL_STREAM_PP, o);
            all_s += length_s;
        }
    return all_s > 0 ? sum_s / all_s : 1;
}

static void slow_find(maker *m)
{
    static const ll_stream beside[] = {LL_STREAM_DP, LL_STREAM_PP};
    static const ll_stream others[] = {LL_STREAM_TP, LL_STREAM_CP, LL_STREAM_PP, LL_STREAM_EP};
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 4; k++)
            m->slow[beside[i]][others[k]] =
                beside[i] == others[k] ? 0 : ll_beside_slow(m->view, beside[i], others[k]) - 1;
}

static bool splits(const ll_graph *g) { return g->n_kind > 0 && g->kind[0].weight_op >= 0; }

static const ll_exposed *exposed_find(const maker *m, int half)
{
    ll_exposed *exposed = ll_arena_fill(m->mem, m->view->graph->n_pass, ll_exposed);
    for (int i = 0; i < m->view->graph->n_pass; i++)
        exposed[i] = ll_pass_exposed(m->view, i, &m->kernels[i], (ll_op_half)half);
    return exposed;
}

/* The first pair of the same two ops; i if there is none before it. */
static int same_pair(const ll_graph *g, int i)
{
    int k = 0;
    while (k < i && !(g->op[i].forward && g->op[k].forward == g->op[i].forward &&
                      g->op[k].backward == g->op[i].backward))
        k++;
    return k;
}

void ll_costs_make(const ll_view *view, const ll_pass_cost *kernels, ll_arena *mem, ll_costs *out)
{
    const ll_graph *g = view->graph;
    ll_task_cost *task = ll_arena_fill(mem, g->n_cost, ll_task_cost);
    ll_task_cost *op = ll_arena_fill(mem, g->n_op, ll_task_cost);
    ll_task_cost *gather = ll_arena_fill(mem, g->n_kind, ll_task_cost);
    ll_task_cost *scatter = ll_arena_fill(mem, g->n_kind, ll_task_cost);
    maker m = {.view = view, .kernels = kernels, .mem = mem};
    m.send_s = send_s(view);
    for (int half = LL_OP_WHOLE; half < LL_N_OP_HALF; half++)
        if (half == LL_OP_WHOLE || splits(g)) m.exposed[half] = exposed_find(&m, half);
    slow_find(&m);
    for (int i = 0; i < g->n_op; i++) {
        const int same = same_pair(g, i);
        op[i] = same < i ? op[same] : op_cost(&m, &g->op[i]);
    }
    chunks_make(&m, op, gather, scatter);
    for (int i = 0; i < g->n_cost; i++) {
        const ll_cost_of *of = &g->cost[i];
        task[i] = of->kind == LL_COST_OP        ? op[of->index]
                  : of->kind == LL_COST_GATHER  ? gather[of->index]
                  : of->kind == LL_COST_SCATTER ? scatter[of->index]
                                                : other_cost(&m, of);
    }
    out->task = task;
    out->send_s = g->overlap_sends ? m.send_s * send_factor(&m, op) : m.send_s;
}
