/* Durations of the ops of a program under an idealisation: kernels and exposed transfers. */
#include "sim/program.h"
#include "sim/stage.h"

#include <math.h>

/* One call of a transfer whose size is `scale` times the priced one. */
static double call_s(const ll_program *program, const ll_ideal *ideal, ll_transfer_kind kind,
                     double scale)
{
    const ll_transfer *t = &program->transfer[kind];
    if (t->size_B <= 0 || ideal->bandwidth || (ideal->free & (1u << kind))) return 0;
    const ll_cost *c = ideal->contention ? &t->alone : &t->cost;
    double fixed_s = fmin(t->plan.launch_s + t->plan.step_s, c->software_s);
    double software_s = fixed_s + (c->software_s - fixed_s) * scale;
    return (ideal->software ? 0 : software_s) + (ideal->latency ? 0 : c->latency_s) +
           c->wire_s * scale;
}

/* What is left of `comm_s` behind `cover_s` when both are cut into n pieces that follow one another:
 * the first piece always shows. */
static double exposed_s(double comm_s, double cover_s, double n)
{
    return fmax(comm_s - cover_s, comm_s / n);
}

typedef struct layer {
    ll_layer_time time;
    double forward_s, backward_s;               /* exposed transfers of one layer */
    double forward_beside_s, backward_beside_s; /* the same while dp transfers run */
} layer;

static double tp_exposed_s(const ll_program *program, const ll_ideal *ideal, double passes,
                           double gemm_s, double slow)
{
    const ll_job *job = &program->study->job;
    double comm_s =
        slow * passes * 2 *
        (call_s(program, ideal, LL_TP_GATHER, 1) + call_s(program, ideal, LL_TP_SCATTER, 1) +
         call_s(program, ideal, LL_TP_REDUCE, 1));
    return job->overlap_tp ? exposed_s(comm_s, gemm_s, (double)job->tp) : comm_s;
}

/* Weights and gradients of a layer that are sharded over the replicas (zero = 3): what shows of their
 * transfers, and all of them. */
static double sharded_exposed_s(const ll_program *program, const ll_ideal *ideal, bool backward,
                                double compute_s, double *all_s)
{
    const ll_job *job = &program->study->job;
    *all_s = 0;
    if (job->zero < 3) return 0;
    double gather_s = call_s(program, ideal, LL_DP_GATHER, 1);
    double scatter_s = backward ? call_s(program, ideal, LL_DP_SCATTER, 1) : 0;
    double hidden_s =
        (job->overlap_param_gather ? gather_s : 0) + (job->overlap_grad_reduce ? scatter_s : 0);
    *all_s = gather_s + scatter_s;
    return gather_s + scatter_s - hidden_s + fmax(0, hidden_s - compute_s);
}

/* Exposed transfers of one layer and direction. passes: forward passes' worth of transfers. */
static void layer_comm(const ll_program *program, const ll_ideal *ideal, const ll_layer_time *time,
                       bool backward, double passes, double *alone_s, double *beside_s)
{
    const ll_job *job = &program->study->job;
    const ll_compute *compute = backward ? &time->backward : &time->forward;
    double slow = ideal->contention ? 1 : program->transfer[LL_TP_GATHER].beside;
    double cp_s = passes * call_s(program, ideal, LL_CP_GATHER, 1), regather_s = 0, sharded_s;
    if (backward) cp_s += call_s(program, ideal, LL_CP_SCATTER, 1);
    if (job->cp > 1) cp_s = exposed_s(cp_s, compute->attention_s, (double)job->cp);
    if (backward)
        regather_s = fmax(0, 2 * call_s(program, ideal, LL_TP_GATHER, 1) -
                                 time->product[LL_QKV].input_s - time->product[LL_UP].input_s);
    double rest_s =
        cp_s + regather_s +
        sharded_exposed_s(program, ideal, backward, ll_compute_total_s(compute), &sharded_s);
    double tp_s = tp_exposed_s(program, ideal, passes, compute->gemm_s, 1);
    double slow_tp_s = tp_exposed_s(program, ideal, passes, compute->gemm_s, slow);
    if (sharded_s > 0) /* in every op, for as long as the shards travel */
        tp_s = slow_tp_s =
            tp_s + (slow_tp_s - tp_s) * fmin(1, sharded_s / (ll_compute_total_s(compute) + tp_s));
    *alone_s = rest_s + tp_s;
    *beside_s = rest_s + slow_tp_s;
}

static ll_chip ideal_chip(const ll_chip *real, const ll_ideal *ideal)
{
    ll_chip chip = *real;
    if (ideal->launch) chip.launch_s = 0;
    if (ideal->memory) chip.memory_Bps = 1e30;
    return chip;
}

/* Transfers once per chunk, outside of its layers: around embedding and output. */
static void ends_comm(const ll_program *program, const ll_ideal *ideal, int64_t v,
                      ll_durations *out)
{
    double gather_s = call_s(program, ideal, LL_TP_GATHER, 1);
    double scatter_s = call_s(program, ideal, LL_TP_SCATTER, 1);
    double reduce_s = call_s(program, ideal, LL_TP_REDUCE, 1);
    double forward_s = 0, backward_s = 0;
    if (v == 0) { /* look-up in a split vocabulary: scatter forward, gather backward */
        forward_s += scatter_s + reduce_s;
        backward_s += gather_s;
    }
    if (v == program->n_chunk - 1) {
        forward_s += gather_s;
        backward_s += scatter_s + reduce_s;
    }
    out->forward_comm_s[v] += forward_s;
    out->forward_beside_s[v] += forward_s;
    out->backward_comm_s[v] += backward_s;
    out->backward_beside_s[v] += backward_s;
}

