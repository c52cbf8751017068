/* Numbers for people: one unit along a row, and no more digits than the error allows. */
#include "sim/print/quantity.h"
#include "tests/support/check.h"

#include <string.h>

/* The error, in units of the last digit of a value m * 10^k with 1 <= m < 10, is m err 10^(n-1):
 * at least 1 by n = 1 + ceil(-log10 err), and below 100. */
static void test_digits(void)
{
    static const struct {
        double err_frac;
        int digits;
    } cases[] = {{0, 4}, {2, 1}, {0.5, 2}, {0.16, 2}, {0.1, 2}, {0.05, 3}, {0.008, 4}, {1e-9, 4}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK(ll_quantity_digits(cases[i].err_frac) == cases[i].digits, "%g: %d", cases[i].err_frac,
              ll_quantity_digits(cases[i].err_frac));
}

static void test_text(ll_arena *mem)
{
    static const struct {
        double x;
        int digits;
        const char *want;
    } cases[] = {{4.716, 3, "4.72"},
                 {145.9, 2, "150"},
                 {9.996, 3, "10.0"},
                 {1234567, 2, "1,200,000"},
                 {0.0123456, 3, "0.0123"},
                 {-43.85, 2, "-44"},
                 {0, 4, "0"},
                 {(double)NAN, 4, "-"},
                 {5022.1, 4, "5,022"},
                 {5022.1, 5, "5,022.1"},
                 {-0.96, 1, "-1"},
                 {99.96, 3, "100"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *got = ll_digits_text(cases[i].x, cases[i].digits, mem);
        CHECK(!strcmp(got, cases[i].want), "%g: %s, want %s", cases[i].x, got, cases[i].want);
    }
}

static void test_row(ll_arena *mem)
{
    enum { N = 3 };
    static const struct {
        ll_kind kind;
        double err_frac, value[N];
        const char *want[N];
    } cases[] = {
        {LL_KIND_TIME, 0, {145.9, 5.365, 3.782}, {"145.9 s", "5.365 s", "3.782 s"}},
        {LL_KIND_TIME, 0.16, {145.9, 5.365, 0.0}, {"150 s", "5.4 s", "0 s"}},
        {LL_KIND_TIME, 0, {0.883, 4.716, (double)NAN}, {"0.8830 s", "4.716 s", "-"}},
        {LL_KIND_TIME, 0, {2e-6, 4e-3, 1e-3}, {"2.000 us", "4,000 us", "1,000 us"}},
        {LL_KIND_TIME, 0.05, {7200, 14400, 3600}, {"120 min", "240 min", "60.0 min"}},
        {LL_KIND_TIME, 0, {0, 0, 0}, {"0 s", "0 s", "0 s"}},
        {LL_KIND_SIZE, 0.05, {183.8e9, 20e9, 198.7e9}, {"184 GB", "20.0 GB", "199 GB"}},
        {LL_KIND_COUNT, 0.16, {31245, 434, 9.2}, {"31,000", "430", "9"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *got[N];
        ll_quantity_row(cases[i].kind, N, cases[i].value, cases[i].err_frac, mem, got);
        for (int k = 0; k < N; k++)
            CHECK(!strcmp(got[k], cases[i].want[k]), "case %zu: %s, want %s", i, got[k],
                  cases[i].want[k]);
    }
}

int main(void)
{
    ll_arena *mem = ll_arena_create("test");
    test_digits();
    test_text(mem);
    test_row(mem);
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
