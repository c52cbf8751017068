/* Folding: class counts and quotients that can be found by hand, and what happens if colours
 * collide. */
#include "sim/engine/flow/fold.h"
#include "tests/support/check.h"
#include "tests/support/engine_make.h"
#include "tests/support/topologies.h"

typedef struct folded {
    ll_rows rows;
    ll_incidence *inc;
    ll_status status;
} folded;

static folded fold_bits(ll_arena *mem, const ll_topology *topo, ll_wire wire, const ll_traffic *t,
                        int bits)
{
    const ll_phase phase = {.n_traffic = 1, .traffic = t};
    ll_error err;
    ll_error_init(&err);
    ll_comm *self = ll_comm_self(mem);
    folded f;
    f.status = ll_incidence_create(ll_link_book_create(topo, &wire, mem), &phase, false, self, mem,
                                   &f.inc, &err);
    if (f.status == LL_OK) f.status = ll_fold(f.inc, wire.kappa, bits, self, mem, &f.rows, &err);
    ll_comm_destroy(self);
    return f;
}

static folded fold(ll_arena *mem, const ll_topology *topo, const ll_traffic *t)
{
    const folded f = fold_bits(mem, topo, wire_make(), t, LL_FOLD_BITS);
    CHECK(f.status == LL_OK, "status %d", (int)f.status);
    return f;
}

static void check_classes(const char *what, const folded *f, int64_t n_row, int64_t n_link)
{
    CHECK(f->rows.system.n_row == n_row && f->rows.system.n_link == n_link,
          "%s: %lld rows, %lld links; want %lld, %lld", what, (long long)f->rows.system.n_row,
          (long long)f->rows.system.n_link, (long long)n_row, (long long)n_link);
}

/* 6 chips on a switch, 1 GB/s. All to all: one class of 30 flows, all 12 links alike; a flow
 * crosses two of them; the class of links has 12 GB/s. W = 2 (c / 5) tau = 0.4 * 1e9 * 8.096e-6 =
 * 3238 B, which is less than a packet. */
static void check_all(ll_arena *mem, const ll_topology *star)
{
    const ll_traffic t = traffic_make(LL_PATTERN_ALL, 6, 0, 1e6);
    const folded f = fold(mem, star, &t);
    check_classes("all to all", &f, 1, 1);
    CHECK_NEAR(f.rows.mult[0], 30, 0);
    CHECK_NEAR(f.rows.system.share[0], 2, 0);
    CHECK_NEAR(f.rows.system.cap_Bps[0], 12e9, 0);
    CHECK_NEAR(f.rows.system.mean_s[0], 0.05 * 4096 / 1e9, 1e-12);
    CHECK_NEAR(f.rows.system.window_B[0], 4096, 1e-12);
    CHECK_NEAR(f.rows.system.tau_s[0], 4e-6 + 4096 / 1e9, 1e-12);
    CHECK_NEAR(f.rows.latency_s[0], 2e-6, 1e-12);
    CHECK(f.inc->n_flow == 30 && f.inc->n_link == 12 && f.inc->n_entry == 60, "incidence");
}

/* 0 sends to 5 others: its up link, 5 down links; one class of flows, two of links. If one flow is
 * larger: it and its down link are apart. */
static void check_root(ll_arena *mem, const ll_topology *star)
{
    const ll_traffic t = traffic_make(LL_PATTERN_ROOT, 6, 0, 1e6);
    const folded f = fold(mem, star, &t);
    check_classes("root", &f, 1, 2);
    CHECK_NEAR(f.rows.mult[0], 5, 0);
    const int32_t src[5] = {0}, dst[5] = {1, 2, 3, 4, 5};
    const double size_B[5] = {1e6, 1e6, 2e6, 1e6, 1e6};
    const ll_traffic list = list_make(5, src, dst, size_B);
    const folded g = fold(mem, star, &list);
    check_classes("root, one larger", &g, 2, 3);
    CHECK_NEAR(g.rows.mult[0], 4, 0); /* in the order of first members */
    CHECK_NEAR(g.rows.size_B[1], 2e6, 0);
}

/* 0->3, 1->3, 2->4, to itself and of nothing: the first two are one class, the third another; links
 * that carry nothing do not exist. Links: up 0, up 1 | up 2 and down 4, which carry the same one
 * flow and cannot be told apart | down 3. */
static void check_list(ll_arena *mem, const ll_topology *star)
{
    const int32_t src[5] = {0, 1, 2, 5, 4}, dst[5] = {3, 3, 4, 5, 5};
    const double size_B[5] = {1e6, 1e6, 1e6, 1e6, 0};
    const ll_traffic t = list_make(5, src, dst, size_B);
    const folded f = fold(mem, star, &t);
    check_classes("list", &f, 2, 3);
    CHECK(f.inc->n_flow == 3 && f.inc->n_link == 5, "%lld flows, %lld links",
          (long long)f.inc->n_flow, (long long)f.inc->n_link);
    CHECK_NEAR(f.rows.mult[0], 2, 0);
    CHECK_NEAR(f.rows.mult[1], 1, 0);
}

