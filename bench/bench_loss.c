/* What losing packets costs: slow-down against a fabric that loses none, by loss and by who
 * recovers.
 *
 *   bench_loss [--format json]
 *
 * Each link damages each packet with the same probability, by itself; engine `packet`, all packets,
 * no extrapolation. Recovery: the link sends the packet again, alone (selective) or with all that
 * followed (go back n); or its source does (end to end), after an answer that shows the gap or
 * after 320 us. Four cases:
 *
 *   all-reduce     1 MiB over the 8192 chips of `atlas950`: six rounds of short messages, each over
 *                  when the last of its flows is
 *   permutation    2 MB per chip, 1024 chips, leaf-spine of 100 Gb/s, sprayed over 16 spines
 *   one path       the same, every flow on one path, drawn by a hash: long flows in order
 *   step           a training step of `nvl72`
 *
 * Means over SEEDS seeds. Then congestion instead of damage: no link errors, but queues of so many
 * packets, which hold packets back by credits or drop them; against queues without a limit.
 *
 *   incast         63 chips send 256 KiB each to one, leaf-spine as above
 *   all-to-all     64 chips of four leaves, 64 KiB from each to each
 *   one path       as above: hashed paths collide */
#include "sim/collective/collective.h"
#include "sim/step/price.h"
#include "sim/step/result.h"
#include "sim/traffic/synthetic.h"
#include "tests/support/engine_make.h"
#include "tests/support/petsc.h"

#include <mpi.h>
#include <stdio.h>
#include <string.h>

enum { SEEDS = 5, N_LOSS = 4, N_RECOVERY = 4, N_CASE = 4 };

#define ONE_PATH "routing=ecmp; ecmp_paths=1"

static const char *const losses[N_LOSS] = {"1e-6", "1e-5", "1e-4", "1e-3"};

static const struct {
    const char *name, *recovery, *retransmission;
} recoveries[N_RECOVERY] = {{"link, selective", "link", "selective"},
                            {"link, go back n", "link", "go_back_n"},
                            {"end to end, selective", "end_to_end", "selective"},
                            {"end to end, go back n", "end_to_end", "go_back_n"}};

typedef struct env {
    ll_comm *comm;
    ll_arena *mem; /* of one run */
} env;

static void must(ll_status status, const ll_error *err)
{
    LL_ASSERT(status == LL_OK, "%s", err->text);
}

static const ll_study *load(const env *e, const char *name, int what, const char *keys)
{
    const char *set[8];
    int n = 0;
    set[n++] = "engine.type=packet";
    for (const char *at = keys; *at; n++) { /* "loss=1e-3; seed=2" */
        const size_t length = strcspn(at, ";");
        set[n] = ll_arena_printf(e->mem, "engine.%.*s", (int)length, at);
        at += length + strspn(at + length, "; ");
    }
    ll_study *study = ll_arena_new(e->mem, ll_study);
    ll_error err;
    ll_error_init(&err);
    must(ll_study_load(&(ll_study_source){name, n, set, what}, e->comm, e->mem, study, &err), &err);
    return study;
}

static double all_reduce_s(const env *e, const char *keys)
{
    const ll_study *study = load(e, "atlas950", LL_STUDY_CLUSTER, keys);
    const int32_t n = study->cluster.topo->n_chip;
    const ll_request request = {.collective = LL_ALL_REDUCE,
                                .group = {.n_chip = n, .n_digit = 1, .size = {n}, .stride = {1}},
                                .size_B = 1 << 20};
    ll_plan *plan = ll_arena_new(e->mem, ll_plan);
    ll_cost cost;
    ll_error err;
    ll_error_init(&err);
    must(ll_collective_choose(&study->cluster, &request, e->mem, plan, &err), &err);
    must(ll_collective_time(study, plan, e->comm, e->mem, &cost, &err), &err);
    return cost.total_s;
}

static double step_s(const env *e, const char *keys)
{
    ll_result *result = ll_arena_new(e->mem, ll_result);
    ll_error err;
    ll_error_init(&err);
    must(ll_run(load(e, "nvl72", LL_STUDY_WHOLE, keys), e->comm, e->mem, result, &err), &err);
    return result->step_s;
}

/* Fisher and Yates; fixed points send nothing. */
static ll_topology *fabric(const env *e, const char *routing)
{
    return topology_must(
        e->mem, "clos",
        ll_arena_printf(e->mem,
                        "size=1024; hosts_per_leaf=16; uplinks=16; bandwidth=12.5 GB/s; "
                        "latency=500 ns; uplink_bandwidth=12.5 GB/s; uplink_latency=500 ns; %s",
                        routing));
}

static double phase_s(const env *e, const char *routing, const ll_traffic *t, const char *keys)
{
    const test_engine packet = engine_make(e->mem, "packet", keys);
    return price_make(packet, fabric(e, routing), wire_make(), 1, t, e->comm).end_s[0];
}

static double permutation_s(const env *e, const char *routing, const char *keys)
{
    const ll_traffic t = ll_synthetic_traffic(LL_SYNTHETIC_PERMUTATION, 1024, 2e6, 1, e->mem);
    return phase_s(e, routing, &t, keys);
}

static double incast_s(const env *e, const char *keys)
{
    enum { N = 63 };
    int32_t src[N], dst[N];
    double size_B[N];
    for (int32_t i = 0; i < N; i++) {
        src[i] = i + 1;
        dst[i] = 0;
        size_B[i] = 1 << 18;
    }
    const ll_traffic t = list_make(N, src, dst, size_B);
    return phase_s(e, ONE_PATH, &t, keys);
}

