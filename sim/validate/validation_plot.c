/* The picture of a validation, drawn by gnuplot. */
#include "sim/print/output.h"
#include "sim/report/plot.h"
#include "sim/validate/validation_report.h"

#include <math.h>
#include <string.h>

/* Steps of one chip are one block of the data, so that gnuplot gives it a colour and a name. */
static void data_write(const ll_validation *v, ll_text *out)
{
    ll_text_add(out, "# measured_s predicted_s error_percent chips id what\n");
    for (int k = 0; k < v->n_stats; k++) {
        if (strcmp(v->stats[k].scope, "chip") != 0) continue;
        ll_text_add(out, "\"%s\"\n", v->stats[k].name);
        for (int i = 0; i < v->n_row; i++) {
            const ll_validation_outcome *o = &v->outcome[i];
            if (o->state != LL_VALIDATION_OK || o->work_flop <= 0 ||
                strcmp(o->chip, v->stats[k].name) != 0)
                continue;
            ll_text_add(out, "%.6g %.6g %.3f %lld %s \"%s\"\n", o->measured, o->predicted,
                        ll_validation_error(o), (long long)o->n_chip, v->row[i].id, v->row[i].what);
        }
        ll_text_add(out, "\n\n");
    }
}

static void script_write(const ll_validation *v, ll_text *out)
{
    int n = 0;
    double lo_s = INFINITY, hi_s = 0;
    for (int k = 0; k < v->n_stats; k++)
        n += !strcmp(v->stats[k].scope, "chip");
    for (int i = 0; i < v->n_row; i++) {
        const ll_validation_outcome *o = &v->outcome[i];
        if (o->state != LL_VALIDATION_OK || o->work_flop <= 0) continue;
        lo_s = fmin(lo_s, fmin(o->measured, o->predicted));
        hi_s = fmax(hi_s, fmax(o->measured, o->predicted));
    }
    ll_text_add(
        out,
        "# Predicted against measured step times. Run `gnuplot validation.gp` in this directory.\n"
        "set logscale xy\nset xlabel 'measured step, s'\nset ylabel 'predicted step, s'\n"
        "set key top left Left reverse noenhanced\nset grid linecolor rgb '#dddddd'\n"
        "set size square\nlo = %g\nhi = %g\nset xrange [lo:hi]\nset yrange [lo:hi]\nset samples 2\n"
        "do for [type in \"svg pdf png\"] {\n"
        "  if (type eq 'svg') { set terminal svg size 720,720 font 'Helvetica,13' background rgb "
        "'white' }\n"
        "  if (type eq 'pdf') { set terminal pdfcairo size 6in,6in font 'Helvetica,11' }\n"
        "  if (type eq 'png') { set terminal pngcairo size 1000,1000 font 'Helvetica,16' }\n"
        "  set output 'validation.'.type\n"
        "  plot '+' using 1:($1/1.1):($1*1.1) with filledcurves linecolor rgb '#e8eef4' title "
        "'within 10 %%', \\\n"
        "       x with lines linecolor rgb '#888888' notitle, \\\n"
        "       for [i=0:%d] 'validation.dat' index i using 1:2 with points pointtype "
        "(i < 8 ? 7 : 9) pointsize 0.7 linecolor i+1 title columnheader(1)\n"
        "  set output\n}\n",
        0.7 * lo_s, 1.4 * hi_s, n - 1);
}

ll_status ll_validation_plot(const char *dir, const ll_validation *v, ll_comm *comm, ll_arena *mem,
                             bool *drawn, ll_error *err)
{
    ll_text text;
    ll_text_init(&text, mem);
    data_write(v, &text);
    LL_TRY(ll_output_write(dir, "validation.dat", &text, comm, err));
    ll_text_init(&text, mem);
    script_write(v, &text);
    LL_TRY(ll_output_write(dir, "validation.gp", &text, comm, err));
    *drawn = ll_comm_rank(comm) == 0 && ll_plot_gnuplot(dir, "validation.gp");
    return LL_OK;
}
