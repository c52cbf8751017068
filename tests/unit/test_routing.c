/* Tokens over experts: sim/traffic/routing.c. */
#include "sim/traffic/routing.h"

#include "tests/support/check.h"

#include <math.h>

static ll_arena *mem;

/* 256 experts, 8 of them for each token, on 8 ranks: by counting, a token misses the 32 experts of
 * a rank in C(224, 8) / C(256, 8) of all cases. */
static void test_distinct(void)
{
    ll_routing r = {.n_expert = 256, .top_k = 8, .n_rank = 8};
    double miss = 1;
    for (int i = 0; i < 8; i++)
        miss *= (224.0 - i) / (256.0 - i);
    CHECK_NEAR(ll_routing_reach(&r, 8), 8 * (1 - miss), 1e-12);
    CHECK_NEAR(ll_routing_reach(&r, 8), 8 * (1 - pow(7.0 / 8, 8)), 0.02);
    CHECK_NEAR(ll_routing_reach(&r, 256), 8, 1e-12);
    CHECK_NEAR(ll_routing_reach(&r, 1), 1, 1e-12);
    r.law = LL_ROUTING_BALANCED;
    CHECK_NEAR(ll_routing_reach(&r, 8), 8, 0);
    CHECK_NEAR(ll_routing_reach(&r, 4), 4, 0);
    CHECK_NEAR(ll_routing_reach(&r, 64), 8, 0);
}

/* DeepSeek-V3: 4 of 8 groups. A token reaches at most 4 nodes of one group each: nearly 4, as
 * missing one has (3/4)^8. In 2 nodes of 4 groups, it misses a node if all 4 of its groups lie in
 * the other: 1 of C(8, 4) = 70; with 1 group there, the 8 picks of 128 may miss its 32, and so on.
 */
static void test_limited(void)
{
    const ll_routing r = {.n_expert = 256, .top_k = 8, .n_rank = 64, .n_group = 8, .top_group = 4};
    double miss1 = 1, miss2 = 1, miss3 = 1;
    for (int i = 0; i < 8; i++) {
        miss1 *= (96.0 - i) / (128.0 - i);
        miss2 *= (64.0 - i) / (128.0 - i);
        miss3 *= (32.0 - i) / (128.0 - i);
    }
    CHECK_NEAR(ll_routing_reach(&r, 8), 4 * (1 - miss1), 1e-12);
    const double miss = (1 + 16 * miss1 + 36 * miss2 + 16 * miss3) / 70;
    CHECK_NEAR(ll_routing_reach(&r, 2), 2 * (1 - miss), 1e-12);
    CHECK(ll_routing_reach(&r, 64) <
              ll_routing_reach(&(ll_routing){.n_expert = 256, .top_k = 8}, 64),
          "%g", ll_routing_reach(&r, 64));
}

/* A draw with equal shares is the uniform law; one expert that every token picks reaches its rank
 * with every token. */
static void test_given(void)
{
    double share[16];
    ll_routing r = {.n_expert = 16, .top_k = 2, .n_rank = 4, .share = share};
    ll_routed even, one;
    for (int e = 0; e < 16; e++)
        share[e] = 3;
    const double reach = ll_routing_reach(&r, 4);
    r.law = LL_ROUTING_GIVEN;
    ll_routing_draw(&r, 4, 1000, mem, &even);
    CHECK_NEAR(even.reach, reach, 1e-12);
    CHECK_NEAR(even.copies[3], 500, 1e-12);
    share[5] = 1e9;
    ll_routing_draw(&r, 4, 1000, mem, &one);
    CHECK_NEAR(one.rows[1], 1000, 1e-9);
    CHECK(one.fullest == 1, "rank %d", one.fullest);
    CHECK_NEAR(one.copies[0] + one.copies[1] + one.copies[2] + one.copies[3], 2000, 1e-9);
    CHECK_NEAR(one.copies[0], 4 * 1000 / 15.0, 1e-6);
}

/* Experts that change places on their rank change nothing, to the bit; ranks that change places
 * take their tokens with them. */
