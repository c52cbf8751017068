#include "sim/step/screen.h"

#include "sim/model/optimizer.h"
#include "sim/step/costs.h"
#include "sim/step/overlap.h"
#include "sim/step/pairs.h"
#include "sim/step/speed.h"
#include "sim/work/chunks.h"
#include "sim/work/experts.h"
#include "sim/work/stack.h"
#include "sim/work/train_parts.h"

#include <math.h>

/* A pass on a chip: kernels and what it exposes, whole and in halves. */
typedef struct pass_time {
    double whole_s, input_s, weight_s;
} pass_time;

/* What a chunk's layers or its ends cost and keep. */
typedef struct part {
    pass_time forward, backward;
    double kept_B, lean_B; /* activations of a micro-batch; the same without recomputation */
} part;

/* A stage: the sums over its chunks. */
typedef struct stage {
    double forward_s, backward_s, input_s, weight_s, kept_B, largest_B, dense, expert, n_layer;
    bool loss;
} stage;

enum { MAX_HELD = 64 }; /* chunks of a stage */

struct ll_screen {
    ll_study study; /* by `closed`, without jitter; with the layout under way */
    ll_pricer *pricer;
    ll_comm *comm;
    ll_arena *scratch; /* of the layouts under way */
    ll_graph *graph;
    ll_prices *prices;
    ll_view view;
    const ll_pass_cost *cost;
    part run[LL_MAX_RUN], embedding, output;
    pass_time scale;
    double pair_frac;  /* time of a fused pair over that of both passes alone; 0: not known yet */
    int layer_pass[2]; /* of the run with the most layers */
    ll_replica_work replicas;
    double logits_B;
    double optimizer_s;                 /* of 1e9 weights of a chip */
    ll_weights layer[LL_MAX_RUN], mean; /* of a layer, on all its chips; of a stage */
    ll_split split;
    stage turn[MAX_HELD]; /* the longest of the k-th chunks of all stages */
};

ll_status ll_screen_create(const ll_study *study, ll_comm *comm, ll_arena *mem, ll_screen **out,
                           ll_error *err)
{
    ll_screen *s = *out = ll_arena_new(mem, ll_screen);
    s->study = *ll_speed_study(study, false, mem);
    s->comm = comm;
    s->scratch = ll_arena_create("screen");
    return ll_pricer_create(&s->study, comm, mem, &s->pricer, err);
}

void ll_screen_destroy(ll_screen *s)
{
    ll_pricer_destroy(s->pricer);
    ll_arena_destroy(s->scratch);
}

/* ---- what layouts have in common ---- */

static double half_s(const ll_screen *s, int pass, ll_op_half half)
{
    if (pass < 0) return 0;
    return ll_pass_half_s(&s->view, pass, &s->cost[pass], half) +
           ll_pass_exposed(&s->view, pass, &s->cost[pass], half).s[0];
}

static pass_time pass_of(const ll_screen *s, int pass, bool halves)
{
    return (pass_time){.whole_s = half_s(s, pass, LL_OP_WHOLE),
                       .input_s = halves ? half_s(s, pass, LL_OP_INPUT) : 0,
                       .weight_s = halves ? half_s(s, pass, LL_OP_WEIGHT) : 0};
}

static int longest(const ll_model *m)
{
    int most = 0;
    for (int r = 1; r < m->n_run; r++)
        if (m->run[r].n_layer > m->run[most].n_layer) most = r;
    return most;
}

static void model_cost(ll_screen *s, const ll_train_parts *b)
{
    const ll_model *m = &s->study.model;
    const ll_stack lean = ll_stack_lean(&s->study.stack);
    ll_split again = b->split;
    again.stack = &lean;
    for (int r = 0; r < m->n_run; r++) {
        s->run[r] = (part){.forward = pass_of(s, b->layer_pass[0][r], false),
                           .backward = pass_of(s, b->layer_pass[1][r], true),
                           .kept_B = ll_layer_kept_B(&m->run[r], &b->split),
                           .lean_B = ll_layer_kept_B(&m->run[r], &again)};
        s->layer[r] = ll_layer_laid(&m->run[r], (double)m->hidden, s->study.layout.tp,
                                    &s->study.layout.experts);
    }
    s->embedding = (part){.forward = pass_of(s, b->embedding_pass[0], false),
                          .backward = pass_of(s, b->embedding_pass[1], true)};
    s->output = (part){.forward = pass_of(s, b->output_pass[0], false),
                       .backward = pass_of(s, b->output_pass[1], true)};
    s->scale = pass_of(s, b->scale_pass, false);
    s->layer_pass[0] = b->layer_pass[0][longest(m)];
    s->layer_pass[1] = b->layer_pass[1][longest(m)];
    s->logits_B = (double)(1 + m->n_predict) * m->output.type->kept_B(m->output.param, &b->split);
}