/* A mesh of 3 x 3 with equal links, all to all, routes through x first. Each chip sends 2 flows of
 * one hop in x, 2 in y, 4 of two hops. Every link carries 3 flows: its own pair's, and the 2 that
 * turn after it (x) or have turned before it (y). With windows of a given size only the number of
 * hops tells flows apart, and links not at all: 2 classes of 36 flows, 1 of links. With windows by
 * the sender's share, a sender has 3 flows on its x links but 1 on its y links: 3 classes of 18, 18
 * and 36 flows, 2 of links. */
static void check_mesh(ll_arena *mem)
{
    ll_topology *part[2] = {
        topology_must(mem, "mesh", "size=3; bandwidth=1 GB/s; latency=1 us; name=x"),
        topology_must(mem, "mesh", "size=3; bandwidth=1 GB/s; latency=1 us; name=y")};
    const ll_topology *grid = topology_times(mem, 2, part);
    const ll_traffic t = traffic_make(LL_PATTERN_ALL, 9, 0, 1e6);
    const folded f = fold_bits(mem, grid, wire_window(5000), &t, LL_FOLD_BITS);
    check_classes("3 x 3, given window", &f, 2, 1);
    CHECK_NEAR(f.rows.mult[0], 36, 0);
    CHECK_NEAR(f.rows.mult[1], 36, 0);
    const folded g = fold(mem, grid, &t);
    check_classes("3 x 3", &g, 3, 2);
    CHECK_NEAR(g.rows.mult[0], 18, 0); /* 0 -> 1: in x */
    CHECK_NEAR(g.rows.mult[1], 18, 0); /* 0 -> 3: in y */
    CHECK_NEAR(g.rows.mult[2], 36, 0); /* 0 -> 4 */
    /* tau = 2 us and the 4.096 us of a packet: 2 c/k tau is 8128 B in x, 12192 B in y. */
    CHECK_NEAR(g.rows.system.window_B[0], 1 * 4096, 1e-12);
    CHECK_NEAR(g.rows.system.window_B[1], 3 * 4096, 1e-12);
}

/* One link of a star at half its rate: a wrapper of the switch's table. */
static void slow_link(const ll_topology *topo, int64_t link_id, ll_link *out)
{
    ll_topology_switch.link(topo, link_id, out);
    if (link_id == 0) out->bw_Bps /= 2;
}

/* All to all among 6 with the up link of chip 0 slow: its 5 flows are apart (smaller window too),
 * and so are the down links 1..5, which they cross, from down link 0, which they do not. Flows:
 * from 0; to 0; others. Links: up 0; up 1..5; down 0; down 1..5. */
static void check_broken(ll_arena *mem, const ll_topology *star)
{
    ll_topology_type type = ll_topology_switch;
    ll_topology broken = *star;
    type.link = slow_link;
    broken.type = &type;
    const ll_traffic t = traffic_make(LL_PATTERN_ALL, 6, 0, 1e6);
    const folded f = fold(mem, &broken, &t);
    check_classes("one slow link", &f, 3, 4);
    CHECK_NEAR(f.rows.mult[0], 5, 0);  /* from 0 */
    CHECK_NEAR(f.rows.mult[1], 5, 0);  /* to 0 */
    CHECK_NEAR(f.rows.mult[2], 20, 0); /* others */
}

/* Two traffics are never merged, even where they are equal. */
static void check_two(ll_arena *mem, const ll_topology *star)
{
    const ll_traffic t[2] = {traffic_make(LL_PATTERN_SHIFT, 6, 1, 1e6),
                             traffic_make(LL_PATTERN_SHIFT, 6, 2, 1e6)};
    const ll_wire wire = wire_make();
    const ll_phase phase = {.n_traffic = 2, .traffic = t};
    ll_error err;
    ll_error_init(&err);
    ll_comm *self = ll_comm_self(mem);
    folded f;
    ll_link_book *book = ll_link_book_create(star, &wire, mem);
    f.status = ll_incidence_create(book, &phase, false, self, mem, &f.inc, &err);
    f.status = ll_fold(f.inc, wire.kappa, LL_FOLD_BITS, self, mem, &f.rows, &err);
    ll_comm_destroy(self);
    check_classes("two traffics", &f, 2, 1);
    CHECK_NEAR(f.rows.mult[0], 6, 0);
    CHECK(f.rows.traffic[0] == 0 && f.rows.traffic[1] == 1, "traffic of rows");
    /* Two flows per sender: 2 * 0.5 GB/s * (4 us + 4.096 us) is 8096 B, two packets. */
    CHECK_NEAR(f.rows.system.window_B[0], 2 * 4096, 1e-12);
}

/* Colours of few bits collide. Then the fold is refused, or it is right all the same: never wrong.
 */
