/* A whole training step by hand: one layer, two micro-batches, engine `closed`. */
#include "tests/support/petsc.h"
#include "tests/support/study_make.h"

#include <math.h>
#include <mpi.h>

#define STEP                                                                                  \
    "name = \"step\"; engine : { type = \"closed\"; };"                                       \
    "cluster : { name = \"star\"; " CHIP                                                      \
    " topology : { type = \"switch\"; name = \"s\"; size = 2; bandwidth = \"100 GB/s\";"      \
    " latency = \"500 ns\"; }; software = ( " SOFTWARE(                                       \
        "s", "3 us",                                                                          \
        "0.8") " ); };"                                                                       \
               "model : { name = \"m\"; layers = 1; hidden = 1024; heads = 8; kv_heads = 8; " \
               "head_dim = 128;"                                                              \
               " ffn = 4096; gated = false; vocab = 2048; };"                                 \
               "job : { sequence = 1024; precision = \"bf16\"; global_batch = 2; tp = 2; };"

typedef struct env {
    ll_arena *mem;
    ll_comm *comm;
} env;

static double step_s(const env *e, int n_set, const char *const *set)
{
    ll_result r = study_run(STEP, n_set, set, e->comm, e->mem);
    CHECK(r.valid, "valid");
    return r.step_s;
}

/* m x k by k x n in 16 bits at 5e11 FLOP/s and 5e11 B/s, cut into parts along m that each read all
 * of k x n. */
static double product_s(double m, double n, double k, double out_B, int n_part)
{
    return hypot(2 * m * n * k / 5e11, (2 * (m * k + n_part * k * n) + out_B * m * n) / 5e11);
}

/* One of weights k x n, and the two of its gradients: that of the weights is added to 32 bits where
 * they are (8 B), or leaves in 32 bits (4 B). */
static double weight_s(double n, double k, int zero, int part_forward, int part_back)
{
    return product_s(1024, n, k, 2, part_forward) + product_s(1024, k, n, 2, part_back) +
           product_s(k, n, 1024, zero < 2 ? 8 : 4, 1);
}

/* Of a micro-batch on one of two chips: t = 1024 tokens; widths on this chip: 512 of q, k and v
 * each, 2048 of the feed-forward network, 1024 of the vocabulary. Where tp transfers hide
 * (overlap_tp), products that wait for gathers go in 2 parts, those that scatter forward in 4. */
static double products_s(int zero, bool in_parts)
{
    const int two = in_parts ? 2 : 1, four = in_parts ? 4 : 1;
    return weight_s(3 * 512, 1024, zero, two, 1) + weight_s(1024, 512, zero, four, two) +
           weight_s(2048, 1024, zero, two, 1) + weight_s(1024, 2048, zero, four, two) +
           weight_s(1024, 1024, zero, 1, 1);
}

/* Kernels of a micro-batch; 512 of the tokens in norms:
 *
 *                     FLOP at 5e11 FLOP/s               streamed B at 5e11 B/s        kernels
 *                     (attention back: 2.5e11)
 *   layer forward     causal scores 4 t^2 * 512 / 2 1,073,741,824   norms, sums 20 * 512 h
 *                                                                     + rotary 4 t 1024
 *                                                                     + activation 4 t 2048
 *                                                                     = 23,068,672        4+1+6
 *   layer backward    2.5 times the scores          2,684,354,560   activation 6 t 2048
 *                                                                     + norms, sums 24 * 512 h
 *                                                                     + rotary = 29,360,128  8+1+6
 *   embedding                                                       4 t h; 6 t h = 10,485,760   1+1
 *     gradients of 2^20 weights: cleared                            2 * 2^20 = 2,097,152          1
 *     and with zero < 2 added to the others                         10 * 2^20 = 10,485,760        1
 *   output forward                                                  4 * 512 h + 22 t 1024
 *                                                                     = 25,165,824          1+2
 *   output backward                                                 6 t 1024 + 12 * 512 h
 *                                                                     = 12,582,912          2+3
 */
