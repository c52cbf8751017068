/* The pictures of results.
 *
 * Each is drawn in two forms: WIDE fits both columns of a paper, COLUMN one of them; no text is
 * smaller than 7 pt. The SVG needs no other program; PDF and PNG are made by gnuplot if it is
 * there. Files in DIR of a picture NAME: NAME.svg, NAME-column.svg, NAME.gp (the script, to
 * restyle), and what gnuplot makes of it: NAME.pdf, NAME.png, NAME-column.pdf, NAME-column.png. */
#ifndef LL_REPORT_PLOT_H
#define LL_REPORT_PLOT_H

#include "sim/comm/comm.h"
#include "sim/print/table.h"
#include "sim/report/figure.h"
#include "sim/report/report.h"

#include <stdbool.h>

typedef enum ll_form { LL_WIDE, LL_COLUMN, LL_N_FORM } ll_form;

double ll_form_width_pt(ll_form form);
double ll_form_font_pt(ll_form form);

/* Draw, in mem; report: [n]. Not collective.
 * waterfalls: a panel for each result, with its losses from the top, coloured by group.
 * bars: a bar for each result: effective chips, and the groups of losses.
 * wire: the transfers of a step of one result: the time of all calls of each, its parts, and how
 * much of it is exposed.
 * timeline: what each stage does and when; of many stages some. The report has a timeline. */
void ll_draw_waterfalls(int n, const ll_report *report, ll_form form, ll_arena *mem,
                        ll_figure *out);
void ll_draw_bars(int n, const ll_report *report, ll_form form, ll_arena *mem, ll_figure *out);
void ll_draw_wire(const ll_report *report, ll_form form, ll_arena *mem, ll_figure *out);
void ll_draw_timeline(const ll_report *report, ll_form form, ll_arena *mem, ll_figure *out);

/* Write a picture in both forms; figure: [LL_N_FORM], of which rank 0's counts. *drawn says (on
 * rank 0) whether gnuplot made its part. Collective. */
ll_status ll_plot_write(const char *dir, const char *name, const ll_figure *figure, ll_comm *comm,
                        ll_arena *mem, bool *drawn, ll_error *err);

/* A picture and the table that it is drawn from, as a set of files. */
typedef struct ll_plot_set {
    const char *name; /* of the picture */
    const char *file; /* of the table: "kernels.csv" */
    const ll_table *table;
    ll_figure figure[LL_N_FORM];
} ll_plot_set;

/* Write both into dir: all files, or none. Collective. */
ll_status ll_plot_set_write(const char *dir, const ll_plot_set *set, ll_comm *comm, ll_arena *mem,
                            ll_error *err);

/* Draw and write. Collective. */
ll_status ll_plot_waterfalls(const char *dir, const char *name, int n, const ll_report *report,
                             ll_comm *comm, bool *drawn, ll_error *err);
ll_status ll_plot_bars(const char *dir, const char *name, int n, const ll_report *report,
                       ll_comm *comm, bool *drawn, ll_error *err);
ll_status ll_plot_wire(const char *dir, const char *name, const ll_report *report, ll_comm *comm,
                       bool *drawn, ll_error *err);
ll_status ll_plot_timeline(const char *dir, const char *name, const ll_report *report,
                           ll_comm *comm, bool *drawn, ll_error *err);

/* A legend: names, each after a square (or after its mark if mark is not NULL), from (x, y) on, in
 * as many lines as `width_pt` needs. Returns its height. color, mark, name: [n]. */
typedef struct ll_legend {
    int n;
    const int *color;
    const ll_mark *mark;
    const char *const *name;
} ll_legend;
double ll_draw_legend(ll_figure *f, double x, double y, double width_pt, double font_pt,
                      const ll_legend *legend);

/* Run gnuplot on dir/script; false if it is not installed or fails. On one rank. */
bool ll_plot_gnuplot(const char *dir, const char *script);

#endif
