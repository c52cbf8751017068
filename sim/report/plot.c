/* Pictures as files: SVG by figure_svg.c, PDF and PNG by a script of gnuplot. */
#include "sim/report/plot.h"

#include "sim/print/output.h"

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ; // NOLINT(readability-redundant-declaration): POSIX leaves it to the user

double ll_form_width_pt(ll_form form) { return 72 * (form == LL_WIDE ? 7.1 : 3.4); }
double ll_form_font_pt(ll_form form) { return form == LL_WIDE ? 8 : 7; }

double ll_draw_legend(ll_figure *f, double x, double y, double width_pt, double font_pt,
                      const ll_legend *legend)
{
    const double line = 1.5 * font_pt, side = 0.8 * font_pt;
    double at = 0, down = 0;
    for (int i = 0; i < legend->n; i++) {
        const double room = side + 3 + ll_figure_room(legend->name[i], font_pt);
        if (at > 0 && at + room > width_pt) {
            at = 0;
            down += line;
        }
        const double left = x + at, middle = y + down + 0.5 * line;
        if (legend->mark)
            ll_figure_add(f, &(ll_shape){.kind = LL_SHAPE_MARK,
                                         .x = left + 0.5 * side,
                                         .y = middle,
                                         .color = legend->color[i],
                                         .size_pt = 0.3 * font_pt,
                                         .mark = legend->mark[i]});
        else
            ll_figure_rect(f, left, middle - 0.5 * side, left + side, middle + 0.5 * side,
                           legend->color[i], NULL);
        ll_figure_text(f, left + side + 3, middle, LL_LEFT, font_pt, LL_INK, legend->name[i]);
        at += room + font_pt;
    }
    return down + line;
}

/* ---- gnuplot: shapes as objects of a plot that covers the page and has nothing else in it. */

/* A string of gnuplot. Between single quotes nothing else is special; between double quotes,
 * gnuplot would run text between backquotes as a command. */
static void quote_add(ll_text *out, const char *s)
{
    ll_text_add(out, "'");
    for (; *s; s++)
        ll_text_add(out, *s == '\'' ? "''" : "%c", (unsigned char)*s < 0x20 ? ' ' : *s);
    ll_text_add(out, "'");
}

static unsigned color_of(int color)
{
    return color >= 0          ? (unsigned)color
           : color == LL_INK   ? 0x222222U
           : color == LL_FAINT ? 0xDEDEDEU
                               : 0x646464U;
}

static void rect_add(const ll_shape *s, ll_text *out)
{
    ll_text_add(out,
                "  set object rectangle from %.2f,%.2f to %.2f,%.2f fillcolor rgb '#%06x' "
                "fillstyle solid noborder\n",
                s->x, s->y, s->x2, s->y2, color_of(s->color));
}

static void line_add(const ll_shape *s, ll_text *out)
{
    /* A polygon, because gnuplot draws objects in their order, but arrows after all of them. */
    ll_text_add(out,
                "  set object polygon from %.2f,%.2f to %.2f,%.2f to %.2f,%.2f fillstyle empty "
                "border rgb '#%06x' linewidth %.2f * scale\n",
                s->x, s->y, s->x2, s->y2, s->x, s->y, color_of(s->color), s->size_pt);
}

static void text_add(const ll_shape *s, ll_text *out)
{
    static const char *const align[] = {
        [LL_LEFT] = "left", [LL_CENTRE] = "center", [LL_RIGHT] = "right"};
    ll_text_add(out, "  set label ");
    quote_add(out, s->text);
    ll_text_add(out, " at %.2f,%.2f %s%s front font face('%s', %.2f) textcolor rgb '#%06x'\n", s->x,
                s->y, align[s->align], s->upright ? " rotate by 90" : "", s->bold ? ":Bold" : "",
                s->size_pt, color_of(s->color));
}

