/* Flows over several paths of unequal length: every path has its own latency, the window is the
 * flow's, and no engine cares in which order the paths are. */
/* RANKS 1 2 */
#include "tests/support/check.h"
#include "tests/support/engine_make.h"
#include "tests/support/petsc.h"
#include "tests/support/topologies.h"

#include <math.h>
#include <mpi.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct env {
    ll_arena *mem;
    ll_comm *comm;
} env;

/* ---- The same paths in another order --------------------------------------------------------- */

static const ll_topology *beneath(const ll_topology *topo) { return topo->state; }

static void turned_link(const ll_topology *topo, int64_t link_id, ll_link *out)
{
    beneath(topo)->type->link(beneath(topo), link_id, out);
}

static int32_t turned_n_path(const ll_topology *topo, int32_t src, int32_t dst)
{
    return beneath(topo)->type->n_path(beneath(topo), src, dst);
}

static int turned_route(const ll_topology *topo, int32_t src, int32_t dst, int32_t path, int cap,
                        int64_t *link_id)
{
    const int32_t last = turned_n_path(topo, src, dst) - 1;
    return beneath(topo)->type->route(beneath(topo), src, dst, last - path, cap, link_id);
}

/* The last path first. */
static const ll_topology *turned(ll_arena *mem, const ll_topology *topo)
{
    ll_topology_type *type = ll_arena_new(mem, ll_topology_type);
    ll_topology *out = ll_arena_new(mem, ll_topology);
    *type = *topo->type;
    type->link = turned_link;
    type->n_path = turned_n_path;
    type->route = turned_route;
    type->chip_orbit = ll_topology_chip_alone;
    type->link_orbit = ll_topology_link_alone;
    *out = *topo;
    out->type = type;
    out->state = topo;
    return out;
}

/* The topology of an edge list of two chips with cables of 10 GB/s. */
static const ll_topology *two_cables(const env *e, const char *first, const char *second)
{
    char file[] = "/tmp/lineloss_ways_XXXXXX";
    const int fd = mkstemp(file);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    LL_ASSERT(out, "cannot write %s", file);
    fprintf(out, "chips 2\n0 <-> 1 1 10 GB/s %s\n0 <-> 1 1 10 GB/s %s\n", first, second);
    fclose(out);
    const ll_topology *topo =
        topology_must(e->mem, "custom", ll_arena_printf(e->mem, "file=%s", file));
    remove(file);
    return topo;
}

/* By equations to 1e-9. Packets begin on another path, and differ by what that changes at the end:
 * less than 1 % of a long flow. */
static void check_order(const env *e, const char *name, const ll_topology *topo)
{
    static const char *const engine[] = {"closed", "flow", "packet"};
    static const ll_pattern pattern[] = {LL_PATTERN_SHIFT, LL_PATTERN_ALL};
    for (int i = 0; i < 3; i++) {
        const test_engine by = engine_make(e->mem, engine[i], i == 2 ? "packets_per_flow=0" : "");
        for (int p = 0; p < 2; p++) {
            const ll_traffic t = traffic_make(pattern[p], topo->n_chip, 1, 8e6);
            const ll_price a = price_make(by, topo, wire_make(), 1, &t, e->comm);
            const ll_price b = price_make(by, turned(e->mem, topo), wire_make(), 1, &t, e->comm);
            CHECK(fabs(a.end_s[0] - b.end_s[0]) <= (i == 2 ? 1e-2 : 1e-9) * a.end_s[0],
                  "%s, pattern %d by %s: %.12g s, turned %.12g s", name, (int)pattern[p], engine[i],
                  a.end_s[0], b.end_s[0]);
            CHECK_NEAR(a.latency_s[0], b.latency_s[0], 1e-9);
        }
    }
}

/* A byte over all ways round a full mesh arrives after two hops. */
static void check_spray(const env *e, const ll_topology *mesh)
{
    static const char *const engine[] = {"closed", "flow", "packet"};
    for (int i = 0; i < 3; i++) {
        const ll_traffic t = traffic_make(LL_PATTERN_SHIFT, mesh->n_chip, 1, 1e5);
        const test_engine by = engine_make(e->mem, engine[i], i == 2 ? "packets_per_flow=0" : "");
        const ll_price p = price_make(by, mesh, wire_make(), 1, &t, e->comm);
        CHECK_NEAR(p.latency_s[0], 600e-9, 1e-9);
        CHECK(p.end_s[0] > 600e-9, "by %s: %g s", engine[i], p.end_s[0]);
    }
}

