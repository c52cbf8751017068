/* The same machine costs the same as a product and as a list of its links, in whatever order these
 * are written, and whether its parallel switches and cables are one node or many. */
/* RANKS 1 */
#include "sim/step/price.h"
#include "tests/support/check.h"
#include "tests/support/choice.h"
#include "tests/support/petsc.h"
#include "topology/edgelist.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct env {
    ll_arena *mem;
    ll_comm *comm;
} env;

/* The `custom` topology of a text; keys: further ones, such as "; dimensions=none". */
static ll_topology *read_text(const env *e, const char *text, const char *keys)
{
    char file[] = "/tmp/lineloss_twins_XXXXXX";
    const int fd = mkstemp(file);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    LL_ASSERT(out && fputs(text, out) >= 0 && !fclose(out), "cannot write %s", file);
    ll_topology *topo = topology_must(e->mem, "custom",
                                      ll_arena_printf(e->mem, "name=links; file=%s%s", file, keys));
    remove(file);
    return topo;
}

static void add_end(ll_text *text, const ll_topology *topo, int64_t node)
{
    ll_text_add(text, node < topo->n_chip ? "%lld" : "s%lld", (long long)node);
}

/* The links of a topology, one of `stride` after another, each as so many cables of fewer lanes. */
static const char *list_of(const env *e, const ll_topology *topo, int64_t stride, int32_t n_cable)
{
    ll_text text;
    ll_text_init(&text, e->mem);
    ll_text_add(&text, "chips %d\n", topo->n_chip);
    for (int64_t node = topo->n_node - 1; node >= topo->n_chip; node--)
        ll_text_add(&text, "switch s%lld\n", (long long)node);
    for (int64_t first = 0; first < stride; first++) {
        for (int64_t id = first; id < topo->n_link; id += stride) {
            ll_link l;
            topo->type->link(topo, id, &l);
            const int32_t n = l.width % n_cable ? 1 : n_cable;
            for (int32_t k = 0; k < n; k++) {
                add_end(&text, topo, l.from);
                ll_text_add(&text, " -> ");
                add_end(&text, topo, l.to);
                ll_text_add(&text, " %d %.17g B/s %.17g s\n", l.width / n, l.bw_Bps, l.latency_s);
            }
        }
    }
    return text.s;
}

/* What a collective among the first n chips takes, by an engine, with what `auto` takes. */
static double time_of(const env *e, const ll_topology *topo, ll_collective what, int32_t n,
                      double size_B, const char *engine)
{
    choice_fabric f[CHOICE_MAX];
    int n_fabric = 0;
    choice_add(f, &n_fabric, "twin", topo);
    const test_engine by = engine_make(e->mem, engine, "");
    const ll_study study = {.cluster = f[0].cluster, .engine = by.type, .engine_param = by.param};
    const ll_request request = {.collective = what,
                                .algorithm = LL_ALGORITHM_AUTO,
                                .group = {.n_chip = n, .n_digit = 1, .size = {n}, .stride = {1}},
                                .size_B = size_B};
    ll_plan plan;
    ll_cost cost;
    ll_error err;
    ll_error_init(&err);
    const bool ok = ll_collective_choose(&f[0].cluster, &request, e->mem, &plan, &err) == LL_OK &&
                    ll_collective_time(&study, &plan, e->comm, e->mem, &cost, &err) == LL_OK;
    CHECK(ok, "%s", err.text);
    return ok ? cost.total_s : 0;
}

/* All collectives among all chips and among some, small and large, by `flow`, and by `closed` too
 * where both topologies are made of the same types: it looks at fewer senders where it knows that
 * they are alike. */
static void check_times(const env *e, const char *name, const ll_topology *a, const ll_topology *b)
{
    static const char *const engine[] = {"flow", "closed"};
    for (int i = 0; i < (a->uneven == b->uneven ? 2 : 1); i++) {
        for (ll_collective what = LL_ALL_REDUCE; what <= LL_SEND; what++) {
            for (double size_B = 65536; size_B < 1e9; size_B *= 4096) {
                for (int32_t n = a->n_chip; n >= a->n_chip / 2 && n > 1; n -= (n + 1) / 2) {
                    const double want = time_of(e, a, what, n, size_B, engine[i]);
                    const double got = time_of(e, b, what, n, size_B, engine[i]);
                    CHECK(fabs(got - want) <= 1e-9 * want,
                          "%s: %s of %g B among %d by %s: %.12g s, "
                          "as a product %.12g s",
                          name, ll_collective_names[what], size_B, n, engine[i], got, want);
                }
            }
        }
    }
}

