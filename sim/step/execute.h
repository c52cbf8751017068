/* The executor: runs a graph against its costs, with jitter, so that waiting emerges.
 *
 * The chips of a lane synchronise in every task, so a task lasts as long as its slowest member.
 * Lanes wait for each other's results as the graph says. Replicas run by themselves until a task
 * that all of them share (gradients of a chunk are ready when its last replica has them); where
 * replicas exchange something in every task (maxima of FP8 tensors, sharded weights), a task lasts
 * as long as its slowest chip in all of them, and one replica stands for all.
 *
 * While a transfer between the replicas is on the wire, tasks of its lane take 1 + slowed_frac
 * times as long.
 *
 * Each rank runs its slice of the replicas. Durations are pure functions of (seed, chip, task), and
 * ranks exchange maxima only, so the answer is byte-identical for every number of ranks. */
#ifndef LL_STEP_EXECUTE_H
#define LL_STEP_EXECUTE_H

#include "sim/comm/comm.h"
#include "sim/comm/progress.h"
#include "sim/step/costs.h"
#include "sim/step/sink.h"

typedef struct ll_run_mode {
    bool jitter;           /* else every replica is the same, and one is run */
    int64_t max_replica;   /* with jitter: the first so many stand for all; 0: all are run */
    ll_progress *progress; /* one step per replica of this rank; NULL: none */
    const ll_sink *sink;   /* NULL: none */
} ll_run_mode;

/* *end_s: from the start of an iteration to the end of its last task. Collective. */
void ll_execute(const ll_study *study, const ll_graph *graph, const ll_costs *costs,
                const ll_run_mode *mode, ll_comm *comm, ll_arena *mem, double *end_s);

/* Busy time of the lanes' compute streams, as if nothing waited: the largest, and the mean. */
void ll_execute_busy(const ll_graph *graph, const ll_costs *costs, ll_arena *mem, double *largest_s,
                     double *mean_s);

#endif
