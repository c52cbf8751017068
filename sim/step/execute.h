/* The executor: runs the tasks of a graph with their costs and jitter. Nothing is said in advance
 * of how long anybody waits: pipeline bubbles and stragglers come out of it.
 *
 * The chips of a lane synchronise in every task, so a task lasts as long as on its slowest chip.
 * Lanes wait for each other's results as the graph says. Replicas run independently until a task
 * that all of them share (the gradients of a chunk are reduced when its last replica has them).
 * Where replicas exchange something in every task (FP8 amax, ZeRO-3 weights), a task lasts as long
 * as on the slowest chip of all replicas, and one replica stands for all.
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
    bool jitter;           /* false: all replicas are equal, and one is run */
    int64_t max_replica;   /* with jitter: run the first max_replica for all; 0: run all */
    ll_progress *progress; /* one step per replica of this rank; NULL: none */
    const ll_sink *sink;   /* NULL: none */
} ll_run_mode;

/* Runs one iteration. *end_s: seconds from its start to the end of its last task, the same on every
 * rank. Collective. */
void ll_execute(const ll_study *study, const ll_graph *graph, const ll_costs *costs,
                const ll_run_mode *mode, ll_comm *comm, ll_arena *mem, double *end_s);

/* Busy time of the compute stream of each lane, in seconds and without jitter: the largest, and the
 * mean over the lanes. Not collective. */
void ll_execute_busy(const ll_graph *graph, const ll_costs *costs, ll_arena *mem, double *largest_s,
                     double *mean_s);

#endif
