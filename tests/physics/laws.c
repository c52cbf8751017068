/* The answer of the equations, checked against the laws they state, on random and on real systems:
 * Little's law for every row, Pollaczek and Khinchine's for every link, no link above its capacity,
 * and what goes into a switch comes out of it. On any number of ranks. */
#include "sim/base/rng.h"
#include "sim/engine/flow/equations.h"
#include "sim/engine/flow/fold.h"
#include "tests/support/check.h"
#include "tests/support/engine_make.h"
#include "tests/support/petsc.h"

#include <mpi.h>
#include <string.h>

enum { N_LINK = 60, N_HOP = 5, N_ROW = 200 };
enum { WIDE_LINK = 300, WIDE_HOP = 200 }; /* rows that couple most links: their matrix is dense */

static const double tolerance = 1e-11;

/* A random system: rows of 1 to n_hop links, shares 0.25 to 1, capacities over three decades, loads
 * from light to far beyond capacity. Only the parts of this rank are filled. */
static void random_system(uint64_t seed, int n_link, int n_hop, ll_comm *comm, ll_arena *mem,
                          ll_system *out)
{
    double *cap = ll_arena_array(mem, n_link, double), *mean = ll_arena_array(mem, n_link, double);
    int64_t *first = ll_arena_array(mem, N_ROW + 1, int64_t), lo, hi;
    int32_t *link = ll_arena_array(mem, n_hop * N_ROW, int32_t);
    double *share = ll_arena_array(mem, n_hop * N_ROW, double);
    double *window = ll_arena_array(mem, N_ROW, double), *tau = ll_arena_array(mem, N_ROW, double);
    *out = (ll_system){.n_link = n_link, .cap_Bps = cap, .mean_s = mean};
    ll_comm_slice(comm, n_link, &out->link_lo, &out->link_hi);
    for (int64_t l = out->link_lo; l < out->link_hi; l++) {
        cap[l - out->link_lo] = 1e9 * pow(1000, ll_rng_u01(seed, (uint64_t)l, 0));
        mean[l - out->link_lo] = 1e-9 * pow(100, ll_rng_u01(seed, (uint64_t)l, 1));
    }
    ll_comm_slice(comm, N_ROW, &lo, &hi);
    for (int64_t f = lo; f < hi; f++) {
        const uint64_t id = (uint64_t)(1000 + f);
        const int64_t i = out->n_row++;
        const int n = 1 + (int)(n_hop * ll_rng_u01(seed, id, 0));
        window[i] = 1e3 * pow(1e4, ll_rng_u01(seed, id, 1));
        tau[i] = 1e-6 * pow(30, ll_rng_u01(seed, id, 2));
        first[i + 1] = first[i] + n;
        for (int k = 0; k < n; k++) {
            link[first[i] + k] = (int32_t)(n_link * ll_rng_u01(seed, id, 3 + (uint64_t)k));
            share[first[i] + k] = 0.25 + 0.75 * ll_rng_u01(seed, id, 1000 + (uint64_t)k);
        }
    }
    out->first = first;
    out->link = link;
    out->share = share;
    out->window_B = window;
    out->tau_s = tau;
}

/* Exact for the test: maxima over ranks with zeros elsewhere. own: [n_own] -> all: [n_link] */
static void spread(const ll_system *s, ll_comm *comm, const double *own, double *all)
{
    memset(all, 0, (size_t)s->n_link * sizeof *all);
    memcpy(all + s->link_lo, own, (size_t)(s->link_hi - s->link_lo) * sizeof *all);
    ll_comm_max_f64(comm, s->n_link, all);
}

/* Load of every link from the rates of all ranks. load: [n_link] */
static void total_load(const ll_system *s, ll_comm *comm, const double *mult, const double *rate,
                       double *load)
{
    memset(load, 0, (size_t)s->n_link * sizeof *load);
    for (int64_t i = 0; i < s->n_row; i++)
        for (int64_t e = s->first[i]; e < s->first[i + 1]; e++)
            load[s->link[e]] += s->share[e] * mult[i] * rate[i];
    MPI_Allreduce(MPI_IN_PLACE, load, (int)s->n_link, MPI_DOUBLE, MPI_SUM,
                  *(const MPI_Comm *)ll_comm_mpi(comm));
}

