/* What the throughput equations say of small networks that can be solved by hand.
 *
 * Everywhere: capacity c = 100 GB/s per link and direction, 500 ns per hop, packets of 4096 B, so g
 * = kappa * 4096 / c = 0.05 * 40.96 ns = 2.048 ns. A link at utilisation rho has the queueing delay
 * q = g rho / (1 - rho). On a switch a flow has 2 hops: latency 1 us, round trip tau = 2 us and the
 * 40.96 ns of a packet. Windows are whole packets.
 *
 * By symmetry each case has one or two unknowns. They are found here by bisection of a monotone
 * function, which shares nothing with the solver. */
#include "tests/support/check.h"
#include "tests/support/engine_make.h"
#include "tests/support/petsc.h"

#include <mpi.h>

static const double packet_s = 4096 / 1e11, c_Bps = 1e11, hop_s = 500e-9, g_s = 0.05 * 4096 / 1e11,
                    size_B = 1e6;

typedef struct env {
    ll_arena *mem;
    ll_comm *comm;
    test_engine flow, closed;
} env;

/* A window of whole packets. */
static double whole_B(double window_B) { return 4096 * ceil(window_B / 4096); }

/* Queue of a link at load x. */
static double queue_s(double x_Bps)
{
    const double rho = x_Bps / c_Bps;
    return g_s * rho / (1 - rho);
}

/* Rate of each of the equal flows that cross n_a links with k_a flows on them, and n_b with k_b:
 * x (tau + n_a q(k_a x) + n_b q(k_b x)) = W grows with x from 0 to infinity at x = c / max(k). */
static double rate_Bps(double window_B, double tau_s, double n_a, double k_a, double n_b,
                       double k_b)
{
    double lo = 0, hi = c_Bps / fmax(k_a, k_b);
    for (int i = 0; i < 200; i++) {
        const double x = 0.5 * (lo + hi);
        const double w = x * (tau_s + n_a * queue_s(k_a * x) + n_b * queue_s(k_b * x));
        if (w < window_B)
            lo = x;
        else
            hi = x;
    }
    return lo;
}

static ll_topology *star(const env *e, int n)
{
    return topology_must(e->mem, "switch",
                         ll_arena_printf(e->mem, "size=%d; bandwidth=100 GB/s; latency=500 ns", n));
}

static double end_s(const env *e, const ll_topology *topo, ll_wire wire, ll_traffic t)
{
    return price_make(e->flow, topo, wire, 1, &t, e->comm).end_s[0];
}

/* One flow alone: w = W / (c tau). rho (1 + 2 (g/tau) rho / (1 - rho)) = w is a quadratic in rho:
 * (y - 1) rho^2 + (1 + w) rho - w = 0 with y = 2 g / tau = 2.048e-3. */
static void check_single(const env *e)
{
    const int32_t src = 0, dst = 1;
    const ll_traffic t = list_make(1, &src, &dst, &size_B);
    const double tau_s = 4 * hop_s + packet_s, y = 2 * g_s / tau_s;
    for (double bdp = 0.25; bdp < 5; bdp *= 2) {
        const ll_wire wire = wire_window(whole_B(bdp * c_Bps * tau_s));
        const double w = wire.window_B / (c_Bps * tau_s);
        const double b = 1 + w, root = sqrt(b * b - 4 * (1 - y) * w);
        const double rho = 2 * w / (b + root);
        CHECK_NEAR(end_s(e, star(e, 2), wire, t), 2 * hop_s + size_B / (rho * c_Bps), 1e-9);
        /* It is the smaller of W / tau and c, less what queueing takes: at most a few percent. */
        CHECK(rho < fmin(w, 1) && rho > 0.93 * fmin(w, 1), "w = %g rho = %g", w, rho);
    }
    /* With window_bdp = 2: W = 2 c tau, in whole packets. */
    const double x = rate_Bps(whole_B(2 * c_Bps * tau_s), tau_s, 2, 1, 0, 0);
    CHECK_NEAR(end_s(e, star(e, 2), wire_make(), t), 2 * hop_s + size_B / x, 1e-9);
}

/* A link so slow (1 MB/s) that its bandwidth-delay product is a packet: the 4 packets that a flow
 * may always have in flight fill it. With one link on the way (a line of 2), tau = 4097 us: c q /
 * (kappa s + q) = W / (tau + q) is c q^2 + (c tau - W) q - W kappa s = 0; rho = 0.985. `closed` has
 * the whole c. */
