/* What losing one packet costs when its source sends it again, by hand, to the picosecond.
 *
 * Everywhere, as in packet.c: links of 100 GB/s, that is 10 ps per byte, and L = 500 ns per hop;
 * packets of 4000 B, which take S = 40,000 ps; answers of 10 B, which take ACK = 100 ps. All
 * packets are sent at 0, so packet k leaves at k S. The timeout is T = 320 us. A window of time is
 * L long.
 *
 * Which packets are damaged is drawn; each case lists what the links send at what time, as it is
 * said by hand, and takes the first seed that damages the ones named and none of the others. If the
 * engine did anything else, or at another time, it would meet other draws. */
#include "sim/engine/packet/net.h"
#include "tests/support/check.h"
#include "tests/support/engine_make.h"

#include <mpi.h>
#include <string.h>

enum { L = 500000, S = 40000, ACK = 100, MAX_SENT = 64 };

typedef struct env {
    ll_arena *mem;
    ll_comm *comm;
} env;

/* What links send: the packet at `order` begins at start_ps on `link`. */
typedef struct sent {
    int n;
    struct {
        int64_t link, start_ps;
        uint32_t order;
        bool damaged;
    } one[MAX_SENT];
} sent;

static void say(sent *all, int64_t link, uint32_t order, int64_t start_ps, bool damaged)
{
    LL_ASSERT(all->n < MAX_SENT, "n = %d", all->n);
    all->one[all->n].link = link;
    all->one[all->n].order = order;
    all->one[all->n].start_ps = start_ps;
    all->one[all->n++].damaged = damaged;
}

static uint32_t at_hop(uint32_t seq, uint32_t hop) { return seq << LL_PACKET_HOP_BITS | hop; }

/* On a line of two chips: data over link 0, hop 0; answers over link 1, hop 1. */
static void data(sent *all, uint32_t seq, int64_t ps, bool damaged)
{
    say(all, 0, at_hop(seq, 0), ps, damaged);
}
static void up_to(sent *all, uint32_t seq, int64_t ps, bool damaged)
{
    say(all, 1, at_hop(seq, 1), ps, damaged);
}
static void gap(sent *all, uint32_t seq, int64_t ps, bool damaged)
{
    say(all, 1, at_hop(seq, 1) | LL_PACKET_GAP, ps, damaged);
}

static uint64_t seed_for(const sent *all, double frac)
{
    for (uint64_t seed = 0;; seed++) {
        const ll_damage damage = {.frac = frac, .seed = seed};
        int n_right = 0;
        for (int i = 0; i < all->n; i++)
            n_right += ll_damage_at(&damage, all->one[i].link, 0, all->one[i].order,
                                    all->one[i].start_ps) == all->one[i].damaged;
        if (n_right == all->n) return seed;
    }
}

static ll_topology *make(const env *e, const char *type, int n)
{
    return topology_must(e->mem, type,
                         ll_arena_printf(e->mem, "size=%d; bandwidth=100 GB/s; latency=500 ns", n));
}

/* n packets from chip 0 to `dst`; their last lands at end_ps, and links have sent all that is
 * listed and no more. */
static void check_case(const env *e, const char *name, const ll_topology *topo, int32_t dst, int n,
                       const char *keys, const sent *all, int n_sent, int64_t end_ps)
{
    const int32_t src = 0;
    const double size_B = 4000.0 * n;
    const ll_traffic t = list_make(1, &src, &dst, &size_B);
    const ll_wire wire = {.packet_B = 4000, .kappa = 0.05, .window_B = 4000 * 100};
    const char *const text = ll_arena_printf(e->mem,
                                             "ack=10 B; packets_per_flow=0; recovery=end_to_end; "
                                             "virtual_lanes=1; loss=0.05; seed=%llu; %s",
                                             (unsigned long long)seed_for(all, 0.05), keys);
    const ll_price p = price_make(engine_make(e->mem, "packet", text), topo, wire, 1, &t, e->comm);
    const int64_t got_ps = (int64_t)llround(p.end_s[0] * 1e12);
    CHECK(got_ps == end_ps, "%s: end %lld ps, want %lld", name, (long long)got_ps,
          (long long)end_ps);
    CHECK(ll_price_fact(&p, "n_packet_hop") == n_sent, "%s: links sent %lld packets, want %d", name,
          (long long)ll_price_fact(&p, "n_packet_hop"), n_sent);
}

/* Ten packets over one hop, of which packet `lost` is damaged, as they first go; returns the time
 * at which the answer to packet k is at the source: (k + 1) S + L + (ACK + L). */