static void check_laws(const ll_system *s, ll_comm *comm, const double *mult, const double *wait,
                       const double *rate, ll_arena *mem)
{
    double *q = ll_arena_array(mem, s->n_link, double),
           *load = ll_arena_array(mem, s->n_link, double);
    spread(s, comm, wait, q);
    total_load(s, comm, mult, rate, load);
    for (int64_t i = 0; i < s->n_row; i++) {
        double trip_s = s->tau_s[i];
        for (int64_t e = s->first[i]; e < s->first[i + 1]; e++)
            trip_s += s->share[e] * q[s->link[e]];
        if (mult[i] > 0) CHECK_NEAR(rate[i] * trip_s, s->window_B[i], 1e-12);
        CHECK(mult[i] > 0 || !(rate[i] > 0), "row %lld is absent, but sends", (long long)i);
    }
    for (int64_t l = s->link_lo; l < s->link_hi; l++) {
        const double cap = s->cap_Bps[l - s->link_lo], g = s->mean_s[l - s->link_lo];
        CHECK_NEAR(cap * q[l] / (g + q[l]), load[l], 10 * tolerance);
        CHECK(load[l] <= cap, "link %lld: %g of %g", (long long)l, load[l], cap);
        CHECK(q[l] >= 0, "link %lld: wait %g", (long long)l, q[l]);
    }
}

/* Cold; then warm with every third row gone, some links idle; then with all rows back. */
static void check_random(uint64_t seed, int n_link, int n_hop, ll_comm *comm)
{
    ll_arena *mem = ll_arena_create("random");
    ll_system s;
    ll_error err;
    ll_equations *eq;
    ll_solve_info info;
    ll_error_init(&err);
    random_system(seed, n_link, n_hop, comm, mem, &s);
    /* Wide rows need the guarded steps, which begin after 40 (equations.c). */
    const int most = n_hop == WIDE_HOP ? 100 : 60;
    double *mult = ll_arena_array(mem, N_ROW, double), *rate = ll_arena_array(mem, N_ROW, double);
    double *wait = ll_arena_array(mem, n_link, double);
    CHECK(ll_equations_create(&s, tolerance, comm, mem, &eq, &err) == LL_OK, "%s", err.text);
    for (int turn = 0; turn < 3; turn++) {
        for (int64_t i = 0; i < s.n_row; i++)
            mult[i] = turn == 1 && i % 3 == 0 ? 0 : (double)(1 + i % 4);
        const ll_status status = ll_equations_solve(eq, mult, wait, rate, &info, &err);
        CHECK(status == LL_OK, "seed %d: %s", (int)seed, err.text);
        if (status != LL_OK) break;
        CHECK(info.residual_frac <= tolerance && info.n_newton < most, "%d steps, residual %g",
              info.n_newton, info.residual_frac);
        check_laws(&s, comm, mult, wait, rate, mem);
    }
    ll_equations_destroy(eq);
    ll_arena_destroy(mem);
}

/* Example of throughput.h: the root of 100 q (1 + q) = 200 (0.01 + q), q^2 - q - 0.02 = 0. */
static void check_example(ll_comm *comm)
{
    ll_arena *mem = ll_arena_create("example");
    const double cap = 100, mean = 0.01, share[2] = {1, 1}, window[2] = {100, 100}, tau[2] = {1, 1};
    const int32_t link[2] = {0, 0};
    const int64_t first[3] = {0, 1, 2};
    const ll_system s = {1, 0, 1, &cap, &mean, 2, first, link, share, window, tau};
    const double mult[2] = {1, 1}, q = (1 + sqrt(1.08)) / 2;
    double wait = 0, rate[2];
    ll_equations *eq;
    ll_solve_info info;
    ll_error err;
    ll_error_init(&err);
    CHECK(ll_equations_create(&s, tolerance, comm, mem, &eq, &err) == LL_OK, "%s", err.text);
    CHECK(ll_equations_solve(eq, mult, &wait, rate, &info, &err) == LL_OK, "%s", err.text);
    CHECK_NEAR(wait, q, 1e-10);
    CHECK_NEAR(rate[0], 100 / (1 + q), 1e-10);
    CHECK_NEAR(rate[1], 49.51, 1e-4);
    ll_equations_destroy(eq);
    ll_arena_destroy(mem);
}

