/* Which layers sit where: the model cut into chunks, and what of it has to be kept in memory.
 *
 * The model is cut into V = pp * interleave chunks in order. Chunk v sits on pipeline stage v % pp and
 * is the (v / pp)-th chunk there (Narayanan et al. 2021). Chunk 0 has the embedding, chunk V-1 the
 * output projection and the loss.
 */
#ifndef LL_WORK_STAGE_H
#define LL_WORK_STAGE_H

#include "sim/machine/chip.h"
#include "sim/model/model.h"
#include "sim/work/job.h"

typedef struct ll_memory {
    double weights_B, gradients_B, optimizer_B, activations_B, logits_B, reserved_B;
    double total_B, capacity_B; /* per chip, on the fullest stage */
} ll_memory;

/* Layers of chunk v. Dealt evenly; where that does not come out, neighbours differ by one. */
int64_t ll_stage_n_layer(const ll_model *model, const ll_job *job, int64_t v);

/* Parameters of chunk v on one chip (after tensor parallelism, before any sharding by replicas). */
double ll_stage_param(const ll_model *model, const ll_job *job, int64_t v);

/* Memory per chip on the fullest stage. What does not fit is an error that says how much is missing
 * and which knobs would help. Activations: Korthikanti et al. 2022, for fused attention. */
ll_status ll_stage_memory(const ll_config *cfg, const ll_chip *chip, const ll_model *model,
                          const ll_job *job, ll_memory *out, ll_error *err);

#endif