static void check_dims(const char *name, const ll_topology *a, const ll_topology *b)
{
    CHECK(a->n_dim == b->n_dim && a->uneven == b->uneven, "%s: %d dimensions, found %d", name,
          a->n_dim, b->n_dim);
    for (int d = 0; d < a->n_dim && d < b->n_dim; d++)
        CHECK(a->dim[d].size == b->dim[d].size && !strcmp(a->dim[d].type, b->dim[d].type),
              "%s: dimension %d is %s %d, found %s %d", name, d, a->dim[d].type, a->dim[d].size,
              b->dim[d].type, b->dim[d].size);
}

static void check_twin(const env *e, const char *name, const ll_topology *topo)
{
    const ll_topology *twin = read_text(e, list_of(e, topo, 1, 1), "");
    const ll_topology *shuffled = read_text(e, list_of(e, topo, 7, 2), "");
    check_dims(name, topo, twin);
    check_dims(name, topo, shuffled);
    CHECK(twin->as_written && twin->as_written->n_link == topo->n_link, "%s: as written", name);
    check_times(e, name, topo, twin);
    check_times(e, name, topo, shuffled);
    /* Without formulas: a search in the graph, one dimension after another. */
    check_times(e, name, topo, twin->as_written);
}

#define NV   "size=4; links=18; bandwidth=25 GB/s; latency=350 ns; switch_latency=100 ns; name=nv"
#define NET  "bandwidth=50 GB/s; latency=1.3 us; name=net; "
#define WIRE "bandwidth=50 GB/s; latency=300 ns; "

static void check_machines(const env *e)
{
    ll_arena *mem = e->mem;
    ll_topology *node = topology_must(mem, "switch", NV);
    ll_topology *rail = topology_must(mem, "switch", "size=3; " NET);
    ll_topology *tree = topology_must(mem, "clos",
                                      "size=6; hosts_per_leaf=2; uplinks=2; "
                                      "uplink_bandwidth=25 GB/s; uplink_latency=1 us; "
                                      "switch_latency=200 ns; " NET);
    ll_topology *x = topology_must(mem, "mesh", "size=4; name=x; links_per_pair=2; " WIRE);
    ll_topology *y = topology_must(mem, "mesh", "size=3; name=y; " WIRE);
    ll_topology *ring = topology_must(mem, "ring", "size=4; name=u; " WIRE);
    ll_topology *line = topology_must(mem, "line", "size=5; name=v; links=2; " WIRE);
    check_twin(e, "nodes with rails", topology_times(mem, 2, (ll_topology *[]){node, rail}));
    check_twin(e, "pods", topology_times(mem, 2, (ll_topology *[]){node, tree}));
    check_twin(e, "boards", topology_times(mem, 3, (ll_topology *[]){x, y, rail}));
    check_twin(e, "torus", topology_times(mem, 2, (ll_topology *[]){ring, line}));
    check_twin(e, "star", topology_must(mem, "switch", "size=9; links=2; " NET));
    check_twin(e, "fat tree",
               topology_must(mem, "clos",
                             "size=16; hosts_per_leaf=4; uplinks=2; "
                             "uplink_bandwidth=50 GB/s; " NET "uplink_latency=1 us"));
    check_twin(e, "three levels",
               topology_must(mem, "clos",
                             "size=16; hosts_per_leaf=2; uplinks=2; uplink_bandwidth=50 GB/s; "
                             "uplink_latency=1 us; levels=3; leaves_per_pod=2; core_uplinks=1; "
                             "core_bandwidth=50 GB/s; core_latency=1 us; " NET));
}

