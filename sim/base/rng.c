#include "sim/base/rng.h"

#include <math.h>
#include <stddef.h>

/* Philox4x32-10 of Salmon et al. (SC 2011), figure 2 and table 2: ten rounds of two 32x32 -> 64 bit
 * products over a counter of four words, with a key of two words that grows by Weyl constants.
 * Counter: draw in words 0 and 1, entity in words 2 and 3. Key: seed. */
enum { N_ROUND = 10 };
static const uint32_t MUL_0 = 0xD2511F53u, MUL_1 = 0xCD9E8D57u;
static const uint32_t WEYL_0 = 0x9E3779B9u, WEYL_1 = 0xBB67AE85u;

static uint32_t low(uint64_t x) { return (uint32_t)(x & 0xFFFFFFFFu); }
static uint32_t high(uint64_t x) { return (uint32_t)(x >> 32); }

uint64_t ll_rng_bits(uint64_t seed, uint64_t entity_id, uint64_t draw)
{
    uint32_t c0 = low(draw), c1 = high(draw), c2 = low(entity_id), c3 = high(entity_id);
    uint32_t k0 = low(seed), k1 = high(seed);
    for (int i = 0; i < N_ROUND; i++) {
        uint64_t p0 = (uint64_t)MUL_0 * c0, p1 = (uint64_t)MUL_1 * c2;
        c0 = high(p1) ^ c1 ^ k0;
        c1 = low(p1);
        c2 = high(p0) ^ c3 ^ k1;
        c3 = low(p0);
        k0 += WEYL_0;
        k1 += WEYL_1;
    }
    return (uint64_t)c1 << 32 | c0;
}

double ll_rng_u01(uint64_t seed, uint64_t entity_id, uint64_t draw)
{
    // The middle of one of 2^52 equal cells: exact in a double, and never 0 or 1.
    return ((double)(ll_rng_bits(seed, entity_id, draw) >> 12) + 0.5) * 0x1p-52;
}

enum { N_COEF = 8 };

static double poly(const double c[N_COEF], double x)
{
    double sum = c[N_COEF - 1];
    for (size_t i = N_COEF - 1; i-- > 0;)
        sum = sum * x + c[i];
    return sum;
}

/* Inverse of the normal distribution function: routine PPND16 of M. J. Wichura, algorithm AS 241,
 * Applied Statistics 37 (1988) 477-484; relative error about 1e-16. Three rational functions: the
 * centre |p - 1/2| <= 0.425 in 0.425^2 - (p - 1/2)^2, and the tails in r = sqrt(-ln min(p, 1-p)),
 * up to r = 5 and beyond. */
static double normal_quantile(double p)
{
    static const double centre_num[N_COEF] = {3.3871328727963666080e0, 1.3314166789178437745e2,
                                              1.9715909503065514427e3, 1.3731693765509461125e4,
                                              4.5921953931549871457e4, 6.7265770927008700853e4,
                                              3.3430575583588128105e4, 2.5090809287301226727e3};
    static const double centre_den[N_COEF] = {1.0,
                                              4.2313330701600911252e1,
                                              6.8718700749205790830e2,
                                              5.3941960214247511077e3,
                                              2.1213794301586595867e4,
                                              3.9307895800092710610e4,
                                              2.8729085735721942674e4,
                                              5.2264952788528545610e3};
    static const double near_num[N_COEF] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                            5.76949722146069140550e0,  3.64784832476320460504e0,
                                            1.27045825245236838258e0,  2.41780725177450611770e-1,
                                            2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static const double near_den[N_COEF] = {1.0,
                                            2.05319162663775882187e0,
                                            1.67638483018380384940e0,
                                            6.89767334985100004550e-1,
                                            1.48103976427480074590e-1,
                                            1.51986665636164571966e-2,
                                            5.47593808499534494600e-4,
                                            1.05075007164441684324e-9};
    static const double far_num[N_COEF] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                                           1.78482653991729133580e0,  2.96560571828504891230e-1,
                                           2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                           2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static const double far_den[N_COEF] = {1.0,
                                           5.99832206555887937690e-1,
                                           1.36929880922735805310e-1,
                                           1.48753612908506148525e-2,
                                           7.86869131145613259100e-4,
                                           1.84631831751005468180e-5,
                                           1.42151175831644588870e-7,
                                           2.04426310338993978564e-15};
    double q = p - 0.5;
    if (fabs(q) <= 0.425) {
        double r = 0.180625 - q * q;
        return q * poly(centre_num, r) / poly(centre_den, r);
    }
    double r = sqrt(-log(q < 0 ? p : 1 - p));
    double x = r <= 5 ? poly(near_num, r - 1.6) / poly(near_den, r - 1.6)
                      : poly(far_num, r - 5) / poly(far_den, r - 5);
    return q < 0 ? -x : x;
}

double ll_rng_normal(uint64_t seed, uint64_t entity_id, uint64_t draw)
{
    return normal_quantile(ll_rng_u01(seed, entity_id, draw));
}

double ll_rng_delay_of(double u) { return -log(u) - 1; }

double ll_rng_delay(uint64_t seed, uint64_t entity_id, uint64_t draw)
{
    return ll_rng_delay_of(ll_rng_u01(seed, entity_id, draw));
}
