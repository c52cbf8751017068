#include "sim/step/plan.h"

#include "sim/comm/progress.h"
#include "sim/step/screen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Axes before this one cost a layout anew; those from it on share its costs. */
enum { INNER = LL_PLAN_interleave };
/* Layouts that go on from the screen, and from engine `closed`. */
enum { N_SCREENED = 1024, N_REAL = 12 };

/* A layout as the screen leaves it; `id` is its place in the order of the search, which decides
 * between equals. */
typedef struct candidate {
    double step_s, memory_B;
    int64_t id;
} candidate;

/* The best so far, the fastest first. */
typedef struct shortlist {
    int n, cap;
    candidate *item; /* [cap] */
} shortlist;

static bool before(const candidate *a, const candidate *b)
{
    if (a->step_s < b->step_s || a->step_s > b->step_s) return a->step_s < b->step_s;
    return a->id < b->id;
}

static void list_add(shortlist *list, const candidate *c)
{
    if (list->n == list->cap && !before(c, &list->item[list->n - 1])) return;
    int at = list->n < list->cap ? list->n++ : list->n - 1;
    for (; at > 0 && before(c, &list->item[at - 1]); at--)
        list->item[at] = list->item[at - 1];
    list->item[at] = *c;
}

/* What a rank found. */
typedef struct counts {
    int64_t n_tried, n_legal, n_unfit;
} counts;

typedef struct search {
    const ll_study *study;
    const ll_plan_space *space;
    ll_comm *comm;
    ll_arena *mem;
    shortlist fit, unfit, least; /* least: by memory alone, of those that are too large */
    counts count;
} search;

/* Number of combinations of the axes from `first` to `last` - 1. */
static int64_t combinations(const ll_plan_space *s, int first, int last)
{
    int64_t n = 1;
    for (int axis = first; axis < last; axis++)
        n *= s->n[axis];
    return n;
}

static void values_of(const ll_plan_space *s, int64_t id, int64_t *value)
{
    for (int axis = LL_N_PLAN_AXIS - 1; axis >= 0; axis--) {
        value[axis] = s->value[axis][id % s->n[axis]];
        id /= s->n[axis];
    }
}

/* Whether numbers alone rule a layout out; zero shards nothing where nothing is replicated. */
static bool hopeless(const ll_study *study, const int64_t *v)
{
    const int64_t n_chip = study->cluster.topo->n_chip;
    const int64_t inner = v[LL_PLAN_tp] * v[LL_PLAN_cp] * v[LL_PLAN_pp];
    if (n_chip % inner) return true;
    const int64_t n_stage = n_chip / v[LL_PLAN_pp], etp = v[LL_PLAN_etp];
    return study->layout.global_batch % (n_chip / inner * v[LL_PLAN_micro_batch]) != 0 ||
           n_stage % (v[LL_PLAN_ep] * etp) != 0 || (etp > 1 && etp != v[LL_PLAN_tp]) ||
           (v[LL_PLAN_overlap_tp] && v[LL_PLAN_tp] == 1) ||
           (v[LL_PLAN_zero] != 1 && inner == n_chip && v[LL_PLAN_cp] == 1);
}

/* Whether the schedule is another one than 1f1b: not without a pipeline, nor is combined_1f1b,
 * which 1f1b becomes where exchanges overlap. */
static bool schedule_counts(const int64_t *v)
{
    const ll_schedule_type *schedule = ll_schedule_types[v[LL_PLAN_schedule]];
    if (schedule == &ll_schedule_one_f_one_b) return true;
    return v[LL_PLAN_pp] > 1 && schedule != &ll_schedule_combined_1f1b;
}

/* All schedules and numbers of chunks of one combination of the other axes. */
static void shared_screen(search *s, ll_screen *screen, int64_t outer)
{
    const ll_plan_space *space = s->space;
    const int64_t n_inner = combinations(space, INNER, LL_N_PLAN_AXIS);
    ll_planned p;
    values_of(space, outer * n_inner, p.value);
    s->count.n_tried += n_inner;
    if (hopeless(s->study, p.value)) return;
    ll_planned_lay(s->study, &p);
    if (!ll_screen_begin(screen, &p.layout, &p.stack)) return;
    for (int64_t i = 0; i < n_inner; i++) {
        ll_screened found;
        const int64_t id = outer * n_inner + i;
        values_of(space, id, p.value);
        if (!schedule_counts(p.value)) continue;
        if (!ll_screen_layout(screen, p.value[LL_PLAN_interleave], (int)p.value[LL_PLAN_schedule],
                              &found))
            continue;
        const bool fits = found.memory_B <= s->study->cluster.chip.memory_B;
        const candidate c = {found.step_s, found.memory_B, id};
        const candidate small = {found.memory_B, found.memory_B, id};
        s->count.n_legal++;
        s->count.n_unfit += !fits;
        list_add(fits ? &s->fit : &s->unfit, &c);
        if (!fits) list_add(&s->least, &small);
    }
}

