/* The picture of `net`: time and bus bandwidth over size. */
#include "sim/report/net.h"
#include "sim/report/plot.h"

#include <math.h>
#include <string.h>

static const int colors[] = {LL_BLUE, LL_VERMILION, LL_GREEN, LL_PURPLE, LL_ORANGE, LL_SKY};
enum { N_COLOR = sizeof colors / sizeof *colors, MAX_CURVE = LL_N_COLLECTIVE * 4 };

/* A curve: the rows of one collective by one engine. */
typedef struct curve {
    const char *name;
    int first; /* a row of it */
    int color;
    ll_mark mark;
} curve;

typedef struct panel {
    ll_figure *f;
    ll_arena *mem;
    const ll_net *net;
    double font_pt;
    double left_pt, right_pt, top_pt, bottom_pt;
    double lo_B, hi_B;
    double lo, hi; /* of y, in its unit */
    bool log_y;
    const char *title;
    double (*y)(const ll_net_row *row);
    const char *unit;
} panel;

static double time_us(const ll_net_row *row) { return 1e6 * row->time_s; }
static double busbw_GBps(const ll_net_row *row) { return 1e-9 * row->busbw_Bps; }

static bool same_curve(const ll_net_row *a, const ll_net_row *b)
{
    return !strcmp(a->collective, b->collective) && !strcmp(a->engine, b->engine);
}

static int curves_find(const ll_net *net, ll_arena *mem, curve *out)
{
    int n = 0;
    for (int i = 0; i < net->n_row; i++) {
        bool known = false;
        for (int k = 0; k < n && !known; k++)
            known = same_curve(&net->row[out[k].first], &net->row[i]);
        if (known || n == MAX_CURVE) continue;
        const char *what = net->row[i].collective;
        out[n] =
            (curve){net->beside ? ll_arena_printf(mem, "%s, %s", what, net->row[i].engine) : what,
                    i, colors[n % N_COLOR], (ll_mark)(n % LL_N_MARK)};
        n++;
    }
    return n;
}

static double x_of(const panel *p, double size_B)
{
    const double range = p->hi_B > p->lo_B ? log(p->hi_B / p->lo_B) : 1;
    return p->left_pt + (p->right_pt - p->left_pt) * log(size_B / p->lo_B) / range;
}

static double y_of(const panel *p, double y)
{
    const double part =
        p->log_y ? log(y / p->lo) / log(p->hi / p->lo) : (y - p->lo) / (p->hi - p->lo);
    return p->bottom_pt - (p->bottom_pt - p->top_pt) * part;
}

/* Whole powers of ten, or from 0 to a little above the largest. */
static void range_find(panel *p)
{
    double lo = INFINITY, hi = 0;
    for (int i = 0; i < p->net->n_row; i++) {
        lo = fmin(lo, p->y(&p->net->row[i]));
        hi = fmax(hi, p->y(&p->net->row[i]));
    }
    p->lo = p->log_y ? pow(10, floor(log10(lo))) : 0;
    p->hi = p->log_y ? pow(10, ceil(log10(hi * (1 + 1e-9)))) : 1.05 * hi;
}