static void check_slow(const env *e)
{
    const int32_t src = 0, dst = 1;
    const double size = 1e5, c = 1e6, tau_s = 1e-6 + 4096 / c, scale_s = 0.05 * 4096 / c,
                 w_B = 4 * 4096;
    const ll_traffic t = list_make(1, &src, &dst, &size);
    const ll_topology *line =
        topology_must(e->mem, "line", "size=2; bandwidth=1 MB/s; latency=500 ns");
    ll_wire wire = wire_make();
    wire.window_packets = 4;
    const double b = c * tau_s - w_B;
    const double q_s = (-b + sqrt(b * b + 4 * c * w_B * scale_s)) / (2 * c);
    CHECK_NEAR(end_s(e, line, wire, t), 500e-9 + size * (tau_s + q_s) / w_B, 1e-9);
    CHECK(w_B / (tau_s + q_s) > 0.98 * c, "%g B/s", w_B / (tau_s + q_s));
    CHECK_NEAR(price_make(e->closed, line, wire, 1, &t, e->comm).end_s[0], 500e-9 + size / c, 1e-9);
}

/* n senders, one receiver: up links carry one flow, the down link n. Window c tau each. */
static void check_incast(const env *e)
{
    const int32_t src[5] = {1, 2, 3, 4, 5}, dst[5] = {0};
    const double size[5] = {size_B, size_B, size_B, size_B, size_B};
    const double tau_s = 4 * hop_s + packet_s;
    const ll_wire wire = wire_window(whole_B(c_Bps * tau_s));
    for (int n = 1; n <= 5; n++) {
        const double x = rate_Bps(wire.window_B, tau_s, 1, 1, 1, n);
        const ll_traffic t = list_make(n, src, dst, size);
        CHECK_NEAR(end_s(e, star(e, 6), wire, t), 2 * hop_s + size_B / x, 1e-9);
    }
}

/* All to all among n on a switch: every link carries n-1 flows. W = 2 (c / (n-1)) tau. */
static void check_all_to_all(const env *e)
{
    for (int n = 3; n <= 9; n += 3) {
        const double tau_s = 4 * hop_s + packet_s, k = n - 1;
        const double x = rate_Bps(whole_B(2 * c_Bps / k * tau_s), tau_s, 2, k, 0, 0);
        const ll_traffic t = traffic_make(LL_PATTERN_ALL, n, 0, size_B);
        const ll_price p = price_make(e->flow, star(e, n), wire_make(), 1, &t, e->comm);
        CHECK_NEAR(p.end_s[0], 2 * hop_s + size_B / x, 1e-9);
        CHECK(ll_price_fact(&p, "n_flow_class") == 1 && ll_price_fact(&p, "n_link_class") == 1,
              "%d: %lld flow and %lld link classes", n,
              (long long)ll_price_fact(&p, "n_flow_class"),
              (long long)ll_price_fact(&p, "n_link_class"));
        CHECK(ll_price_fact(&p, "n_flow") == n * (n - 1), "%lld flows",
              (long long)ll_price_fact(&p, "n_flow"));
        CHECK_NEAR(ll_price_fact(&p, "max_util_frac"), k * x / c_Bps, 1e-9);
    }
}

/* Each flow alone on its way: a shift on a switch (2 links), on a ring (1 link), and everyone to
 * everyone on a full mesh (1 link each), where half to half uses one link of n-1 per chip. */
static void check_alone(const env *e)
{
    const char *one = "size=6; bandwidth=100 GB/s; latency=500 ns";
    const double tau2_s = 4 * hop_s + packet_s, tau1_s = 2 * hop_s + packet_s;
    const double x2 = rate_Bps(whole_B(2 * c_Bps * tau2_s), tau2_s, 2, 1, 0, 0);
    const double x1 = rate_Bps(whole_B(2 * c_Bps * tau1_s), tau1_s, 1, 1, 0, 0);
    const ll_traffic shift = traffic_make(LL_PATTERN_SHIFT, 6, 1, size_B);
    const ll_traffic half = traffic_make(LL_PATTERN_SHIFT, 6, 3, size_B);
    const ll_traffic all = traffic_make(LL_PATTERN_ALL, 6, 0, size_B);
    const ll_topology *ring = topology_must(e->mem, "ring", one);
    const ll_topology *mesh = topology_must(e->mem, "mesh", one);
    CHECK_NEAR(end_s(e, star(e, 6), wire_make(), shift), 2 * hop_s + size_B / x2, 1e-9);
    CHECK_NEAR(end_s(e, ring, wire_make(), shift), hop_s + size_B / x1, 1e-9);
    CHECK_NEAR(end_s(e, mesh, wire_make(), all), hop_s + size_B / x1, 1e-9);
    CHECK_NEAR(end_s(e, mesh, wire_make(), half), hop_s + size_B / x1, 1e-9);
}

