/* Mixtures of experts: what must be equal to something else, and what is known by hand. */
#include "sim/model/moe.h"
#include "tests/support/petsc.h"
#include "tests/support/study_make.h"

#include <mpi.h>
#include <string.h>

/* 16 chips: two nodes of 8. */
#define STUDY(network, job)                                                                   \
    "name = \"experts\"; engine : { type = \"closed\"; }; cluster : { name = \"c\"; " CHIP    \
    " topology : { type = \"product\"; dimensions = ( { type = \"switch\"; name = \"x\";"     \
    " size = 8; bandwidth = \"50 GB/s\"; latency = \"500 ns\"; }, { type = \"switch\";"       \
    " name = \"y\"; size = 2; bandwidth = \"10 GB/s\"; latency = \"2 us\"; } ); };"           \
    " software = ( " SOFTWARE(                                                                \
        "*", "3 us",                                                                          \
        "0.8") " ); jitter : { op = 0.02; chip = 0.01; }; };"                                 \
               "model : { name = \"m\"; layers = 8; hidden = 768; heads = 12; kv_heads = 12;" \
               " head_dim = 64; " network " vocab = 3000; };"                                 \
               "job : { sequence = 1536; precision = \"bf16\"; global_batch = 96; " job " };"

#define DENSE   "ffn = 3072; gated = true;"
#define ONE     "experts = 1; top_k = 1; expert_ffn = 3072;"
#define SIXTEEN "experts = 16; top_k = 2; expert_ffn = 1536; shared_ffn = 768;"

typedef struct env {
    ll_arena *mem;
    ll_comm *comm;
} env;

static ll_result run(const env *e, const char *text, const char *set)
{
    return study_run(text, set ? 1 : 0, &set, e->comm, e->mem);
}

static bool equal(double a, double b) { return !(a < b) && !(a > b); }

/* Losses that only one of them has are nothing. */
static void check_losses(const char *job, const ll_result *dense, const ll_result *one)
{
    for (int d = 0, k = 0; k < one->n_loss; k++) {
        const ll_loss *loss = &one->loss[k];
        const bool same = d < dense->n_loss && !strcmp(dense->loss[d].cause, loss->cause);
        const double want = same ? dense->loss[d++].chips : 0;
        CHECK(equal(loss->chips, want), "%s: %s is %.17g chips, %.17g", job, loss->cause,
              loss->chips, want);
    }
}

/* One expert without a router is the dense network, to the bit: time, memory, FLOP and every loss
 * that both have. Those of experts are nothing. */
static void check_one_expert(const env *e)
{
    static const char *const jobs[] = {"", "job.zero=3", "job.pp=4", "job.recompute=full",
                                       "job.zero=2"};
    for (size_t i = 0; i < sizeof jobs / sizeof *jobs; i++) {
        const char *set = *jobs[i] ? jobs[i] : NULL;
        const ll_result dense = run(e, STUDY(DENSE, ""), set), one = run(e, STUDY(ONE, ""), set);
        CHECK(equal(dense.step_s, one.step_s), "%s: %.17g s, %.17g", jobs[i], dense.step_s,
              one.step_s);
        CHECK(equal(dense.memory.total_B, one.memory.total_B), "%s: %.17g B, %.17g", jobs[i],
              dense.memory.total_B, one.memory.total_B);
        CHECK(equal(dense.effective_chips, one.effective_chips), "%s: %.17g chips, %.17g", jobs[i],
              dense.effective_chips, one.effective_chips);
        check_losses(jobs[i], &dense, &one);
    }
}

/* All layouts of the experts that are alike compute the same FLOP, and hold the same weights. */
static void check_layouts(const env *e)
{
    static const char *const jobs[] = {"job.ep=1", "job.ep=2", "job.ep=4", "job.ep=8", "job.ep=16"};
    double before_B = 1e30;
    for (size_t i = 0; i < sizeof jobs / sizeof *jobs; i++) {
        const ll_result r = run(e, STUDY(SIXTEEN, "zero = 0; "), jobs[i]);
        const double held_B = ll_memory_part_B(&r.memory, "weights");
        CHECK(r.valid && held_B < before_B, "%s: %g B, %g", jobs[i], held_B, before_B);
        before_B = held_B;
    }
    /* 8 layers of 16 experts with 3 x 768 x 1536 weights, of 2 bytes; on 16 chips a 16th each */
    const ll_result whole = run(e, STUDY(SIXTEEN, "zero = 0; "), "job.ep=1");
    CHECK_NEAR(ll_memory_part_B(&whole.memory, "weights") - before_B,
               2.0 * 8 * (16 - 1) * 3 * 768 * 1536, 1e-12);
}

