/* Kriging: exact at the points, the mean far away, between neighbours in between; a value that was
 * left out is that of a fit to the others. */
#include "sim/base/kriging.h"

#include "tests/support/check.h"

enum { N = 6, N_COLUMN = 2 };
static const double x[N][2] = {{0, 0}, {1, 0}, {0, 1}, {3, 2}, {5, 5}, {2, 4}};
static const double value[N][N_COLUMN] = {{1, 10}, {2, 10}, {4, 10}, {3, 10}, {-1, 10}, {0, 10}};

static double at(const ll_kriging *k, double a, double b, int column)
{
    double likeness[N];
    ll_kriging_likeness(k, (const double[]){a, b}, likeness);
    return ll_kriging_value(k, likeness, column);
}

static void test_points(ll_arena *mem)
{
    ll_kriging k;
    ll_kriging_fit(&(ll_kriging_points){N, 2, &x[0][0], 2}, N_COLUMN, &value[0][0], false, mem, &k);
    for (int i = 0; i < N; i++) {
        CHECK(fabs(at(&k, x[i][0], x[i][1], 0) - value[i][0]) < 1e-12, "point %d", i);
        CHECK_NEAR(at(&k, x[i][0], x[i][1], 1), 10, 1e-12);
    }
    CHECK_NEAR(at(&k, 1000, -1000, 0), k.mean[0], 1e-12);
    CHECK_NEAR(at(&k, 2.2, 0.7, 1), 10, 1e-12);
    const double between = at(&k, 0.5, 0, 0); /* of 1 and 2, and others farther away */
    CHECK(between > 1 && between < 2, "%g", between);
    CHECK(!k.without, "nobody asked");
}

static void test_without(ll_arena *mem)
{
    ll_kriging all, others;
    ll_kriging_fit(&(ll_kriging_points){N, 2, &x[0][0], 2}, N_COLUMN, &value[0][0], true, mem,
                   &all);
    for (int left = 0; left < N; left++) {
        double y[N][2], v[N][N_COLUMN];
        int n = 0;
        for (int i = 0; i < N; i++)
            if (i != left) {
                y[n][0] = x[i][0], y[n][1] = x[i][1];
                v[n][0] = value[i][0], v[n++][1] = value[i][1];
            }
        ll_kriging_fit(&(ll_kriging_points){n, 2, &y[0][0], 2}, N_COLUMN, &v[0][0], false, mem,
                       &others);
        const double want = at(&others, x[left][0], x[left][1], 0);
        CHECK(fabs(all.without[left * N_COLUMN] - want) < 1e-10, "point %d: %g, want %g", left,
              all.without[left * N_COLUMN], want);
    }
}

/* Two points at distance 2 lengths: likeness r = 0.95 exp(-2). Half-way from both the value is the
 * mean, by symmetry. One point: its value everywhere, as it is the mean. */
static void test_few(ll_arena *mem)
{
    static const double two[] = {0, 4}, v[] = {1, 3};
    ll_kriging k;
    double likeness[2];
    ll_kriging_fit(&(ll_kriging_points){2, 1, two, 2}, 1, v, true, mem, &k);
    ll_kriging_likeness(&k, (const double[]){2}, likeness);
    CHECK_NEAR(ll_kriging_value(&k, likeness, 0), 2, 1e-12);
    ll_kriging_likeness(&k, (const double[]){4}, likeness);
    CHECK_NEAR(likeness[0], 0.95 * exp(-2), 1e-12);
    CHECK_NEAR(k.without[0], 3, 1e-12); /* the other one's value is all that is known */
    ll_kriging_fit(&(ll_kriging_points){1, 1, two, 2}, 1, v + 1, true, mem, &k);
    ll_kriging_likeness(&k, (const double[]){9}, likeness);
    CHECK_NEAR(ll_kriging_value(&k, likeness, 0), 3, 1e-12);
    CHECK(!k.without, "without its only point nothing is known");
}

int main(void)
{
    ll_arena *mem = ll_arena_create("test");
    test_points(mem);
    test_without(mem);
    test_few(mem);
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
