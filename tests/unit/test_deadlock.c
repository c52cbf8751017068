/* Cycles of links that wait for each other, against what is known of each topology. */
#include "tests/support/check.h"
#include "tests/support/topologies.h"
#include "topology/deadlock.h"

/* A cycle is one: each link leads to where the next begins, and the last to the first. */
static void check_cycle(const ll_topology *topo, const ll_deadlock *d, const char *what)
{
    for (int64_t i = 0; i < d->n_cycle && d->n_cycle <= LL_DEADLOCK_MAX; i++) {
        ll_link a, b;
        topo->type->link(topo, d->cycle[i], &a);
        topo->type->link(topo, d->cycle[(i + 1) % d->n_cycle], &b);
        CHECK(a.to == b.from, "%s: link %lld of the cycle", what, (long long)i);
    }
}

static void check(ll_arena *mem, const ll_topology *topo, bool cycle, const char *what)
{
    const ll_deadlock d = ll_deadlock_find(topo, mem);
    CHECK((d.n_cycle > 0) == cycle, "%s: a cycle of %lld links", what, (long long)d.n_cycle);
    check_cycle(topo, &d, what);
}

static void check_type(ll_arena *mem, const char *type, const char *text, bool cycle)
{
    check(mem, topology_must(mem, type, text), cycle, ll_arena_printf(mem, "%s %s", type, text));
}

int main(void)
{
    ll_arena *mem = ll_arena_create("test");
    /* Up and then down, or one hop: never. A path of two hops round a ring of 5 waits for the next
     * two, so the ring waits for itself; of 3 chips no path has two hops. */
    check_type(mem, "switch", "size=8; " LANE, false);
    check_type(mem, "mesh", "size=5; " LANE, false);
    check_type(mem, "clos", "size=16; hosts_per_leaf=4; uplinks=4; routing=dmodk; " LANE UP, false);
    check_type(mem, "line", "size=6; " LANE, false);
    check_type(mem, "ring", "size=3; " LANE, false);
    check_type(mem, "ring", "size=5; " LANE, true);
    const ll_deadlock ring = ll_deadlock_find(topology_must(mem, "ring", "size=5; " LANE), mem);
    CHECK(ring.n_cycle == 5 && ring.n_dependency == 10, "%lld links, %lld dependencies",
          (long long)ring.n_cycle, (long long)ring.n_dependency);
    /* Dimension order on a grid of lines is free; any order of two dimensions turns all ways. */
    ll_topology *x = topology_must(mem, "line", "name=x; size=3; " LANE);
    ll_topology *y = topology_must(mem, "line", "name=y; size=3; " LANE);
    check(mem, topology_times(mem, 2, (ll_topology *[]){x, y}), false, "grid");
    check_type(mem, "hyperx",
               "hosts_per_router=1; sizes=3 x 3; routing=dimension_order; " LANE GRID, false);
    check_type(mem, "hyperx", "hosts_per_router=1; sizes=3 x 3; " LANE GRID, true);
    /* Minimal routes of a dragonfly need two lanes (Kim et al. 2008): local, global, local. */
    check_type(mem, "dragonfly",
               "hosts_per_router=1; routers_per_group=3; global_links=1; " LANE GROUPS, true);
    check_type(mem, "dragonfly",
               "hosts_per_router=1; routers_per_group=1; global_links=4; " LANE GROUPS, false);
    check_type(
        mem, "dragonfly",
        "hosts_per_router=1; routers_per_group=1; global_links=4; routing=ugal; " LANE GROUPS,
        true);
    check_type(mem, "slimfly", "hosts_per_router=1; q=5; " LANE GRID, true);
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