/* Time of the update of 1e9 dense weights of a stage. */
static double optimizer_find(ll_screen *s, const ll_split *split)
{
    ll_pass pass = ll_pass_begin(s->study.layout.precision, s->scratch);
    ll_optimizer_pass(split, 1e9, &pass);
    double *each_s = ll_arena_fill(s->scratch, pass.n_kernel, double);
    const ll_compute c =
        ll_kernel_list_cost(&s->study.cluster.chip, pass.n_kernel, pass.kernel, each_s);
    return ll_compute_total_s(&c);
}

bool ll_screen_begin(ll_screen *s, const ll_layout *layout, const ll_stack *stack)
{
    ll_study *study = &s->study;
    ll_layout *l = &study->layout;
    *l = *layout;
    study->stack = *stack;
    l->interleave = 1;
    l->dp = 0;
    l->schedule = &ll_schedule_one_f_one_b;
    if (!ll_stack_legal(stack, l->precision, NULL) ||
        !ll_layout_fit(l, study->cluster.topo->n_chip, NULL) ||
        !ll_layout_experts_fit(l, &study->model, NULL))
        return false;
    if (l->experts.overlap_exchange) l->schedule = &ll_schedule_combined_1f1b;
    if (!ll_layout_legal(l, stack, &study->model, NULL)) return false;
    ll_arena_reset(s->scratch);
    ll_split split = ll_layout_split(l, stack, &study->model);
    ll_experts_route(&l->experts, &study->model, split.n_token_norm, study->seed, s->scratch);
    s->graph = ll_arena_fill(s->scratch, 1, ll_graph);
    s->prices = ll_arena_fill(s->scratch, 1, ll_prices);
    const ll_train_parts parts = ll_train_parts_of(study, 0, s->scratch, s->graph);
    s->graph->n_together = 0; /* no transfer slows another one down */
    if (ll_prices_make(s->pricer, s->graph, s->scratch, s->prices, NULL) != LL_OK) return false;
    s->view = (ll_view){study, s->graph, s->prices, 0, -1};
    s->cost = ll_costs_kernels(&s->view, s->scratch);
    s->replicas = s->graph->replicas;
    s->pair_frac = 0;
    model_cost(s, &parts);
    s->optimizer_s = optimizer_find(s, &parts.split);
    s->mean = parts.mean_param;
    s->split = parts.split;
    return true;
}

/* ---- a layout ---- */

/* Time of a fused pair of layers over that of both alone. */
static double pair_frac(ll_screen *s)
{
    enum { N = 4 }; /* layers, of which the first and the last are not overlapped at one end */
    if (s->pair_frac > 0) return s->pair_frac;
    const ll_op_part layers[2] = {{s->layer_pass[0], N}, {s->layer_pass[1], N}};
    const ll_op one[2] = {
        {.n_part = 1, .part = &layers[0], .n_layer = 1, .ends = {.transfer = -1}},
        {.n_part = 1, .part = &layers[1], .n_layer = 1, .ends = {.transfer = -1}}};
    const ll_op pair = {.forward = &one[0], .backward = &one[1], .ends = {.transfer = -1}};
    ll_exposed *exposed = ll_arena_array(s->scratch, s->graph->n_pass, ll_exposed);
    double kernels_s = 0, alone_s = 0;
    for (int i = 0; i < 2; i++) {
        const int p = s->layer_pass[i];
        exposed[p] = ll_pass_exposed(&s->view, p, &s->cost[p], LL_OP_WHOLE);
        kernels_s += N * ll_pass_half_s(&s->view, p, &s->cost[p], LL_OP_WHOLE);
        alone_s += N * half_s(s, p, LL_OP_WHOLE);
    }
    const ll_exposed e = ll_pair_exposed(&s->view, &pair, s->cost, exposed, s->scratch);
    s->pair_frac = (kernels_s + e.s[0]) / alone_s;
    return s->pair_frac;
}

