#include "sim/base/units.h"

#include "tests/support/check.h"

#include <string.h>

static void test_values(void)
{
    const struct {
        ll_kind kind;
        const char *text;
        double value; /* SI, bytes */
    } cases[] = {
        {LL_KIND_COUNT, "8192", 8192},
        {LL_KIND_COUNT, " -3 ", -3},
        {LL_KIND_COUNT, "900000000000", 9e11},
        {LL_KIND_COUNT, "9007199254740991", 9007199254740991},
        {LL_KIND_RATIO, "0.8", 0.8},
        {LL_KIND_RATIO, "80 %", 0.8},
        {LL_KIND_RATIO, "80%", 0.8},
        {LL_KIND_RATIO, "1e-3", 0.001},
        {LL_KIND_RATIO, ".5", 0.5},
        {LL_KIND_RATIO, "2.", 2},
        {LL_KIND_RATIO, "2:1", 2},
        {LL_KIND_RATIO, " 1 : 4 ", 0.25},
        {LL_KIND_TIME, "2.1 us", 2.1e-6},
        {LL_KIND_TIME, "2.1 \xc2\xb5s", 2.1e-6},
        {LL_KIND_TIME, "250 ns", 250e-9},
        {LL_KIND_TIME, "3 ps", 3e-12},
        {LL_KIND_TIME, "4ms", 4e-3},
        {LL_KIND_TIME, "1.5 h", 5400},
        {LL_KIND_TIME, "2 min", 120},
        {LL_KIND_TIME, "2 d", 172800},
        {LL_KIND_SIZE, "80 GB", 80e9},
        {LL_KIND_SIZE, "4 KiB", 4096},
        {LL_KIND_SIZE, "2 GiB", 2147483648.0},
        {LL_KIND_SIZE, "1 TiB", 1099511627776.0},
        {LL_KIND_SIZE, "2EB", 2e18},
        {LL_KIND_SIZE, "1e3 B", 1000},
        {LL_KIND_RATE, "900 GB/s", 900e9},
        {LL_KIND_RATE, "400 Gb/s", 50e9}, /* bits: 400e9 / 8 */
        {LL_KIND_RATE, "100 Gbit/s", 12.5e9},
        {LL_KIND_RATE, "400Gbps", 50e9},
        {LL_KIND_RATE, "8 Mbps", 1e6},
        {LL_KIND_RATE, "1.6 Tbps", 200e9},
        {LL_KIND_RATE, "3.35 TB/s", 3.35e12},
        {LL_KIND_COMPUTE, "989.5 TFLOP/s", 989.5e12},
        {LL_KIND_COMPUTE, "2.5 PFLOP/s", 2.5e15},
        {LL_KIND_POWER, "0.7 kW", 700},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double v = NAN;
        char why[256] = "";
        ll_status s = ll_units_parse(cases[i].kind, cases[i].text, &v, why, sizeof why);
        CHECK(s == LL_OK, "%s: %s", cases[i].text, why);
        CHECK_NEAR(v, cases[i].value, 1e-15);
    }
}

