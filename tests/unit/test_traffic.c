/* Groups and traffics against figures by hand. */
#include "sim/traffic/traffic.h"
#include "tests/support/check.h"

#include <string.h>

/* 24 chips as 2 x 3 x 4 (digit 0 fastest). A group that varies digits 0 and 2 and holds digit 1 has
 * 8 members; its base is 0, 2 or 4. Member i = d0 + 2 d2 is base + d0 + 6 d2. */
static const ll_group split = {24, 2, {2, 4}, {1, 6}};

static void check_group(void)
{
    CHECK(ll_group_size(&split) == 8 && ll_group_count(&split) == 3, "size, count");
    static const int32_t want[3][8] = {
        {0, 1, 6, 7, 12, 13, 18, 19}, {2, 3, 8, 9, 14, 15, 20, 21}, {4, 5, 10, 11, 16, 17, 22, 23}};
    for (int g = 0; g < 3; g++)
        for (int i = 0; i < 8; i++)
            CHECK(ll_group_member(&split, g, i) == want[g][i], "group %d member %d: %d", g, i,
                  ll_group_member(&split, g, i));
    const ll_group inner = {24, 1, {3}, {2}}; /* holds digits 0 and 2: bases 0 1 6 7 12 13 18 19 */
    CHECK(ll_group_count(&inner) == 8 && ll_group_member(&inner, 3, 2) == 7 + 4, "%d",
          ll_group_member(&inner, 3, 2));
    const ll_group single = {.n_chip = 24};
    CHECK(ll_group_size(&single) == 1 && ll_group_count(&single) == 24 &&
              ll_group_member(&single, 7, 0) == 7,
          "groups of one chip");
}

static ll_traffic one_group(ll_pattern pattern, int32_t n, int32_t arg)
{
    return (ll_traffic){.pattern = pattern, .arg = arg, .group = {n, 1, {n}, {1}}, .size_B = 7};
}

/* [n] pairs src * 100 + dst in flow order */
static void check_flows(const char *name, const ll_traffic *t, int n, const int *want)
{
    CHECK(ll_traffic_n_flow(t) == n, "%s: %lld flows", name, (long long)ll_traffic_n_flow(t));
    for (int i = 0; i < n; i++) {
        ll_flow f;
        ll_traffic_flow(t, i, &f);
        CHECK(f.src * 100 + f.dst == want[i] && f.size_B > 6.9 && f.size_B < 7.1,
              "%s flow %d: %d -> %d", name, i, f.src, f.dst);
    }
}

static void check_patterns(void)
{
    const ll_traffic shift = one_group(LL_PATTERN_SHIFT, 4, 3);
    check_flows("shift", &shift, 4, (int[]){3, 100, 201, 302});
    const ll_traffic back = one_group(LL_PATTERN_SHIFT, 4, -1);
    check_flows("shift -1", &back, 4, (int[]){3, 100, 201, 302});
    const ll_traffic both = one_group(LL_PATTERN_BOTH, 4, 1);
    check_flows("both", &both, 8, (int[]){1, 3, 102, 100, 203, 201, 300, 302});
    const ll_traffic exchange = one_group(LL_PATTERN_XOR, 4, 2);
    check_flows("xor", &exchange, 4, (int[]){2, 103, 200, 301});
    const ll_traffic all = one_group(LL_PATTERN_ALL, 3, 0);
    check_flows("all", &all, 6, (int[]){1, 2, 100, 102, 200, 201});
    const ll_traffic line = one_group(LL_PATTERN_LINE, 4, 0);
    check_flows("line", &line, 3, (int[]){1, 102, 203});
    const ll_traffic root = one_group(LL_PATTERN_ROOT, 4, 0);
    check_flows("root", &root, 3, (int[]){1, 2, 3});
    ll_traffic groups = one_group(LL_PATTERN_LINE, 0, 0);
    groups.group = split; /* flow 7 is the first of group 1: 2 -> 3; flow 8: 3 -> 8 */
    ll_flow f;
    ll_traffic_flow(&groups, 8, &f);
    CHECK(ll_traffic_n_flow(&groups) == 21 && f.src == 3 && f.dst == 8, "%d -> %d", f.src, f.dst);
    /* 70,000 members: flow 69,999 * 69,999 is the first of member 69,999, beyond 2^31 */
    const ll_traffic big = one_group(LL_PATTERN_ALL, 70000, 0);
    ll_traffic_flow(&big, 69999LL * 69999, &f);
    CHECK(f.src == 69999 && f.dst == 0, "%d -> %d", f.src, f.dst);
}

