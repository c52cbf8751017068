/* lineloss calibrate collectives CLUSTER FILE...: the software of a dimension, fitted to measured
 * curves. */
#include "sim/command/calibrate.h"

#include "sim/base/csv.h"
#include "sim/print/output.h"
#include "sim/validate/curve_fit.h"
#include "sim/validate/curve_report.h"

#include <math.h>
#include <string.h>

/* Drops the points of other clusters. Points that name no cluster belong to this one. */
static void points_select(ll_points *points, const char *cluster)
{
    int n = 0;
    for (int i = 0; i < points->n; i++) {
        ll_point *p = &points->point[i];
        if (*p->cluster && strcmp(p->cluster, cluster) != 0) continue;
        p->cluster = cluster;
        points->point[n++] = *p;
    }
    points->n = n;
}

/* "all_reduce.txt and 3 more" */
static const char *files_text(int n, const char *const *file, ll_arena *mem)
{
    const char *slash = strrchr(file[0], '/'), *first = slash ? slash + 1 : file[0];
    return n == 1 ? first : ll_arena_printf(mem, "%s and %d more", first, n - 1);
}

/* Values that the points determine are written as measured, the others as assumed, with the reason.
 * */
static void config_write(const ll_curve_fit *fit, const char *files, ll_text *out)
{
    for (int i = 0; i < fit->n_fitted; i++) {
        const ll_fitted *f = &fit->fitted[i];
        char value[64];
        ll_units_format(f->kind, f->value, value, sizeof value);
        for (int k = 0; f->key[k]; k++) {
            ll_text_add(out, "%s = \"%s | ", f->key[k], value);
            if (f->at_bound)
                ll_text_add(
                    out, "assumed: at the bound of the fit; the points of %s do not determine it",
                    files);
            else if (!f->measured[k])
                ll_text_add(out, "assumed: the same as of the measured collectives, fit to %s",
                            files);
            else
                ll_text_add(out, "measured: fit to %s, %d points, leave-one-out error %.1f %%",
                            files, fit->n_fit, 100 * fit->left_out_frac);
            ll_text_add(out, "\";\n");
        }
    }
}

static void comment_add(const char *text, ll_text *out)
{
    while (*text) {
        const size_t n = strcspn(text, "\n");
        ll_text_add(out, n ? "# %.*s\n" : "#\n", (int)n, text);
        text += n + (text[n] == '\n');
    }
}

static void print(const ll_options *opt, const ll_study *s, const ll_points *points,
                  const ll_curve_fit *fit, ll_arena *mem, ll_text *out)
{
    const ll_prediction by[2] = {{"fit", fit->predicted_s}, {"left out", fit->left_out_s}};
    if (opt->format != LL_FORMAT_TEXT) {
        ll_table_print(ll_curve_points(points, 2, by, mem), opt->format, 0, out);
        return;
    }
    const char *files = files_text(opt->n_arg - 2, opt->arg + 2, mem);
    ll_text part;
    ll_text_init(&part, mem);
    ll_text_add(&part,
                "cluster.software of %s, dimension %s: %d values fitted to %d points of %s.\n"
                "Median error of a point that is left out of the fit: %.1f %%.\n\n",
                s->cluster.name, s->cluster.topo->dim[fit->dimension].name, fit->n_fitted,
                fit->n_fit, files, 100 * fit->left_out_frac);
    ll_table_print(ll_curve_summary(points, 1, by, mem), LL_FORMAT_TEXT, 0, &part);
    ll_curve_verdict(points, 1, by, mem, &part);
    if (points->n_untimed)
        ll_text_add(&part, "%d rows were left out, as their time and rates are printed as 0.00.\n",
                    points->n_untimed);
    comment_add(part.s, out);
    config_write(fit, files, out);
}

static ll_status files_write(ll_output *set, const ll_text *config, const ll_points *points,
                             const ll_curve_fit *fit, ll_comm *comm, ll_arena *mem, ll_error *err)
{
    const ll_prediction by[2] = {{"fit", fit->predicted_s}, {"left out", fit->left_out_s}};
    ll_text table;
    ll_text_init(&table, mem);
    ll_table_print(ll_curve_points(points, 2, by, mem), LL_FORMAT_CSV, 0, &table);
    LL_TRY(ll_output_begin(set, comm, mem, err));
    LL_TRY(ll_output_write(set->stage, set->main, config, comm, err));
    LL_TRY(ll_output_write(set->stage, "points.csv", &table, comm, err));
    return ll_output_commit(set, comm, err);
}

/* Points of this cluster. --chips: number of chips, for tables that do not say it. */
static ll_status points_read(const ll_options *opt, const ll_chip *chip, ll_comm *comm,
                             ll_arena *mem, ll_points *out, ll_error *err)
{
    const char *word = opt->value[LL_OPT_CHIPS];
    double n = 0;
    if (word && (!ll_csv_number(word, 1, 1e6, &n) || n > floor(n)))
        return ll_error_set(err, LL_ERR_CONFIG,
                            "--chips %s: expected a whole number from 2 to 1000000", word);
    const ll_curve_given given = {(int32_t)n};
    LL_TRY(ll_curve_read(opt->n_arg - 2, opt->arg + 2, &given, comm, mem, out, err));
    points_select(out, opt->arg[1]);
    LL_TRY(ll_curve_of_chip(chip, out, err));
    for (int i = 0; i < out->n; i++) {
        if (out->point[i].kernel != NULL)
            return ll_error_set(err, LL_ERR_CONFIG,
                                "%s:%d: all-reduces by kernels of a framework; figures of a "
                                "library are not fitted to them, `lineloss curves` predicts them",
                                out->point[i].file, out->point[i].line);
        if (out->point[i].collective >= LL_N_OF_BYTES)
            return ll_error_set(err, LL_ERR_CONFIG,
                                "%s:%d: a table of dispatch and combine; figures of `software` are "
                                "not fitted to it, `lineloss curves` predicts it",
                                out->point[i].file, out->point[i].line);
    }
    return LL_OK;
}

ll_status ll_calibrate_collectives(const ll_options *opt, ll_comm *comm, ll_arena *mem,
                                   ll_error *err)
{
    ll_output set = {.dir = opt->value[LL_OPT_OUT], .main = "software.cfg"};
    if (opt->n_arg < 3)
        return ll_error_set(err, LL_ERR_CONFIG,
                            "calibrate collectives: which cluster, and which measurements? Such as "
                            "`lineloss calibrate collectives hgx_h100 all_reduce.txt "
                            "all_gather.txt`");
    ll_study *s = ll_arena_new(mem, ll_study);
    ll_points points = {0};
    ll_curve_fit *fit = ll_arena_new(mem, ll_curve_fit);
    LL_TRY(ll_study_load(&(ll_study_source){opt->arg[1], opt->n_set, opt->set, LL_STUDY_CLUSTER},
                         comm, mem, s, err));
    LL_TRY(points_read(opt, &s->cluster.chip, comm, mem, &points, err));
    if (set.dir) LL_TRY(ll_output_check(&set, comm, err));
    LL_TRY(ll_curve_fit_software(s, &points, comm, mem, fit, err));
    ll_text text;
    ll_text_init(&text, mem);
    if (ll_comm_rank(comm) == 0) print(opt, s, &points, fit, mem, &text);
    if (set.dir) LL_TRY(files_write(&set, &text, &points, fit, comm, mem, err));
    return ll_command_print(comm, &text, err);
}
