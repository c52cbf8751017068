/* Kernels of a transformer layer, and how long a chip takes for each: a roofline.
 *
 *   time = max( flop / (peak * fraction), bytes / (bandwidth * fraction) ) + launch
 *
 * The fraction depends on the kernel's class: matrix product, fused attention, streaming (norms,
 * activations, additions, casts). Bytes are what has to pass the memory once: a model of kernels that
 * are fused where libraries fuse them, with operands that do not stay in the caches.
 */
#ifndef LL_SIM_KERNEL_H
#define LL_SIM_KERNEL_H

#include "sim/chip.h"
#include "sim/job.h"
#include "sim/model.h"

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

/* One optimizer step (Adam, fp32 master weights and moments) over n_param parameters of this chip. */
double ll_kernel_optimizer_s(const ll_chip *chip, const ll_job *job, double n_param);

#endif