/* Parents in tree 0 of 8: 4->0, 2->4, 6->4, 1->2, 3->2, 5->6, 7->6; tree 1 is its mirror image.
 * Of 5: 4->0, 2->4 (2|4 = 4... (2^2)|4 = 4), 1->2, 3->2; tree 1: every member one up, 4 -> 0. */
static void check_tree(void)
{
    static const int32_t parent8[8] = {-1, 2, 4, 2, 0, 6, 4, 6};
    static const int32_t parent5[5] = {-1, 2, 4, 2, 0};
    for (int32_t i = 0; i < 8; i++) {
        const int32_t mirror = parent8[7 - i] < 0 ? -1 : 7 - parent8[7 - i];
        CHECK(ll_traffic_tree(8, 0, i, LL_TREE_UP) == parent8[i], "8: parent of %d", i);
        CHECK(ll_traffic_tree(8, 1, i, LL_TREE_UP) == mirror, "8: parent of %d in tree 1", i);
    }
    for (int32_t i = 0; i < 5; i++) {
        const int32_t up = parent5[i] < 0 ? -1 : (parent5[i] + 1) % 5;
        CHECK(ll_traffic_tree(5, 0, i, LL_TREE_UP) == parent5[i], "5: parent of %d", i);
        CHECK(ll_traffic_tree(5, 1, (i + 1) % 5, LL_TREE_UP) == up, "5: parent of %d in tree 1",
              (i + 1) % 5);
    }
    const ll_traffic t = one_group(LL_PATTERN_TREE, 2, 0);
    check_flows("tree of 2", &t, 4, (int[]){100, 1, 1, 100});
}

/* In every tree: n-1 edges, children and parents agree, everyone reaches the root; and nobody has
 * children in both trees (n even; in odd n one member may). */
static void check_tree_shape(void)
{
    for (int32_t n = 2; n <= 40; n++) {
        int32_t both = 0;
        for (int tree = 0; tree < 2; tree++) {
            int32_t edges = 0;
            for (int32_t i = 0; i < n; i++) {
                for (int side = LL_TREE_LEFT; side <= LL_TREE_RIGHT; side++) {
                    const int32_t child = ll_traffic_tree(n, tree, i, (ll_tree_link)side);
                    if (child < 0) continue;
                    edges++;
                    CHECK(ll_traffic_tree(n, tree, child, LL_TREE_UP) == i, "n %d tree %d: %d", n,
                          tree, child);
                }
                int32_t at = i, steps = 0;
                while (ll_traffic_tree(n, tree, at, LL_TREE_UP) >= 0 && steps++ < n)
                    at = ll_traffic_tree(n, tree, at, LL_TREE_UP);
                CHECK(steps <= 7, "n %d tree %d: %d steps up from %d", n, tree, steps, i);
            }
            CHECK(edges == n - 1, "n %d tree %d: %d edges", n, tree, edges);
        }
        for (int32_t i = 0; i < n; i++)
            both += (ll_traffic_tree(n, 0, i, LL_TREE_LEFT) >= 0 ||
                     ll_traffic_tree(n, 0, i, LL_TREE_RIGHT) >= 0) &&
                    (ll_traffic_tree(n, 1, i, LL_TREE_LEFT) >= 0 ||
                     ll_traffic_tree(n, 1, i, LL_TREE_RIGHT) >= 0);
        CHECK(both <= n % 2 + (n == 2 ? 0 : 1), "n %d: %d members are inside both trees", n, both);
    }
}

/* Downwards, each member hears its half from tree 0 and the other half from tree 1, once each, but
 * for the root of a tree: 2 (n-1) flows. */
