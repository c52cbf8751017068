/* What the packet engine says of small cases that can be followed by hand, to the picosecond.
 *
 * Everywhere: links of 100 GB/s, that is 10 ps per byte, and 500 ns per hop; packets of 4000 B,
 * which take s = 40,000 ps; acknowledgements of 10 B, which take 100 ps. L = 500,000 ps.
 * Cut-through: the first byte goes on after L, the last one lands s after the first. A window of
 * time is L long. */
#include "sim/engine/packet/net.h"
#include "tests/support/check.h"
#include "tests/support/engine_make.h"

#include <mpi.h>
#include <string.h>

#define LINK "bandwidth=100 GB/s; latency=500 ns"
#define ALL  "ack=10 B; packets_per_flow=0; "

enum { L = 500000, S = 40000, ACK = 100, MAX_FLOW = 16 };

typedef struct env {
    ll_arena *mem;
    ll_comm *comm;
} env;

static ll_wire wire(double window_packets)
{
    return (ll_wire){.packet_B = 4000, .kappa = 0.05, .window_B = 4000 * window_packets};
}

static ll_topology *make(const env *e, const char *type, int n)
{
    return topology_must(e->mem, type, ll_arena_printf(e->mem, "size=%d; " LINK, n));
}

static int64_t in_ps(double s) { return (int64_t)llround(s * 1e12); }

/* End of one flow alone, in picoseconds. */
static int64_t lone_ps(const env *e, const char *engine, const ll_topology *topo, ll_wire w,
                       int32_t dst, double size_B)
{
    const int32_t src = 0;
    const ll_traffic t = list_make(1, &src, &dst, &size_B);
    const test_engine packet = engine_make(e->mem, "packet", engine);
    return in_ps(price_make(packet, topo, w, 1, &t, e->comm).end_s[0]);
}