static double compute_s(int zero)
{
    const double stream_B = 23068672.0 + 29360128.0 + 10485760.0 + 2097152.0 + 25165824.0 +
                            12582912.0 + (zero < 2 ? 10485760.0 : 0);
    return products_s(zero, false) + 1073741824.0 / 5e11 + 2684354560.0 / 2.5e11 + stream_B / 5e11 +
           (11 + 15 + 3 + 3 + 5 + (zero < 2 ? 1 : 0)) * 2e-6;
}

/* One ring step between two chips: half of the bytes at 80 % of 100 GB/s, 1 us, and 3 us of launch.
 */
static double ring_s(double size_B) { return size_B / 2 / 80e9 + 1e-6 + 3e-6; }

/* tp gathers and scatters 2 t h = 2,097,152 B: 4 per layer and direction, and one each way at the
 * embedding and at the output: 12 per micro-batch. The 2 scatters of a layer's backward pass hide
 * behind the gradients of the weights (qkv alone 6 ms), as 2 more gathers do behind those of the
 * inputs. */
static double tp_s(void) { return ring_s(2097152.0); }
static double micro_s(int zero) { return compute_s(zero) + 10 * tp_s(); }

/* Weights per chip: half of (4 h^2 + 2 h ffn + 2 h) + 2 vocab h. The optimizer moves 46 B each of
 * the chip's share, and clears gradients (4 B); among replicas it also scales them (8 B). */
enum {
    LAYER_PARAM = (12582912 + 2048) / 2,
    VOCAB_PARAM = 2097152 / 2,
    CHIP_PARAM = LAYER_PARAM + 2 * VOCAB_PARAM
};

static double optimizer_s(double weight_B) { return CHIP_PARAM * weight_B / 5e11 + 2e-6; }

static void test_tp(const env *e)
{
    const double bare_s = 2 * micro_s(0) + optimizer_s(46 + 4);
    CHECK_NEAR(step_s(e, 0, NULL), bare_s, 1e-12);
    const char *set[] = {"job.overlap_tp_grad=false", "cluster.software[0].held_frac=0.25"};
    CHECK_NEAR(step_s(e, 1, set), bare_s + 2 * 2 * tp_s(), 1e-12);
    /* A quarter of the cores of what is left serves the 4 hidden ones while they run. */
    set[0] = "job.overlap_tp_grad=true";
    CHECK_NEAR(step_s(e, 2, set), bare_s + 2 * 4 * 0.25 * tp_s(), 1e-12);
    /* overlap_tp: the 4 gathers of a layer go in 2 halves, one of which is at home, and hide
     * without a core; of the 2 forward scatters a quarter shows, and three quarters hold cores. */
    set[0] = "job.overlap_tp=true";
    const double parts_s = products_s(0, true) - products_s(0, false);
    CHECK_NEAR(
        step_s(e, 2, set),
        bare_s + 2 * (parts_s - 6 * tp_s() + 2 * (0.25 + 0.75 * 0.25) * tp_s() + 4 * 0.25 * tp_s()),
        1e-12);
}

/* Not split over sequences, the stages of a pipeline send whole activations, or with scatter_gather
 * a part from each of two chips, which their receivers gather: here 4 chips, tp 2 and pp 2 stages
 * of one layer, that wait for each send of 2 t h = 2,097,152 B (the last stage's forward sends
 * nothing). */
static void test_scatter_gather(const env *e)
{
    const char *set[] = {"cluster.topology.size=4", "job.pp=2",
                         "model.layers=2",          "job.global_batch=1",
                         "job.overlap_pp=false",    "job.sequence_parallel=false",
                         "job.scatter_gather=false"};
    const double whole_s = step_s(e, 7, set);
    set[6] = "job.scatter_gather=true";
    const double send_s = 2097152.0 / 2 / 80e9; /* the half that is not sent */
    CHECK_NEAR(step_s(e, 7, set), whole_s + 2 * (tp_s() - send_s), 1e-12);
}

