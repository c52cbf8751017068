/* Engine `flow` against its slow twin on random networks: every flow ends at the same time within
 * 1e-8, folded or not, with windows of 0.5 to 4 bandwidth-delay products. */
/* RANKS 1 2 */
#include "tests/support/flow_twin.h"
#include "tests/support/check.h"
#include "tests/support/petsc.h"
#include "tests/support/random_net.h"

#include <mpi.h>
#include <stdlib.h>

static void check_net(uint64_t seed, ll_arena *mem, ll_comm *comm)
{
    static const double bdp[] = {2, 1, 0.5, 4};
    static const char *const fold[] = {"fold=on; batch_frac=0; tolerance=1e-12",
                                       "fold=off; batch_frac=0; tolerance=1e-12"};
    static random_net net;
    double end_s[RANDOM_FLOW], want_s[RANDOM_FLOW];
    random_net_make(seed, &net);
    const ll_wire wire = {.packet_B = 4096,
                          .kappa = seed % 2 ? 0.0015 : 0.05,
                          .window_bdp = bdp[seed % 4],
                          .window_packets = 4};
    const ll_phase phase = {.n_traffic = 1, .traffic = &net.traffic, .flow_end_s = end_s};
    CHECK(flow_twin(&net.topo, &net.traffic, &wire, want_s), "seed %d: twin", (int)seed);
    for (int i = 0; i < 2; i++) {
        price_phase(engine_make(mem, "flow", fold[i]), &net.topo, wire, &phase, comm);
        for (int f = 0; f < net.n_flow; f++)
            CHECK(fabs(end_s[f] - want_s[f]) <= 1e-8 * want_s[f],
                  "seed %d, %s, flow %d of %d: ends at %.12g s, twin %.12g", (int)seed, fold[i], f,
                  net.n_flow, end_s[f], want_s[f]);
    }
}

/* All 1000 seeds: LINELOSS_SEEDS=1000 ctest -R flow_twin. */
int main(void)
{
    if (!test_petsc_begin(NULL, NULL)) return 1;
    const char *most = getenv("LINELOSS_SEEDS");
    const uint64_t n_seed = most ? strtoull(most, NULL, 10) : 40;
    ll_arena *mem = ll_arena_create("test");
    const MPI_Comm world = MPI_COMM_WORLD;
    ll_comm *comm = ll_comm_create(&world, mem);
    for (uint64_t seed = 1; seed <= n_seed; seed++)
        check_net(seed, mem, comm);
    ll_comm_destroy(comm);
    ll_arena_destroy(mem);
    test_petsc_end();
    return LL_CHECK_RESULT;
}
