#include "sim/report/axes.h"

#include <math.h>

static const double steps[] = {1, 2, 5, 10};

void ll_axes_include(ll_axes *a, ll_axis_of axis, double value)
{
    a->lo[axis] = fmin(a->lo[axis], value);
    a->hi[axis] = fmax(a->hi[axis], value);
}

void ll_axes_round(ll_axes *a, ll_axis_of axis)
{
    const double lo = a->lo[axis], hi = a->hi[axis];
    if (a->linear[axis]) {
        const double step = ll_figure_step(hi > 0 ? hi : 1, 4);
        a->lo[axis] = 0;
        a->hi[axis] = step * ceil((hi > 0 ? hi : 1) / step * (1 - 1e-12));
        return;
    }
    const double low = pow(10, floor(log10(lo))), high = pow(10, floor(log10(hi)));
    for (int i = 0; i < 4; i++)
        if (steps[i] * low <= lo) a->lo[axis] = steps[i] * low;
    for (int i = 3; i >= 0; i--)
        if (steps[i] * high >= hi) a->hi[axis] = steps[i] * high;
    if (!(a->hi[axis] > a->lo[axis])) a->hi[axis] = 2 * a->lo[axis];
}

/* Where a value lies: 0 at the low end, 1 at the high one. */
static double along(const ll_axes *a, ll_axis_of axis, double value)
{
    const double lo = a->lo[axis], hi = a->hi[axis];
    return a->linear[axis] ? (value - lo) / (hi - lo) : log(value / lo) / log(hi / lo);
}

double ll_axes_x(const ll_axes *a, double x)
{
    return a->left_pt + (a->right_pt - a->left_pt) * along(a, LL_AXIS_X, x);
}

double ll_axes_y(const ll_axes *a, double y)
{
    return a->bottom_pt - (a->bottom_pt - a->top_pt) * along(a, LL_AXIS_Y, y);
}

static void tick(const ll_axes *a, ll_axis_of axis, double at)
{
    const double lo = a->lo[axis], hi = a->hi[axis];
    if (at < lo - 1e-9 * fabs(lo) || at > hi * (1 + 1e-9)) return;
    const char *text = ll_arena_printf(a->mem, "%.10g", at);
    if (axis == LL_AXIS_Y) {
        const double y = ll_axes_y(a, at);
        ll_figure_line(a->f, a->left_pt, y, a->right_pt, y, LL_FAINT);
        ll_figure_text(a->f, a->left_pt - 4, y, LL_RIGHT, a->font_pt, LL_SOFT, text);
    } else {
        const double x = ll_axes_x(a, at);
        ll_figure_line(a->f, x, a->bottom_pt, x, a->bottom_pt + 2.5, LL_SOFT);
        ll_figure_text(a->f, x, a->bottom_pt + 2.5 + 0.8 * a->font_pt, LL_CENTRE, a->font_pt,
                       LL_SOFT, text);
    }
}

void ll_axes_draw(const ll_axes *a, ll_axis_of axis)
{
    const double lo = a->lo[axis], hi = a->hi[axis];
    if (a->linear[axis]) {
        const double step = ll_figure_step(hi - lo, 4);
        for (int i = 0; i * step <= (hi - lo) * (1 + 1e-9); i++)
            tick(a, axis, lo + i * step);
    } else {
        /* Of a range of many decades, 1 of each alone. */
        const int first = (int)floor(log10(lo)), last = (int)floor(log10(hi));
        for (int decade = first; decade <= last; decade++)
            for (int i = 0; i < (last - first > 3 ? 1 : 3); i++)
                tick(a, axis, steps[i] * pow(10, decade));
    }
    if (axis == LL_AXIS_Y)
        ll_figure_line(a->f, a->left_pt, a->top_pt, a->left_pt, a->bottom_pt, LL_SOFT);
    else
        ll_figure_line(a->f, a->left_pt, a->bottom_pt, a->right_pt, a->bottom_pt, LL_SOFT);
}
