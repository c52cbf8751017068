/* What every engine promises (sim/engine/engine.h), on every kind of topology and traffic. */
#include "tests/support/check.h"
#include "tests/support/engine_make.h"
#include "tests/support/petsc.h"
#include "tests/support/topologies.h"
#include "tests/toys/engine_toy.h"

#include <math.h>
#include <mpi.h>
#include <string.h>

enum { N_CHIP = 12, N_PATTERN = 7 };

/* Engines that only the tests have: a line for each, beside those of LL_ENGINES. */
static const ll_engine_type *const toys[] = {&ll_engine_toy, NULL};

typedef struct env {
    ll_arena *mem;
    ll_comm *comm;
    test_engine engine;
    const ll_topology *topo;
    const char *name; /* of engine and topology, for messages */
} env;

static ll_price price(const env *e, int n, const ll_traffic *t)
{
    return price_make(e->engine, e->topo, wire_make(), n, t, e->comm);
}

/* Least time that any rule allows a flow: each link is busy for all bytes that cross it, after the
 * shortest way over it. */
static double floor_s(const ll_topology *topo, const ll_flow *f)
{
    const int32_t n_path = topo->type->n_path(topo, f->src, f->dst);
    ll_arena *mem = ll_arena_create("floor");
    double *share = ll_arena_array(mem, topo->n_link, double), worst_s = 0;
    double *way_s = ll_arena_array(mem, topo->n_link, double);
    for (int32_t path = 0; path < n_path; path++) {
        int64_t hop[LL_MAX_HOP];
        const int n = topo->type->route(topo, f->src, f->dst, path, LL_MAX_HOP, hop);
        double latency_s = 0;
        for (int h = 0; h < n; h++) {
            ll_link link;
            topo->type->link(topo, hop[h], &link);
            latency_s += link.latency_s;
        }
        for (int h = 0; h < n; h++) {
            way_s[hop[h]] = share[hop[h]] > 0 ? fmin(way_s[hop[h]], latency_s) : latency_s;
            share[hop[h]] += 1.0 / n_path;
        }
    }
    for (int64_t i = 0; i < topo->n_link; i++) {
        ll_link link;
        topo->type->link(topo, i, &link);
        if (share[i] > 0)
            worst_s = fmax(worst_s, f->size_B * share[i] / ll_link_capacity_Bps(&link) + way_s[i]);
    }
    ll_arena_destroy(mem);
    return worst_s;
}

/* Positive, finite, not faster than the wire, the same on every rank. The floor holds for the flows
 * of group 0's members that an engine may look at alone: so it is asked of flow 0 only. */
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
    CHECK(ll_price_fact(p, "max_util_frac") > 0 && ll_price_fact(p, "max_util_frac") <= 1 + 1e-9,
          "%s pattern %d: utilisation %g", e->name, (int)t->pattern,
          ll_price_fact(p, "max_util_frac"));
    double most[2] = {p->end_s[0], -p->end_s[0]};
    ll_comm_max_f64(e->comm, 2, most);
    CHECK(!(most[0] > -most[1]), "%s pattern %d: ranks differ", e->name, (int)t->pattern);
}

/* Twice the bytes take longer, but not twice as long, since the way does not grow. Packets meet at
 * the links before the windows have spread them out: what is lost then is lost once, and a start
 * that costs more than a round trip would be a fault. */
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
    CHECK(!(ll_price_fact(&none, "max_util_frac") > 0) && ll_price_fact(&none, "n_solve") == 0,
          "%s: no traffic", e->name);
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
    const ll_phase phase[3] = {{.n_traffic = 1, .traffic = &t[0]},
                               {.n_traffic = 1, .traffic = &t[1]},
                               {.n_traffic = 1, .traffic = &t[2]}};
    const ll_problem problem = {e->topo, wire_make(), 3, phase};
    ll_price p[3];
    ll_error err;
    ll_error_init(&err);
    CHECK(ll_engine_solve(e->engine.type, &problem, e->engine.param, e->comm, e->mem, p, &err) ==
              LL_OK,
          "%s", err.text);
    for (int i = 0; i < 3; i++) {
        const ll_price alone = price(e, 1, &t[i]);
        CHECK(memcmp(&alone, &p[i], sizeof alone) == 0, "%s phase %d: %.17g, alone %.17g", e->name,
              i, p[i].end_s[0], alone.end_s[0]);
    }
}

