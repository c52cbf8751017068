/* Which layers and weights each chunk of a pipeline has.
 *
 * The model is cut into V = pp * interleave chunks in order, evenly or as a plan says
 * (sim/work/chunk_plan.h). Chunk 0 has the embedding, chunk V-1
 * the output projection and the loss. Which stage holds which chunk, the schedule says. */
#ifndef LL_WORK_CHUNKS_H
#define LL_WORK_CHUNKS_H

#include "sim/work/layout.h"

static inline int64_t ll_chunk_count(const ll_layout *layout)
{
    return layout->pp * layout->interleave;
}

/* Chunks on the pipeline: with a schedule that runs both ways a second copy of each, which is chunk
 * V + v. The functions below take them too. */
static inline int64_t ll_chunk_laid(const ll_layout *layout)
{
    return ll_schedule_n_copy(layout->schedule) * ll_chunk_count(layout);
}

/* Number of layers of chunk v: in all, and of each run of the model. Layers are dealt as the plan
 * says, or without one evenly; if they do not divide by the chunks, counts differ by at most one.
 */
typedef struct ll_chunk_layers {
    int64_t n, of_run[LL_MAX_RUN];
    int64_t n_predict; /* layers of multi-token prediction, not in n */
} ll_chunk_layers;
ll_chunk_layers ll_chunk_deal(const ll_model *model, const ll_layout *layout, int64_t laid);

/* Whether chunk v holds the embedding matrix, whether it has the output projection and the loss,
 * and whether it holds a matrix for the output projection. Tied weights are one matrix, of which
 * the first and the last stage of a pipeline hold a copy each; without a pipeline it is held once.
 */
static inline bool ll_chunk_embeds(const ll_layout *layout, int64_t v)
{
    return v % ll_chunk_count(layout) == 0;
}
static inline bool ll_chunk_has_loss(const ll_layout *layout, int64_t v)
{
    return (v + 1) % ll_chunk_count(layout) == 0;
}
bool ll_chunk_projects(const ll_model *model, const ll_layout *layout, int64_t v);

/* Vocabulary matrices that chunk v holds: with layers of multi-token prediction both, some of them
 * copies of the model's. Their gradients are added up as those of tied weights are. */
int ll_chunk_n_vocab(const ll_model *model, const ll_layout *layout, int64_t v,
                     const ll_chunk_layers *deal);

/* Number of weights of chunk v on one chip: after tensor and expert parallelism, before sharding by
 * ZeRO. */
ll_weights ll_chunk_weights(const ll_model *model, const ll_layout *layout, int64_t v);
double ll_chunk_param(const ll_model *model, const ll_layout *layout, int64_t v); /* all of them */

/* Kinds of the chunks on a pipeline, in the order of the first chunk of each: chunks with the same
 * layers are of one kind, but each end of a copy of the model is a kind of its own. */
typedef struct ll_chunk_kinds {
    int n;
    const int64_t *first;          /* [n] its first chunk */
    const int64_t *n_alike;        /* [n] number of its chunks */
    const ll_chunk_layers *layers; /* [n] */
    const ll_weights *param;       /* [n] weights of a chunk on one chip */
    int64_t n_chunk;               /* ll_chunk_laid */
    const int32_t *of;             /* [n_chunk] */
} ll_chunk_kinds;
ll_chunk_kinds ll_chunk_kinds_find(const ll_model *model, const ll_layout *layout, ll_arena *mem);

#endif
