/* Synthetic patterns: who sends to whom, counted by hand. */
#include "sim/traffic/synthetic.h"
#include "tests/support/check.h"

#include <stdbool.h>
#include <string.h>

enum { N = 16 };

static ll_arena *mem;

static int64_t n_flow(ll_synthetic what)
{
    return ll_synthetic_traffic(what, N, 1e6, 5, mem).n_list;
}

/* Every chip sends once and receives once, but for fixed points, which do neither. */
static void permutation(void)
{
    int sent[N] = {0}, got[N] = {0};
    const ll_traffic t = ll_synthetic_traffic(LL_SYNTHETIC_PERMUTATION, N, 1e6, 5, mem);
    for (int64_t i = 0; i < t.n_list; i++) {
        sent[t.src[i]]++;
        got[t.dst[i]]++;
        CHECK(t.src[i] != t.dst[i], "flow %lld", (long long)i);
        CHECK(t.list_B[i] == 1e6, "%g B", t.list_B[i]);
    }
    for (int c = 0; c < N; c++)
        CHECK(sent[c] == got[c] && sent[c] <= 1, "chip %d: %d out, %d in", c, sent[c], got[c]);
    const ll_traffic other = ll_synthetic_traffic(LL_SYNTHETIC_PERMUTATION, N, 1e6, 6, mem);
    bool same = other.n_list == t.n_list;
    for (int64_t i = 0; i < t.n_list && same; i++)
        same = other.dst[i] == t.dst[i];
    CHECK(!same, "another seed, the same permutation");
}

static void counts(void)
{
    CHECK(n_flow(LL_SYNTHETIC_ALL_TO_ALL) == N * (N - 1), "all-to-all");
    CHECK(n_flow(LL_SYNTHETIC_INCAST) == N - 1, "incast: chip 0 does not send to itself");
    CHECK(n_flow(LL_SYNTHETIC_RING) == N, "ring");
    CHECK(n_flow(LL_SYNTHETIC_HIERARCHICAL) == 2 * N, "hierarchical: two rings through each chip");
    /* Chips 4, 8 and 12 have a second flow; chip 0 has none to itself. */
    CHECK(n_flow(LL_SYNTHETIC_HOT_SPOT) == n_flow(LL_SYNTHETIC_PERMUTATION) + 3, "hot spot");
}

/* With s = 4: chip 7 is the last of its four, and sends to 4; every fourth on is 11. Chip 13 goes
 * round to 1. */
static void hierarchical(void)
{
    const ll_traffic t = ll_synthetic_traffic(LL_SYNTHETIC_HIERARCHICAL, N, 1, 5, mem);
    CHECK(t.src[14] == 7 && t.dst[14] == 4, "%d to %d", t.src[14], t.dst[14]);
    CHECK(t.src[15] == 7 && t.dst[15] == 11, "%d to %d", t.src[15], t.dst[15]);
    CHECK(t.src[27] == 13 && t.dst[27] == 1, "%d to %d", t.src[27], t.dst[27]);
}

static int32_t target(ll_synthetic what, int32_t arg, int32_t src)
{
    const ll_synthetic_ask ask = {what, arg, N, {2, {4, 4}, {false}}, 1, 5};
    const ll_traffic t = ll_synthetic_make(&ask, mem);
    for (int64_t i = 0; i < t.n_list; i++)
        if (t.src[i] == src) return t.dst[i];
    return src;
}

/* Chip 6 = 0110b is (2, 1) of a 4 x 4 grid; chip 13 = 1101b is (1, 3). */
static void permutations(void)
{
    CHECK(target(LL_SYNTHETIC_SHIFT, 5, 13) == 2, "13 + 5 - 16");
    CHECK(target(LL_SYNTHETIC_TRANSPOSE, 0, 6) == 9, "(1, 2)");
    CHECK(target(LL_SYNTHETIC_BIT_COMPLEMENT, 0, 6) == 9, "1001b");
    CHECK(target(LL_SYNTHETIC_BIT_REVERSAL, 0, 13) == 11, "1011b");
    CHECK(target(LL_SYNTHETIC_SHUFFLE, 0, 13) == 11, "1011b");
    CHECK(target(LL_SYNTHETIC_SHUFFLE, 0, 6) == 12, "1100b");
    CHECK(target(LL_SYNTHETIC_TORNADO, 0, 13) == 2, "(2, 0): ceil(4/2) - 1 = 1 further in each");
}

static void neighbours(void)
{
    ll_synthetic_ask ask = {LL_SYNTHETIC_NEAREST, 0, N, {2, {4, 4}, {false}}, 1, 5};
    CHECK(ll_synthetic_make(&ask, mem).n_list == 4 * N, "four neighbours on a torus");
    ask.grid.open[0] = ask.grid.open[1] = true;
    CHECK(ll_synthetic_make(&ask, mem).n_list == 2 * 2 * 4 * 3, "both ends of 24 cables of a mesh");
    ask.grid = (ll_grid){2, {2, 8}, {false}};
    CHECK(ll_synthetic_make(&ask, mem).n_list == 3 * N, "in a ring of two there is one neighbour");
}

static void obstacles(void)
{
    const ll_synthetic_ask square = {.what = LL_SYNTHETIC_TRANSPOSE, .n_chip = 72};
    const ll_synthetic_ask power = {.what = LL_SYNTHETIC_SHUFFLE, .n_chip = 72};
    const ll_synthetic_ask far = {.what = LL_SYNTHETIC_SHIFT, .n_chip = 72, .arg = 72};
    CHECK(strstr(ll_synthetic_obstacle(&square, mem), "square"), "72 is no square");
    CHECK(strstr(ll_synthetic_obstacle(&power, mem), "power of two"), "72 is no power of two");
    CHECK(strstr(ll_synthetic_obstacle(&far, mem), "1 to 71"), "72 of 72 chips further");
    for (int i = 0; i < LL_N_SYNTHETIC; i++)
        CHECK(strcmp(ll_synthetic_rows[i].name, ll_synthetic_names[i]) == 0, "name %d", i);
}

int main(void)
{
    mem = ll_arena_create("test");
    permutation();
    counts();
    hierarchical();
    permutations();
    neighbours();
    obstacles();
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
