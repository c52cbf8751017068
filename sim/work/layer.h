/* Kernels of a transformer layer, and how long a chip takes for each.
 *
 *   product     by its shape: waves of tiles, see sim/machine/gemm.c
 *   attention   fused: max( flop / (peak * fraction), bytes / (bandwidth * fraction) )
 *   streaming   bytes / (bandwidth * fraction): norms, activations, additions, casts
 *
 * and a launch each. Fused attention starts anew for each block of rows, which costs as much as some more
 * keys would (attention_ramp): of n keys seen by a row, n / (n + ramp) of the rate is left.
 *
 * Bytes are what has to pass the memory, in kernels that are fused where libraries fuse them, with operands
 * that do not stay in the caches. Software of before fused attention (mid 2022: fused_attention = false)
 * also had dropout, with masks, and added biases in kernels of their own.
 *
 * PyTorch without kernels of others (eager = true) needs some more passes backward: gradients of queries, keys
 * and values are put together (they were split), biases' are summed up, the norms' weights have a kernel
 * of their own. FSDP keeps a layer's weights as one tensor and splits it, so its gradients are put
 * together too, and divided by the number of replicas before they are sent.
 */
#ifndef LL_WORK_LAYER_H
#define LL_WORK_LAYER_H

#include "sim/machine/chip.h"
#include "sim/machine/gemm.h"
#include "sim/model/model.h"
#include "sim/work/job.h"

/* For which a chip's attention_frac are given: 8192 tokens, causal. */
enum { LL_ATTENTION_KEYS = 4096 };

/* Compute time of one pass over a part of the model, by what bounds it. All in seconds. */
typedef struct ll_compute {
    double gemm_s, attention_s, stream_s, launch_s;
} ll_compute;

static inline double ll_compute_total_s(const ll_compute *c)
{
    return c->gemm_s + c->attention_s + c->stream_s + c->launch_s;
}

/* The products of a layer by its weights: query, key and value; the attention's output; into the
 * feed-forward network (with its gate), and out of it. */
typedef enum ll_product { LL_QKV, LL_PROJ, LL_UP, LL_DOWN, LL_N_PRODUCT } ll_product;

/* Of such a product: forward; backward for the gradient of its input and of its weights. Parts of gemm_s
 * behind which transfers hide. */
typedef struct ll_product_time {
    double forward_s, input_s, weight_s;
} ll_product_time;

/* One layer and one micro-batch on one chip, as the job splits it. backward includes what is computed
 * again. */
typedef struct ll_layer_time {
    ll_compute forward, backward;
    ll_product_time product[LL_N_PRODUCT]; /* of a layer; zero for embedding and output */
} ll_layer_time;

void ll_kernel_layer(const ll_chip *chip, const ll_model *model, const ll_job *job,
                     ll_layer_time *out);

/* Embedding (first chunk) and output projection with loss (last chunk), the same way. */
void ll_kernel_embedding(const ll_chip *chip, const ll_model *model, const ll_job *job,
                         ll_layer_time *out);
void ll_kernel_output(const ll_chip *chip, const ll_model *model, const ll_job *job,
                      ll_layer_time *out);

/* One optimizer step (Adam, fp32 master weights and moments); n_param: weights that the chip computes
 * with, before the optimizer's are split over replicas. */
double ll_kernel_optimizer_s(const ll_chip *chip, const ll_job *job, double n_param);

#endif