/* ---- The end of each flow -------------------------------------------------------------------- */

/* They do not change the end of the traffic, which is the last of them; and none is before its
 * bytes can be there. */
static void check_flow_ends(const env *e)
{
    const ll_traffic t[2] = {traffic_make(LL_PATTERN_SHIFT, N_CHIP, 5, 1e6),
                             traffic_make(LL_PATTERN_TREE, N_CHIP, 0, 4e5)};
    const int64_t n[2] = {ll_traffic_n_flow(&t[0]), ll_traffic_n_flow(&t[1])};
    double *end_s = ll_arena_array(e->mem, n[0] + n[1], double), *at_s = end_s;
    double *alone_s = ll_arena_array(e->mem, n[0] + n[1], double);
    const ll_phase phase = {.n_traffic = 2, .traffic = t, .flow_end_s = end_s};
    const ll_price p = price_phase(e->engine, e->topo, wire_make(), &phase, e->comm);
    const ll_price q = price(e, 2, t);
    for (int i = 0; i < 2; i++) {
        double last_s = 0;
        for (int64_t k = 0; k < n[i]; k++, at_s++) {
            ll_flow f;
            ll_traffic_flow(&t[i], k, &f);
            CHECK(*at_s >= floor_s(e->topo, &f) * (1 - 1e-9), "%s traffic %d flow %lld: end %g",
                  e->name, i, (long long)k, *at_s);
            last_s = fmax(last_s, *at_s);
        }
        CHECK_NEAR(last_s, p.end_s[i], 0);
        /* `closed` looks at some senders only if it is not asked, and may find a later one. */
        CHECK(p.end_s[i] >= q.end_s[i] * (1 - 1e-9), "%s traffic %d: %g, not asked %g", e->name, i,
              p.end_s[i], q.end_s[i]);
        if (strcmp(e->engine.type->name, "closed") == 0) continue;
        const ll_phase alone = {.n_traffic = 1, .traffic = &t[i], .flow_end_s = alone_s};
        CHECK_NEAR(price_phase(e->engine, e->topo, wire_make(), &alone, e->comm).end_s[0],
                   price(e, 1, &t[i]).end_s[0], 1e-9);
    }
    double most[2] = {end_s[0], -end_s[0]};
    ll_comm_max_f64(e->comm, 2, most);
    CHECK(!(most[0] > -most[1]), "%s: ranks differ on the end of a flow", e->name);
}

/* ---- Weights
 * ------------------------------------------------------------------------------------- */

/* An all-to-all with weights is the list of its flows. */
static void check_weights(const env *e)
{
    static const double weight[N_CHIP] = {1, 0.5, 3, 1, 0, 1, 2, 0.25, 1, 0.75, 1, 0.5};
    int32_t src[N_CHIP * (N_CHIP - 1)], dst[N_CHIP * (N_CHIP - 1)];
    double size_B[N_CHIP * (N_CHIP - 1)];
    for (int back = 0; back < 2; back++) {
        ll_traffic t = traffic_make(LL_PATTERN_ALL, N_CHIP, 0, 1e5);
        t.weight = weight;
        t.weight_of_sender = back;
        int64_t n = 0;
        for (int32_t i = 0; i < N_CHIP; i++)
            for (int32_t j = 1; j < N_CHIP; j++, n++) { /* in the order in which packets start */
                src[n] = i;
                dst[n] = (i + j) % N_CHIP;
                size_B[n] = 1e5 * weight[back ? src[n] : dst[n]];
            }
        const ll_traffic list = list_make(n, src, dst, size_B);
        const ll_price p = price(e, 1, &t), q = price(e, 1, &list);
        CHECK_NEAR(p.end_s[0], q.end_s[0], 1e-8);
        t.weight = NULL;
        CHECK(p.end_s[0] > price(e, 1, &t).end_s[0], "%s: the weight of 3 does not show", e->name);
    }
}

