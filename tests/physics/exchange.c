/* Dispatch and combine on small fabrics, by token dispatchers whose figures are round, against
 * times by hand; and by all three engines. */
/* RANKS 1 */
#include "sim/collective/collective.h"
#include "sim/step/price.h"
#include "tests/support/check.h"
#include "tests/support/petsc.h"

#include <mpi.h>

#define FREE                                                                                      \
    "software = ( { dimension = \"*\"; launch_all_reduce = \"0 s\"; launch_all_gather = \"0 s\";" \
    " launch_reduce_scatter = \"0 s\"; launch_all_to_all = \"0 s\"; launch_broadcast = \"0 s\";"  \
    " launch_send = \"0 s\"; rate_frac_all_reduce = 1; rate_frac_all_gather = 1;"                 \
    " rate_frac_reduce_scatter = 1; rate_frac_all_to_all = 1; rate_frac_broadcast = 1;"           \
    " rate_frac_send = 1; } );"
/* 4 chips behind a switch of 100 GB/s, 2 such nodes with a NIC of 10 GB/s for each chip; 1 us each.
 */
#define NODES                                                                                      \
    "chip : { name = \"c\"; peak_bf16 = \"1 TFLOP/s\"; memory = \"1 GB\"; memory_bandwidth = \"1 " \
    "TB/s\"; multiprocessors = 100; }; topology : { type = \"product\"; dimensions = ("            \
    " { type = \"switch\"; name = \"x\"; size = 4; bandwidth = \"100 GB/s\"; latency = \"500 "     \
    "ns\"; }, { type = \"switch\"; name = \"y\"; size = 2; bandwidth = \"10 GB/s\"; latency = "    \
    "\"500 ns\"; } ); };"
#define ENTRY(dim, more)                                                                       \
    "{ library = \"l\"; dimension = \"" dim "\"; rate_frac_dispatch = 0.5; rate_frac_combine " \
    "= 0.8; launch_dispatch = \"10 us\"; launch_combine = \"20 us\"; " more " }"
#define CLUSTER(entries) \
    "cluster : { name = \"nodes\"; " NODES FREE " dispatchers = ( " entries " ); };"

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

/* 1000 tokens of a chip, of 1 kB each; 4 of 8 experts, over the first n chips. */
static double time_of(const ll_study *s, ll_collective what, int32_t n, const ll_routing *routing,
                      ll_plan *plan)
{
    ll_cost cost = {0};
    ll_request request = {.collective = what,
                          .group = {.n_chip = n, .n_digit = 1, .size = {n}, .stride = {1}},
                          .size_B = 1e6,
                          .rows = {*routing, 1e3}};
    request.rows.routing.n_rank = n;
    CHECK(ll_collective_choose(&s->cluster, &request, mem, plan, &err) == LL_OK, "%s", err.text);
    CHECK(ll_collective_time(s, plan, ll_comm_self(mem), mem, &cost, &err) == LL_OK, "%s",
          err.text);
    return cost.total_s;
}

static const ll_routing uniform = {.n_expert = 8, .top_k = 4};
/* Missing both experts of one of 4 ranks: C(6,4) / C(8,4) = 15/70. Missing a half: 1/70. */
#define RANKS  (4 * 55.0 / 70)
#define HALVES (2 * 69.0 / 70)

/* Within a node: launch, 1 us of latency, and a quarter of the rows to each of three others, at
 * half of 100 GB/s there and 0.8 of it back. A copy for each expert: 4 rows. */
static void test_direct(void)
{
    ll_plan plan;
    ll_study s = study_of(CLUSTER(ENTRY("*", "")));
    CHECK_NEAR(time_of(&s, LL_DISPATCH, 4, &uniform, &plan), 11e-6 + 1e6 * RANKS * 3 / 4 / 50e9,
               1e-9);
    CHECK_NEAR(time_of(&s, LL_COMBINE, 4, &uniform, &plan), 21e-6 + 1e6 * RANKS * 3 / 4 / 80e9,
               1e-9);
    s = study_of(CLUSTER(ENTRY("*", "copies = \"experts\";")));
    CHECK_NEAR(time_of(&s, LL_DISPATCH, 4, &uniform, &plan), 11e-6 + 1e6 * 3 / 50e9, 1e-9);
    s.cluster.dispatchers.chosen = "all_to_all";
    CHECK_NEAR(time_of(&s, LL_DISPATCH, 4, &uniform, &plan), 1e-6 + 1e6 * 3 / 100e9, 1e-9);
    s = study_of(CLUSTER(ENTRY("*", "floor_dispatch = \"1 ms\";")));
    CHECK_NEAR(time_of(&s, LL_DISPATCH, 4, &uniform, &plan), 1e-3, 1e-9);
}

