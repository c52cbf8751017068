#include "sim/report/pareto.h"

#include "sim/machine/timed_tables.h"
#include "sim/report/axes.h"

#include <math.h>
#include <string.h>

/* "tp 8", "tp 2 x pp 4", "tp 1, ep 8": the layout of a point. */
static const char *layout_text(const ll_pareto_point *p, ll_arena *mem)
{
    const char *s = ll_arena_printf(mem, "tp %lld", (long long)p->tp);
    if (p->pp > 1) s = ll_arena_printf(mem, "%s x pp %lld", s, (long long)p->pp);
    if (p->ep > 1) s = ll_arena_printf(mem, "%s, ep %lld", s, (long long)p->ep);
    return s;
}

ll_table *ll_pareto_table(int n, const ll_pareto *front, bool all, ll_arena *mem)
{
    const ll_column columns[] = {{.name = "study"},
                                 {.name = "tokens/s per user", .key = "per_user", .right = true},
                                 {.name = "tokens/s per chip", .key = "per_chip", .right = true},
                                 {.name = "layout"},
                                 {.name = "requests", .right = true},
                                 {.name = "front"},
                                 {.name = "simulated"}};
    ll_table *t = ll_table_create(mem, "", all ? 7 : 5, columns);
    for (int k = 0; k < n; k++)
        for (int i = 0; i < front[k].n; i++) {
            const ll_pareto_point *p = &front[k].point[i];
            if (!all && !p->front) continue;
            ll_table_row(t);
            ll_table_set(t, 0, "%s", front[k].study->name);
            ll_table_number(t, 1, 1, p->per_user);
            ll_table_number(t, 2, 1, p->per_chip);
            ll_table_set(t, 3, "%s", layout_text(p, mem));
            ll_table_set(t, 4, "%lld", (long long)p->load);
            if (!all) continue;
            ll_table_set(t, 5, "%s", p->front ? "yes" : "no");
            ll_table_set(t, 6, "%s", p->simulated ? "yes" : "no");
        }
    return t;
}

void ll_pareto_notes(int n, const ll_pareto *front, ll_text *out)
{
    for (int k = 0; k < n; k++) {
        const ll_pareto *f = &front[k];
        ll_text_add(out, "%s (%s kernels of %s): %d of %d points are on the front", f->study->name,
                    f->study->cluster.chip.tables && f->study->cluster.chip.tables->n > 0
                        ? "measured"
                        : "no measured",
                    f->study->cluster.chip.name, f->n_front, f->n);
        if (f->n_refused > 0)
            ll_text_add(out, "; %d more are not legal or do not fit, the first: %.*s", f->n_refused,
                        (int)strcspn(f->reason, "(;"), f->reason);
        ll_text_add(out, "\n");
    }
}

/* ---- Picture --------------------------------------------------------------------------------- */

static const int colors[] = {LL_BLUE,   LL_VERMILION, LL_GREEN, LL_PURPLE,
                             LL_ORANGE, LL_SKY,       LL_GREY};
enum { N_COLOR = sizeof colors / sizeof *colors };

static void range_find(int n, const ll_pareto *front, ll_axes *a)
{
    for (int k = 0; k < n; k++)
        for (int i = 0; i < front[k].n; i++) {
            if (!front[k].point[i].front) continue;
            ll_axes_include(a, LL_AXIS_X, front[k].point[i].per_user);
            ll_axes_include(a, LL_AXIS_Y, front[k].point[i].per_chip);
        }
    ll_axes_round(a, LL_AXIS_X);
    ll_axes_round(a, LL_AXIS_Y);
}

static void curve_draw(const ll_axes *a, const ll_pareto *front, int color, ll_mark mark)
{
    const ll_pareto_point *before = NULL;
    for (int i = 0; i < front->n; i++) {
        const ll_pareto_point *p = &front->point[i];
        if (!p->front) continue;
        const double x = ll_axes_x(a, p->per_user), y = ll_axes_y(a, p->per_chip);
        if (before)
            ll_figure_add(a->f, &(ll_shape){.kind = LL_SHAPE_LINE,
                                            .x = ll_axes_x(a, before->per_user),
                                            .y = ll_axes_y(a, before->per_chip),
                                            .x2 = x,
                                            .y2 = y,
                                            .color = color,
                                            .size_pt = 1});
        ll_figure_add(
            a->f, &(ll_shape){.kind = LL_SHAPE_MARK,
                              .x = x,
                              .y = y,
                              .color = color,
                              .size_pt = 0.25 * a->font_pt,
                              .mark = mark,
                              .text = ll_arena_printf(
                                  a->mem,
                                  "%s: %.4g tokens/s per chip at %.4g per user; %s, %lld requests",
                                  front->study->name, p->per_chip, p->per_user,
                                  layout_text(p, a->mem), (long long)p->load)});
        before = p;
    }
}

void ll_draw_pareto(int n, const ll_pareto *front, ll_form form, ll_arena *mem, ll_figure *out)
{
    const double font = ll_form_font_pt(form);
    int *color = ll_arena_array(mem, n, int);
    ll_mark *mark = ll_arena_array(mem, n, ll_mark);
    const char **name = ll_arena_array(mem, n, const char *);
    for (int k = 0; k < n; k++) {
        color[k] = colors[k % N_COLOR];
        mark[k] = (ll_mark)(k % LL_N_MARK);
        name[k] = front[k].study->name;
    }
    ll_figure_init(out, "Tokens per second of a chip, over those of a user", mem);
    out->says = "Each point is the best layout at its load; further right is faster for a user.";
    out->width_pt = ll_form_width_pt(form);
    ll_axes a = {
        .f = out, .mem = mem, .font_pt = font, .left_pt = 4.4 * font, .lo = {INFINITY, INFINITY}};
    const ll_legend legend = {n, color, mark, name};
    a.right_pt = out->width_pt - 1.6 * font;
    a.top_pt = 1.5 * font +
               ll_draw_legend(out, a.left_pt, 0.8 * font, a.right_pt - a.left_pt, font, &legend) +
               1.5 * font;
    a.bottom_pt = a.top_pt + 0.55 * out->width_pt;
    out->height_pt = a.bottom_pt + 3.6 * font;
    range_find(n, front, &a);
    ll_axes_draw(&a, LL_AXIS_X);
    ll_axes_draw(&a, LL_AXIS_Y);
    ll_figure_text(out, a.left_pt, a.top_pt - 0.9 * font, LL_LEFT, font, LL_INK,
                   "tokens/s per chip");
    ll_figure_text(out, a.right_pt, a.bottom_pt + 2.6 * font, LL_RIGHT, font, LL_INK,
                   "tokens/s per user");
    for (int k = 0; k < n; k++)
        curve_draw(&a, &front[k], color[k], mark[k]);
}
