/* One-shot and two-shot all-reduces on small fabrics, by kernels whose figures are round, against
 * times by hand; by all three engines; and which sizes they take. */
/* RANKS 1 */
#include "sim/collective/collective.h"
#include "sim/step/price.h"
#include "tests/support/check.h"
#include "tests/support/petsc.h"

#include <mpi.h>
#include <string.h>

/* 16 chips behind a switch of 100 GB/s, 2 such nodes with a NIC of 10 GB/s for each chip; 1 us. */
#define NODES                                                                                      \
    "chip : { name = \"c\"; peak_bf16 = \"1 TFLOP/s\"; memory = \"1 GB\"; memory_bandwidth = \"1 " \
    "TB/s\"; }; topology : { type = \"product\"; dimensions = ("                                   \
    " { type = \"switch\"; name = \"x\"; size = 16; bandwidth = \"100 GB/s\"; latency = \"500 "    \
    "ns\"; }, { type = \"switch\"; name = \"y\"; size = 2; bandwidth = \"10 GB/s\"; latency = "    \
    "\"500 ns\"; } ); };"
#define FREE                                                                                      \
    "software = ( { dimension = \"*\"; launch_all_reduce = \"0 s\"; launch_all_gather = \"0 s\";" \
    " launch_reduce_scatter = \"0 s\"; launch_all_to_all = \"0 s\"; launch_broadcast = \"0 s\";"  \
    " launch_send = \"0 s\"; rate_frac_all_reduce = 1; rate_frac_all_gather = 1;"                 \
    " rate_frac_reduce_scatter = 1; rate_frac_all_to_all = 1; rate_frac_broadcast = 1;"           \
    " rate_frac_send = 1; } );"
#define KERNEL                                                                                   \
    "{ library = \"l\"; dimension = \"x\"; floor = \"10 us\"; member = \"1 us\"; rate_frac_one"  \
    "_shot = 0.5; rate_frac_two_shot = 0.8; step = \"3 us\"; step_member = \"2 us\";"            \
    " one_shot_below_2 = \"1 MB\"; one_shot_below_4 = \"100 kB\"; one_shot_below_8 = \"50 kB\";" \
    " two_shot_below_4 = \"1 MB\"; two_shot_below_8 = \"2 MB\"; }"
/* other kernels of the same library, for what those leave */
#define BEYOND                                                                                  \
    "{ library = \"l\"; dimension = \"x\"; floor = \"30 us\"; rate_frac_two_shot = 1; two_shot" \
    "_below_8 = \"8 MB\"; }"
#define FILLED \
    "{ library = \"other\"; fill = \"2 us\"; peer_rate = \"10 GB/s\"; rate_frac_one_shot = 1; }"
#define CLUSTER(more, list) \
    "cluster : { name = \"nodes\"; " NODES FREE more " custom_all_reduces = ( " list " ); };"
#define CHOSEN "custom_all_reduce = \"l\";"

static ll_arena *mem;
static ll_error err;

static ll_study study_of(const char *text)
{
    ll_source source;
    ll_config *cfg;
    ll_study s = {.engine = &ll_engine_closed};
    ll_error_init(&err);
    CHECK(ll_source_text("test", text, mem, &source, &err) == LL_OK, "%s", err.text);
    CHECK(ll_config_parse(source, 0, NULL, mem, &cfg, &err) == LL_OK, "%s", err.text);
    CHECK(ll_cluster_read(cfg, NULL, mem, &s.cluster, &err) == LL_OK, "%s", err.text);
    CHECK(ll_config_finish(cfg, &err) == LL_OK, "%s", err.text);
    return s;
}

static ll_request request_of(ll_algorithm algorithm, int32_t n, double size_B)
{
    return (ll_request){.collective = LL_ALL_REDUCE,
                        .algorithm = algorithm,
                        .group = {.n_chip = n, .n_digit = 1, .size = {n}, .stride = {1}},
                        .size_B = size_B};
}