static void mark_add(const ll_shape *s, ll_text *out)
{
    int n;
    double corner[LL_MARK_CORNER][2];
    ll_mark_corners(s->mark, &n, corner);
    if (n == 0)
        ll_text_add(out, "  set object circle at %.2f,%.2f size %.2f", s->x, s->y, s->size_pt);
    else
        ll_text_add(out, "  set object polygon");
    for (int i = 0; i <= n && n > 0; i++) /* closed: the last corner is the first */
        ll_text_add(out, " %s %.2f,%.2f", i ? "to" : "from", s->x + s->size_pt * corner[i % n][0],
                    s->y + s->size_pt * corner[i % n][1]);
    ll_text_add(out, " fillcolor rgb '#%06x' fillstyle %s border rgb '#%06x' linewidth %.2f\n",
                color_of(s->color), s->hollow ? "empty" : "solid", color_of(s->color),
                0.5 * s->size_pt);
}

static void figure_add(const ll_figure *f, const char *file, ll_text *out)
{
    static void (*const add[])(const ll_shape *, ll_text *) = {[LL_SHAPE_RECT] = rect_add,
                                                               [LL_SHAPE_LINE] = line_add,
                                                               [LL_SHAPE_TEXT] = text_add,
                                                               [LL_SHAPE_MARK] = mark_add};
    const double width = f->width_pt, height = f->height_pt;
    ll_text_add(out,
                "do for [type in \"pdf png\"] {\n"
                "  scale = type eq 'pdf' ? 1 : 1.0 * dpi / 72\n"
                "  if (type eq 'pdf') { set terminal pdfcairo noenhanced fontscale 1 size "
                "%.4fin,%.4fin font 'Helvetica' }\n"
                "  else { set terminal pngcairo noenhanced fontscale 1 size %.2f * scale,%.2f * "
                "scale font 'Helvetica' }\n"
                "  set xrange [0:%.2f]\n  set yrange [%.2f:0]\n  set output ",
                width / 72, height / 72, width, height, width, height);
    quote_add(out, file);
    ll_text_add(out, ".type\n");
    for (int i = 0; i < f->n; i++)
        add[f->shape[i].kind](&f->shape[i], out);
    ll_text_add(out, "  plot -1 notitle\n  set output\n  unset object\n  unset label\n"
                     "}\n");
}

static void script_add(const ll_figure *figure, const char *const *file, ll_text *out)
{
    ll_text_add(out, "# Makes PDF and PNG of a picture of lineloss: run gnuplot on this file in "
                     "its directory; restyle at will.\n"
                     "# Coordinates are points (1/72 in) from the upper left corner.\n"
                     "dpi = 220 # of the PNG\n"
                     "# Its terminals count points of 1/96 in.\n"
                     "face(kind, pt) = sprintf('Helvetica%%s,%%g', kind, 0.75 * pt * scale)\n"
                     "unset border\nunset tics\nunset key\n"
                     "set lmargin at screen 0\nset rmargin at screen 1\n"
                     "set tmargin at screen 1\nset bmargin at screen 0\n");
    for (int form = 0; form < LL_N_FORM; form++)
        figure_add(&figure[form], file[form], out);
}

/* Discards the messages of gnuplot: its libraries warn of fonts and caches that are not needed. */
static bool gnuplot_run(const char *dir, const char *script)
{
    char *argv[] = {
        "sh",        "-c",           "cd -- \"$0\" && exec gnuplot -d \"$1\" >/dev/null 2>&1",
        (char *)dir, (char *)script, NULL};
    pid_t pid;
    int state;
    if (posix_spawnp(&pid, "sh", NULL, NULL, argv, environ) != 0) return false;
    return waitpid(pid, &state, 0) == pid && WIFEXITED(state) && WEXITSTATUS(state) == 0;
}

static bool gnuplot_found(void)
{
    const char *path = getenv("PATH");
    char file[4096];
    while (path && *path) {
        size_t n = strcspn(path, ":");
        snprintf(file, sizeof file, "%.*s/gnuplot", (int)n, path);
        if (access(file, X_OK) == 0) return true;
        path += n + (path[n] == ':');
    }
    return false;
}

bool ll_plot_gnuplot(const char *dir, const char *script)
{
    return gnuplot_found() && gnuplot_run(dir, script);
}

