#include "sim/report/axes.h"
#include "sim/report/sweep.h"

#include <math.h>
#include <string.h>

/* What a panel is of. */
typedef enum panel { STEP, SPEED, CHIPS, LOSSES, N_PANEL } panel;

typedef struct drawing {
    const ll_sweep *sweep;
    ll_arena *mem;
    ll_figure *f;
    int x; /* the key on the axis */
    bool log_x;
    int n_curve; /* points of one curve have the same name */
    const char *name[16];
    double font_pt;
} drawing;

static const int colors[] = {LL_BLUE,   LL_VERMILION, LL_GREEN, LL_PURPLE,
                             LL_ORANGE, LL_SKY,       LL_GREY};
enum { N_COLOR = sizeof colors / sizeof *colors, MAX_CURVE = 16 };

/* The key on the axis: chips, or the first with two numbers; -1: none. */
static int axis_key(const ll_sweep *s)
{
    for (int k = 0; k < s->n_over; k++)
        if (s->over[k].is_chips && s->over[k].n > 1) return k;
    for (int k = 0; k < s->n_over; k++)
        if (!s->over[k].is_chips && s->over[k].entry->kind <= LL_KIND_POWER && s->over[k].n > 1)
            return k;
    return -1;
}

bool ll_sweep_draws(const ll_sweep *s)
{
    int n = 0;
    for (int i = 0; i < s->n; i++)
        n += !*s->point[i].found->why;
    return n > 1 && axis_key(s) >= 0;
}

static double x_of(const drawing *d, const ll_sweep_point *p)
{
    return p->n_chip > 0 && d->sweep->over[d->x].is_chips ? (double)p->n_chip
                                                          : d->sweep->over[d->x].value[p->at[d->x]];
}

static double y_of(panel what, const ll_found *f)
{
    return what == STEP    ? f->speed.iteration_s
           : what == SPEED ? f->speed.headline
                           : f->effective_chips;
}

/* Which curve a point belongs to; beyond MAX_CURVE none: -1. */
static int curve_of(const drawing *d, const ll_sweep_point *p)
{
    const char *name = ll_sweep_curve(d->sweep, p, d->x, d->mem);
    for (int i = 0; i < d->n_curve; i++)
        if (!strcmp(d->name[i], name)) return i;
    return -1;
}

static void curves_find(drawing *d)
{
    for (int i = 0; i < d->sweep->n && d->n_curve < MAX_CURVE; i++)
        if (curve_of(d, &d->sweep->point[i]) < 0)
            d->name[d->n_curve++] = ll_sweep_curve(d->sweep, &d->sweep->point[i], d->x, d->mem);
}

static ll_axes axes_of(const drawing *d, panel what, double left_pt, double top_pt, double width_pt,
                       double height_pt)
{
    ll_axes a = {.f = d->f,
                 .mem = d->mem,
                 .font_pt = d->font_pt,
                 .left_pt = left_pt,
                 .right_pt = left_pt + width_pt,
                 .top_pt = top_pt,
                 .bottom_pt = top_pt + height_pt,
                 .linear = {!d->log_x, what != CHIPS && what != STEP},
                 .lo = {INFINITY, INFINITY}};
    for (int i = 0; i < d->sweep->n; i++) {
        const ll_sweep_point *p = &d->sweep->point[i];
        if (*p->found->why) continue;
        ll_axes_include(&a, LL_AXIS_X, x_of(d, p));
        ll_axes_include(&a, LL_AXIS_Y, what == LOSSES ? 100 : y_of(what, p->found));
    }
    ll_axes_round(&a, LL_AXIS_X);
    ll_axes_round(&a, LL_AXIS_Y);
    return a;
}

static void curve_draw(const drawing *d, const ll_axes *a, panel what, int curve)
{
    const int color = colors[curve % N_COLOR];
    const ll_sweep_point *before = NULL;
    for (int i = 0; i < d->sweep->n; i++) {
        const ll_sweep_point *p = &d->sweep->point[i];
        if (*p->found->why || curve_of(d, p) != curve) continue;
        const double x = ll_axes_x(a, x_of(d, p)), y = ll_axes_y(a, y_of(what, p->found));
        if (before)
            ll_figure_add(d->f, &(ll_shape){.kind = LL_SHAPE_LINE,
                                            .x = ll_axes_x(a, x_of(d, before)),
                                            .y = ll_axes_y(a, y_of(what, before->found)),
                                            .x2 = x,
                                            .y2 = y,
                                            .color = color,
                                            .size_pt = 1});
        ll_figure_add(d->f,
                      &(ll_shape){.kind = LL_SHAPE_MARK,
                                  .x = x,
                                  .y = y,
                                  .color = color,
                                  .size_pt = 0.25 * d->font_pt,
                                  .mark = (ll_mark)(curve % LL_N_MARK),
                                  .text = ll_arena_printf(d->mem, "%s %.6g: %.5g", d->name[curve],
                                                          x_of(d, p), y_of(what, p->found))});
        before = p;
    }
}

/* Shares of the chips of each point of the first curve, stacked: effective chips at the bottom.
 * Bars meet half-way between neighbours. */