/* Switches and spines one by one, as cables are plugged, are those that a spray makes one of. */
static void check_planes(const env *e)
{
    ll_text text;
    ll_text_init(&text, e->mem);
    ll_text_add(&text, "chips 12\n");
    for (int node = 0; node < 3; node++)
        for (int plane = 0; plane < 6; plane++)
            ll_text_add(&text, "switch n%d.%d\n", node, plane);
    for (int k = 0; k < 4; k++)
        ll_text_add(&text, "switch rail%d\n", k);
    for (int chip = 0; chip < 12; chip++) {
        for (int plane = 0; plane < 6; plane++) /* 5, 4, 3, 3, 2 and 1 of 18 lanes */
            ll_text_add(&text, "%d <-> n%d.%d %d 25 GB/s 350 ns\n", chip, chip / 4, plane,
                        (int[]){5, 4, 3, 3, 2, 1}[plane]);
        ll_text_add(&text, "rail%d <-> %d 1 50 GB/s 1.3 us\n", chip % 4, chip);
    }
    ll_topology *node = topology_must(
        e->mem, "switch", "size=4; links=18; bandwidth=25 GB/s; latency=350 ns; name=nv");
    ll_topology *rail = topology_must(e->mem, "switch", "size=3; " NET);
    const ll_topology *topo = topology_times(e->mem, 2, (ll_topology *[]){node, rail});
    const ll_topology *twin = read_text(e, text.s, "");
    check_dims("planes", topo, twin);
    check_times(e, "planes", topo, twin);
    CHECK(strstr(twin->note, "found 3 nodes of 4 chips ('links.0', 450 GB/s a chip), 4 rails of 3 "
                             "chips ('links.1', 50 GB/s a chip); parallel switches are one: 7 for "
                             "22"),
          "%s", twin->note);

    const char *keys = "size=16; hosts_per_leaf=4; uplinks=4; uplink_bandwidth=50 GB/s; "
                       "uplink_latency=1 us; " NET;
    const ll_topology *tree = topology_must(e->mem, "clos", keys);
    const ll_topology *apart =
        topology_must(e->mem, "clos", ll_arena_printf(e->mem, "routing=dmodk; %s", keys));
    twin = read_text(e, list_of(e, apart, 5, 1), "");
    CHECK(apart->n_link > tree->n_link, "%lld links", (long long)apart->n_link);
    check_dims("spines", tree, twin);
    check_times(e, "spines", tree, twin);
}

/* Two nodes of four chips whose NICs share one switch: no product, but a hierarchy all the same,
 * and by the same ways as with a switch for each rail. */
static void check_shared(const env *e)
{
    ll_text text;
    ll_text_init(&text, e->mem);
    ll_text_add(&text, "chips 8\nswitch a\nswitch b\nswitch net\n");
    for (int chip = 0; chip < 8; chip++)
        ll_text_add(&text, "%d <-> %s 18 25 GB/s 350 ns\n%d <-> net 1 50 GB/s 1.3 us\n", chip,
                    chip < 4 ? "a" : "b", chip);
    ll_topology *node = topology_must(
        e->mem, "switch", "size=4; links=18; bandwidth=25 GB/s; latency=350 ns; name=nv");
    ll_topology *rail = topology_must(e->mem, "switch", "size=2; " NET);
    const ll_topology *topo = topology_times(e->mem, 2, (ll_topology *[]){node, rail});
    const ll_topology *twin = read_text(e, text.s, "");
    CHECK(twin->n_dim == 2 && twin->dim[0].size == 4 && twin->uneven, "%d dimensions", twin->n_dim);
    check_times(e, "shared", topo, twin);
    CHECK(strstr(twin->note, "a network of all 8 chips"), "%s", twin->note);
}

/* Nodes of one size, one of them with fewer lanes: two kinds of nodes are no copies, but nodes. An
 * all-reduce waits for the slower one. */
