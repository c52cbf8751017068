/* What every engine promises (sim/engine/engine.h), on every kind of topology and traffic. */
#include "sim/engine/flow/equations.h"
#include "tests/check.h"
#include "tests/engine_make.h"

#include <mpi.h>
#include <string.h>

#define LANE "bandwidth=50 GB/s; latency=300 ns; "
#define UP   "uplink_bandwidth=25 GB/s; uplink_latency=500 ns; "

enum { N_CHIP = 12, N_TOPOLOGY = 7, N_PATTERN = 7 };

typedef struct env {
    ll_arena *mem;
    ll_comm *comm;
    test_engine engine;
    const ll_topology *topo;
    const char *name; /* of engine and topology, for messages */
} env;

static void topologies(ll_arena *mem, const ll_topology **topo)
{
    ll_topology *mesh = topology_must(mem, "mesh", "size=4; routing=spray; name=board; " LANE);
    ll_topology *slow = topology_must(mem, "switch", "size=3; bandwidth=20 GB/s; latency=1 us");
    topo[0] = topology_must(mem, "switch", "size=12; links=3; " LANE);
    topo[1] = topology_must(mem, "mesh", "size=12; " LANE);
    topo[2] = topology_must(mem, "ring", "size=12; " LANE);
    topo[3] = topology_must(mem, "line", "size=12; " LANE);
    topo[4] = topology_must(mem, "clos", "size=12; hosts_per_leaf=4; uplinks=2; " LANE UP);
    topo[5] = topology_must(
        mem, "clos", "size=12; hosts_per_leaf=4; uplinks=4; routing=ecmp; ecmp_paths=2; " LANE UP);
    topo[6] = topology_times(mem, 2, (ll_topology *[]){mesh, slow});
}

static ll_price price(const env *e, int n, const ll_traffic *t)
{
    return price_make(e->engine, e->topo, wire_make(), n, t, e->comm);
}

/* Least time that any rule allows a flow: all of its bytes over its fullest link, and the way. */
static double floor_s(const ll_topology *topo, const ll_flow *f)
{
    const int32_t n_path = topo->type->n_path(topo, f->src, f->dst);
    double *share = NULL, worst_s = 0;
    ll_arena *mem = ll_arena_create("floor");
    share = ll_arena_array(mem, topo->n_link, double);
    for (int32_t path = 0; path < n_path; path++) {
        int64_t hop[LL_MAX_HOP];
        const int n = topo->type->route(topo, f->src, f->dst, path, LL_MAX_HOP, hop);
        for (int h = 0; h < n; h++) {
            ll_link link;
            topo->type->link(topo, hop[h], &link);
            share[hop[h]] += 1.0 / n_path;
            worst_s = fmax(worst_s, f->size_B * share[hop[h]] / ll_link_capacity_Bps(&link));
        }
    }
    ll_arena_destroy(mem);
    return worst_s + ll_topology_latency_s(topo, f->src, f->dst);
}

/* Positive, finite, not faster than the wire, the same on every rank. The floor holds for the flows of
 * group 0's members that an engine may look at alone: so it is asked of flow 0 only. */
static void check_one(const env *e, const ll_traffic *t, const ll_price *p)
{
    ll_flow f;
    ll_traffic_flow(t, 0, &f);
    CHECK(isfinite(p->end_s[0]) && p->end_s[0] > 0, "%s pattern %d: end %g", e->name,
          (int)t->pattern, p->end_s[0]);
    CHECK(p->end_s[0] >= floor_s(e->topo, &f) * (1 - 1e-9), "%s pattern %d: end %g, floor %g",
          e->name, (int)t->pattern, p->end_s[0], floor_s(e->topo, &f));
    CHECK(p->latency_s[0] > 0 && p->latency_s[0] < p->end_s[0], "%s pattern %d: latency %g",
          e->name, (int)t->pattern, p->latency_s[0]);
    CHECK(p->max_util_frac > 0 && p->max_util_frac <= 1 + 1e-9, "%s pattern %d: utilisation %g",
          e->name, (int)t->pattern, p->max_util_frac);
    double most[2] = {p->end_s[0], -p->end_s[0]};
    ll_comm_max_f64(e->comm, 2, most);
    CHECK(!(most[0] > -most[1]), "%s pattern %d: ranks differ", e->name, (int)t->pattern);
}

/* Twice the bytes take longer, but not twice as long, since the way does not grow. Packets meet at the
 * links before the windows have spread them out: what is lost then is lost once, and a start that
 * costs more than a round trip would be a fault. */
static void check_size(const env *e, ll_traffic t)
{
    const bool packets = strcmp(e->engine.type->name, "packet") == 0;
    const ll_price one = price(e, 1, &t);
    t.size_B *= 2;
    const ll_price two = price(e, 1, &t);
    const double start_s = packets ? 2 * one.latency_s[0] : 0;
    CHECK(two.end_s[0] > one.end_s[0] && two.end_s[0] < 2 * one.end_s[0] + start_s,
          "%s pattern %d: %g then %g", e->name, (int)t.pattern, one.end_s[0], two.end_s[0]);
    CHECK(!(two.latency_s[0] > one.latency_s[0]) && !(two.latency_s[0] < one.latency_s[0]),
          "%s pattern %d: latency changes with size", e->name, (int)t.pattern);
}