static void test_permuted(void)
{
    double share[24], other[24];
    ll_routing r = {
        .law = LL_ROUTING_GIVEN, .n_expert = 24, .top_k = 3, .n_rank = 3, .share = share};
    ll_routed a, b;
    for (int e = 0; e < 24; e++)
        share[e] = 0.1 + fmod(0.377 * e * e, 1.7);
    ll_routing_draw(&r, 3, 4096, mem, &a);
    for (int e = 0; e < 24; e++) /* backwards on each rank */
        other[e] = share[e / 8 * 8 + 7 - e % 8];
    r.share = other;
    ll_routing_draw(&r, 3, 4096, mem, &b);
    for (int i = 0; i < 3; i++) {
        CHECK_NEAR(b.copies[i], a.copies[i], 0);
        CHECK_NEAR(b.rows[i], a.rows[i], 0);
    }
    CHECK_NEAR(b.reach, a.reach, 0);
    for (int e = 0; e < 24; e++) /* ranks one further */
        other[e] = share[(e + 16) % 24];
    ll_routing_draw(&r, 3, 4096, mem, &b);
    for (int i = 0; i < 3; i++)
        CHECK_NEAR(b.rows[(i + 1) % 3], a.rows[i], 1e-12);
    CHECK_NEAR(b.max_copies, a.max_copies, 1e-12);
}

/* The same draw twice, and another one with another seed. */
static void test_power(void)
{
    ll_routing r = {
        .law = LL_ROUTING_POWER, .exponent = 1.2, .n_expert = 256, .top_k = 8, .n_rank = 16};
    ll_routed a, b;
    ll_routing_draw(&r, 16, 16384, mem, &a);
    ll_routing_draw(&r, 16, 16384, mem, &b);
    double copies = 0;
    for (int i = 0; i < 16; i++) {
        CHECK(!(a.copies[i] < b.copies[i]) && !(a.copies[i] > b.copies[i]), "rank %d", i);
        CHECK(a.rows[i] <= 16384 && a.rows[i] <= a.copies[i], "rank %d: %g of %g", i, a.rows[i],
              a.copies[i]);
        copies += a.copies[i];
    }
    CHECK_NEAR(copies, 16384.0 * 8, 1e-9);
    r.seed = 1;
    ll_routing_draw(&r, 16, 16384, mem, &b);
    CHECK(fabs(a.max_copies - b.max_copies) > 1, "%g twice", a.max_copies);
}

/* Expert layers of DeepSeek-V3 on H100 in FP8, 16384 tokens, power law 1.2, as aiconfigurator
 * @095f58a times the fullest rank: 7829, 3361, 1833 us with 4, 16, 128 ranks. Balanced ones take
 * 5976 us (483 TFLOP/s), 1440 (501), 307 (294: too few rows). At the 500 TFLOP/s that full ranks
 * reach, the fullest has 7829 / 5976 = 1.31, 3361 / 1440 = 2.33 and 1833 * 500 / (307 * 294) = 10.2
 * times the mean. Each is one draw of a law: it lies within two standard deviations of its mean. */
static void test_power_measured(void)
{
    enum { N_DRAW = 200 };
    static const struct {
        int32_t n_rank;
        double measured;
    } rows[] = {{4, 1.31}, {16, 2.33}, {128, 10.2}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double sum = 0, squares = 0;
        for (uint64_t seed = 0; seed < N_DRAW; seed++) {
            const ll_routing r = {.law = LL_ROUTING_POWER,
                                  .exponent = 1.2,
                                  .seed = seed,
                                  .n_expert = 256,
                                  .top_k = 8,
                                  .n_rank = rows[i].n_rank};
            ll_routed routed;
            ll_routing_draw(&r, r.n_rank, 16384, mem, &routed);
            const double fullest = routed.max_copies / routed.mean_copies;
            sum += fullest;
            squares += fullest * fullest;
        }
        const double mean = sum / N_DRAW, deviation = sqrt(squares / N_DRAW - mean * mean);
        CHECK(fabs(rows[i].measured - mean) < 2 * deviation, "%d ranks: %g, draws %g +- %g",
              rows[i].n_rank, rows[i].measured, mean, deviation);
        CHECK(deviation < 0.25 * mean, "%d ranks: draws %g +- %g", rows[i].n_rank, mean, deviation);
    }
}

static void test_obstacles(void)
{
    ll_routing r = {.n_expert = 256, .top_k = 8, .n_rank = 48};
    char text[LL_ROUTING_TEXT];
    CHECK(ll_routing_obstacle(&r, text) != NULL, "48 ranks");
    r.n_rank = 64;
    CHECK(ll_routing_obstacle(&r, text) == NULL, "64 ranks");
    r.n_group = 6;
    CHECK(ll_routing_obstacle(&r, text) != NULL, "6 groups");
    r.n_group = 64;
    r.top_group = 1;
    CHECK(ll_routing_obstacle(&r, text) != NULL, "8 of 4 experts");
}

int main(void)
{
    mem = ll_arena_create("test");
    test_distinct();
    test_limited();
    test_given();
    test_permuted();
    test_power();
    test_power_measured();
    test_obstacles();
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
