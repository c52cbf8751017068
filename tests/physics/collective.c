/* Collectives on small fabrics, priced by `closed`, against closed forms derived by hand; and a few
 * that other simulators were measured to give on the same inputs (SimGrid CM02, LogGOPSim). */
/* RANKS 1 */
#include "sim/collective/collective.h"
#include "sim/step/price.h"
#include "tests/support/check.h"
#include "tests/support/petsc.h"

#include <math.h>
#include <mpi.h>

/* Software that costs nothing, so that what is left is the wire. */
#define FREE(name)                                                                               \
    "{ dimension = \"" name "\"; launch_all_reduce = \"0 s\"; launch_all_gather = \"0 s\";"      \
    " launch_reduce_scatter = \"0 s\"; launch_all_to_all = \"0 s\"; launch_broadcast = \"0 s\";" \
    " launch_send = \"0 s\"; rate_frac_all_reduce = 1; rate_frac_all_gather = 1;"                \
    " rate_frac_reduce_scatter = 1; rate_frac_all_to_all = 1; rate_frac_broadcast = 1;"          \
    " rate_frac_send = 1; }"
#define CHIP                                                                                       \
    "chip : { name = \"c\"; peak_bf16 = \"1 TFLOP/s\"; memory = \"1 GB\"; memory_bandwidth = \"1 " \
    "TB/s\"; };"
/* 100 GB/s and 500 ns per link: 1 us through the switch. */
#define STAR(n)                                                               \
    "cluster : { name = \"star\"; " CHIP                                      \
    " topology : { type = \"switch\"; name = \"s\"; size = " #n               \
    "; bandwidth = \"100 GB/s\"; latency = \"500 ns\"; in_network = true; };" \
    " software = ( " FREE("s") " ); };"
#define MESHES                                                                                     \
    "cluster : { name = \"mesh\"; " CHIP " topology : { type = \"product\"; dimensions = ("        \
    " { type = \"mesh\"; name = \"x\"; size = 4; bandwidth = \"10 GB/s\"; latency = \"1 us\"; },"  \
    " { type = \"mesh\"; name = \"y\"; size = 8; bandwidth = \"5 GB/s\"; latency = \"2 us\"; } );" \
    " }; software = ( " FREE("x") ", " FREE("y") " ); };"

#define TORUS                                                                                     \
    "cluster : { name = \"torus\"; " CHIP " topology : { type = \"product\"; dimensions = ("      \
    " { type = \"ring\"; name = \"x\"; size = 8; bandwidth = \"10 GB/s\"; latency = \"1 us\"; }," \
    " { type = \"ring\"; name = \"y\"; size = 4; bandwidth = \"10 GB/s\"; latency = \"1 us\"; } " \
    ");"                                                                                          \
    " }; software = ( " FREE("x") ", " FREE("y") " ); };"

/* Groups of 4 behind a switch that adds up, 8 of them behind one that does not. */
#define SWITCHES                                                                                \
    "cluster : { name = \"switches\"; " CHIP " topology : { type = \"product\"; dimensions = (" \
    " { type = \"switch\"; name = \"x\"; size = 4; bandwidth = \"10 GB/s\"; "                   \
    " latency = \"500 ns\"; in_network = true; },"                                              \
    " { type = \"switch\"; name = \"y\"; size = 8; bandwidth = \"1 GB/s\"; "                    \
    " latency = \"500 ns\"; } ); }; software = ( " FREE("x") ", " FREE("y") " ); };"

/* Parts of 16 chips behind a switch, n of them behind another. */
#define RACKS(n)                                                                             \
    "cluster : { name = \"racks\"; " CHIP " topology : { type = \"product\"; dimensions = (" \
    " { type = \"switch\"; name = \"x\"; size = 16; bandwidth = \"10 GB/s\"; "               \
    " latency = \"500 ns\"; }, { type = \"switch\"; name = \"y\"; size = " #n                \
    "; bandwidth = \"1 GB/s\"; latency = \"500 ns\"; } ); };"                                \
    " software = ( " FREE("x") ", " FREE("y") " ); };"

/* n domains of 4 chips behind a switch that adds up, a link of 1 GB/s for each chip outside. */
#define DOMAINS(n)                                                                               \
    "cluster : { name = \"domains\"; " CHIP " topology : { type = \"product\"; dimensions = ("   \
    " { type = \"switch\"; name = \"x\"; size = 4; bandwidth = \"10 GB/s\"; "                    \
    " latency = \"500 ns\"; in_network = true; }, { type = \"switch\"; name = \"y\"; size = " #n \
    "; bandwidth = \"1 GB/s\"; latency = \"500 ns\"; } ); };"                                    \
    " software = ( " FREE("x") ", " FREE("y") " ); };"

#define RING8                                                                                      \
    "cluster : { name = \"ring\"; " CHIP " topology : { type = \"ring\"; name = \"r\"; size = 8; " \
    " bandwidth = \"10 GB/s\"; latency = \"1 us\"; }; software = ( " FREE("r") " ); };"

