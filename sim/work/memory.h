/* Memory per chip in training: weights, gradients, optimizer states, activations. */
#ifndef LL_WORK_MEMORY_H
#define LL_WORK_MEMORY_H

#include "sim/work/chunks.h"
#include "sim/work/workload.h"

/* Bytes per chip of the stage that needs the most, in parts, whether it fits or not. Activations of
 * a micro-batch follow Korthikanti et al. 2022; how many are held, the schedule says, or, if chunks
 * are planned or backward passes split, its slots (sim/work/held.h). Memory taken from mem is
 * released. Pure. */
void ll_train_memory(const ll_chip *chip, const ll_model *model, const ll_layout *layout,
                     const ll_stack *stack, ll_arena *mem, ll_memory *out);

#endif