static void check_tree_down(void)
{
    for (int32_t n = 2; n <= 40; n++) {
        const ll_traffic t = {
            .pattern = LL_PATTERN_TREE, .arg = 1, .group = {n, 1, {n}, {1}}, .size_B = 1};
        int heard[2][40] = {{0}};
        CHECK(ll_traffic_n_flow(&t) == 2 * (n - 1), "n %d: %lld flows", n,
              (long long)ll_traffic_n_flow(&t));
        for (int64_t i = 0; i < ll_traffic_n_flow(&t); i++) {
            ll_flow f;
            ll_traffic_flow(&t, i, &f);
            const int tree = (int)(i % 2);
            heard[tree][f.dst]++;
            CHECK(ll_traffic_tree(n, tree, f.dst, LL_TREE_UP) == f.src, "n %d, flow %lld", n,
                  (long long)i);
        }
        for (int32_t i = 0; i < n; i++)
            for (int tree = 0; tree < 2; tree++)
                CHECK(heard[tree][i] == (ll_traffic_tree(n, tree, i, LL_TREE_UP) >= 0),
                      "n %d tree %d: member %d heard %d times", n, tree, i, heard[tree][i]);
    }
}

/* By source there are the same flows as by number. count: [n_chip * n_chip] */
static void check_sources(ll_traffic t)
{
    int count[24 * 24];
    memset(count, 0, sizeof count);
    ll_flow f;
    for (int64_t i = 0; i < ll_traffic_n_flow(&t); i++) {
        ll_traffic_flow(&t, i, &f);
        count[f.src * 24 + f.dst]++;
    }
    for (int32_t chip = 0; chip < 24; chip++) {
        const ll_source_view s = ll_traffic_source(&t, chip);
        for (int32_t j = 0; j < s.n_peer; j++) {
            const ll_flow by_source = ll_traffic_peer(&s, j);
            ll_traffic_flow(&t, ll_traffic_number(&s, j), &f);
            count[chip * 24 + by_source.dst]--;
            CHECK(f.src == chip && f.dst == by_source.dst && !(f.size_B < by_source.size_B) &&
                      !(f.size_B > by_source.size_B),
                  "pattern %d: peer %d of chip %d is flow %lld", (int)t.pattern, j, chip,
                  (long long)ll_traffic_number(&s, j));
        }
    }
    for (int i = 0; i < 24 * 24; i++)
        CHECK(count[i] == 0, "pattern %d: %d -> %d: %d", (int)t.pattern, i / 24, i % 24, count[i]);
    CHECK(ll_traffic_source(&t, 24).n_peer == 0, "a chip outside sends");
}

/* A list by source, of the chips 1 and 2 only: flow 1 and 3 leave chip 1, flow 0 leaves chip 2. */
static void check_list_order(void)
{
    const int32_t src[5] = {2, 1, 0, 1, 3}, dst[5] = {0, 0, 1, 2, 0};
    const double size_B[5] = {1, 1, 1, 1, 1};
    const ll_traffic t = {
        .pattern = LL_PATTERN_LIST, .n_list = 5, .src = src, .dst = dst, .list_B = size_B};
    ll_arena *mem = ll_arena_create("test");
    const ll_list_order o = ll_traffic_list_order(&t, 1, 3, mem);
    CHECK(o.first[0] == 0 && o.first[1] == 2 && o.first[2] == 3, "%lld %lld %lld",
          (long long)o.first[0], (long long)o.first[1], (long long)o.first[2]);
    CHECK(o.order[0] == 1 && o.order[1] == 3 && o.order[2] == 0, "%lld %lld %lld",
          (long long)o.order[0], (long long)o.order[1], (long long)o.order[2]);
    ll_arena_destroy(mem);
}

/* Weights multiply the size: of the receiver, as an all-to-all to experts of which one is popular;
 * or of the sender, on the way back. Weights of mean 1 leave the sum, with the part that stays at
 * home. */
