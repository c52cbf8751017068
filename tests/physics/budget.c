/* The loss budget of whole studies: it adds up, and a cause that the configuration removes costs
 * nothing. */
#include "tests/support/petsc.h"
#include "tests/support/study_make.h"
#include "topology/edgelist.h"

#include <mpi.h>
#include <string.h>

#define DIM(kind, name, size)                                                                \
    "{ type = \"" kind "\"; name = \"" name "\"; size = " #size "; bandwidth = \"50 GB/s\";" \
    " latency = \"500 ns\"; }"
#define STUDY(topology, software, job)                                               \
    "name = \"budget\"; cluster : { name = \"c\"; " CHIP " topology : " topology ";" \
    " software = ( " software " ); jitter : { op = 0.02; chip = 0.01; }; };"         \
    "model : { name = \"m\"; layers = 10; hidden = 768; heads = 12; kv_heads = 12;"  \
    " head_dim = 64; ffn = 3072; gated = true; vocab = 3000; };"                     \
    "job : { sequence = 1536; precision = \"bf16\"; global_batch = 24; " job " };"
#define BOTH SOFTWARE("x", "3 us", "0.8") ", " SOFTWARE("y", "5 us", "0.7")
#define PLANE(a, b) \
    "{ type = \"product\"; dimensions = ( " DIM(a, "x", 6) ", " DIM(b, "y", 4) " ); }"

static const char *const studies[] = {
    STUDY(PLANE("switch", "mesh"), BOTH, "tp = 3; pp = 2;"),
    STUDY(PLANE("mesh", "ring"), BOTH, "tp = 2; cp = 3; zero = 3;"),
    STUDY(PLANE("ring", "ring"), BOTH, "tp = 6; cp = 2; zero = 2; overlap_tp = true;"),
    STUDY(PLANE("line", "switch"), BOTH, "pp = 2; interleave = 5; recompute = \"full\";"),
    STUDY(PLANE("switch", "switch"), BOTH, "cp = 2; pp = 4; zero = 0; order = \"cp pp tp dp\";"),
    STUDY(PLANE("mesh", "mesh"), BOTH, "tp = 12; sequence_parallel = false;"),
};
enum { N_STUDY = sizeof studies / sizeof *studies };

typedef struct env {
    ll_arena *mem;
    ll_comm *comm;
} env;

static const ll_loss *loss_of(const ll_result *r, const char *cause)
{
    for (int i = 0; i < r->n_loss; i++)
        if (!strcmp(r->loss[i].cause, cause)) return &r->loss[i];
    CHECK(false, "no cause '%s'", cause);
    return &r->loss[0];
}

/* Losses and effective chips are all chips, to the last bit; from `bandwidth` on every rung only
 * takes work or waiting away, so its loss cannot be negative. The rungs above it may in principle
 * trade: see sim/step/account.h. */
static void test_sum(const env *e, const char *text, int n_set, const char *const *set)
{
    ll_result r = study_run(text, n_set, set, e->comm, e->mem);
    double sum = r.effective_chips;
    bool down = false;
    CHECK(r.valid, "%s", text);
    for (int i = r.n_loss - 1; i >= 0; i--)
        sum += r.loss[i].chips;
    CHECK(!(sum < r.n_chip) && !(sum > r.n_chip), "%.17g of %d", sum, r.n_chip);
    for (int i = 0; i < r.n_loss; i++) {
        down = down || !strcmp(r.loss[i].cause, "software");
        CHECK(!down || r.loss[i].chips >= 0, "%s: %g", r.loss[i].cause, r.loss[i].chips);
    }
    CHECK(loss_of(&r, "kernels")->chips > 0 && loss_of(&r, "bandwidth")->chips > 0, "%s", text);
}

/* Damaged packets have a rung of their own: with it removed, the step is the one without loss, to
 * the last bit, and so are the rungs below. Without loss there is no such rung. */
static void test_link_errors(const env *e, const char *text)
{
    const char *set[] = {"engine.type=packet", "engine.packets_per_flow=0", "engine.loss=0.02",
                         "engine.recovery=end_to_end", "engine.timeout=20 us"};
    test_sum(e, text, 5, set);
    const ll_result with = study_run(text, 5, set, e->comm, e->mem);
    const ll_result none = study_run(text, 2, set, e->comm, e->mem);
    CHECK(with.n_loss == none.n_loss + 1, "%d rungs, %d without loss", with.n_loss, none.n_loss);
    CHECK(!strcmp(with.loss[1].cause, "link errors") && with.loss[1].chips > 1e-6, "%s: %g",
          with.loss[1].cause, with.loss[1].chips);
    for (int i = 1; i < none.n_loss; i++)
        CHECK(!(with.loss[i + 1].step_s < none.loss[i].step_s) &&
                  !(with.loss[i + 1].step_s > none.loss[i].step_s) &&
                  !strcmp(with.loss[i + 1].cause, none.loss[i].cause),
              "%s: %.17g s, %.17g s without loss", none.loss[i].cause, with.loss[i + 1].step_s,
              none.loss[i].step_s);
    CHECK(!(with.loss[1].step_s < none.loss[0].step_s) &&
              !(with.loss[1].step_s > none.loss[0].step_s),
          "%.17g s", with.loss[1].step_s);
}

