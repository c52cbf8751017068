/* What must not change the answer of an engine, or changes it by a known factor, on random
 * networks: other units of time and of bytes, chips of other numbers, paths in another order, a
 * flow in two parts, flows that others never meet, links that nobody uses. (Ranks and folding:
 * flow_twin.c and packet_twin.c.) */
/* RANKS 1 */
#include "tests/support/check.h"
#include "tests/support/petsc.h"
#include "tests/support/random_net.h"

#include <mpi.h>

enum { N_SEED = 25 };

typedef struct env {
    ll_arena *mem;
    ll_comm *comm;
} env;

static const ll_wire plain = {
    .packet_B = 4096, .kappa = 0.05, .window_bdp = 2, .window_packets = 4};

/* A copy that does not borrow from the other. */
static void copy(const random_net *from, random_net *to)
{
    *to = *from;
    to->topo.state = to;
    to->traffic = list_make(to->n_flow, to->src, to->dst, to->size_B);
}

static void ends(const env *e, const char *engine, const char *keys, const random_net *net,
                 ll_wire wire, double *end_s)
{
    const ll_phase phase = {.n_traffic = 1, .traffic = &net->traffic, .flow_end_s = end_s};
    price_phase(engine_make(e->mem, engine, keys), &net->topo, wire, &phase, e->comm);
}

#define FLOW   "flow", "batch_frac=0; tolerance=1e-12"
#define PACKET "packet", "packets_per_flow=0"

/* Both engines, the second net with times that are `factor` times those of the first one. The
 * packet engine rounds times to whole picoseconds, and what a byte takes to 2^-20 of them. */
static void check_both(const env *e, const char *law, const random_net *a, const random_net *b,
                       ll_wire wire, const char *packet_keys, double factor)
{
    double one[RANDOM_FLOW], other[RANDOM_FLOW];
    for (int k = 0; k < 2; k++) {
        if (k == 0) {
            ends(e, FLOW, a, plain, one);
            ends(e, FLOW, b, wire, other);
        } else {
            ends(e, PACKET, a, plain, one);
            ends(e, "packet", packet_keys, b, wire, other);
        }
        for (int f = 0; f < a->n_flow; f++)
            CHECK(fabs(other[f] - factor * one[f]) <= (k ? 1e-5 : 1e-9) * factor * one[f],
                  "%s, seed %d, %s, flow %d: %.12g s, and then %.12g", law, (int)a->seed,
                  k ? "packet" : "flow", f, one[f], other[f]);
    }
}

/* All latencies twice as long and all rates half: all times twice as long. A lane takes 840 ps for
 * a byte, so that all links of 1 to 8 lanes take whole picoseconds: who comes first among packets
 * that are picoseconds apart does not depend on rounding. */
static void check_time(const env *e, const random_net *net)
{
    static random_net even, slow;
    copy(net, &even);
    for (int l = 0; l < 2 * net->n_cable; l++)
        even.link[l].bw_Bps = 1e12 / 840 * (1 + 1e-12);
    copy(&even, &slow);
    for (int l = 0; l < 2 * net->n_cable; l++) {
        slow.link[l].latency_s *= 2;
        slow.link[l].bw_Bps /= 2;
    }
    check_both(e, "time", &even, &slow, plain, "packets_per_flow=0", 2);
}

/* All sizes, packets and rates twice as large: nothing changes. */
static void check_bytes(const env *e, const random_net *net)
{
    static random_net large;
    ll_wire wire = plain;
    wire.packet_B *= 2;
    copy(net, &large);
    for (int l = 0; l < 2 * net->n_cable; l++)
        large.link[l].bw_Bps *= 2;
    for (int f = 0; f < net->n_flow; f++)
        large.size_B[f] *= 2;
    check_both(e, "bytes", net, &large, wire, "packets_per_flow=0; ack=32 B", 1);
}

/* Cables that no flow takes, between chips that have none with each other. */
static void check_links(const env *e, const random_net *net)
{
    static random_net more;
    copy(net, &more);
    for (int i = 0; i + 1 < net->topo.n_chip && more.n_cable + 1 < RANDOM_CABLE; i++)
        if (!random_joined(&more, i, i + 1)) random_cable(&more, i, i + 1, 1e9);
    more.topo.n_link = 2 * more.n_cable;
    CHECK(more.n_cable > net->n_cable || net->topo.n_chip < 8, "seed %d", (int)net->seed);
    check_both(e, "links", net, &more, plain, "packets_per_flow=0", 1);
}

/* Chips and paths backwards. Equations only: packets that arrive together are ordered by these
 * numbers. */
