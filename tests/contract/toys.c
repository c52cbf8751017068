/* Whole studies with plugins that only the tests have: one of each family by itself, then all
 * together. What each does to the result follows by hand; and the oracle of a workload's clock. */
#include "sim/step/account.h"
#include "sim/step/oracle.h"
#include "tests/support/param_make.h"
#include "tests/support/petsc.h"
#include "tests/support/topology_make.h"
#include "tests/toys/block_toy.h"
#include "tests/toys/engine_toy.h"
#include "tests/toys/schedule_gpipe.h"
#include "tests/toys/schedule_pair.h"
#include "tests/toys/schedule_split.h"
#include "tests/toys/small_study.h"
#include "tests/toys/topology_toy.h"
#include "tests/toys/workload_toy.h"

#include <mpi.h>

typedef struct env {
    ll_arena *mem;
    ll_comm *comm;
} env;

static ll_study *study_of(const env *e, const char *job)
{
    return study_make(ll_arena_printf(e->mem, SMALL_STUDY("%s"), job), 0, NULL, e->comm, e->mem);
}

/* Runs what has been put together by hand; it is as legal as what is read. */
static ll_result run(const env *e, ll_study *s)
{
    ll_result r = {0};
    ll_error err;
    ll_error_init(&err);
    ll_faults why = {0};
    CHECK(ll_layout_legal(&s->layout, &s->stack, &s->model, &why) &&
              ll_layout_fit(&s->layout, s->cluster.topo->n_chip, &why) &&
              s->workload->legal(s, &why),
          "%s", why.at[0].text);
    s->workload->memory(s, e->mem, &s->memory);
    CHECK(ll_run(s, e->comm, e->mem, &r, &err) == LL_OK, "%s", err.text);
    for (int i = 0; i < r.n_check; i++)
        CHECK(r.check[i].ok, "not so: %s", r.check[i].what);
    CHECK(r.valid, "%s: not valid", s->name);
    return r;
}

static bool equal(double a, double b) { return !(a < b) && !(a > b); }

/* ---- each
 * ------------------------------------------------------------------------------------------ */

static void put_block(const env *e, ll_study *s, const char *text)
{
    s->model.run[0].block[0] = (ll_block){
        &ll_block_toy, param_make(e->mem, "toy", ll_block_toy.keys, sizeof(ll_toy_param), text)};
}

/* 10 layers of a convolution of `width` and a gated network of 3072, hidden 768, and the output of
 * 3000: weights, and 6 FLOP for each of a token. */
static void test_block(const env *e)
{
    for (int width = 1; width <= 3; width += 2) {
        ll_study *s = study_of(e, "tp = 2; pp = 2;");
        put_block(e, s, width == 1 ? "width=1" : "width=3");
        const ll_result r = run(e, s);
        const double layers = 10 * (width * 768. * 768 + 3 * 768. * 3072), output = 3000. * 768;
        CHECK_NEAR(ll_model_param(&s->model), layers + 2 * output + 10 * 2 * 768 + 768, 1e-14);
        CHECK_NEAR(ll_result_metric(&r, "model_flop_per_step"), 6 * (layers + output) * 24 * 1536,
                   1e-14);
    }
    ll_study *s = study_of(e, "cp = 2;"); /* whose sequence is split */
    put_block(e, s, "");
    CHECK(!ll_layout_legal(&s->layout, &s->stack, &s->model, NULL), "a split convolution is legal");
}

/* The same work in another order. GPipe's bubble is that of one forward, one backward, but for what
 * the vocabulary's ends make uneven; where gradients of weights are left for later, stages wait
 * less. Both keep all micro-batches: GPipe those of forward passes, the other in the end the
 * operands of weight gradients. Per token, with h = 768, two tp chips and the gathered width h:
 * q, k and v 2 (h + 3h/2), projection 2 (h/2 + h), up with its gate 2 (h + 4h), down 2 (2h + h):
 * 24 h in each of 5 layers, and 2 (h + 3000/2) of the output projection. */
