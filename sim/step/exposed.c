#include "sim/step/exposed.h"

#include <math.h>

enum { N_SPLIT = 4 };

double ll_call_s(const ll_program *program, const ll_ideal *ideal, ll_transfer_kind kind,
                 double scale)
{
    const ll_transfer *t = &program->transfer[kind];
    if (t->size_B <= 0 || ideal->bandwidth || (ideal->free & (1u << kind))) return 0;
    const ll_cost *c = ll_transfer_cost(t, ideal);
    double software_s = c->fixed_s + (c->software_s - c->fixed_s) * scale;
    return (ideal->software ? 0 : software_s) + (ideal->latency ? 0 : c->latency_s) +
           c->wire_s * scale;
}

/* One call of next to no bytes: its launch, and the latency of its steps. */
static double empty_s(const ll_program *program, const ll_ideal *ideal, ll_transfer_kind kind)
{
    const ll_cluster *cluster = &program->study->cluster;
    const ll_transfer *t = &program->transfer[kind];
    const int dim = ll_collective_dimension(cluster->topo, &t->group);
    if (ideal->free & (1u << kind)) return 0;
    return cluster->software[dim].launch_s[t->collective] +
           (ideal->latency ? 0 : ll_transfer_cost(t, ideal)->latency_s);
}

ll_beside ll_call_beside(const ll_program *program, const ll_ideal *ideal, ll_transfer_kind kind,
                         double scale, double stream_frac)
{
    const ll_cluster *cluster = &program->study->cluster;
    const ll_transfer *t = &program->transfer[kind];
    ll_beside b = {.s = ll_call_s(program, ideal, kind, scale)};
    if (b.s > 0) { /* what arrives is written, and read to be passed on or added */
        int dim = ll_collective_dimension(cluster->topo, &t->group);
        b.held_s = cluster->software[dim].held_frac * b.s +
                   stream_frac * ll_kernel_stream_s(&cluster->chip, 2 * t->size_B * scale);
    }
    return b;
}

double ll_beside_s(ll_beside transfer, double cover_s)
{
    return fmax(transfer.s - cover_s, transfer.held_s);
}

static double ring_s(double comm_s, double cover_s, double n)
{
    return fmax(0, comm_s - cover_s * (n - 1) / n);
}

static double split_s(ll_beside transfer, double cover_s)
{
    double last = 1.0 / N_SPLIT;
    return last * transfer.s + (1 - last) * ll_beside_s(transfer, cover_s);
}

static ll_beside times(ll_beside b, double factor)
{
    return (ll_beside){b.s * factor, b.held_s * factor};
}

/* Gathers and scatters (or reductions) of tensor parallelism, `slow` times as long as priced. */
static double tp_forward_s(const ll_program *program, const ll_ideal *ideal,
                           const ll_layer_time *time, double slow)
{
    static const ll_product in[] = {LL_QKV, LL_UP}, out[] = {LL_PROJ, LL_DOWN};
    const ll_job *job = &program->study->job;
    double gather_s = slow * ll_call_s(program, ideal, LL_TP_GATHER, 1), sum_s = 0;
    ll_beside scatter = times(ll_call_beside(program, ideal, LL_TP_SCATTER, 1, 0), slow);
    ll_beside reduce = times(ll_call_beside(program, ideal, LL_TP_REDUCE, 1, 0), slow);
    if (!job->overlap_tp) return 2 * (gather_s + scatter.s + reduce.s);
    if (job->narrow_outputs) {
        scatter = ll_call_beside(program, ideal, LL_TP_SCATTER, 0.5, 0);
        scatter = times(scatter, slow);
    }
    for (int i = 0; i < 2; i++) {
        sum_s += ring_s(gather_s, time->product[in[i]].forward_s, (double)job->tp);
        sum_s += split_s(scatter, time->product[out[i]].forward_s);
        sum_s += split_s(reduce, time->product[out[i]].forward_s);
    }
    return sum_s;
}

