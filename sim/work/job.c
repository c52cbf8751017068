#include "sim/work/job.h"

#include <string.h>

static const char *const recompute_names[] = {"none", "selective", "full", NULL};
static const char *const grad_names[] = {"fp32", "bf16", NULL};
static const char *const axis_names[LL_N_AXIS] = {"tp", "cp", "dp", "pp"};

#define COUNT(name_, field, def_, max_, doc_)                                                     \
    {                                                                                             \
        .name = (name_), .kind = LL_KIND_COUNT, .offset = offsetof(ll_job, field), .def = (def_), \
        .min = 1, .max = (max_), .doc = (doc_)                                                    \
    }
#define SWITCH(name_, field, def_, doc_)                                                         \
    {                                                                                            \
        .name = (name_), .kind = LL_KIND_BOOL, .offset = offsetof(ll_job, field), .def = (def_), \
        .doc = (doc_)                                                                            \
    }

const ll_key ll_job_keys[] = {
    COUNT("sequence", seq, NULL, 1e8, "tokens per sequence"),
    COUNT("global_batch", global_batch, NULL, 1e9, "sequences per step, over all chips"),
    COUNT("micro_batch", micro_batch, "1", 1e6, "sequences per micro-batch"),
    {.name = "precision",
     .kind = LL_KIND_CHOICE,
     .offset = offsetof(ll_job, precision),
     .choices = ll_precision_names,
     .doc = "of the matrix products (attention runs in 16 bits)"},
    COUNT("tp", tp, "1", 1e6, "tensor-parallel chips"),
    COUNT("cp", cp, "1", 1e6, "context-parallel chips"),
    COUNT("pp", pp, "1", 1e6, "pipeline stages"),
    {.name = "dp",
     .kind = LL_KIND_COUNT,
     .offset = offsetof(ll_job, dp),
     .def = "0",
     .min = 0,
     .max = 1e9,
     .doc = "replicas; 0: chips / (tp cp pp)"},
    COUNT("interleave", interleave, "1", 1e4, "model chunks per pipeline stage"),
    {.name = "zero",
     .kind = LL_KIND_COUNT,
     .offset = offsetof(ll_job, zero),
     .def = "1",
     .min = 0,
     .max = 3,
     .doc = "what the replicas share: 1 optimizer, 2 and gradients, 3 and weights"},
    {.name = "recompute",
     .kind = LL_KIND_CHOICE,
     .offset = offsetof(ll_job, recompute),
     .def = "none",
     .choices = recompute_names,
     .doc = "activations computed again in the backward pass"},
    {.name = "grad_precision",
     .kind = LL_KIND_CHOICE,
     .offset = offsetof(ll_job, grad_precision),
     .def = "fp32",
     .choices = grad_names,
     .doc = "of the gradients that are accumulated and reduced"},
    SWITCH("sequence_parallel", sequence_parallel, "true", "split norms over the tp chips too"),
    SWITCH("embedding_as_layer", embedding_as_layer, "false",
           "count embedding and output stage as a layer each when layers are dealt to stages"),
    SWITCH("overlap_grad_reduce", overlap_grad_reduce, "true", "behind the backward pass"),
    SWITCH("overlap_param_gather", overlap_param_gather, "true", "behind the forward pass"),
    SWITCH(
        "backward_prefetch", backward_prefetch, "true",
        "zero = 3: a layer's weights come while the one before computes gradients, not after it"),
    SWITCH("overlap_pp", overlap_pp, "true",
           "sends between stages beside the next operation; if not, stages wait, and go in step if "
           "interleaved"),
    SWITCH("fused_attention", fused_attention, "true", "scores never pass the memory"),
    SWITCH("grad_fusion", grad_fusion, "true",
           "products add weight gradients to the buffer of the step; else kernels of their own do"),
    SWITCH("grad_widen", grad_widen, "false",
           "without grad_fusion: gradients are widened to 32 bits in one kernel, added in another"),
    SWITCH("grad_whole", grad_whole, "false",
           "zero = 1: an all-reduce of all gradients instead of a reduce-scatter"),
    SWITCH("overlap_tp", overlap_tp, "false",
           "tp transfers behind the products they feed or follow, part by part (userbuffers)"),
    SWITCH("overlap_tp_grad", overlap_tp_grad, "true",
           "backward tp scatters behind the products that give weight gradients"),
    SWITCH("scatter_gather", scatter_gather, "true",
           "without sequence_parallel: each tp chip sends a part to the next stage, which gathers"),
    SWITCH("shared_scales", shared_scales, "false",
           "FP8 with delayed scaling: chips of a stage agree on maxima after every operation"),
    SWITCH("narrow_params", narrow_params, "false", "FP8: the replicas gather weights of one byte"),
    SWITCH("narrow_outputs", narrow_outputs, "false",
           "FP8 with overlap_tp: forward tp scatters add up values of one byte"),
    SWITCH("eager", eager, "false",
           "gradients of biases, norms and of what was split in kernels of their own (PyTorch)"),
    SWITCH(
        "gather_lists", gather_lists, "false",
        "zero = 3: matrix by matrix, through lists of parts; the host waits (DeepSpeed of 2021)"),
    {.name = "order",
     .kind = LL_KIND_STRING,
     .offset = offsetof(ll_job, order),
     .def = "tp cp dp pp",
     .doc = "axes, the one whose neighbours are neighbouring chips first"},
    {0}};