/* Parking lot: chips 0-1-2-3 in a line; one flow 0 -> 3 over all three links and one over each
 * link. Every link carries the long flow and one short one, and short flows are alike, so all three
 * have one delay q: x_short = W / (tau + q), x_long = W / (tau + 4 hops + 3 q), about a third of it
 * (max-min would give both half). Their sum on a link is c q / (g + q), which q is found from.
 * Sizes in the ratio of the rates end together. */
static void check_parking_lot(const env *e)
{
    const double tau_s = 2 * hop_s + packet_s, window_B = whole_B(c_Bps * tau_s);
    double lo = 0, hi = 1e-3, x = 0, x_long = 0;
    for (int i = 0; i < 200; i++) {
        const double q = 0.5 * (lo + hi);
        x = window_B / (tau_s + q);
        x_long = window_B / (tau_s + 4 * hop_s + 3 * q);
        if (x + x_long > c_Bps * q / (g_s + q))
            lo = q;
        else
            hi = q;
    }
    const int32_t src[4] = {0, 0, 1, 2}, dst[4] = {3, 1, 2, 3};
    const double size[4] = {3 * size_B * x_long / x, 3 * size_B, 3 * size_B, 3 * size_B};
    const ll_wire wire = wire_window(window_B);
    const ll_topology *line =
        topology_must(e->mem, "line", "size=4; bandwidth=100 GB/s; latency=500 ns");
    const ll_traffic two[2] = {list_make(1, src, dst, size),
                               list_make(3, src + 1, dst + 1, size + 1)};
    const ll_price p = price_make(e->flow, line, wire, 2, two, e->comm);
    CHECK(x_long > 0.33 * x && x_long < 0.34 * x, "%g of %g B/s", x_long, x);
    CHECK_NEAR(p.end_s[0], 3 * hop_s + 3 * size_B / x, 1e-9);
    CHECK_NEAR(p.end_s[1], hop_s + 3 * size_B / x, 1e-9);
    CHECK_NEAR(p.latency_s[0], 3 * hop_s, 1e-12);
    CHECK_NEAR(ll_price_fact(&p, "max_util_frac"), (x + x_long) / c_Bps, 1e-9);
}

/* Two flows into one link, sizes S and 3 S, window c tau each: first both at x2 until S is sent,
 * then the longer one alone at x1:  t = S / x2 + (3 S - S) / x1. Batching off, so this is exact;
 * with batching the ends move by at most the fraction that is reported. */
static void check_filling(const env *e)
{
    const int32_t src[2] = {1, 2}, dst[2] = {0, 0};
    const double size[2] = {size_B, 3 * size_B}, tau_s = 4 * hop_s + packet_s;
    const ll_wire wire = wire_window(whole_B(c_Bps * tau_s));
    const double x2 = rate_Bps(wire.window_B, tau_s, 1, 1, 1, 2);
    const double x1 = rate_Bps(wire.window_B, tau_s, 2, 1, 0, 0);
    const ll_traffic t = list_make(2, src, dst, size);
    const double want_s = 2 * hop_s + size_B / x2 + 2 * size_B / x1;
    const test_engine exact = engine_make(e->mem, "flow", "batch_frac=0");
    const ll_price p = price_make(exact, star(e, 3), wire, 1, &t, e->comm);
    CHECK_NEAR(p.end_s[0], want_s, 1e-9);
    CHECK(ll_price_fact(&p, "n_solve") == 2 && ll_price_fact(&p, "batch_err_frac") < 1e-12,
          "%.0f solves", ll_price_fact(&p, "n_solve"));
    const ll_price q = price_make(e->flow, star(e, 3), wire, 1, &t, e->comm);
    CHECK_NEAR(q.end_s[0], want_s, ll_price_fact(&q, "batch_err_frac") + 1e-9);
}

/* Sizes 1.000, 1.001 .. 1.019 MB from 20 senders: batching at 1 % takes many completions together;
 * its ends must be within the reported fraction of those of the exact run. */
static void check_batches(const env *e)
{
    int32_t src[20], dst[20] = {0};
    double size[20];
    for (int32_t i = 0; i < 20; i++) {
        src[i] = i + 1;
        size[i] = size_B * (1 + 0.001 * i);
    }
    const ll_traffic t = list_make(20, src, dst, size);
    const test_engine exact = engine_make(e->mem, "flow", "batch_frac=0");
    const ll_price p = price_make(exact, star(e, 21), wire_make(), 1, &t, e->comm);
    const ll_price q = price_make(e->flow, star(e, 21), wire_make(), 1, &t, e->comm);
    CHECK(ll_price_fact(&p, "n_solve") == 20 && ll_price_fact(&q, "n_solve") < 5,
          "%.0f and %.0f solves", ll_price_fact(&p, "n_solve"), ll_price_fact(&q, "n_solve"));
    CHECK(ll_price_fact(&q, "batch_err_frac") <= 0.01 + 1e-12, "%g",
          ll_price_fact(&q, "batch_err_frac"));
    CHECK_NEAR(q.end_s[0], p.end_s[0], ll_price_fact(&q, "batch_err_frac") + 1e-9);
}

