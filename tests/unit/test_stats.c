#include "sim/base/stats.h"

#include "tests/support/check.h"

/* Place p (n - 1) of 1, 2, 4, 8 (n = 4): 0.5 -> 1.5, between 2 and 4: 3; 0.9 -> 2.7, 4 + 0.7 * 4
 * = 6.8; 1/3 -> 1: 2. */
static void test_quantile(void)
{
    double x[] = {8, 1, 4, 2};
    ll_stats_sort(4, x);
    CHECK(x[0] == 1 && x[1] == 2 && x[2] == 4 && x[3] == 8, "%g %g %g %g", x[0], x[1], x[2], x[3]);
    CHECK_NEAR(ll_stats_quantile(4, x, 0.5), 3, 1e-15);
    CHECK_NEAR(ll_stats_quantile(4, x, 0.9), 6.8, 1e-15);
    CHECK_NEAR(ll_stats_quantile(4, x, 1.0 / 3), 2, 1e-15);
    CHECK(ll_stats_quantile(4, x, 0) == 1 && ll_stats_quantile(4, x, 1) == 8, "ends");
    CHECK(ll_stats_quantile(3, x, 0.5) == 2, "the middle one of three");
    CHECK(ll_stats_quantile(1, x, 0.3) == 1, "one alone");
    CHECK(ll_stats_quantile(0, x, 0.5) == 0, "none");
}

static void test_median_abs(void)
{
    double x[] = {-3, 1, 2, -8}, none[1] = {7};
    CHECK(ll_stats_median_abs(4, x) == 2.5, "of 1, 2, 3, 8");
    CHECK(x[0] == 1 && x[3] == 8, "%g .. %g", x[0], x[3]);
    CHECK(ll_stats_median_abs(0, none) == 0 && none[0] == 7, "none");
}

int main(void)
{
    test_quantile();
    test_median_abs();
    return LL_CHECK_RESULT;
}
