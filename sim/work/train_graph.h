/* The graph of a training step: passes and transfers (train_parts.h) put together as the ops of
 * chunks, and these in the order of the schedule as tasks (pipeline.h). */
#ifndef LL_WORK_TRAIN_GRAPH_H
#define LL_WORK_TRAIN_GRAPH_H

#include "sim/work/study.h"

ll_status ll_train_graph(const ll_study *study, unsigned removes, ll_arena *mem, ll_graph *out,
                         ll_error *err);

/* Which collectives a training step has; ll_workload_type.collectives of `train`. */
unsigned ll_train_collectives(const ll_study *study, ll_arena *mem);

#endif