static double time_of(const ll_study *s, ll_algorithm algorithm, int32_t n, double size_B)
{
    ll_cost cost = {0};
    ll_plan plan;
    const ll_request request = request_of(algorithm, n, size_B);
    CHECK(ll_collective_choose(&s->cluster, &request, mem, &plan, &err) == LL_OK, "%s", err.text);
    CHECK(ll_collective_time(s, &plan, ll_comm_self(mem), mem, &cost, &err) == LL_OK, "%s",
          err.text);
    CHECK_NEAR(cost.total_s, cost.software_s + cost.latency_s + cost.wire_s, 1e-12);
    return cost.total_s;
}

/* 4 chips, 1 MB. One-shot: 10 us, 1 us for each of two further members, 1 us of latency, 3 MB at
 * half of 100 GB/s. Two-shot: 3 us and 2 us for each of these more, a second latency, and twice
 * 3/4 MB at 80 GB/s. */
static void test_hand(void)
{
    const ll_study s = study_of(CLUSTER("", KERNEL));
    CHECK_NEAR(time_of(&s, LL_ALGORITHM_ONE_SHOT, 4, 1e6), 13e-6 + 60e-6, 1e-9);
    CHECK_NEAR(time_of(&s, LL_ALGORITHM_TWO_SHOT, 4, 1e6), 21e-6 + 1.5e6 / 80e9, 1e-9);
    CHECK_NEAR(time_of(&s, LL_ALGORITHM_ONE_SHOT, 2, 50), 11e-6 + 1e-9, 1e-9);
}

/* From 8 KiB on 2 us for each other member, a half of that at 4 KiB. One chip reads another at 10
 * GB/s: three at a time take 30 of the 100 GB/s. */
static void test_filled(void)
{
    const ll_study s = study_of(CLUSTER("", FILLED));
    CHECK_NEAR(time_of(&s, LL_ALGORITHM_ONE_SHOT, 4, 1e6), 1e-6 + 6e-6 + 100e-6, 1e-9);
    CHECK_NEAR(time_of(&s, LL_ALGORITHM_ONE_SHOT, 4, 4096), 1e-6 + 3e-6 + 0.4096e-6, 1e-9);
    CHECK_NEAR(time_of(&s, LL_ALGORITHM_ONE_SHOT, 16, 1e6), 1e-6 + 30e-6 + 15e6 / 100e9, 1e-9);
}

/* All chips send at once, and none of them is in the way of another. */
static void test_engines(void)
{
    static const ll_engine_type *const engines[] = {&ll_engine_flow, &ll_engine_packet};
    ll_study s = study_of(CLUSTER("", KERNEL));
    for (size_t i = 0; i < sizeof engines / sizeof *engines; i++) {
        s.engine = engines[i];
        s.engine_param = ll_engine_defaults(engines[i], mem);
        CHECK_NEAR(time_of(&s, LL_ALGORITHM_ONE_SHOT, 4, 1e6), 73e-6, 0.03);
        CHECK_NEAR(time_of(&s, LL_ALGORITHM_TWO_SHOT, 4, 1e6), 39.75e-6, 0.03);
    }
}

static ll_algorithm taken(const ll_study *s, int32_t n, double size_B)
{
    ll_plan plan;
    const ll_request request = request_of(LL_ALGORITHM_AUTO, n, size_B);
    CHECK(ll_collective_choose(&s->cluster, &request, mem, &plan, &err) == LL_OK, "%s", err.text);
    CHECK((plan.shot != NULL) == ll_algorithm_is_shot(plan.algorithm), "%d", (int)plan.algorithm);
    return ll_algorithm_is_shot(plan.algorithm) ? plan.algorithm : LL_ALGORITHM_AUTO;
}

/* Sizes go by members; a limit itself is beyond it; more than 8 chips, other nodes and what no
 * kernel takes are the collective library's, and so is all if no kernels are chosen. */
