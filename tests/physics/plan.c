/* The search for layouts against a slow twin: every layout of the space run by itself, with its
 * pipeline. The same on every number of ranks. */
#include "sim/step/plan.h"
#include "tests/support/check.h"
#include "tests/support/petsc.h"
#include "tests/support/twin.h"

#include <mpi.h>
#include <string.h>

static const char *const even[] = {"engine.type=closed", "cluster.jitter.op=0",
                                   "cluster.jitter.chip=0"};

typedef struct env {
    twin_env twin;
    ll_plan_space space;
    ll_study study;
} env;

static void space_make(env *e, int n, const char *const *text)
{
    ll_over over[LL_N_PLAN_AXIS];
    ll_error err;
    ll_error_init(&err);
    for (int i = 0; i < n; i++)
        CHECK(ll_over_parse(&e->study, "--over", text[i], e->twin.mem, &over[i], &err) == LL_OK,
              "%s", err.text);
    CHECK(ll_plan_space_make(&e->study, n, over, &e->space, &err) == LL_OK, "%s", err.text);
}

static ll_plan_result plan(const env *e)
{
    ll_plan_result r;
    ll_error err;
    ll_error_init(&err);
    const ll_status status =
        ll_plan_find(&e->study, &e->space, e->twin.world, e->twin.mem, &r, &err);
    LL_ASSERT(status == LL_OK, "%s", err.text);
    return r;
}

/* Fastest step of all combinations of the space, run one by one; *n_fit: how many can be run. */
static double exhaustive(const env *e, int *n_fit)
{
    const ll_plan_space *s = &e->space;
    int64_t n = 1;
    double best_s = 1e300;
    *n_fit = 0;
    for (int axis = 0; axis < LL_N_PLAN_AXIS; axis++)
        n *= s->n[axis];
    for (int64_t i = 0; i < n; i++) {
        const ll_arena_mark mark = ll_arena_here(e->twin.mem);
        ll_planned p;
        ll_study study;
        ll_speed speed;
        ll_error err;
        int64_t rest = i;
        ll_error_init(&err);
        for (int axis = 0; axis < LL_N_PLAN_AXIS; axis++) {
            p.value[axis] = s->value[axis][rest % s->n[axis]];
            rest /= s->n[axis];
        }
        const int64_t shards = p.value[LL_PLAN_tp] * p.value[LL_PLAN_pp];
        const int64_t inner = shards * p.value[LL_PLAN_cp];
        /* Nothing is replicated on tp pp = 72 chips, so that zero means nothing. */
        if (72 % inner == 0 && (shards < 72 || p.value[LL_PLAN_zero] == 1)) {
            ll_planned_lay(&e->study, &p);
            if (ll_study_lay(&e->study, &p.layout, &p.stack, e->twin.mem, &study, NULL) &&
                ll_speed_find(&study, false, e->twin.self, e->twin.mem, &speed, &err) == LL_OK) {
                best_s = fmin(best_s, speed.iteration_s);
                ++*n_fit;
            }
        }
        ll_arena_release(e->twin.mem, mark);
    }
    return best_s;
}

/* All that the study can be, and the same with a chip that holds little. */
static void check_best(env *e, int n, const char *const *over)
{
    int n_fit;
    space_make(e, n, over);
    const ll_plan_result r = plan(e);
    CHECK(r.n >= 1 && r.n_legal > 0, "%d layouts", r.n);
    for (int i = 1; i < r.n; i++)
        CHECK(r.best[i].found->speed.headline <= r.best[i - 1].found->speed.headline,
              "%d is faster than the one before", i);
    if (ll_comm_size(e->twin.world) > 1) return;
    const double best_s = exhaustive(e, &n_fit);
    CHECK(n_fit > 50 && twin_equal(best_s, r.best[0].found->speed.iteration_s),
          "%.17g s found, %.17g s is the fastest of %d", r.best[0].found->speed.iteration_s, best_s,
          n_fit);
}

int main(void)
{
    if (!test_petsc_begin(NULL, NULL)) return 1;
    const MPI_Comm mpi = MPI_COMM_WORLD;
    static const char *const some[] = {"tp=4,8", "cp=1,2", "pp=1..9", "recompute=none,full"};
    static const char *const deep[] = {"tp=2,4,8", "cp=1", "pp=3..18", "zero=1", "micro_batch=1,2"};
    ll_arena *mem = ll_arena_create("test");
    env *e = ll_arena_new(mem, env);
    e->twin = (twin_env){.mem = mem, .world = ll_comm_create(&mpi, mem), .self = ll_comm_self(mem)};
    e->study = twin_load(&e->twin, "nvl72", 3, even);
    check_best(e, 4, some);
    check_best(e, 5, deep);
    ll_comm_destroy(e->twin.self);
    ll_comm_destroy(e->twin.world);
    ll_arena_destroy(mem);
    test_petsc_end();
    return LL_CHECK_RESULT;
}
