/* The packet engine keeps its bits: what every link serves and when (state_hash), on fabrics of 72
 * to 8192 chips, as recorded. A change of speed changes nothing here, on any number of ranks. Where
 * the model itself has changed, each failure prints the row that replaces the record. */
/* RANKS 1 2 3 */
#include "sim/traffic/synthetic.h"
#include "tests/support/check.h"
#include "tests/support/engine_make.h"

#include <mpi.h>

enum { N_FABRIC = 5, N_SETTING = 11 };

#define CHIP "bandwidth=12.5 GB/s; latency=500 ns; "
#define UP   "uplink_bandwidth=12.5 GB/s; uplink_latency=500 ns; "
#define E2E  "loss=0.002; recovery=end_to_end; timeout=100 us; "

static const struct {
    const char *type, *text;
    int n_chip;
    ll_synthetic traffic;
    double size_B;
} fabrics[N_FABRIC] = {
    {"clos", "size=72; hosts_per_leaf=8; uplinks=2; " CHIP UP, 72, LL_SYNTHETIC_ALL_TO_ALL, 3e4},
    {"torus", "sizes=8 x 8 x 4; " CHIP, 256, LL_SYNTHETIC_UNIFORM, 1e5},
    {"clos", "size=1024; hosts_per_leaf=16; uplinks=16; routing=ecmp; ecmp_paths=4; " CHIP UP, 1024,
     LL_SYNTHETIC_UNIFORM, 5e4},
    {"clos", "size=1024; hosts_per_leaf=16; uplinks=8; " CHIP UP, 1024, LL_SYNTHETIC_PERMUTATION,
     1.5e5},
    {"clos", "size=8192; hosts_per_leaf=16; uplinks=16; " CHIP UP, 8192, LL_SYNTHETIC_PERMUTATION,
     1e5}};

static const struct {
    double window; /* in bandwidth-delay products */
    const char *text;
} settings[N_SETTING] = {{1, ""},
                         {0.5, "buffer_packets=16; "},
                         {2, "buffer_packets=3; virtual_lanes=4; "},
                         {1, "buffer_packets=8; virtual_lanes=3; switching=store_forward; "},
                         {4, "switching=store_forward; paths=hash; ack=64 B; "},
                         {2, "paths=adaptive; "},
                         {1, "paths=adaptive; buffer_packets=5; virtual_lanes=4; "},
                         {1, "loss=0.01; buffer_packets=6; virtual_lanes=4; "},
                         {2, "loss=0.01; retransmission=go_back_n; seed=3; "},
                         {1, "virtual_lanes=4; " E2E},
                         {2, "buffer_packets=4; overflow=drop; retransmission=go_back_n; " E2E}};

static const uint64_t record[N_FABRIC][N_SETTING] = {
    {0x0b4e72a6723c62, 0x11840e101436b9, 0x145f0c198f6135, 0x198eb7e5b0b1d6, 0x1919da4d4fe976,
     0x0b4e72a6723c62, 0x04eb2e11429eeb, 0x1612631268a570, 0x00bf4b13a9ac06, 0x0d7f6bbfd47c8a,
     0x0c7b61b610d40b},
    {0x08f74c3e20e02b, 0x1654f424bcad87, 0x0339bdfc6031ee, 0x1e730e5676c2f8, 0x0901cc243acbcf,
     0x05dd1d9795d1fa, 0x13a1ee3efa1b5b, 0x0b1fb0a95a5296, 0x11cccbcba2f113, 0x192f76edb6150a,
     0x099baa5f1aad56},
    {0x020ac0e7bc763c, 0x1d956601fe3110, 0x1dd8d01e9f8faa, 0x1cc5d0e69ca891, 0x19baa7f8accca3,
     0x02ae526709c0be, 0x1d94cabf0ecec0, 0x046b6148eed195, 0x03b135883ae6e7, 0x023cab3c348c44,
     0x0799cf3a617eb1},
    {0x0938e6ab74321b, 0x14a3b43f257f85, 0x003643577502a8, 0x1d018cb0aa899b, 0x13cab8ad8ec46b,
     0x0df91045608d31, 0x162a724ba9359f, 0x19fa091febedcf, 0x16ca4431da2be6, 0x04c4e33f207222,
     0x003fe013675ae8},
    {0x161440c05fbb65, 0x10a86c9ae1dff4, 0x02949a306624dc, 0x1404e91687aa39, 0x173fe481c6afa5,
     0x0b91c86ec18353, 0x0dbda72184b5c6, 0x08914043b9aa36, 0x065f8c6a8a43db, 0x062e346f6cd52f,
     0x13b0a2d4b645a0}};

int main(void)
{
    MPI_Init(NULL, NULL);
    ll_arena *mem = ll_arena_create("test");
    const MPI_Comm world = MPI_COMM_WORLD;
    ll_comm *comm = ll_comm_create(&world, mem);
    for (int f = 0; f < N_FABRIC; f++) {
        const ll_topology *topo = topology_must(mem, fabrics[f].type, fabrics[f].text);
        const ll_traffic t =
            ll_synthetic_traffic(fabrics[f].traffic, fabrics[f].n_chip, fabrics[f].size_B, 1, mem);
        for (int s = 0; s < N_SETTING; s++) {
            const test_engine packet = engine_make(
                mem, "packet",
                ll_arena_printf(mem, "state_hash=end; packets_per_flow=0; %s", settings[s].text));
            const ll_wire wire = {
                .packet_B = 4096, .kappa = 0.05, .window_bdp = settings[s].window};
            const ll_price p = price_make(packet, topo, wire, 1, &t, comm);
            const uint64_t hash = (uint64_t)ll_price_fact(&p, "state_hash");
            CHECK(hash == record[f][s], "record[%d][%d], '%s' on %s of %d chips: 0x%014llx", f, s,
                  settings[s].text, fabrics[f].type, fabrics[f].n_chip, (unsigned long long)hash);
        }
    }
    ll_comm_destroy(comm);
    ll_arena_destroy(mem);
    MPI_Finalize();
    return LL_CHECK_RESULT;
}
