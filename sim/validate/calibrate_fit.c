/* The fit of kappa: see calibrate.h. */
#include "sim/base/stats.h"
#include "sim/validate/calibrate.h"

#include <math.h>

double ll_calibrate_grid(int k) { return LL_KAPPA_MIN * pow(10, k / (double)LL_KAPPA_PER_DECADE); }

/* Time of a watched flow by the cubic through the four values of the grid around kappa. */
static double interpolated(const ll_calibrate_case *c, int i, double kappa)
{
    const double at = LL_KAPPA_PER_DECADE * log10(kappa / LL_KAPPA_MIN);
    int first = (int)floor(at) - 1;
    if (first < 0) first = 0;
    if (first > LL_N_KAPPA - 4) first = LL_N_KAPPA - 4;
    double sum = 0;
    for (int k = first; k < first + 4; k++) {
        double weight = 1;
        for (int other = first; other < first + 4; other++)
            if (other != k) weight *= (at - other) / (k - other);
        sum += weight * c->grid_s[k][i];
    }
    return sum;
}

static double deviation(const ll_calibrate_case *c, int i, double kappa)
{
    return c->packet_s[i] / (kappa > 0 ? interpolated(c, i, kappa) : c->flow_s[i]) - 1;
}

/* Deviations of many flows, of which statistics are computed. */
typedef struct sample {
    int n, n_case;
    double mean_sum, worst; /* worst: with its sign */
    double size[LL_N_CALIBRATE * LL_MAX_TRAFFIC];
} sample;

static void sample_add(sample *s, const ll_calibrate_case *one, double kappa)
{
    double sum = 0;
    if (one->n_watch == 0) return;
    for (int i = 0; i < one->n_watch; i++) {
        const double d = deviation(one, i, kappa);
        if (fabs(d) >= fabs(s->worst)) s->worst = d;
        s->size[s->n++] = fabs(d);
        sum += fabs(d);
    }
    s->mean_sum += sum / one->n_watch;
    s->n_case++;
}

static ll_deviation sample_sum(sample *s)
{
    if (s->n == 0) return (ll_deviation){0};
    const double median_frac = ll_stats_median_abs(s->n, s->size);
    return (ll_deviation){.n_flow = s->n,
                          .mean_frac = s->mean_sum / s->n_case,
                          .median_frac = median_frac,
                          .p95_frac = ll_stats_quantile(s->n, s->size, 0.95),
                          .worst_frac = s->worst};
}

ll_deviation ll_calibrate_deviation_case(const ll_calibrate_case *one, double kappa)
{
    sample s = {0};
    sample_add(&s, one, kappa);
    return sample_sum(&s);
}

ll_deviation ll_calibrate_deviation(const ll_calibration *c, int pattern, int fabric, double kappa)
{
    sample s = {0};
    for (int k = 0; k < LL_N_CALIBRATE; k++) {
        const ll_calibrate_case *one = &c->one[k];
        if (pattern >= 0 && (int)one->pattern != pattern) continue;
        if (fabric >= 0 && one->fabric != fabric) continue;
        sample_add(&s, one, kappa);
    }
    return sample_sum(&s);
}

/* Mean deviation of all patterns but one (-1: of all). */
static double objective(const ll_calibration *c, int but, double kappa)
{
    double sum = 0;
    int n_case = 0;
    for (int k = 0; k < LL_N_CALIBRATE; k++) {
        const ll_calibrate_case *one = &c->one[k];
        if ((int)one->pattern == but || one->n_watch == 0) continue;
        double mean = 0;
        for (int i = 0; i < one->n_watch; i++)
            mean += fabs(deviation(one, i, kappa)) / one->n_watch;
        sum += mean;
        n_case++;
    }
    return n_case ? sum / n_case : 0;
}

/* Golden section over log kappa between the neighbours of the best value of the grid. */
static double fit(const ll_calibration *c, int but)
{
    static const double golden = 0.6180339887498949, enough = 1e-4;
    int best = 0;
    for (int k = 1; k < LL_N_KAPPA; k++)
        if (objective(c, but, ll_calibrate_grid(k)) < objective(c, but, ll_calibrate_grid(best)))
            best = k;
    double low = log(ll_calibrate_grid(best > 0 ? best - 1 : 0));
    double high = log(ll_calibrate_grid(best < LL_N_KAPPA - 1 ? best + 1 : best));
    double a = high - golden * (high - low), b = low + golden * (high - low);
    double at_a = objective(c, but, exp(a)), at_b = objective(c, but, exp(b));
    while (high - low > enough) {
        if (at_a <= at_b) {
            high = b;
            b = a;
            at_b = at_a;
            a = high - golden * (high - low);
            at_a = objective(c, but, exp(a));
        } else {
            low = a;
            a = b;
            at_a = at_b;
            b = low + golden * (high - low);
            at_b = objective(c, but, exp(b));
        }
    }
    return exp((low + high) / 2);
}

/* The kappa farthest from the fitted one in steps of 1 % with at most 1.1 times its mean deviation.
 */
static double limit(const ll_calibration *c, double step)
{
    const double most = 1.1 * objective(c, -1, c->kappa);
    const double last = ll_calibrate_grid(LL_N_KAPPA - 1);
    double kappa = c->kappa;
    while (kappa * step >= LL_KAPPA_MIN && kappa * step <= last &&
           objective(c, -1, kappa * step) <= most)
        kappa *= step;
    return kappa;
}

void ll_calibrate_fit(ll_calibration *c)
{
    c->kappa = fit(c, -1);
    c->low = limit(c, 1 / 1.01);
    c->high = limit(c, 1.01);
    for (int p = 0; p < LL_N_CALIBRATED; p++)
        c->without[p] = fit(c, p);
}
