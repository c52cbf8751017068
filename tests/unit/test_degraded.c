/* Links that are slow or down: which routes are left, which are searched for, and what is refused.
 */
#include "tests/support/check.h"
#include "tests/support/topologies.h"

#include <string.h>

/* Every pair is joined by routes over links that are up, each the way on from the one before. */
static void check_joined(const ll_topology *topo, const ll_topology *beneath)
{
    for (int64_t i = 0; i < (int64_t)topo->n_chip * topo->n_chip; i++) {
        const int32_t src = (int32_t)(i / topo->n_chip), dst = (int32_t)(i % topo->n_chip);
        const int32_t n_path = topo->type->n_path(topo, src, dst);
        CHECK(n_path >= 1 && n_path <= beneath->type->n_path(beneath, src, dst), "%d -> %d: %d",
              src, dst, n_path);
        for (int32_t p = 0; p < n_path; p++) {
            int64_t id[LL_MAX_HOP], at = src;
            const int n = topo->type->route(topo, src, dst, p, LL_MAX_HOP, id);
            CHECK(n <= topo->max_hop, "%d -> %d: %d hops of %d", src, dst, n, topo->max_hop);
            for (int h = 0; h < n; h++) {
                ll_link l;
                topo->type->link(topo, id[h], &l);
                CHECK(l.from == at && l.bw_Bps > 0, "%d -> %d: hop %d is link %lld", src, dst, h,
                      (long long)id[h]);
                at = l.to;
            }
            CHECK(at == dst, "%d -> %d ends at %lld", src, dst, (long long)at);
            CHECK(n == 0 || topo->type->route(topo, src, dst, p, n - 1, id) == -1, "cap");
        }
    }
}

static void check_route(const ll_topology *topo, int32_t src, int32_t dst, int n_path, int n_hop,
                        const int64_t *want)
{
    int64_t id[LL_MAX_HOP];
    CHECK(topo->type->n_path(topo, src, dst) == n_path, "%d -> %d: %d paths, want %d", src, dst,
          topo->type->n_path(topo, src, dst), n_path);
    const int n = topo->type->route(topo, src, dst, 0, LL_MAX_HOP, id);
    CHECK(n == n_hop, "%d -> %d: %d hops, want %d", src, dst, n, n_hop);
    for (int h = 0; h < n && h < n_hop; h++)
        CHECK(id[h] == want[h], "%d -> %d: hop %d is %lld, want %lld", src, dst, h,
              (long long)id[h], (long long)want[h]);
}

/* A ring of 4: link i goes from chip i to i+1, link 4+i from chip i to i-1. From 0 to 2 there are
 * two paths, 0 1 and 4 7. Without link 1 one is left; from 1 to 2 there was one, over link 1, and
 * the only way that remains goes round: 5 4 7. */
static void check_ring(ll_arena *mem)
{
    const ll_topology *ring = topology_must(mem, "ring", "size=4; " LANE);
    const ll_topology *slow = topology_degraded(mem, ring, "1:0.5");
    const ll_topology *cut = topology_degraded(mem, ring, "1:0");
    ll_link l;
    slow->type->link(slow, 1, &l);
    CHECK_NEAR(l.bw_Bps, 25e9, 1e-14);
    slow->type->link(slow, 2, &l);
    CHECK_NEAR(l.bw_Bps, 50e9, 1e-14);
    check_route(slow, 0, 2, 2, 2, (int64_t[]){0, 1});
    check_route(cut, 0, 2, 1, 2, (int64_t[]){4, 7});
    check_route(cut, 1, 2, 1, 3, (int64_t[]){5, 4, 7});
    check_route(cut, 2, 1, 1, 1, (int64_t[]){6});
    check_joined(slow, ring);
    check_joined(cut, ring);
    CHECK(cut->uneven && slow->uneven && !ring->uneven, "uneven");
}

