/* A bar for each result: effective chips, and the losses by group of causes. */
#include "sim/report/cause_group.h"
#include "sim/report/plot.h"

typedef struct bars {
    ll_figure *f;
    ll_arena *mem;
    ll_cause_groups groups;
    double font_pt, left_pt, width_pt; /* width: from 0 to 100 % */
} bars;

/* Name and headline above, the bar below. Returns the height that they take. */
static double bar_draw(bars *b, const ll_report *r, double top)
{
    const ll_result *res = r->result;
    const double font = b->font_pt, bottom = top + 3 * font;
    const char *of =
        ll_arena_printf(b->mem, "%s of %s chips", ll_chips_text(res->effective_chips, b->mem),
                        ll_thousands_text(res->n_chip, b->mem));
    const double room = b->width_pt - ll_figure_room(of, font) - font;
    ll_figure_add(b->f, &(ll_shape){.kind = LL_SHAPE_TEXT,
                                    .x = b->left_pt,
                                    .y = top + 0.7 * font,
                                    .color = LL_INK,
                                    .size_pt = font,
                                    .bold = true,
                                    .text = ll_figure_fit(r->label, 1.12 * font, room, b->mem)});
    ll_figure_text(b->f, b->left_pt + b->width_pt, top + 0.7 * font, LL_RIGHT, font, LL_INK, of);
    double frac[LL_MAX_CAUSE_GROUP], x = b->left_pt;
    ll_cause_groups_share(&b->groups, res, frac);
    for (int g = 0; g < b->groups.n; g++) {
        const ll_cause_group *group = &b->groups.group[g];
        const double x2 = x + b->width_pt * frac[g];
        const char *share = ll_arena_printf(b->mem, "%.1f %%", 100 * frac[g]);
        if (x2 - x > 0.5) /* a white line between neighbours */
            ll_figure_rect(b->f, x, top + 1.4 * font, x2 - 0.4, bottom, group->color,
                           ll_arena_printf(b->mem, "%s: %s", group->name, share));
        if (ll_figure_room(share, font) + 3 < x2 - x)
            ll_figure_text(b->f, 0.5 * (x + x2), 0.5 * (top + 1.4 * font + bottom), LL_CENTRE, font,
                           ll_figure_ink_on(group->color), share);
        x = x2;
    }
    return 3.7 * font;
}

static void axis_draw(bars *b, double y)
{
    const double font = b->font_pt;
    ll_figure_line(b->f, b->left_pt, y, b->left_pt + b->width_pt, y, LL_SOFT);
    for (int percent = 0; percent <= 100; percent += 20) {
        const double x = b->left_pt + b->width_pt * percent / 100;
        ll_figure_line(b->f, x, y, x, y + 2.5, LL_SOFT);
        ll_figure_text(b->f, x, y + 2.5 + 0.8 * font, LL_CENTRE, font, LL_SOFT,
                       ll_arena_printf(b->mem, "%d", percent));
    }
    ll_figure_text(b->f, b->left_pt + 0.5 * b->width_pt, y + 2.5 + 2.1 * font, LL_CENTRE, font,
                   LL_SOFT, "% of all chips");
}

static const char *says(const bars *b, int n, const ll_report *report)
{
    ll_text t;
    ll_text_init(&t, b->mem);
    for (int k = 0; k < n; k++) {
        double frac[LL_MAX_CAUSE_GROUP];
        ll_cause_groups_share(&b->groups, report[k].result, frac);
        ll_text_add(&t, "%s%s:", k ? " " : "", report[k].label);
        for (int g = 0; g < b->groups.n; g++)
            ll_text_add(&t, "%s %s %.1f %%", g ? "," : "", b->groups.group[g].name, 100 * frac[g]);
        ll_text_add(&t, ".");
    }
    return t.s;
}

void ll_draw_bars(int n, const ll_report *report, ll_form form, ll_arena *mem, ll_figure *out)
{
    const double font = ll_form_font_pt(form), edge = 1.5 * font; /* half of "100" */
    bars b = {.f = out, .mem = mem, .font_pt = font, .left_pt = edge};
    ll_figure_init(out, "How much of the chips is effective, and what takes the rest", mem);
    ll_cause_groups_find(n, report, &b.groups);
    out->width_pt = ll_form_width_pt(form);
    b.width_pt = out->width_pt - 2 * edge;
    double y = 0;
    for (int k = 0; k < n; k++)
        y += bar_draw(&b, &report[k], y);
    axis_draw(&b, y);
    y += 2.5 + 3.2 * font;
    int color[LL_MAX_CAUSE_GROUP];
    const char *name[LL_MAX_CAUSE_GROUP];
    for (int g = 0; g < b.groups.n; g++) {
        color[g] = b.groups.group[g].color;
        name[g] = b.groups.group[g].name;
    }
    out->height_pt =
        y + 2 +
        ll_draw_legend(out, edge, y, b.width_pt, font, &(ll_legend){b.groups.n, color, NULL, name});
    out->says = says(&b, n, report);
}