/* Two cables of 1 us and 99 us, 10 GB/s each, and a window of 5 packets for both: half of what is
 * in flight is under way for 1 us and half for 99 us, so a round trip is 100 us and the 410 ns of a
 * packet. The last byte takes 99 us. Queues are negligible: the cables are busy for 1 % of the
 * time. */
static void check_window(const env *e)
{
    const double trip_s = 100e-6 + 4096 / 10e9, want = 99e-6 + 20e6 * trip_s / (5 * 4096);
    for (int turn = 0; turn < 2; turn++) {
        const ll_topology *topo = two_cables(e, turn ? "99 us" : "1 us", turn ? "1 us" : "99 us");
        const ll_traffic t = traffic_make(LL_PATTERN_LINE, 2, 1, 20e6);
        const test_engine closed = engine_make(e->mem, "closed", "");
        const test_engine flow = engine_make(e->mem, "flow", "");
        CHECK_NEAR(price_make(closed, topo, wire_window(5 * 4096), 1, &t, e->comm).end_s[0], want,
                   1e-9);
        CHECK_NEAR(price_make(flow, topo, wire_window(5 * 4096), 1, &t, e->comm).end_s[0], want,
                   1e-3);
    }
}

/* ---- Every packet, one after another --------------------------------------------------------- */

/* A packet, or its acknowledgement, that is at its link. Links: 0 and 1 there, 2 and 3 back. */
typedef struct event {
    int64_t ps;
    int link, seq;
} event;

/* The order of engine `packet`: windows of the shortest latency, in each of them link by link. */
static bool comes_first(const event *a, const event *b, int64_t delta)
{
    if (a->ps / delta != b->ps / delta) return a->ps < b->ps;
    if (a->link != b->link) return a->link < b->link;
    return a->ps != b->ps ? a->ps < b->ps : a->seq < b->seq;
}

/* A flow of n packets over two cables in turn, at most `window` of them in flight: when the last
 * one has arrived, in picoseconds. A packet starts when its cable is free; a service and a latency
 * later it is there, and its acknowledgement starts back over the same cable, without waiting; when
 * that has arrived, the next packet is sent. */
static int64_t packets_end(int n, int window, const int64_t *latency)
{
    enum { MAX_WINDOW = 64 };
    static const int64_t packet = 400000, ack = 1000; /* 4000 B and 10 B at 10 GB/s */
    const int64_t delta = latency[0] < latency[1] ? latency[0] : latency[1];
    event list[MAX_WINDOW];
    int64_t end = 0, busy[2] = {0, 0};
    int next = 0, n_event = 0;
    for (; next < window && next < n; next++)
        list[n_event++] = (event){0, next % 2, next};
    while (n_event > 0) {
        int first = 0;
        for (int i = 1; i < n_event; i++)
            if (comes_first(&list[i], &list[first], delta)) first = i;
        event e = list[first];
        list[first] = list[--n_event];
        if (e.link < 2) {
            int64_t *free = &busy[e.link];
            *free = (e.ps > *free ? e.ps : *free) + packet;
            e.ps = *free + latency[e.link];
            e.link += 2;
            end = e.ps > end ? e.ps : end;
            list[n_event++] = e;
        } else if (next < n) {
            list[n_event++] = (event){e.ps + ack + latency[e.link - 2], next % 2, next};
            next++;
        }
    }
    return end;
}

