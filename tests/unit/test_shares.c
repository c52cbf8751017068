/* Whole shares of unequal weights, and edge lists whose parallel ways differ: a flow fills them
 * all, and one that is far too narrow does not hold it up. */
#include "topology/shares.h"

#include "tests/support/check.h"
#include "tests/support/topology_make.h"
#include "topology/topology.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void check_shares(int32_t n, const double *weight, int32_t sum, const int32_t *want)
{
    int32_t share[8];
    const int32_t got = ll_shares_find(n, weight, 64, share);
    CHECK(got == sum, "%d shares, want %d", got, sum);
    for (int32_t i = 0; i < n; i++)
        CHECK(share[i] == want[i], "share %d: %d, want %d", i, share[i], want[i]);
}

/* Of a flow between chips 0 and 1, split evenly over its paths: the rate at which the busiest link
 * lets it through. */
static double rate_of(ll_arena *mem, const char *edges)
{
    char file[] = "/tmp/lineloss_shares_XXXXXX";
    int fd = mkstemp(file);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    LL_ASSERT(out, "cannot write %s", file);
    fputs(edges, out);
    fclose(out);
    const ll_topology *t =
        topology_must(mem, "custom", ll_arena_printf(mem, "dimensions=none; file=%s", file));
    remove(file);
    double *load = ll_arena_array(mem, t->n_link, double), rate = (double)INFINITY;
    const int32_t n = t->type->n_path(t, 0, 1);
    CHECK(n <= t->max_path, "%d paths of %d", n, t->max_path);
    for (int32_t p = 0; p < n; p++) {
        int64_t hop[LL_MAX_HOP];
        const int n_hop = t->type->route(t, 0, 1, p, LL_MAX_HOP, hop);
        CHECK(n_hop > 0, "path %d: %d hops", p, n_hop);
        for (int h = 0; h < n_hop; h++)
            load[hop[h]] += 1.0 / n;
    }
    for (int64_t i = 0; i < t->n_link; i++) {
        ll_link link;
        t->type->link(t, i, &link);
        if (load[i] > 0) rate = fmin(rate, ll_link_capacity_Bps(&link) / load[i]);
    }
    return rate;
}

int main(void)
{
    ll_arena *mem = ll_arena_create("test");
    check_shares(4, (double[]){5, 4, 4, 5}, 18, (int32_t[]){5, 4, 4, 5});
    check_shares(2, (double[]){100, 10}, 11, (int32_t[]){10, 1});
    check_shares(2, (double[]){3, 3}, 2, (int32_t[]){1, 1});
    check_shares(2, (double[]){1000, 1}, 1, (int32_t[]){1, 0}); /* 1001 shares are too many */

    CHECK_NEAR(rate_of(mem, "chips 2\nnode a\nnode b\nnode c\nnode d\n"
                            "0 <-> a 5 25 GB/s 1 us\n0 <-> b 4 25 GB/s 1 us\n"
                            "0 <-> c 4 25 GB/s 1 us\n0 <-> d 5 25 GB/s 1 us\n"
                            "1 <-> a 5 25 GB/s 1 us\n1 <-> b 4 25 GB/s 1 us\n"
                            "1 <-> c 4 25 GB/s 1 us\n1 <-> d 5 25 GB/s 1 us\n"),
               18 * 25e9, 1e-12);
    CHECK_NEAR(rate_of(mem, "chips 2\n0 <-> 1 1 100 Gb/s 1 us\n0 <-> 1 1 10 Gb/s 1 us\n"), 13.75e9,
               1e-12);
    CHECK_NEAR(rate_of(mem, "chips 2\n0 <-> 1 9 1 GB/s 1 us\n0 <-> 1 1 1 GB/s 1 us\n"), 10e9,
               1e-12);
    /* 10 GB/s and 1 MB/s: the second cable costs nothing */
    CHECK_NEAR(rate_of(mem, "chips 2\n0 <-> 1 1 10 GB/s 1 us\n0 <-> 1 1 1 MB/s 1 us\n"), 10e9,
               1e-12);
    /* behind one switch, and past the narrow end of a wide way */
    CHECK_NEAR(rate_of(mem, "chips 2\nnode s\n0 <-> s 3 1 GB/s 1 us\n0 <-> s 1 1 GB/s 1 us\n"
                            "s <-> 1 4 1 GB/s 1 us\n"),
               4e9, 1e-12);
    CHECK_NEAR(rate_of(mem,
                       "chips 2\nnode s\nnode t\n0 <-> s 8 1 GB/s 1 us\ns <-> 1 2 1 GB/s 1 us\n"
                       "0 <-> t 1 1 GB/s 1 us\nt <-> 1 1 1 GB/s 1 us\n"),
               3e9, 1e-12);
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