/* In and out of every node that is no chip. */
static void check_conservation(ll_comm *comm, const ll_topology *topo, ll_traffic t)
{
    ll_arena *mem = ll_arena_create("conservation");
    const ll_wire wire = wire_make();
    const ll_phase phase = {.n_traffic = 1, .traffic = &t};
    ll_incidence *inc;
    ll_rows rows;
    ll_equations *eq;
    ll_solve_info info;
    ll_error err;
    ll_error_init(&err);
    ll_link_book *book = ll_link_book_create(topo, &wire, mem);
    CHECK(ll_incidence_create(book, &phase, false, comm, mem, &inc, &err) == LL_OK, "%s", err.text);
    ll_fold_not(inc, wire.kappa, comm, mem, &rows);
    const ll_system *s = &rows.system;
    double *rate = ll_arena_array(mem, s->n_row, double);
    double *wait = ll_arena_array(mem, s->link_hi - s->link_lo, double);
    double *load = ll_arena_array(mem, s->n_link, double);
    double *balance = ll_arena_array(mem, topo->n_node, double);
    CHECK(ll_equations_create(s, tolerance, comm, mem, &eq, &err) == LL_OK, "%s", err.text);
    CHECK(ll_equations_solve(eq, rows.mult, wait, rate, &info, &err) == LL_OK, "%s", err.text);
    check_laws(s, comm, rows.mult, wait, rate, mem);
    total_load(s, comm, rows.mult, rate, load);
    double largest = 0;
    for (int64_t l = 0; l < s->n_link; l++) {
        ll_link link;
        topo->type->link(topo, inc->link_id[l], &link);
        balance[link.to] += load[l];
        balance[link.from] -= load[l];
        largest = fmax(largest, load[l]);
    }
    for (int64_t node = topo->n_chip; node < topo->n_node; node++)
        CHECK(fabs(balance[node]) < 1e-10 * largest, "node %lld keeps %g B/s", (long long)node,
              balance[node]);
    ll_equations_destroy(eq);
    ll_arena_destroy(mem);
}

int main(void)
{
    if (!test_petsc_begin(NULL, NULL)) return 1;
    ll_arena *mem = ll_arena_create("test");
    const MPI_Comm world = MPI_COMM_WORLD;
    ll_comm *comm = ll_comm_create(&world, mem), *self = ll_comm_self(mem);
    check_example(self);
    for (uint64_t seed = 1; seed <= 20; seed++)
        check_random(seed, N_LINK, N_HOP, comm);
    for (uint64_t seed = 21; seed <= 30; seed++)
        check_random(seed, N_LINK, N_HOP, self);
    for (uint64_t seed = 31; seed <= 35; seed++)
        check_random(seed, WIDE_LINK, WIDE_HOP, comm);
    const ll_topology *star =
        topology_must(mem, "switch", "size=9; bandwidth=50 GB/s; latency=300 ns");
    const ll_topology *clos = topology_must(
        mem, "clos",
        "size=16; hosts_per_leaf=4; uplinks=2; bandwidth=50 GB/s; latency=300 ns; "
        "uplink_bandwidth=50 GB/s; uplink_latency=500 ns; routing=ecmp; ecmp_paths=2");
    check_conservation(comm, star, traffic_make(LL_PATTERN_ALL, 9, 0, 1e6));
    check_conservation(comm, star, traffic_make(LL_PATTERN_TREE, 9, 0, 1e6));
    check_conservation(comm, clos, traffic_make(LL_PATTERN_ALL, 16, 0, 1e6));
    check_conservation(comm, clos, traffic_make(LL_PATTERN_SHIFT, 16, 5, 1e6));
    ll_comm_destroy(self);
    ll_comm_destroy(comm);
    ll_arena_destroy(mem);
    test_petsc_end();
    return LL_CHECK_RESULT;
}