static double tp_backward_s(const ll_program *program, const ll_ideal *ideal,
                            const ll_layer_time *time, double slow)
{
    static const ll_product in[] = {LL_QKV, LL_UP}, out[] = {LL_PROJ, LL_DOWN};
    const ll_job *job = &program->study->job;
    double sum_s = 0;
    ll_beside gather = times(ll_call_beside(program, ideal, LL_TP_GATHER, 1, 0), slow);
    ll_beside scatter = times(ll_call_beside(program, ideal, LL_TP_SCATTER, 1, 0), slow);
    ll_beside reduce = times(ll_call_beside(program, ideal, LL_TP_REDUCE, 1, 0), slow);
    for (int i = 0; i < 2; i++) {
        const ll_product_time *a = &time->product[in[i]], *b = &time->product[out[i]];
        sum_s += job->overlap_tp ? ring_s(gather.s, b->input_s, (double)job->tp) : gather.s;
        sum_s += ll_beside_s(gather, a->input_s); /* of inputs, again */
        sum_s += job->overlap_tp_grad
                     ? ll_beside_s(scatter, a->weight_s) + ll_beside_s(reduce, a->weight_s)
                     : scatter.s + reduce.s;
    }
    return sum_s;
}

/* Keys and values, sent on from chip to chip while attention works on those before. */
static double cp_s(const ll_program *program, const ll_ideal *ideal, bool backward, double cover_s)
{
    ll_beside b = ll_call_beside(program, ideal, LL_CP_GATHER, 1, 0);
    if (backward) {
        ll_beside back = ll_call_beside(program, ideal, LL_CP_SCATTER, 1, 0);
        b = (ll_beside){b.s + back.s, b.held_s + back.held_s};
    }
    double n = (double)program->study->job.cp;
    return fmax(ring_s(b.s, cover_s, n), b.held_s);
}

double ll_exposed_stream_frac(const ll_compute *c)
{
    return c->stream_s / fmax(ll_compute_total_s(c), 1e-30);
}

/* What a pass gathers once more: where it computes a layer again. */
static ll_regather regather(const ll_program *program, bool again)
{
    const ll_study *s = program->study;
    return again ? ll_job_regather(&s->job, &s->model) : (ll_regather){0, 0};
}

/* What lists of parts cost a layer and pass, see the header. */
static double lists_s(const ll_program *program, const ll_ideal *ideal, bool backward, bool again)
{
    const ll_study *s = program->study;
    if (!s->job.gather_lists || ideal->software || ideal->bandwidth) return 0;
    const ll_regather more = regather(program, again);
    const int n_matrix = ll_job_layer_calls(&s->job, &s->model);
    const int n_small = n_matrix + 4; /* biases; two norms */
    const int n_call = 2 * (n_matrix + more.n) + (backward ? 3 * (n_matrix + n_small) : 0);
    const double bytes =
        ((2 + 4) * (1 + more.frac) + (backward ? 4 : 0)) * ll_model_layer_param(&s->model);
    const double small_s = backward ? n_small * empty_s(program, ideal, LL_DP_SCATTER) : 0;
    return (double)(n_call * s->job.dp * s->job.cp) * s->cluster.chip.host_call_s + small_s +
           ll_kernel_stream_s(&s->cluster.chip, bytes / (double)s->job.tp);
}

/* The weights of a layer that one pass gathers. */
static ll_beside gather_layer(const ll_program *program, const ll_ideal *ideal, bool again,
                              double stream)
{
    const double n = ll_job_layer_calls(&program->study->job, &program->study->model);
    const ll_regather more = regather(program, again);
    ll_beside all = times(ll_call_beside(program, ideal, LL_DP_GATHER, 1, stream), n), rest;
    if (more.n == 0) return all;
    rest = ll_call_beside(program, ideal, LL_DP_GATHER, more.frac * n / more.n, stream);
    return (ll_beside){all.s + more.n * rest.s, all.held_s + more.n * rest.held_s};
}

/* Weights and gradients of a layer that are sharded over the replicas (zero = 3), beside the work of its
 * neighbour. again: the backward pass computes the layer again. */