static void test_errors(void)
{
    const struct {
        ll_kind kind;
        const char *text, *why;
    } cases[] = {
        {LL_KIND_RATE, "900 GB", "'GB' is a size; expected a rate such as \"900 GB/s\""},
        {LL_KIND_RATE, "900", "no unit; expected a rate such as \"900 GB/s\""},
        {LL_KIND_RATE, "900 GBps",
         "unknown unit 'GBps', did you mean 'GB/s' (bytes) or 'Gbps' (bits, 8 times less)? "
         "expected a "
         "rate such as \"900 GB/s\""},
        {LL_KIND_RATE, "400 gbit/s",
         "unknown unit 'gbit/s', did you mean 'GB/s' (bytes) or 'Gbit/s' (bits, 8 times less)? "
         "expected a rate such as \"900 GB/s\""},
        {LL_KIND_RATE, "400 gb/s",
         "unknown unit 'gb/s', did you mean 'GB/s' (bytes) or 'Gb/s' (bits, 8 times less)? "
         "expected "
         "a rate such as \"900 GB/s\""},
        {LL_KIND_SIZE, "80 Gb",
         "unknown unit 'Gb'; sizes are in bytes ('GB'): divide bits by 8; expected a size such as "
         "\"80 GB\""},
        {LL_KIND_RATE, "fast", "not a number; expected a rate such as \"900 GB/s\""},
        {LL_KIND_RATE, "", "not a number; expected a rate such as \"900 GB/s\""},
        {LL_KIND_RATE, "1e400 GB/s", "number too large; expected a rate such as \"900 GB/s\""},
        {LL_KIND_RATE, "1e300 EB/s", "number too large; expected a rate such as \"900 GB/s\""},
        {LL_KIND_RATE, "inf GB/s", "not a number; expected a rate such as \"900 GB/s\""},
        {LL_KIND_RATE, "nan GB/s", "not a number; expected a rate such as \"900 GB/s\""},
        {LL_KIND_RATE, "0x10 GB/s",
         "unknown unit 'x10 GB/s', did you mean 'GB/s'? expected a rate such as \"900 GB/s\""},
        {LL_KIND_TIME, /* what stands far behind the unit is seen too */
         "1 us                                                                      garbage",
         "unknown unit 'us                                      '; expected a time such as "
         "\"2.1 us\""},
        {LL_KIND_RATE, ". GB/s", "not a number; expected a rate such as \"900 GB/s\""},
        {LL_KIND_TIME, "3 GB", "'GB' is a size; expected a time such as \"2.1 us\""},
        {LL_KIND_SIZE, "80 Gb/s", "'Gb/s' is a rate; expected a size such as \"80 GB\""},
        {LL_KIND_COMPUTE, "900 TFLOPS",
         "unknown unit 'TFLOPS', did you mean 'TFLOP/s'? expected a compute rate such as \"990 "
         "TFLOP/s\""},
        {LL_KIND_POWER, "7 s", "'s' is a time; expected a power such as \"700 W\""},
        {LL_KIND_RATIO, "2:0", "unknown unit ':0'; expected a ratio such as 0.8"},
        {LL_KIND_RATIO, "2:1 s", "unknown unit ':1 s'; expected a ratio such as 0.8"},
        {LL_KIND_RATIO, "2:", "unknown unit ':'; expected a ratio such as 0.8"},
        {LL_KIND_COUNT, "2:1",
         "unexpected ':1' after the number; expected a whole number such as 64"},
        {LL_KIND_RATIO, "0.8 s", "'s' is a time; expected a ratio such as 0.8"},
        {LL_KIND_COUNT, "8 chips",
         "unexpected 'chips' after the number; expected a whole number such as 64"},
        {LL_KIND_COUNT, "2.5", "not a whole number; expected a whole number such as 64"},
        {LL_KIND_COUNT, "1e3", "not a whole number; expected a whole number such as 64"},
        {LL_KIND_COUNT, "9007199254740993",
         "integer too large; at most 9007199254740991 (2^53 - 1)"},
        {LL_KIND_COUNT, "99999999999999999999",
         "integer too large; at most 9007199254740991 (2^53 - 1)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double v = -1;
        char why[256] = "";
        ll_status s = ll_units_parse(cases[i].kind, cases[i].text, &v, why, sizeof why);
        CHECK(s == LL_ERR_CONFIG && v == -1, "%s: status %d, %g", cases[i].text, (int)s, v);
        CHECK(strcmp(why, cases[i].why) == 0, "%s: %s", cases[i].text, why);
    }
    // A small buffer is cut, not overrun.
    double v;
    char small[8];
    ll_units_parse(LL_KIND_RATE, "900 GB", &v, small, sizeof small);
    CHECK(strcmp(small, "'GB' is") == 0, "%s", small);
}

static void test_format(void)
{
    const struct {
        ll_kind kind;
        double value;
        const char *text;
    } cases[] = {
        {LL_KIND_RATE, 9e11, "900 GB/s"},
        {LL_KIND_RATE, 999.96e9, "1 TB/s"},
        {LL_KIND_RATE, 999.94e9, "999.9 GB/s"},
        {LL_KIND_TIME, 2.1e-6, "2.1 us"},
        {LL_KIND_TIME, 1.23456e-9, "1.235 ns"},
        {LL_KIND_TIME, 0, "0 s"},
        {LL_KIND_TIME, 90, "90 s"},
        {LL_KIND_TIME, 5400, "90 min"},
        {LL_KIND_TIME, 9000, "2.5 h"},
        {LL_KIND_TIME, -0.5, "-500 ms"},
        {LL_KIND_SIZE, 80e9, "80 GB"},
        {LL_KIND_SIZE, 0, "0 B"},
        {LL_KIND_SIZE, 1, "1 B"},
        {LL_KIND_COMPUTE, 2.5e15, "2.5 PFLOP/s"},
        {LL_KIND_POWER, 700, "700 W"},
        {LL_KIND_POWER, 0.25, "0.25 W"},
        {LL_KIND_COUNT, 8192, "8192"},
        {LL_KIND_RATIO, 0.123456, "0.1235"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[64];
        ll_units_format(cases[i].kind, cases[i].value, out, sizeof out);
        CHECK(strcmp(out, cases[i].text) == 0, "%g: \"%s\", want \"%s\"", cases[i].value, out,
              cases[i].text);
    }
}

/* Each example parses as its own kind, and what is printed is read again. */
static void test_examples(void)
{
    for (int k = LL_KIND_COUNT; k <= LL_KIND_POWER; k++) {
        double v = 0, back = 0;
        char why[256] = "", out[64];
        ll_status s = ll_units_parse((ll_kind)k, ll_units_example((ll_kind)k), &v, why, sizeof why);
        CHECK(s == LL_OK && v > 0, "%s: %s", ll_units_kind_name((ll_kind)k), why);
        ll_units_format((ll_kind)k, v, out, sizeof out);
        s = ll_units_parse((ll_kind)k, out, &back, why, sizeof why);
        CHECK(s == LL_OK, "\"%s\": %s", out, why);
        CHECK_NEAR(back, v, 1e-12);
    }
}

int main(void)
{
    test_values();
    test_errors();
    test_format();
    test_examples();
    return LL_CHECK_RESULT;
}
