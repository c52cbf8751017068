/* A pipeline layout as a string: which layers each chunk has, where they are not dealt evenly.
 *
 *   E  the embedding, once, first          t  a transformer layer
 *   L  output projection and loss, once, last    m  a layer that predicts a further token
 *   |  the next chunk begins               x*3, (..)*3  a symbol or a group three times
 *
 * Spaces and commas mean nothing. Chunks are numbered in the order of the model, and the schedule
 * says on which stage each lies: with 1f1b, chunk v on stage v mod pp. "Et|(tt|)*30mL" is 32 chunks
 * of 61 layers and one that predicts. This is the form of pipeline-model-parallel-layout of
 * Megatron-LM (core/transformer/pipeline_parallel_layer_layout.py). */
#ifndef LL_WORK_CHUNK_PLAN_H
#define LL_WORK_CHUNK_PLAN_H

#include "sim/base/arena.h"
#include "sim/base/fault.h"

#include <stdint.h>

typedef struct ll_planned_chunk {
    int64_t first_layer, n_layer; /* of the model's layers */
    int64_t n_predict;            /* layers that predict further tokens */
} ll_planned_chunk;

typedef struct ll_chunk_plan {
    int64_t n_chunk, n_layer, n_predict; /* sums over the chunks */
    const ll_planned_chunk *chunk;       /* [n_chunk], arena */
} ll_chunk_plan;

/* Reads a layout; NULL: a fault is added, which says at which character, and what is expected. */
const ll_chunk_plan *ll_chunk_plan_parse(const char *text, ll_arena *mem, ll_faults *why);

#endif
