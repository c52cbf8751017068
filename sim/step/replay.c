#include "sim/step/replay.h"

#include "sim/base/rng.h"

#include <math.h>
#include <string.h>

typedef struct op {
    bool backward;
    int64_t micro, chunk; /* chunk: 0 .. V-1 in model order */
} op;

/* The shape of the schedule. */
typedef struct schedule {
    int64_t n_stage, n_inter, n_micro, n_pass; /* n_pass: forward ops of a stage */
} schedule;

static op pass_op(const schedule *s, int64_t stage, int64_t n, bool backward)
{
    if (s->n_inter == 1) return (op){backward, n, stage};
    int64_t block = s->n_stage * s->n_inter;
    int64_t k = n % block / s->n_stage;
    if (backward) k = s->n_inter - 1 - k;
    return (op){backward, n / block * s->n_stage + n % s->n_stage, k * s->n_stage + stage};
}

/* Forward ops of a stage before its first backward op. */
static int64_t schedule_warm(const schedule *s, int64_t stage)
{
    const int64_t fill = ll_job_fill(s->n_stage, s->n_inter, stage);
    return fill < s->n_pass ? fill : s->n_pass;
}

/* The i-th op of a stage: warm-up forwards, then one forward and one backward in turn, then the rest. */
static op schedule_op(const schedule *s, int64_t stage, int64_t i)
{
    const int64_t warm = schedule_warm(s, stage);
    if (i < warm) return pass_op(s, stage, i, false);
    int64_t j = i - warm, paired = 2 * (s->n_pass - warm);
    if (j < paired) return pass_op(s, stage, j % 2 ? j / 2 : warm + j / 2, j % 2 != 0);
    return pass_op(s, stage, paired / 2 + (j - paired), true);
}

/* One replica in flight. Times in seconds since the start of the step. */
typedef struct replica {
    const ll_replay_input *in;
    const ll_durations *d;
    schedule s;
    int64_t id, n_chunk, n_inner; /* n_inner: chips that meet in an op */
    double *end_s[2];             /* forward, backward: [n_chunk * n_micro]; < 0: not yet */
    double *clock_s, *wire_end_s; /* [n_stage]; wire: of dp transfers known so far */
    double *ready_s;              /* [n_stage]: when its ops of the turn are done; in step only */
    bool *sends_to;               /* [n_stage * 2]: in the turn, the next stage; the one before */
    int64_t *next;                /* [n_stage]: position in the schedule */
    const double *gather_first_s; /* [n_chunk] when its first part's weights are there, */
    const double *gather_end_s;   /* and when all of the chunk are */
    double *last_start_s, *last_end_s; /* [n_chunk], of the last micro-batch's backward op */
    double *speed;                     /* [n_stage * n_inner]: 1 + how slow the chip is */
    int64_t *chip;                     /* [n_stage * n_inner] */
    double *worst;                     /* if replicas meet in every op: [2 * n_chunk * n_micro] */
} replica;

static int64_t op_index(const replica *r, const op *o)
{
    return 2 * (o->chunk * r->s.n_micro + o->micro) + o->backward;
}

/* How much longer than priced an op takes on the slowest chip of the replica. */
static double slowest(const replica *r, int64_t stage, const op *o)
{
    const ll_study *study = r->in->program->study;
    uint64_t draw = (uint64_t)op_index(r, o) + 1;
    double sigma = study->cluster.jitter.op_frac, worst = 0;
    for (int64_t i = 0; i < r->n_inner; i++) {
        int64_t at = stage * r->n_inner + i;
        double factor = r->speed[at];
        if (sigma > 0)
            factor += sigma * ll_rng_delay((uint64_t)study->seed, (uint64_t)r->chip[at], draw);
        worst = fmax(worst, factor);
    }
    return fmax(worst, 0.5);
}

/* Kernels of an op, until the last chip that it waits for is done. */
static double kernels_s(const replica *r, int64_t stage, const op *o, double compute_s)
{
    if (!r->in->jitter) return compute_s;
    return compute_s * (r->worst ? r->worst[op_index(r, o)] : slowest(r, stage, o));
}

/* When the op's input is there; < 0 if not yet known. */
static double input_s(const replica *r, const op *o)
{
    int64_t before = o->backward ? o->chunk + 1 : o->chunk - 1;
    if (before < 0) return 0;
    if (before == r->n_chunk) /* the loss: backward starts from this chunk's own forward */
        return r->end_s[0][o->chunk * r->s.n_micro + o->micro];
    double end_s = r->end_s[o->backward][before * r->s.n_micro + o->micro];
    return end_s < 0 ? end_s : end_s + (r->s.n_stage > 1 ? r->d->send_s : 0);
}

