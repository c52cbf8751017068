/* Activations that a stage holds at most, found by going through its slots.
 *
 * A set of activations belongs to one micro-batch in one chunk. It is held whole from the start of
 * the forward pass to the end of the backward pass. If that is split, what the weight gradients
 * need stays from the end of the half for input gradients to that of the other half: the two
 * operands of each of their GEMMs, its input and the gradient of its output. Attention and norms
 * need nothing more by then. Operands that tp chips have gathered (sequence parallelism) are held
 * gathered, as the gather is a part of the half for input gradients. (Qi et al. 2024 call the two
 * M_B and M_W, and count M_W <= M_B; with full recomputation it is the other way round.) */
#ifndef LL_WORK_HELD_H
#define LL_WORK_HELD_H

#include "sim/base/arena.h"
#include "sim/model/layer.h"
#include "sim/schedule/schedule.h"

/* Bytes of a set: whole, and between the halves of the backward pass. */
typedef struct ll_held {
    double whole_B, weight_B;
} ll_held;

/* The most that a stage holds. set: [n_held], for each of its chunks. Memory taken from mem is
 * released. */
double ll_held_most_B(const ll_schedule_type *schedule, const ll_pipe *pipe, int64_t stage,
                      const ll_held *set, ll_arena *mem);

/* Operands of the weight gradients of a backward pass. */
double ll_held_weight_B(const ll_pass *backward);

#endif