static void losses_draw(const drawing *d, const ll_axes *a, const ll_cause_groups *groups)
{
    const ll_sweep *s = d->sweep;
    for (int i = 0; i < s->n; i++) {
        const ll_sweep_point *p = &s->point[i];
        ll_result result;
        if (!ll_sweep_result(s, i, &result) || curve_of(d, p) != 0) continue;
        const double x = ll_axes_x(a, x_of(d, p));
        double left = a->left_pt, right = a->right_pt, frac[LL_MAX_CAUSE_GROUP], below = 0;
        for (int k = 0; k < s->n; k++) {
            if (*s->point[k].found->why || curve_of(d, &s->point[k]) != 0) continue;
            const double other = ll_axes_x(a, x_of(d, &s->point[k]));
            if (other < x) left = fmax(left, (other + x) / 2);
            if (other > x) right = fmin(right, (other + x) / 2);
        }
        ll_cause_groups_share(groups, &result, frac);
        for (int g = 0; g < groups->n; g++) {
            const double top = below + 100 * frac[g];
            ll_figure_rect(d->f, left, ll_axes_y(a, fmin(top, 100)), right, ll_axes_y(a, below),
                           groups->group[g].color,
                           ll_arena_printf(d->mem, "%s at %.6g: %.1f %%", groups->group[g].name,
                                           x_of(d, p), 100 * frac[g]));
            below = top;
        }
    }
}

static void panel_draw(const drawing *d, panel what, const ll_axes *a,
                       const ll_cause_groups *groups)
{
    const char *const titles[] = {"time of an iteration (s)", ll_headline(d->sweep->study)->label,
                                  "effective chips", "where the chips go (%)"};
    const char *title = titles[what];
    if (what == LOSSES && d->n_curve > 1 && *d->name[0])
        title = ll_arena_printf(d->mem, "%s, %s", title, d->name[0]);
    ll_figure_text(d->f, a->left_pt, a->top_pt - 0.9 * d->font_pt, LL_LEFT, d->font_pt, LL_INK,
                   ll_figure_fit(title, d->font_pt, a->right_pt - a->left_pt, d->mem));
    if (what == LOSSES) losses_draw(d, a, groups);
    ll_axes_draw(a, LL_AXIS_X);
    ll_axes_draw(a, LL_AXIS_Y);
    for (int k = 0; k < d->n_curve && what != LOSSES; k++)
        curve_draw(d, a, what, k);
    ll_figure_text(d->f, a->right_pt, a->bottom_pt + 2.6 * d->font_pt, LL_RIGHT, d->font_pt, LL_INK,
                   d->sweep->over[d->x].path);
}

/* Both legends, above the panels; returns their height. */
static double legends_draw(const drawing *d, const ll_cause_groups *groups, double width_pt)
{
    int color[MAX_CURVE];
    ll_mark mark[MAX_CURVE];
    const char *name[LL_MAX_CAUSE_GROUP];
    double y = 0.8 * d->font_pt;
    for (int k = 0; k < d->n_curve; k++) {
        color[k] = colors[k % N_COLOR];
        mark[k] = (ll_mark)(k % LL_N_MARK);
    }
    const ll_legend curves = {d->n_curve, color, mark, d->name};
    if (d->n_curve > 0 && *d->name[0])
        y += ll_draw_legend(d->f, d->font_pt, y, width_pt, d->font_pt, &curves);
    for (int g = 0; g < groups->n; g++) {
        color[g] = groups->group[g].color;
        name[g] = groups->group[g].name;
    }
    const ll_legend causes = {groups->n, color, NULL, name};
    return y + ll_draw_legend(d->f, d->font_pt, y, width_pt, d->font_pt, &causes);
}

void ll_draw_sweep(const ll_sweep *s, ll_form form, ll_arena *mem, ll_figure *out)
{
    const double font = ll_form_font_pt(form);
    const int n_across = form == LL_WIDE ? 2 : 1, n_down = N_PANEL / n_across;
    drawing d = {.sweep = s, .mem = mem, .f = out, .x = axis_key(s), .font_pt = font};
    ll_figure_init(out, ll_arena_printf(mem, "%s over %s", s->study->name, s->over[d.x].path), mem);
    out->says = "Each point is a whole run; further up is longer, faster, or more chips' worth.";
    out->width_pt = ll_form_width_pt(form);
    double lo = INFINITY, hi = 0;
    for (int i = 0; i < s->n; i++) {
        lo = fmin(lo, x_of(&d, &s->point[i]));
        hi = fmax(hi, x_of(&d, &s->point[i]));
    }
    d.log_x = lo > 0 && hi / lo >= 4;
    curves_find(&d);
    const ll_cause_groups groups = ll_sweep_groups(s, mem);
    const double top = legends_draw(&d, &groups, out->width_pt - 2 * font) + 2.2 * font;
    const double width = out->width_pt / n_across, height = 0.6 * (width - 6 * font);
    for (int i = 0; i < N_PANEL; i++) {
        const double left = width * (i % n_across) + 4.6 * font;
        const int down = i / n_across;
        const double y = top + (height + 6 * font) * down;
        const ll_axes a = axes_of(&d, (panel)i, left, y, width - 6.4 * font, height);
        panel_draw(&d, (panel)i, &a, &groups);
    }
    out->height_pt = top + (height + 6 * font) * n_down - 1.4 * font;
}
