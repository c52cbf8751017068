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
    {0x04d02e5e54f8b8, 0x0a6d41f481bfa8, 0x1fe2a5c19aaadb, 0x0d066ec47d8560, 0x017f9d5cb64501,
     0x1d9f1ec3041ea9, 0x08f2ca33df1cdb, 0x0c95ce7c6321bc, 0x1c980ecb02a31e, 0x1c2a615a161dc6,
     0x1003fe9a6ae442},
    {0x1c026f937088f0, 0x1d5a6cc422cfb2, 0x0823eb76f612b9, 0x02f5c82157aac7, 0x05a58516bc3a70,
     0x19b22eefe8f6d7, 0x170b24531561ad, 0x1dcd0b9bc7414c, 0x03cd137cac82e7, 0x17c2e06829ae0f,
     0x1b31e0f9b52c11},
    {0x0b1ee116515dce, 0x13423b6f77b3c4, 0x1e8489edd979c4, 0x00a29404d79cbd, 0x0d6f3d66c0b8b3,
     0x0f0f27beecd467, 0x0f3af8828ac105, 0x023a6419aa8673, 0x1bb92839c118ed, 0x162f0503453d0f,
     0x0dc5f1fee89ad3},
    {0x1ed374aaf741e9, 0x03d365fa9e81a3, 0x179ed15abd6ef8, 0x11791ff4c980d9, 0x14a82052549c58,
     0x088644900c2752, 0x1d5ff11b8a0275, 0x18ac594c24f61d, 0x0044b5b600fb1f, 0x1ff52380020cef,
     0x11d2c704a4d352}};

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