static void check_weights(void)
{
    static const double weight[4] = {2.5, 0.5, 1, 0};
    ll_traffic t = {.pattern = LL_PATTERN_ALL, .group = split, .size_B = 10, .weight = weight};
    t.group = (ll_group){24, 1, {4}, {2}};
    for (int back = 0; back < 2; back++) {
        double sent_B[24] = {0};
        t.weight_of_sender = back;
        for (int64_t i = 0; i < ll_traffic_n_flow(&t); i++) {
            ll_flow f;
            ll_traffic_flow(&t, i, &f);
            const int32_t member = (back ? f.src : f.dst) / 2 % 4;
            CHECK_NEAR(f.size_B, 10 * weight[member], 1e-15);
            sent_B[f.src] += f.size_B;
        }
        for (int32_t chip = 0; chip < 24 && !back; chip++)
            CHECK_NEAR(sent_B[chip] + 10 * weight[chip / 2 % 4], 4 * 10, 1e-15);
    }
}

/* What is equal in content is equal, whatever the pointers; one bit in any array or size is not. */
static void check_content(void)
{
    ll_arena *mem = ll_arena_create("test");
    const int32_t src[2] = {0, 1}, dst[2] = {1, 2};
    const double size_B[2] = {5, 6}, start_s[2] = {0, 1e-6}, weight[3] = {1, 2, 3};
    const int64_t first_after[3] = {0, 0, 1}, after[1] = {0};
    const ll_traffic all[2] = {
        {.pattern = LL_PATTERN_LIST,
         .n_list = 2,
         .src = src,
         .dst = dst,
         .list_B = size_B,
         .start_s = start_s,
         .first_after = first_after,
         .after = after},
        {.pattern = LL_PATTERN_ALL, .group = {3, 1, {3}, {1}}, .size_B = 7, .weight = weight}};
    for (int i = 0; i < 2; i++) {
        const ll_traffic copy = ll_traffic_copy(&all[i], mem);
        CHECK(ll_traffic_equal(&all[i], &copy), "%d: a copy", i);
        CHECK(ll_traffic_hash(1, &all[i]) == ll_traffic_hash(1, &copy), "%d: hash", i);
        ll_traffic other[9];
        for (int k = 0; k < 9; k++)
            other[k] = ll_traffic_copy(&all[i], mem);
        if (i == 0) {
            ((int32_t *)(uintptr_t)other[0].src)[1] = 3;
            ((int32_t *)(uintptr_t)other[1].dst)[0] = 3;
            ((double *)(uintptr_t)other[2].list_B)[1] = nextafter(6, 7);
            ((double *)(uintptr_t)other[3].start_s)[0] = 1e-300;
            other[4].start_s = NULL;
            ((int64_t *)(uintptr_t)other[5].first_after)[1] = 1;
            ((int64_t *)(uintptr_t)other[6].after)[0] = 1;
            other[7].first_after = other[7].after = NULL;
            other[8].n_list = 1;
        } else {
            other[0].pattern = LL_PATTERN_TREE;
            other[1].arg = 1;
            other[2].size_B = nextafter(7, 8);
            ((double *)(uintptr_t)other[3].weight)[2] = nextafter(3, 4);
            other[4].weight = NULL;
            other[5].weight_of_sender = true;
            other[6].group.n_chip = 6;
            other[7].group.stride[0] = 2;
            other[8].group.n_digit = 0;
        }
        for (int k = 0; k < 9; k++)
            CHECK(!ll_traffic_equal(&all[i], &other[k]) &&
                      ll_traffic_hash(1, &all[i]) != ll_traffic_hash(1, &other[k]),
                  "%d: change %d is not seen", i, k);
    }
    ll_arena_destroy(mem);
}

int main(void)
{
    check_group();
    check_patterns();
    check_tree();
    check_tree_shape();
    check_tree_down();
    check_list_order();
    check_weights();
    check_content();
    static const double weight[24] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    check_sources((ll_traffic){.pattern = LL_PATTERN_TREE, .group = split, .size_B = 7});
    for (int p = LL_PATTERN_SHIFT; p < LL_PATTERN_LIST; p++)
        for (int w = 0; w < 3; w++)
            check_sources((ll_traffic){.pattern = (ll_pattern)p,
                                       .arg = 3,
                                       .group = split,
                                       .size_B = 7,
                                       .weight = w ? weight : NULL,
                                       .weight_of_sender = w == 2});
    return LL_CHECK_RESULT;
}
