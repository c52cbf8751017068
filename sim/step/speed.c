#include "sim/step/speed.h"

#include "sim/comm/progress.h"
#include "sim/step/account.h"
#include "sim/step/oracle.h"

#include <math.h>

static int headline_of(const ll_study *study)
{
    return ll_workload_metric(study->workload, study->workload->headline);
}

const ll_metric *ll_headline(const ll_study *study)
{
    return &study->workload->metric[headline_of(study)];
}

bool ll_quick_change(const ll_study *study, ll_arena *mem, ll_change *out)
{
    const char *const *quick = study->workload->quick;
    if (!quick[0]) return false;
    *out = (ll_change){.path = ll_arena_printf(mem, "job.%s", quick[0]),
                       .text = ll_arena_printf(mem, "\"%s\"", quick[1])};
    return true;
}

/* ---- one study ---- */

/* A study that is priced once, and can be run with many seeds. */
typedef struct quick {
    const ll_study *study;
    ll_pricer *pricer;
    bool shared; /* the pricer is another one's */
    ll_ladder ladder;
} quick;

/* study, which is borrowed: as it is to be run. pricer: of a study on the same fabric, by the same
 * engine; NULL: it makes one. max_chip: with jitter of their own; 0: all. */
static ll_status quick_make(const ll_study *study, ll_pricer *pricer, int64_t max_chip,
                            ll_comm *comm, ll_arena *mem, quick *q, ll_error *err)
{
    q->study = study;
    q->pricer = pricer;
    q->shared = pricer != NULL;
    if (!pricer) LL_TRY(ll_pricer_create(study, comm, mem, &q->pricer, err));
    LL_TRY(ll_ladder_make(study, q->pricer, comm, mem, &q->ladder, err));
    const int64_t replica = study->cluster.topo->n_chip / study->layout.dp;
    if (max_chip > 0) q->ladder.max_replica = replica < max_chip ? max_chip / replica : 1;
    return LL_OK;
}

static ll_status quick_run(quick *q, ll_comm *comm, ll_arena *mem, ll_speed *out, ll_error *err)
{
    *out = (ll_speed){.iteration_s = ll_ladder_time(&q->ladder, 0, -1)};
    LL_TRY(ll_figures_find(q->study, q->pricer, out->iteration_s, comm, mem, out->value, err));
    out->headline = out->value[headline_of(q->study)];
    return LL_OK;
}

static void quick_end(quick *q)
{
    if (!q->shared) ll_pricer_destroy(q->pricer);
}

ll_status ll_speed_run(const ll_study *study, ll_pricer *pricer, int64_t max_chip, ll_comm *comm,
                       ll_arena *mem, ll_speed *out, ll_error *err)
{
    quick *q = ll_arena_new(mem, quick);
    ll_status status = quick_make(study, pricer, max_chip, comm, mem, q, err);
    if (status == LL_OK) status = quick_run(q, comm, mem, out, err);
    quick_end(q);
    return status;
}

const ll_study *ll_speed_study(const ll_study *study, bool jitter, ll_arena *mem)
{
    ll_study *closed = ll_arena_new(mem, ll_study);
    *closed = ll_study_with_engine(study, &ll_engine_closed, mem);
    if (!jitter) closed->cluster.jitter = (ll_jitter){0};
    return closed;
}

ll_status ll_speed_find(const ll_study *study, bool jitter, ll_comm *comm, ll_arena *mem,
                        ll_speed *out, ll_error *err)
{
    return ll_speed_run(ll_speed_study(study, jitter, mem), NULL, LL_SPEED_MAX_CHIP, comm, mem, out,
                        err);
}

/* ---- seeds ---- */

/* Fills the moments of a sample x[n]. */
static void moments(int n, const double *x, ll_moments *out)
{
    double sum = 0, square = 0;
    *out = (ll_moments){.min = x[0], .max = x[0]};
    for (int i = 0; i < n; i++) {
        sum += x[i];
        out->min = fmin(out->min, x[i]);
        out->max = fmax(out->max, x[i]);
    }
    out->mean = sum / n;
    for (int i = 0; i < n; i++)
        square += (x[i] - out->mean) * (x[i] - out->mean);
    out->sd = n > 1 ? sqrt(square / (n - 1)) : 0;
}

ll_status ll_seed_spread_find(const ll_study *study, int n_seed, ll_comm *comm, ll_arena *mem,
                              ll_seed_spread *out, ll_error *err)
{
    LL_ASSERT(n_seed >= 1, "%d seeds", n_seed);
    const ll_arena_mark mark = ll_arena_here(mem);
    quick *q = ll_arena_new(mem, quick);
    ll_study *closed = ll_arena_new(mem, ll_study);
    *closed = *ll_speed_study(study, true, mem);
    double *time_s = ll_arena_array(mem, n_seed, double);
    double *headline = ll_arena_array(mem, n_seed, double);
    ll_progress progress;
    ll_progress_begin(&progress, comm, "spread", "of the seeds", n_seed);
    ll_status status = quick_make(closed, NULL, LL_SPEED_MAX_CHIP, comm, mem, q, err);
    for (int i = 0; i < n_seed && status == LL_OK; i++) {
        ll_speed speed = {0};
        closed->seed = study->seed + i;
        status = quick_run(q, comm, mem, &speed, err);
        time_s[i] = speed.iteration_s;
        headline[i] = speed.headline;
        ll_progress_step(&progress, 1);
    }
    ll_progress_end(&progress);
    quick_end(q);
    if (status == LL_OK) {
        const int64_t n_chip = closed->cluster.topo->n_chip, replica = n_chip / study->layout.dp;
        const int64_t drawn = replica * q->ladder.max_replica;
        *out = (ll_seed_spread){.n = n_seed, .n_chip = (int32_t)(drawn < n_chip ? drawn : n_chip)};
        moments(n_seed, time_s, &out->iteration_s);
        moments(n_seed, headline, &out->headline);
    }
    ll_arena_release(mem, mark);
    return status;
}
