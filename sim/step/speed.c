#include "sim/step/speed.h"

#include "sim/comm/progress.h"
#include "sim/step/account.h"
#include "sim/step/oracle.h"

#include <math.h>
#include <string.h>

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

/* A study that is priced by engine `closed` once, and can be run with many seeds. */
typedef struct quick {
    ll_study study;
    ll_pricer *pricer; /* its own, or one that is shared */
    bool shared;
    ll_ladder ladder;
} quick;

/* pricer: of a study on the same fabric, by `closed`; NULL: it makes one. */
static ll_status quick_make(const ll_study *study, bool jitter, ll_pricer *pricer, ll_comm *comm,
                            ll_arena *mem, quick *q, ll_error *err)
{
    q->study = ll_study_with_engine(study, &ll_engine_closed, mem);
    if (!jitter) q->study.cluster.jitter = (ll_jitter){0};
    q->pricer = pricer;
    q->shared = pricer != NULL;
    if (!pricer) LL_TRY(ll_pricer_create(&q->study, comm, mem, &q->pricer, err));
    LL_TRY(ll_ladder_make(&q->study, q->pricer, comm, mem, &q->ladder, err));
    const int64_t replica = q->study.cluster.topo->n_chip / q->study.layout.dp;
    q->ladder.max_replica = replica < LL_SPEED_MAX_CHIP ? LL_SPEED_MAX_CHIP / replica : 1;
    return LL_OK;
}

static ll_status quick_run(quick *q, ll_comm *comm, ll_arena *mem, ll_speed *out, ll_error *err)
{
    *out = (ll_speed){.iteration_s = ll_ladder_time(&q->ladder, 0, -1)};
    LL_TRY(ll_figures_find(&q->study, q->pricer, out->iteration_s, comm, mem, out->value, err));
    out->headline = out->value[headline_of(&q->study)];
    return LL_OK;
}

static void quick_end(quick *q)
{
    if (!q->shared) ll_pricer_destroy(q->pricer);
}

static ll_status speed_find(const ll_study *study, bool jitter, ll_pricer *pricer, ll_comm *comm,
                            ll_arena *mem, ll_speed *out, ll_error *err)
{
    quick *q = ll_arena_new(mem, quick);
    ll_status status = quick_make(study, jitter, pricer, comm, mem, q, err);
    if (status == LL_OK) status = quick_run(q, comm, mem, out, err);
    quick_end(q);
    return status;
}

ll_status ll_speed_find(const ll_study *study, bool jitter, ll_comm *comm, ll_arena *mem,
                        ll_speed *out, ll_error *err)
{
    return speed_find(study, jitter, NULL, comm, mem, out, err);
}

/* ---- variants ---- */

/* The outcome of a variant, as ranks exchange it. */
typedef struct found {
    ll_speed speed;
    char why[sizeof((ll_variant *)0)->why];
} found;

/* The first message of an error without its file and line, which differ between machines. */
static void why_fill(const ll_error *err, char *why, size_t cap)
{
    const char *s = err->text;
    const size_t n_place = strcspn(s, "\n");
    for (size_t i = 1; i < n_place; i++) {
        const size_t n_digit = strspn(s + i, "0123456789");
        if (s[i - 1] == ':' && n_digit > 0 && !strncmp(s + i + n_digit, ": ", 2)) {
            s += i + n_digit + 2;
            break;
        }
    }
    const size_t n = strcspn(s, "\n");
    memcpy(why, s, n < cap ? n : cap - 1);
}

/* Whether the fabric of a variant is that of the study: topology, wire and software, which prices
 * are made of. */
static bool keeps_fabric(const ll_variant *v)
{
    static const char *const elsewhere[] = {"cluster.chip.", "cluster.jitter.", "model.", "job.",
                                            "server."};
    enum { N_ELSEWHERE = sizeof elsewhere / sizeof *elsewhere };
    for (int i = 0; i < v->n_change; i++) {
        bool known = false;
        for (int k = 0; k < N_ELSEWHERE && !known; k++)
            known = !strncmp(v->change[i].path, elsewhere[k], strlen(elsewhere[k]));
        if (!known) return false;
    }
    return true;
}

/* Runs one variant on all ranks of comm. pricer: of the study, by `closed`; NULL: none. Scratch is
 * released before it returns. */