int64_t ll_job_axis_size(const ll_job *job, ll_axis axis)
{
    const int64_t size[LL_N_AXIS] = {job->tp, job->cp, job->dp, job->pp};
    return size[axis];
}

/* "tp cp dp pp" -> axis_at; false unless each axis stands there exactly once. */
static bool order_parse(ll_job *job)
{
    const char *s = job->order;
    unsigned seen = 0;
    for (int i = 0; i < LL_N_AXIS; i++) {
        s += strspn(s, " ,");
        size_t n = strcspn(s, " ,");
        int axis = 0;
        while (axis < LL_N_AXIS && !(n == 2 && !strncmp(s, axis_names[axis], 2)))
            axis++;
        if (axis == LL_N_AXIS || (seen & (1u << axis))) return false;
        seen |= 1u << axis;
        job->axis_at[i] = axis;
        s += n;
    }
    return !s[strspn(s, " ,")];
}

static void check_model(ll_config *cfg, const ll_job *job, const ll_model *model, ll_error *err)
{
    if (model->n_head % job->tp)
        ll_config_fault(cfg, "job.tp", err, "the model's %lld heads do not divide by it",
                        (long long)model->n_head);
    if (model->ffn % job->tp || model->hidden % job->tp)
        ll_config_fault(cfg, "job.tp", err,
                        "model.hidden = %lld and model.ffn = %lld must divide by it",
                        (long long)model->hidden, (long long)model->ffn);
    if (model->n_kv_head % job->tp && job->tp % model->n_kv_head)
        ll_config_fault(cfg, "job.tp", err,
                        "the model's %lld kv_heads must divide by it, or it by them",
                        (long long)model->n_kv_head);
    if (job->seq % (job->tp * job->cp))
        ll_config_fault(cfg, "job.sequence", err, "must divide by tp cp = %lld",
                        (long long)job->tp * job->cp);
    const int64_t n_unit = model->n_layer + (job->embedding_as_layer ? 2 : 0);
    if (job->pp * job->interleave > n_unit)
        ll_config_fault(cfg, "job.pp", err, "pp * interleave = %lld chunks, but only %lld layers%s",
                        (long long)job->pp * job->interleave, (long long)n_unit,
                        job->embedding_as_layer ? ", the two vocabulary stages counted" : "");
    if (job->interleave > 1 && job->pp == 1)
        ll_config_fault(cfg, "job.interleave", err, "needs pp > 1; without a pipeline write 1");
}

/* Switches that would be without effect. */
static void check_switches(ll_config *cfg, const ll_job *job, ll_error *err)
{
    const struct {
        const char *path;
        bool wrong;
        const char *needs;
    } checks[] = {
        {"job.shared_scales", job->shared_scales && job->precision != LL_PRECISION_FP8,
         "precision = \"fp8\""},
        {"job.narrow_params", job->narrow_params && job->precision != LL_PRECISION_FP8,
         "precision = \"fp8\""},
        {"job.narrow_outputs",
         job->narrow_outputs && (job->precision != LL_PRECISION_FP8 || !job->overlap_tp),
         "precision = \"fp8\" and overlap_tp = true"},
        {"job.grad_widen", job->grad_widen && (job->grad_fusion || ll_job_grad_B(job) < 4),
         "grad_fusion = false and grad_precision = \"fp32\""},
        {"job.grad_whole", job->grad_whole && job->zero != 1, "zero = 1"},
        {"job.gather_lists", job->gather_lists && job->zero != 3, "zero = 3"},
    };
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        if (checks[i].wrong)
            ll_config_fault(cfg, checks[i].path, err, "needs %s; write false, or leave it out",
                            checks[i].needs);
    if (!job->backward_prefetch && job->zero != 3)
        ll_config_fault(cfg, "job.backward_prefetch", err,
                        "needs zero = 3; write true, or leave it out");
}