static int64_t first_ten(sent *all, uint32_t lost)
{
    for (uint32_t k = 0; k < 10; k++)
        data(all, k, k * S, k == lost);
    for (uint32_t k = 0; k < lost; k++)
        up_to(all, k, (k + 1) * S + L, false);
    return 2 * L + ACK;
}

/* Packet 3 is lost. Packet 4 lands at 5 S + L, and the source knows of the gap at 5 S + 2 L + ACK.
 * The first link has been idle since 10 S: packet 3 leaves at once and lands S + L later. One
 * packet more. */
static void check_selective(const env *e)
{
    sent all = {0};
    const int64_t again_ps = first_ten(&all, 3) + 5 * S;
    for (uint32_t k = 4; k < 10; k++)
        gap(&all, k, (k + 1) * S + L, false);
    data(&all, 3, again_ps, false);
    up_to(&all, 9, again_ps + S + L, false);
    check_case(e, "selective", make(e, "line", 2), 1, 10, "", &all, 10 + 1 + 10, again_ps + S + L);
    CHECK(again_ps + S + L == 6 * S + 3 * L + ACK, "%lld", (long long)again_ps);
}

/* The same with go-back-n: the answer to packet 4 says that 3 is missing; 5 to 9 are not answered.
 * 3 to 9 leave again, 7 in a row. Without an answer to packet 4, no more are sent until T after the
 * source knew of packet 2, at 3 S + 2 L + ACK = 1,120,100: at 321,120,100, so at the window that
 * begins at 321.5 us, and they leave with the next, at 322 us. */
static void check_go_back_n(const env *e, bool answered)
{
    sent all = {0};
    int64_t again_ps = first_ten(&all, 3) + 5 * S;
    gap(&all, 3, 5 * S + L, !answered);
    if (!answered) again_ps = 322000000;
    for (uint32_t k = 3; k < 10; k++) {
        data(&all, k, again_ps + (k - 3) * S, false);
        up_to(&all, k, again_ps + (k - 2) * S + L, false);
    }
    check_case(e, answered ? "go back n" : "go back n, no answer", make(e, "line", 2), 1, 10,
               "retransmission=go_back_n", &all, 10 + 7 + 3 + 1 + 7, again_ps + 7 * S + L);
}

/* The last packet is lost, and nothing comes after it that would show the gap: T after the source
 * knew of packet 8, at 9 S + 2 L + ACK = 1,360,100, that is after 321,360,100: 322 us, as above. */
static void check_timeout(const env *e)
{
    sent all = {0};
    first_ten(&all, 9);
    data(&all, 9, 322000000, false);
    up_to(&all, 9, 322000000 + S + L, false);
    for (int back = 0; back < 2; back++)
        check_case(e, "last packet", make(e, "line", 2), 1, 10,
                   back ? "retransmission=go_back_n" : "", &all, 10 + 1 + 9 + 1, 322540000);
}

/* Answers that are lost: one in the middle costs nothing, since the next one says as much. The last
 * one makes the source send packet 9 again, when it has long landed. */
static void check_lost_answers(const env *e)
{
    for (uint32_t lost = 5; lost < 10; lost += 4) {
        sent all = {0};
        first_ten(&all, 10);
        all.one[10 + lost].damaged = true;
        if (lost == 9) {
            data(&all, 9, 322000000, false);
            up_to(&all, 9, 322000000 + S + L, false);
        }
        check_case(e, "answer", make(e, "line", 2), 1, 10, "", &all, lost == 9 ? 22 : 20,
                   10 * S + L);
    }
}

/* Half-way round a ring of 4. Packet `seq` leaves at `ps`, over links 0 and 1 if it is even and 4
 * and 7 if it is odd, lands at ps + 2 L + S, and its answer (sequence number and flag) goes back
 * over 2 and 3, or 6 and 5. */
static void round_trip(sent *all, uint32_t seq, int64_t ps, uint32_t answer, uint32_t flag)
{
    static const int64_t link[2][4] = {{0, 1, 2, 3}, {4, 7, 6, 5}};
    for (uint32_t h = 0; h < 2; h++)
        say(all, link[seq % 2][h], at_hop(seq, h), ps + h * L, false);
    if (answer == UINT32_MAX) return;
    for (uint32_t h = 0; h < 2; h++)
        say(all, link[seq % 2][2 + h], at_hop(answer, 2 + h) | flag, ps + (2 + h) * L + S, false);
}

/* Packet 2 is lost on link 0; packet 4 follows it there and lands at 3 S + 2 L; the source knows 2
 * L + ACK later; packet 2 leaves again and lands at + S + 2 L. The odd ones go another way and are
 * not asked for, nor sent again with go-back-n, where 2, 4, 6 and 8 are. The window of the flow is
 * 100 packets. */