static void test_schedules(const env *e)
{
    static const char job[] = "pp = 2; tp = 2; overlap_pp = true;";
    const ll_schedule_type *const types[] = {&ll_schedule_gpipe, &ll_schedule_split};
    const ll_result plain = run(e, study_of(e, job));
    double bubble_s[2];
    for (int i = 0; i < 2; i++) {
        ll_study *s = study_of(e, job);
        s->layout.schedule = types[i];
        const ll_result r = run(e, s);
        const double kept_B = ll_memory_part_B(&plain.memory, "activations"), n_micro = 8;
        const double want_B = i ? 1536 * (5 * 24 * 768.0 + 2 * (768 + 1500)) : kept_B / 2;
        CHECK_NEAR(ll_memory_part_B(&r.memory, "activations"), want_B * n_micro, 1e-12);
        CHECK_NEAR(r.compute_s, plain.compute_s, 1e-12);
        bubble_s[i] = r.bubble_s;
    }
    CHECK_NEAR(bubble_s[0], plain.bubble_s, 1e-9);
    CHECK(bubble_s[1] < 0.9 * bubble_s[0], "%g s, %g s", bubble_s[1], bubble_s[0]);
}

static double exposed_s(const ll_result *r, const char *transfer)
{
    for (int i = 0; i < r->n_transfer; i++)
        if (!strcmp(r->transfer[i].name, transfer)) return r->transfer[i].exposed_s;
    CHECK(false, "no transfer '%s'", transfer);
    return 0;
}

/* With zero = 2 gradients leave after every micro-batch, and nothing hides that if it is not
 * overlapped: on one stage, as long in all when the backward pass is split, or runs with the next
 * forward pass. */
static void test_gradients(const env *e)
{
    static const char job[] = "tp = 2; zero = 2; overlap_grad_reduce = false;";
    const ll_schedule_type *const types[] = {&ll_schedule_split, &ll_schedule_pair};
    ll_study *s = study_of(e, job);
    const ll_result plain = run(e, s);
    const double plain_s = exposed_s(&plain, "dp scatter");
    CHECK(plain_s > 0, "%g s", plain_s);
    for (int i = 0; i < 2; i++) {
        s->layout.schedule = types[i];
        const ll_result r = run(e, s);
        CHECK_NEAR(exposed_s(&r, "dp scatter"), plain_s, 1e-9);
    }
}

/* Chunks in a V: sends that are not overlapped, no lock-step. */
static void test_v(const env *e)
{
    ll_study *s =
        study_of(e, "pp = 4; interleave = 2; embedding_as_layer = true; overlap_pp = false;");
    s->layout.schedule = &ll_schedule_split;
    const ll_result r = run(e, s);
    CHECK(r.bubble_s > 0, "bubble %g s", r.bubble_s);
}

/* On one stage, pairs take as long as their passes: the work is the same. */
static void test_pair(const env *e)
{
    static const char job[] = "tp = 2; zero = 0;";
    const ll_result plain = run(e, study_of(e, job));
    ll_study *s = study_of(e, job);
    s->layout.schedule = &ll_schedule_pair;
    const ll_result r = run(e, s);
    CHECK_NEAR(r.compute_s, plain.compute_s, 1e-12);
    CHECK(r.step_s < plain.step_s * 1.05 && r.step_s > plain.step_s * 0.95, "%g s, %g s", r.step_s,
          plain.step_s);
}

static void put_star(const env *e, ll_study *s)
{
    ll_error err;
    ll_error_init(&err);
    s->cluster.topo = topology_of(e->mem, &ll_topology_toy,
                                  "size=12; bandwidth=50 GB/s; latency=500 ns", 0, NULL, &err);
    LL_ASSERT(s->cluster.topo, "%s", err.text);
}

