#include "sim/step/pairs.h"

#include <math.h>

/* An item of a stream. It starts when the item before it has ended, and the first n_other items of
 * the other stream have. */
typedef struct item {
    double s;
    double slow; /* of an exchange: how much longer kernels beside it take, over their time */
    int n_other;
} item;

typedef struct stream {
    int n;
    item *item;
} stream;

static void add(stream *to, double s, int n_other)
{
    to->item[to->n++] = (item){.s = s, .n_other = n_other};
}

static void add_exchange(stream *to, const ll_overlap *exchange, int n_other)
{
    add(to, exchange->s, n_other);
    if (exchange->s > 0) to->item[to->n - 1].slow = exchange->held_s / exchange->s;
}

/* Items of a layer of each pass; NULL: none is left. *next: exchanges that have to end before the
 * next layer of the forward pass starts; *before: kernels that have to before that of the backward
 * pass does. */
static void layers_add(const ll_pair_layer *f, const ll_pair_layer *b, stream *kernels,
                       stream *exchanges, int *next, int *before)
{
    if (b) add_exchange(exchanges, &b->out, *before);
    const int combined = exchanges->n;
    if (f) add(kernels, f->attention_s, *next);
    if (f) add_exchange(exchanges, &f->out, kernels->n);
    const int dispatched = exchanges->n;
    if (b) add(kernels, b->experts_s, combined);
    if (b) add_exchange(exchanges, &b->back, kernels->n);
    const int returned = exchanges->n;
    if (b) add(kernels, b->experts_weight_s, 0);
    if (f) add(kernels, f->experts_s, dispatched);
    if (f) add_exchange(exchanges, &f->back, kernels->n);
    *next = exchanges->n;
    if (b) add(kernels, b->attention_s, returned);
    *before = kernels->n;
    if (b) add(kernels, b->attention_weight_s, 0);
}

/* The time in which both streams are run to their ends. */
static double run(const stream *kernels, const stream *exchanges)
{
    int k = 0, x = 0;
    double s = 0, kernel_s = kernels->n ? kernels->item[0].s : 0; /* what is left of item k, x */
    double wire_s = exchanges->n ? exchanges->item[0].s : 0;
    while (k < kernels->n || x < exchanges->n) {
        const bool computes = k < kernels->n && kernels->item[k].n_other <= x;
        const bool sends = x < exchanges->n && exchanges->item[x].n_other <= k;
        const double slow = sends ? 1 + exchanges->item[x].slow : 1;
        LL_ASSERT(computes || sends, "a pair waits for itself at kernel %d, exchange %d", k, x);
        if (computes && (!sends || kernel_s * slow <= wire_s)) {
            s += kernel_s * slow;
            wire_s -= sends ? kernel_s * slow : 0;
            if (++k < kernels->n) kernel_s = kernels->item[k].s;
        } else {
            s += wire_s;
            kernel_s -= computes ? wire_s / slow : 0;
            if (++x < exchanges->n) wire_s = exchanges->item[x].s;
        }
    }
    return s;
}

double ll_pair_s(int n_forward, const ll_pair_layer *forward, int n_backward,
                 const ll_pair_layer *backward, ll_arena *mem)
{
    enum { KERNELS = 6, EXCHANGES = 4 }; /* of a layer of each pass */
    const int n = n_forward > n_backward ? n_forward : n_backward;
    const ll_arena_mark mark = ll_arena_here(mem);
    stream kernels = {0, ll_arena_array(mem, KERNELS * n, item)};
    stream exchanges = {0, ll_arena_array(mem, EXCHANGES * n, item)};
    int next = 0, before = 0;
    for (int i = 0; i < n; i++)
        layers_add(i < n_forward ? &forward[i] : NULL, i < n_backward ? &backward[i] : NULL,
                   &kernels, &exchanges, &next, &before);
    const double s = run(&kernels, &exchanges);
    ll_arena_release(mem, mark);
    return s;
}

/* ---- layers of ops ---- */

/* A layer of a pass: its kernels as they are timed, with their launches, and its exchanges. */
static ll_pair_layer layer_of(const ll_view *view, int index, const ll_pass_cost *cost)
{
    const ll_pass *pass = &view->graph->pass[index];
    const double launch_s =
        view->removes & LL_IDEAL_LAUNCH ? 0 : view->study->cluster.chip.launch_s;
    ll_pair_layer layer = {0};
    int n_exchange = 0; /* they come in turn: out and back */
    double *const share[2][2] = {{&layer.attention_s, &layer.attention_weight_s},
                                 {&layer.experts_s, &layer.experts_weight_s}};
    for (int i = 0; i < pass->n_kernel; i++) {
        const ll_kernel *kernel = &pass->kernel[i];
        if (cost->each_s[i] > 0)
            *share[kernel->between][kernel->weight_gradient] += cost->each_s[i] + launch_s;
    }
    for (int i = 0; i < pass->n_use; i++) {
        const ll_use *use = &pass->use[i];
        if (view->graph->transfer[use->transfer].stream != LL_STREAM_EP) continue;
        const ll_overlap one = ll_call_overlap(view, use->transfer, use->scale, 0);
        ll_overlap *to = n_exchange++ % 2 ? &layer.back : &layer.out;
        to->s += one.s;
        to->held_s += one.held_s;
    }
    return layer;
}

