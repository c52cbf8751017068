#include "sim/validate/gemm_fit.h"

#include "sim/base/csv.h"
#include "sim/base/stats.h"
#include "sim/validate/robust.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KNEE 0.03 /* deviations below 3 % count as squares */

typedef enum column {
    COLUMN_M,
    COLUMN_N,
    COLUMN_K,
    COLUMN_PRECISION,
    COLUMN_BATCH,
    COLUMN_TIME_US,
    COLUMN_TIME_MS,
    COLUMN_TFLOPS,
    COLUMN_GFLOPS
} column;

static const char *const column_names[] = {"m",       "n",       "k",      "precision", "batch",
                                           "time_us", "time_ms", "tflops", "gflops"};
enum { N_COLUMN = sizeof column_names / sizeof *column_names, FIRST_FIGURE = COLUMN_TIME_US };

/* The unit of each column, in seconds or FLOP/s. */
static const double unit[N_COLUMN] = {[COLUMN_TIME_US] = 1e-6,
                                      [COLUMN_TIME_MS] = 1e-3,
                                      [COLUMN_TFLOPS] = 1e12,
                                      [COLUMN_GFLOPS] = 1e9};

/* Names of precisions as libraries and frameworks spell them. */
static const struct {
    const char *word;
    ll_precision is;
} aliases[] = {{"bfloat16", LL_PRECISION_BF16}, {"half", LL_PRECISION_FP16},
               {"float16", LL_PRECISION_FP16},  {"fp8_e4m3", LL_PRECISION_FP8},
               {"e4m3", LL_PRECISION_FP8},      {"float8_e4m3fn", LL_PRECISION_FP8}};

static bool precision_find(const char *word, ll_precision *out)
{
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (!strcmp(word, aliases[i].word)) {
            *out = aliases[i].is;
            return true;
        }
    for (int p = 0; p < LL_N_PRECISION; p++)
        if (!strcmp(word, ll_precision_names[p])) {
            *out = (ll_precision)p;
            return true;
        }
    return false;
}

static void gemm_add(ll_gemms *all, const ll_gemm *g, ll_arena *mem)
{
    if (all->n == all->cap) {
        const int64_t cap = all->cap ? 2 * all->cap : 64;
        all->gemm = ll_arena_grown(mem, all->gemm, all->n, cap, sizeof *all->gemm);
        all->cap = cap;
    }
    all->gemm[all->n++] = *g;
}

static double flop_of(const ll_matmul *shape)
{
    return 2 * shape->batch * shape->m * shape->n * shape->k;
}

/* The table's only column with a time or a rate; 0: none, or several. */
static column figure_find(const int *at)
{
    int found = 0;
    for (int c = FIRST_FIGURE; c < N_COLUMN; c++)
        if (at[c] >= 0) found = found ? N_COLUMN : c;
    return (column)(found < N_COLUMN ? found : 0);
}

/* at: [N_COLUMN] as ll_csv_find has it. */
static ll_status row_read(const ll_csv *csv, const int *at, int i, ll_gemm *out, ll_error *err)
{
    ll_gemm g = {.shape = {.batch = 1, .out_B = 2}, .line = csv->line[i]};
    double *const size[N_COLUMN] = {[COLUMN_M] = &g.shape.m,
                                    [COLUMN_N] = &g.shape.n,
                                    [COLUMN_K] = &g.shape.k,
                                    [COLUMN_BATCH] = &g.shape.batch};
    double value = 0;
    for (int c = 0; c < N_COLUMN; c++)
        if (size[c] && at[c] >= 0 && !ll_csv_number(ll_csv_cell(csv, i, at[c]), 0, 1e9, size[c]))
            ll_csv_fault(csv, i, at[c], "a size from 1 to 1e9", err);
    if (!precision_find(ll_csv_cell(csv, i, at[COLUMN_PRECISION]), &g.precision))
        ll_csv_fault(csv, i, at[COLUMN_PRECISION], "fp4, fp8, bf16 or fp16", err);
    const column c = figure_find(at);
    if (!ll_csv_number(ll_csv_cell(csv, i, at[c]), 0, 1e12, &value))
        ll_csv_fault(csv, i, at[c], "a number above 0", err);
    const double flop = flop_of(&g.shape);
    g.time_s = c < COLUMN_TFLOPS ? value * unit[c] : flop / (value * unit[c]);
    *out = g;
    return err->status;
}

