/* Which layers and weights sit where: the model cut into the chunks of a pipeline.
 *
 * The model is cut into V = pp * interleave chunks in order. Chunk 0 has the embedding, chunk V-1
 * the output projection and the loss. Which stage holds which chunk, the schedule says. */
#ifndef LL_WORK_CHUNKS_H
#define LL_WORK_CHUNKS_H

#include "sim/work/layout.h"

static inline int64_t ll_chunk_count(const ll_layout *layout)
{
    return layout->pp * layout->interleave;
}

/* Layers of chunk v: of each run of the model, and in all. Dealt evenly; where that does not come
 * out, neighbours differ by one. */
typedef struct ll_chunk_layers {
    int64_t n, of_run[LL_MAX_RUN];
} ll_chunk_layers;
ll_chunk_layers ll_chunk_deal(const ll_model *model, const ll_layout *layout, int64_t v);

/* Whether chunk v holds the matrix of the embedding, and another one of the output projection (tied
 * weights are held by both ends of a pipeline, once without one). */
static inline bool ll_chunk_embeds(int64_t v) { return v == 0; }
bool ll_chunk_projects(const ll_model *model, const ll_layout *layout, int64_t v);

/* Weights of chunk v on one chip (after tensor parallelism, before any sharding by replicas); and
 * of all chunks, whose layers have been dealt: deal, param: [n_chunk]. */
double ll_chunk_param(const ll_model *model, const ll_layout *layout, int64_t v);
void ll_chunk_params(const ll_model *model, const ll_layout *layout, const ll_chunk_layers *deal,
                     double *param);

#endif