/* A neighbour at the hub has half the way, all others' packets pass it. */
static void test_topology(const env *e)
{
    ll_study *s = study_of(e, "tp = 3;");
    const ll_result plain = run(e, s);
    put_star(e, s);
    s->engine = &ll_engine_flow;
    s->engine_param = ll_study_with_engine(study_of(e, ""), &ll_engine_flow, e->mem).engine_param;
    const ll_result r = run(e, s);
    CHECK(r.step_s > plain.step_s, "star %g s, switch %g s", r.step_s, plain.step_s);
}

static void test_engine(const env *e)
{
    ll_study *s = study_of(e, "tp = 3;");
    s->engine = &ll_engine_toy;
    s->engine_param = ll_arena_alloc(e->mem, 1, ll_engine_toy.param_size + 1);
    const ll_result r = run(e, s);
    CHECK(r.n_phase > 0, "%d phases", r.n_phase);
}

static void put_workload(const env *e, ll_study *s, const char *text)
{
    s->workload = &ll_workload_toy;
    s->workload_param =
        param_make(e->mem, "prefill", ll_workload_toy.keys, ll_workload_toy.param_size, text);
}

/* Batches of the full length, of half and of a third of it in turn: 9 of them. */
static void test_workload(const env *e)
{
    ll_study *s = study_of(e, "tp = 4; zero = 0;");
    put_workload(e, s, "prompts=9");
    const ll_result r = run(e, s);
    const double batch_s = ll_result_metric(&r, "batch_s"), all_s = ll_result_metric(&r, "total_s");
    CHECK(equal(r.step_s, batch_s) && equal(ll_result_metric(&r, "longest_s"), batch_s),
          "%g s, %g s, %g s", r.step_s, batch_s, ll_result_metric(&r, "longest_s"));
    CHECK(all_s > 3 * (1 + 1. / 2 + 1. / 3) * batch_s * 0.9 && all_s < 9 * batch_s,
          "all %g s, one %g s", all_s, batch_s);
    CHECK(r.n_loss == 3 && r.loss[1].chips > 0 && r.loss[2].chips > 0, "%d losses", r.n_loss);
    /* Forward work: 2 FLOP for each weight and token, and causal attention's. */
    const double weights = 10 * (4 * 768. * 768 + 3 * 768. * 3072) + 3000. * 768;
    CHECK_NEAR(r.loss[2].step_s, 24 * 1536. * (2 * weights + 10 * 2 * 768. * 1536) / (12 * 1e12),
               1e-14);
}

/* ---- together
 * ---------------------------------------------------------------------------------------- */

/* All of them, but for the workload, which has no pipeline; then all of them without one. */
static void test_together(const env *e)
{
    for (int prefill = 0; prefill < 2; prefill++) {
        ll_study *s = study_of(e, prefill ? "tp = 2; zero = 0;" : "tp = 2; pp = 3;");
        put_block(e, s, "width=2");
        put_star(e, s);
        s->layout.schedule = prefill ? &ll_schedule_pair : &ll_schedule_gpipe;
        s->engine = &ll_engine_toy;
        s->engine_param = ll_arena_alloc(e->mem, 1, ll_engine_toy.param_size + 1);
        if (prefill) put_workload(e, s, "");
        const ll_result r = run(e, s);
        CHECK(r.efficiency_frac > 0 && r.efficiency_frac < 1, "%g", r.efficiency_frac);
    }
}

/* ---- the oracle
 * ---------------------------------------------------------------------------------------- */

/* Thousands of questions about few shapes: each shape is run once, and is the typical iteration if
 * it is that. */
