#include "sim/work/stage.h"

#include <math.h>

static int64_t min64(int64_t a, int64_t b) { return a < b ? a : b; }

int64_t ll_stage_n_layer(const ll_model *model, const ll_job *job, int64_t v)
{
    int64_t n_chunk = job->pp * job->interleave;
    int64_t ends = job->embedding_as_layer ? 1 : 0;
    int64_t units = model->n_layer + 2 * ends;
    int64_t mine = units * (v + 1) / n_chunk - units * v / n_chunk;
    return mine - (v == 0 ? ends : 0) - (v == n_chunk - 1 ? ends : 0);
}

double ll_stage_param(const ll_model *model, const ll_job *job, int64_t v)
{
    int64_t last = job->pp * job->interleave - 1;
    double n = (double)ll_stage_n_layer(model, job, v) * ll_model_layer_param(model);
    /* Tied weights are held on both ends of a pipeline, once without one. */
    if (v == 0) n += ll_model_embedding_param(model);
    if (v == last && !(model->tied && job->pp == 1)) n += ll_model_embedding_param(model);
    return n / (double)job->tp;
}

/* Bytes per layer and micro-batch that the backward pass needs. */
static double layer_activation_B(const ll_model *m, const ll_job *job)
{
    double t = (double)(job->micro_batch * job->seq) / (double)job->cp, tp = (double)job->tp;
    double h = (double)m->hidden / (job->sequence_parallel ? tp : 1);
    if (job->recompute == LL_RECOMPUTE_FULL) return 2 * t * h;
    double q = (double)(m->n_head * m->head_dim) / tp, ffn = (double)m->ffn / tp;
    double kv = ll_job_kv_width(job, m);
    double in_B = ll_precision_B((ll_precision)job->precision); /* inputs of matrix products */
    double residual = 2 * (2 * h) + 2 * (in_B * h); /* inputs and outputs of two norms */
    if (!job->fused_attention) residual += 2 * h; /* masks of two dropouts, see sim/work/layer.h */
    double attention = 2 * (q + 2 * kv) + fmax(in_B, 2) * q;
    /* Scores, probabilities, the mask of their dropout (Korthikanti et al. 2022); selective recomputation
     * is there to not keep them. */
    if (!job->fused_attention && job->recompute == LL_RECOMPUTE_NONE)
        attention += 5 * (double)job->seq * (double)m->n_head / tp;
    double feed_forward = (m->gated ? 2 : 1) * 2 * ffn + in_B * ffn;
    return t * (residual + attention + feed_forward);
}

/* Chunks of activations that stage p holds at most: the warm-up of the schedule and one more. */
static int64_t n_in_flight(const ll_job *job, int64_t p)
{
    return min64(ll_job_fill(job->pp, job->interleave, p) + 1,
                 ll_job_n_micro(job) * job->interleave);
}

/* Parameters that a fully sharded stage holds whole: the layer that runs and its neighbour, and the vocabulary
 * matrices. Gathered through lists, one matrix: as it arrives, and where it is copied to (sim/step/exposed.h). */
static double whole_param(const ll_model *m, const ll_job *job, int64_t p)
{
    const bool first = p == 0, last = p == job->pp - 1 && !(m->tied && job->pp == 1);
    const double vocab = ll_model_embedding_param(m);
    if (!job->gather_lists) return 2 * ll_model_layer_param(m) + (first + last) * vocab;
    double matrix[LL_MAX_MATRIX], largest = first || last ? vocab : 0;
    for (int i = ll_model_matrices(m, matrix) - 1; i >= 0; i--)
        largest = fmax(largest, matrix[i]);
    return 2 * largest;
}

static void stage_memory(const ll_chip *chip, const ll_model *model, const ll_job *job, int64_t p,
                         ll_memory *out)
{
    double n_param = 0, n_layer = 0;
    for (int64_t k = 0; k < job->interleave; k++) {
        n_param += ll_stage_param(model, job, k * job->pp + p);
        n_layer += (double)ll_stage_n_layer(model, job, k * job->pp + p);
    }
    double shards = (double)(job->dp * job->cp);
    double t = (double)(job->micro_batch * job->seq) / (double)job->cp;
    double layer_B = layer_activation_B(model, job);
    *out = (ll_memory){.reserved_B = chip->memory_reserved_B, .capacity_B = chip->memory_B};
    out->weights_B = 2 * n_param / (job->zero >= 3 ? shards : 1);
    out->gradients_B = ll_job_grad_B(job) * n_param / (job->zero >= 2 ? shards : 1);
    out->optimizer_B = 12 * n_param / (job->zero >= 1 ? shards : 1);
    if (job->zero >= 3) {
        const double whole = whole_param(model, job, p) / (double)job->tp;
        out->weights_B += ll_job_param_B(job) * whole;
        out->gradients_B += ll_job_grad_B(job) * whole;
    }
    out->activations_B = (double)n_in_flight(job, p) * layer_B * n_layer / (double)job->interleave;
    if (job->recompute == LL_RECOMPUTE_FULL) { /* the layer that is being computed again */
        ll_job whole = *job;
        whole.recompute = LL_RECOMPUTE_NONE;
        out->activations_B += layer_activation_B(model, &whole);
    }
    if (p == job->pp - 1) out->logits_B = (2 + 4) * t * (double)model->vocab / (double)job->tp;
    out->total_B = out->weights_B + out->gradients_B + out->optimizer_B + out->activations_B +
                   out->logits_B + out->reserved_B;
}

/* The knobs that this job has not used yet. */
static const char *advice(const ll_job *job)
{
    if (job->zero == 0) return "shard the optimizer (zero = 1)";
    if (job->micro_batch > 1)
        return "take a smaller micro_batch, more tp or pp, or recompute = \"full\"";
    if (job->recompute != LL_RECOMPUTE_FULL)
        return "take more tp, pp or cp, a higher zero, or recompute = \"full\"";
    return "take more tp, pp or cp, a higher zero, or grad_precision = \"bf16\"";
}

ll_status ll_stage_memory(const ll_config *cfg, const ll_chip *chip, const ll_model *model,
                          const ll_job *job, ll_memory *out, ll_error *err)
{
    int64_t fullest = 0;
    ll_memory worst = {0};
    for (int64_t p = 0; p < job->pp; p++) {
        ll_memory one;
        stage_memory(chip, model, job, p, &one);
        if (one.total_B > worst.total_B) {
            worst = one;
            fullest = p;
        }
    }
    *out = worst;
    if (worst.total_B <= worst.capacity_B) return LL_OK;
    return ll_config_fault(
        cfg, "job.tp", err,
        "stage %lld needs %.1f GB per chip (weights %.1f, gradients %.1f, optimizer %.1f, "
        "activations %.1f, logits %.1f, reserved %.1f), %s has %.1f GB: %.1f GB are missing; %s",
        (long long)fullest, worst.total_B / 1e9, worst.weights_B / 1e9, worst.gradients_B / 1e9,
        worst.optimizer_B / 1e9, worst.activations_B / 1e9, worst.logits_B / 1e9,
        worst.reserved_B / 1e9, chip->name, worst.capacity_B / 1e9,
        (worst.total_B - worst.capacity_B) / 1e9, advice(job));
}
