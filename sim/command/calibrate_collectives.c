/* lineloss calibrate collectives CLUSTER FILE...: the software of a dimension, fitted to measured
 * curves. */
#include "sim/command/calibrate.h"

#include "sim/base/csv.h"
#include "sim/print/output.h"
#include "sim/validate/curve_fit.h"
#include "sim/validate/curve_report.h"

#include <math.h>
#include <string.h>

/* Points of other clusters go; those without one belong to this. */
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

static void config_write(const ll_curve_fit *fit, const char *files, ll_text *out)
{
    for (int i = 0; i < fit->n_fitted; i++) {
        char value[64];
        ll_units_format(fit->fitted[i].kind, fit->fitted[i].value, value, sizeof value);
        for (const char *const *key = fit->fitted[i].key; *key; key++)
            ll_text_add(out,
                        "%s = \"%s | measured: fit to %s, %d points, leave-one-out error %.1f "
                        "%%\";\n",
                        *key, value, files, fit->n_fit, 100 * fit->left_out_frac);
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
                "Median error of a point that the fit does not see: %.1f %%.\n\n",
                s->cluster.name, s->cluster.topo->dim[fit->dimension].name, fit->n_fitted,
                fit->n_fit, files, 100 * fit->left_out_frac);
    ll_table_print(ll_curve_summary(points, 1, by, mem), LL_FORMAT_TEXT, 0, &part);
    ll_curve_verdict(points, 1, by, mem, &part);
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

/* Of tables that do not say it. */
static ll_status chips_read(const ll_options *opt, ll_curve_given *out, ll_error *err)
{
    const char *word = opt->value[LL_OPT_CHIPS];
    double n = 0;
    if (!word) return LL_OK;
    if (!ll_csv_number(word, 1, 1e6, &n) || n > floor(n))
        return ll_error_set(err, LL_ERR_CONFIG,
                            "--chips %s: expected a whole number from 2 to 1000000", word);
    out->n_chip = (int32_t)n;
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
    ll_points points;
    ll_curve_given given = {0};
    ll_curve_fit *fit = ll_arena_new(mem, ll_curve_fit);
    LL_TRY(chips_read(opt, &given, err));
    LL_TRY(ll_study_load(&(ll_study_source){opt->arg[1], opt->n_set, opt->set, LL_STUDY_CLUSTER},
                         comm, mem, s, err));
    LL_TRY(ll_curve_read(opt->n_arg - 2, opt->arg + 2, &given, comm, mem, &points, err));
    points_select(&points, opt->arg[1]);
    if (set.dir) LL_TRY(ll_output_check(&set, comm, err));
    LL_TRY(ll_curve_fit_software(s, &points, comm, mem, fit, err));
    ll_text text;
    ll_text_init(&text, mem);
    if (ll_comm_rank(comm) == 0) print(opt, s, &points, fit, mem, &text);
    if (set.dir) LL_TRY(files_write(&set, &text, &points, fit, comm, mem, err));
    return ll_command_print(comm, &text, err);
}
