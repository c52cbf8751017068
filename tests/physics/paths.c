/* How packets of the packet engine choose among paths, against times by hand.
 *
 * Everywhere: links of 100 GB/s and L = 500 ns a hop; packets of 4000 B, which take s = 40,000 ps
 * (so L = 12.5 s); acknowledgements of 10 B. */
#include "sim/engine/packet/need.h"
#include "tests/support/check.h"
#include "tests/support/engine_make.h"
#include "topology/edgelist.h"

#include <mpi.h>
#include <stdlib.h>
#include <string.h>

#define LINK "bandwidth=100 GB/s; latency=500 ns"
#define ALL  "ack=10 B; packets_per_flow=0; "

static const double L = 500e-9, S = 40e-9;

typedef struct env {
    ll_arena *mem;
    ll_comm *comm;
} env;

static ll_wire wire(double window_packets)
{
    return (ll_wire){.packet_B = 4000, .kappa = 0.05, .window_B = 4000 * window_packets};
}

/* When the last of the flows has ended; windows of w packets. */
static double end_s(const env *e, const char *text, const ll_topology *topo, double w, ll_traffic t)
{
    const test_engine packet =
        engine_make(e->mem, "packet", ll_arena_printf(e->mem, ALL "%s", text));
    return price_make(packet, topo, wire(w), 1, &t, e->comm).end_s[0];
}

/* Half-way round a ring of 4 there are two paths. Flow A goes from 0 to 2, over links 0 1 or 4 7;
 * flow B from 1 to 3, over 1 2 or 5 4: if both go up, link 1 has both, if both go down, link 4. 100
 * packets each, all in flight at once. Apart, each takes 100 s and two latencies. Together, on link
 * 1, B's packets are there at time 0 and A's from L on, and A's last one has left after 200 s:
 * twice the time. Which of the two it is depends on the seed. In turn (spray), and by queues
 * (adaptive), each path has 50 packets of each flow: link 1 is busy with B's for 50 s, then with
 * A's, which have been there since L, for 50 s more. */
static void check_hash(const env *e)
{
    const ll_topology *ring = topology_must(e->mem, "ring", "size=4; " LINK);
    const int32_t src[] = {0, 1}, dst[] = {2, 3};
    const double size[] = {100 * 4000, 100 * 4000};
    const ll_traffic t = list_make(2, src, dst, size);
    int n_apart = 0, n_together = 0;
    for (int seed = 1; seed <= 16; seed++) {
        const double end =
            end_s(e, ll_arena_printf(e->mem, "paths=hash; seed=%d", seed), ring, 100, t);
        n_apart += fabs(end - (2 * L + 100 * S)) < 1e-13;
        n_together += fabs(end - (L + 200 * S)) < 1e-13;
    }
    CHECK(n_apart + n_together == 16 && n_apart > 0 && n_together > 0, "%d apart, %d together",
          n_apart, n_together);
    CHECK_NEAR(end_s(e, "paths=spray", ring, 100, t), L + 100 * S, 1e-9);
    CHECK_NEAR(end_s(e, "paths=adaptive", ring, 100, t), L + 100 * S, 1e-9);
}

/* One flow of 1000 packets from 0 to 2, 100 in flight, link 0 at half its rate. In turn: 500
 * packets on each path, and the slow one, never idle, takes 2 s for each: 1000 s and two latencies.
 * By queues: 1 + 1/2 packets per s, so 1000 packets in 667 s. The queues are known as they were a
 * window (12.5 s) before, and a packet that joins the slow one last takes twice as long as it
 * seemed: some 40 s more in all. */
static void check_slow_path(const env *e)
{
    const ll_topology *ring = topology_must(e->mem, "ring", "size=4; " LINK);
    const ll_topology *slow = topology_degraded(e->mem, ring, "0:0.5");
    const int32_t src = 0, dst = 2;
    const double size = 1000 * 4000;
    const ll_traffic t = list_make(1, &src, &dst, &size);
    const double adaptive = end_s(e, "paths=adaptive", slow, 100, t);
    CHECK_NEAR(end_s(e, "paths=spray", slow, 100, t), 2 * L + 1000 * S, 1e-9);
    CHECK(adaptive > 2 * L + 666 * S && adaptive < 2 * L + 710 * S, "%g s = %g packets", adaptive,
          (adaptive - 2 * L) / S);
}

/* Two leaves of 4 hosts and 4 spines, written out as an edge list, so that every pair has 4 paths.
 * Each host of leaf 0 sends n packets to leaf 1, and one of the leaf's 4 uplinks has half its rate.
 * In turn, it gets n packets, a quarter of all, and takes 2 n s. By queues, 4 n packets leave over
 * 3.5 uplinks: 8/7 n s. The factor between them is 1.75; two of four queues at a time, known a
 * window late, reach it to within a tenth. */