static void check_paths(const env *e)
{
    for (int back = 0; back < 2; back++) {
        sent all = {0};
        const int64_t again_ps = 3 * S + 4 * L + ACK;
        const uint32_t n_again = back ? 4 : 1;
        for (uint32_t k = 0; k < 5; k++) {
            round_trip(&all, 2 * k + 1, k * S, 2 * k + 1, 0);
            if (k == 0) round_trip(&all, 0, 0, 0, 0);
            if (k == 1) say(&all, 0, at_hop(2, 0), S, true);
            if (k == 2) round_trip(&all, 4, 2 * S, back ? 2 : 4, LL_PACKET_GAP);
            if (k > 2) round_trip(&all, 2 * k, k * S, back ? UINT32_MAX : 2 * k, LL_PACKET_GAP);
        }
        for (uint32_t k = 0; k < n_again; k++)
            round_trip(&all, 2 + 2 * k, again_ps + k * S, back ? 2 + 2 * k : 8, 0);
        check_case(e, "paths", make(e, "ring", 4), 2, 10, back ? "retransmission=go_back_n" : "",
                   &all, all.n, again_ps + n_again * S + 2 * L);
    }
}

/* Chips 0 -> 1 -> 2, room for one packet at chip 1. Packet 0 is lost on the way there: its place is
 * free when its last byte would have come, at L + S; chip 0 knows at 2 L + S, so packet 1 leaves at
 * 3 L. It lands at 5 L + S, and chip 0 knows of the gap at 7 L + S + ACK, when the place has long
 * been free again. */
static void check_place(const env *e)
{
    sent all = {0};
    const int64_t again_ps = 7 * L + S + ACK;
    say(&all, 0, at_hop(0, 0), 0, true);
    for (uint32_t h = 0; h < 2; h++) {
        say(&all, h, at_hop(1, h), (3 + h) * L, false);
        say(&all, 3 - h, at_hop(1, 2 + h) | LL_PACKET_GAP, (5 + h) * L + S, false);
        say(&all, h, at_hop(0, h), again_ps + h * L, false);
        say(&all, 3 - h, at_hop(1, 2 + h), again_ps + (2 + h) * L + S, false);
    }
    check_case(e, "place", make(e, "line", 3), 2, 2, "buffer_packets=1", &all, all.n,
               again_ps + 2 * L + S);
}

/* Chips 1 and 2 send three packets each to chip 0, all at time 0; they reach the link to it at L +
 * k S in pairs, that of chip 1 first. With room for two: at L + k S, chip 1's packet finds at most
 * one before it and stays; chip 2's finds one for k = 0, and two for k = 1 and 2, and is dropped.
 * Chip 1 ends at 2 L + 4 S. Chip 2 has the answer to its packet 0, which landed at 2 L + 2 S, at 4
 * L + 2 S + ACK = 2,080,100, so the others leave two windows after 322,080,100 has passed, at 323
 * us, and land 2 L + 2 S later. 6 packets over the first link, 4 over the second and 4 answers over
 * two; then 2 over four. With credits, nothing is lost. */
static void check_overflow(const env *e)
{
    const int32_t src[2] = {1, 2}, dst[2] = {0, 0};
    const double size_B[2] = {12000, 12000};
    const ll_wire wire = {.packet_B = 4000, .kappa = 0.05, .window_B = 4000 * 100};
    const ll_traffic t[2] = {list_make(1, src, dst, size_B),
                             list_make(1, src + 1, dst + 1, size_B)};
    for (int back = 0; back < 2; back++) {
        const test_engine packet =
            engine_make(e->mem, "packet",
                        ll_arena_printf(e->mem,
                                        "ack=10 B; packets_per_flow=0; buffer_packets=2; "
                                        "overflow=drop; recovery=end_to_end; retransmission=%s",
                                        back ? "go_back_n" : "selective"));
        const ll_price p = price_make(packet, make(e, "switch", 3), wire, 2, t, e->comm);
        CHECK(llround(p.end_s[0] * 1e12) == 2 * L + 4 * S, "%.17g s", p.end_s[0]);
        CHECK(llround(p.end_s[1] * 1e12) == 323000000 + 2 * L + 2 * S, "%.17g s", p.end_s[1]);
        CHECK(ll_price_fact(&p, "n_packet_hop") == 6 + 4 + 4 * 2 + 2 * 4, "%lld hops",
              (long long)ll_price_fact(&p, "n_packet_hop"));
    }
}

/* A timeout below the round trip of 2 L, one lane where two are needed, and dropped packets that
 * nobody sends again are refused. */