static found variant_run(const ll_study *study, const ll_variant *v, ll_pricer *pricer,
                         ll_comm *comm, ll_arena *scratch)
{
    const ll_arena_mark mark = ll_arena_here(scratch);
    ll_study *other = ll_arena_new(scratch, ll_study);
    ll_error *err = ll_arena_new(scratch, ll_error);
    found f = {.speed = {0}};
    ll_error_init(err);
    ll_status status = ll_study_vary(study, v->n_change, v->change, scratch, other, err);
    if (!keeps_fabric(v)) pricer = NULL;
    if (status == LL_OK)
        status = speed_find(other, v->jitter, pricer, comm, scratch, &f.speed, err);
    if (status != LL_OK) why_fill(err, f.why, sizeof f.why);
    ll_arena_release(scratch, mark);
    return f;
}

static void variant_fill(ll_variant *v, const found *f)
{
    v->speed = f->speed;
    memcpy(v->why, f->why, sizeof v->why);
}

/* A pricer that all variants on the fabric of the study share, and the study that it is of; NULL if
 * that cannot be priced, which the first variant then tells. mem outlives it. */
static ll_pricer *pricer_shared(const ll_study *study, ll_comm *comm, ll_arena *mem)
{
    ll_pricer *pricer = NULL;
    ll_error *err = ll_arena_new(mem, ll_error);
    ll_error_init(err);
    ll_study *closed = ll_arena_new(mem, ll_study);
    *closed = ll_study_with_engine(study, &ll_engine_closed, mem);
    return ll_pricer_create(closed, comm, mem, &pricer, err) == LL_OK ? pricer : NULL;
}

/* Variants without jitter: each rank runs a share of them by itself. */
static void even_run(const ll_study *study, int n, ll_variant **v, ll_comm *comm, ll_arena *scratch,
                     ll_progress *progress)
{
    int64_t lo, hi;
    size_t n_byte;
    ll_comm_slice(comm, n, &lo, &hi);
    ll_comm *self = ll_comm_self(scratch);
    ll_comm_progress_set(self, progress);
    found *own = ll_arena_array(scratch, hi - lo, found);
    ll_arena *prices = ll_arena_create("prices of variants");
    ll_pricer *pricer = pricer_shared(study, self, prices);
    for (int64_t i = lo; i < hi; i++) {
        own[i - lo] = variant_run(study, v[i], pricer, self, scratch);
        ll_progress_step(progress, 1);
    }
    ll_pricer_destroy(pricer);
    ll_arena_destroy(prices);
    ll_comm_destroy(self);
    const found *all = ll_comm_gather(comm, scratch, own, (size_t)(hi - lo) * sizeof *own, &n_byte);
    LL_ASSERT(n_byte == (size_t)n * sizeof *all, "%zu bytes of %d variants", n_byte, n);
    for (int i = 0; i < n; i++)
        variant_fill(v[i], &all[i]);
}

void ll_variants_run(const ll_study *study, const char *name, int n, ll_variant *variant,
                     ll_comm *comm)
{
    ll_arena *scratch = ll_arena_create("variants");
    ll_variant **even = ll_arena_array(scratch, n, ll_variant *);
    ll_progress progress;
    int n_even = 0;
    for (int i = 0; i < n; i++)
        if (!variant[i].jitter) even[n_even++] = &variant[i];
    const int n_here = n - n_even + n_even / ll_comm_size(comm);
    ll_progress_begin(&progress, comm, name, "of the variants", n_here);
    even_run(study, n_even, even, comm, scratch, &progress);
    for (int i = 0; i < n; i++) {
        if (!variant[i].jitter) continue;
        const found f = variant_run(study, &variant[i], NULL, comm, scratch);
        variant_fill(&variant[i], &f);
        ll_progress_step(&progress, 1);
    }
    ll_progress_end(&progress);
    ll_arena_destroy(scratch);
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
    double *time_s = ll_arena_array(mem, n_seed, double);
    double *headline = ll_arena_array(mem, n_seed, double);
    ll_progress progress;
    ll_progress_begin(&progress, comm, "spread", "of the seeds", n_seed);
    ll_status status = quick_make(study, true, NULL, comm, mem, q, err);
    for (int i = 0; i < n_seed && status == LL_OK; i++) {
        ll_speed speed = {0};
        q->study.seed = study->seed + i;
        status = quick_run(q, comm, mem, &speed, err);
        time_s[i] = speed.iteration_s;
        headline[i] = speed.headline;
        ll_progress_step(&progress, 1);
    }
    ll_progress_end(&progress);
    quick_end(q);
    if (status == LL_OK) {
        const int64_t n_chip = q->study.cluster.topo->n_chip, replica = n_chip / study->layout.dp;
        const int64_t drawn = replica * q->ladder.max_replica;
        *out = (ll_seed_spread){.n = n_seed, .n_chip = (int32_t)(drawn < n_chip ? drawn : n_chip)};
        moments(n_seed, time_s, &out->iteration_s);
        moments(n_seed, headline, &out->headline);
    }
    ll_arena_release(mem, mark);
    return status;
}