/* ---- Flows that start later
 * ----------------------------------------------------------------------- */

/* Times are whole picoseconds for packets. */
static void check_time(const env *e, const char *what, double got_s, double want_s)
{
    CHECK(fabs(got_s - want_s) <= 1e-8 * want_s + 1e-12, "%s, %s: %.12g s, want %.12g", e->name,
          what, got_s, want_s);
}

/* Flows that are never on the wire together take as long as each alone:
 *     0: chip 0 to 7, alone: a_s    1: the same when 0 has ended, half the bytes: b_s
 *     2: no bytes, when 1 has ended, but not before late_s    3: chip 7 to 0 after that: a_s
 * They share nothing, so they are 3 a_s + ... whatever the engine. Beside them, 4: chip 1 to itself
 * at 5 us. */
static void check_chain(const env *e)
{
    enum { N = 5 };
    static const int32_t src[N] = {0, 0, 2, 7, 1}, dst[N] = {7, 7, 3, 0, 1};
    static const double size_B[N] = {1e6, 5e5, 0, 1e6, 1};
    static const int64_t first_after[N + 1] = {0, 0, 1, 2, 3, 3}, after[3] = {0, 1, 2};
    const ll_traffic one[3] = {list_make(1, &src[0], &dst[0], &size_B[0]),
                               list_make(1, &src[1], &dst[1], &size_B[1]),
                               list_make(1, &src[3], &dst[3], &size_B[3])};
    const double a_s = price(e, 1, &one[0]).end_s[0], b_s = price(e, 1, &one[1]).end_s[0];
    const double c_s = price(e, 1, &one[2]).end_s[0], late_s = ceil((a_s + b_s) * 2e6) * 1e-6;
    const double start_s[N] = {0, 0, late_s, 0, 5e-6};
    double end_s[N];
    ll_traffic t = list_make(N, src, dst, size_B);
    t.start_s = start_s;
    t.first_after = first_after;
    t.after = after;
    const ll_phase phase = {.n_traffic = 1, .traffic = &t, .flow_end_s = end_s};
    const ll_price p = price_phase(e->engine, e->topo, wire_make(), &phase, e->comm);
    check_time(e, "the first flow", end_s[0], a_s);
    check_time(e, "when it has ended", end_s[1], a_s + b_s);
    check_time(e, "without bytes", end_s[2], late_s);
    check_time(e, "after the join", end_s[3], late_s + c_s);
    check_time(e, "to itself", end_s[4], 5e-6);
    check_time(e, "the last one", p.end_s[0], late_s + c_s);
    /* The same without being asked for each end; and nothing but flows without bytes. */
    check_time(e, "of all", price(e, 1, &t).end_s[0], p.end_s[0]);
    const double none_B[N] = {0};
    t.list_B = none_B;
    check_time(e, "no bytes at all", price(e, 1, &t).end_s[0], late_s);
}

/* A flow that starts while another of its sender is on the wire ends later than alone if they share
 * a link, and never earlier than that; patterns beside a list start at 0 as always. */
static void check_overlap(const env *e)
{
    static const int32_t src[2] = {0, 0}, dst[2] = {1, 1};
    static const double size_B[2] = {1e6, 1e6};
    const ll_traffic one = list_make(1, src, dst, size_B);
    const double alone_s = price(e, 1, &one).end_s[0],
                 start_s[2] = {0, floor(alone_s * 5e5) * 1e-6};
    double end_s[2 + N_CHIP];
    ll_traffic t[2] = {list_make(2, src, dst, size_B),
                       traffic_make(LL_PATTERN_SHIFT, N_CHIP, 6, 1)};
    t[0].start_s = start_s;
    const ll_phase phase = {.n_traffic = 2, .traffic = t, .flow_end_s = end_s};
    const ll_price p = price_phase(e->engine, e->topo, wire_make(), &phase, e->comm);
    CHECK(end_s[1] >= start_s[1] + alone_s * (1 - 1e-6), "%s: %g, alone %g after %g", e->name,
          end_s[1], alone_s, start_s[1]);
    CHECK(end_s[1] <= start_s[1] + 3 * alone_s && end_s[0] >= alone_s * (1 - 1e-6) &&
              end_s[0] <= 3 * alone_s,
          "%s: %g and %g, alone %g", e->name, end_s[0], end_s[1], alone_s);
    CHECK(p.end_s[1] < start_s[1], "%s: the pattern ends at %g", e->name, p.end_s[1]);
}

