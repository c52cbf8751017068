#include "sim/step/budget.h"

#include "sim/step/replay.h"

#include <math.h>
#include <stddef.h>

typedef struct rung {
    size_t flag; /* offset of what this rung removes, in ll_ideal */
    const char *cause, *doc;
} rung;

#define RUNG(field, doc_)                       \
    {                                           \
        offsetof(ll_ideal, field), #field, doc_ \
    }

static const rung ladder[] = {
    RUNG(jitter,
         "chips and operations are not all equally fast, and everybody waits for the slowest"),
    {offsetof(ll_ideal, link_errors), "link errors", "packets are damaged and sent again"},
    RUNG(contention, "transfers share links with other transfers"),
    RUNG(software,
         "collectives: launch, steps, and the share of the link rate that libraries reach"),
    RUNG(latency, "propagation and switches, per serial step"),
    RUNG(bandwidth, "bytes over the links, as far as computing does not hide them"),
    RUNG(bubble, "pipeline stages wait for the first and for the last micro-batches"),
    RUNG(imbalance, "stages do not have the same work"),
    RUNG(optimizer, "the weights' update"),
    RUNG(recompute, "activations are computed again"),
    RUNG(launch, "gaps between kernels"),
    RUNG(memory, "kernels wait for memory: norms, activations, casts, thin products"),
    {offsetof(ll_ideal, peak), "kernels",
     "products and attention run below the peak of the precision"},
};

enum { N_RUNG = sizeof ladder / sizeof *ladder };

/* What every evaluation of the step needs. */
typedef struct bench {
    const ll_program *program;
    ll_comm *comm;
    ll_arena *mem;
    ll_progress progress;
    double ideal_s; /* the step's work at the peak of all chips */
} bench;

/* Busy time of the stages: the largest, or if balanced the mean. No transfers, no waiting. */
static double busy_s(const ll_program *program, const ll_durations *d, bool balanced)
{
    const ll_job *job = &program->study->job;
    double worst_s = 0, sum_s = 0;
    for (int64_t p = 0; p < job->pp; p++) {
        double stage_s = d->optimizer_s[p];
        for (int64_t v = p; v < program->n_chunk; v += job->pp)
            stage_s +=
                (double)ll_job_n_micro(job) * (d->forward_compute_s[v] + d->backward_compute_s[v]);
        worst_s = fmax(worst_s, stage_s);
        sum_s += stage_s;
    }
    return balanced ? sum_s / (double)job->pp : worst_s;
}

static ll_status step_time(bench *b, const ll_ideal *ideal, double *step_s, ll_error *err)
{
    if (ideal->peak) {
        *step_s = b->ideal_s;
        return LL_OK;
    }
    ll_status status = LL_OK;
    ll_arena_mark mark = ll_arena_here(b->mem);
    ll_durations d;
    ll_program_durations(b->program, ideal, b->mem, &d);
    if (ideal->bubble) {
        *step_s = busy_s(b->program, &d, ideal->imbalance);
    } else {
        const ll_jitter *jitter = &b->program->study->cluster.jitter;
        bool uneven = !ideal->jitter && (jitter->op_frac > 0 || jitter->chip_frac > 0);
        ll_replay_input in = {b->program, &d, uneven, &b->progress};
        status = ll_replay(&in, b->comm, b->mem, step_s, err);
    }
    ll_arena_release(b->mem, mark);
    return status;
}

/* On a grid on which sums and differences of up to 2^22 chips are exact in a double. */
static double on_grid(double chips) { return ldexp(nearbyint(ldexp(chips, 30)), -30); }

