/* A training job: precision, batch, and how the model is laid out over the chips.
 *
 * Layout. Chips are numbered by mixed radix over the axes of `order`, the first varying fastest.
 *   tp  tensor parallelism, with sequence parallelism (Korthikanti et al. 2022)
 *   cp  context parallelism: the sequence is split, keys and values are exchanged
 *   pp  pipeline stages; `interleave` model chunks per stage (1: plain 1F1B, Narayanan et al. 2021)
 *   dp  replicas; = chips / (tp cp pp)
 * The vocabulary matrices sit on the first and the last stage. Layers are dealt to the pp * interleave
 * chunks evenly; with embedding_as_layer the two vocabulary stages count as a layer each.
 */
#ifndef LL_WORK_JOB_H
#define LL_WORK_JOB_H

#include "sim/config/config.h"
#include "sim/machine/chip.h"
#include "sim/model/model.h"
#include "sim/traffic/traffic.h"

#include <stdbool.h>

typedef enum ll_recompute {
    LL_RECOMPUTE_NONE,
    LL_RECOMPUTE_SELECTIVE, /* the attention core only */
    LL_RECOMPUTE_FULL
} ll_recompute;

typedef enum ll_axis { LL_AXIS_TP, LL_AXIS_CP, LL_AXIS_DP, LL_AXIS_PP, LL_N_AXIS } ll_axis;

/* Micro-batches times chunks of a pipeline: the replay keeps a time for each. */
enum { LL_MAX_OP = 1 << 22 };

typedef struct ll_job {
    int64_t seq;          /* tokens per sequence */
    int64_t global_batch; /* sequences per step */
    int64_t micro_batch;  /* sequences */
    int precision;        /* ll_precision of the matrix products */
    int64_t tp, cp, pp, dp, interleave;
    int64_t zero;       /* 0 to 3: what data parallelism shards (Rajbhandari et al. 2020) */
    int recompute;      /* ll_recompute */
    int grad_precision; /* 0: fp32, 1: bf16 */
    bool sequence_parallel;
    bool embedding_as_layer;
    bool overlap_grad_reduce, overlap_param_gather; /* behind the backward and forward pass */
    bool
        backward_prefetch; /* zero = 3: the next layer's weights come while gradients are computed */
    bool grad_fusion;      /* products add weight gradients to their buffer */
    bool grad_widen; /* else: widened to the buffer's precision first, by kernels of their own */
    bool grad_whole; /* zero = 1: every replica gets the sum of all gradients, not of its share */
    bool overlap_pp; /* sends between stages beside the next op; else the stage waits */
    bool fused_attention; /* scores never pass the memory, and are not kept */
    bool overlap_tp;      /* tp transfers behind the products they feed or follow, part by part */
    bool overlap_tp_grad; /* backward tp scatters behind weight gradients of the same matrix */
    bool
        scatter_gather; /* without sequence parallelism, each tp chip sends a part to the next stage */
    bool shared_scales;  /* FP8: all chips of a stage agree on maxima after every operation */
    bool narrow_params;  /* FP8: weights are gathered over the replicas in one byte */
    bool narrow_outputs; /* FP8: forward tp scatters add up values of one byte */
    bool eager;          /* PyTorch without fused kernels, see sim/work/layer.h */
    bool
        gather_lists; /* zero = 3: matrix by matrix, through lists of parts, see sim/step/exposed.h */
    const char *order;      /* "tp cp dp pp" */
    int axis_at[LL_N_AXIS]; /* order, parsed: ll_axis, fastest first */
} ll_job;

extern const ll_key ll_job_keys[];

/* Read, and check against the model and n_chip: batches divide, heads divide, the layout multiplies
 * out. Each fault is an error of its own, with what would be legal. */
ll_status ll_job_read(ll_config *cfg, const char *path, const ll_model *model, int32_t n_chip,
                      ll_job *out, ll_error *err);

int64_t ll_job_axis_size(const ll_job *job, ll_axis axis);

/* The groups that vary the given axes together (bit a of `axes` for ll_axis a), over all chips. */
void ll_job_group(const ll_job *job, unsigned axes, ll_group *out);

/* Micro-batches per pipeline and step. */
static inline int64_t ll_job_n_micro(const ll_job *job)
{
    return job->global_batch / (job->dp * job->micro_batch);
}

/* Bytes of a gradient. */
static inline double ll_job_grad_B(const ll_job *job) { return job->grad_precision ? 2 : 4; }

/* Bytes of a value that tp gathers, and of a weight that the replicas gather. */
static inline double ll_job_gather_B(const ll_job *job)
{
    double in_B = ll_precision_B((ll_precision)job->precision);
    return in_B < 2 ? in_B : 2;
}
static inline double ll_job_param_B(const ll_job *job)
{
    return job->narrow_params && job->precision == LL_PRECISION_FP8 ? 1 : 2;
}

/* FP8 with delayed scaling, whose maxima all chips of a stage agree on. */
static inline bool ll_job_shares_scales(const ll_job *job)
{
    return job->shared_scales && job->precision == LL_PRECISION_FP8;
}

/* Replicas meet in every op, not just at the end of the step: their scales, or the weights of each layer,
 * come from all of them. */
static inline bool ll_job_meets(const ll_job *job)
{
    return ll_job_shares_scales(job) || job->zero >= 3;
}

/* Calls in which the weights of a sharded layer are gathered, and its gradients scattered: one, or one for each
 * matrix. */
int ll_job_layer_calls(const ll_job *job, const ll_model *model);

/* Matrices of a layer that are gathered once more when the layer has been computed again: how many, and their
 * share of its weights. See gather_lists in sim/step/exposed.h. */
typedef struct ll_regather {
    int n;
    double frac;
} ll_regather;
ll_regather ll_job_regather(const ll_job *job, const ll_model *model);

/* Forward ops of a stage before its first backward op, if it has so many (Narayanan et al. 2021). */
static inline int64_t ll_job_fill(int64_t pp, int64_t interleave, int64_t stage)
{
    return interleave == 1 ? pp - stage - 1 : 2 * (pp - stage - 1) + (interleave - 1) * pp;
}

/* Width of keys, and of values, on one chip: a head is copied where there are fewer heads than chips. */
static inline double ll_job_kv_width(const ll_job *job, const ll_model *model)
{
    int64_t n_head = model->n_kv_head > job->tp ? model->n_kv_head / job->tp : 1;
    return (double)(n_head * model->head_dim);
}

#endif