/* A mesh of 5 has one direct link per pair, link 4 s + (d, less one if d > s). Without the one from
 * 0 to 1, link 0, the way has two hops; over which chip depends on the pair, so some other pairs,
 * cut in the same way, go elsewhere. */
static void check_mesh(ll_arena *mem)
{
    const ll_topology *mesh = topology_must(mem, "mesh", "size=5; " LANE);
    const ll_topology *cut = topology_degraded(mem, mesh, "0:0 5:0 10:0 15:0 16:0");
    int64_t via = 0;
    check_joined(cut, mesh);
    for (int32_t src = 0; src < 5;
         src++) { /* link 5 src goes to chip src + 1, the last to chip 0 */
        const int32_t dst = (src + 1) % 5;
        int64_t id[LL_MAX_HOP];
        ll_link l;
        CHECK(cut->type->route(cut, src, dst, 0, LL_MAX_HOP, id) == 2, "%d -> %d", src, dst);
        cut->type->link(cut, id[0], &l);
        via |= (int64_t)1 << ((l.to - src + 5) % 5);
    }
    CHECK((via & (via - 1)) != 0, "all take the same turn");
}

/* Leaf 0 of a Clos with two spines has links 16 and 17 up (8 hosts up, 8 down, then 2 leaves of 2).
 * By destination (dmodk), chip 4 is reached over spine 0, chip 5 over spine 1; without link 16 both
 * over spine 1, links 17 up and 20 + 2 + 1 down to leaf 1. */
static void check_clos(ll_arena *mem)
{
    const ll_topology *clos =
        topology_must(mem, "clos", "size=8; hosts_per_leaf=4; uplinks=2; routing=dmodk; " LANE UP);
    const ll_topology *cut = topology_degraded(mem, clos, "16:0");
    check_route(clos, 0, 4, 1, 4, (int64_t[]){0, 16, 22, 12});
    check_route(cut, 0, 4, 1, 4, (int64_t[]){0, 17, 23, 12});
    check_route(cut, 0, 5, 1, 4, (int64_t[]){0, 17, 23, 13});
    check_joined(cut, clos);
}

static void check_refused(ll_arena *mem)
{
    static const char *const bad[][2] = {
        {"8:0", "a link of 0 .. 7"},
        {"1:2", "'1:2'"},
        {"1", "'1'"},
        {"1:0,2:0", "'1:0,2:0'"},
        {"1:0.5 1:0", "link 1 is listed twice"},
        {"1:nan", "'1:nan'"},
        {"0:0 4:0", "links are down (0, 4), and chip 0 cannot reach chip 1 any more"},
        {"0:0 1:0.5 6:0", "links are down (0, 6), and chip 0 cannot reach chip 1"},
        {"0:0 5:0", NULL},
        {"3:0 5:0", "links are down (3, 5), and chip 1 cannot reach chip 0"}};
    const ll_topology *ring = topology_must(mem, "ring", "size=4; " LANE);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ll_error err;
        ll_topology out;
        ll_error_init(&err);
        const ll_status got = ll_topology_degrade(ring, bad[i][0], mem, &out, &err);
        const bool as_wanted =
            bad[i][1] == NULL ? got == LL_OK : got == LL_ERR_CONFIG && strstr(err.text, bad[i][1]);
        CHECK(as_wanted, "%s: status %d, %s", bad[i][0], (int)got, err.text);
    }
    /* A ring of 514 has 257 hops at most; without one link, the way round it has 513. */
    const ll_topology *wide = topology_must(mem, "ring", "size=514; " LANE);
    ll_error err;
    ll_topology out;
    ll_error_init(&err);
    const ll_status got = ll_topology_degrade(wide, "7:0", mem, &out, &err);
    CHECK(got == LL_ERR_CONFIG && strstr(err.text, "a route from chip 7 has 513 hops"), "%d: %s",
          (int)got, err.text);
}

int main(void)
{
    ll_arena *mem = ll_arena_create("test");
    check_ring(mem);
    check_mesh(mem);
    check_clos(mem);
    check_refused(mem);
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