static void part_add(stage *out, const part *p, double n)
{
    out->forward_s += n * p->forward.whole_s;
    out->backward_s += n * p->backward.whole_s;
    out->input_s += n * p->backward.input_s;
    out->weight_s += n * p->backward.weight_s;
    out->kept_B += n * p->kept_B;
}

static void chunk_add(const ll_screen *s, int64_t v, stage *out)
{
    const ll_layout *l = &s->study.layout;
    const ll_model *m = &s->study.model;
    const ll_chunk_layers deal = ll_chunk_deal(m, l, v);
    for (int r = 0; r < m->n_run; r++) {
        if (deal.of_run[r] == 0) continue;
        const double n = (double)deal.of_run[r];
        out->n_layer += n;
        part_add(out, &s->run[r], n);
        out->largest_B = fmax(out->largest_B, s->run[r].lean_B);
        out->dense += n * s->layer[r].dense / (double)l->tp;
        out->expert +=
            n * s->layer[r].expert / (double)(s->split.experts.ep * s->split.experts.etp);
    }
    const bool loss = ll_chunk_has_loss(l, v);
    part_add(out, &s->embedding, (double)(ll_chunk_embeds(l, v) + deal.n_predict));
    part_add(out, &s->output, (double)(loss + deal.n_predict));
    out->forward_s += s->scale.whole_s;
    out->backward_s += s->scale.whole_s;
    out->dense += ll_chunk_n_vocab(m, l, v, &deal) * ll_model_embedding_param(m) / (double)l->tp;
    out->loss = out->loss || loss;
}

/* Stages run the k-th of their chunks at about the same time and wait for each other's results, so
 * the longest of them counts. until, now: sums of a stage before and with that chunk. */
static void longest_take(stage *longest, const stage *until, const stage *now, bool first)
{
    const stage one = {.forward_s = now->forward_s - until->forward_s,
                       .backward_s = now->backward_s - until->backward_s,
                       .input_s = now->input_s - until->input_s,
                       .weight_s = now->weight_s - until->weight_s};
    if (first || one.forward_s + one.backward_s > longest->forward_s + longest->backward_s)
        *longest = one;
}

static void turns_sum(const ll_screen *s, int64_t n_held, stage *out)
{
    out->forward_s = out->backward_s = out->input_s = out->weight_s = 0;
    for (int64_t k = 0; k < n_held; k++) {
        out->forward_s += s->turn[k].forward_s;
        out->backward_s += s->turn[k].backward_s;
        out->input_s += s->turn[k].input_s;
        out->weight_s += s->turn[k].weight_s;
    }
}

static double memory_B(const ll_screen *s, const stage *st, int64_t in_flight, int64_t n_held)
{
    const ll_stack *k = &s->study.stack;
    const double copies = (double)ll_schedule_n_copy(s->study.layout.schedule);
    const double each[] = {2, ll_stack_grad_B(k), 12};
    double sum_B = s->study.cluster.chip.memory_reserved_B + (st->loss ? s->logits_B : 0);
    for (int i = 0; i < 3; i++) {
        const bool sharded = k->zero >= 3 - i;
        sum_B += each[i] * st->dense / (sharded ? copies * s->split.n_replica : 1);
        sum_B += each[i] * st->expert / (sharded ? copies * s->split.n_expert_replica : 1);
    }
    sum_B += (double)in_flight * st->kept_B / (double)n_held;
    return sum_B + (k->recompute == LL_RECOMPUTE_FULL ? st->largest_B : 0);
}

/* The dp transfers of a stage with so many weights, once, in so many calls. */
static ll_overlap replicas_call(const ll_screen *s, int dense, int expert, const stage *st,
                                double n_call)
{
    const double frac = ll_stream_frac(&s->cost[s->layer_pass[1]].compute);
    ll_overlap sum = {0, 0};
    const int transfer[] = {dense, s->mean.expert > 0 ? expert : -1};
    const double scale[] = {st->dense / s->mean.dense, st->expert / fmax(s->mean.expert, 1)};
    for (int i = 0; i < 2; i++) {
        if (transfer[i] < 0) continue;
        const ll_overlap one = ll_call_overlap(&s->view, transfer[i], scale[i] / n_call, frac);
        sum.s += n_call * one.s;
        sum.held_s += n_call * one.held_s;
    }
    return sum;
}

/* What gathers of weights and scatters of gradients add to a step: all of them if nothing hides
 * them, else a part (the first call, the last one), and what the passes beside them are too short
 * for. */