static void test_oracle(const env *e)
{
    enum { N_ASKED = 5000, N_SHAPE = 16 };
    ll_study *s = study_of(e, "tp = 4; zero = 0;");
    ll_pricer *pricer = NULL;
    ll_ladder ladder;
    ll_error err;
    ll_error_init(&err);
    double first_s[N_SHAPE] = {0}, time_s;
    put_workload(e, s, "");
    LL_ASSERT(ll_pricer_create(s, e->comm, e->mem, &pricer, &err) == LL_OK, "%s", err.text);
    LL_ASSERT(ll_ladder_make(s, pricer, e->comm, e->mem, &ladder, &err) == LL_OK, "%s", err.text);
    const double typical_s = ll_ladder_time(&ladder, 0, -1);
    ll_answers *answers = ll_answers_create(s, pricer, typical_s, e->comm, e->mem);
    const ll_oracle oracle = ll_answers_oracle(answers);
    for (int i = 0; i < N_ASKED; i++) {
        const int k = (i * 7) % N_SHAPE;
        const ll_prefill_shape shape = {s->layout.seq / N_SHAPE * (k + 1)};
        CHECK(oracle.iteration_s(oracle.self, &shape, &time_s, &err) == LL_OK, "%s", err.text);
        if (!(first_s[k] > 0)) first_s[k] = time_s;
        CHECK(equal(time_s, first_s[k]), "shape %d: %.17g s, then %.17g s", k, first_s[k], time_s);
    }
    for (int k = 1; k < N_SHAPE; k++)
        CHECK(first_s[k] > first_s[k - 1], "shape %d: %g s after %g s", k, first_s[k],
              first_s[k - 1]);
    CHECK(equal(first_s[N_SHAPE - 1], typical_s), "%.17g s, %.17g s", first_s[N_SHAPE - 1],
          typical_s);
    CHECK(oracle.iteration_s(oracle.self, NULL, &time_s, &err) == LL_OK && equal(time_s, typical_s),
          "%g s", time_s);
    const ll_answers_use use = ll_answers_use_of(answers);
    CHECK(use.n_asked == N_ASKED + 1 && use.n_run == N_SHAPE, "%lld asked, %lld run",
          (long long)use.n_asked, (long long)use.n_run);
    ll_answers_destroy(answers);
    ll_pricer_destroy(pricer);
}

/* Of thousands of different shapes, each is run; memory of one is there again for the next. */
static void test_many_shapes(const env *e)
{
    enum { N = 1000 };
    ll_study *s = study_of(e, "zero = 0;");
    ll_pricer *pricer = NULL;
    ll_error err;
    ll_error_init(&err);
    put_workload(e, s, "");
    LL_ASSERT(ll_pricer_create(s, e->comm, e->mem, &pricer, &err) == LL_OK, "%s", err.text);
    ll_answers *answers = ll_answers_create(s, pricer, 1, e->comm, e->mem);
    const ll_oracle oracle = ll_answers_oracle(answers);
    double before_s = 0, time_s = 0;
    ll_arena_peak_restart();
    const size_t before_B = ll_arena_peak_B();
    for (int i = 0; i < N; i++) {
        const ll_prefill_shape shape = {6 * (i + 1)};
        CHECK(oracle.iteration_s(oracle.self, &shape, &time_s, &err) == LL_OK && time_s > before_s,
              "shape %d: %g s after %g s", i, time_s, before_s);
        before_s = time_s;
    }
    CHECK(ll_arena_peak_B() < before_B + 16 * 1000 * 1000, "%zu B more",
          ll_arena_peak_B() - before_B);
    CHECK(ll_answers_use_of(answers).n_run == N, "%lld run",
          (long long)ll_answers_use_of(answers).n_run);
    ll_answers_destroy(answers);
    ll_pricer_destroy(pricer);
}

int main(void)
{
    if (!test_petsc_begin(NULL, NULL)) return 1;
    ll_arena *mem = ll_arena_create("test");
    const MPI_Comm world = MPI_COMM_WORLD;
    const env e = {mem, ll_comm_create(&world, mem)};
    test_block(&e);
    test_schedules(&e);
    test_gradients(&e);
    test_v(&e);
    test_pair(&e);
    test_topology(&e);
    test_engine(&e);
    test_workload(&e);
    test_together(&e);
    test_oracle(&e);
    test_many_shapes(&e);
    ll_comm_destroy(e.comm);
    ll_arena_destroy(mem);
    test_petsc_end();
    return LL_CHECK_RESULT;
}