static void check_slow_uplink(const env *e)
{
    enum { N = 2000 };
    char file[] = "/tmp/lineloss_paths_XXXXXX";
    const int fd = mkstemp(file);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    LL_ASSERT(out, "cannot write %s", file);
    ll_edgelist_write(topology_must(e->mem, "clos",
                                    "size=8; hosts_per_leaf=4; uplinks=4; routing=dmodk; "
                                    "uplink_bandwidth=100 GB/s; uplink_latency=500 ns; " LINK),
                      out);
    fclose(out);
    const ll_topology *clos =
        topology_must(e->mem, "custom", ll_arena_printf(e->mem, "dimensions=none; file=%s", file));
    remove(file);
    CHECK(clos->type->n_path(clos, 0, 4) == 4, "%d paths", clos->type->n_path(clos, 0, 4));
    /* Links 0 .. 15 are the hosts', up and down; 16 .. 19 go up from leaf 0. */
    const ll_topology *slow = topology_degraded(e->mem, clos, "17:0.5");
    const int32_t src[] = {0, 1, 2, 3}, dst[] = {4, 5, 6, 7};
    const double size[] = {N * 4000.0, N * 4000.0, N * 4000.0, N * 4000.0};
    const ll_traffic t = list_make(4, src, dst, size);
    const double spray = end_s(e, "paths=spray", slow, 200, t);
    const double adaptive = end_s(e, "paths=adaptive", slow, 200, t);
    CHECK(spray > 2 * N * S && spray < 1.02 * 2 * N * S + 4 * L, "%g s = %g n", spray,
          spray / (N * S));
    CHECK(adaptive > 8.0 / 7 * N * S && adaptive < 1.1 * 8 / 7 * N * S, "%g s = %g n", adaptive,
          adaptive / (N * S));
}

/* A packet that waits for a credit counts as a queue, though its link is idle. Flow A sends 1000
 * packets from 0 to 2, over 1 or over 3; flow B from 1 to 2 keeps 200 packets in the queue of link
 * 1, where at most 60 of A have a place. In turn, A has 60 of 260 places there, one packet of it
 * leaves every 4.3 s, and 500 take 2170 s. Link 0 stands still meanwhile; by queues, all but what
 * waits there goes over 3: little more than 1000 s. */
static void check_blocked(const env *e)
{
    const ll_topology *ring = topology_must(e->mem, "ring", "size=4; " LINK);
    const int32_t src[] = {0, 1}, dst[] = {2, 2};
    const double size[] = {1000 * 4000, 4000 * 4000};
    const ll_traffic t[2] = {list_make(1, src, dst, size),
                             list_make(1, src + 1, dst + 1, size + 1)};
    double end[2];
    for (int i = 0; i < 2; i++) {
        const test_engine packet =
            engine_make(e->mem, "packet",
                        ll_arena_printf(e->mem, ALL "buffer_packets=60; virtual_lanes=2; paths=%s",
                                        i ? "adaptive" : "spray"));
        end[i] = price_make(packet, ring, wire(200), 2, t, e->comm).end_s[0];
    }
    CHECK(fabs(end[0] - 2170 * S) < 0.1 * 2170 * S, "in turn: %g packets", end[0] / S);
    CHECK(end[1] > 1000 * S && end[1] < 1300 * S, "by queues: %g packets", end[1] / S);
}

/* A balanced dragonfly of 72 chips, a = 4 = 2p = 2h, so 8 chips of a group share the link to the
 * next. Everyone sends N = 800 packets to the next group, 100 in flight: minimal 8 N s; over all
 * detours the busiest link has the bytes of 2 (8 / 7) chips (tests/unit/test_routers.c), 16
 * / 7 N s. By queues packets take both, so it is far from the first and not faster than the second
 * by more than the direct link adds. Within a group, and alone, all packets go the minimal way. */