/* Merges the lists of all ranks: the same for any number of them. */
static void list_merge(search *s, shortlist *list)
{
    size_t n_byte;
    const candidate *all =
        ll_comm_gather(s->comm, s->mem, list->item, (size_t)list->n * sizeof *list->item, &n_byte);
    const size_t n = n_byte / sizeof *all;
    list->n = 0;
    list->item = ll_arena_array(s->mem, list->cap, candidate);
    for (size_t i = 0; i < n; i++)
        list_add(list, &all[i]);
}

static shortlist list_make(int cap, ll_arena *mem)
{
    return (shortlist){.cap = cap, .item = ll_arena_array(mem, cap, candidate)};
}

/* Screens everything; ranks take combinations in turn. */
static ll_status screen_all(search *s, ll_error *err)
{
    const int64_t n = combinations(s->space, 0, INNER);
    const int size = ll_comm_size(s->comm);
    ll_arena *mem = ll_arena_create("screen of a plan");
    ll_comm *self = ll_comm_self(mem);
    ll_screen *screen;
    ll_progress progress;
    s->fit = list_make(N_SCREENED, s->mem);
    s->unfit = list_make(LL_PLAN_MAX_UNFIT, s->mem);
    s->least = list_make(1, s->mem);
    const ll_status status = ll_screen_create(s->study, self, mem, &screen, err);
    ll_progress_begin(&progress, s->comm, "screen", "of the layouts", (double)n);
    for (int64_t i = ll_comm_rank(s->comm); i < n && status == LL_OK; i += size) {
        shared_screen(s, screen, i);
        ll_progress_step(&progress, size);
    }
    ll_progress_end(&progress);
    ll_screen_destroy(screen);
    ll_comm_destroy(self);
    ll_arena_destroy(mem);
    LL_TRY(ll_comm_agree(s->comm, status, err));
    list_merge(s, &s->fit);
    list_merge(s, &s->unfit);
    list_merge(s, &s->least);
    uint64_t count[] = {(uint64_t)s->count.n_tried, (uint64_t)s->count.n_legal,
                        (uint64_t)s->count.n_unfit};
    ll_comm_sum_u64(s->comm, 3, count);
    s->count = (counts){(int64_t)count[0], (int64_t)count[1], (int64_t)count[2]};
    return LL_OK;
}

static void planned_of(const search *s, const candidate *c, ll_planned *out)
{
    *out = (ll_planned){.screen_s = c->step_s, .memory_B = c->memory_B, .worse_by = -1};
    values_of(s->space, c->id, out->value);
    ll_planned_lay(s->study, out);
}

/* ---- the best few ---- */

/* By headline, the fastest first; the order of the search decides between equals. */
typedef struct ranked {
    double headline;
    int i;
} ranked;

static int by_headline(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->headline < y->headline || x->headline > y->headline)
        return x->headline < y->headline ? 1 : -1;
    return x->i - y->i;
}

/* Runs planned[n] to that extent and keeps the best `most` of those that can be run, in order;
 * returns how many. */
static ll_status best_keep(const search *s, ll_extent extent, int most, int *n, ll_planned *planned,
                           ll_error *err)
{
    ll_variant *v = ll_arena_array(s->mem, *n, ll_variant);
    ranked *order = ll_arena_array(s->mem, *n, ranked);
    ll_planned *was = ll_arena_array(s->mem, *n, ll_planned);
    int n_run = 0;
    for (int i = 0; i < *n; i++)
        v[i] = (ll_variant){
            .layout = &planned[i].layout, .stack = &planned[i].stack, .extent = extent};
    LL_TRY(ll_variants_run(s->study, &(ll_batch_how){.name = "layouts"}, *n, v, s->comm, err));
    for (int i = 0; i < *n; i++)
        if (!*v[i].found.why) order[n_run++] = (ranked){v[i].found.speed.headline, i};
    qsort(order, (size_t)n_run, sizeof *order, by_headline);
    memcpy(was, planned, (size_t)*n * sizeof *was);
    *n = n_run < most ? n_run : most;
    for (int i = 0; i < *n; i++) {
        planned[i] = was[order[i].i];
        planned[i].found = &v[order[i].i].found;
    }
    return LL_OK;
}

/* For each but the best: which cause costs more of its chips than of those of the best, by most. */
static void worse_find(ll_plan_result *r)
{
    for (int i = 1; i < r->n; i++) {
        const ll_found *f = r->best[i].found, *best = r->best[0].found;
        for (int k = 0; k < f->n_loss; k++) {
            double more = f->loss[k].chips;
            for (int b = 0; b < best->n_loss; b++)
                if (best->loss[b].cause == f->loss[k].cause) more -= best->loss[b].chips;
            if (more <= r->best[i].worse_chips) continue;
            r->best[i].worse_chips = more;
            r->best[i].worse_by = f->loss[k].cause;
        }
    }
}