ll_status ll_plot_write(const char *dir, const char *name, const ll_figure *figure, ll_comm *comm,
                        ll_arena *mem, bool *drawn, ll_error *err)
{
    static const char *const suffix[LL_N_FORM] = {[LL_WIDE] = "", [LL_COLUMN] = "-column"};
    const char *file[LL_N_FORM];
    const bool root = ll_comm_rank(comm) == 0;
    ll_text text;
    for (int form = 0; form < LL_N_FORM; form++) {
        ll_text_init(&text, mem);
        if (root) ll_figure_svg(&figure[form], NULL, &text);
        const char *svg = ll_arena_printf(mem, "%s%s.svg", name, suffix[form]);
        LL_TRY(ll_output_write(dir, svg, &text, comm, err));
        file[form] = ll_arena_printf(mem, "%s%s.", name, suffix[form]);
    }
    ll_text_init(&text, mem);
    if (root) script_add(figure, file, &text);
    const char *script = ll_arena_printf(mem, "%s.gp", name);
    LL_TRY(ll_output_write(dir, script, &text, comm, err));
    *drawn = root && ll_plot_gnuplot(dir, script);
    return LL_OK;
}

typedef struct drawing {
    void (*draw)(int n, const ll_report *report, ll_form form, ll_arena *mem, ll_figure *out);
    int n;
    const ll_report *report; /* [n] */
} drawing;

static ll_status drawing_write(const drawing *d, const char *dir, const char *name, ll_comm *comm,
                               bool *drawn, ll_error *err)
{
    ll_arena *mem = ll_arena_create("picture");
    ll_figure figure[LL_N_FORM] = {{0}};
    for (int form = 0; form < LL_N_FORM && ll_comm_rank(comm) == 0; form++)
        d->draw(d->n, d->report, (ll_form)form, mem, &figure[form]);
    const ll_status status = ll_plot_write(dir, name, figure, comm, mem, drawn, err);
    ll_arena_destroy(mem);
    return status;
}

static void draw_wire(int n, const ll_report *report, ll_form form, ll_arena *mem, ll_figure *out)
{
    (void)n;
    ll_draw_wire(report, form, mem, out);
}

static void draw_timeline(int n, const ll_report *report, ll_form form, ll_arena *mem,
                          ll_figure *out)
{
    (void)n;
    ll_draw_timeline(report, form, mem, out);
}

ll_status ll_plot_waterfalls(const char *dir, const char *name, int n, const ll_report *report,
                             ll_comm *comm, bool *drawn, ll_error *err)
{
    return drawing_write(&(drawing){ll_draw_waterfalls, n, report}, dir, name, comm, drawn, err);
}

ll_status ll_plot_bars(const char *dir, const char *name, int n, const ll_report *report,
                       ll_comm *comm, bool *drawn, ll_error *err)
{
    return drawing_write(&(drawing){ll_draw_bars, n, report}, dir, name, comm, drawn, err);
}

ll_status ll_plot_wire(const char *dir, const char *name, const ll_report *report, ll_comm *comm,
                       bool *drawn, ll_error *err)
{
    return drawing_write(&(drawing){draw_wire, 1, report}, dir, name, comm, drawn, err);
}

ll_status ll_plot_timeline(const char *dir, const char *name, const ll_report *report,
                           ll_comm *comm, bool *drawn, ll_error *err)
{
    return drawing_write(&(drawing){draw_timeline, 1, report}, dir, name, comm, drawn, err);
}

ll_status ll_plot_set_write(const char *dir, const ll_plot_set *set, ll_comm *comm, ll_arena *mem,
                            ll_error *err)
{
    ll_output out = {.dir = dir, .main = set->file};
    ll_text text;
    bool drawn;
    LL_TRY(ll_output_prepare(dir, comm, err));
    LL_TRY(ll_output_begin(&out, comm, mem, err));
    ll_text_init(&text, mem);
    ll_table_print(set->table, LL_FORMAT_CSV, 0, &text);
    LL_TRY(ll_output_write(out.stage, out.main, &text, comm, err));
    LL_TRY(ll_plot_write(out.stage, set->name, set->figure, comm, mem, &drawn, err));
    return ll_output_commit(&out, comm, err);
}