/* How much longer an op of the stage takes because dp transfers run beside it for window_s from its
 * start: while they do, it takes 1 + frac times as long. */
static double stretch_s(double length_s, double frac, double window_s)
{
    return frac / (1 + frac) * fmin(fmax(window_s, 0), length_s * (1 + frac));
}

static void op_run(replica *r, int64_t stage, const op *o, double ready_s)
{
    const ll_durations *d = r->d;
    const ll_job *job = &r->in->program->study->job;
    bool first = !o->backward && o->micro == 0, last = o->backward && o->micro == r->s.n_micro - 1;
    double compute_s = (o->backward ? d->backward_compute_s : d->forward_compute_s)[o->chunk];
    double comm_s = (o->backward ? d->backward_comm_s : d->forward_comm_s)[o->chunk];
    double frac = (o->backward ? d->backward_beside_frac : d->forward_beside_frac)[o->chunk];
    double length_s = kernels_s(r, stage, o, compute_s) + comm_s;
    double start_s = fmax(r->clock_s[stage], ready_s), part_s = length_s / d->n_part[o->chunk];
    if (first) /* the first part of the weights, then part by part */
        start_s = fmax(start_s, r->gather_first_s[o->chunk]);
    double end_s = start_s + length_s + stretch_s(length_s, frac, r->wire_end_s[stage] - start_s);
    if (first && d->gather_s[o->chunk] > 0) end_s = fmax(end_s, r->gather_end_s[o->chunk] + part_s);
    if (last) {
        double scatter_s = job->overlap_grad_reduce ? d->scatter_s[o->chunk] : 0;
        end_s += stretch_s(length_s - part_s, frac, scatter_s); /* its own, part by part */
        r->last_start_s[o->chunk] = start_s + part_s;
        r->last_end_s[o->chunk] = end_s;
        if (scatter_s > 0)
            r->wire_end_s[stage] = fmax(r->wire_end_s[stage], start_s + part_s) + scatter_s;
    }
    r->clock_s[stage] = end_s;
    r->end_s[o->backward][o->chunk * r->s.n_micro + o->micro] = end_s;
}

static bool sends(const replica *r, const op *o)
{
    return r->s.n_stage > 1 && (o->backward ? o->chunk > 0 : o->chunk + 1 < r->n_chunk);
}

static void replica_start(replica *r)
{
    for (int64_t i = 0; i < r->n_chunk * r->s.n_micro; i++)
        r->end_s[0][i] = r->end_s[1][i] = -1;
    for (int64_t p = 0; p < r->s.n_stage; p++) {
        r->clock_s[p] = 0;
        r->wire_end_s[p] = r->gather_end_s[r->n_chunk - r->s.n_stage + p];
        r->next[p] = 0;
    }
}

/* What a stage does in turn y: its slot y - stage, one forward op and one backward op, or one of them. */
static void slot_run(replica *r, int64_t stage, int64_t y)
{
    const int64_t slot = y - stage, n_op = 2 * r->s.n_pass;
    const bool both = slot >= schedule_warm(&r->s, stage) && slot < r->s.n_pass;
    bool *to = r->sends_to + 2 * stage;
    to[0] = to[1] = false;
    for (int i = 0; slot >= 0 && i < (both ? 2 : 1) && r->next[stage] < n_op; i++) {
        const op o = schedule_op(&r->s, stage, r->next[stage]++);
        LL_ASSERT(input_s(r, &o) >= 0, "stage %lld, turn %lld: an input has not been sent",
                  (long long)stage, (long long)y);
        op_run(r, stage, &o, 0); /* what came in the exchange before is there */
        to[o.backward] = sends(r, &o);
    }
    r->ready_s[stage] = r->clock_s[stage];
}

/* When a stage has exchanged: it, and those that it sends to or receives from, are ready, and the most
 * sends of one of them are through. */
static double exchanged_s(const replica *r, int64_t stage)
{
    const int64_t n = r->s.n_stage, other[2] = {(stage + 1) % n, (stage + n - 1) % n};
    const bool *to = r->sends_to + 2 * stage;
    int n_send = to[0] + to[1];
    double ready_s = r->ready_s[stage];
    for (int back = 0; back < 2; back++) {
        const bool *his = r->sends_to + 2 * other[back];
        if (!to[back] && !his[1 - back]) continue;
        ready_s = fmax(ready_s, r->ready_s[other[back]]);
        n_send = his[0] + his[1] > n_send ? his[0] + his[1] : n_send;
    }
    return ready_s + n_send * r->d->send_s;
}

