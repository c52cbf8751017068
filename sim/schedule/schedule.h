/* The interface of pipeline schedules: in which order a stage runs the passes of its micro-batches.
 *
 * The model is cut into V = n_stage * n_inter chunks in order; a stage holds n_inter of them. A
 * *slot* is one forward or backward pass of one micro-batch through one of the stage's chunks. A
 * schedule lists the slots of a stage in order, by a formula that does not depend on costs. Waiting
 * for inputs (bubbles) results from execution (sim/step/execute.h). Schedules that split the
 * backward pass have slots for its halves, and those that run a forward and a backward chunk
 * interleaved layer by layer have fused pairs.
 *
 * All functions are pure: a schedule allocates nothing and has no communicator. */
#ifndef LL_SCHEDULE_SCHEDULE_H
#define LL_SCHEDULE_SCHEDULE_H

#include "sim/base/fault.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct ll_pipe {
    int64_t n_stage, n_inter, n_micro; /* stages, chunks per stage, micro-batches per step */
} ll_pipe;

static inline int64_t ll_pipe_n_chunk(const ll_pipe *pipe) { return pipe->n_stage * pipe->n_inter; }

typedef enum ll_slot_kind {
    LL_SLOT_FORWARD,
    LL_SLOT_BACKWARD,        /* whole: input gradients and weight gradients */
    LL_SLOT_BACKWARD_INPUT,  /* input gradients only, for which the previous stage waits */
    LL_SLOT_BACKWARD_WEIGHT, /* weight gradients, any time later */
    LL_SLOT_PAIR             /* a forward and a whole backward pass, interleaved layer by layer */
} ll_slot_kind;

typedef struct ll_slot {
    int32_t micro, chunk; /* chunk: 0 .. V-1 in model order */
    /* LL_SLOT_PAIR: micro-batch and chunk of the backward pass. */
    int32_t back_micro, back_chunk;
    /* For schedules with `turns`: a stage runs the slots of one turn, then exchanges with both
     * neighbours. Each stage counts turns from 0. */
    int32_t turn;
    ll_slot_kind kind;
} ll_slot;

/* Times of passes in a pipeline of equal chunks, for the closed form. */
typedef struct ll_uniform {
    double forward_s, input_s,
        weight_s;  /* of one chunk; a whole backward pass is input_s + weight_s */
    double pair_s; /* of a fused pair, no shorter than either of its passes */
} ll_uniform;

typedef struct ll_schedule_type {
    const char *name, *doc;
    bool splits_backward; /* has BACKWARD_INPUT and BACKWARD_WEIGHT slots */
    bool fuses_pairs;     /* has PAIR slots; the first forward pass of a chunk is never in one */
    /* The pipeline holds the model twice, and micro-batches run through it in both directions:
     * chunk V + v is a second copy of chunk v, on the stage of chunk V-1-v. The first half of the
     * micro-batches goes through the first copy, the second half through the second one. */
    bool both_ways;
    /* Slots have turns: without overlap of sends, stages advance in lock-step
     * (sim/work/pipeline.h). */
    bool turns;
    /* Whether the schedule can run this pipeline. Each fault in `why` names the key and what would
     * be legal. */
    bool (*legal)(const ll_pipe *pipe, ll_faults *why);
    int64_t (*n_slot)(const ll_pipe *pipe, int64_t stage);
    void (*order)(const ll_pipe *pipe, int64_t stage, ll_slot *slot); /* [n_slot] */
    /* Chunks of a stage: their number, and the k-th one, 0 <= k < n_held. Its memory holds their
     * weights. */
    int64_t (*n_held)(const ll_pipe *pipe);
    int64_t (*chunk)(const ll_pipe *pipe, int64_t stage, int64_t k);
    /* Peak number of activation sets that a stage holds; a set is that of one micro-batch in one
     * chunk. It is held from the start of the forward pass to the end of the backward pass (if
     * split: of its weight half). In a pair the forward pass starts before the backward pass ends.
     */
    int64_t (*in_flight)(const ll_pipe *pipe, int64_t stage);
    /* Closed form of the time of a step without transfers if all chunks take the same time. Tests
     * compare the executor with it, and a search screens layouts by it. */
    double (*uniform_s)(const ll_pipe *pipe, const ll_uniform *pass);
} ll_schedule_type;

#define LL_SCHEDULES(X)             \
    X(1f1b, one_f_one_b)            \
    X(breadth_first, breadth_first) \
    X(combined_1f1b, combined_1f1b) \
    X(dualpipe, dualpipe)           \
    X(dualpipe_v, dualpipe_v)       \
    X(zb_h1, zb_h1)                 \
    X(zb_v, zb_v)
#define LL_SCHEDULE_DECLARE(name, symbol) extern const ll_schedule_type ll_schedule_##symbol;
LL_SCHEDULES(LL_SCHEDULE_DECLARE)
#undef LL_SCHEDULE_DECLARE

extern const ll_schedule_type *const ll_schedule_types[]; /* ended by NULL */
extern const char *const ll_schedule_names[];             /* the same order; ended by NULL */

/* Copies of the model on the pipeline, chunks of all of them, and micro-batches through each. */
static inline int64_t ll_schedule_n_copy(const ll_schedule_type *type)
{
    return type->both_ways ? 2 : 1;
}
static inline int64_t ll_schedule_n_chunk(const ll_schedule_type *type, const ll_pipe *pipe)
{
    return ll_schedule_n_copy(type) * ll_pipe_n_chunk(pipe);
}

/* ---- what schedules share ---- */

/* Every chunk lies on one stage: n_held. */
int64_t ll_schedule_holds_once(const ll_pipe *pipe);
/* Where chunks lie: in loops, chunk v on stage v mod n_stage; or two per stage in a V, so that the
 * first and the last chunk share the first stage, and the two in the middle the last one. */
int64_t ll_schedule_chunk_in_loops(const ll_pipe *pipe, int64_t stage, int64_t k);
int64_t ll_schedule_chunk_in_v(const ll_pipe *pipe, int64_t stage, int64_t k);

/* Faults of a schedule that has `n_inter` chunks per stage, or that needs n_micro micro-batches. */
bool ll_schedule_needs_inter(const char *name, const ll_pipe *pipe, int64_t n_inter,
                             ll_faults *why);
bool ll_schedule_needs_micro(const char *name, const ll_pipe *pipe, int64_t n_micro,
                             ll_faults *why);

static inline int64_t ll_schedule_min(int64_t a, int64_t b) { return a < b ? a : b; }

/* A slot that is no pair. */
static inline ll_slot ll_schedule_slot(ll_slot_kind kind, int64_t chunk, int64_t micro)
{
    return (ll_slot){.micro = (int32_t)micro, .chunk = (int32_t)chunk, .kind = kind};
}

#endif
