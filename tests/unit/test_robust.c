/* Robust least squares: sum of weights times sqrt(r^2 + d^2) - d, from right triangles. */
#include "sim/validate/robust.h"
#include "tests/support/check.h"

/* Residuals that no x changes, d = 12:
 *
 *   r     sqrt(r^2 + 12^2) - 12     weight     product
 *   5     13 - 12 = 1               1          1
 *   9     15 - 12 = 3               2          6
 *   16    20 - 12 = 8               0.5        4 */
static void fixed(const double *x, double *r, const void *context)
{
    (void)x;
    (void)context;
    r[0] = 5;
    r[1] = 9;
    r[2] = 16;
}

/* Two points, at 0 and 25/3, pull x the more the heavier and the farther they are, d = 4. At x = 3:
 *
 *   r         pull r / sqrt(r^2 + 4^2)     weight     product
 *   3         3 / 5                        4           2.4
 *   -16/3     -(16/3) / (20/3) = -0.8      3          -2.4
 *
 * There the sum is least: 4 (5 - 4) + 3 (20/3 - 4) = 12. */
static void pulled(const double *x, double *r, const void *context)
{
    (void)context;
    r[0] = x[0];
    r[1] = x[0] - 25.0 / 3;
}

int main(void)
{
    ll_arena *mem = ll_arena_create("test");
    double x = 1;
    const ll_robust sum = {1, 3, (const double[]){1, 2, 0.5}, 12, fixed, NULL};
    CHECK_NEAR(ll_robust_minimise(&sum, &x, 5, mem), 11, 1e-12);
    const ll_robust two = {1, 2, (const double[]){4, 3}, 4, pulled, NULL};
    CHECK_NEAR(ll_robust_minimise(&two, &x, 100, mem), 12, 1e-6);
    CHECK_NEAR(x, 3, 1e-2);
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
