/* The seam of pipeline schedules: in which order a stage runs the passes of its micro-batches.
 *
 * The model is cut into V = n_stage * n_inter chunks in order; a stage holds n_inter of them. A
 * *slot* is what a stage does next: a forward or a backward pass of one micro-batch through one of
 * its chunks. A schedule is a formula: it says the slots of a stage, in order, whatever they cost;
 * waiting for inputs comes out when they are run (sim/step/execute.h). Schedules that split the
 * backward pass have slots for its halves, and those that run a forward and a backward chunk
 * interleaved layer by layer have fused pairs.
 *
 * Pure: a schedule allocates nothing and knows no communicator. */
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
    LL_SLOT_BACKWARD,        /* whole: gradients of inputs and of weights */
    LL_SLOT_BACKWARD_INPUT,  /* gradients of inputs alone: what the stage before waits for */
    LL_SLOT_BACKWARD_WEIGHT, /* the rest, any time later */
    LL_SLOT_PAIR             /* a forward and a whole backward pass, interleaved layer by layer */
} ll_slot_kind;

typedef struct ll_slot {
    int32_t micro, chunk; /* chunk: 0 .. V-1 in model order */
    /* PAIR: of the backward pass. */
    int32_t back_micro, back_chunk;
    /* For schedules with `turns`: slots of one turn run before the next exchange with both
     * neighbours. From 0, counted by each stage from its first slot. */
    int32_t turn;
    ll_slot_kind kind;
} ll_slot;

/* Passes that all stages do alike, for the closed form. */
typedef struct ll_uniform {
    double forward_s, input_s,
        weight_s;  /* of one chunk; a whole backward pass is input_s + weight_s */
    double pair_s; /* of a fused pair */
} ll_uniform;

typedef struct ll_schedule_type {
    const char *name, *doc;
    bool splits_backward; /* has BACKWARD_INPUT and BACKWARD_WEIGHT slots */
    bool fuses_pairs;     /* has PAIR slots; the first forward pass of a chunk is none */
    /* Slots have turns: stages whose sends are exposed advance in lock-step (sim/work/pipeline.h).
     */
    bool turns;
    /* Whether the schedule can run this pipeline. Each fault says what would be legal. */
    bool (*legal)(const ll_pipe *pipe, ll_faults *why);
    int64_t (*n_slot)(const ll_pipe *pipe, int64_t stage);
    void (*order)(const ll_pipe *pipe, int64_t stage, ll_slot *slot); /* [n_slot] */
    /* The k-th chunk that a stage holds, 0 <= k < n_held; their weights take its memory. */
    int64_t (*n_held)(const ll_pipe *pipe);
    int64_t (*chunk)(const ll_pipe *pipe, int64_t stage, int64_t k);
    /* Activations that the stage holds at most, in those of one micro-batch through one chunk: from
     * the start of its forward pass to the end of its backward pass, of the half that makes
     * gradients of weights if it is split. In a pair the forward pass starts before the backward
     * pass ends. */
    int64_t (*in_flight)(const ll_pipe *pipe, int64_t stage);
    /* Time of a step without transfers if all chunks take the same: the twin of the executor, and
     * the first screen of a search. */
    double (*uniform_s)(const ll_pipe *pipe, const ll_uniform *pass);
} ll_schedule_type;

#define LL_SCHEDULES(X)                   X(1f1b, one_f_one_b)
#define LL_SCHEDULE_DECLARE(name, symbol) extern const ll_schedule_type ll_schedule_##symbol;
LL_SCHEDULES(LL_SCHEDULE_DECLARE)
#undef LL_SCHEDULE_DECLARE

extern const ll_schedule_type *const ll_schedule_types[]; /* ended by NULL */
extern const char *const ll_schedule_names[];             /* the same order; ended by NULL */

#endif
