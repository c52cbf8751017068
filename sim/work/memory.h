/* What training keeps in the memory of a chip. */
#ifndef LL_WORK_MEMORY_H
#define LL_WORK_MEMORY_H

#include "sim/work/chunks.h"
#include "sim/work/workload.h"

/* Of the fullest stage. Activations: Korthikanti et al. 2022. Pure. */
void ll_train_memory(const ll_chip *chip, const ll_model *model, const ll_layout *layout,
                     const ll_stack *stack, ll_memory *out);

#endif