/* Stages in step, see the header. */
static void replica_run_in_step(replica *r)
{
    const int64_t n_turn = schedule_warm(&r->s, 0) + r->s.n_pass;
    replica_start(r);
    for (int64_t y = 0; y < n_turn; y++) {
        for (int64_t p = 0; p < r->s.n_stage; p++)
            slot_run(r, p, y);
        for (int64_t p = 0; p < r->s.n_stage; p++)
            r->clock_s[p] = exchanged_s(r, p);
    }
}

static ll_status replica_run(replica *r, ll_error *err)
{
    int64_t left = 2 * r->s.n_pass * r->s.n_stage;
    const bool hidden = r->in->program->study->job.overlap_pp;
    replica_start(r);
    while (left) {
        int64_t before = left;
        for (int64_t p = 0; p < r->s.n_stage; p++) {
            while (r->next[p] < 2 * r->s.n_pass) {
                op o = schedule_op(&r->s, p, r->next[p]);
                double ready_s = input_s(r, &o);
                if (ready_s < 0) break;
                op_run(r, p, &o, ready_s);
                if (sends(r, &o) && !hidden) r->clock_s[p] += r->d->send_s;
                r->next[p]++;
                left--;
            }
        }
        if (left == before)
            return ll_error_set(err, LL_ERR_INTERNAL,
                                "the pipeline schedule blocks: %lld ops left of replica %lld",
                                (long long)left, (long long)r->id);
    }
    return LL_OK;
}

/* Chips of the replica and how fast each is. */
static void replica_place(replica *r, int64_t id)
{
    const ll_study *study = r->in->program->study;
    const ll_job *job = &study->job;
    int64_t stride[LL_N_AXIS], below = 1;
    for (int i = 0; i < LL_N_AXIS; i++) {
        stride[job->axis_at[i]] = below;
        below *= ll_job_axis_size(job, (ll_axis)job->axis_at[i]);
    }
    r->id = id;
    for (int64_t p = 0; p < r->s.n_stage; p++) {
        for (int64_t i = 0; i < r->n_inner; i++) {
            int64_t at = p * r->n_inner + i;
            r->chip[at] = i % job->tp * stride[LL_AXIS_TP] + i / job->tp * stride[LL_AXIS_CP] +
                          id * stride[LL_AXIS_DP] + p * stride[LL_AXIS_PP];
            r->speed[at] = 1 + study->cluster.jitter.chip_frac *
                                   ll_rng_normal((uint64_t)study->seed, (uint64_t)r->chip[at], 0);
        }
    }
}

static void replica_alloc(replica *r, ll_arena *mem)
{
    r->end_s[0] = ll_arena_array(mem, r->n_chunk * r->s.n_micro, double);
    r->end_s[1] = ll_arena_array(mem, r->n_chunk * r->s.n_micro, double);
    r->clock_s = ll_arena_array(mem, r->s.n_stage, double);
    r->wire_end_s = ll_arena_array(mem, r->s.n_stage, double);
    r->ready_s = ll_arena_array(mem, r->s.n_stage, double);
    r->sends_to = ll_arena_array(mem, 2 * r->s.n_stage, bool);
    r->next = ll_arena_array(mem, r->s.n_stage, int64_t);
    r->last_start_s = ll_arena_array(mem, r->n_chunk, double);
    r->last_end_s = ll_arena_array(mem, r->n_chunk, double);
    r->speed = ll_arena_array(mem, r->s.n_stage * r->n_inner, double);
    r->chip = ll_arena_array(mem, r->s.n_stage * r->n_inner, int64_t);
}

/* Weights arrive stage by stage, chunk after chunk, from the start of the step. */
static void gather_times(replica *r, ll_arena *mem)
{
    double *first_s = ll_arena_array(mem, r->n_chunk, double);
    double *end_s = ll_arena_array(mem, r->n_chunk, double);
    bool overlap = r->in->program->study->job.overlap_param_gather;
    for (int64_t p = 0; p < r->s.n_stage; p++) {
        double at_s = 0;
        for (int64_t v = p; v < r->n_chunk; v += r->s.n_stage) {
            first_s[v] = at_s + r->d->gather_s[v] / r->d->n_part[v];
            end_s[v] = at_s += r->d->gather_s[v];
        }
        for (int64_t v = p; v < r->n_chunk && !overlap; v += r->s.n_stage)
            first_s[v] = end_s[v] = at_s; /* all of them before anything runs */
    }
    r->gather_first_s = first_s;
    r->gather_end_s = end_s;
}