static void check_refused(const env *e)
{
    static const char *const text[3][2] = {
        {"timeout=900 ns", "round trip"},
        {"buffer_packets=1; virtual_lanes=1", "virtual lanes"},
        {"buffer_packets=1; overflow=drop; recovery=link", "recovery = end_to_end"}};
    const ll_traffic t = traffic_make(LL_PATTERN_SHIFT, 7, 3, 40000);
    const ll_phase phase = {.n_traffic = 1, .traffic = &t};
    const ll_problem problem = {
        make(e, "ring", 7), {.packet_B = 4000, .kappa = 0.05, .window_B = 40000}, 1, &phase};
    for (int i = 0; i < 3; i++) {
        ll_error err;
        ll_price p;
        ll_error_init(&err);
        const test_engine packet =
            engine_make(e->mem, "packet",
                        ll_arena_printf(e->mem, "%s; loss=0.1; recovery=end_to_end", text[i][0]));
        const ll_status got =
            ll_engine_solve(packet.type, &problem, packet.param, e->comm, e->mem, &p, &err);
        CHECK(got == LL_ERR_RUN && strstr(err.text, text[i][1]), "%s: status %d, %s", text[i][0],
              (int)got, err.text);
    }
}

/* Where nothing happens to be lost, recovery changes nothing: over one path to the time at which
 * each link serves each packet; over several, no packet is sent twice, and the end is nearly the
 * same (packets of one path that would overtake each other wait). */
static void check_unused(const env *e)
{
    static const char *const text[2] = {
        "packets_per_flow=0; state_hash=end; loss=0",
        "packets_per_flow=0; state_hash=end; loss=1e-15; recovery=end_to_end; timeout=1 s"};
    const ll_topology *topo[2] = {make(e, "line", 5),
                                  topology_must(e->mem, "mesh",
                                                "size=5; routing=spray; bandwidth=100 GB/s; "
                                                "latency=500 ns")};
    const ll_traffic t = traffic_make(LL_PATTERN_ALL, 5, 0, 50 * 4000);
    const ll_wire w = {.packet_B = 4000, .kappa = 0.05, .window_B = 7 * 4000};
    for (int i = 0; i < 2; i++) {
        ll_price p[2];
        for (int k = 0; k < 2; k++)
            p[k] = price_make(engine_make(e->mem, "packet", text[k]), topo[i], w, 1, &t, e->comm);
        CHECK((i > 0 || ll_price_fact(&p[0], "state_hash") == ll_price_fact(&p[1], "state_hash")) &&
                  ll_price_fact(&p[0], "n_packet_hop") == ll_price_fact(&p[1], "n_packet_hop"),
              "%s: %lld and %lld hops, ends %.17g and %.17g s", topo[i]->type->name,
              (long long)ll_price_fact(&p[0], "n_packet_hop"),
              (long long)ll_price_fact(&p[1], "n_packet_hop"), p[0].end_s[0], p[1].end_s[0]);
        CHECK_NEAR(p[1].end_s[0], p[0].end_s[0], 1e-3);
    }
}

/* Half of all packets are lost on every hop, and still all of them arrive. */
static void check_half(const env *e)
{
    const ll_traffic t = traffic_make(LL_PATTERN_ALL, 5, 0, 20 * 4000);
    const ll_wire w = {.packet_B = 4000, .kappa = 0.05, .window_B = 40000};
    for (int back = 0; back < 2; back++) {
        const test_engine packet =
            engine_make(e->mem, "packet",
                        ll_arena_printf(e->mem,
                                        "recovery=end_to_end; loss=0.5; timeout=10 us; "
                                        "packets_per_flow=0; retransmission=%s",
                                        back ? "go_back_n" : "selective"));
        const ll_price p = price_make(packet, make(e, "line", 5), w, 1, &t, e->comm);
        CHECK(p.end_s[0] > 1e-4 && p.end_s[0] < 10, "%g s", p.end_s[0]);
    }
}

int main(void)
{
    MPI_Init(NULL, NULL);
    ll_arena *mem = ll_arena_create("test");
    const MPI_Comm world = MPI_COMM_WORLD;
    const env e = {mem, ll_comm_create(&world, mem)};
    check_selective(&e);
    check_go_back_n(&e, true);
    check_go_back_n(&e, false);
    check_timeout(&e);
    check_lost_answers(&e);
    check_paths(&e);
    check_place(&e);
    check_overflow(&e);
    check_refused(&e);
    check_unused(&e);
    check_half(&e);
    ll_comm_destroy(e.comm);
    ll_arena_destroy(mem);
    MPI_Finalize();
    return LL_CHECK_RESULT;
}