static void check_numbers(const env *e, const random_net *net)
{
    static random_net turned;
    double one[RANDOM_FLOW], other[RANDOM_FLOW];
    const int last = net->topo.n_chip - 1;
    copy(net, &turned);
    for (int l = 0; l < 2 * net->n_cable; l++) {
        if (net->link[l].from <= last) turned.link[l].from = last - net->link[l].from;
        if (net->link[l].to <= last) turned.link[l].to = last - net->link[l].to;
    }
    for (int f = 0; f < net->n_flow; f++) {
        turned.src[f] = last - net->src[f];
        turned.dst[f] = last - net->dst[f];
    }
    for (int a = 0; a <= last; a++)
        for (int b = 0; b <= last; b++)
            turned.pair_of[last - a][last - b] = net->pair_of[a][b];
    for (int i = 0; i < net->n_pair; i++)
        for (int p = 0; p < net->pair[i].n_path; p++)
            turned.pair[i].path[p] = net->pair[i].path[net->pair[i].n_path - 1 - p];
    ends(e, FLOW, net, plain, one);
    ends(e, FLOW, &turned, plain, other);
    for (int f = 0; f < net->n_flow; f++)
        CHECK(fabs(other[f] - one[f]) <= 1e-8 * one[f],
              "numbers, seed %d, flow %d: %.12g s, and then %.12g", (int)net->seed, f, one[f],
              other[f]);
}

/* A flow as two of half its bytes: the source gives each of them half of the window, and they end
 * together when it did. Packets of a byte, as windows are whole packets. */
static void check_split(const env *e, const random_net *net)
{
    static random_net split;
    double one[RANDOM_FLOW], other[RANDOM_FLOW];
    const ll_wire wire = {.packet_B = 1, .kappa = 50, .window_bdp = 2};
    copy(net, &split);
    if (net->n_flow < 2 || net->n_flow == RANDOM_FLOW) return;
    split.src[net->n_flow] = net->src[0];
    split.dst[net->n_flow] = net->dst[0];
    split.size_B[0] = split.size_B[net->n_flow] = net->size_B[0] / 2;
    split.traffic = list_make(++split.n_flow, split.src, split.dst, split.size_B);
    for (int f = 0; f < net->n_flow; f++) /* the source's share of the others is as before */
        if (f > 0 && net->src[f] == net->src[0]) return;
    ends(e, FLOW, net, wire, one);
    ends(e, FLOW, &split, wire, other);
    for (int f = 0; f < split.n_flow; f++)
        CHECK(fabs(other[f] - one[f % net->n_flow]) <= 1e-3 * one[f % net->n_flow],
              "split, seed %d, flow %d: %.12g s, and then %.12g", (int)net->seed, f,
              one[f % net->n_flow], other[f]);
}

static bool meet(const random_net *net, int a, int b)
{
    int64_t x[RANDOM_HOP], y[RANDOM_HOP];
    if (net->src[a] == net->src[b]) return true;
    for (int p = 0; p < random_n_path(&net->topo, net->src[a], net->dst[a]); p++)
        for (int r = 0; r < random_n_path(&net->topo, net->src[b], net->dst[b]); r++) {
            const int n = random_route(&net->topo, net->src[a], net->dst[a], p, RANDOM_HOP, x);
            const int m = random_route(&net->topo, net->src[b], net->dst[b], r, RANDOM_HOP, y);
            for (int i = 0; i < n * m; i++)
                if (x[i % n] == y[i / n]) return true;
        }
    return false;
}

/* Flow 0 with those that it meets, and that they meet, and so on; without the others. */
static void check_removed(const env *e, const random_net *net)
{
    static random_net few;
    double one[RANDOM_FLOW], other[RANDOM_FLOW];
    bool in[RANDOM_FLOW] = {true};
    for (bool more = true; more;) {
        more = false;
        for (int a = 0; a < net->n_flow; a++)
            for (int b = 0; b < net->n_flow; b++)
                if (in[a] && !in[b] && meet(net, a, b)) in[b] = more = true;
    }
    copy(net, &few);
    few.n_flow = 0;
    for (int f = 0; f < net->n_flow; f++)
        if (in[f]) {
            few.src[few.n_flow] = net->src[f];
            few.dst[few.n_flow] = net->dst[f];
            few.size_B[few.n_flow++] = net->size_B[f];
        }
    few.traffic = list_make(few.n_flow, few.src, few.dst, few.size_B);
    ends(e, FLOW, net, plain, one);
    ends(e, FLOW, &few, plain, other);
    CHECK(fabs(other[0] - one[0]) <= 1e-9 * one[0],
          "removed, seed %d: %.12g s, and then %.12g without %d flows of %d", (int)net->seed,
          one[0], other[0], net->n_flow - few.n_flow, net->n_flow);
}

int main(void)
{
    if (!test_petsc_begin(NULL, NULL)) return 1;
    ll_arena *mem = ll_arena_create("test");
    const MPI_Comm world = MPI_COMM_WORLD;
    const env e = {mem, ll_comm_create(&world, mem)};
    static random_net net;
    for (uint64_t seed = 1; seed <= N_SEED; seed++) {
        random_net_make(seed, &net);
        check_time(&e, &net);
        check_bytes(&e, &net);
        check_links(&e, &net);
        check_numbers(&e, &net);
        check_split(&e, &net);
        check_removed(&e, &net);
    }
    ll_comm_destroy(e.comm);
    ll_arena_destroy(mem);
    test_petsc_end();
    return LL_CHECK_RESULT;
}