static double sharded_s(const ll_program *program, const ll_ideal *ideal, bool backward, bool again,
                        double stream, double cover_s, double *all_s)
{
    const ll_job *job = &program->study->job;
    *all_s = 0;
    if (job->zero < 3) return 0;
    const double n_call = ll_job_layer_calls(job, &program->study->model);
    ll_beside gather = gather_layer(program, ideal, again, stream), scatter = {0}, b;
    if (backward) scatter = times(ll_call_beside(program, ideal, LL_DP_SCATTER, 1, stream), n_call);
    const bool prefetches = job->overlap_param_gather && (!backward || job->backward_prefetch);
    double hides[2] = {prefetches ? 1 : 0, job->overlap_grad_reduce ? 1 : 0};
    b.s = hides[0] * gather.s + hides[1] * scatter.s;
    b.held_s = hides[0] * gather.held_s + hides[1] * scatter.held_s;
    *all_s = gather.s + scatter.s;
    return *all_s - b.s + ll_beside_s(b, cover_s) + lists_s(program, ideal, backward, again);
}

/* One layer, one pass: alone, and beside dp transfers. */
static void pass_exposed(const ll_program *program, const ll_ideal *ideal,
                         const ll_layer_time *time, bool backward, bool again, double *alone_s,
                         double *beside_s)
{
    const ll_compute *c = backward ? &time->backward : &time->forward;
    double slow[2] = {1, ll_transfer_beside(&program->transfer[LL_TP_GATHER], ideal)}, tp_s[2];
    for (int i = 0; i < 2; i++) {
        tp_s[i] = backward ? tp_backward_s(program, ideal, time, slow[i])
                           : tp_forward_s(program, ideal, time, slow[i]);
        if (again) tp_s[i] += tp_forward_s(program, ideal, time, slow[i]);
    }
    double rest_s = cp_s(program, ideal, backward, c->attention_s), all_s;
    if (again) rest_s += cp_s(program, ideal, false, time->forward.attention_s);
    double cover_s = ll_compute_total_s(c) + tp_s[0] + rest_s;
    rest_s +=
        sharded_s(program, ideal, backward, again, ll_exposed_stream_frac(c), cover_s, &all_s);
    if (all_s > 0) /* in every op, for as long as the shards travel */
        tp_s[0] = tp_s[1] = tp_s[0] + (tp_s[1] - tp_s[0]) * fmin(1, all_s / cover_s);
    *alone_s = rest_s + tp_s[0];
    *beside_s = rest_s + tp_s[1];
}

void ll_exposed_layer(const ll_program *program, const ll_ideal *ideal, const ll_layer_time *time,
                      bool full_recompute, ll_exposed *out)
{
    pass_exposed(program, ideal, time, false, false, &out->forward_s, &out->forward_beside_s);
    pass_exposed(program, ideal, time, true, full_recompute, &out->backward_s,
                 &out->backward_beside_s);
}

double ll_exposed_ends_s(const ll_program *program, const ll_ideal *ideal, int64_t v, bool backward,
                         double layer_s)
{
    const ll_study *s = program->study;
    const ll_job *job = &s->job;
    if (job->zero < 3) return 0;
    const double n_call = ll_job_layer_calls(job, &s->model);
    double vocab = ll_model_embedding_param(&s->model) * n_call / ll_model_layer_param(&s->model);
    bool first = v == 0, last = v == program->n_chunk - 1 && !(s->model.tied && first);
    bool hides = backward ? job->overlap_grad_reduce : job->overlap_param_gather;
    ll_transfer_kind kind = backward ? LL_DP_SCATTER : LL_DP_GATHER;
    /* Of a layer whose transfers are longer than its work, the rest shows already. */
    double one_s = hides ? fmin(n_call * ll_call_s(program, ideal, kind, 1), layer_s) : 0;
    double vocab_s = ll_call_s(program, ideal, kind, vocab);
    return one_s + (first ? vocab_s : 0) + (last ? fmax(0, vocab_s - (hides ? layer_s : 0)) : 0);
}