static ll_status climb(bench *b, ll_result *out, double step_s[N_RUNG + 1], ll_error *err)
{
    ll_ideal ideal = {0};
    LL_TRY(step_time(b, &ideal, &step_s[0], err));
    double n = out->n_chip, before = on_grid(n * b->ideal_s / step_s[0]);
    out->effective_chips = before;
    for (int i = 0; i < N_RUNG; i++) {
        *(bool *)((char *)&ideal + ladder[i].flag) = true;
        step_s[i + 1] = step_s[i];
        if (ladder[i].flag == offsetof(ll_ideal, link_errors) && !b->program->link_errors) continue;
        LL_TRY(step_time(b, &ideal, &step_s[i + 1], err));
        double now = i + 1 < N_RUNG ? on_grid(n * b->ideal_s / step_s[i + 1]) : n;
        out->loss[out->n_loss++] = (ll_loss){.cause = ladder[i].cause,
                                             .doc = ladder[i].doc,
                                             .chips = now - before,
                                             .frac = (now - before) / n,
                                             .step_s = step_s[i + 1]};
        before = now;
    }
    return LL_OK;
}

/* What each kind of transfer costs the step: how much shorter it is if that kind takes no time. */
static ll_status expose(bench *b, double step_s, ll_result *out, ll_error *err)
{
    for (int k = 0; k < LL_N_TRANSFER_KIND; k++) {
        const ll_transfer *t = &b->program->transfer[k];
        if (t->size_B <= 0) continue;
        ll_ideal ideal = {.jitter = true, .free = 1u << k};
        double free_s;
        LL_TRY(step_time(b, &ideal, &free_s, err));
        out->transfer[out->n_transfer++] =
            (ll_transfer_row){.name = t->name,
                              .algorithm = ll_plan_name(&t->plan, b->mem),
                              .group_size = t->plan.group_size,
                              .size_B = t->size_B,
                              .calls = t->calls,
                              .total_s = t->cost.total_s,
                              .software_s = t->cost.software_s,
                              .latency_s = t->cost.latency_s,
                              .wire_s = t->cost.wire_s,
                              .contention_s = t->clean.wire_s - t->alone.wire_s,
                              .exposed_s = step_s - free_s};
    }
    return LL_OK;
}

static size_t rung_of(size_t flag)
{
    size_t i = 0;
    while (ladder[i].flag != flag)
        i++;
    return i + 1; /* index into the step times, whose first is the real one */
}

ll_status ll_budget(const ll_program *program, ll_comm *comm, ll_arena *mem, ll_result *out,
                    ll_error *err)
{
    const ll_study *s = program->study;
    double peak_flop_per_s = s->cluster.chip.peak_flop_per_s[s->job.precision];
    bench b = {.program = program,
               .comm = comm,
               .mem = mem,
               .ideal_s = out->model_flop_per_step / (out->n_chip * peak_flop_per_s)};
    double step_s[N_RUNG + 1];
    int64_t lo, hi;
    ll_comm_slice(comm, s->job.dp, &lo, &hi);
    ll_progress_begin(&b.progress, comm, "replaying pipelines", hi - lo);
    ll_status status = climb(&b, out, step_s, err);
    if (status == LL_OK) status = expose(&b, step_s[rung_of(offsetof(ll_ideal, jitter))], out, err);
    ll_progress_end(&b.progress);
    LL_TRY(status);

    double even_s = step_s[rung_of(offsetof(ll_ideal, jitter))];
    double mute_s = step_s[rung_of(offsetof(ll_ideal, bandwidth))];
    double full_s = step_s[rung_of(offsetof(ll_ideal, bubble))];
    double alone_s = step_s[rung_of(offsetof(ll_ideal, imbalance))];
    out->step_s = step_s[0];
    out->exposed_s = even_s - mute_s;
    out->bubble_s = mute_s - full_s;
    out->compute_s = full_s;
    out->mfu_frac = out->efficiency_frac = out->effective_chips / out->n_chip;
    out->baseline[0] = (ll_baseline){"peak", "one chip at the peak of the job's precision",
                                     out->effective_chips, out->efficiency_frac};
    out->baseline[1] =
        (ll_baseline){"one_chip", "one chip that runs its share of the same kernels alone",
                      out->n_chip * alone_s / step_s[0], alone_s / step_s[0]};
    out->n_baseline = 2;
    return LL_OK;
}