/* The combination of the space that is nearest to the study's own layout, axis by axis. */
static void nearest_find(const search *s, ll_planned *out)
{
    ll_planned own;
    ll_planned_own(s->study, &own);
    *out = own;
    for (int axis = 0; axis < LL_N_PLAN_AXIS; axis++) {
        int64_t best = s->space->value[axis][0];
        for (int i = 1; i < s->space->n[axis]; i++) {
            const int64_t v = s->space->value[axis][i];
            if (llabs(v - own.value[axis]) < llabs(best - own.value[axis])) best = v;
        }
        out->value[axis] = best;
    }
    ll_planned_lay(s->study, out);
}

static ll_status nothing_fits(const search *s, ll_error *err)
{
    char need[32], have[32];
    if (s->count.n_legal == 0) {
        ll_planned near;
        ll_study *study = ll_arena_new(s->mem, ll_study);
        ll_faults *why = ll_arena_new(s->mem, ll_faults);
        nearest_find(s, &near);
        (void)ll_study_lay(s->study, &near.layout, &near.stack, s->mem, study, why);
        return ll_error_set(err, LL_ERR_CONFIG,
                            "%s: none of %lld combinations is legal; the nearest to the study's "
                            "own layout: %s: %s",
                            s->study->path, (long long)s->count.n_tried,
                            why->n ? why->at[0].path : "job",
                            why->n ? why->at[0].text : "is not searched");
    }
    ll_planned p;
    planned_of(s, &s->least.item[0], &p);
    ll_units_format(LL_KIND_SIZE, s->least.item[0].memory_B, need, sizeof need);
    ll_units_format(LL_KIND_SIZE, s->study->cluster.chip.memory_B, have, sizeof have);
    return ll_error_set(
        err, LL_ERR_CONFIG,
        "%s: none of %lld legal layouts fits the memory; the nearest (tp %lld, cp %lld, pp %lld, "
        "ep %lld, micro_batch %lld, recompute %s, zero %lld) needs %s of %s; leave it more: wider "
        "bounds, more chips, or a smaller cluster.chip.memory_reserved",
        s->study->path, (long long)s->count.n_legal, (long long)p.layout.tp, (long long)p.layout.cp,
        (long long)p.layout.pp, (long long)p.layout.experts.ep, (long long)p.layout.micro_batch,
        p.stack.recompute == LL_RECOMPUTE_FULL   ? "full"
        : p.stack.recompute == LL_RECOMPUTE_NONE ? "none"
                                                 : "selective",
        (long long)p.stack.zero, need, have);
}

/* Whether the study's own layout is within the bounds. */
static bool own_inside(const search *s, const ll_planned *own)
{
    for (int axis = 0; axis < LL_N_PLAN_AXIS; axis++) {
        bool inside = false;
        for (int i = 0; i < s->space->n[axis]; i++)
            inside = inside || s->space->value[axis][i] == own->value[axis];
        if (!inside) return false;
    }
    return true;
}

/* The study's own layout takes part: marks it among planned[n], or puts it behind them; returns how
 * many were added. */
static int own_add(const search *s, int n, ll_planned *planned)
{
    ll_planned own;
    ll_planned_own(s->study, &own);
    own.worse_by = -1;
    const bool plain = !own.layout.plan && !own.stack.modules;
    if (!own_inside(s, &own)) return 0;
    for (int i = 0; i < n && plain; i++)
        if (!memcmp(planned[i].value, own.value, sizeof own.value)) {
            planned[i].own = true;
            return 0;
        }
    planned[n] = own;
    return 1;
}

ll_status ll_plan_find(const ll_study *study, const ll_plan_space *space, ll_comm *comm,
                       ll_arena *mem, ll_plan_result *out, ll_error *err)
{
    search s = {.study = study, .space = space, .comm = comm, .mem = mem};
    *out = (ll_plan_result){.study = study, .space = *space};
    const clock_t start = clock();
    LL_TRY(screen_all(&s, err));
    out->screen_cpu_s = (double)(clock() - start) / CLOCKS_PER_SEC;
    out->n_tried = s.count.n_tried;
    out->n_legal = s.count.n_legal;
    out->n_unfit = s.count.n_unfit;
    if (s.fit.n == 0) return nothing_fits(&s, err);
    ll_planned *best = out->best = ll_arena_array(mem, s.fit.n + 1, ll_planned);
    int n = s.fit.n;
    for (int i = 0; i < n; i++)
        planned_of(&s, &s.fit.item[i], &best[i]);
    LL_TRY(best_keep(&s, LL_EXTENT_EVEN, N_REAL, &n, best, err));
    n += own_add(&s, n, best);
    LL_TRY(best_keep(&s, LL_EXTENT_LOSSES, LL_PLAN_BEST, &n, best, err));
    if (n == 0) return nothing_fits(&s, err);
    out->n = n;
    for (int i = 0; i < s.unfit.n; i++)
        if (s.unfit.item[i].step_s < best[0].found->speed.iteration_s)
            planned_of(&s, &s.unfit.item[i], &out->unfit[out->n_unfit_best++]);
    worse_find(out);
    return LL_OK;
}