ll_status ll_gemm_parse(const char *file, const char *text, ll_arena *mem, ll_gemms *out,
                        ll_error *err)
{
    static const ll_csv_columns columns = {N_COLUMN, column_names,
                                           1u << COLUMN_M | 1u << COLUMN_N | 1u << COLUMN_K |
                                               1u << COLUMN_PRECISION};
    int at[N_COLUMN];
    ll_csv csv;
    ll_gemm g;
    *out = (ll_gemms){.file = file};
    LL_TRY(ll_csv_parse(file, text, strlen(text), mem, &csv, err));
    LL_TRY(ll_csv_find(&csv, &columns, mem, at, err));
    if (!figure_find(at))
        return ll_error_add(err, LL_ERR_CONFIG,
                            "%s:%d: expected one of the columns time_us, time_ms, tflops and "
                            "gflops, and not several",
                            file, csv.heading_line);
    for (int i = 0; i < csv.n_row; i++)
        if (row_read(&csv, at, i, &g, err) == LL_OK) gemm_add(out, &g, mem);
    if (csv.n_row == 0)
        return ll_error_add(err, LL_ERR_CONFIG,
                            "%s:%d: the file has no GEMM; expected rows below a heading", file,
                            csv.heading_line);
    return err->status;
}

/* Variables: the logarithm of each present precision's share of the peak and, if fill_fitted,
 * tile_fill in us. */
typedef struct fit {
    const ll_chip *chip;
    const ll_gemms *gemms;
    int n; /* variables */
    int variable_of[LL_N_PRECISION];
    bool fill_fitted;
} fit;

static ll_chip chip_at(const fit *f, const double *x)
{
    ll_chip chip = *f->chip;
    chip.gemm_sustained = 1; /* these products were measured alone */
    for (int p = 0; p < LL_N_PRECISION; p++)
        if (f->variable_of[p] >= 0) chip.gemm_frac[p] = exp(x[f->variable_of[p]]);
    if (f->fill_fitted) chip.tile_fill_s = 1e-6 * fmax(0, x[f->n - 1]);
    return chip;
}

static double predicted_s(const ll_chip *chip, const ll_gemm *g)
{
    return ll_kernel_matmul_s(chip, (int)g->precision, &g->shape);
}

/* r: [GEMMs + variables]; the latter penalise a share above 1 and a fill below 0. */
static void residuals(const double *x, double *r, const void *context)
{
    const fit *f = context;
    const ll_chip chip = chip_at(f, x);
    for (int i = 0; i < f->gemms->n; i++)
        r[i] = log(predicted_s(&chip, &f->gemms->gemm[i]) / f->gemms->gemm[i].time_s);
    for (int v = 0; v < f->n; v++)
        r[f->gemms->n + v] = fmax(0, f->fill_fitted && v == f->n - 1 ? -x[v] : x[v]);
}

static double rounded(double value)
{
    char text[32]; /* three digits, as they are printed */
    snprintf(text, sizeof text, "%.3g", value);
    return strtod(text, NULL);
}

/* The chip as fitted without GEMM `left_out` (-1: with all). */
static ll_chip fitted(const fit *f, int left_out, ll_arena *mem)
{
    ll_arena_mark mark = ll_arena_here(mem);
    const int n_residual = f->gemms->n + f->n;
    double x[LL_N_PRECISION + 1], *weight = ll_arena_array(mem, n_residual, double);
    for (int v = 0; v < f->n; v++)
        x[v] = f->fill_fitted && v == f->n - 1 ? 1 : log(0.7);
    for (int i = 0; i < n_residual; i++)
        weight[i] = i == left_out ? 0 : i < f->gemms->n ? 1 : 100;
    const ll_robust problem = {f->n, n_residual, weight, KNEE, residuals, f};
    ll_robust_minimise(&problem, x, 200, mem);
    ll_arena_release(mem, mark);
    ll_chip chip = chip_at(f, x);
    for (int p = 0; p < LL_N_PRECISION; p++)
        if (f->variable_of[p] >= 0) chip.gemm_frac[p] = rounded(fmin(1, chip.gemm_frac[p]));
    if (f->fill_fitted) chip.tile_fill_s = 1e-6 * rounded(1e6 * chip.tile_fill_s);
    return chip;
}

