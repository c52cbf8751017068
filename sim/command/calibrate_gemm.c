/* lineloss calibrate gemm CLUSTER FILE: gemm_frac and tile_fill of its chip, fitted to measured
 * GEMMs. */
#include "sim/command/calibrate.h"

#include "sim/validate/gemm_fit.h"
#include "sim/validate/gemm_table.h"
#include "sim/work/study.h"

#include <string.h>

static ll_table *products_table(const ll_gemms *gemms, ll_arena *mem)
{
    static const ll_column columns[] = {
        {.name = "batch", .right = true},
        {.name = "m", .right = true},
        {.name = "n", .right = true},
        {.name = "k", .right = true},
        {.name = "precision"},
        {.name = "time us", .key = "time_us", .right = true},
        {.name = "fit us", .key = "fit_us", .right = true},
        {.name = "fit %", .key = "fit_error_percent", .right = true},
        {.name = "left out %", .key = "left_out_error_percent", .right = true}};
    ll_table *t = ll_table_create(mem, "", (int)(sizeof columns / sizeof *columns), columns);
    for (int i = 0; i < gemms->n; i++) {
        const ll_gemm *g = &gemms->gemm[i];
        ll_table_row(t);
        int c = 0;
        ll_table_set(t, c++, "%.0f", g->shape.batch);
        ll_table_set(t, c++, "%.0f", g->shape.m);
        ll_table_set(t, c++, "%.0f", g->shape.n);
        ll_table_set(t, c++, "%.0f", g->shape.k);
        ll_table_set(t, c++, "%s", ll_precision_names[g->precision]);
        ll_table_set(t, c++, "%.2f", 1e6 * g->time_s);
        ll_table_set(t, c++, "%.2f", 1e6 * g->predicted_s);
        ll_table_set(t, c++, "%+.1f", 100 * (g->predicted_s / g->time_s - 1));
        ll_table_set(t, c++, g->left_out_s > 0 ? "%+.1f" : "-",
                     100 * (g->left_out_s / g->time_s - 1));
    }
    return t;
}

/* "gemm_frac_bf16 = ...". One GEMM alone has no leave-one-out error; a fit that ends at its bound
 * is not determined by the table. */
static void rate_add(const ll_gemm_fit *fit, ll_precision p, const char *file, ll_text *out)
{
    ll_text_add(out, "gemm_frac_%s = \"%.3g | ", ll_precision_names[p], fit->frac[p]);
    if (fit->at_peak[p])
        ll_text_add(out, "assumed: at the bound of the fit; the GEMMs of %s do not determine it",
                    file);
    else if (fit->n[p] == 1)
        ll_text_add(out, "measured: fit to %s, one GEMM, error of others not known", file);
    else
        ll_text_add(out, "measured: fit to %s, %d GEMMs, leave-one-out error %.1f %%", file,
                    fit->n[p], 100 * fit->left_out_frac[p]);
    ll_text_add(out, "\";\n");
}

static void print(const ll_options *opt, const ll_chip *chip, const ll_gemms *gemms,
                  const ll_gemm_fit *fit, ll_arena *mem, ll_text *out)
{
    if (opt->format != LL_FORMAT_TEXT) {
        ll_table_print(products_table(gemms, mem), opt->format, 0, out);
        return;
    }
    const char *slash = strrchr(opt->arg[2], '/'), *file = slash ? slash + 1 : opt->arg[2];
    ll_text_add(out, "# cluster.chip %s, fitted to %d GEMM%s of %s; --format csv shows each\n",
                chip->name, gemms->n, gemms->n == 1 ? "" : "s", file);
    for (int p = 0; p < LL_N_PRECISION; p++)
        if (fit->n[p]) rate_add(fit, (ll_precision)p, file, out);
    if (fit->tile_fill_fitted && fit->tile_fill_s <= 0)
        ll_text_add(out,
                    "tile_fill = \"0 us | assumed: at the bound of the fit; the GEMMs of %s do "
                    "not determine it\";\n",
                    file);
    else if (fit->tile_fill_fitted)
        ll_text_add(out, "tile_fill = \"%.3g us | measured: fit to %s, %d GEMMs\";\n",
                    1e6 * fit->tile_fill_s, file, gemms->n);
    else
        ll_text_add(out,
                    "# tile_fill stays at %.3g us: a fit takes %d GEMMs on a chip whose "
                    "multiprocessors are known\n",
                    1e6 * fit->tile_fill_s, LL_GEMM_FIT_FILL_MIN);
}

/* A published table of several chips: prints gemm_frac of each precision only. */
static ll_status table_fit(const char *path, const char *text, const ll_options *opt,
                           const ll_chip *chip, ll_arena *mem, ll_text *out, ll_error *err)
{
    static const ll_column columns[] = {{.name = "precision"},
                                        {.name = "products", .right = true},
                                        {.name = "gemm_frac", .right = true},
                                        {.name = "error %", .key = "error_percent", .right = true}};
    ll_timed_table table;
    ll_gemm_table_frac frac[LL_N_TIMED_PRECISION];
    LL_TRY(ll_timed_parse(path, text, mem, &table, err));
    ll_gemm_table_fit(chip, &table, LL_GEMM_TABLE_LEAST_S, mem, frac);
    ll_table *t = ll_table_create(mem, "", (int)(sizeof columns / sizeof *columns), columns);
    for (int p = 0; p < LL_N_TIMED_PRECISION; p++) {
        if (frac[p].n == 0) continue;
        ll_table_row(t);
        ll_table_set(t, 0, "%s", ll_timed_precision_names[p]);
        ll_table_set(t, 1, "%d", frac[p].n);
        ll_table_set(t, 2, "%.3g", frac[p].frac);
        ll_table_set(t, 3, "%.1f", 100 * frac[p].median_abs_err);
    }
    if (t->n_row == 0)
        return ll_error_set(err, LL_ERR_CONFIG, "%s: no GEMM of %s takes 100 us or more", path,
                            chip->name);
    if (opt->format == LL_FORMAT_TEXT)
        ll_text_add(out, "gemm_frac of %s, fitted to GEMMs of 100 us and more; error: median\n\n",
                    chip->name);
    ll_table_print(t, opt->format, ll_table_terminal_width(), out);
    return LL_OK;
}

ll_status ll_calibrate_gemm(const ll_options *opt, ll_comm *comm, ll_arena *mem, ll_error *err)
{
    if (opt->n_arg != 3)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "calibrate gemm: expected a cluster and one table, such as `lineloss "
                            "calibrate gemm hgx_h100 products.csv`");
    ll_study *s = ll_arena_new(mem, ll_study);
    ll_gemms gemms;
    ll_gemm_fit fit;
    LL_TRY(ll_study_load(&(ll_study_source){opt->arg[1], opt->n_set, opt->set, LL_STUDY_CLUSTER},
                         comm, mem, s, err));
    const char *text;
    size_t n;
    LL_TRY(ll_source_file(opt->arg[2], "a table of GEMMs", comm, mem, &text, &n, err));
    ll_text out;
    ll_text_init(&out, mem);
    if (ll_timed_by_chip(text)) {
        LL_TRY(table_fit(opt->arg[2], text, opt, &s->cluster.chip, mem, &out, err));
        return ll_command_print(comm, &out, err);
    }
    LL_TRY(ll_gemm_parse(opt->arg[2], text, mem, &gemms, err));
    LL_TRY(ll_gemm_fit_chip(&s->cluster.chip, &gemms, mem, &fit, err));
    if (ll_comm_rank(comm) == 0) print(opt, &s->cluster.chip, &gemms, &fit, mem, &out);
    return ll_command_print(comm, &out, err);
}