/* Over nodes: half of what goes to nodes leaves by the NIC, which takes longer than the links. */
static void test_hierarchical(void)
{
    ll_plan plan;
    ll_study s = study_of(CLUSTER(ENTRY("*", "path = \"hierarchical\"; launch_node = \"5 us\";")));
    CHECK_NEAR(time_of(&s, LL_DISPATCH, 8, &uniform, &plan),
               17e-6 + 1e6 * HALVES / 2 / (0.5 * 10e9), 1e-9);
    CHECK(plan.n_round == 2 && plan.algorithm == LL_ALGORITHM_HIERARCHICAL, "%d", plan.n_round);
    CHECK_NEAR(plan.copies, 4, 1e-12);
}

/* 20 of 100 multiprocessors, 1 us on each token and 1 GB/s of rows: 1000 tokens of 1 us and of
 * `ranks` rows of 1 us, over 20. Kernels beside it have 80: they take a quarter longer. */
static void test_work(void)
{
    ll_plan plan;
    ll_study s = study_of(CLUSTER(ENTRY("*", "multiprocessors = 20; token_dispatch = \"1 us\"; "
                                             "multiprocessor_rate_dispatch = \"1 GB/s\";")));
    CHECK_NEAR(time_of(&s, LL_DISPATCH, 4, &uniform, &plan), 11e-6 + 1e-3 * (1 + RANKS) / 20, 1e-9);
    CHECK_NEAR(ll_plan_held_frac(s.cluster.software, &plan), 0.25, 1e-12);
}

/* All tokens pick the four experts of ranks 0 and 1: these get 4 chips' tokens each, of which 3 / 4
 * come over the link of the receiver: 3 MB at half of 100 GB/s. `closed` sees flows of one source
 * alone, so the 2 MB that ranks 2 and 3 send. */
static void test_skew(void)
{
    static const double share[8] = {1, 1, 1, 1};
    static const ll_engine_type *const engines[] = {&ll_engine_closed, &ll_engine_flow,
                                                    &ll_engine_packet};
    static const double sent_B[] = {2e6, 3e6, 3e6};
    const ll_routing given = {.law = LL_ROUTING_GIVEN, .n_expert = 8, .top_k = 4, .share = share};
    ll_plan plan;
    ll_study s = study_of(CLUSTER(ENTRY("*", "")));
    for (size_t i = 0; i < sizeof engines / sizeof *engines; i++) {
        s.engine = engines[i];
        s.engine_param = ll_engine_defaults(engines[i], mem);
        const double wire_s = time_of(&s, LL_DISPATCH, 4, &given, &plan) - 11e-6;
        CHECK_NEAR(wire_s, sent_B[i] / 50e9, 0.03);
    }
    CHECK_NEAR(plan.round[0].traffic.weight[0], 2, 1e-9);
}

/* What is not possible is said. */
static void test_obstacles(void)
{
    ll_study s = study_of(CLUSTER(ENTRY("*", "")));
    ll_plan plan;
    ll_request request = {.collective = LL_DISPATCH,
                          .group = {.n_chip = 8, .n_digit = 1, .size = {8}, .stride = {1}},
                          .size_B = 1e6};
    CHECK(ll_collective_choose(&s.cluster, &request, mem, &plan, &err) == LL_ERR_CONFIG, "no rows");
    ll_error_init(&err);
    request.rows = (ll_rows){{.n_expert = 6, .top_k = 2, .n_rank = 8}, 1e3};
    CHECK(ll_collective_choose(&s.cluster, &request, mem, &plan, &err) == LL_ERR_CONFIG, "6 of 8");
    ll_error_init(&err);
}

int main(void)
{
    MPI_Init(NULL, NULL);
    mem = ll_arena_create("test");
    test_direct();
    test_hierarchical();
    test_work();
    CHECK(test_petsc_begin(NULL, NULL), "PETSc starts");
    test_skew();
    test_petsc_end();
    test_obstacles();
    ll_arena_destroy(mem);
    int bad = LL_CHECK_RESULT;
    MPI_Finalize();
    return bad;
}
