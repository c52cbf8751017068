#include "sim/base/rng.h"

#include "tests/support/check.h"

#include <inttypes.h>
#include <stdlib.h>

/* Known answers of Philox4x32-10 from the authors' library Random123 (kat_vectors): counter words
 * 0..3, key words 0 and 1 -> result words 0 and 1. draw holds counter words 0 and 1 (low first),
 * entity words 2 and 3, seed the key; the bits are result words 0 (low) and 1. */
static void test_known_answers(void)
{
    const struct {
        uint64_t draw, entity, seed, bits;
    } kat[] = {
        {0, 0, 0, 0xe169c58d6627e8d5},
        {UINT64_MAX, UINT64_MAX, UINT64_MAX, 0x41c83b0e408f276d},
        {0x85a308d3243f6a88, 0x0370734413198a2e, 0x299f31d0a4093822, 0x94fdccebd16cfe09},
    };
    for (int i = 0; i < 3; i++) {
        uint64_t got = ll_rng_bits(kat[i].seed, kat[i].entity, kat[i].draw);
        CHECK(got == kat[i].bits, "vector %d: %016" PRIx64, i, got);
    }
}

static void test_uniform(void)
{
    // n draws: the mean has standard deviation sqrt(1/12/n), each of 64 bins expects n/64 +- its
    // root, the correlation of neighbours 1/sqrt(n) of the variance. 5 sigma each.
    enum { N = 1 << 18, N_BIN = 64 };
    double mean = 0, neighbour = 0, last = 0;
    int bin[N_BIN] = {0};
    for (int i = 0; i < N; i++) {
        double u = ll_rng_u01(7, (uint64_t)(i / 512), (uint64_t)(i % 512));
        if (!(u > 0 && u < 1)) CHECK(0, "u = %.17g", u);
        mean += u / N;
        neighbour += (u - 0.5) * last / N;
        last = u - 0.5;
        bin[(int)(u * N_BIN)]++;
    }
    CHECK(fabs(mean - 0.5) < 5 * sqrt(1.0 / 12 / N), "mean %.6f", mean);
    CHECK(fabs(neighbour) < 5 / 12.0 / sqrt(N), "neighbours %.3g", neighbour);
    for (int i = 0; i < N_BIN; i++)
        CHECK(abs(bin[i] - N / N_BIN) < 5 * sqrt(N / N_BIN), "bin %d holds %d", i, bin[i]);
}

/* Each argument matters: about half of the 64 bits change with any bit of any argument. */
static void test_avalanche(void)
{
    for (int arg = 0; arg < 3; arg++) {
        int changed = 0;
        for (int bit = 0; bit < 64; bit++) {
            uint64_t x[3] = {1, 2, 3};
            uint64_t before = ll_rng_bits(x[0], x[1], x[2]);
            x[arg] ^= 1ULL << bit;
            changed += __builtin_popcountll(before ^ ll_rng_bits(x[0], x[1], x[2]));
        }
        // 64 * 64 fair coins: 2048 +- 32; 6 sigma.
        CHECK(abs(changed - 2048) < 6 * 32, "argument %d: %d bits changed", arg, changed);
    }
}

/* The normal draw z belongs to the uniform draw u: Phi(z) = erfc(-z / sqrt 2) / 2 = u. */
static void test_normal(void)
{
    enum { N = 200000 };
    double mean = 0, square = 0, worst = 0, tail = 0;
    for (uint64_t i = 0; i < N; i++) {
        double u = ll_rng_u01(3, i, 5), z = ll_rng_normal(3, i, 5);
        double phi = z < 0 ? 0.5 * erfc(-z / sqrt(2)) : 0.5 * erfc(z / sqrt(2));
        double want = z < 0 ? u : 1 - u;
        worst = fmax(worst, fabs(phi - want) / want);
        mean += z / N;
        square += z * z / N;
        tail = fmax(tail, fabs(z));
    }
    CHECK(worst < 1e-13, "relative error of the quantile %.3g", worst);
    CHECK(fabs(mean) < 5 / sqrt(N), "mean %.4g", mean);
    CHECK(fabs(square - 1) < 5 * sqrt(2.0 / N), "variance %.5g", square);
    // Centre and near tails (|z| > 1.44) were used; the far ones (|z| > 6.7) are too rare to draw.
    CHECK(tail > 4, "largest %.3g", tail);
}

/* -ln u - 1: mean 0; variance 1, whose estimate has variance (9 - 1) / N; a share of e^-3 beyond 2.
 */
static void test_delay(void)
{
    enum { N = 200000 };
    double mean = 0, square = 0, least = 0, beyond = 0;
    for (uint64_t i = 0; i < N; i++) {
        double z = ll_rng_delay(3, i, 5);
        mean += z / N;
        square += z * z / N;
        least = fmin(least, z);
        beyond += z > 2;
    }
    CHECK(fabs(mean) < 5 / sqrt(N), "mean %.4g", mean);
    CHECK(fabs(square - 1) < 5 * sqrt(8.0 / N), "variance %.5g", square);
    CHECK(least >= -1 && least < -0.999, "least %.6g", least);
    CHECK(fabs(beyond / N - exp(-3)) < 5 * sqrt(exp(-3) / N), "%.4g beyond 2", beyond / N);
}

int main(void)
{
    test_known_answers();
    test_uniform();
    test_avalanche();
    test_normal();
    test_delay();
    return LL_CHECK_RESULT;
}