static void chunk_durations(const ll_program *program, const ll_ideal *ideal, const ll_chip *chip,
                            const ll_job *job, const layer *one, int64_t v, ll_durations *out)
{
    const ll_model *model = &program->study->model;
    double n = (double)ll_stage_n_layer(model, job, v);
    ll_layer_time ends = {0}, more;
    if (v == 0) ll_kernel_embedding(chip, model, job, &ends);
    out->n_layer[v] = fmax(n, 1);
    out->forward_compute_s[v] =
        n * ll_compute_total_s(&one->time.forward) + ll_compute_total_s(&ends.forward);
    out->backward_compute_s[v] =
        n * ll_compute_total_s(&one->time.backward) + ll_compute_total_s(&ends.backward);
    if (v == program->n_chunk - 1) {
        ll_kernel_output(chip, model, job, &more);
        out->forward_compute_s[v] += ll_compute_total_s(&more.forward);
        out->backward_compute_s[v] += ll_compute_total_s(&more.backward);
    }
    out->forward_comm_s[v] = n * one->forward_s;
    out->backward_comm_s[v] = n * one->backward_s;
    out->forward_beside_s[v] = n * one->forward_beside_s;
    out->backward_beside_s[v] = n * one->backward_beside_s;
    ends_comm(program, ideal, v, out);
}

/* dp transfers of chunk v as a whole. While they run beside tp transfers, they are slowed down for
 * the share of the time that tp transfers take. */
static void chunk_dp(const ll_program *program, const ll_ideal *ideal, int64_t v, double mean_param,
                     ll_durations *out)
{
    const ll_job *job = &program->study->job;
    double scale = ll_stage_param(&program->study->model, job, v) / mean_param;
    double slow = ideal->contention ? 0 : program->transfer[LL_DP_SCATTER].beside - 1;
    double forward_s = out->forward_compute_s[v] + out->forward_comm_s[v];
    double backward_s = out->backward_compute_s[v] + out->backward_comm_s[v];
    if (job->zero >= 3) return; /* per layer, in the ops */
    out->gather_s[v] = call_s(program, ideal, LL_DP_GATHER, scale);
    if (forward_s > 0 && job->overlap_param_gather)
        out->gather_s[v] *= 1 + slow * out->forward_comm_s[v] / forward_s;
    double scatter_s =
        call_s(program, ideal, LL_DP_SCATTER, scale) + call_s(program, ideal, LL_DP_REDUCE, scale);
    if (backward_s > 0 && job->overlap_grad_reduce)
        scatter_s *= 1 + slow * out->backward_comm_s[v] / backward_s;
    out->scatter_s[v] = scatter_s;
    /* tp transfers are slowed down only while these last. */
    if (forward_s > 0)
        out->forward_beside_s[v] -= (out->forward_beside_s[v] - out->forward_comm_s[v]) *
                                    fmax(0, 1 - out->gather_s[v] / forward_s);
    if (backward_s > 0)
        out->backward_beside_s[v] -= (out->backward_beside_s[v] - out->backward_comm_s[v]) *
                                     fmax(0, 1 - scatter_s / backward_s);
    if (job->zero != 2) return;
    if (job->overlap_grad_reduce) {
        /* After every micro-batch, hidden behind the next one; the last (its op is the one that runs
         * _beside) is the replay's scatter_s. */
        out->backward_comm_s[v] += fmax(0, scatter_s - backward_s);
    } else { /* every op waits for its own */
        out->backward_comm_s[v] += scatter_s;
        out->scatter_s[v] = 0;
    }
}

static void durations_alloc(const ll_program *program, ll_arena *mem, ll_durations *out)
{
    double **arrays[] = {&out->forward_compute_s, &out->backward_compute_s, &out->forward_comm_s,
                         &out->backward_comm_s,   &out->forward_beside_s,   &out->backward_beside_s,
                         &out->gather_s,          &out->scatter_s,          &out->n_layer};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        *arrays[i] = ll_arena_array(mem, program->n_chunk, double);
    out->optimizer_s = ll_arena_array(mem, program->study->job.pp, double);
}

void ll_program_durations(const ll_program *program, const ll_ideal *ideal, ll_arena *mem,
                          ll_durations *out)
{
    const ll_study *s = program->study;
    ll_chip chip = ideal_chip(&s->cluster.chip, ideal);
    ll_job job = s->job;
    if (ideal->recompute) job.recompute = LL_RECOMPUTE_NONE;
    layer one;
    ll_kernel_layer(&chip, &s->model, &job, &one.time);
    layer_comm(program, ideal, &one.time, false, 1, &one.forward_s, &one.forward_beside_s);
    layer_comm(program, ideal, &one.time, true, job.recompute == LL_RECOMPUTE_FULL ? 2 : 1,
               &one.backward_s, &one.backward_beside_s);

    durations_alloc(program, mem, out);
    double mean_param = 0;
    for (int64_t v = 0; v < program->n_chunk; v++)
        mean_param += ll_stage_param(&s->model, &job, v) / (double)program->n_chunk;
    for (int64_t v = 0; v < program->n_chunk; v++) {
        chunk_durations(program, ideal, &chip, &job, &one, v, out);
        chunk_dp(program, ideal, v, mean_param, out);
        if (!ideal->optimizer)
            out->optimizer_s[v % job.pp] +=
                ll_kernel_optimizer_s(&chip, &job, ll_stage_param(&s->model, &job, v));
    }
    out->send_s = call_s(program, ideal, LL_PP_SEND, 1);
    out->tie_s = call_s(program, ideal, LL_TIE_REDUCE, 1);
}