/* Rings of 4 below two leaves, with 512 hashed paths between the leaves. */
#define RING_CLOS                                                                                 \
    "cluster : { name = \"paths\"; " CHIP " topology : { type = \"product\"; dimensions = ("      \
    " { type = \"ring\"; name = \"x\"; size = 4; bandwidth = \"10 GB/s\"; latency = \"1 us\"; }," \
    " { type = \"clos\"; name = \"y\"; size = 8; hosts_per_leaf = 4; uplinks = 512;"              \
    " routing = \"ecmp\"; ecmp_paths = 512; bandwidth = \"10 GB/s\"; latency = \"1 us\";"         \
    " uplink_bandwidth = \"1 GB/s\"; uplink_latency = \"1 us\"; } ); };"                          \
    " software = ( " FREE("x") ", " FREE("y") " ); };"

static ll_arena *mem;
static ll_error err;

static ll_cluster cluster_of(const char *text)
{
    ll_source source;
    ll_config *cfg;
    ll_cluster c = {0};
    ll_error_init(&err);
    CHECK(ll_source_text("test", text, mem, &source, &err) == LL_OK, "%s", err.text);
    CHECK(ll_config_parse(source, 0, NULL, mem, &cfg, &err) == LL_OK, "%s", err.text);
    CHECK(ll_cluster_read(cfg, NULL, mem, &c, &err) == LL_OK, "%s", err.text);
    CHECK(ll_config_finish(cfg, &err) == LL_OK, "%s", err.text);
    return c;
}

static ll_group whole(int32_t n)
{
    ll_group g = {.n_chip = n, .n_digit = 1};
    g.size[0] = n;
    g.stride[0] = 1;
    return g;
}

/* Time of one collective over all chips by an engine, < 0 if the algorithm cannot. */
static double priced_s(const ll_study *study, ll_collective what, ll_algorithm how, double size_B,
                       ll_comm *comm)
{
    const ll_request request = {.collective = what,
                                .algorithm = how,
                                .group = whole(study->cluster.topo->n_chip),
                                .size_B = size_B};
    ll_plan plan;
    ll_cost cost;
    ll_error_init(&err);
    if (ll_collective_choose(&study->cluster, &request, mem, &plan, &err) != LL_OK) return -1;
    ll_status s = ll_collective_time(study, &plan, comm, mem, &cost, &err);
    CHECK(s == LL_OK, "%s", err.text);
    return cost.total_s;
}

static double time_s(const ll_cluster *c, ll_collective what, ll_algorithm how, double size_B)
{
    const ll_study study = {.cluster = *c, .engine = &ll_engine_closed};
    return priced_s(&study, what, how, size_B, NULL);
}

static double flow_s(const ll_cluster *c, ll_collective what, ll_algorithm how, double size_B,
                     ll_comm *self)
{
    static const struct {
        int fold;
        double batch_frac, tolerance;
    } param = {0, 0.01, 1e-9};
    const ll_study study = {.cluster = *c, .engine = &ll_engine_flow, .engine_param = &param};
    return priced_s(&study, what, how, size_B, self);
}

/* n members, S bytes, c = 1e11 B/s, a = 1 us. Ring all-reduce: 2 (n-1) steps of S/n. */
static void test_star(int32_t n, const char *text)
{
    ll_cluster c = cluster_of(text);
    const double a = 1e-6, r = 1e11, S = 256 * 1048576.0, N = n, part = S / N;
    CHECK_NEAR(time_s(&c, LL_ALL_REDUCE, LL_ALGORITHM_RING, S), 2 * (N - 1) * (part / r + a), 1e-9);
    CHECK_NEAR(time_s(&c, LL_ALL_GATHER, LL_ALGORITHM_RING, S), (N - 1) * (part / r + a), 1e-9);
    /* Direct: n - 1 parts leave each port at once. */
    CHECK_NEAR(time_s(&c, LL_REDUCE_SCATTER, LL_ALGORITHM_DIRECT, S), (N - 1) * part / r + a, 1e-9);
    CHECK_NEAR(time_s(&c, LL_ALL_REDUCE, LL_ALGORITHM_DIRECT, S), 2 * ((N - 1) * part / r + a),
               1e-9);
    CHECK_NEAR(time_s(&c, LL_ALL_TO_ALL, LL_ALGORITHM_DIRECT, S), (N - 1) * part / r + a, 1e-9);
    CHECK_NEAR(time_s(&c, LL_BROADCAST, LL_ALGORITHM_DIRECT, S), (N - 1) * S / r + a, 1e-9);
    /* A pipelined chain: S once through every port, n - 1 hops until the last one has it. */
    CHECK_NEAR(time_s(&c, LL_BROADCAST, LL_ALGORITHM_RING, S), S / r + (N - 1) * a, 1e-9);
    CHECK_NEAR(time_s(&c, LL_ALL_REDUCE, LL_ALGORITHM_IN_NETWORK, S), S / r + a, 1e-9);
    CHECK_NEAR(time_s(&c, LL_SEND, LL_ALGORITHM_RING, S), S / r + a, 1e-9);
    if (n & (n - 1)) {
        CHECK(time_s(&c, LL_ALL_REDUCE, LL_ALGORITHM_HALVING, S) < 0, "n = %d", n);
    } else { /* S/2 + S/4 + ... + S/n = S (n-1)/n, log2 n steps, both ways */
        double steps = log2(N);
        CHECK_NEAR(time_s(&c, LL_ALL_REDUCE, LL_ALGORITHM_HALVING, S),
                   2 * (S * (N - 1) / N / r + steps * a), 1e-9);
    }
    CHECK(time_s(&c, LL_ALL_TO_ALL, LL_ALGORITHM_TREE, S) < 0, "tree cannot");
    CHECK(time_s(&c, LL_ALL_REDUCE, LL_ALGORITHM_HIERARCHICAL, S) < 0, "one dimension only");
}