/* Two replicas of the two chips, two micro-batches each, that overlap nothing:
 *   zero 0: gradients (4 B) are reduced once, a ring of twice one step and one launch
 *   zero 1: weights (2 B) gathered and gradients scattered once, half the optimizer
 *   zero 2: gradients scattered after each micro-batch
 *   zero 3: per micro-batch and layer, weights gathered twice and gradients scattered once; each of
 *           the two vocabulary matrices is gathered and scattered once */
static void test_replicas(const env *e)
{
    const char *set[] = {"cluster.topology.size=4", "job.global_batch=4",
                         "job.overlap_grad_reduce=false", "job.overlap_param_gather=false", NULL};
    const double g = ring_s(2.0 * CHIP_PARAM), s = ring_s(4.0 * CHIP_PARAM);
    const double layer = 2 * ring_s(2.0 * LAYER_PARAM) + ring_s(4.0 * LAYER_PARAM) +
                         2 * (ring_s(2.0 * VOCAB_PARAM) + ring_s(4.0 * VOCAB_PARAM));
    const double want_s[] = {2 * micro_s(0) + (2 * s - 3e-6) + optimizer_s(46 + 12),
                             2 * micro_s(1) + g + s + optimizer_s(46 / 2.0 + 12),
                             2 * micro_s(2) + g + 2 * s + optimizer_s(46 / 2.0 + 6),
                             2 * micro_s(3) + 2 * layer + optimizer_s(46 / 2.0 + 6)};
    static const char *const zero[] = {"job.zero=0", "job.zero=1", "job.zero=2", "job.zero=3"};
    for (int z = 0; z < 4; z++) {
        set[4] = zero[z];
        CHECK_NEAR(step_s(e, 5, set), want_s[z], 1e-12);
    }
    /* zero 1 with the sum of all gradients on every replica: reduced as with zero 0. */
    const char *whole[] = {set[0], set[1], set[2], set[3], "job.zero=1", "job.grad_whole=true"};
    CHECK_NEAR(step_s(e, 6, whole), want_s[1] + s - 3e-6, 1e-12);
    /* zero 3 through lists of the 2 parts, 2 host calls of 5 us for each: 4 matrices forward, and
     * backward, when 12 tensors' gradients leave by 3 calls; 6 B per weight forward, 10 backward.
     * Gathers and scatters of a layer are four each instead of one, and eight more are next to
     * empty: launches and steps. */
    const char *lists[] = {set[0], set[1], set[2], set[3], "job.zero=3", "job.gather_lists=true"};
    const double lists_s =
        (2 * (4 + 4) + 3 * 12) * 2 * 5e-6 + 16.0 * LAYER_PARAM / 5e11 + (3 * 3 + 8) * ring_s(0);
    CHECK_NEAR(step_s(e, 6, lists), want_s[3] + 2 * lists_s, 1e-12);
}

/* A layer of 12 h^2 weights, h = 16384, whose matrices have 3, 1, 4 and 4 h^2. Computed again, 8
 * h^2 and more are used twice before the gradients of all but the last: over a billion, so 8 h^2
 * are gathered a second time, by 3 lists of 2 parts. Of h = 1024 none are. Beside gathers of whole
 * layers, lists cost as above. */
static void test_lists_again(const env *e)
{
    const char *set[] = {"cluster.topology.size=4",
                         "job.global_batch=4",
                         "job.overlap_grad_reduce=false",
                         "job.overlap_param_gather=false",
                         "job.zero=3",
                         "job.recompute=full",
                         "cluster.chip.memory=1 PB",
                         "model.hidden=16384",
                         "model.heads=128",
                         "model.kv_heads=128",
                         "model.ffn=65536",
                         "job.gather_lists=true"};
    const double h = 16384, layer = (12 * h * h + 2 * h) / 2, again = 8 * h * h / 2;
    const double once_s =
        (2 * (4 + 4) + 3 * 12) * 2 * 5e-6 + 16 * layer / 5e11 + (3 * 3 + 8) * ring_s(0);
    const double again_s = 3 * 2 * 2 * 5e-6 + 6 * again / 5e11 + 3 * ring_s(2 * again / 3);
    CHECK_NEAR(step_s(e, 12, set) - step_s(e, 11, set), 2 * (once_s + again_s), 1e-9);
    const double small_s =
        (2 * (4 + 4) + 3 * 12) * 2 * 5e-6 + 16.0 * LAYER_PARAM / 5e11 + (9 + 8) * ring_s(0);
    set[7] = "job.gather_lists=true";
    CHECK_NEAR(step_s(e, 8, set) - step_s(e, 7, set), 2 * small_s, 1e-9);
}