static void check_collisions(ll_arena *mem, const ll_topology *star)
{
    const int32_t src[5] = {0}, dst[5] = {1, 2, 3, 4, 5};
    const double size_B[5] = {1e6, 2e6, 3e6, 4e6, 5e6};
    const ll_traffic t = list_make(5, src, dst, size_B);
    int refused = 0;
    for (int bits = 0; bits <= 12; bits++) {
        const folded f = fold_bits(mem, star, wire_make(), &t, bits);
        refused += f.status == LL_ERR_INTERNAL;
        if (f.status == LL_OK) check_classes("few bits", &f, 5, 6);
    }
    CHECK(refused >= 2 && refused < 13, "%d of 13 refused", refused);
    /* Equal flows, so no flow check can see it: links of one flow and of five in one colour. */
    const ll_traffic root = traffic_make(LL_PATTERN_ROOT, 6, 0, 1e6);
    CHECK(fold_bits(mem, star, wire_make(), &root, 0).status == LL_ERR_INTERNAL,
          "links must differ");
}

static bool same_f64(const double *a, const double *b, int64_t n)
{
    return memcmp(a, b, (size_t)n * sizeof *a) == 0;
}

/* Rows of one phase, with one source for each orbit and with all of them: the same to the bit.
 * Returns how many flows there were to fold. */
static int64_t check_orbits_one(ll_arena *mem, const ll_topology *topo, int n_traffic,
                                const ll_traffic *t)
{
    const ll_wire wire = wire_make();
    const ll_phase phase = {.n_traffic = n_traffic, .traffic = t};
    ll_comm *self = ll_comm_self(mem);
    ll_error err;
    ll_error_init(&err);
    folded f[2];
    for (int i = 0; i < 2; i++) {
        f[i] = (folded){.rows = {.row_of = NULL}};
        CHECK(ll_incidence_create(ll_link_book_create(topo, &wire, mem), &phase, i == 1, self, mem,
                                  &f[i].inc, &err) == LL_OK &&
                  ll_fold(f[i].inc, wire.kappa, LL_FOLD_BITS, self, mem, &f[i].rows, &err) == LL_OK,
              "%s", err.text);
    }
    const ll_rows *a = &f[0].rows, *b = &f[1].rows;
    const ll_system *s = &a->system, *u = &b->system;
    const bool as_many = s->n_row == u->n_row && s->n_link == u->n_link;
    CHECK(as_many && f[0].inc->n_flow_all == f[1].inc->n_flow_all,
          "%s of %d: %lld and %lld rows, %lld and %lld links", topo->dim[0].type, t->group.n_chip,
          (long long)s->n_row, (long long)u->n_row, (long long)s->n_link, (long long)u->n_link);
    if (!as_many) return 0;
    const int64_t n = s->n_row, n_entry = s->first[n];
    CHECK(memcmp(s->first, u->first, (size_t)(n + 1) * sizeof *s->first) == 0 &&
              memcmp(s->link, u->link, (size_t)n_entry * sizeof *s->link) == 0 &&
              same_f64(s->share, u->share, n_entry) && same_f64(s->window_B, u->window_B, n) &&
              same_f64(s->tau_s, u->tau_s, n) && same_f64(s->cap_Bps, u->cap_Bps, s->n_link) &&
              same_f64(s->mean_s, u->mean_s, s->n_link) && same_f64(a->mult, b->mult, n) &&
              same_f64(a->size_B, b->size_B, n) && same_f64(a->latency_s, b->latency_s, n),
          "%s of %d: other rows", topo->dim[0].type, t->group.n_chip);
    ll_comm_destroy(self);
    return f[1].inc->n_flow;
}

/* Everyone to everyone, in one group of all chips or the first ones, and in lines of a product. */
static void check_orbits(ll_arena *mem)
{
    const ll_topology *topo[N_TOPOLOGY];
    int64_t n_flow = 0;
    topologies_make(mem, 24, topo);
    for (int i = 0; i < N_TOPOLOGY; i++)
        for (int32_t n = 24; n >= 3; n -= 3) {
            const ll_traffic t = traffic_make(LL_PATTERN_ALL, n, 0, 1e6);
            n_flow += check_orbits_one(mem, topo[i], 1, &t);
        }
    CHECK(n_flow < 10000, "%lld flows: nothing was alike", (long long)n_flow);
    for (int i = N_TOPOLOGY - 2; i < N_TOPOLOGY; i++) { /* both products have a line of 4 */
        const int32_t inner = topo[i]->dim[0].size, outer = topo[i]->dim[1].size;
        ll_traffic t[2] = {traffic_make(LL_PATTERN_ALL, 24, 0, 1e6),
                           traffic_make(LL_PATTERN_ALL, 24, 0, 3e6)};
        t[0].group.size[0] = inner;
        t[1].group.size[0] = outer;
        t[1].group.stride[0] = inner;
        const int64_t both = check_orbits_one(mem, topo[i], 2, t);
        CHECK(both ==
                  check_orbits_one(mem, topo[i], 1, t) + check_orbits_one(mem, topo[i], 1, t + 1),
              "%lld flows", (long long)both);
    }
}

int main(void)
{
    ll_arena *mem = ll_arena_create("test");
    const ll_topology *star =
        topology_must(mem, "switch", "size=6; bandwidth=1 GB/s; latency=1 us");
    check_all(mem, star);
    check_root(mem, star);
    check_list(mem, star);
    check_mesh(mem);
    check_broken(mem, star);
    check_two(mem, star);
    check_collisions(mem, star);
    check_orbits(mem);
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
