/* Replay: every chip's program against the prices, with jitter, so that waiting emerges.
 *
 * The chips of one replica and stage (tp x cp of them) meet in every op, so an op lasts as long as its
 * slowest member. Stages wait for each other's micro-batches as the schedule says (1F1B, or interleaved
 * 1F1B: Narayanan et al. 2021). Replicas run by themselves until their gradients meet: a chunk's
 * gradients are ready when its last replica has them. Where the replicas exchange something in every op
 * (scales of FP8 tensors, sharded weights), an op lasts as long as its slowest chip in all of them.
 *
 * Chips differ by a normal factor each, fixed for the run. An op takes longer by an exponential factor,
 * less its mean: what disturbs an op delays it, and seldom by much. So of n chips that meet in every op the
 * slowest is later by op_frac * ln 2 for each doubling of n, without end; a normal factor would add less
 * each time (sim/machine/cluster.h: ll_jitter).
 *
 * Interleaved stages whose sends do not hide (overlap_pp = false) go in step: each does a forward op (while
 * the pipeline fills), or a forward and a backward op, or a backward op, and then exchanges what those gave
 * with both neighbours at once (Megatron-LM of 2021 to 2023, schedules.py:
 * send_forward_backward_recv_forward_backward). So all of them wait for the slowest pair of ops in every turn.
 * With fewer micro-batches than fill the pipeline stages run by themselves here too.
 *
 * Steady state: a step begins with the weights still sharded (zero >= 1), each chunk's are gathered in
 * order, and a chunk's first forward pass waits for them layer by layer; it ends when the slowest stage
 * has reduced its gradients and updated its weights.
 *
 * Each rank replays its slice of the replicas. Durations are pure functions of (seed, chip, op), and
 * ranks exchange maxima only, so the answer is byte-identical for every number of ranks.
 */
#ifndef LL_STEP_REPLAY_H
#define LL_STEP_REPLAY_H

#include "sim/comm/comm.h"
#include "sim/comm/progress.h"
#include "sim/step/program.h"

typedef struct ll_replay_input {
    const ll_program *program;
    const ll_durations *durations;
    bool jitter;           /* else every replica is the same, and one is replayed */
    ll_progress *progress; /* one step per replica of this rank; begun by the caller */
} ll_replay_input;

/* *step_s: from the start of a step to the start of the next one. Collective. */
ll_status ll_replay(const ll_replay_input *in, ll_comm *comm, ll_arena *mem, double *step_s,
                    ll_error *err);

#endif
