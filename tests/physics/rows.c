/* Rows of a result by hand: sizes, calls and times of transfers, memory, and the slowest of uneven
 * chips. */
#include "sim/base/rng.h"
#include "tests/support/petsc.h"
#include "tests/support/study_make.h"

#include <mpi.h>
#include <string.h>

/* Chips at 100 GB/s and 500 ns a hop; layers of h = 1024 and 12 h^2 weights, t = 1024 tokens. */
#define MODEL_JOB(job)                                                            \
    "model : { name = \"m\"; layers = 2; hidden = 1024; heads = 8; kv_heads = 8;" \
    " head_dim = 128; ffn = 4096; gated = false; vocab = 2048; };"                \
    "job : { sequence = 1024; precision = \"bf16\"; global_batch = 4; " job " };"
#define STAR(size, job)                                                                          \
    "name = \"rows\"; engine : { type = \"closed\"; };"                                          \
    "cluster : { name = \"star\"; " CHIP                                                         \
    " topology : { type = \"switch\"; name = \"s\"; size = " #size "; bandwidth = \"100 GB/s\";" \
    " latency = \"500 ns\"; }; software = ( " SOFTWARE("s", "3 us", "0.8") " ); };" MODEL_JOB(job)

/* Two leaves of two chips with a single lane up from each. */
#define LEAVES                                                                                \
    "name = \"rows\"; engine : { type = \"flow\"; };"                                         \
    "cluster : { name = \"leaves\"; " CHIP                                                    \
    " topology : { type = \"clos\"; name = \"s\"; size = 4; hosts_per_leaf = 2; uplinks = 1;" \
    " bandwidth = \"100 GB/s\"; latency = \"500 ns\"; uplink_bandwidth = \"100 GB/s\";"       \
    " uplink_latency = \"500 ns\"; }; software = ( " SOFTWARE(                                \
        "s", "3 us", "0.8") " ); };" MODEL_JOB("tp = 2; pp = 2;")

typedef struct env {
    ll_arena *mem;
    ll_comm *comm;
} env;

static ll_result run(const env *e, const char *text, int n_set, const char *const *set)
{
    return study_run(text, n_set, set, e->comm, e->mem);
}

/* Both ends of a pipeline hold the tied matrix, 2048 x 1024 gradients of 4 B on two tp chips:
 * 4,194,304 B. A half goes each way to be added up, and the sums come back: two steps.
 *
 *   launch 3 us, rate 80 %      two steps of 1 us      2 * 2,097,152 B at 100 GB/s */
static void test_tie(const env *e)
{
    const ll_result r = run(e, STAR(4, "tp = 2; pp = 2;"), 1, (const char *[]){"model.tied=true"});
    const ll_transfer_row *row = study_row(&r, "tie reduce");
    const double size_B = 4.0 * 2048 * 1024 / 2, wire_s = 2 * (size_B / 2) / 100e9;
    CHECK_NEAR(row->size_B, size_B, 1e-12);
    CHECK_NEAR(row->calls, 1, 1e-12);
    CHECK_NEAR(row->wire_s, wire_s, 1e-9);
    CHECK_NEAR(row->latency_s, 2 * 1e-6, 1e-9);
    CHECK_NEAR(row->total_s, 3e-6 + 2e-6 + wire_s / 0.8, 1e-9);
}

/* Calls of one chip and step, sharded matrix by matrix: 2 micro-batches, 2 layers, 4 matrices. The
 * backward pass of a recomputed layer comes back to a matrix after it has used those behind it
 * twice, down 4 h^2, up 4 h^2 and proj h^2; over 1e9 weights, and the matrix comes a third time.
 *
 *   h       to up          to proj         to qkv          again
 *   16384   8 h^2 2.1e9    16 h^2 4.3e9    18 h^2 4.8e9    2 * 2 * 3
 *    8192         0.5e9           1.1e9           1.2e9    2 * 2 * 2
 *
 * Forward 2 * 2 * 4 and backward 2 * 2 * 4, recomputed or not. */
static void test_gathers_again(const env *e)
{
    static const struct {
        const char *hidden, *heads, *kv_heads, *ffn;
        double again;
    } rows[] = {
        {"model.hidden=16384", "model.heads=128", "model.kv_heads=128", "model.ffn=65536", 12},
        {"model.hidden=8192", "model.heads=64", "model.kv_heads=64", "model.ffn=32768", 8},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *set[] = {"job.recompute=none",      rows[i].hidden, rows[i].heads,
                             rows[i].kv_heads,          rows[i].ffn,    "job.gather_lists=true",
                             "cluster.chip.memory=1 PB"};
        const ll_result none = run(e, STAR(4, "tp = 2; zero = 3;"), 7, set);
        set[0] = "job.recompute=full";
        const ll_result full = run(e, STAR(4, "tp = 2; zero = 3;"), 7, set);
        CHECK_NEAR(study_row(&none, "dp gather")->calls, 16 + 16, 1e-12);
        CHECK_NEAR(study_row(&full, "dp gather")->calls, 16 + 16 + rows[i].again, 1e-12);
        CHECK_NEAR(study_row(&full, "dp scatter")->calls, 16, 1e-12);
    }
}