static void check_ugal(const env *e)
{
    enum { N = 800, N_CHIP = 72 };
    const ll_topology *topo[3];
    static const char *const routing[] = {"minimal", "valiant", "ugal"};
    int32_t src[N_CHIP], dst[N_CHIP];
    double size[N_CHIP], end[3];
    for (int i = 0; i < N_CHIP; i++) {
        src[i] = i;
        dst[i] = (i + 8) % N_CHIP;
        size[i] = 4000 * N;
    }
    for (int r = 0; r < 3; r++) {
        topo[r] = topology_must(
            e->mem, "dragonfly",
            ll_arena_printf(e->mem,
                            "hosts_per_router=2; routers_per_group=4; global_links=2; routing=%s; "
                            "local_bandwidth=100 GB/s; local_latency=500 ns; "
                            "global_bandwidth=100 GB/s; global_latency=500 ns; " LINK,
                            routing[r]));
        end[r] = end_s(e, "", topo[r], 100, list_make(N_CHIP, src, dst, size)) / (N * S);
    }
    CHECK(end[0] > 8 && end[0] < 8.2, "minimal %g", end[0]);
    CHECK(end[1] > 16.0 / 7 && end[1] < 2.7, "valiant %g", end[1]);
    CHECK(end[2] > 2 && end[2] < 3, "ugal %g", end[2]);
    for (int r = 0; r < 3; r += 2) {
        const ll_traffic alone = list_make(1, src, dst, size);
        const ll_traffic inside = list_make(1, src, (int32_t[]){6}, size);
        CHECK_NEAR(end_s(e, "", topo[r], 10, alone), end_s(e, "", topo[0], 10, alone), 1e-12);
        CHECK_NEAR(end_s(e, "", topo[r], 10, inside), end_s(e, "", topo[0], 10, inside), 1e-12);
    }
}

static void check_refused(const env *e, const ll_topology *topo, ll_traffic t, const char *text,
                          const char *want)
{
    const ll_phase phase = {.n_traffic = 1, .traffic = &t};
    const ll_problem problem = {topo, wire(10), 1, &phase};
    ll_error err;
    ll_price p;
    ll_error_init(&err);
    const test_engine packet = engine_make(e->mem, "packet", text);
    const ll_status got =
        ll_engine_solve(packet.type, &problem, packet.param, e->comm, e->mem, &p, &err);
    CHECK(want == NULL ? got == LL_OK : got == LL_ERR_RUN && strstr(err.text, want),
          "'%s': status %d, %s", text, (int)got, err.text);
}

/* One bit for which of two paths leaves 23 of 24 for sequence numbers. */
static void check_numbers(const env *e)
{
    const ll_topology *ring = topology_must(e->mem, "ring", "size=4; " LINK);
    const int32_t src = 0, dst = 2;
    const double size = 4000.0 * ((1 << 23) + 1);
    const ll_traffic t = list_make(1, &src, &dst, &size);
    check_refused(e, ring, t, ALL "paths=adaptive", "8.38861e+06 are possible with so many paths");
}

/* Everyone to everyone among n on a switch: 2 hops there, 2 back. On one rank a flow is two
 * cache lines (48 bytes, and 8 for each hop), 4 for its place: 132, and 10 packets in flight of 64:
 * 772 bytes. */
static void check_memory(const env *e)
{
    const ll_topology *small = topology_must(e->mem, "switch", "size=24; " LINK);
    const ll_topology *large = topology_must(e->mem, "switch", "size=8192; " LINK);
    const ll_traffic few = traffic_make(LL_PATTERN_ALL, 24, 0, 40000);
    const ll_traffic many = traffic_make(LL_PATTERN_ALL, 8192, 0, 40000);
    const ll_phase phase[] = {{.n_traffic = 1, .traffic = &few},
                              {.n_traffic = 1, .traffic = &many}};
    const ll_problem problem = {large, wire(10), 2, phase};
    const test_engine packet = engine_make(e->mem, "packet", "");
    const ll_packet_place one = {0, 1, 1, NULL}, two = {0, 2, 2, NULL}, apart = {0, 2, 1, NULL};
    double n_flow, half;
    CHECK_NEAR(ll_packet_need_B(&problem, &phase[1], packet.param, &one, &n_flow),
               8192.0 * 8191 * 772, 1e-12);
    CHECK_NEAR(n_flow, 8192.0 * 8191, 1e-12);
    /* Two ranks: about half of the flows cross from one to the other, and both keep them. */
    half = ll_packet_need_B(&problem, &phase[1], packet.param, &apart, &n_flow);
    CHECK_NEAR(half, 8192.0 * 8191 * (1.5 * 132 + 640) / 2, 0.02);
    CHECK_NEAR(ll_packet_need_B(&problem, &phase[1], packet.param, &two, &n_flow), 2 * half, 1e-12);
    check_refused(e, small, few, "memory=1 MB", NULL);
    check_refused(e, small, few, "memory=100 kB", "552 flows at once take about 0.000");
    check_refused(e, large, many, "memory=8 GB", "6.71e+07 flows at once take about");
}

int main(void)
{
    MPI_Init(NULL, NULL);
    ll_arena *mem = ll_arena_create("test");
    const MPI_Comm world = MPI_COMM_WORLD;
    const env e = {mem, ll_comm_create(&world, mem)};
    check_hash(&e);
    check_slow_path(&e);
    check_slow_uplink(&e);
    check_blocked(&e);
    check_ugal(&e);
    check_numbers(&e);
    check_memory(&e);
    ll_comm_destroy(e.comm);
    ll_arena_destroy(mem);
    MPI_Finalize();
    return LL_CHECK_RESULT;
}
