/* The order of passes in loops: chunk v lies on stage v mod n_stage, and micro-batches go through
 * the chunks of a stage in groups of n_stage: all of the group through its first chunk, then
 * through its second, ...; backward from the last one on (Narayanan et al. 2021). With one chunk
 * per stage they go one after the other. */
#ifndef LL_SCHEDULE_LOOPS_H
#define LL_SCHEDULE_LOOPS_H

#include "sim/schedule/schedule.h"

/* Iterates over the passes of one direction in the order in which a stage runs them. */
typedef struct ll_loops {
    const ll_pipe *pipe;
    int64_t stage;
    ll_slot_kind kind;   /* LL_SLOT_FORWARD or LL_SLOT_BACKWARD */
    int64_t group, k, i; /* micro-batch i of the group; k-th chunk of the stage in this direction */
} ll_loops;

/* The next pass, in the given turn. */
ll_slot ll_loops_next(ll_loops *c, int64_t turn);

/* Forward passes of a stage before its first backward pass, if it has that many: those that fill
 * the pipeline. */
int64_t ll_loops_fill(const ll_pipe *pipe, int64_t stage);

/* Whether micro-batches divide into groups. */
bool ll_loops_legal(const ll_pipe *pipe, ll_faults *why);

#endif