static void check_two_kinds(const env *e)
{
    const char *text = "chips 4\nswitch a\nswitch b\nswitch r\nswitch s\n"
                       "0 <-> a 18 25 GB/s 1 us\n1 <-> a 18 25 GB/s 1 us\n"
                       "2 <-> b 6 25 GB/s 1 us\n3 <-> b 6 25 GB/s 1 us\n"
                       "0 <-> r 1 50 GB/s 1 us\n2 <-> r 1 50 GB/s 1 us\n"
                       "1 <-> s 1 50 GB/s 1 us\n3 <-> s 1 50 GB/s 1 us\n";
    const ll_topology *topo = read_text(e, text, "");
    CHECK(topo->n_dim == 2 && topo->uneven, "%s", topo->note);
    /* 1 GiB: half of it twice at 150 GB/s, and half of it between the nodes at 50 GB/s. */
    const double G = 1 << 30, want = G / 2 / 150e9 * 2 + G / 2 / 50e9;
    CHECK(fabs(time_of(e, topo, LL_ALL_REDUCE, 4, G, "closed") - want) < 0.01 * want, "%g s",
          time_of(e, topo, LL_ALL_REDUCE, 4, G, "closed"));
    /* Nodes of two sizes have no coordinates. */
    topo = read_text(e,
                     "chips 3\nswitch a\nswitch r\n0 <-> a 1 1 GB/s 1 us\n1 <-> a 1 1 GB/s 1 us\n"
                     "0 <-> r 1 1 GB/s 1 us\n1 <-> r 1 1 GB/s 1 us\n2 <-> r 1 1 GB/s 1 us\n",
                     "");
    CHECK(topo->n_dim == 1 && strstr(topo->note, "no groups of consecutive chips found"), "%s",
          topo->note);
}

/* Chips that are numbered along the rails make these the inner dimension, and that is said. */
static void check_numbering(const env *e)
{
    const char *text = "chips 4\nswitch a\nswitch b\nswitch r\nswitch s\n"
                       "0 <-> a 18 25 GB/s 1 us\n2 <-> a 18 25 GB/s 1 us\n"
                       "1 <-> b 18 25 GB/s 1 us\n3 <-> b 18 25 GB/s 1 us\n"
                       "0 <-> r 1 50 GB/s 1 us\n1 <-> r 1 50 GB/s 1 us\n"
                       "2 <-> s 1 50 GB/s 1 us\n3 <-> s 1 50 GB/s 1 us\n";
    const ll_topology *topo = read_text(e, text, "");
    CHECK(topo->n_dim == 2 && strstr(topo->note, "'links.1' is faster than 'links.0', and becomes"),
          "%s", topo->note);
}

/* ---- What somebody states -------------------------------------------------------------------- */

#define RAILS                                                                                 \
    "0 <-> a 18 25 GB/s 1 us\n1 <-> a 18 25 GB/s 1 us\n2 <-> b 18 25 GB/s 1 us\n3 <-> b 18"   \
    " 25 GB/s 1 us\n0 <-> r 1 50 GB/s 1 us\n2 <-> r 1 50 GB/s 1 us\n1 <-> s 1 50 GB/s 1 us\n" \
    "3 <-> s 1 50 GB/s 1 us\n"

static void check_refused(const env *e, const char *text, const char *keys, const char *want)
{
    char file[] = "/tmp/lineloss_twins_XXXXXX";
    const int fd = mkstemp(file);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    LL_ASSERT(out && fputs(text, out) >= 0 && !fclose(out), "cannot write %s", file);
    ll_error err;
    ll_error_init(&err);
    const ll_topology *topo =
        topology_make(e->mem, "custom",
                      ll_arena_printf(e->mem, "file=%s; dimensions=%s", file, keys), 0, NULL, &err);
    CHECK(!topo && strstr(err.text, want), "'%s': %s", keys, err.text);
    remove(file);
}