/* When stage p has its gradients, in the order in which its chunks finish. start_s, end_s: [n_chunk],
 * over all replicas. */
static double gradients_s(const replica *r, int64_t p, const double *start_s, const double *end_s)
{
    bool overlap = r->in->program->study->job.overlap_grad_reduce;
    double wire_s = 0, stage_s = 0;
    for (int64_t v = p; v < r->n_chunk; v += r->s.n_stage)
        stage_s = fmax(stage_s, end_s[v]);
    for (int64_t v = r->n_chunk - r->s.n_stage + p; v >= 0; v -= r->s.n_stage) {
        double scatter_s = r->d->scatter_s[v];
        wire_s = fmax(wire_s, overlap ? start_s[v] : stage_s) + scatter_s;
        if (overlap && scatter_s > 0) wire_s = fmax(wire_s, end_s[v] + scatter_s / r->d->n_part[v]);
    }
    return fmax(stage_s, wire_s);
}

/* The gradients of all stages, those that both ends share, the optimizer; the slowest stage ends the
 * step. */
static double finish_s(const replica *r, const double *start_s, const double *end_s)
{
    int64_t last = r->s.n_stage - 1;
    double step_s = 0, ends_s = r->d->tie_s + fmax(gradients_s(r, 0, start_s, end_s),
                                                   gradients_s(r, last, start_s, end_s));
    for (int64_t p = 0; p <= last; p++) {
        double stage_s = gradients_s(r, p, start_s, end_s);
        if (r->d->tie_s > 0 && (p == 0 || p == last)) stage_s = ends_s;
        step_s = fmax(step_s, stage_s + r->d->optimizer_s[p]);
    }
    return step_s;
}

/* The slowest chip of all replicas in every op, where they meet. Collective. */
static void meet(replica *r, int64_t lo, int64_t hi, ll_comm *comm, ll_arena *mem)
{
    const int64_t n = 2 * r->n_chunk * r->s.n_micro;
    double *worst = ll_arena_array(mem, n, double);
    for (int64_t id = lo; id < hi; id++) {
        replica_place(r, id);
        for (int64_t i = 0; i < n; i++) {
            op o = {i % 2 != 0, i / 2 % r->s.n_micro, i / 2 / r->s.n_micro};
            worst[i] = fmax(worst[i], slowest(r, o.chunk % r->s.n_stage, &o));
        }
        ll_progress_step(r->in->progress, 1);
    }
    ll_comm_max_f64(comm, n, worst);
    r->worst = worst;
}

ll_status ll_replay(const ll_replay_input *in, ll_comm *comm, ll_arena *mem, double *step_s,
                    ll_error *err)
{
    const ll_job *job = &in->program->study->job;
    ll_arena_mark mark = ll_arena_here(mem);
    int64_t n_micro = ll_job_n_micro(job), n_chunk = in->program->n_chunk, lo = 0, hi = 1;
    replica r = {.in = in,
                 .d = in->durations,
                 .s = {job->pp, job->interleave, n_micro, n_micro * job->interleave},
                 .n_chunk = n_chunk,
                 .n_inner = job->tp * job->cp};
    replica_alloc(&r, mem);
    gather_times(&r, mem);
    double *both_s = ll_arena_array(mem, 2 * n_chunk, double); /* start, end: over all replicas */
    if (in->jitter) ll_comm_slice(comm, job->dp, &lo, &hi);
    if (in->jitter && ll_job_meets(job)) { /* one replica stands for all of them */
        meet(&r, lo, hi, comm, mem);
        lo = 0;
        hi = 1;
    }
    ll_status status = LL_OK;
    const bool in_step = job->interleave > 1 && !job->overlap_pp &&
                         ll_job_fill(job->pp, job->interleave, 0) <= r.s.n_pass;
    for (int64_t id = lo; id < hi && status == LL_OK; id++) {
        replica_place(&r, id);
        if (in_step)
            replica_run_in_step(&r);
        else
            status = replica_run(&r, err);
        for (int64_t v = 0; v < n_chunk; v++) {
            both_s[v] = fmax(both_s[v], r.last_start_s[v]);
            both_s[n_chunk + v] = fmax(both_s[n_chunk + v], r.last_end_s[v]);
        }
        if (!r.worst) ll_progress_step(in->progress, 1);
    }
    status = ll_comm_agree(comm, status, err);
    if (status == LL_OK) {
        ll_comm_max_f64(comm, 2 * n_chunk, both_s);
        *step_s = finish_s(&r, both_s, both_s + n_chunk);
    }
    ll_arena_release(mem, mark);
    return status;
}
