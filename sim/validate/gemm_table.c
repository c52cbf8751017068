#include "sim/validate/gemm_table.h"

#include "sim/base/stats.h"
#include "sim/machine/kernel.h"
#include "sim/validate/robust.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define KNEE 0.03 /* deviations below 3 % count as squares */

/* A GEMM of the table: its time without the floor and the quantisation. */
typedef struct product {
    ll_matmul shape;
    double net_s;
} product;

typedef struct fit {
    const ll_chip *chip;
    int precision, n;
    const product *product; /* [n] */
} fit;

static double predicted_s(const fit *f, double frac, int i)
{
    ll_chip chip = *f->chip;
    chip.gemm_sustained = 1; /* measured alone, and short */
    chip.gemm_frac[f->precision] = frac;
    return ll_kernel_matmul_s(&chip, f->precision, &f->product[i].shape);
}

static void residuals(const double *x, double *r, const void *context)
{
    const fit *f = context;
    for (int i = 0; i < f->n; i++)
        r[i] = log(predicted_s(f, exp(x[0]), i) / f->product[i].net_s);
}

static double rounded(double value)
{
    char text[32]; /* three digits, as they are printed */
    snprintf(text, sizeof text, "%.3g", value);
    return strtod(text, NULL);
}

/* GEMMs of the chip and the precision that take least_s or more; returns how many. */
static int products_find(const ll_chip *chip, const ll_timed_table *table, ll_timed_precision p,
                         double least_s, product *out)
{
    int n = 0;
    for (int i = 0; i < table->n; i++) {
        const ll_timed *t = &table->row[i];
        if (t->kind != LL_TIMED_GEMM || t->precision != p || t->time_s < least_s ||
            !ll_timed_is_chip(chip, t->chip))
            continue;
        const ll_matmul shape = {.batch = 1, .m = t->at[0], .n = t->at[1], .k = t->at[2], 2};
        const double net_s = t->time_s - ll_timed_extra_s(chip, t);
        if (net_s > 0) out[n++] = (product){shape, net_s};
    }
    return n;
}

void ll_gemm_table_fit(const ll_chip *chip, const ll_timed_table *table, double least_s,
                       ll_arena *mem, ll_gemm_table_frac *out)
{
    product *all = ll_arena_array(mem, table->n, product);
    double *error = ll_arena_array(mem, table->n, double);
    double *weight = ll_arena_array(mem, table->n, double);
    for (int i = 0; i < table->n; i++)
        weight[i] = 1;
    for (int p = 0; p < LL_N_TIMED_PRECISION; p++) {
        const int precision = ll_timed_width((ll_timed_precision)p);
        fit f = {.chip = chip, .precision = precision, .product = all};
        out[p] = (ll_gemm_table_frac){0};
        if (!(chip->peak_flop_per_s[precision] > 0)) continue;
        f.n = out[p].n = products_find(chip, table, (ll_timed_precision)p, least_s, all);
        if (f.n == 0) continue;
        double x = log(0.7);
        const ll_robust problem = {1, f.n, weight, KNEE, residuals, &f};
        ll_robust_minimise(&problem, &x, 200, mem);
        out[p].frac = rounded(fmin(1, exp(x)));
        for (int i = 0; i < f.n; i++)
            error[i] = predicted_s(&f, out[p].frac, i) / all[i].net_s - 1;
        out[p].median_abs_err = ll_stats_median_abs(f.n, error);
    }
}
