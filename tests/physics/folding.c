/* Folding changes nothing: every small topology with every pattern gives the same times folded and
 * unfolded; and folded prices are the same bytes on any number of ranks. */
#include "tests/support/check.h"
#include "tests/support/engine_make.h"
#include "tests/support/petsc.h"
#include "tests/support/topologies.h"

#include <mpi.h>
#include <string.h>

enum { N_CHIP = 16 };

/* Two groups of 8, interleaved: digits of 2 (stride 1) and 4 (stride 4). */
static ll_traffic halves(ll_pattern pattern, int32_t arg)
{
    return (ll_traffic){
        .pattern = pattern, .arg = arg, .group = {N_CHIP, 2, {2, 4}, {1, 4}}, .size_B = 3e6};
}

/* Phases of one and of two traffics. t: [2]; returns n_traffic, 0 after the last. */
static int phase_make(int i, ll_traffic *t)
{
    static const int32_t src[7] = {0, 1, 2, 3, 9, 9, 15}, dst[7] = {5, 5, 5, 7, 1, 2, 0};
    static const double size_B[7] = {1e6, 2e6, 3e6, 1e6, 5e6, 5e6, 1e5};
    const ll_pattern pattern[] = {LL_PATTERN_SHIFT, LL_PATTERN_XOR,  LL_PATTERN_ALL,
                                  LL_PATTERN_LINE,  LL_PATTERN_TREE, LL_PATTERN_ROOT};
    if (i < 6) {
        t[0] = traffic_make(pattern[i], N_CHIP, 3, 2e6);
        return 1;
    }
    if (i < 12) {
        t[0] = halves(pattern[i - 6], 5);
        t[1] = traffic_make(LL_PATTERN_SHIFT, N_CHIP, 1, 1e6);
        return 2;
    }
    t[0] = list_make(7, src, dst, size_B);
    return i == 12 ? 1 : 0;
}

/* Tolerance 1e-12 on every load; a load moves times by at most a few times as much. */
static void check_twin(const ll_topology *topo, int n, const ll_traffic *t, int i_topo, int i_phase,
                       ll_comm *comm, ll_arena *mem)
{
    const test_engine on = engine_make(mem, "flow", "tolerance=1e-12");
    const test_engine off = engine_make(mem, "flow", "tolerance=1e-12; fold=off");
    const ll_price a = price_make(on, topo, wire_make(), n, t, comm);
    const ll_price b = price_make(off, topo, wire_make(), n, t, comm);
    for (int k = 0; k < n; k++) {
        CHECK(fabs(a.end_s[k] - b.end_s[k]) <= 1e-8 * b.end_s[k],
              "topology %d phase %d traffic %d: folded %.17g, unfolded %.17g", i_topo, i_phase, k,
              a.end_s[k], b.end_s[k]);
        CHECK_NEAR(a.latency_s[k], b.latency_s[k], 1e-15);
    }
    CHECK_NEAR(ll_price_fact(&a, "max_util_frac"), ll_price_fact(&b, "max_util_frac"), 1e-8);
    CHECK(ll_price_fact(&a, "n_flow") == ll_price_fact(&b, "n_flow") &&
              ll_price_fact(&a, "n_flow_class") <= ll_price_fact(&b, "n_flow_class"),
          "%lld flows, %lld classes", (long long)ll_price_fact(&a, "n_flow"),
          (long long)ll_price_fact(&a, "n_flow_class"));
    CHECK(ll_price_fact(&a, "max_util_frac") <= 1, "utilisation %g",
          ll_price_fact(&a, "max_util_frac"));
}

/* All ranks together against each rank by itself. */
static void check_ranks(const ll_topology *topo, int n, const ll_traffic *t, ll_comm *comm,
                        ll_comm *self, ll_arena *mem)
{
    const test_engine e = engine_make(mem, "flow", "");
    const ll_price a = price_make(e, topo, wire_make(), n, t, comm);
    const ll_price b = price_make(e, topo, wire_make(), n, t, self);
    CHECK(memcmp(&a, &b, sizeof a) == 0, "%d ranks: end %.17g, alone %.17g", ll_comm_size(comm),
          a.end_s[0], b.end_s[0]);
}

int main(void)
{
    if (!test_petsc_begin(NULL, NULL)) return 1;
    ll_arena *mem = ll_arena_create("test");
    const MPI_Comm world = MPI_COMM_WORLD;
    ll_comm *comm = ll_comm_create(&world, mem), *self = ll_comm_self(mem);
    const ll_topology *topo[N_TOPOLOGY];
    ll_traffic t[2];
    topologies_make(mem, N_CHIP, topo);
    for (int i = 0; i < N_TOPOLOGY; i++)
        for (int p = 0, n = phase_make(p, t); n > 0; n = phase_make(++p, t)) {
            check_twin(topo[i], n, t, i, p, comm, mem);
            check_ranks(topo[i], n, t, comm, self, mem);
        }
    ll_comm_destroy(self);
    ll_comm_destroy(comm);
    ll_arena_destroy(mem);
    test_petsc_end();
    return LL_CHECK_RESULT;
}