#define CHECK_PS(got, want)                                                                       \
    do {                                                                                          \
        const int64_t got_ = (got), want_ = (want);                                               \
        CHECK(got_ == want_, "%s = %lld ps, want %lld", #got, (long long)got_, (long long)want_); \
    } while (0)

/* h hops: the first byte arrives after h L, the last one s later; stored in each hop: h (L + s). */
static void check_one_packet(const env *e)
{
    const ll_topology *line = make(e, "line", 6);
    for (int32_t h = 1; h < 6; h++) {
        CHECK_PS(lone_ps(e, ALL, line, wire(8), h, 4000), h * L + S);
        CHECK_PS(lone_ps(e, ALL "switching=store_forward", line, wire(8), h, 4000), h * (L + S));
    }
    CHECK_PS(lone_ps(e, ALL, line, wire(8), 1, 1), L + 10);
}

/* Leaf to spine and back at half the rate, so 2 s on the two middle hops. Into the slow link the
 * first byte goes at once; into the last, fast one it has to wait for s, so that the last byte can
 * follow. */
static void check_speeds(const env *e)
{
    const ll_topology *clos =
        topology_must(e->mem, "clos",
                      "size=4; hosts_per_leaf=2; uplinks=1; uplink_bandwidth=50 GB/s; "
                      "uplink_latency=500 ns; " LINK);
    CHECK_PS(lone_ps(e, ALL, clos, wire(8), 2, 4000), 4 * L + 2 * S);
    CHECK_PS(lone_ps(e, ALL "switching=store_forward", clos, wire(8), 2, 4000), 4 * L + 6 * S);
    /* Latencies longer than the longest window (2^30 ps): 5 ms a hop. */
    const ll_topology *far =
        topology_must(e->mem, "line", "size=3; bandwidth=100 GB/s; latency=5 ms");
    CHECK_PS(lone_ps(e, ALL, far, wire(8), 2, 4000), 10000000000 + S);
    CHECK_PS(lone_ps(e, ALL, far, wire(1), 2, 8000), 3 * 10000000000 + 2 * S + ACK);
}

/* n packets in a row leave every s, each ready for its turn on every hop: h L + n s. The last may
 * be short. On 4 lanes a packet may start every s / 4 and takes s. */
static void check_back_to_back(const env *e)
{
    CHECK_PS(lone_ps(e, ALL, make(e, "line", 4), wire(100), 3, 20 * 4000), 3 * L + 20 * S);
    CHECK_PS(lone_ps(e, ALL, make(e, "line", 4), wire(100), 3, 10000), 3 * L + 2 * S + S / 2);
    const ll_topology *wide = topology_must(e->mem, "switch", "size=2; links=4; " LINK);
    CHECK_PS(lone_ps(e, ALL, wide, wire(100), 1, 20 * 4000), 2 * L + 19 * (S / 4) + S);
}

/* n packets from each of two senders: the link to the receiver is busy from L on, for 2 n s. */
static void check_two_senders(const env *e)
{
    const int32_t src[2] = {1, 2}, dst[2] = {0, 0};
    const test_engine packet = engine_make(e->mem, "packet", ALL);
    for (int n = 1; n <= 16; n *= 4) {
        const double size[2] = {n * 4000, n * 4000};
        const ll_traffic t = list_make(2, src, dst, size);
        const ll_price p = price_make(packet, make(e, "switch", 3), wire(100), 1, &t, e->comm);
        CHECK_PS(in_ps(p.end_s[0]), 2 * L + 2 * n * S);
        CHECK_NEAR(p.latency_s[0], 1e-6, 1e-12);
        /* Up, down and the acknowledgements' up and down: 2 n packets, 4 hops each. */
        CHECK(ll_price_fact(&p, "n_packet_hop") == 8 * n, "%lld hops",
              (long long)ll_price_fact(&p, "n_packet_hop"));
    }
}

/* 100 senders to a receiver of their own each, 1 to 100 packets: flow n ends at 2 L + n s. Of 100,
 * the 50th in order of time is the median, and the 99th the P99. */
static void check_spread(const env *e)
{
    enum { N = 100 };
    int32_t src[N], dst[N];
    double size_B[N];
    for (int i = 0; i < N; i++) {
        src[i] = i;
        dst[i] = N + i;
        size_B[i] =
            4000 * (1 + 37 * i % N); /* 37 and 100 have no divisor in common: all of 1 to 100 */
    }
    const ll_traffic t = list_make(N, src, dst, size_B);
    const ll_price p = price_make(engine_make(e->mem, "packet", ALL), make(e, "switch", 2 * N),
                                  wire(200), 1, &t, e->comm);
    CHECK_PS(in_ps(p.flow[0].min_s), 2 * L + S);
    CHECK_PS(in_ps(p.flow[0].median_s), 2 * L + 50 * S);
    CHECK_PS(in_ps(p.flow[0].p99_s), 2 * L + 99 * S);
    CHECK_PS(in_ps(p.flow[0].max_s), 2 * L + 100 * S);
}

/* One packet in flight: it lands 2 L + s after it has left, its acknowledgement 2 L + 10 B later,
 * and then the next one leaves. With two, they go in pairs, the second s after the first. */
static void check_window(const env *e)
{
    const ll_topology *star = make(e, "switch", 2);
    const int64_t round = 4 * L + S + ACK;
    CHECK_PS(lone_ps(e, ALL, star, wire(1), 1, 5 * 4000), 4 * round + 2 * L + S);
    CHECK_PS(lone_ps(e, ALL, star, wire(2), 1, 6 * 4000), 2 * round + 2 * L + 2 * S);
    /* With a window of 1.5 packets a second one leaves, whole. */
    CHECK_PS(lone_ps(e, ALL, star, wire(1.5), 1, 6 * 4000), 2 * round + 2 * L + 2 * S);
}

/* Chips 0 -> 1 -> 2, room for one packet at chip 1. Packet 0 reaches it at L and has left it at L +
 * s. Chip 0 would know at 2 L + s and may use the place from the next window on, at 3 L. Packet 1
 * leaves then, and packet 2 at 6 L. With room for two, packets 0 and 1 leave at 0 and s, and both
 * places are known to be free by 3 L: 2 and 3 leave then. */
static void check_credits(const env *e)
{
    const ll_topology *line = make(e, "line", 3);
    CHECK_PS(lone_ps(e, ALL "buffer_packets=1; virtual_lanes=1", line, wire(100), 2, 3 * 4000),
             6 * L + 2 * L + S);
    CHECK_PS(lone_ps(e, ALL "buffer_packets=2; virtual_lanes=1", line, wire(100), 2, 4 * 4000),
             3 * L + 2 * L + 2 * S);
    /* Enough for the round trip of a credit, which is at most 3 L + s = 38.5 s: no stall at all. */
    CHECK_PS(lone_ps(e, ALL "buffer_packets=39; virtual_lanes=1", line, wire(100), 2, 100 * 4000),
             2 * L + 100 * S);
}

/* Chip 6 sends a packet to chip 2 and then one to chip 3, with room for one packet per lane at the
 * switch; packets of 40,000 B take 10 s = 400,000 ps = 0.8 L. If chips 0 and 1 send to chip 2 as
 * well, theirs go first (lower flows): the first packet leaves the switch at L + 1.6 L instead of
 * L. Its last byte is out 0.8 L later; the news takes L. So with one lane the second packet leaves
 * at
 *     L + 0.8 L + L = 2.8 L, that is 3 L      with chip 2 free
 *     L + 1.6 L + 0.8 L + L = 4.4 L, so 5 L   with chip 2 busy
 * although it goes elsewhere: it is blocked by the head of the line. With two lanes (2 is even, 3
 * odd) it leaves at 0.8 L in both. It lands 2 L + 0.8 L after it has left. */
static void check_head_of_line(const env *e)
{
    const int32_t src[4] = {6, 0, 1, 6}, dst[4] = {2, 2, 2, 3};
    const double size[4] = {40000, 40000, 40000, 40000};
    const ll_wire w = {.packet_B = 40000, .kappa = 0.05, .window_B = 40000 * 100};
    const int64_t leaves[2][2] = {{3 * L, 5 * L}, {4 * L / 5, 4 * L / 5}};
    for (int lanes = 1; lanes <= 2; lanes++)
        for (int busy = 0; busy < 2; busy++) {
            const ll_traffic t[2] = {list_make(busy ? 3 : 1, src, dst, size),
                                     list_make(1, src + 3, dst + 3, size)};
            const test_engine packet = engine_make(
                e->mem, "packet",
                ll_arena_printf(e->mem, ALL "buffer_packets=1; virtual_lanes=%d", lanes));
            const ll_price p = price_make(packet, make(e, "switch", 7), w, 2, t, e->comm);
            CHECK_PS(in_ps(p.end_s[1]), leaves[lanes - 1][busy] + 2 * L + 4 * L / 5);
        }
}

/* Ring of 7, everyone three hops ahead, room for one packet: each holds the place behind its first
 * link and waits for the one behind the next, which is held likewise. A second lane breaks the
 * circle. */
static void check_circle(const env *e)
{
    const ll_traffic t = traffic_make(LL_PATTERN_SHIFT, 7, 3, 10 * 4000);
    const ll_phase phase = {.n_traffic = 1, .traffic = &t};
    const ll_problem problem = {make(e, "ring", 7), wire(10), 1, &phase};
    ll_error err;
    ll_price p;
    ll_error_init(&err);
    const test_engine one = engine_make(e->mem, "packet", ALL "buffer_packets=1; virtual_lanes=1");
    const ll_status status =
        ll_engine_solve(one.type, &problem, one.param, e->comm, e->mem, &p, &err);
    CHECK(status == LL_ERR_RUN && strstr(err.text, "in a circle for buffers of 7 links") &&
              strstr(err.text, "0 (node 0 to 1)") && strstr(err.text, "70 have not arrived") &&
              strstr(err.text, "2 virtual lanes"),
          "status %d: %s", (int)status, err.text);
    const test_engine two = engine_make(e->mem, "packet", ALL "buffer_packets=1; virtual_lanes=2");
    p = price_make(two, problem.topo, problem.wire, 1, &t, e->comm);
    CHECK(p.end_s[0] > 3 * L * 1e-12, "%g s", p.end_s[0]);
    CHECK(ll_price_fact(&p, "n_packet_hop") == 70 * 6, "%lld hops",
          (long long)ll_price_fact(&p, "n_packet_hop"));
}

/* The first seed with which link 0 damages packet 3 of 100 of the only flow once, and no other;
 * data packets are at hop 0. */
static uint64_t seed_for_one(double frac)
{
    for (uint64_t seed = 0;; seed++) {
        const ll_damage damage = {.frac = frac, .seed = seed};
        int n_right = 0;
        for (uint32_t k = 0; k < 100; k++)
            n_right += ll_damage_count(&damage, 0, 0, k << LL_PACKET_HOP_BITS) == (k == 3);
        if (n_right == 100) return seed;
    }
}

/* One hop; packet 3 leaves at 3 s and is damaged. D = s + 2 L later it leaves again, and lands at 3
 * s + D + s + L = 5 s + 3 L. Selective: the others have waited for one more packet, so the last of
 * n lands at (n + 1) s + L. Go-back-n: everything from packet 3 on is D later: n s + L + D. */
static void check_loss(const env *e)
{
    const ll_topology *line = make(e, "line", 2);
    const char *const with = ll_arena_printf(e->mem, ALL "loss=0.01; seed=%llu; ",
                                             (unsigned long long)seed_for_one(0.01));
    const char *const back = ll_arena_printf(e->mem, "%sretransmission=go_back_n", with);
    CHECK_PS(lone_ps(e, ALL, line, wire(100), 1, 10 * 4000), 10 * S + L);
    CHECK_PS(lone_ps(e, with, line, wire(100), 1, 10 * 4000), 5 * S + 3 * L);
    CHECK_PS(lone_ps(e, with, line, wire(100), 1, 100 * 4000), 101 * S + L);
    CHECK_PS(lone_ps(e, back, line, wire(100), 1, 10 * 4000), 11 * S + 3 * L);
    CHECK_PS(lone_ps(e, back, line, wire(100), 1, 100 * 4000), 101 * S + 3 * L);
}

/* Half-way round a ring of 4 there are two paths: up over links 0 and 1, down over 4 and 7. 10
 * packets take them in turn: 5 s on each. Without link 1 all go down. With a quarter of its
 * bandwidth, link 0 takes 4 s for each of its 5. */
static void check_rates(const env *e)
{
    const ll_topology *ring = make(e, "ring", 4);
    const ll_topology *cut = topology_degraded(e->mem, ring, "1:0");
    const ll_topology *slow = topology_degraded(e->mem, ring, " 0:0.25 ");
    CHECK_PS(lone_ps(e, ALL, ring, wire(100), 2, 10 * 4000), 2 * L + 5 * S);
    CHECK_PS(lone_ps(e, ALL, cut, wire(100), 2, 10 * 4000), 2 * L + 10 * S);
    CHECK_PS(lone_ps(e, ALL, slow, wire(100), 2, 10 * 4000), 2 * L + 20 * S);
}

/* One flow of 4096 packets, 20 in flight. In a steady flow the rounds repeat: 20 packets every R =
 * 4 L + s + ack (they take 20 s = 0.8 M ps to leave, less than R = 2.04 M). At most 256 packets are
 * wanted, made up to four times a whole number of rounds: 320. t(1) = 15 R + 20 s + 2 L, t(1/2) = 7
 * R + ... (and t(1/4) = 3 R + ...), so the end is t(1) + (4096/320 - 1) 2 (8 R) = (15 + 188.8) R +
 * ... In truth packet 4095 is the 16th of round 204 and ends at 204 R + 16 s + 2 L. */
static void check_extrapolation(const env *e)
{
    const ll_topology *star = make(e, "switch", 2);
    const int32_t src = 0, dst = 1;
    const double size_B = 4096 * 4000;
    const ll_traffic t = list_make(1, &src, &dst, &size_B);
    const ll_price whole =
        price_make(engine_make(e->mem, "packet", ALL), star, wire(20), 1, &t, e->comm);
    const ll_price part =
        price_make(engine_make(e->mem, "packet", "ack=10 B; packets_per_flow=256"), star, wire(20),
                   1, &t, e->comm);
    CHECK(!(ll_price_fact(&whole, "simulated_frac") < 1) &&
              ll_price_fact(&whole, "n_packet_hop") == 4 * 4096,
          "%g", ll_price_fact(&whole, "simulated_frac"));
    const int64_t round = 4 * L + S + ACK;
    CHECK_PS(in_ps(whole.end_s[0]), 204 * round + 16 * S + 2 * L);
    CHECK_NEAR(part.end_s[0], ((15 + 188.8) * (double)round + 20 * S + 2 * L) * 1e-12, 1e-12);
    CHECK_NEAR(ll_price_fact(&part, "simulated_frac"), 320.0 / 4096, 1e-12);
    CHECK(ll_price_fact(&part, "n_packet_hop") == 4 * (80 + 160 + 320), "%lld hops",
          (long long)ll_price_fact(&part, "n_packet_hop"));
    CHECK_NEAR(part.end_s[0], whole.end_s[0], 1e-3);
    /* No bend. Parts end with whole windows, all of it four fifths into one of its 204.8: a fifth
     * of a window, that is 4 packets; and 2 + 4 (4096/320 - 1) = 49.2 packets; of 4096. */
    CHECK_NEAR(ll_price_fact(&part, "batch_err_frac"), (4 + 49.2) / 4096, 1e-6);
    CHECK(fabs(part.end_s[0] / whole.end_s[0] - 1) <= ll_price_fact(&part, "batch_err_frac"),
          "error beyond its bound");
}

int main(void)
{
    MPI_Init(NULL, NULL);
    ll_arena *mem = ll_arena_create("test");
    const MPI_Comm world = MPI_COMM_WORLD;
    const env e = {mem, ll_comm_create(&world, mem)};
    check_one_packet(&e);
    check_speeds(&e);
    check_back_to_back(&e);
    check_two_senders(&e);
    check_spread(&e);
    check_window(&e);
    check_credits(&e);
    check_head_of_line(&e);
    check_circle(&e);
    check_loss(&e);
    check_rates(&e);
    check_extrapolation(&e);
    ll_comm_destroy(e.comm);
    ll_arena_destroy(mem);
    MPI_Finalize();
    return LL_CHECK_RESULT;
}