/* "8", "64 Ki", "1 Gi": powers of two as the field writes them. */
static const char *size_text(double size_B, ll_arena *mem)
{
    static const char *const unit[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    int i = 0;
    for (; i < 4 && size_B >= 1024; i++)
        size_B /= 1024;
    return ll_arena_printf(mem, "%.3g %s", size_B, unit[i]);
}

static void sizes_draw(const panel *p, bool named)
{
    ll_figure_line(p->f, p->left_pt, p->bottom_pt, p->right_pt, p->bottom_pt, LL_SOFT);
    const double room = ll_figure_room("512 MiB", p->font_pt) * 1.25;
    double last = -room;
    const int from = (int)ceil(log2(p->lo_B) - 1e-9), to = (int)floor(log2(p->hi_B) + 1e-9);
    for (int k = from; k <= to; k++) {
        const double at = ldexp(1, k), x = x_of(p, at);
        if (x - last < room) continue;
        last = x;
        ll_figure_line(p->f, x, p->bottom_pt, x, p->bottom_pt + 2.5, LL_SOFT);
        if (named)
            ll_figure_text(p->f, x, p->bottom_pt + 2.5 + 0.8 * p->font_pt, LL_CENTRE, p->font_pt,
                           LL_SOFT, size_text(at, p->mem));
    }
}

/* "10 us", "1 ms" */
static const char *time_text(double at_us, ll_arena *mem)
{
    static const char *const unit[] = {"us", "ms", "s"};
    int i = 0;
    for (; i < 2 && at_us >= 1000; i++)
        at_us /= 1000;
    return ll_arena_printf(mem, "%.4g %s", at_us, unit[i]);
}

static void tick_draw(const panel *p, double at)
{
    const double y = y_of(p, at);
    ll_figure_line(p->f, p->left_pt, y, p->right_pt, y, LL_FAINT);
    ll_figure_text(p->f, p->left_pt - 4, y, LL_RIGHT, p->font_pt, LL_SOFT,
                   p->log_y ? time_text(at, p->mem) : ll_arena_printf(p->mem, "%.10g", at));
}

static void values_draw(const panel *p)
{
    if (p->log_y) {
        const int decades = (int)lround(log10(p->hi / p->lo)), step = (decades + 4) / 5;
        for (int k = 0; k <= decades; k += step)
            tick_draw(p, p->lo * pow(10, k));
    } else {
        const double step = ll_figure_step(p->hi, 4);
        for (int i = 0; i * step <= p->hi; i++)
            tick_draw(p, i * step);
    }
    ll_figure_line(p->f, p->left_pt, p->top_pt, p->left_pt, p->bottom_pt, LL_SOFT);
    ll_figure_text(p->f, p->left_pt, p->top_pt - 0.9 * p->font_pt, LL_LEFT, p->font_pt, LL_INK,
                   p->title);
}

static void curve_draw(const panel *p, const curve *c)
{
    const ll_net_row *before = NULL;
    for (int i = c->first; i < p->net->n_row; i++) {
        const ll_net_row *r = &p->net->row[i];
        if (!same_curve(&p->net->row[c->first], r)) continue;
        const double x = x_of(p, r->size_B), y = y_of(p, p->y(r));
        if (before)
            ll_figure_add(p->f, &(ll_shape){.kind = LL_SHAPE_LINE,
                                            .x = x_of(p, before->size_B),
                                            .y = y_of(p, p->y(before)),
                                            .x2 = x,
                                            .y2 = y,
                                            .color = c->color,
                                            .size_pt = 1});
        ll_figure_add(p->f, &(ll_shape){.kind = LL_SHAPE_MARK,
                                        .x = x,
                                        .y = y,
                                        .color = c->color,
                                        .size_pt = 0.2 * p->font_pt,
                                        .mark = c->mark,
                                        .text = ll_arena_printf(
                                            p->mem, "%s, %s: %.4g us, busbw %.4g GB/s, %s", c->name,
                                            size_text(r->size_B, p->mem), time_us(r), busbw_GBps(r),
                                            r->algorithm)});
        before = r;
    }
}

static void panel_draw(panel *p, int n, const curve *c, bool named)
{
    range_find(p);
    values_draw(p);
    sizes_draw(p, named);
    for (int k = 0; k < n; k++)
        curve_draw(p, &c[k]);
}

/* "all_reduce among 72: 261 GB/s of busbw at 64 MiB" of the fastest row. */
static const char *headline(const ll_net *net, ll_arena *mem)
{
    const ll_net_row *best = &net->row[0];
    for (int i = 1; i < net->n_row; i++)
        if (net->row[i].busbw_Bps > best->busbw_Bps) best = &net->row[i];
    return ll_arena_printf(mem, "%s among %d: busbw %.3g GB/s at %s", best->collective,
                           ll_group_size(&net->group), busbw_GBps(best),
                           size_text(best->size_B, mem));
}

static void draw(const ll_net *net, ll_form form, ll_arena *mem, ll_figure *out)
{
    curve c[MAX_CURVE];
    const int n = curves_find(net, mem, c);
    const double font = ll_form_font_pt(form);
    int *color = ll_arena_array(mem, n, int);
    ll_mark *mark = ll_arena_array(mem, n, ll_mark);
    const char **name = ll_arena_array(mem, n, const char *);
    for (int k = 0; k < n; k++) {
        color[k] = c[k].color;
        mark[k] = c[k].mark;
        name[k] = c[k].name;
    }
    const char *says = headline(net, mem);
    ll_figure_init(out, ll_arena_printf(mem, "Collectives on %s", net->study->cluster.name), mem);
    out->says = says;
    out->width_pt = ll_form_width_pt(form);
    panel p = {.f = out,
               .mem = mem,
               .net = net,
               .font_pt = font,
               .left_pt = 4.4 * font,
               .right_pt = out->width_pt - 1.6 * font,
               .lo_B = net->row[0].size_B,
               .hi_B = net->row[0].size_B};
    for (int i = 0; i < net->n_row; i++) {
        p.lo_B = fmin(p.lo_B, net->row[i].size_B);
        p.hi_B = fmax(p.hi_B, net->row[i].size_B);
    }
    ll_figure_add(out, &(ll_shape){.kind = LL_SHAPE_TEXT,
                                   .x = 0.5 * font,
                                   .y = font,
                                   .color = LL_INK,
                                   .size_pt = 1.15 * font,
                                   .text = net->study->cluster.name,
                                   .bold = true});
    ll_figure_text(out, 0.5 * font, 2.5 * font, LL_LEFT, font, LL_INK, says);
    const double legend_pt = ll_draw_legend(out, 0.5 * font, 4.2 * font, out->width_pt - font, font,
                                            &(ll_legend){n, color, mark, name});
    const double height_pt = form == LL_COLUMN ? 95 : 130;
    p.top_pt = 4.2 * font + legend_pt + 2.2 * font;
    p.bottom_pt = p.top_pt + height_pt;
    p.log_y = true;
    p.y = time_us;
    p.title = "time";
    panel_draw(&p, n, c, false);
    p.top_pt = p.bottom_pt + 2.4 * font;
    p.bottom_pt = p.top_pt + height_pt;
    p.log_y = false;
    p.y = busbw_GBps;
    p.title = "busbw, GB/s";
    panel_draw(&p, n, c, true);
    out->height_pt = p.bottom_pt + 2.6 * font;
}

ll_status ll_net_plot(const char *dir, const char *name, const ll_net *net, ll_comm *comm,
                      ll_arena *mem, bool *drawn, ll_error *err)
{
    ll_figure figure[LL_N_FORM];
    for (int form = 0; form < LL_N_FORM; form++)
        draw(net, (ll_form)form, mem, &figure[form]);
    return ll_plot_write(dir, name, figure, comm, mem, drawn, err);
}