static double exposed_s(const ll_screen *s, const stage *st, int64_t n_held)
{
    const ll_replica_work *r = &s->replicas;
    const double n_micro = (double)ll_layout_n_micro(&s->study.layout);
    const double n_call = fmax(1, s->study.stack.zero >= 2 ? st->n_layer : (double)n_held);
    if (s->study.stack.zero >= 3) return 0; /* in the passes of the layers */
    const ll_overlap gather = replicas_call(s, r->gather, r->expert_gather, st, n_call);
    const ll_overlap scatter = replicas_call(s, r->scatter, r->expert_scatter, st, n_call);
    double sum_s =
        r->overlap_gather ? fmax(gather.s / n_call, ll_overlap_s(gather, st->forward_s)) : gather.s;
    if (!r->overlap_scatter) return sum_s + scatter.s * (r->every_micro ? n_micro : 1);
    const double late_s = ll_overlap_s(scatter, st->backward_s);
    sum_s += fmax(scatter.s / n_call, late_s);
    return sum_s + (r->every_micro ? (n_micro - 1) * late_s : 0);
}

static double pipeline_s(ll_screen *s, const ll_pipe *pipe, const stage *slowest, int64_t n_held)
{
    const ll_schedule_type *schedule = s->study.layout.schedule;
    const double n = (double)n_held;
    ll_uniform pass = {.forward_s = slowest->forward_s / n, .input_s = slowest->backward_s / n};
    if (schedule->splits_backward) {
        pass.input_s = slowest->input_s / n;
        pass.weight_s = slowest->weight_s / n;
    }
    pass.pair_s = pass.forward_s + pass.input_s + pass.weight_s;
    if (schedule->fuses_pairs) pass.pair_s *= pair_frac(s);
    double sum_s = schedule->uniform_s(pipe, &pass);
    if (s->graph->send >= 0) {
        const double send_s =
            ll_call_s(&s->view, s->graph->send, 1) + ll_call_s(&s->view, s->graph->send_gather, 1);
        const double fill = 2 * (double)(pipe->n_stage - 1);
        const double each = s->study.stack.overlap_pp ? 0 : 2 * (double)(pipe->n_micro * n_held);
        sum_s += (fill + each) * send_s;
    }
    return sum_s;
}

bool ll_screen_layout(ll_screen *s, int64_t interleave, int choice, ll_screened *out)
{
    ll_layout *l = &s->study.layout;
    const bool pairs = l->experts.overlap_exchange;
    l->interleave = interleave;
    l->schedule_choice = choice;
    l->schedule = ll_schedule_types[choice];
    if (pairs && l->schedule == &ll_schedule_one_f_one_b) l->schedule = &ll_schedule_combined_1f1b;
    const ll_pipe pipe = ll_layout_pipe(l);
    const ll_model *m = &s->study.model;
    const int64_t n_unit = m->n_layer + (l->embedding_as_layer ? 2 : 0);
    if ((pairs && !l->schedule->fuses_pairs) || l->pp * interleave > n_unit ||
        (interleave > 1 && l->pp == 1) || !l->schedule->legal(&pipe, NULL) ||
        (l->schedule->both_ways && s->study.stack.zero > 1) ||
        pipe.n_micro > LL_MAX_OP / ll_schedule_n_chunk(l->schedule, &pipe))
        return false;
    const int64_t n_held = l->schedule->n_held(&pipe);
    if (n_held > MAX_HELD) return false;
    stage slowest = {0};
    *out = (ll_screened){0};
    for (int64_t p = 0; p < l->pp; p++) {
        stage st = {0};
        for (int64_t k = 0; k < n_held; k++) {
            const stage until = st;
            chunk_add(s, l->schedule->chunk(&pipe, p, k), &st);
            longest_take(&s->turn[k], &until, &st, p == 0);
        }
        out->memory_B =
            fmax(out->memory_B, memory_B(s, &st, l->schedule->in_flight(&pipe, p), n_held));
        if (st.forward_s + st.backward_s > slowest.forward_s + slowest.backward_s) slowest = st;
    }
    if (n_held > 1) turns_sum(s, n_held, &slowest);
    out->step_s = pipeline_s(s, &pipe, &slowest, n_held) + exposed_s(s, &slowest, n_held) +
                  s->optimizer_s * (slowest.dense + slowest.expert) / 1e9;
    return true;
}