/* A tree of n = 2^k members is k edges high: member 0 above n/2, above n/4 and 3 n/4, and so on.
 * What leaves the lowest is the sum after k hops of 1 us up, and with all k hops down later; a
 * broadcast goes down alone. The bytes of the levels overlap, so latency is what twice the bytes do
 * not double: 2 T(S) - T(2 S). */
static void test_tree(void)
{
    const ll_cluster of8 = cluster_of(STAR(8)), of64 = cluster_of(STAR(64));
    const struct {
        const ll_cluster *cluster;
        double k;
    } rows[] = {{&of8, 3}, {&of64, 6}};
    const double S = 1e6;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int down = 0; down < 2; down++) {
            const ll_collective what = down ? LL_BROADCAST : LL_ALL_REDUCE;
            const double once_s = time_s(rows[i].cluster, what, LL_ALGORITHM_TREE, S);
            const double twice_s = time_s(rows[i].cluster, what, LL_ALGORITHM_TREE, 2 * S);
            CHECK_NEAR(2 * once_s - twice_s, (down ? 1 : 2) * rows[i].k * 1e-6, 1e-9);
        }
}

/* Copying the part of an all-to-all that a member keeps, S / n, takes own_all_to_all of the time
 * that it would be on the wire, by whatever algorithm: half of 1 MB at half of 100 GB/s. Of a
 * gather, in steps of S / n, the same. */