/* Kernels that never have the multiprocessors of the exchanges, whether one runs or not. */
static void reserve(ll_pair_layer *layer)
{
    const double slow = layer->out.s > 0 ? 1 + layer->out.held_s / layer->out.s : 1;
    layer->attention_s *= slow;
    layer->attention_weight_s *= slow;
    layer->experts_s *= slow;
    layer->experts_weight_s *= slow;
    layer->out.held_s = layer->back.held_s = 0;
}

static ll_overlap times(ll_overlap o, double factor)
{
    return (ll_overlap){o.s * factor, o.held_s * factor};
}

/* What the passes of an op are made of. */
typedef struct maker {
    const ll_view *view;
    const ll_pass_cost *cost;
    const ll_exposed *exposed; /* of passes that run alone */
    unsigned beside;           /* what else is on the wire */
    ll_arena *mem;
} maker;

/* What the transfers of a pass expose that are not exchanges of tokens. */
static double others_s(const maker *m, int pass)
{
    return m->exposed[pass].s[m->beside] - m->exposed[pass].ep_s[m->beside];
}

/* Layers of an op in the order in which they run; *n: their number. */
static const ll_pair_layer *layers_of(const maker *m, const ll_op *op, bool backward, int *n)
{
    double sum = 0;
    for (int k = 0; k < op->n_layer; k++)
        sum += op->part[k].count;
    *n = (int)lround(sum);
    ll_pair_layer *layer = ll_arena_fill(m->mem, *n, ll_pair_layer), *to = layer;
    const double slow = m->beside ? ll_stream_slow(m->view, LL_STREAM_EP, m->beside) : 1;
    for (int k = 0; k < op->n_layer; k++) {
        const ll_op_part *part = &op->part[backward ? op->n_layer - 1 - k : k];
        ll_pair_layer one = layer_of(m->view, part->pass, &m->cost[part->pass]);
        if (m->view->study->layout.experts.reserve_exchange) reserve(&one);
        one.attention_s += others_s(m, part->pass);
        one.out = times(one.out, slow);
        one.back = times(one.back, slow);
        for (int64_t i = 0; i < llround(part->count); i++)
            *to++ = one;
    }
    return layer;
}

/* Time of an op but for its layers: embedding, output projection and loss. */
static double ends_s(const maker *m, const ll_op *op)
{
    double s = 0;
    for (int k = op->n_layer; k < op->n_part; k++) {
        const int pass = op->part[k].pass;
        s += op->part[k].count *
             (ll_pass_half_s(m->view, pass, &m->cost[pass], LL_OP_WHOLE) + others_s(m, pass));
    }
    return s;
}

/* Time of the kernels of an op; what its other transfers expose is added to sum. */
static double kernels_s(const maker *m, const ll_op *op, ll_exposed *sum)
{
    double s = 0;
    for (int k = 0; k < op->n_part; k++) {
        const ll_op_part *part = &op->part[k];
        const ll_exposed *one = &m->exposed[part->pass];
        s += part->count * ll_pass_half_s(m->view, part->pass, &m->cost[part->pass], LL_OP_WHOLE);
        sum->cp_s += part->count * one->cp_s;
        for (int b = 0; b < LL_N_BESIDE; b++)
            sum->s[b] += part->count * (one->s[b] - one->ep_s[b]);
    }
    return s;
}

ll_exposed ll_pair_exposed(const ll_view *view, const ll_op *pair, const ll_pass_cost *cost,
                           const ll_exposed *exposed, ll_arena *mem)
{
    maker m = {view, cost, exposed, 0, mem};
    ll_exposed out = {.cp_s = 0}; /* without exchanges at first */
    const double alone_s = kernels_s(&m, pair->forward, &out) + kernels_s(&m, pair->backward, &out);
    const ll_arena_mark mark = ll_arena_here(mem);
    for (m.beside = 0; m.beside < LL_N_BESIDE; m.beside++) {
        int n_forward, n_backward;
        const ll_pair_layer *forward = layers_of(&m, pair->forward, false, &n_forward);
        const ll_pair_layer *backward = layers_of(&m, pair->backward, true, &n_backward);
        const double layers_s = ll_pair_s(n_forward, forward, n_backward, backward, mem);
        const double all_s = layers_s + ends_s(&m, pair->forward) + ends_s(&m, pair->backward);
        out.ep_s[m.beside] = fmax(0, all_s - alone_s - out.s[m.beside]);
        out.s[m.beside] += out.ep_s[m.beside];
    }
    ll_arena_release(mem, mark);
    return out;
}
