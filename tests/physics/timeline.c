/* The timeline of an iteration: what a stage does at a time, and how much of it. */
#include "sim/step/timeline.h"

#include "tests/support/petsc.h"
#include "tests/support/study_make.h"

#include <math.h>

#define STUDY                                                                               \
    "name = \"t\"; engine : { type = \"closed\"; }; cluster : { name = \"c\"; " CHIP        \
    " topology : { type = \"switch\"; name = \"s\"; size = 8; bandwidth = \"100 GB/s\";"    \
    " latency = \"1 us\"; }; jitter : { chip = 0.05; }; software = ( " SOFTWARE(            \
        "s", "3 us",                                                                        \
        "0.8") " ); };"                                                                     \
               "model : { name = \"m\"; layers = 8; hidden = 512; heads = 8; kv_heads = 8;" \
               " head_dim = 64; ffn = 2048; gated = false; vocab = 2048; };"                \
               "job : { sequence = 256; precision = \"bf16\"; global_batch = 16; pp = 4; };"

typedef struct env {
    ll_arena *mem;
    ll_comm *comm;
} env;

static void stage_check(const ll_timeline *t, int stage, int n_pass)
{
    int n[LL_N_INTERVAL_KIND] = {0};
    bool in_order = true;
    for (int32_t i = 0; i < t->n_interval; i++) {
        const ll_interval *x = &t->interval[i];
        if (x->stage == stage) in_order = in_order && x->number == ++n[x->kind];
    }
    const int back = n[LL_INTERVAL_BACKWARD] + n[LL_INTERVAL_INPUT_GRADIENT];
    CHECK(in_order && n[LL_INTERVAL_FORWARD] == n_pass && back == n_pass &&
              n[LL_INTERVAL_INPUT_GRADIENT] == n[LL_INTERVAL_WEIGHT_GRADIENT],
          "stage %d: %d forward, %d backward, want %d", stage, n[LL_INTERVAL_FORWARD], back,
          n_pass);
}

/* Whether two intervals share a stream, and one begins before the other has ended. */
static bool collide(const ll_interval *x, const ll_interval *y)
{
    return x->stage == y->stage && x->stream == y->stream && x->start_s < y->end_s &&
           y->start_s < x->end_s;
}

/* Nothing ends after the iteration, and something ends with it. */
static void order_check(const ll_timeline *t)
{
    double last_s = 0;
    int n_collision = 0;
    for (int32_t i = 0; i < t->n_interval; i++) {
        const ll_interval *x = &t->interval[i];
        CHECK(x->start_s >= 0 && x->end_s > x->start_s, "%g .. %g s", x->start_s, x->end_s);
        last_s = fmax(last_s, x->end_s);
        for (int32_t k = 0; k < i; k++)
            n_collision += collide(x, &t->interval[k]);
    }
    CHECK_NEAR(last_s, t->end_s, 0);
    CHECK_NEAR(n_collision, 0, 0);
}

/* With two replicas of 4 stages and sequences one by one there are 8 micro-batches. */
static void test_schedule(const env *e, const char *schedule, int n_chunk)
{
    const char *set[] = {ll_arena_printf(e->mem, "job.schedule=%s", schedule),
                         ll_arena_printf(e->mem, "job.interleave=%d", n_chunk)};
    const ll_study *study = study_make(STUDY, 2, set, e->comm, e->mem);
    ll_timeline t = {0};
    ll_result r = {0}, alone = {0};
    ll_error err;
    ll_error_init(&err);
    CHECK(ll_run_watched(study, e->comm, e->mem, &r, &t, &err) == LL_OK &&
              ll_run(study, e->comm, e->mem, &alone, &err) == LL_OK,
          "%s", err.text);
    CHECK(r.checksum == alone.checksum, "%s: watching changes the result", schedule);
    CHECK(t.n_stage == 4 && t.n_left == 0, "%d stages, %d left", (int)t.n_stage, (int)t.n_left);
    for (int stage = 0; stage < 4; stage++)
        stage_check(&t, stage, 8 * n_chunk);
    order_check(&t);
    /* Jitter alone is missing: it is the first rung. */
    CHECK(!strcmp(r.loss[0].cause, "jitter"), "%s", r.loss[0].cause);
    CHECK_NEAR(t.end_s, r.loss[0].step_s, 0);
}

int main(void)
{
    if (!test_petsc_begin(NULL, NULL)) return 1;
    const MPI_Comm world = MPI_COMM_WORLD;
    env e = {.mem = ll_arena_create("test")};
    e.comm = ll_comm_create(&world, e.mem);
    test_schedule(&e, "1f1b", 1);
    test_schedule(&e, "1f1b", 2);
    test_schedule(&e, "zb_h1", 1);
    ll_comm_destroy(e.comm);
    ll_arena_destroy(e.mem);
    test_petsc_end();
    return LL_CHECK_RESULT;
}