static ll_status variables_find(const ll_chip *chip, const int *n_product, fit *f, ll_error *err)
{
    for (int p = 0; p < LL_N_PRECISION; p++) {
        f->variable_of[p] = n_product[p] ? f->n++ : -1;
        if (n_product[p] && !(chip->peak_flop_per_s[p] > 0))
            return ll_error_set(err, LL_ERR_CONFIG, "%s has no peak for %s", chip->name,
                                ll_precision_names[p]);
    }
    f->fill_fitted = f->gemms->n >= LL_GEMM_FIT_FILL_MIN && chip->n_multiprocessor > 0;
    f->n += f->fill_fitted;
    return LL_OK;
}

static ll_status peak_check(const ll_chip *chip, const ll_gemms *gemms, ll_error *err)
{
    const ll_gemm *worst = NULL;
    double most = 1 + 1e-6; /* of rounding */
    int n = 0;
    for (int i = 0; i < gemms->n; i++) {
        const ll_gemm *g = &gemms->gemm[i];
        const double share = flop_of(&g->shape) / g->time_s / chip->peak_flop_per_s[g->precision];
        n += share > 1 + 1e-6;
        if (share <= most) continue;
        most = share;
        worst = g;
    }
    if (!worst) return LL_OK;
    return ll_error_set(err, LL_ERR_CONFIG,
                        "%s:%d: %.4g TFLOP/s in %s, %.3g times the peak of %s (%d of %d GEMMs "
                        "are above it); is the column in %s?",
                        gemms->file, worst->line,
                        1e-12 * most * chip->peak_flop_per_s[worst->precision],
                        ll_precision_names[worst->precision], most, chip->name, n, gemms->n,
                        most > 10 ? "GFLOP/s: then call it gflops" : "dense FLOP, not sparse");
}

/* Error if GEMMs are far from the prediction even at the peak: they are not of this chip. */
static ll_status rate_check(const ll_gemms *gemms, ll_precision p, int n, double *error,
                            ll_error *err)
{
    const double most_frac = 0.1, off = ll_stats_median_abs(n, error);
    if (off < most_frac) return LL_OK;
    return ll_error_set(err, LL_ERR_CONFIG,
                        "%s: GEMMs in %s cannot be fitted: gemm_frac ends at 1, its bound, and "
                        "they are still %.0f %% from the prediction; is this the chip?",
                        gemms->file, ll_precision_names[p], 100 * off);
}

/* Of one precision: the fitted share, and its errors. */
static ll_status errors_find(const ll_gemms *gemms, ll_precision p, const ll_chip *all,
                             ll_arena *mem, ll_gemm_fit *out, ll_error *err)
{
    double *error = ll_arena_array(mem, gemms->n, double);
    double *left_out = ll_arena_array(mem, gemms->n, double);
    int n = 0;
    for (int i = 0; i < gemms->n; i++) {
        const ll_gemm *g = &gemms->gemm[i];
        if (g->precision != p) continue;
        error[n] = g->predicted_s / g->time_s - 1;
        left_out[n++] = g->left_out_s / g->time_s - 1;
    }
    out->frac[p] = all->gemm_frac[p];
    out->at_peak[p] = all->gemm_frac[p] >= 1;
    if (out->at_peak[p]) LL_TRY(rate_check(gemms, p, n, error, err));
    if (n > 1) out->left_out_frac[p] = ll_stats_median_abs(n, left_out);
    return LL_OK;
}

ll_status ll_gemm_fit_chip(const ll_chip *chip, ll_gemms *gemms, ll_arena *mem, ll_gemm_fit *out,
                           ll_error *err)
{
    *out = (ll_gemm_fit){0};
    for (int i = 0; i < gemms->n; i++)
        out->n[gemms->gemm[i].precision]++;
    fit f = {.chip = chip, .gemms = gemms};
    LL_TRY(variables_find(chip, out->n, &f, err));
    LL_TRY(peak_check(chip, gemms, err));
    const ll_chip all = fitted(&f, -1, mem);
    out->tile_fill_s = all.tile_fill_s;
    out->tile_fill_fitted = f.fill_fitted;
    for (int i = 0; i < gemms->n; i++) {
        ll_gemm *g = &gemms->gemm[i];
        g->predicted_s = predicted_s(&all, g);
        g->left_out_s = 0;
        if (out->n[g->precision] == 1) continue;
        const ll_chip others = fitted(&f, i, mem);
        g->left_out_s = predicted_s(&others, g);
    }
    for (int p = 0; p < LL_N_PRECISION; p++)
        if (out->n[p]) LL_TRY(errors_find(gemms, (ll_precision)p, &all, mem, out, err));
    return LL_OK;
}