static void test_own(void)
{
    ll_cluster c = cluster_of(STAR(8)), copies = cluster_of(STAR(8));
    c.software[0].rate_frac[LL_ALL_TO_ALL] = copies.software[0].rate_frac[LL_ALL_TO_ALL] = 0.5;
    c.software[0].rate_frac[LL_ALL_GATHER] = copies.software[0].rate_frac[LL_ALL_GATHER] = 0.5;
    copies.software[0].own_all_to_all = copies.software[0].own_ring = 0.5;
    static const struct {
        ll_collective what;
        ll_algorithm how;
    } rows[] = {{LL_ALL_TO_ALL, LL_ALGORITHM_RING},
                {LL_ALL_TO_ALL, LL_ALGORITHM_DIRECT},
                {LL_ALL_GATHER, LL_ALGORITHM_RING}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK_NEAR(time_s(&copies, rows[i].what, rows[i].how, 8e6) -
                       time_s(&c, rows[i].what, rows[i].how, 8e6),
                   0.5 * 1e6 / (0.5 * 1e11), 1e-9);
}

/* 256 MiB ring all-reduce of 72 and 512 and halving-doubling of 64, all-to-all of 1 MiB per pair of
 * 72, as SimGrid 3.32 (CM02) and LogGOPSim simulate them on 100 GB/s and 1 us: six digits. */
static void test_peers(void)
{
    const double S = 256 * 1048576.0;
    ll_cluster c72 = cluster_of(STAR(72)), c512 = cluster_of(STAR(512)), c64 = cluster_of(STAR(64));
    CHECK_NEAR(time_s(&c72, LL_ALL_REDUCE, LL_ALGORITHM_RING, S), 5.436143e-3, 2e-7);
    CHECK_NEAR(time_s(&c512, LL_ALL_REDUCE, LL_ALGORITHM_RING, S), 6.380223e-3, 2e-7);
    CHECK_NEAR(time_s(&c64, LL_ALL_REDUCE, LL_ALGORITHM_HALVING, S), 5.296823e-3, 2e-7);
    CHECK_NEAR(time_s(&c72, LL_ALL_TO_ALL, LL_ALGORITHM_DIRECT, 72 * 1048576.0), 745.489e-6, 1e-6);
}

/* 4 x 8 chips: a mesh of four (10 GB/s per pair, 1 us), then one of eight (5 GB/s, 2 us). S = 32
 * MB. Hierarchical reduce-scatter, direct in both: 8 MB to each of three x-neighbours over links of
 * their own, 8e6/10e9 + 1 us = 801 us; then 8 MB are left, 1 MB to each of seven: 200 us + 2 us. */
static void test_hierarchical(void)
{
    ll_cluster c = cluster_of(MESHES);
    const double S = 32e6;
    CHECK_NEAR(time_s(&c, LL_REDUCE_SCATTER, LL_ALGORITHM_HIERARCHICAL, S), 801e-6 + 202e-6, 1e-9);
    CHECK_NEAR(time_s(&c, LL_ALL_GATHER, LL_ALGORITHM_HIERARCHICAL, S), 801e-6 + 202e-6, 1e-9);
    CHECK_NEAR(time_s(&c, LL_ALL_REDUCE, LL_ALGORITHM_HIERARCHICAL, S), 2 * 801e-6 + 2 * 202e-6,
               1e-9);
    /* Pipelined, the busier dimension counts, and both latencies: 2 * 800 us + 2 * (1 + 2) us. */
    c.software[0].pipelined = c.software[1].pipelined = true;
    CHECK_NEAR(time_s(&c, LL_ALL_REDUCE, LL_ALGORITHM_HIERARCHICAL, S), 2 * 800e-6 + 6e-6, 1e-9);
    c.software[1].pipelined = false;
    CHECK_NEAR(time_s(&c, LL_ALL_REDUCE, LL_ALGORITHM_HIERARCHICAL, S), 2 * 801e-6 + 2 * 202e-6,
               1e-9);
    /* All-to-all, a dimension at a time: all 32 MB in each: 8 MB per x-peer, 4 MB per y-peer. */
    CHECK_NEAR(time_s(&c, LL_ALL_TO_ALL, LL_ALGORITHM_HIERARCHICAL, S), 801e-6 + 802e-6, 1e-9);
}

/* What software adds: launch, a step for each serial step, the achieved rate, the copy of the own
 * part; all in the protocol that is the fastest. */
static void test_software(void)
{
    ll_cluster c = cluster_of(STAR(8));
    ll_software *s = &c.software[0];
    s->launch_s[LL_ALL_GATHER] = s->launch_s[LL_ALL_TO_ALL] = 5e-6;
    s->step_s[LL_PROTOCOL_SIMPLE] = 15e-6;
    s->step_pairs_s = 3e-6;
    s->rate_frac[LL_ALL_GATHER] = s->rate_frac[LL_ALL_TO_ALL] = 0.5;
    s->own_ring = 0.25;
    s->own_all_to_all = 0.5;
    /* 7 steps of 1 MB in Simple, 20 us at half of the rate, which hide of 15 us all but 5 (15, 20,
     * 25); 1 us of wire each; a quarter of 20 us for the own part. */
    CHECK_NEAR(time_s(&c, LL_ALL_GATHER, LL_ALGORITHM_RING, 8e6), 5e-6 + 7 * 26e-6 + 5e-6, 1e-9);
    /* All 7 MB at once, and half of a message of 1 MB: (7 + 1/2) 20 us; one step. */
    CHECK_NEAR(time_s(&c, LL_ALL_TO_ALL, LL_ALGORITHM_DIRECT, 8e6), 5e-6 + 4e-6 + 150e-6, 1e-9);
    /* 200 kB of the ring move when nothing else does: 4 us. Of messages half of it: 2 us. Of parts
     * of 100 kB (2 us; 15 and 2 make 15.13) half a part: 1 us. */
    s->tail_B = 200e3;
    CHECK_NEAR(time_s(&c, LL_ALL_GATHER, LL_ALGORITHM_RING, 8e6), 5e-6 + 7 * 26e-6 + 9e-6, 1e-9);
    CHECK_NEAR(time_s(&c, LL_ALL_TO_ALL, LL_ALGORITHM_DIRECT, 8e6), 5e-6 + 4e-6 + 152e-6, 1e-9);
    CHECK_NEAR(time_s(&c, LL_ALL_GATHER, LL_ALGORITHM_RING, 800e3),
               5e-6 + 7 * (1e-6 + hypot(15e-6, 2e-6)) + 1.5e-6, 1e-9);
    s->tail_B = 0;
    /* LL: a step of 1 us, 1/10 of the rate. 8 kB: 7 (1 + 1) us, 7.25 * 200 ns. 3.2 MB would take
     * 580 us: Simple again, steps of 8 us that leave 9 of 15 (8, 15, 17), and the own part. */
    s->step_s[LL_PROTOCOL_LL] = 1e-6;
    s->protocol_frac[LL_PROTOCOL_LL] = 0.1;
    CHECK_NEAR(time_s(&c, LL_ALL_GATHER, LL_ALGORITHM_RING, 8e3), 5e-6 + 14e-6 + 1.45e-6, 1e-9);
    CHECK_NEAR(time_s(&c, LL_ALL_GATHER, LL_ALGORITHM_RING, 3.2e6), 5e-6 + 7 * 18e-6 + 2e-6, 1e-9);
    /* Parts of 8 KiB fill all threads, 0.4 us a step; of 1 KiB, a quarter of them. 1638.4 and 204.8
     * ns. */
    s->fill_ll_s = 0.4e-6;
    CHECK_NEAR(time_s(&c, LL_ALL_GATHER, LL_ALGORITHM_RING, 65536), 5e-6 + 16.8e-6 + 11.8784e-6,
               1e-9);
    CHECK_NEAR(time_s(&c, LL_ALL_GATHER, LL_ALGORITHM_RING, 8192), 5e-6 + 14.7e-6 + 1.4848e-6,
               1e-9);
    /* Messages of 1 KiB: a sixteenth of 3.2 us; LL is faster than the 3 us of Simple. */
    s->fill_pairs_ll_s = 3.2e-6;
    CHECK_NEAR(time_s(&c, LL_ALL_TO_ALL, LL_ALGORITHM_DIRECT, 8192),
               5e-6 + 1e-6 + 1.2e-6 + 7.5 * 0.2048e-6, 1e-9);
    /* LL128 is for rings, not for messages between pairs. */
    s->step_s[LL_PROTOCOL_LL128] = 0;
    s->protocol_frac[LL_PROTOCOL_LL128] = 1;
    CHECK_NEAR(time_s(&c, LL_ALL_GATHER, LL_ALGORITHM_RING, 8e6), 5e-6 + 7e-6 + 145e-6, 1e-9);
    CHECK_NEAR(time_s(&c, LL_ALL_TO_ALL, LL_ALGORITHM_DIRECT, 8e6), 5e-6 + 4e-6 + 150e-6, 1e-9);
}

/* A library that goes by what it reckons. Gathers of 8: LL 7 us + 7/8 S / 10 GB/s, Simple 70 us +
 * 7/8 S / 100 GB/s, equal at 800 kB; LL in truth has 1 GB/s, so that 792 kB take 7 (1 + 99) us, 808
 * kB 7 (1 + 1.01). All-reduces: LL 14 us + 7/4 S / 10 GB/s, the switches 49 us + S / 40 GB/s (8 * 5
 * are less than 60): equal at 35e-6 / 0.15e-9 = 233 kB; so 232 kB by LL, 14 (1 + 29) us, and 234 kB
 * by the switches. */
static void test_guess(void)
{
    ll_cluster c = cluster_of(STAR(8));
    ll_software *s = &c.software[0];
    s->algorithms = "ring in_network";
    s->protocol_frac[LL_PROTOCOL_LL] = 0.01;
    s->guess = (ll_guess){.step_s = {[LL_PROTOCOL_LL] = 1e-6, [LL_PROTOCOL_SIMPLE] = 10e-6},
                          .rate_Bps = {[LL_PROTOCOL_LL] = 10e9, [LL_PROTOCOL_SIMPLE] = 100e9},
                          .in_network_s = 49e-6,
                          .member_Bps = 5e9,
                          .in_network_Bps = 60e9,
                          .pairs_ll_B = 1000};
    CHECK_NEAR(time_s(&c, LL_ALL_GATHER, LL_ALGORITHM_AUTO, 792e3), 700e-6, 1e-9);
    CHECK_NEAR(time_s(&c, LL_ALL_GATHER, LL_ALGORITHM_AUTO, 808e3), 14.07e-6, 1e-9);
    CHECK_NEAR(time_s(&c, LL_ALL_REDUCE, LL_ALGORITHM_AUTO, 232e3), 420e-6, 1e-9);
    const ll_request request = {.collective = LL_ALL_REDUCE, .group = whole(8), .size_B = 234e3};
    ll_plan plan;
    CHECK(ll_collective_choose(&c, &request, mem, &plan, &err) == LL_OK, "%s", err.text);
    CHECK(plan.algorithm == LL_ALGORITHM_IN_NETWORK, "%s", ll_algorithm_names[plan.algorithm]);
    /* Messages of 1000 B in LL, seven at once at 1 GB/s; of 1001 B in Simple. */
    CHECK_NEAR(time_s(&c, LL_ALL_TO_ALL, LL_ALGORITHM_AUTO, 8000), 1e-6 + 7e-6, 1e-9);
    CHECK_NEAR(time_s(&c, LL_ALL_TO_ALL, LL_ALGORITHM_AUTO, 8008), 1e-6 + 0.07007e-6, 1e-9);
    s->protocol_frac[LL_PROTOCOL_LL] = 0; /* without LL nothing takes it */
    CHECK_NEAR(time_s(&c, LL_ALL_TO_ALL, LL_ALGORITHM_AUTO, 8000), 1e-6 + 0.07e-6, 1e-9);
    CHECK_NEAR(time_s(&c, LL_ALL_GATHER, LL_ALGORITHM_AUTO, 8000), 7 * 1.01e-6, 1e-9);
}

/* By the switches: 16 MiB are more than 2 * 8 slots of 16 chunks of 32 KiB, and less than 8 * 8 of
 * 64 KiB: 32 slots of 512 KiB and 16 under way, each 13.1072 us at 40 GB/s and 892.8 ns. 64 MiB are
 * not less: 64 slots of 1 MiB and 16. Of 32 members 64 slots could be under way: 10 MiB, which are
 * less than 64 of 256 KiB, have but 40 of them, and 64 B fill one: 16 times its step. */
static void test_in_network(void)
{
    ll_cluster c = cluster_of(STAR(8));
    ll_software *s = &c.software[0];
    s->launch_s[LL_ALL_REDUCE] = 5e-6;
    s->step_in_network_s = 892.8e-9;
    s->rate_frac_in_network = 0.4;
    s->channels_in_network = 16;
    CHECK_NEAR(time_s(&c, LL_ALL_REDUCE, LL_ALGORITHM_IN_NETWORK, 16777216),
               5e-6 + 1e-6 + 48 * 14e-6, 1e-9);
    CHECK_NEAR(time_s(&c, LL_ALL_REDUCE, LL_ALGORITHM_IN_NETWORK, 67108864),
               5e-6 + 1e-6 + 80 * 27.1072e-6, 1e-9);
    ll_cluster large = cluster_of(STAR(32));
    large.software[0] = *s;
    CHECK_NEAR(time_s(&large, LL_ALL_REDUCE, LL_ALGORITHM_IN_NETWORK, 10485760),
               5e-6 + 1e-6 + 80 * (6.5536e-6 + 0.8928e-6), 1e-9);
    CHECK_NEAR(time_s(&large, LL_ALL_REDUCE, LL_ALGORITHM_IN_NETWORK, 64),
               5e-6 + 1e-6 + 17 * (1.6e-9 + 0.8928e-6), 1e-9);
    s->channels_in_network = 0; /* as a stream, 2 * 8 steps */
    CHECK_NEAR(time_s(&c, LL_ALL_REDUCE, LL_ALGORITHM_IN_NETWORK, 8e6),
               5e-6 + 16 * 0.8928e-6 + 1e-6 + 200e-6, 1e-9);
}

/* The inner dimension adds up in its switches where that is faster: 4 chips behind one switch, 8
 * such groups, 32 MB. 3.2 ms on the inner links, or a reduce-scatter and an all-gather of 2 * 3/4 *
 * 3.2 ms; then 8 MB over the outer one, direct: 2 * (7/8 * 8 MB at 1 GB/s + 1 us). */
static void test_in_network_stage(void)
{
    ll_cluster c = cluster_of(SWITCHES);
    const ll_request request = {.collective = LL_ALL_REDUCE,
                                .algorithm = LL_ALGORITHM_HIERARCHICAL,
                                .group = whole(32),
                                .size_B = 32e6};
    ll_plan plan;
    CHECK(ll_collective_plan(&c, &request, mem, &plan, &err) == LL_OK, "%s", err.text);
    CHECK(plan.n_stage == 2 && plan.stage[0] == LL_ALGORITHM_IN_NETWORK, "%d stages", plan.n_stage);
    CHECK_NEAR(time_s(&c, LL_ALL_REDUCE, LL_ALGORITHM_HIERARCHICAL, 32e6),
               3.2e-3 + 1e-6 + 14e-3 + 2e-6, 1e-9);
    c.software[0].rate_frac_in_network = 0.5; /* 6.4 ms are more than 4.8 */
    CHECK(ll_collective_plan(&c, &request, mem, &plan, &err) == LL_OK, "%s", err.text);
    CHECK(plan.n_stage == 3 && plan.stage[0] != LL_ALGORITHM_IN_NETWORK, "%d stages", plan.n_stage);
}

/* What the busiest domain of n sends over its links when each edge of both trees carries half of
 * the buffer, up and down, in buffers: 1, 1.5, and 2 from 4 on; what it receives is as much. */
static void test_tree_loads(void)
{
    for (int32_t n = 2; n <= 130; n++) {
        const ll_traffic t = {.pattern = LL_PATTERN_TREE, .group = whole(n), .size_B = 0.5};
        double *out = ll_arena_array(mem, n, double), *in = ll_arena_array(mem, n, double);
        double most = 0;
        for (int64_t i = 0; i < ll_traffic_n_flow(&t); i++) {
            ll_flow f;
            ll_traffic_flow(&t, i, &f);
            most = fmax(most, fmax(out[f.src] += f.size_B, in[f.dst] += f.size_B));
        }
        CHECK_NEAR(most, n == 2 ? 1 : n == 3 ? 1.5 : 2, 1e-12);
    }
}

/* Trees over domains of 4: 32 MB, of which member i of all domains has a tree for 8 MB. Inside, a
 * chain of 4 passes 3/4 of 32 MB on to either side, 4.8 ms at 10 GB/s, or the switches take 3.2 ms;
 * both are less than d * 8 MB at 1 GB/s. Latencies of 1 us: 2 * 3 inside, 2 log2 n between. */
static void test_domains(void)
{
    const struct {
        ll_cluster c;
        double d, hops;
    } rows[] = {{cluster_of(DOMAINS(2)), 1, 2},
                {cluster_of(DOMAINS(3)), 1.5, 2},
                {cluster_of(DOMAINS(4)), 2, 4},
                {cluster_of(DOMAINS(8)), 2, 6}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ll_cluster c = rows[i].c;
        const double wire_s = rows[i].d * 8e-3, hops_s = rows[i].hops * 1e-6;
        CHECK(time_s(&c, LL_ALL_REDUCE, LL_ALGORITHM_IN_NETWORK_TREE, 32e6) < 0, "no figures");
        c.software[1].between.tree_frac = 1;
        CHECK_NEAR(time_s(&c, LL_ALL_REDUCE, LL_ALGORITHM_TREE, 32e6), wire_s + hops_s + 6e-6,
                   1e-9);
        CHECK_NEAR(time_s(&c, LL_ALL_REDUCE, LL_ALGORITHM_IN_NETWORK_TREE, 32e6),
                   wire_s + hops_s + 2e-6, 1e-9);
        /* Half of the rate, three of four NICs, hops of 10 us. */
        c.software[1].between.tree_frac = 0.5;
        c.software[1].between.nics = 3;
        c.software[1].between.step_tree_s[LL_PROTOCOL_SIMPLE] = 10e-6;
        CHECK_NEAR(time_s(&c, LL_ALL_REDUCE, LL_ALGORITHM_IN_NETWORK_TREE, 32e6),
                   wire_s / 0.5 / 0.75 + 11 * hops_s + 2e-6, 1e-9);
        CHECK(time_s(&c, LL_ALL_GATHER, LL_ALGORITHM_IN_NETWORK_TREE, 32e6) < 0, "all_reduce only");
    }
}

/* A ring over 8 domains of 4, steps of 10 us: 31 in an all-gather of 32 MB, which takes 31 ms / 4
 * at the links of 1 GB/s; together the root of the sum of p-th powers. */
static void test_step_power(void)
{
    ll_cluster c = cluster_of(DOMAINS(8));
    for (int d = 0; d < 2; d++) {
        c.software[d].pipelined = true;
        c.software[d].step_s[LL_PROTOCOL_SIMPLE] = 10e-6;
    }
    c.software[1].between.tuner = LL_TUNER_NCCL_2_20;
    const double bytes_s = 31e-3 / 4, steps_s = 31 * 11e-6;
    for (double p = 1; p <= 4; p++) {
        c.software[1].between.step_power = p;
        CHECK_NEAR(time_s(&c, LL_ALL_GATHER, LL_ALGORITHM_HIERARCHICAL, 32e6),
                   pow(pow(bytes_s, p) + pow(steps_s, p), 1 / p), 1e-9);
    }
}

static double group_s(const ll_cluster *c, ll_collective what, const ll_group *group, double size_B)
{
    const ll_study study = {.cluster = *c, .engine = &ll_engine_closed};
    const ll_request request = {.collective = what,
                                .algorithm = LL_ALGORITHM_HIERARCHICAL,
                                .group = *group,
                                .size_B = size_B};
    ll_plan plan;
    ll_cost cost;
    CHECK(ll_collective_choose(c, &request, mem, &plan, &err) == LL_OK, "%s", err.text);
    CHECK(ll_collective_time(&study, &plan, NULL, mem, &cost, &err) == LL_OK, "%s", err.text);
    return cost.total_s;
}

/* Groups of 6 on parts of 16: 12-17 has 4 and 2 members on two parts, 30-35 has 2 and 4, the others
 * lie inside. So 2 rings, 6 MB each pass 5/6 of the bytes: 5 MB at 10 GB/s inside, 2.5 MB at 1 GB/s
 * between parts, at once; 3 + 2 steps of 1 us. Groups that have 2 members in each part are even: 78
 * of 2 x 39 take as long as 64 of 2 x 32, but for 38/39 of the bytes in place of 31/32, and 7
 * steps. */
static void test_uneven(void)
{
    ll_cluster c = cluster_of(RACKS(3));
    ll_group six = {.n_chip = 48, .n_digit = 1, .size = {6}, .stride = {1}};
    CHECK_NEAR(group_s(&c, LL_ALL_GATHER, &six, 6e6), 2500e-6 + 5e-6, 1e-9);
    CHECK_NEAR(group_s(&c, LL_REDUCE_SCATTER, &six, 6e6), 2500e-6 + 5e-6, 1e-9);
    CHECK_NEAR(group_s(&c, LL_ALL_REDUCE, &six, 6e6), 2 * (2500e-6 + 5e-6), 1e-9);
    ll_cluster racks[2] = {cluster_of(RACKS(32)), cluster_of(RACKS(39))};
    double time[2];
    for (int i = 0; i < 2; i++) {
        const int32_t n_rack = i ? 39 : 32;
        ll_group two = {
            .n_chip = 16 * n_rack, .n_digit = 2, .size = {2, n_rack}, .stride = {4, 16}};
        time[i] = group_s(&racks[i], LL_ALL_GATHER, &two, 78e6);
    }
    CHECK(time[1] < 1.03 * time[0], "%g s on 39 parts, %g s on 32", time[1], time[0]);
}

/* Groups of 2 x 4, two on each of 4 parts, S = 8 MB. One ring through all 8 passes 7/8 of it: 7 MB
 * at 10 GB/s inside, half of that between parts at 1 GB/s, at once; 7 steps of 1 us. An all-reduce
 * passes the bytes twice, in the steps of a tree: 2 x (1 + 3). Ring by ring, 3/4 of 4 MB would be
 * between parts. */
static void test_one_ring(void)
{
    ll_cluster c = cluster_of(RACKS(4));
    for (int d = 0; d < 2; d++) {
        c.software[d].pipelined = true;
        c.software[d].algorithms = "ring";
    }
    ll_group pairs = {.n_chip = 64, .n_digit = 2, .size = {2, 4}, .stride = {8, 16}};
    CHECK_NEAR(group_s(&c, LL_ALL_GATHER, &pairs, 8e6), 3500e-6 + 7e-6, 1e-9);
    CHECK_NEAR(group_s(&c, LL_REDUCE_SCATTER, &pairs, 8e6), 3500e-6 + 7e-6, 1e-9);
    CHECK_NEAR(group_s(&c, LL_ALL_REDUCE, &pairs, 8e6), 2 * 3500e-6 + 8e-6, 1e-9);
}

/* A ring of 8 chips, 10 GB/s each way: half of the bytes go each way round, 7 steps of 1/16 of 8
 * MB. */
static void test_ring_both_ways(void)
{
    ll_cluster c = cluster_of(RING8);
    CHECK_NEAR(time_s(&c, LL_ALL_GATHER, LL_ALGORITHM_RING, 8e6), 7 * (50e-6 + 1e-6), 1e-9);
    CHECK_NEAR(time_s(&c, LL_ALL_REDUCE, LL_ALGORITHM_RING, 8e6), 14 * (50e-6 + 1e-6), 1e-9);
}

/* `auto` is not slower than what else it could have taken, as engine `flow` prices it: on a switch,
 * on two meshes, and on a torus, where what chips pass on for each other decides. 5 % are allowed.
 */
static void test_auto(ll_comm *self)
{
    ll_cluster clusters[] = {cluster_of(STAR(8)), cluster_of(MESHES), cluster_of(TORUS)};
    for (size_t i = 0; i < sizeof clusters / sizeof *clusters; i++)
        for (double S = 8; S < 1e10; S *= 1e4)
            for (int what = 0; what < LL_N_OF_BYTES; what++) {
                double best_s =
                    flow_s(&clusters[i], (ll_collective)what, LL_ALGORITHM_AUTO, S, self);
                CHECK(best_s > 0, "%s: %s", ll_collective_names[what], err.text);
                for (int a = LL_ALGORITHM_RING; a < LL_N_ALGORITHM; a++) {
                    double this_s =
                        flow_s(&clusters[i], (ll_collective)what, (ll_algorithm)a, S, self);
                    CHECK(this_s < 0 || best_s <= this_s * 1.05,
                          "cluster %d, %s of %g B by %s: %g < %g", (int)i,
                          ll_collective_names[what], S, ll_algorithm_names[a], this_s, best_s);
                }
            }
}

/* More paths than hops: what `auto` keeps of links has to hold those of every path. */
static void test_auto_paths(void)
{
    ll_cluster c = cluster_of(RING_CLOS);
    CHECK(time_s(&c, LL_ALL_GATHER, LL_ALGORITHM_AUTO, 1e9) > 0, "%s", err.text);
}

int main(void)
{
    MPI_Init(NULL, NULL);
    mem = ll_arena_create("test");
    test_star(8, STAR(8));
    test_star(64, STAR(64));
    test_star(72, STAR(72));
    test_tree();
    test_own();
    test_peers();
    test_hierarchical();
    test_software();
    test_guess();
    test_in_network();
    test_in_network_stage();
    test_tree_loads();
    test_domains();
    test_step_power();
    test_ring_both_ways();
    test_uneven();
    test_one_ring();
    ll_comm *self = ll_comm_self(mem);
    CHECK(test_petsc_begin(NULL, NULL), "PETSc starts");
    test_auto(self);
    ll_comm_destroy(self);
    test_petsc_end();
    test_auto_paths();
    ll_arena_destroy(mem);
    int bad = LL_CHECK_RESULT;
    MPI_Finalize();
    return bad;
}
