#include "sim/base/mix.h"

#include "tests/support/check.h"

#include <inttypes.h>

/* SplitMix64 from seed 1234567: the state grows by the golden constant, and each state is mixed.
 * The numbers are those of the reference implementation (S. Vigna, splitmix64.c). */
static void test_known_answers(void)
{
    static const uint64_t want[] = {6457827717110365317u, 3203168211198807973u,
                                    9817491932198370423u};
    uint64_t state = 1234567;
    for (int i = 0; i < 3; i++) {
        state += LL_MIX_GOLDEN;
        CHECK(ll_mix(state) == want[i], "%d: %" PRIu64, i, ll_mix(state));
    }
}

static void test_f64(void)
{
    CHECK(ll_mix_f64(1, 2.5) == ll_mix_f64(1, 2.5), "the same");
    CHECK(ll_mix_f64(1, 2.5) != ll_mix_f64(2, 2.5), "another beginning");
    CHECK(ll_mix_f64(1, 2.5) != ll_mix_f64(1, 2.5 + 0x1p-51), "the next number");
}

int main(void)
{
    test_known_answers();
    test_f64();
    return LL_CHECK_RESULT;
}
