/* Durations of the ops of a program under an idealisation: kernels and exposed transfers. */
#include "sim/step/exposed.h"
#include "sim/work/stage.h"

#include <math.h>

static ll_chip ideal_chip(const ll_chip *real, const ll_ideal *ideal)
{
    ll_chip chip = *real;
    if (ideal->launch) chip.launch_s = 0;
    if (ideal->memory) chip.memory_Bps = 1e30;
    return chip;
}

/* What every chunk is made of. */
typedef struct layer {
    ll_layer_time time;
    ll_exposed exposed;
} layer;

/* Transfers once per chunk, outside of its layers: around embedding and output, in 16 bits. */
static void ends_comm(const ll_program *program, const ll_ideal *ideal, const layer *one, int64_t v,
                      ll_durations *out)
{
    double wide = 2 / ll_job_gather_B(&program->study->job);
    double gather_s = ll_call_s(program, ideal, LL_TP_GATHER, wide);
    double scatter_s = ll_call_s(program, ideal, LL_TP_SCATTER, 1);
    double reduce_s = ll_call_s(program, ideal, LL_TP_REDUCE, 1);
    double both_s = ll_call_s(program, ideal, LL_SCALE_REDUCE, 1); /* after every op */
    double forward_s = both_s, backward_s = both_s;
    if (v == 0) { /* look-up in a split vocabulary: scatter forward, gather backward */
        forward_s += scatter_s + reduce_s;
        backward_s += gather_s;
    }
    if (v == program->n_chunk - 1) {
        forward_s += gather_s;
        backward_s += scatter_s + reduce_s;
    }
    forward_s += ll_exposed_ends_s(program, ideal, v, false,
                                   ll_compute_total_s(&one->time.forward) + one->exposed.forward_s);
    backward_s += ll_exposed_ends_s(
        program, ideal, v, true, ll_compute_total_s(&one->time.backward) + one->exposed.backward_s);
    out->forward_comm_s[v] += forward_s;
    out->backward_comm_s[v] += backward_s;
}

static void chunk_durations(const ll_program *program, const ll_ideal *ideal, const ll_chip *chip,
                            const ll_job *job, const layer *one, int64_t v, ll_durations *out)
{
    const ll_model *model = &program->study->model;
    double n = (double)ll_stage_n_layer(model, job, v);
    ll_layer_time ends = {0}, more;
    if (v == 0) ll_kernel_embedding(chip, model, job, &ends);
    out->forward_compute_s[v] =
        n * ll_compute_total_s(&one->time.forward) + ll_compute_total_s(&ends.forward);
    out->backward_compute_s[v] =
        n * ll_compute_total_s(&one->time.backward) + ll_compute_total_s(&ends.backward);
    if (v == program->n_chunk - 1) {
        ll_kernel_output(chip, model, job, &more);
        out->forward_compute_s[v] += ll_compute_total_s(&more.forward);
        out->backward_compute_s[v] += ll_compute_total_s(&more.backward);
    }
    out->forward_comm_s[v] = n * one->exposed.forward_s;
    out->backward_comm_s[v] = n * one->exposed.backward_s;
    ends_comm(program, ideal, one, v, out);
}

/* Parts in which the dp transfers of chunk v run. Megatron-LM collects max(40 million, 1 million x
 * replicas) parameters (DistributedDataParallelConfig: bucket_size), on the first chunk of the first
 * stage alone, as the others end earlier; with zero = 2 a layer is a part. */
static double n_part(const ll_program *program, int64_t v)
{
    const ll_study *s = program->study;
    if (s->job.zero >= 2) return fmax(1, (double)ll_stage_n_layer(&s->model, &s->job, v));
    double bucket = fmax(40e6, 1e6 * (double)(s->job.dp * s->job.cp));
    return v ? 1 : fmax(1, ceil(ll_stage_param(&s->model, &s->job, v) / bucket));
}

/* A dp transfer of a whole chunk, in n parts. */
static ll_beside chunk_call(const ll_program *program, const ll_ideal *ideal, ll_transfer_kind kind,
                            double scale, double n, double stream_frac)
{
    ll_beside b = ll_call_beside(program, ideal, kind, scale / n, stream_frac);
    return (ll_beside){b.s * n, b.held_s * n};
}