/* dp from the rest, or the reason why it does not multiply out. */
static void check_layout(ll_config *cfg, ll_job *job, int32_t n_chip, ll_error *err)
{
    int64_t inner = job->tp * job->cp * job->pp;
    if (inner > n_chip || n_chip % inner) {
        ll_config_fault(cfg, "job.tp", err,
                        "tp %lld x cp %lld x pp %lld = %lld does not divide the cluster's %d chips",
                        (long long)job->tp, (long long)job->cp, (long long)job->pp,
                        (long long)inner, n_chip);
        return;
    }
    if (job->dp && job->dp != n_chip / inner) {
        ll_config_fault(
            cfg, "job.dp", err,
            "tp %lld x cp %lld x pp %lld x dp %lld = %lld, but the cluster has %d chips; "
            "write dp = %lld, or leave it out",
            (long long)job->tp, (long long)job->cp, (long long)job->pp, (long long)job->dp,
            (long long)inner * job->dp, n_chip, (long long)n_chip / inner);
        return;
    }
    job->dp = n_chip / inner;
    int64_t per_micro = job->dp * job->micro_batch;
    if (job->global_batch % per_micro) {
        int64_t below = job->global_batch / per_micro * per_micro;
        ll_config_fault(cfg, "job.global_batch", err,
                        "must divide by dp %lld x micro_batch %lld; nearest: %lld or %lld",
                        (long long)job->dp, (long long)job->micro_batch,
                        (long long)(below ? below : per_micro), (long long)below + per_micro);
    } else if (job->interleave > 1 && ll_job_n_micro(job) % job->pp) {
        ll_config_fault(cfg, "job.interleave", err,
                        "the interleaved schedule needs micro-batches per pipeline (%lld) that "
                        "divide by pp = %lld; change global_batch or write interleave = 1",
                        (long long)ll_job_n_micro(job), (long long)job->pp);
    } else if (ll_job_n_micro(job) > LL_MAX_OP / (job->pp * job->interleave)) {
        ll_config_fault(cfg, "job.global_batch", err,
                        "makes %lld micro-batches in each of %lld chunks of a pipeline; at most "
                        "%d of both together can be replayed; write a larger micro_batch",
                        (long long)ll_job_n_micro(job), (long long)job->pp * job->interleave,
                        LL_MAX_OP);
    }
}

ll_status ll_job_read(ll_config *cfg, const char *path, const ll_model *model, int32_t n_chip,
                      ll_job *out, ll_error *err)
{
    LL_TRY(ll_config_fill(cfg, path, ll_job_keys, out, err));
    if (!order_parse(out))
        ll_config_fault(cfg, "job.order", err,
                        "expected each of tp, cp, dp, pp once, such as \"tp cp dp pp\"");
    check_model(cfg, out, model, err);
    check_switches(cfg, out, err);
    check_layout(cfg, out, n_chip, err);
    return err->status;
}

void ll_job_group(const ll_job *job, unsigned axes, ll_group *out)
{
    int64_t stride = 1;
    *out = (ll_group){0};
    for (int i = 0; i < LL_N_AXIS; i++) {
        int axis = job->axis_at[i];
        int64_t size = ll_job_axis_size(job, (ll_axis)axis);
        if ((axes & (1u << axis)) && size > 1) {
            int last = out->n_digit - 1; /* digits without a gap between them are one digit */
            if (last >= 0 && out->stride[last] * (int64_t)out->size[last] == stride) {
                out->size[last] = (int32_t)(out->size[last] * size);
            } else {
                out->size[out->n_digit] = (int32_t)size;
                out->stride[out->n_digit++] = (int32_t)stride;
            }
        }
        stride *= size;
    }
    out->n_chip = (int32_t)stride;
}

int ll_job_layer_calls(const ll_job *job, const ll_model *model)
{
    double matrix[LL_MAX_MATRIX];
    return job->gather_lists ? ll_model_matrices(model, matrix) : 1;
}

ll_regather ll_job_regather(const ll_job *job, const ll_model *model)
{
    static const double far =
        1e9; /* stage3_max_reuse_distance, DeepSpeed's default (from memory) */
    double matrix[LL_MAX_MATRIX], between = 0; /* weights used before it is needed again */
    ll_regather r = {0, 0};
    if (!job->gather_lists || job->recompute != LL_RECOMPUTE_FULL) return r;
    for (int i = ll_model_matrices(model, matrix) - 1; i >= 0; i--) {
        if (between > far) {
            r.n++;
            r.frac += matrix[i] / ll_model_layer_param(model);
        }
        between += 2 * matrix[i];
    }
    return r;
}
