/* The picture of `net --load`: latency, and accepted load, over offered load. */
#include "sim/report/load.h"
#include "sim/report/plot.h"

#include <math.h>

enum { N_LATENCY = 3 };
static const char *const latency_names[N_LATENCY] = {"mean", "P50", "P99"};
static const int latency_colors[N_LATENCY] = {LL_BLUE, LL_GREEN, LL_VERMILION};
static const ll_mark latency_marks[N_LATENCY] = {LL_MARK_CIRCLE, LL_MARK_SQUARE, LL_MARK_UP};

typedef struct panel {
    ll_figure *f;
    ll_arena *mem;
    const ll_load_curve *curve;
    double font_pt, left_pt, right_pt, top_pt, bottom_pt;
    double hi_load, hi; /* of x, and of y; both begin at 0 */
    const char *title;
} panel;

static double latency_us(const ll_load_row *r, int which)
{
    return 1e6 * (which == 0 ? r->mean_s : which == 1 ? r->p50_s : r->p99_s);
}

static double x_of(const panel *p, double load)
{
    return p->left_pt + (p->right_pt - p->left_pt) * load / p->hi_load;
}

static double y_of(const panel *p, double y)
{
    return p->bottom_pt - (p->bottom_pt - p->top_pt) * fmin(y / p->hi, 1);
}

static void axes_draw(const panel *p, bool named)
{
    const double step = ll_figure_step(p->hi, 4), load_step = ll_figure_step(p->hi_load, 8);
    for (int i = 0; i * step <= p->hi * (1 + 1e-9); i++) {
        const double y = y_of(p, i * step);
        ll_figure_line(p->f, p->left_pt, y, p->right_pt, y, LL_FAINT);
        ll_figure_text(p->f, p->left_pt - 4, y, LL_RIGHT, p->font_pt, LL_SOFT,
                       ll_arena_printf(p->mem, "%.10g", i * step));
    }
    for (int i = 0; i * load_step <= p->hi_load * (1 + 1e-9); i++) {
        const double x = x_of(p, i * load_step);
        ll_figure_line(p->f, x, p->bottom_pt, x, p->bottom_pt + 2.5, LL_SOFT);
        if (named)
            ll_figure_text(p->f, x, p->bottom_pt + 2.5 + 0.8 * p->font_pt, LL_CENTRE, p->font_pt,
                           LL_SOFT, ll_arena_printf(p->mem, "%.10g", i * load_step));
    }
    ll_figure_line(p->f, p->left_pt, p->bottom_pt, p->right_pt, p->bottom_pt, LL_SOFT);
    ll_figure_line(p->f, p->left_pt, p->top_pt, p->left_pt, p->bottom_pt, LL_SOFT);
    ll_figure_text(p->f, p->left_pt, p->top_pt - 0.9 * p->font_pt, LL_LEFT, p->font_pt, LL_INK,
                   p->title);
}

/* The load that the busiest link bounds. */
static void bound_draw(const panel *p)
{
    const double x = x_of(p, p->curve->bound);
    if (p->curve->bound > p->hi_load) return;
    ll_figure_add(p->f, &(ll_shape){.kind = LL_SHAPE_LINE,
                                    .x = x,
                                    .y = p->top_pt,
                                    .x2 = x,
                                    .y2 = p->bottom_pt,
                                    .color = LL_GREY,
                                    .size_pt = 1});
}

static void point_draw(const panel *p, const ll_load_row *r, const ll_load_row *before, double y,
                       double y_before, int color, ll_mark mark)
{
    const double x = x_of(p, r->load), at = y_of(p, y);
    if (before)
        ll_figure_add(p->f, &(ll_shape){.kind = LL_SHAPE_LINE,
                                        .x = x_of(p, before->load),
                                        .y = y_of(p, y_before),
                                        .x2 = x,
                                        .y2 = at,
                                        .color = color,
                                        .size_pt = 1});
    ll_figure_add(p->f, &(ll_shape){.kind = LL_SHAPE_MARK,
                                    .x = x,
                                    .y = at,
                                    .color = color,
                                    .size_pt = 0.2 * p->font_pt,
                                    .mark = mark,
                                    .hollow = !r->sustained,
                                    .text = ll_arena_printf(
                                        p->mem,
                                        "load %.4g: accepted %.4g, mean %.4g us, P99 "
                                        "%.4g us%s",
                                        r->load, r->accepted, 1e6 * r->mean_s, 1e6 * r->p99_s,
                                        r->sustained ? "" : ", not sustained")});
}