/* An engine that cannot do what is asked for says so. */
static void check_asks(const env *e)
{
    const unsigned can = e->engine.type->can;
    static const int32_t src[2] = {0, 1}, dst[2] = {1, 0};
    static const double size_B[2] = {1e4, 1e4}, start_s[2] = {0, 1e-6};
    static const int64_t first_after[3] = {0, 0, 1}, after[1] = {0};
    const unsigned what[3] = {LL_ENGINE_CAN_START, LL_ENGINE_CAN_PREDECESSORS,
                              LL_ENGINE_CAN_FLOW_END};
    double end_s[2];
    for (int i = 0; i < 3; i++) {
        ll_traffic t = list_make(2, src, dst, size_B);
        ll_phase phase = {.n_traffic = 1, .traffic = &t};
        if (i == 0) t.start_s = start_s;
        if (i == 1) t.first_after = first_after;
        if (i == 1) t.after = after;
        if (i == 2) phase.flow_end_s = end_s;
        const ll_problem problem = {e->topo, wire_make(), 1, &phase};
        ll_price p;
        ll_error err;
        ll_error_init(&err);
        const ll_status status =
            ll_engine_solve(e->engine.type, &problem, e->engine.param, e->comm, e->mem, &p, &err);
        CHECK(status == (can & what[i] ? LL_OK : LL_ERR_RUN), "%s asked for %u: %d", e->name,
              what[i], (int)status);
        CHECK(status == LL_OK || strstr(err.text, e->engine.type->name), "%s", err.text);
    }
}

/* ---- An engine that remembers
 * ---------------------------------------------------------------------- */

