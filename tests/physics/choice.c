/* `auto` is within 5 % of the best algorithm, as engine `flow` prices both, on fabrics of every
 * family; bench/bench_choice.c goes on to more chips. And what was chosen wrongly once. */
/* RANKS 1 */
#include "tests/support/choice.h"
#include "sim/step/price.h"
#include "tests/support/check.h"
#include "tests/support/petsc.h"

static const double within = 1.05;

/* Small packets, as what is less than a packet is not cut: the choice goes by rates alone. */
static void check_fabrics(ll_arena *mem, int32_t n_chip, const char *engine, ll_comm *comm)
{
    choice_fabric list[CHOICE_MAX];
    const int n = choice_fabrics(mem, (n_chip + 3) / 4 * 4, list);
    for (int i = 0; i < n; i++) {
        list[i].cluster.wire.packet_B = 512;
        const choice_worst w =
            choice_sweep(&list[i], n_chip, engine_make(mem, engine, ""), comm, mem);
        CHECK(w.n_priced > 50 && w.ratio <= within,
              "%s, %d chips, %s of %g B by %s: %s takes %.3f times as long as %s (%d priced)",
              list[i].name, n_chip, ll_collective_names[w.collective], w.size_B, engine, w.taken,
              w.ratio, ll_algorithm_names[w.best], w.n_priced);
    }
}

/* What `auto` takes for the first n chips. */
static const char *taken(ll_arena *mem, const ll_topology *topo, ll_collective what, int32_t n,
                         double size_B)
{
    choice_fabric f[CHOICE_MAX];
    int n_fabric = 0;
    choice_add(f, &n_fabric, "fabric", topo);
    const ll_request request = {.collective = what,
                                .group = {.n_chip = n, .n_digit = 1, .size = {n}, .stride = {1}},
                                .size_B = size_B};
    ll_plan plan;
    ll_error err;
    ll_error_init(&err);
    CHECK(ll_collective_choose(&f[0].cluster, &request, mem, &plan, &err) == LL_OK, "%s", err.text);
    return ll_plan_name(&plan, mem);
}

static void check_taken(ll_arena *mem, const char *what, ll_topology *topo,
                        ll_collective collective, int32_t n, double size_B, const char *wanted)
{
    const char *got = taken(mem, topo, collective, n, size_B);
    CHECK(strcmp(got, wanted) == 0, "%s: %s, not %s", what, got, wanted);
}

/* Time of an algorithm for an all_reduce of 1 GiB among the first n chips, by `closed`. */
static double closed_s(const choice_fabric *f, ll_algorithm how, int32_t n, ll_arena *mem)
{
    const ll_study study = {.cluster = f->cluster, .engine = &ll_engine_closed};
    const ll_request request = {.collective = LL_ALL_REDUCE,
                                .algorithm = how,
                                .group = {.n_chip = n, .n_digit = 1, .size = {n}, .stride = {1}},
                                .size_B = 1 << 30};
    ll_plan plan;
    ll_cost cost;
    ll_error err;
    ll_error_init(&err);
    CHECK(ll_collective_choose(&f->cluster, &request, mem, &plan, &err) == LL_OK &&
              ll_collective_time(&study, &plan, NULL, mem, &cost, &err) == LL_OK,
          "%s", err.text);
    return cost.total_s;
}

/* Meshes of 4 x 4 x 4 below a switch of 8. 508 of the 512 chips are 127 whole meshes of 4, which is
 * all that they fill: the tiers are 4 and 127. What a ring through all of them would need: a lane
 * of 50 GB/s carries S (n-1)/n, twice: 43 ms, and more where the ring leaves a mesh. */
static void check_tiers(ll_arena *mem, ll_comm *comm)
{
    static const int32_t size[] = {4, 4, 4, 8};
    choice_fabric f[CHOICE_MAX];
    int n_fabric = 0;
    choice_add(f, &n_fabric, "meshes", choice_product(mem, "mesh", LANE, 4, size));
    const choice_worst w = choice_sweep(f, 508, engine_make(mem, "flow", ""), comm, mem);
    CHECK(w.ratio <= within, "508 chips: %s takes %.3f times as long as %s", w.taken, w.ratio,
          ll_algorithm_names[w.best]);
    const double tiers_s = closed_s(f, LL_ALGORITHM_HIERARCHICAL, 508, mem);
    const double even_s = closed_s(f, LL_ALGORITHM_HIERARCHICAL, 512, mem);
    CHECK(tiers_s < 1.5 * even_s && tiers_s < 43e-3, "%g s among 508, %g among 512", tiers_s,
          even_s);
}

int main(void)
{
    if (!test_petsc_begin(NULL, NULL)) return 1;
    ll_arena *mem = ll_arena_create("test");
    ll_comm *comm = ll_comm_self(mem);
    check_fabrics(mem, 8, "flow", comm);
    check_fabrics(mem, 33, "flow", comm);
    check_fabrics(mem, 8, "packet", comm);
    check_tiers(mem, comm);
    /* A direct exchange on a full mesh: each link carries S/n, however many chips there are. */
    for (int32_t n = 32; n <= 1024; n += n < 34 ? 1 : 330)
        check_taken(mem, "mesh", topology_sized(mem, "mesh", n, LANE), LL_ALL_REDUCE, n, 1 << 30,
                    "direct");
    /* Pods of 14 and 8 hosts, 7:1 between them. A ring crosses once each way, 2 S at 50 GB/s in
     * all; directly, 14 x 8 messages of S/22 cross, twice, at 100 GB/s: 2.7 times as long. */
    ll_topology *pods = topology_must(
        mem, "clos",
        "size=22; levels=3; bandwidth=50 GB/s; latency=500 ns; hosts_per_leaf=14; uplinks=14; "
        "uplink_bandwidth=50 GB/s; uplink_latency=300 ns; leaves_per_pod=1; core_uplinks=1; "
        "core_bandwidth=7.142857 GB/s; core_latency=300 ns");
    check_taken(mem, "pods", pods, LL_ALL_REDUCE, 22, 1 << 30, "ring");
    check_taken(mem, "pods", pods, LL_ALL_GATHER, 22, 1 << 30, "ring");
    ll_comm_destroy(comm);
    ll_arena_destroy(mem);
    test_petsc_end();
    return LL_CHECK_RESULT;
}