/* Latencies of loads that are not sustained say more of the time that was measured than of the
 * network; the axis ends a little above the others. */
static void latencies_draw(panel *p)
{
    const ll_load_curve *c = p->curve;
    for (int i = 0; i < c->n_row; i++)
        for (int k = 0; k < N_LATENCY; k++)
            if (c->row[i].sustained || i == 0) p->hi = fmax(p->hi, latency_us(&c->row[i], k));
    p->hi = p->hi > 0 ? 1.3 * p->hi : 1;
    axes_draw(p, false);
    bound_draw(p);
    for (int k = 0; k < N_LATENCY; k++)
        for (int i = 0; i < c->n_row; i++) {
            const ll_load_row *r = &c->row[i], *before = i > 0 ? r - 1 : NULL;
            if (!r->sustained && i > 0) break;
            point_draw(p, r, before, latency_us(r, k), before ? latency_us(before, k) : 0,
                       latency_colors[k], latency_marks[k]);
        }
}

static void accepted_draw(panel *p)
{
    const ll_load_curve *c = p->curve;
    for (int i = 0; i < c->n_row; i++)
        p->hi = fmax(p->hi, 1.1 * c->row[i].accepted);
    if (!(p->hi > 0)) p->hi = 1;
    axes_draw(p, true);
    bound_draw(p);
    for (int i = 0; i < c->n_row; i++) {
        const ll_load_row *r = &c->row[i], *before = i > 0 ? r - 1 : NULL;
        point_draw(p, r, before, r->accepted, before ? before->accepted : 0, LL_PURPLE,
                   LL_MARK_DIAMOND);
    }
}

static void draw(const ll_load_curve *c, ll_form form, ll_arena *mem, ll_figure *out)
{
    const double font = ll_form_font_pt(form), height_pt = form == LL_COLUMN ? 95 : 130;
    const char *says = c->saturates ? ll_arena_printf(mem, "%s: saturates at %.3g, bound %.3g",
                                                      c->traffic, c->saturation, c->bound)
                                    : ll_arena_printf(mem, "%s: bound %.3g", c->traffic, c->bound);
    ll_figure_init(out, ll_arena_printf(mem, "Open loop on %s", c->study->cluster.name), mem);
    out->says = says;
    out->width_pt = ll_form_width_pt(form);
    panel p = {.f = out,
               .mem = mem,
               .curve = c,
               .font_pt = font,
               .left_pt = 4.4 * font,
               .right_pt = out->width_pt - 1.6 * font,
               .title = "latency, us; over the load that each chip offers, of a link"};
    for (int i = 0; i < c->n_row; i++)
        p.hi_load = fmax(p.hi_load, c->row[i].load);
    ll_figure_add(out, &(ll_shape){.kind = LL_SHAPE_TEXT,
                                   .x = 0.5 * font,
                                   .y = font,
                                   .color = LL_INK,
                                   .size_pt = 1.15 * font,
                                   .text = c->study->cluster.name,
                                   .bold = true});
    ll_figure_text(out, 0.5 * font, 2.5 * font, LL_LEFT, font, LL_INK, says);
    const double legend_pt =
        ll_draw_legend(out, 0.5 * font, 4.2 * font, out->width_pt - font, font,
                       &(ll_legend){N_LATENCY, latency_colors, latency_marks, latency_names});
    p.top_pt = 4.2 * font + legend_pt + 2.2 * font;
    p.bottom_pt = p.top_pt + height_pt;
    latencies_draw(&p);
    p.top_pt = p.bottom_pt + 2.4 * font;
    p.bottom_pt = p.top_pt + height_pt;
    p.hi = 0;
    p.title = "accepted load, of a link; grey: what the busiest link bounds";
    accepted_draw(&p);
    out->height_pt = p.bottom_pt + 2.6 * font;
}

ll_status ll_load_plot(const char *dir, const char *name, const ll_load_curve *curve, ll_comm *comm,
                       ll_arena *mem, bool *drawn, ll_error *err)
{
    ll_figure figure[LL_N_FORM];
    for (int form = 0; form < LL_N_FORM; form++)
        draw(curve, (ll_form)form, mem, &figure[form]);
    return ll_plot_write(dir, name, figure, comm, mem, drawn, err);
}