/* How much longer ops are while a dp transfer runs: what it holds of the cores and the memory, and tp
 * transfers (comm_s alone, more_s longer beside it) that share its wires. */
static double beside_frac(ll_beside transfer, double more_s, double op_s)
{
    double held = transfer.s > 0 ? fmin(transfer.held_s / transfer.s, 0.9) : 0;
    return held / (1 - held) + (op_s > 0 ? more_s / op_s : 0);
}

/* dp transfers of chunk v as a whole. While they run beside tp transfers, they are slowed down for
 * the share of the time that tp transfers take. */
static void chunk_dp(const ll_program *program, const ll_ideal *ideal, const layer *one, int64_t v,
                     double mean_param, ll_durations *out)
{
    const ll_job *job = &program->study->job;
    const ll_exposed *e = &one->exposed;
    if (job->zero >= 3) return; /* per layer, in the ops */
    double scale = ll_stage_param(&program->study->model, job, v) / mean_param;
    double n = out->n_part[v], n_layer = (double)ll_stage_n_layer(&program->study->model, job, v);
    double slow = ll_transfer_beside(&program->transfer[LL_DP_SCATTER], ideal) - 1;
    double forward_s = out->forward_compute_s[v] + out->forward_comm_s[v];
    double backward_s = out->backward_compute_s[v] + out->backward_comm_s[v];
    double stream = ll_exposed_stream_frac(&one->time.forward);
    ll_beside gather = chunk_call(program, ideal, LL_DP_GATHER, scale, n, stream);
    stream = ll_exposed_stream_frac(&one->time.backward);
    ll_beside scatter = chunk_call(program, ideal, LL_DP_SCATTER, scale, n, stream);
    ll_beside reduce = chunk_call(program, ideal, LL_DP_REDUCE, scale, n, stream);
    scatter = (ll_beside){scatter.s + reduce.s, scatter.held_s + reduce.held_s};
    out->forward_beside_frac[v] =
        beside_frac(gather, n_layer * (e->forward_beside_s - e->forward_s), forward_s);
    out->backward_beside_frac[v] =
        beside_frac(scatter, n_layer * (e->backward_beside_s - e->backward_s), backward_s);
    if (forward_s > 0 && job->overlap_param_gather)
        gather.s *= 1 + slow * out->forward_comm_s[v] / forward_s;
    if (backward_s > 0 && job->overlap_grad_reduce)
        scatter.s *= 1 + slow * out->backward_comm_s[v] / backward_s;
    out->gather_s[v] = gather.s;
    out->scatter_s[v] = scatter.s;
    if (job->zero != 2) return;
    if (job->overlap_grad_reduce) {
        /* After every micro-batch, hidden behind the next one; the last is the replay's scatter_s. */
        out->backward_comm_s[v] += ll_beside_s(scatter, backward_s);
    } else { /* every op waits for its own */
        out->backward_comm_s[v] += scatter.s;
        out->scatter_s[v] = 0;
    }
}

static void durations_alloc(const ll_program *program, ll_arena *mem, ll_durations *out)
{
    double **arrays[] = {
        &out->forward_compute_s, &out->backward_compute_s,  &out->forward_comm_s,
        &out->backward_comm_s,   &out->forward_beside_frac, &out->backward_beside_frac,
        &out->gather_s,          &out->scatter_s,           &out->n_part};
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
    ll_exposed_layer(program, ideal, &one.time, job.recompute == LL_RECOMPUTE_FULL, &one.exposed);

    durations_alloc(program, mem, out);
    double mean_param = 0;
    for (int64_t v = 0; v < program->n_chunk; v++)
        mean_param += ll_stage_param(&s->model, &job, v) / (double)program->n_chunk;
    for (int64_t v = 0; v < program->n_chunk; v++) {
        chunk_durations(program, ideal, &chip, &job, &one, v, out);
        out->n_part[v] = n_part(program, v);
        chunk_dp(program, ideal, &one, v, mean_param, out);
        if (!ideal->optimizer)
            out->optimizer_s[v % job.pp] +=
                ll_kernel_optimizer_s(&chip, &job, ll_stage_param(&s->model, &job, v));
    }
    out->send_s =
        ll_call_s(program, ideal, LL_PP_SEND, 1) + ll_call_s(program, ideal, LL_PP_GATHER, 1);
    out->tie_s = ll_call_s(program, ideal, LL_TIE_REDUCE, 1);
}
