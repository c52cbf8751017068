/* RANKS 1 */
/* Fused pairs: which kernel and which exchange wait for which, by hand and as they were measured.
 *
 * Both streams in the order in which they run (sim/step/pairs.h; f: forward, b: backward):
 *
 *   exchanges    b out    f out    b back    f back
 *   kernels      f attention    b experts    b weights    f experts    b attention    b weights */
#include "sim/step/pairs.h"
#include "tests/support/check.h"

static ll_overlap wire(double s) { return (ll_overlap){s, 0}; }

/* One layer each. What a pair waits for, if only these take time:
 *
 *   f attention 1, b out 2, b experts 4         b experts wait for what comes in: 2 + 4
 *   f attention 1, f out 3, f experts 4         f experts wait for their tokens: 1 + 3 + 4
 *   b out 2, f attention 3, f out 4             the wire is free, the tokens are not there: 3 + 4
 *   b experts 2, b back 3, f experts 4, b attention 1    2 + max(3, 4) + 1
 *   f experts 2, f back 3, b attention 1        f back is hidden by b attention for 1: 2 + 3
 *   b attention 1, b weights 5, f back 4        f back beside both: 1 + 5 */
static void test_waits(ll_arena *mem)
{
    static const struct {
        ll_pair_layer f, b;
        double want_s;
    } rows[] = {
        {{.attention_s = 1}, {.out = {2, 0}, .experts_s = 4}, 6},
        {{.attention_s = 1, .out = {3, 0}, .experts_s = 4}, {.out = {0, 0}}, 8},
        {{.attention_s = 3, .out = {4, 0}}, {.out = {2, 0}}, 7},
        {{.experts_s = 4}, {.experts_s = 2, .back = {3, 0}, .attention_s = 1}, 7},
        {{.experts_s = 2, .back = {3, 0}}, {.attention_s = 1}, 5},
        {{.back = {4, 0}}, {.attention_s = 1, .attention_weight_s = 5}, 6},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK_NEAR(ll_pair_s(1, &rows[i].f, 1, &rows[i].b, mem), rows[i].want_s, 1e-12);
}

/* A pass alone waits for each of its exchanges, but for weight gradients beside them: the forward
 * pass 1 + 2 + 3 + 4 for each of two layers; the backward pass 2 + 3 + max(4, 5) + 1, then 7 of
 * weights, beside which the exchange of 2 of the next layer runs. */
static void test_alone(ll_arena *mem)
{
    const ll_pair_layer f = {.attention_s = 1, .out = wire(2), .experts_s = 3, .back = wire(4)};
    const ll_pair_layer b = {.attention_s = 1,
                             .attention_weight_s = 7,
                             .experts_s = 3,
                             .experts_weight_s = 5,
                             .out = wire(2),
                             .back = wire(4)};
    const ll_pair_layer two_f[] = {f, f}, two_b[] = {b, b};
    CHECK_NEAR(ll_pair_s(2, two_f, 0, NULL, mem), 20, 1e-12);
    CHECK_NEAR(ll_pair_s(0, NULL, 2, two_b, mem), 11 + 7 + 9 + 7, 1e-12);
    /* the layers that one pass has more run after the others, alone */
    const ll_pair_layer none = {.attention_s = 0};
    CHECK_NEAR(ll_pair_s(2, two_f, 1, &none, mem), 20, 1e-12);
}

/* Kernels of 8 s beside an exchange of 6 s that makes them slower by a half: 4 s of them are done
 * when it ends. Kernels that wait for it lose nothing. */
static void test_held(ll_arena *mem)
{
    const ll_pair_layer f = {.attention_s = 8, .experts_s = 1};
    const ll_pair_layer beside = {.out = {6, 3}}, none = {.attention_s = 0};
    const ll_pair_layer waits = {.out = {6, 3}, .experts_s = 8};
    CHECK_NEAR(ll_pair_s(1, &f, 1, &beside, mem), 6 + 4 + 1, 1e-12);
    CHECK_NEAR(ll_pair_s(1, &none, 1, &waits, mem), 6 + 8, 1e-12);
}

/* DeepSeek's own timeline (deepseek-ai/profile-data 4496024, training: H800, one forward and one
 * backward chunk of four layers): 40 phases, in microseconds, take 129.0 ms. With their lengths
 * the order and the waits give 128.1 ms; the rest are gaps between kernels. */
static void test_timeline(ll_arena *mem)
{
    static const double f[4][4] = {/* attention, dispatch, experts, combine */
                                   {4833, 6087, 4289, 7327},
                                   {4393, 5746, 4420, 8262},
                                   {4567, 7129, 5212, 9541},
                                   {4602, 7988, 4644, 9653}};
    static const double b[4][6] = {/* combine, experts, weights, dispatch, attention, weights */
                                   {4424, 5746, 5333, 7338, 9215, 2381},
                                   {5227, 5467, 5059, 7912, 9563, 2390},
                                   {6210, 5467, 5260, 7517, 9646, 2400},
                                   {7275, 4772, 4639, 7466, 9737, 2412}};
    ll_pair_layer forward[4], backward[4];
    for (int i = 0; i < 4; i++) {
        forward[i] = (ll_pair_layer){.attention_s = f[i][0],
                                     .out = wire(f[i][1]),
                                     .experts_s = f[i][2],
                                     .back = wire(f[i][3])};
        backward[i] = (ll_pair_layer){.out = wire(b[i][0]),
                                      .experts_s = b[i][1],
                                      .experts_weight_s = b[i][2],
                                      .back = wire(b[i][3]),
                                      .attention_s = b[i][4],
                                      .attention_weight_s = b[i][5]};
    }
    CHECK_NEAR(ll_pair_s(4, forward, 4, backward, mem), 129012, 0.01);
}

int main(void)
{
    ll_arena *mem = ll_arena_create("test");
    test_waits(mem);
    test_alone(mem);
    test_held(mem);
    test_timeline(mem);
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