static bool same_price(const ll_price *a, const ll_price *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* Equal phases are priced once, whatever their pointers; and what is remembered is what was priced.
 */
static void check_memory(const env *e)
{
    ll_traffic t[4] = {traffic_make(LL_PATTERN_ALL, N_CHIP, 0, 1e6),
                       traffic_make(LL_PATTERN_SHIFT, N_CHIP, 5, 2e6),
                       traffic_make(LL_PATTERN_ALL, N_CHIP, 0, 1e6),
                       traffic_make(LL_PATTERN_SHIFT, N_CHIP, 5, nextafter(2e6, 3e6))};
    ll_phase phase[4];
    ll_price p[4], again[4];
    ll_error err;
    ll_engine *engine = NULL;
    const ll_wire wire = wire_make();
    ll_error_init(&err);
    for (int i = 0; i < 4; i++)
        phase[i] = (ll_phase){.n_traffic = 1, .traffic = &t[i]};
    CHECK(ll_engine_create(e->engine.type, e->topo, &wire, e->engine.param, e->comm, &engine,
                           &err) == LL_OK,
          "%s", err.text);
    CHECK(ll_engine_price(engine, 4, phase, p, &err) == LL_OK, "%s", err.text);
    ll_engine_use use = ll_engine_use_of(engine);
    CHECK(use.n_phase == 4 && use.n_hit == 1, "%s: %lld of %lld known", e->name,
          (long long)use.n_hit, (long long)use.n_phase);
    for (int i = 0; i < 4; i++) {
        const ll_price alone = price(e, 1, &t[i]);
        CHECK(same_price(&p[i], &alone), "%s phase %d: %.17g, alone %.17g", e->name, i,
              p[i].end_s[0], alone.end_s[0]);
    }
    CHECK(ll_engine_price(engine, 4, phase, again, &err) == LL_OK, "%s", err.text);
    for (int i = 0; i < 4; i++)
        CHECK(same_price(&p[i], &again[i]), "%s phase %d: not as remembered", e->name, i);
    t[0].size_B = 3e6; /* the caller's traffic changes: what is remembered does not */
    CHECK(ll_engine_price(engine, 3, phase, again, &err) == LL_OK, "%s", err.text);
    use = ll_engine_use_of(engine);
    CHECK(use.n_phase == 11 && use.n_hit == 7, "%s: %lld of %lld known", e->name,
          (long long)use.n_hit, (long long)use.n_phase);
    CHECK(again[0].end_s[0] > p[0].end_s[0] && same_price(&again[2], &p[2]), "%s: %g after %g",
          e->name, again[0].end_s[0], p[0].end_s[0]);
    ll_engine_destroy(engine);
}

/* The ends of flows are remembered with the price, and only where they were asked for. */
static void check_memory_of_ends(const env *e)
{
    const ll_traffic t = traffic_make(LL_PATTERN_SHIFT, N_CHIP, 5, 1e6);
    double end_s[3][N_CHIP];
    ll_phase phase[3];
    ll_price p[3];
    ll_error err;
    ll_engine *engine = NULL;
    const ll_wire wire = wire_make();
    ll_error_init(&err);
    for (int i = 0; i < 3; i++)
        phase[i] =
            (ll_phase){.n_traffic = 1, .traffic = &t, .flow_end_s = i == 1 ? NULL : end_s[i]};
    CHECK(ll_engine_create(e->engine.type, e->topo, &wire, e->engine.param, e->comm, &engine,
                           &err) == LL_OK &&
              ll_engine_price(engine, 3, phase, p, &err) == LL_OK,
          "%s", err.text);
    CHECK(ll_engine_use_of(engine).n_hit == 1, "%s: with the ends, without, with", e->name);
    CHECK(memcmp(end_s[0], end_s[2], sizeof end_s[0]) == 0 && end_s[0][3] > 0, "%s: %g, then %g",
          e->name, end_s[0][3], end_s[2][3]);
    ll_engine_destroy(engine);
}

static void check_engine(env *e, const test_engine *closed)
{
    const unsigned can = e->engine.type->can;
    check_weights(e);
    check_asks(e);
    check_memory(e);
    if (can & LL_ENGINE_CAN_FLOW_END) {
        check_flow_ends(e);
        check_memory_of_ends(e);
    }
    if ((can & LL_ENGINE_CAN_PREDECESSORS) && (can & LL_ENGINE_CAN_FLOW_END)) {
        check_chain(e);
        check_overlap(e);
    }
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

static void check_type(const ll_engine_type *type, const ll_topology *const *topo,
                       const test_engine *closed, ll_comm *comm, ll_arena *mem)
{
    for (int i = 0; i < N_TOPOLOGY; i++) {
        env e = {mem, comm, engine_of(mem, type, ""), topo[i],
                 ll_arena_printf(mem, "%s on %s %d", type->name, topo[i]->type->name, i)};
        check_engine(&e, closed);
    }
}

int main(void)
{
    if (!test_petsc_begin(NULL, NULL)) return 1;
    ll_arena *mem = ll_arena_create("test");
    const MPI_Comm world = MPI_COMM_WORLD;
    ll_comm *comm = ll_comm_create(&world, mem);
    const ll_topology *topo[N_TOPOLOGY];
    const test_engine closed = engine_make(mem, "closed", "");
    topologies_make(mem, N_CHIP, topo);
    for (int k = 0; ll_engine_types[k] != NULL; k++)
        check_type(ll_engine_types[k], topo, &closed, comm, mem);
    for (int k = 0; toys[k] != NULL; k++)
        check_type(toys[k], topo, &closed, comm, mem);
    CHECK(ll_engine_find("flow") == &ll_engine_flow && ll_engine_find("flaw") == NULL, "find");
    ll_comm_destroy(comm);
    ll_arena_destroy(mem);
    test_petsc_end();
    return LL_CHECK_RESULT;
}