static void check_patterns(const env *e)
{
    const ll_pattern pattern[N_PATTERN] = {LL_PATTERN_SHIFT, LL_PATTERN_BOTH, LL_PATTERN_XOR,
                                           LL_PATTERN_ALL,   LL_PATTERN_LINE, LL_PATTERN_TREE,
                                           LL_PATTERN_ROOT};
    for (int i = 0; i < N_PATTERN; i++) {
        ll_traffic t = traffic_make(pattern[i], N_CHIP, 1, 1e6);
        if (pattern[i] == LL_PATTERN_XOR) /* wants a power of two: 3 groups of 4 */
            t.group = (ll_group){N_CHIP, 1, {4}, {1}};
        const ll_price p = price(e, 1, &t);
        check_one(e, &t, &p);
        check_size(e, t);
        /* Beside other traffic nothing gets faster than it is alone without it, here: the windows
         * halve, and the wire is shared. */
        const ll_traffic both[2] = {t, t};
        const ll_price q = price(e, 2, both);
        CHECK(q.end_s[0] >= p.end_s[0] * (1 - 1e-6) && q.end_s[1] >= p.end_s[0] * (1 - 1e-6),
              "%s pattern %d: alone %g, with its copy %g %g", e->name, (int)t.pattern, p.end_s[0],
              q.end_s[0], q.end_s[1]);
    }
}

/* Nothing to send ends at once: no bytes, to itself, no flows at all. */
static void check_nothing(const env *e)
{
    const int32_t src[3] = {0, 1, 2}, dst[3] = {1, 1, 3};
    const double size_B[3] = {0, 1e6, 0};
    const ll_traffic t[4] = {list_make(3, src, dst, size_B),
                             traffic_make(LL_PATTERN_ALL, N_CHIP, 0, 0),
                             traffic_make(LL_PATTERN_SHIFT, N_CHIP, 0, 1e6),
                             {.pattern = LL_PATTERN_ALL, .group = {.n_chip = N_CHIP}, .size_B = 1}};
    const ll_price p = price(e, 4, t);
    for (int i = 0; i < 4; i++)
        CHECK(!(p.end_s[i] > 0) && !(p.end_s[i] < 0), "%s nothing %d: end %g", e->name, i,
              p.end_s[i]);
    const ll_price none = price(e, 0, t);
    CHECK(!(none.max_util_frac > 0) && none.n_solve == 0, "%s: no traffic", e->name);
    /* Beside something that is sent, too. */
    const ll_traffic two[2] = {t[0], traffic_make(LL_PATTERN_SHIFT, N_CHIP, 1, 1e6)};
    const ll_price q = price(e, 2, two);
    CHECK(!(q.end_s[0] > 0) && q.end_s[1] > 0, "%s: %g and %g", e->name, q.end_s[0], q.end_s[1]);
}

/* Phases are priced one by one: each as if it were the only one, whatever came before it. */
static void check_phases(const env *e)
{
    const ll_traffic t[3] = {traffic_make(LL_PATTERN_ALL, N_CHIP, 0, 1e6),
                             traffic_make(LL_PATTERN_SHIFT, N_CHIP, 5, 2e6),
                             traffic_make(LL_PATTERN_ALL, N_CHIP, 0, 1e6)};
    const ll_phase phase[3] = {{1, &t[0]}, {1, &t[1]}, {1, &t[2]}};
    const ll_problem problem = {e->topo, wire_make(), 3, phase};
    ll_price p[3];
    ll_error err;
    ll_error_init(&err);
    CHECK(e->engine.type->solve(&problem, e->engine.param, e->comm, e->mem, p, &err) == LL_OK, "%s",
          err.text);
    for (int i = 0; i < 3; i++) {
        const ll_price alone = price(e, 1, &t[i]);
        CHECK(memcmp(&alone, &p[i], sizeof alone) == 0, "%s phase %d: %.17g, alone %.17g", e->name,
              i, p[i].end_s[0], alone.end_s[0]);
    }
}

static void check_engine(env *e, const test_engine *closed)
{
    check_patterns(e);
    check_nothing(e);
    check_phases(e);
    /* One flow per sender: none is faster than its own wire, which is what `closed` says. */
    const ll_traffic shift = traffic_make(LL_PATTERN_SHIFT, N_CHIP, 5, 1e6);
    const ll_price a = price(e, 1, &shift);
    const ll_price b = price_make(*closed, e->topo, wire_make(), 1, &shift, e->comm);
    CHECK(a.end_s[0] >= b.end_s[0] * (1 - 1e-9), "%s: %g, closed %g", e->name, a.end_s[0],
          b.end_s[0]);
}

int main(int argc, char **argv)
{
    ll_error err;
    ll_error_init(&err);
    if (ll_equations_init(&argc, &argv, &err) != LL_OK) return 1;
    ll_arena *mem = ll_arena_create("test");
    const MPI_Comm world = MPI_COMM_WORLD;
    ll_comm *comm = ll_comm_create(&world, mem);
    const ll_topology *topo[N_TOPOLOGY];
    const test_engine closed = engine_make(mem, "closed", "");
    topologies(mem, topo);
    for (int k = 0; ll_engine_types[k] != NULL; k++)
        for (int i = 0; i < N_TOPOLOGY; i++) {
            env e = {mem, comm,

                     engine_make(mem, ll_engine_types[k]->name, ""), topo[i],
                     ll_arena_printf(mem, "%s on %s %d", ll_engine_types[k]->name,
                                     topo[i]->type->name, i)};
            check_engine(&e, &closed);
        }
    CHECK(ll_engine_find("flow") == &ll_engine_flow && ll_engine_find("flaw") == NULL, "find");
    ll_comm_destroy(comm);
    ll_arena_destroy(mem);
    ll_equations_final();
    return LL_CHECK_RESULT;
}