static void test_taken(void)
{
    static const struct {
        int32_t n;
        double size_B;
        ll_algorithm want;
    } cases[] = {{2, 999999, LL_ALGORITHM_ONE_SHOT}, {2, 1e6, LL_ALGORITHM_AUTO},
                 {3, 99999, LL_ALGORITHM_ONE_SHOT},  {4, 1e5, LL_ALGORITHM_TWO_SHOT},
                 {4, 1e6, LL_ALGORITHM_AUTO},        {8, 49999, LL_ALGORITHM_ONE_SHOT},
                 {8, 5e4, LL_ALGORITHM_TWO_SHOT},    {8, 3e6, LL_ALGORITHM_TWO_SHOT},
                 {8, 8e6, LL_ALGORITHM_AUTO},        {16, 8, LL_ALGORITHM_AUTO},
                 {32, 8, LL_ALGORITHM_AUTO}};
    const ll_study none = study_of(CLUSTER("", KERNEL ", " BEYOND));
    const ll_study s = study_of(CLUSTER(CHOSEN, FILLED ", " KERNEL ", " BEYOND));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const ll_algorithm a = taken(&s, cases[i].n, cases[i].size_B);
        CHECK(a == cases[i].want, "%d chips, %g B: %s", cases[i].n, cases[i].size_B,
              ll_algorithm_names[a]);
        CHECK(taken(&none, cases[i].n, cases[i].size_B) == LL_ALGORITHM_AUTO, "none is chosen");
    }
    CHECK_NEAR(time_of(&s, LL_ALGORITHM_AUTO, 8, 3e6), 32e-6 + 2 * 7 / 8. * 3e6 / 100e9, 1e-9);
}

/* No library has them, so no search for the fastest of its algorithms considers them. */
static void test_eligible(void)
{
    const ll_study s = study_of(CLUSTER(CHOSEN, KERNEL));
    const ll_request one = request_of(LL_ALGORITHM_ONE_SHOT, 4, 8);
    ll_protocol protocol;
    ll_plan plan;
    CHECK(!ll_collective_eligible(&s.cluster, &one), "one_shot is no algorithm of all");
    CHECK(ll_collective_plan(&s.cluster, &one, mem, &plan, &err) == LL_OK, "%s", err.text);
    CHECK(!(ll_collective_guess(s.cluster.software, &plan, &protocol) > 0), "no tuning model");
}

static void refuses(const ll_study *s, ll_request request, const char *why)
{
    ll_plan plan;
    ll_error_init(&err);
    CHECK(ll_collective_plan(&s->cluster, &request, mem, &plan, &err) == LL_ERR_CONFIG, "%s", why);
    CHECK(strstr(err.text, why) != NULL, "'%s' is not in: %s", why, err.text);
    ll_error_init(&err);
}

static void test_obstacles(void)
{
    const ll_study s = study_of(CLUSTER("", FILLED)), without = study_of(CLUSTER("", ""));
    ll_request request = request_of(LL_ALGORITHM_ONE_SHOT, 32, 1e6);
    refuses(&s, request, "within one dimension");
    request = request_of(LL_ALGORITHM_TWO_SHOT, 4, 1e6);
    refuses(&s, request, "no figures of two_shot");
    request = request_of(LL_ALGORITHM_ONE_SHOT, 4, 1e6);
    refuses(&without, request, "no figures of one_shot");
    request.collective = LL_ALL_GATHER;
    refuses(&s, request, "all_reduce only");
}

int main(void)
{
    MPI_Init(NULL, NULL);
    mem = ll_arena_create("test");
    test_hand();
    test_filled();
    CHECK(test_petsc_begin(NULL, NULL), "PETSc starts");
    test_engines();
    test_petsc_end();
    test_taken();
    test_eligible();
    test_obstacles();
    ll_arena_destroy(mem);
    int bad = LL_CHECK_RESULT;
    MPI_Finalize();
    return bad;
}