static double all_to_all_s(const env *e, const char *keys)
{
    const ll_traffic t = traffic_make(LL_PATTERN_ALL, 64, 0, 1 << 16);
    return phase_s(e, ONE_PATH, &t, keys);
}

static const char *const cases[N_CASE] = {"all-reduce", "permutation", "one path", "step"};

static double time_s(env *e, int which, const char *keys)
{
    ll_arena_reset(e->mem);
    const char *const all = ll_arena_printf(e->mem, "packets_per_flow=0; %s", keys);
    switch (which) {
    case 0:
        return all_reduce_s(e, all);
    case 1:
        return permutation_s(e, "routing=spray", all);
    case 2:
        return permutation_s(e, ONE_PATH, all);
    default:
        return step_s(e, all);
    }
}

static double mean_s(env *e, int which, const char *loss, int recovery)
{
    double sum_s = 0;
    for (int seed = 1; seed <= SEEDS; seed++) {
        char keys[160];
        snprintf(keys, sizeof keys, "loss=%s; recovery=%s; retransmission=%s; seed=%d", loss,
                 recoveries[recovery].recovery, recoveries[recovery].retransmission, seed);
        sum_s += time_s(e, which, keys);
    }
    return sum_s / SEEDS;
}

/* One case: a row per loss, a column per recovery; the first row is the time without loss. */
static void table(env *e, int which, bool json)
{
    const double clean_s = time_s(e, which, "loss=0");
    if (json)
        printf("%s{\"name\": \"loss.%s\", \"value\": %.9g, \"unit\": \"s\"}", which ? ",\n" : "",
               cases[which], clean_s);
    for (int l = 0; l < N_LOSS; l++) {
        if (!json && l == 0)
            printf("%-12s %12.6g %6s", cases[which], clean_s * 1e6, losses[l]);
        else if (!json)
            printf("%-12s %12s %6s", "", "", losses[l]);
        for (int r = 0; r < N_RECOVERY; r++) {
            const double slow = mean_s(e, which, losses[l], r) / clean_s;
            if (json)
                printf(",\n{\"name\": \"loss.%s.%s.%s\", \"value\": %.6g, \"unit\": \"1\"}",
                       cases[which], recoveries[r].name, losses[l], slow);
            else
                printf(" %21.4f", slow);
            fflush(stdout);
        }
        if (!json) printf("\n");
    }
}

/* ---- Full queues ----------------------------------------------------------------------------- */

enum { N_BUFFER = 3, N_RULE = 3, N_BURST = 3 };
static const int buffers[N_BUFFER] = {16, 64, 256};
static const char *const bursts[N_BURST] = {"incast", "all-to-all", "one path"};
static const struct {
    const char *name, *keys;
} rules[N_RULE] = {
    {"credits", "overflow=credits"},
    {"drop, selective", "overflow=drop; recovery=end_to_end"},
    {"drop, go back n", "overflow=drop; recovery=end_to_end; retransmission=go_back_n"}};

static double burst_s(env *e, int which, const char *keys)
{
    ll_arena_reset(e->mem);
    const char *const all = ll_arena_printf(e->mem, "packets_per_flow=0; %s", keys);
    return which == 0   ? incast_s(e, all)
           : which == 1 ? all_to_all_s(e, all)
                        : permutation_s(e, ONE_PATH, all);
}

static void burst_table(env *e, int which, bool json)
{
    const double free_s = burst_s(e, which, "buffer_packets=0");
    if (json)
        printf(",\n{\"name\": \"queue.%s\", \"value\": %.9g, \"unit\": \"s\"}", bursts[which],
               free_s);
    for (int b = 0; b < N_BUFFER; b++) {
        if (!json && b == 0)
            printf("%-12s %12.6g %6d", bursts[which], free_s * 1e6, buffers[b]);
        else if (!json)
            printf("%-12s %12s %6d", "", "", buffers[b]);
        for (int r = 0; r < N_RULE; r++) {
            char keys[160];
            snprintf(keys, sizeof keys, "buffer_packets=%d; %s", buffers[b], rules[r].keys);
            const double slow = burst_s(e, which, keys) / free_s;
            if (json)
                printf(",\n{\"name\": \"queue.%s.%s.%d\", \"value\": %.6g, \"unit\": \"1\"}",
                       bursts[which], rules[r].name, buffers[b], slow);
            else
                printf(" %21.4f", slow);
            fflush(stdout);
        }
        if (!json) printf("\n");
    }
}

int main(int argc, char **argv)
{
    const bool json = argc > 2 && strcmp(argv[1], "--format") == 0 && strcmp(argv[2], "json") == 0;
    if (!test_petsc_begin(&argc, &argv)) return 1;
    ll_arena *mem = ll_arena_create("comm");
    const MPI_Comm world = MPI_COMM_WORLD;
    env e = {ll_comm_create(&world, mem), ll_arena_create("bench")};
    if (json) {
        printf("[\n");
    } else {
        printf("%-12s %12s %6s", "case", "lossless us", "loss");
        for (int r = 0; r < N_RECOVERY; r++)
            printf(" %21s", recoveries[r].name);
        printf("\n");
    }
    for (int i = 0; i < N_CASE; i++)
        table(&e, i, json);
    if (!json) {
        printf("\n%-12s %12s %6s", "burst", "unlimited us", "queue");
        for (int r = 0; r < N_RULE; r++)
            printf(" %21s", rules[r].name);
        printf("\n");
    }
    for (int i = 0; i < N_BURST; i++)
        burst_table(&e, i, json);
    if (json) printf("\n]\n");
    ll_arena_destroy(e.mem);
    ll_comm_destroy(e.comm);
    ll_arena_destroy(mem);
    test_petsc_end();
    return 0;
}
