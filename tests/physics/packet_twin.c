/* Engine `packet` against its slow twin on random networks: every flow ends at the same picosecond,
 * with windows of 0.5 to 4 bandwidth-delay products, small and large packets. */
/* RANKS 1 2 3 */
#include "tests/support/packet_twin.h"
#include "tests/support/check.h"
#include "tests/support/petsc.h"
#include "tests/support/random_net.h"

#include <mpi.h>
#include <stdlib.h>

static void check_net(uint64_t seed, ll_arena *mem, ll_comm *comm)
{
    static const double bdp[] = {2, 1, 0.5, 4}, packet_B[] = {4096, 1500, 65536};
    static random_net net;
    double end_s[RANDOM_FLOW];
    int64_t want_ps[RANDOM_FLOW];
    random_net_make(seed, &net);
    const ll_wire wire = {.packet_B = packet_B[seed % 3],
                          .kappa = 0.05,
                          .window_bdp = bdp[seed % 4],
                          .window_packets = (double)(seed % 5)};
    const ll_phase phase = {.n_traffic = 1, .traffic = &net.traffic, .flow_end_s = end_s};
    price_phase(engine_make(mem, "packet", "packets_per_flow=0"), &net.topo, wire, &phase, comm);
    packet_twin(&net.topo, &net.traffic, &wire, 16, want_ps);
    for (int f = 0; f < net.n_flow; f++)
        CHECK(llround(end_s[f] * 1e12) == want_ps[f],
              "seed %d, flow %d of %d, %d to %d: ends at %lld ps, twin %lld", (int)seed, f,
              net.n_flow, net.src[f], net.dst[f], llround(end_s[f] * 1e12), (long long)want_ps[f]);
}

/* All 1000 seeds: LINELOSS_SEEDS=1000 ctest -R packet_twin. */
int main(void)
{
    if (!test_petsc_begin(NULL, NULL)) return 1;
    const char *most = getenv("LINELOSS_SEEDS");
    const uint64_t n_seed = most ? strtoull(most, NULL, 10) : 120;
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