/* Activations of one micro-batch on one chip, bytes per token, 16 bits (Korthikanti et al. 2022
 * without the two masks of dropout): norms in and out 8 h, q k v 6 h, attention 2 h, up and
 * activation 16 h: 32 h.
 *
 *   recompute   kept                   of the layer that is computed again
 *   none        2 layers * 32 h        -
 *   full        2 layers * 2 h         32 h */
static void test_layer_at_work(const env *e)
{
    const double th_B = 1024.0 * 1024;
    const ll_result none = run(e, STAR(1, ""), 0, NULL);
    const ll_result full = run(e, STAR(1, "recompute = \"full\";"), 0, NULL);
    CHECK_NEAR(ll_memory_part_B(&none.memory, "activations"), 2 * 32 * th_B, 1e-12);
    CHECK_NEAR(ll_memory_part_B(&full.memory, "activations"), 2 * 2 * th_B + 32 * th_B, 1e-12);
}

/* A flow has W bytes under way in a round trip of tau = 2 * 1 us + 40.96 ns, the time of a packet
 * of 4096 B: whole packets, of which the link's rate needs tau / 40.96 ns = 49.8.
 *
 *   window_bdp   packets   wanted   rate
 *   0.01         2         0.498    2 * 4096 B / tau
 *   0.01         0.25      0.498    1 * 4096 B / tau
 *   2            2         99.6     the link's 100 GB/s */
static void test_window(const env *e, const char *engine)
{
    static const struct {
        const char *bdp, *packets;
        double rate_Bps;
    } rows[] = {
        {"cluster.wire.window_bdp=0.01", "cluster.wire.window_packets=2", 2 * 4096 / 2.04096e-6},
        {"cluster.wire.window_bdp=0.01", "cluster.wire.window_packets=0.25", 4096 / 2.04096e-6},
        {"cluster.wire.window_bdp=2", "cluster.wire.window_packets=2", 100e9},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const ll_result r =
            run(e, STAR(2, "tp = 2;"), 3, (const char *[]){rows[i].bdp, rows[i].packets, engine});
        /* A step of half of 2 t h B; `flow` has queues, which take a little. */
        const double tolerance = strcmp(engine, "engine.type=flow") ? 1e-9 : 1e-2;
        CHECK_NEAR(study_row(&r, "tp gather")->wire_s, 1024.0 * 1024 / rows[i].rate_Bps, tolerance);
    }
}

/* Both chips of the first leaf send t h B (2 B each, of half of the tokens) to the second one over
 * its single lane: twice as long as alone, so that half of the time is the other's. tp stays below
 * the leaf. */
static void test_contention(const env *e)
{
    const ll_result r = run(e, LEAVES, 0, NULL);
    const double alone_s = 1024.0 * 1024 / 100e9;
    CHECK_NEAR(study_row(&r, "pp send")->wire_s, 2 * alone_s, 1e-2);
    CHECK_NEAR(study_row(&r, "pp send")->contention_s, alone_s, 2e-2);
    CHECK(fabs(study_row(&r, "tp gather")->contention_s) < 1e-2 * alone_s, "%g s",
          study_row(&r, "tp gather")->contention_s);
}

/* One replica of 2 x 3 chips that meet in every op, of which each has a factor 1 + 0.02 z of its
 * own for the run: the step is longer by the largest z times what the kernels of all micro-batches
 * take, which is the rung of the ladder where nothing but they are left. Chip c has tp index c % 2
 * and cp index c / 2; one of those whose indices differ decides. */
static void test_slowest(const env *e, const char *seed_set, uint64_t seed)
{
    const ll_result r =
        run(e, STAR(6, "tp = 2; cp = 3;"), 3,
            (const char *[]){seed_set, "cluster.jitter.chip=0.02", "job.sequence=1536"});
    uint64_t slowest = 0;
    for (uint64_t chip = 1; chip < 6; chip++)
        if (ll_rng_normal(seed, chip, 0) > ll_rng_normal(seed, slowest, 0)) slowest = chip;
    CHECK(slowest != 0 && slowest != 3, "chip %d", (int)slowest);
    double even_s = 0, kernels_s = 0;
    for (int i = 0; i < r.n_loss; i++) {
        if (!strcmp(r.loss[i].cause, "jitter")) even_s = r.loss[i].step_s;
        if (!strcmp(r.loss[i].cause, "optimizer")) kernels_s = r.loss[i].step_s;
    }
    CHECK_NEAR(r.step_s - even_s, 0.02 * ll_rng_normal(seed, slowest, 0) * kernels_s, 1e-9);
}

int main(void)
{
    if (!test_petsc_begin(NULL, NULL)) return 1;
    const MPI_Comm world = MPI_COMM_WORLD;
    env e = {.mem = ll_arena_create("test")};
    e.comm = ll_comm_create(&world, e.mem);
    test_tie(&e);
    test_gathers_again(&e);
    test_layer_at_work(&e);
    test_window(&e, "engine.type=closed");
    test_window(&e, "engine.type=flow");
    test_contention(&e);
    test_slowest(&e, "seed=3", 3);
    ll_comm_destroy(e.comm);
    ll_arena_destroy(e.mem);
    test_petsc_end();
    return LL_CHECK_RESULT;
}
