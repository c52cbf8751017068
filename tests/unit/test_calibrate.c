/* The fit of kappa on cases that are made up, so that the answer is known. */
#include "sim/validate/calibrate.h"
#include "tests/support/check.h"

#include <math.h>

/* Time of a flow at a kappa, smooth as that of a full link is. */
static double time_s(double kappa) { return 1e-3 * (1 + 0.3 * sqrt(kappa)); }

/* Every pattern has packets as by its own kappa; four flows per case. */
static ll_calibration make(ll_arena *mem, const double kappa[LL_N_CALIBRATED])
{
    ll_calibration c = {.wire.kappa = 0.05,
                        .one = ll_arena_array(mem, LL_N_CALIBRATE, ll_calibrate_case)};
    for (int i = 0; i < LL_N_CALIBRATE; i++) {
        ll_calibrate_case *one = &c.one[i];
        *one = (ll_calibrate_case){.pattern = (ll_synthetic)(i / LL_N_LOAD / LL_N_FABRIC),
                                   .fabric = i / LL_N_LOAD % LL_N_FABRIC,
                                   .load = i % LL_N_LOAD,
                                   .n_watch = 4};
        for (int f = 0; f < one->n_watch; f++) {
            one->packet_s[f] = time_s(kappa[one->pattern]);
            one->flow_s[f] = time_s(c.wire.kappa);
            for (int k = 0; k < LL_N_KAPPA; k++)
                one->grid_s[k][f] = time_s(ll_calibrate_grid(k));
        }
    }
    ll_calibrate_fit(&c);
    return c;
}

/* Between values of the grid (0.01 and 0.0178), so that the interpolation counts too. */
static void one_kappa(ll_arena *mem)
{
    const double all[LL_N_CALIBRATED] = {0.013, 0.013, 0.013, 0.013, 0.013, 0.013, 0.013};
    const ll_calibration c = make(mem, all);
    CHECK_NEAR(c.kappa, 0.013, 1e-3);
    CHECK(c.low <= c.kappa && c.kappa <= c.high, "%g in %g .. %g", c.kappa, c.low, c.high);
    for (int p = 0; p < LL_N_CALIBRATED; p++)
        CHECK_NEAR(c.without[p], 0.013, 1e-3);
    const ll_deviation d = ll_calibrate_deviation(&c, -1, -1, 0);
    /* (1 + 0.3 sqrt 0.013) / (1 + 0.3 sqrt 0.05) - 1 = 1.034205 / 1.067082 - 1 = -0.030810 */
    CHECK(d.n_flow == LL_N_CALIBRATE * 4, "%d flows", d.n_flow);
    CHECK_NEAR(d.worst_frac, -0.030810, 1e-4);
    CHECK_NEAR(d.median_frac, 0.030810, 1e-4);
    CHECK_NEAR(d.mean_frac, 0.030810, 1e-4);
}

/* Three patterns of 0.004 against four of 0.02: the mean size of deviations is least at the
 * majority's. Without one of the four it is a draw, without two of them it would turn; without
 * one of the three it stays. */
static void majority(ll_arena *mem)
{
    const double all[LL_N_CALIBRATED] = {0.02, 0.02, 0.02, 0.02, 0.004, 0.004, 0.004};
    const ll_calibration c = make(mem, all);
    CHECK_NEAR(c.kappa, 0.02, 2e-3);
    for (int p = 4; p < LL_N_CALIBRATED; p++)
        CHECK_NEAR(c.without[p], 0.02, 2e-3);
    const ll_deviation few = ll_calibrate_deviation(&c, 5, 2, c.kappa);
    /* (1 + 0.3 sqrt 0.004) / (1 + 0.3 sqrt 0.02) - 1 = 1.018974 / 1.042426 - 1 = -0.022498 */
    CHECK(few.n_flow == LL_N_LOAD * 4, "%d flows", few.n_flow);
    CHECK_NEAR(few.worst_frac, -0.022498, 1e-2);
}

/* Of the sizes 1, 1, 2 and 3 % the median (the mean of the two in the middle) is 1.5 %, the 95th
 * of 100 at place 0.95 * 3 = 2.85, 2.85 %, and the worst -3 % with its sign. */
static void order(ll_arena *mem)
{
    const double all[LL_N_CALIBRATED] = {0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01};
    const double dev[4] = {0.01, -0.03, 0.02, -0.01};
    ll_calibration c = make(mem, all);
    for (int f = 0; f < 4; f++)
        c.one[0].packet_s[f] = c.one[0].flow_s[f] * (1 + dev[f]);
    const ll_deviation d = ll_calibrate_deviation_case(&c.one[0], 0);
    CHECK_NEAR(d.median_frac, 0.015, 1e-9);
    CHECK_NEAR(d.p95_frac, 0.0285, 1e-9);
    CHECK_NEAR(d.worst_frac, -0.03, 1e-9);
    CHECK_NEAR(d.mean_frac, 0.0175, 1e-9);
}

int main(void)
{
    ll_arena *mem = ll_arena_create("test");
    one_kappa(mem);
    majority(mem);
    order(mem);
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