/* Where no link is shared, `closed` has rate c and `flow` has rho c. With W = 2 c tau over h equal
 * links, 2 tau = rho (tau + h q), so q >= tau / h, and 1 / rho - 1 = g / q <= h g / tau:
 *     0 <= end_flow - end_closed <= (size / c) h g / tau. */
static void check_closed(const env *e)
{
    const ll_traffic t = traffic_make(LL_PATTERN_SHIFT, 8, 1, size_B);
    const ll_price a = price_make(e->closed, star(e, 8), wire_make(), 1, &t, e->comm);
    const ll_price b = price_make(e->flow, star(e, 8), wire_make(), 1, &t, e->comm);
    const double above_s = b.end_s[0] - a.end_s[0], tau_s = 4 * hop_s + packet_s;
    CHECK_NEAR(a.end_s[0], 2 * hop_s + size_B / c_Bps, 1e-12);
    CHECK(above_s >= 0 && above_s <= size_B / c_Bps * 2 * g_s / tau_s, "%g s above", above_s);
    CHECK_NEAR(a.latency_s[0], b.latency_s[0], 1e-12);
    /* All to all on a switch: the sender's own 7 flows share its link, in both. */
    const ll_traffic all = traffic_make(LL_PATTERN_ALL, 8, 0, size_B);
    const double closed_s =
        price_make(e->closed, star(e, 8), wire_make(), 1, &all, e->comm).end_s[0];
    const double flow_s = end_s(e, star(e, 8), wire_make(), all);
    CHECK_NEAR(closed_s, 2 * hop_s + 7 * size_B / c_Bps, 1e-12);
    CHECK(flow_s >= closed_s && flow_s <= closed_s + 7 * size_B / c_Bps * 2 * g_s / tau_s,
          "%g s, closed %g s", flow_s, closed_s);
}

/* A bundle of w lanes is one link of capacity w c whose packets are served in packet / c: like the
 * single flow, with w times the rate at the same queue. */
static void check_lanes(const env *e)
{
    const ll_traffic t = traffic_make(LL_PATTERN_SHIFT, 4, 1, size_B);
    const ll_topology *wide =
        topology_must(e->mem, "switch", "size=4; links=18; bandwidth=100 GB/s; latency=500 ns");
    const double tau_s = 4 * hop_s + packet_s;
    const double x = rate_Bps(whole_B(18 * 2 * c_Bps * tau_s) / 18, tau_s, 2, 1, 0, 0);
    CHECK_NEAR(end_s(e, wide, wire_make(), t), 2 * hop_s + size_B / (18 * x), 1e-9);
}

/* Halfway round an even ring a flow has two paths; every chip sends half of its bytes each way,
 * over n/2 links; each link carries n/2 halves. W = 2 (c / (1/2)) tau, as the sender's share of its
 * links is two links at 1/2 each. x (tau + (n/2) q(n/4 x)) = W, as each path counts half: 2 n/2
 * links at 1/2. */
static void check_two_paths(const env *e)
{
    const ll_topology *ring =
        topology_must(e->mem, "ring", "size=8; bandwidth=100 GB/s; latency=500 ns");
    const ll_traffic t = traffic_make(LL_PATTERN_SHIFT, 8, 4, size_B);
    const double tau_s = 8 * hop_s + packet_s;
    const double x = rate_Bps(whole_B(2 * 2 * c_Bps * tau_s), tau_s, 4, 2, 0, 0);
    CHECK_NEAR(end_s(e, ring, wire_make(), t), 4 * hop_s + size_B / x, 1e-9);
}

int main(void)
{
    if (!test_petsc_begin(NULL, NULL)) return 1;
    ll_arena *mem = ll_arena_create("test");
    const MPI_Comm world = MPI_COMM_WORLD;
    const env e = {mem, ll_comm_create(&world, mem), engine_make(mem, "flow", "tolerance=1e-11"),
                   engine_make(mem, "closed", "")};
    check_single(&e);
    check_slow(&e);
    check_incast(&e);
    check_all_to_all(&e);
    check_alone(&e);
    check_parking_lot(&e);
    check_filling(&e);
    check_batches(&e);
    check_closed(&e);
    check_lanes(&e);
    check_two_paths(&e);
    ll_comm_destroy(e.comm);
    ll_arena_destroy(mem);
    test_petsc_end();
    return LL_CHECK_RESULT;
}