/* Overlapped, zero 2 hides a scatter behind the next micro-batch: beside zero 1 it has less to add
 * to, and half of the gradients to clear and scale. Its two scatters pass the memory, 8 B per
 * parameter, while kernels wait for it: for 58.7 us (29,360,128 B) of a layer's backward pass. (How
 * long tp transfers share the wire with it depends a little on how long the pass takes.) */
static void test_overlap(const env *e)
{
    const char *set[] = {"cluster.topology.size=4", "job.global_batch=4", "job.zero=1"};
    const double one_s = step_s(e, 3, set);
    set[2] = "job.zero=2";
    const double less_s = 2 * (compute_s(1) - compute_s(2)) + optimizer_s(12) - optimizer_s(6);
    const double stream_s = 29360128.0 / 5e11;
    const double back_s = products_s(2, false) - weight_s(1024, 1024, 2, 1, 1) -
                          product_s(1024, 1536, 1024, 2, 1) - product_s(1024, 1024, 512, 2, 1) -
                          product_s(1024, 2048, 1024, 2, 1) - product_s(1024, 1024, 2048, 2, 1);
    const double share = stream_s / (back_s + 2684354560.0 / 2.5e11 + stream_s + 15 * 2e-6);
    CHECK_NEAR(step_s(e, 3, set), one_s - less_s + 2 * share * 8.0 * CHIP_PARAM / 5e11, 1e-8);
}

/* Sharded and overlapped, 4 chips without tp: the first gather and the last scatter of a pass show,
 * with those of the embedding; the output's hide behind the layer. So beside the plain step (zero
 * 0, nothing reduced) each of the 2 micro-batches has one layer's gather and scatter, and one of a
 * vocabulary matrix, more, and what they pass through the memory. */
static void test_sharded(const env *e)
{
    const char *set[] = {"cluster.topology.size=4",
                         "job.global_batch=8",
                         "job.tp=1",
                         "job.zero=3",
                         "cluster.chip.memory_bandwidth=10 PB/s",
                         "cluster.chip.kernel_launch=0 s"};
    const char *one[] = {
        "cluster.topology.size=1", "job.global_batch=2", set[2], "job.zero=0", set[4], set[5]};
    /* A ring of 4: 3 steps of a quarter, 1 us each, and 3 us. */
    const double layer = 2.0 * LAYER_PARAM, vocab = 2.0 * VOCAB_PARAM, fixed_s = 3 * 1e-6 + 3e-6;
    const double shown_s = 4 * fixed_s + 0.75 * (2 + 4) * (layer + vocab) / 80e9;
    const double plain_s = step_s(e, 6, one);
    CHECK_NEAR(step_s(e, 6, set), plain_s + 2 * shown_s, 1e-6);
    /* Without the prefetch, the gather of the backward pass shows too. */
    const char *late[] = {
        set[0], set[1], set[2], set[3], set[4], set[5], "job.backward_prefetch=false"};
    CHECK_NEAR(step_s(e, 7, late), plain_s + 2 * (shown_s + fixed_s + 0.75 * 2 * layer / 80e9),
               1e-6);
}

int main(void)
{
    if (!test_petsc_begin(NULL, NULL)) return 1;
    const MPI_Comm world = MPI_COMM_WORLD;
    env e = {.mem = ll_arena_create("test")};
    e.comm = ll_comm_create(&world, e.mem);
    test_tp(&e);
    test_replicas(&e);
    test_lists_again(&e);
    test_overlap(&e);
    test_scatter_gather(&e);
    test_sharded(&e);
    ll_comm_destroy(e.comm);
    ll_arena_destroy(e.mem);
    test_petsc_end();
    return LL_CHECK_RESULT;
}