/* Of the two cables the one with the lower latency comes first, whatever the file says. */
static void check_packets(const env *e)
{
    static const int64_t latency[][2] = {
        {1300000, 100000000}, {100000000, 1300000}, {700000, 900000}, {5000000, 3100000}};
    static const int window[] = {1, 2, 3, 7, 20, 60};
    const test_engine packet = engine_make(e->mem, "packet", "ack=10 B; packets_per_flow=0");
    for (size_t i = 0; i < sizeof latency / sizeof *latency; i++) {
        const ll_topology *topo =
            two_cables(e, ll_arena_printf(e->mem, "%lld ps", (long long)latency[i][0]),
                       ll_arena_printf(e->mem, "%lld ps", (long long)latency[i][1]));
        for (size_t w = 0; w < sizeof window / sizeof *window; w++) {
            const int32_t src = 0, dst = 1;
            const double size = 301 * 4000;
            const ll_traffic t = list_make(1, &src, &dst, &size);
            const ll_wire wire = {.packet_B = 4000, .kappa = 0.05, .window_B = 4000.0 * window[w]};
            const ll_price p = price_make(packet, topo, wire, 1, &t, e->comm);
            const bool turn = latency[i][0] > latency[i][1];
            const int64_t way[2] = {latency[i][turn], latency[i][!turn]};
            const int64_t want = packets_end(301, window[w], way);
            CHECK(llround(p.end_s[0] * 1e12) == want,
                  "latencies %lld and %lld ps, window %d: %lld "
                  "ps, want %lld",
                  (long long)latency[i][0], (long long)latency[i][1], window[w],
                  (long long)llround(p.end_s[0] * 1e12), (long long)want);
        }
    }
}

/* routing = ugal by flow: the better of minimal routes and detours, for the ends of flows too. All
 * chips of a group send to the next one, for which detours are better. */
static void check_ugal(const env *e)
{
    enum { N_CHIP = 72 };
    static const char *const routing[] = {"minimal", "valiant", "ugal"};
    int32_t src[N_CHIP], dst[N_CHIP];
    double size[N_CHIP], end_s[3], flow_s[3][N_CHIP];
    for (int i = 0; i < N_CHIP; i++) {
        src[i] = i;
        dst[i] = (i + 8) % N_CHIP;
        size[i] = 1e7;
    }
    for (int r = 0; r < 3; r++) {
        const ll_topology *topo = topology_must(
            e->mem, "dragonfly",
            ll_arena_printf(
                e->mem,
                "hosts_per_router=2; routers_per_group=4; global_links=2; routing=%s; " LANE GROUPS,
                routing[r]));
        const ll_traffic t = list_make(N_CHIP, src, dst, size);
        const ll_phase phase = {.n_traffic = 1, .traffic = &t, .flow_end_s = flow_s[r]};
        const ll_wire wire = {.packet_B = 4096, .kappa = 0.05, .window_bdp = 1};
        const ll_problem problem = {topo, wire, 1, &phase};
        ll_error err;
        ll_price price;
        ll_error_init(&err);
        const ll_status status =
            ll_engine_solve(&ll_engine_flow, &problem, ll_engine_defaults(&ll_engine_flow, e->mem),
                            e->comm, e->mem, &price, &err);
        CHECK(status == LL_OK, "%s", err.text);
        end_s[r] = price.end_s[0];
    }
    CHECK(end_s[1] < 0.5 * end_s[0], "minimal %g s, valiant %g s", end_s[0], end_s[1]);
    CHECK_NEAR(end_s[2], end_s[1], 1e-15);
    for (int i = 0; i < N_CHIP; i++)
        CHECK_NEAR(flow_s[2][i], flow_s[1][i], 1e-15);
}

int main(void)
{
    if (!test_petsc_begin(NULL, NULL)) return 1;
    ll_arena *mem = ll_arena_create("test");
    const MPI_Comm world = MPI_COMM_WORLD;
    const env e = {mem, ll_comm_create(&world, mem)};
    const ll_topology *mesh = topology_must(mem, "mesh", "size=5; routing=spray; " LANE);
    const ll_topology *slow =
        topology_must(mem, "switch", "size=3; bandwidth=20 GB/s; latency=1 us");
    check_order(&e, "mesh", mesh);
    check_order(
        &e, "mesh x switch",
        topology_times(mem, 2, (ll_topology *[]){(ll_topology *)mesh, (ll_topology *)slow}));
    check_order(&e, "cables", two_cables(&e, "1 us", "100 us"));
    check_spray(&e, mesh);
    check_window(&e);
    check_packets(&e);
    check_ugal(&e);
    ll_comm_destroy(e.comm);
    ll_arena_destroy(mem);
    test_petsc_end();
    return LL_CHECK_RESULT;
}
