#include "sim/validate/gemm_fit.h"

#include "sim/kernel.h"
#include "sim/robust.h"
#include "sim/validate/columns.h"
#include "sim/validate/curve.h"

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
    COLUMN_TIME,
    COLUMN_RATE
} column;

static const char *const column_names[] = {"m", "n", "k", "precision", "time_us", "tflops"};
enum { N_COLUMN = sizeof column_names / sizeof *column_names };

static bool precision_find(const char *word, ll_precision *out)
{
    for (int p = 0; p < LL_N_PRECISION; p++)
        if (!strcmp(word, ll_precision_names[p])) {
            *out = (ll_precision)p;
            return true;
        }
    return false;
}

static ll_status row_read(const ll_columns *columns, const char *line, ll_gemms *all)
{
    const char *cell[N_COLUMN];
    ll_gemm g = {0};
    double *const size[] = {&g.m, &g.n, &g.k};
    double value;
    LL_TRY(ll_columns_row(columns, line, cell));
    for (int c = COLUMN_M; c <= COLUMN_K; c++)
        if (!ll_columns_number(cell[c], 1e9, size[c]))
            ll_columns_fault_in(columns, column_names[c], cell[c], "a size from 1 to 1e9");
    if (!precision_find(cell[COLUMN_PRECISION], &g.precision))
        ll_columns_fault_in(columns, "precision", cell[COLUMN_PRECISION], "fp4, fp8, bf16 or fp16");
    const column c = columns->field_of[COLUMN_TIME] ? COLUMN_TIME : COLUMN_RATE;
    if (!ll_columns_number(cell[c], 1e12, &value))
        return ll_columns_fault_in(columns, column_names[c], cell[c], "a number above 0");
    if (columns->err->status != LL_OK) return columns->err->status;
    g.time_s = c == COLUMN_TIME ? value * 1e-6 : 2 * g.m * g.n * g.k / (value * 1e12);
    if (all->n == all->cap) {
        const int64_t cap = all->cap ? 2 * all->cap : 64;
        all->gemm = ll_arena_grown(columns->mem, all->gemm, all->n, cap, sizeof *all->gemm);
        all->cap = cap;
    }
    all->gemm[all->n++] = g;
    return LL_OK;
}

ll_status ll_gemm_parse(const char *file, const char *text, ll_arena *mem, ll_gemms *out,
                        ll_error *err)
{
    ll_columns columns = {.file = file,
                          .mem = mem,
                          .err = err,
                          .n_name = N_COLUMN,
                          .name = column_names,
                          .required = 1u << COLUMN_M | 1u << COLUMN_N | 1u << COLUMN_K |
                                      1u << COLUMN_PRECISION,
                          .legal = "m, n, k, precision and time_us or tflops"};
    *out = (ll_gemms){0};
    while (*text) {
        const size_t n = strcspn(text, "\n");
        const char *line = ll_arena_strndup(mem, text, n);
        const char *content = line + strspn(line, " \t\r");
        columns.line++;
        text += n + (text[n] == '\n');
        if (!*content || *content == '#') continue;
        if (columns.n_field) {
            row_read(&columns, line, out);
            continue;
        }
        LL_TRY(ll_columns_heading(&columns, line));
        if (!columns.field_of[COLUMN_TIME] == !columns.field_of[COLUMN_RATE])
            return ll_columns_fault(&columns, "time_us and tflops: both or none", "one of the two");
    }
    if (err->status == LL_OK && out->n == 0)
        ll_columns_fault(&columns, "the file ends without a product", "rows below a heading");
    return err->status;
}

/* Products of one precision. */
typedef struct fit {
    const ll_chip *chip;
    ll_precision precision;
    int n;
    const ll_gemm *gemm; /* [n] */
} fit;

static double predicted_s(const fit *f, const ll_gemm *g, double frac)
{
    ll_chip chip = *f->chip;
    chip.gemm_frac[f->precision] = frac;
    chip.gemm_sustained = 1; /* these products were measured alone */
    return ll_kernel_gemm_s(&chip, (int)f->precision, g->m, g->n, g->k);
}

/* The last residual is what a share above 1 costs. */
static void residuals(const double *x, double *r, const void *context)
{
    const fit *f = context;
    for (int i = 0; i < f->n; i++)
        r[i] = log(predicted_s(f, &f->gemm[i], exp(x[0])) / f->gemm[i].time_s);
    r[f->n] = fmax(0, x[0]);
}

/* The share, without product `left_out` (-1: with all). */
static double frac_find(const fit *f, int left_out, ll_arena *mem)
{
    ll_arena_mark mark = ll_arena_here(mem);
    double x = log(0.7), *weight = ll_arena_array(mem, f->n + 1, double);
    for (int i = 0; i <= f->n; i++)
        weight[i] = i == left_out ? 0 : i == f->n ? 100 : 1;
    const ll_robust problem = {1, f->n + 1, weight, KNEE, residuals, f};
    ll_robust_minimise(&problem, &x, 200, mem);
    ll_arena_release(mem, mark);
    char text[32]; /* three digits, as they are printed */
    snprintf(text, sizeof text, "%.3g", fmin(1, exp(x)));
    return strtod(text, NULL);
}

ll_status ll_gemm_fit_frac(const ll_chip *chip, ll_gemms *gemms, ll_arena *mem, ll_gemm_fit *out,
                           ll_error *err)
{
    *out = (ll_gemm_fit){0};
    ll_gemm *gemm = ll_arena_array(mem, gemms->n, ll_gemm);
    double *error = ll_arena_array(mem, gemms->n, double);
    for (int p = 0; p < LL_N_PRECISION; p++) {
        fit f = {.chip = chip, .precision = (ll_precision)p, .gemm = gemm};
        for (int i = 0; i < gemms->n; i++)
            if (gemms->gemm[i].precision == f.precision) gemm[f.n++] = gemms->gemm[i];
        if (f.n == 0) continue;
        if (!(chip->peak_flop_per_s[p] > 0))
            return ll_error_set(err, LL_ERR_CONFIG, "%s has no peak for %s", chip->name,
                                ll_precision_names[p]);
        out->n[p] = f.n;
        out->frac[p] = frac_find(&f, -1, mem);
        for (int i = 0, k = 0; i < gemms->n; i++) {
            ll_gemm *g = &gemms->gemm[i];
            if (g->precision != f.precision) continue;
            g->predicted_s = predicted_s(&f, g, out->frac[p]);
            g->left_out_s = f.n > 1 ? predicted_s(&f, g, frac_find(&f, k, mem)) : g->predicted_s;
            error[k++] = f.n > 1 ? g->left_out_s / g->time_s - 1 : 0;
        }
        out->left_out_frac[p] = ll_curve_median(f.n, error);
    }
    return LL_OK;
}