static void check_stated(const env *e)
{
    const char *plain = "chips 4\nswitch a\nswitch b\nswitch r\nswitch s\n" RAILS;
    const char *stated = "chips 4\ndimension nv 2 in_network\ndimension ib 2\nswitch a nv\n"
                         "switch b\nswitch r ib\nswitch s\n" RAILS;
    const ll_topology *topo = read_text(e, stated, "");
    CHECK(topo->n_dim == 2 && !strcmp(topo->dim[0].name, "nv") && topo->dim[0].reduces &&
              !topo->dim[1].reduces && !strcmp(topo->dim[1].family, "links"),
          "%s", topo->note);
    CHECK(strstr(topo->note, "states 2 nodes of 2 chips ('nv', 450 GB/s a chip)"), "%s",
          topo->note);
    topo = read_text(e, plain, "; dimensions=nv ib");
    CHECK(topo->n_dim == 2 && !strcmp(topo->dim[1].name, "ib"), "%s", topo->note);
    topo = read_text(e, stated, "; dimensions=fast:2 slow:2");
    CHECK(topo->n_dim == 2 && !strcmp(topo->dim[0].name, "fast"), "%s", topo->note);
    topo = read_text(e, stated, "; dimensions=all:4");
    CHECK(topo->n_dim == 1 && topo->dim[0].size == 4, "%s", topo->note);
    topo = read_text(e, stated, "; dimensions=none");
    CHECK(topo->n_dim == 1 && !topo->note && topo->n_link == 16, "%lld links",
          (long long)topo->n_link);
    check_refused(e, plain, "nv:2", "the sizes of dimensions nv:2 do not multiply to 4 chips");
    check_refused(e, plain, "nv:0 ib:4", "'nv:0': expected");
    check_refused(e, plain, "nv:2 ib", "some dimensions have a size and others none");
    check_refused(e, plain, "nv", "1 names, but 2 dimensions were found");
    check_refused(e, plain, "nv:2 nv:2", "two dimensions are called 'nv'");
    check_refused(e,
                  "chips 4\n0 <-> 1 1 1 GB/s 1 us\n1 <-> 2 1 1 GB/s 1 us\n2 <-> 3 1 1 GB/s 1 us\n",
                  "x:2 y:2",
                  "chips 1 and 2 are joined, though they differ in more than their "
                  "place along dimension 'y'");
    check_refused(e,
                  "chips 4\nswitch a\nswitch r\n0 <-> a 1 1 GB/s 1 us\n1 <-> a 1 1 GB/s 1 us\n"
                  "2 <-> 3 1 1 GB/s 1 us\n0 <-> r 1 1 GB/s 1 us\n2 <-> r 1 1 GB/s 1 us\n",
                  "x:2 y:2", "no links of dimension 'y' alone lead from chip 1 to chip 3");
    check_refused(e,
                  "chips 4\ndimension nv 2\ndimension ib 2\nswitch a nv\nswitch b\n"
                  "switch r nv\nswitch s\n" RAILS,
                  "auto",
                  "switch 'r' is stated to be of dimension 'nv', but joins chips 0 and 2, "
                  "which only 'ib' does");
}

/* A link that is slow or down keeps its number in the file. */
static void check_rates(const env *e)
{
    const ll_topology *topo = read_text(e,
                                        "chips 2\nswitch a\nswitch b\n0 <-> a 1 50 GB/s 1 us\n"
                                        "1 <-> a 1 50 GB/s 1 us\n0 <-> b 1 50 GB/s 1 us\n"
                                        "1 <-> b 1 50 GB/s 1 us\n",
                                        "");
    CHECK(topo->n_link == 4 && topo->as_written->n_link == 8, "%lld links",
          (long long)topo->n_link);
    const ll_topology *down = topology_degraded(e->mem, topo->as_written, "4:0");
    const double G = 1e9;
    CHECK_NEAR(time_of(e, topo, LL_SEND, 2, G, "closed"), 0.01 + 2e-6, 1e-9);
    CHECK_NEAR(time_of(e, down, LL_SEND, 2, G, "closed"), 0.02 + 2e-6, 1e-9);
}

int main(void)
{
    if (!test_petsc_begin(NULL, NULL)) return 1;
    ll_arena *mem = ll_arena_create("test");
    const env e = {mem, ll_comm_self(mem)};
    check_machines(&e);
    check_planes(&e);
    check_shared(&e);
    check_two_kinds(&e);
    check_numbering(&e);
    check_stated(&e);
    check_rates(&e);
    ll_comm_destroy(e.comm);
    ll_arena_destroy(mem);
    test_petsc_end();
    return LL_CHECK_RESULT;
}