static void check_removed(const env *e, const char *cause, int n_set, const char *const *set)
{
    ll_result with = study_run(studies[0], 0, NULL, e->comm, e->mem);
    ll_result without = study_run(studies[0], n_set, set, e->comm, e->mem);
    CHECK(fabs(loss_of(&with, cause)->chips) > 1e-6, "%s costs nothing", cause);
    CHECK(fabs(loss_of(&without, cause)->chips) < 1e-9, "%s: %g", cause,
          loss_of(&without, cause)->chips);
}

/* What a cause is made of, set to nothing. */
static void test_removed(const env *e)
{
    check_removed(e, "jitter", 2, (const char *[]){"cluster.jitter.op=0", "cluster.jitter.chip=0"});
    check_removed(e, "launch", 1, (const char *[]){"cluster.chip.kernel_launch=0 s"});
    check_removed(e, "latency", 2,
                  (const char *[]){"cluster.topology.dimensions[0].latency=0 s",
                                   "cluster.topology.dimensions[1].latency=0 s"});
    check_removed(e, "contention", 3, /* each transfer alone, and none beside another */
                  (const char *[]){"engine.type=closed", "job.overlap_grad_reduce=false",
                                   "job.overlap_param_gather=false"});
    check_removed(e, "bubble", 2, (const char *[]){"job.tp=6", "job.pp=1"});
    check_removed(e, "imbalance", 2, (const char *[]){"job.tp=6", "job.pp=1"});
    const char *set[12];
    static const char *const what[] = {"all_gather", "reduce_scatter", "send"};
    int n = 0;
    for (int d = 0; d < 2; d++)
        for (int k = 0; k < 3; k++) {
            set[n++] = ll_arena_printf(e->mem, "cluster.software[%d].launch_%s=0 s", d, what[k]);
            set[n++] = ll_arena_printf(e->mem, "cluster.software[%d].rate_frac_%s=1", d, what[k]);
        }
    check_removed(e, "software", n, set);
}

/* Solving every flow gives what solving classes of equal flows gives, and `flow` never takes less
 * than `closed`, to which the flows of other sources do not exist. */
static void test_engines(const env *e, const char *text)
{
    ll_result on = study_run(text, 0, NULL, e->comm, e->mem);
    ll_result off = study_run(text, 1, (const char *[]){"engine.fold=off"}, e->comm, e->mem);
    ll_result alone = study_run(text, 1, (const char *[]){"engine.type=closed"}, e->comm, e->mem);
    CHECK_NEAR(off.step_s, on.step_s, 1e-7);
    CHECK(on.n_transfer == off.n_transfer && on.n_transfer == alone.n_transfer, "transfers");
    for (int i = 0; i < on.n_transfer; i++) {
        CHECK_NEAR(off.transfer[i].total_s, on.transfer[i].total_s, 1e-7);
        CHECK(on.transfer[i].wire_s >= alone.transfer[i].wire_s * (1 - 1e-7), "%s: %g < %g",
              on.transfer[i].name, on.transfer[i].wire_s, alone.transfer[i].wire_s);
    }
}

/* The same links as an edge list: tp along x, dp along y, so every group lies within one dimension
 * of the product, and the one dimension of the list does the same work. */
static void test_twin(const env *e)
{
    static const char *const kinds[][2] = {
        {"switch", "mesh"}, {"ring", "switch"}, {"mesh", "line"}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const char *plane = ll_arena_printf(e->mem,
                                            "{ type = \"product\"; dimensions = ( " DIM(
                                                "%s", "x", 6) ", " DIM("%s", "y", 4) " ); }",
                                            kinds[i][0], kinds[i][1]);
        const char *both = SOFTWARE("x", "3 us", "0.8") ", " SOFTWARE("y", "3 us", "0.8");
        char path[] = "/tmp/ll_twin_XXXXXX";
        const int fd = mkstemp(path);
        FILE *file = fdopen(fd, "w");
        const char *text = ll_arena_printf(e->mem, STUDY("%s", "%s", "tp = 6;"), plane, both);
        ll_edgelist_write(study_make(text, 0, NULL, e->comm, e->mem)->cluster.topo, file);
        fclose(file);
        const char *list = ll_arena_printf(
            e->mem, STUDY("{ type = \"custom\"; name = \"x\"; file = \"%s\"; }", "%s", "tp = 6;"),
            path, SOFTWARE("x", "3 us", "0.8"));
        ll_result formula = study_run(text, 0, NULL, e->comm, e->mem);
        ll_result edges = study_run(list, 0, NULL, e->comm, e->mem);
        CHECK_NEAR(edges.step_s, formula.step_s, 1e-7);
        unlink(path);
    }
}

int main(void)
{
    if (!test_petsc_begin(NULL, NULL)) return 1;
    const MPI_Comm world = MPI_COMM_WORLD;
    env e = {.mem = ll_arena_create("test")};
    e.comm = ll_comm_create(&world, e.mem);
    for (int i = 0; i < N_STUDY; i++) {
        test_sum(&e, studies[i], 1, (const char *[]){"engine.type=flow"});
        test_sum(&e, studies[i], 1, (const char *[]){"engine.type=closed"});
        test_engines(&e, studies[i]);
    }
    test_link_errors(&e, studies[0]);
    test_link_errors(&e, studies[1]);
    test_removed(&e);
    test_twin(&e);
    ll_comm_destroy(e.comm);
    ll_arena_destroy(e.mem);
    test_petsc_end();
    return LL_CHECK_RESULT;
}