/* Each chip has 1536 tokens of 2 picks in 16 bits: 2 x 1536 x 2 x 768 B, its own part included. */
static void check_bytes(const env *e)
{
    const ll_result r = run(e, STUDY(SIXTEEN, "ep = 16; "), NULL);
    CHECK_NEAR(study_row(&r, "ep dispatch")->size_B, 2.0 * 1536 * 2 * 768, 1e-12);
    CHECK_NEAR(study_row(&r, "ep combine")->size_B, 2.0 * 1536 * 2 * 768, 1e-12);
    CHECK(study_row(&r, "ep dispatch")->group_size == 16, "%d chips",
          study_row(&r, "ep dispatch")->group_size);
    /* a micro-batch has one layer pass forward and one back: two exchanges of each kind */
    CHECK_NEAR(study_row(&r, "ep dispatch")->calls, 6.0 * 8 * 2, 1e-12);
    /* once to each chip: 768 values of 8 bits, 6 scales of 4 B, 2 picks of 12 B */
    const ll_result d =
        run(e, STUDY(SIXTEEN, "ep = 16; dispatcher = \"distinct\"; dispatch_fp8 = true;"), NULL);
    CHECK_NEAR(study_row(&d, "ep dispatch")->size_B, 1536 * (768 * (1 + 4.0 / 128) + 24), 1e-12);
}

/* Ranks that are not equally full cost time, which has a name; equal ones have none. */
static void check_routing(const env *e)
{
    const ll_result even = run(e, STUDY(SIXTEEN, "ep = 16; "), NULL);
    const ll_result skew = run(e, STUDY(SIXTEEN, "ep = 16; "), "job.routing=skewed");
    const ll_result some = run(e, STUDY(SIXTEEN, "ep = 16; "), "job.routing=redundant");
    double lost = -1;
    for (int i = 0; i < even.n_loss; i++)
        CHECK(strcmp(even.loss[i].cause, "routing"), "%g chips", even.loss[i].chips);
    for (int i = 0; i < skew.n_loss; i++)
        if (!strcmp(skew.loss[i].cause, "routing")) lost = skew.loss[i].chips;
    CHECK(lost > 0, "%g chips", lost);
    CHECK(even.step_s < some.step_s && some.step_s < skew.step_s, "%g %g %g s", even.step_s,
          some.step_s, skew.step_s);
    /* dropping what is beyond the mean costs as much as equal ranks */
    const ll_result drop =
        run(e, STUDY(SIXTEEN, "ep = 16; routing = \"skewed\"; "), "job.capacity=1");
    CHECK_NEAR(drop.step_s, even.step_s, 1e-12);
}

/* Axes of experts on the chips: etp varies fastest, then ep, then edp, within the 4 chips of each
 * of 4 stages, whether pp is the last axis or not. */
static void check_groups(const env *e)
{
    const ll_study *s =
        study_make(STUDY(SIXTEEN, "pp = 4; tp = 2; etp = 2; ep = 2; "), 0, NULL, e->comm, e->mem);
    ll_layout layout = s->layout;
    ll_group g;
    ll_layout_group(&layout, 1u << LL_AXIS_EP, &g);
    CHECK(g.n_digit == 1 && g.size[0] == 2 && g.stride[0] == 2, "%d %d %d", g.n_digit, g.size[0],
          g.stride[0]);
    ll_layout_group(&layout, 1u << LL_AXIS_ETP, &g);
    CHECK(g.n_digit == 1 && g.size[0] == 2 && g.stride[0] == 1, "%d %d", g.size[0], g.stride[0]);
    layout.order = "tp pp cp dp";
    CHECK(ll_layout_order(&layout), "order");
    ll_layout_group(&layout, 1u << LL_AXIS_EP, &g);
    CHECK(g.n_digit == 1 && g.size[0] == 2 && g.stride[0] == 8, "%d %d", g.size[0], g.stride[0]);
    layout.experts.etp = 1;
    layout.experts.ep = 4; /* over both: two digits */
    ll_layout_group(&layout, 1u << LL_AXIS_EP, &g);
    CHECK(g.n_digit == 2 && g.stride[0] == 1 && g.stride[1] == 8 && g.size[1] == 2, "%d %d %d",
          g.n_digit, g.stride[0], g.stride[1]);
    CHECK(ll_group_size(&g) == 4 && ll_group_count(&g) == 4, "%d of %d", ll_group_count(&g),
          ll_group_size(&g));
}

int main(void)
{
    if (!test_petsc_begin(NULL, NULL)) return 1;
    const MPI_Comm world = MPI_COMM_WORLD;
    env e = {.mem = ll_arena_create("test")};
    e.comm = ll_comm_create(&world, e.mem);
    check_one_expert(&e);
    check_layouts(&e);
    check_bytes(&e);
    check_routing(&e);
    check_groups(&e);
    ll_comm_destroy(e.comm);
    ll_arena_destroy(e.mem);
    test_petsc_end();
    return LL_CHECK_RESULT;
}
