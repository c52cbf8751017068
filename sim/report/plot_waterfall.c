/* Waterfalls: a panel for each result, in a grid whose rows share the names of the causes. */
#include "sim/report/cause_group.h"
#include "sim/report/plot.h"
#include "sim/report/waterfall.h"

#include <math.h>
#include <string.h>

enum { ACROSS_WIDE = 3, ACROSS_COLUMN = 2 };

/* A loss of less than this fraction of all chips gets no bar, as it would be a hairline. */
static const double LEAST_FRAC = 5e-4;

typedef struct waterfall {
    ll_figure *f;
    ll_arena *mem;
    ll_cause_groups groups;
    int n_row;
    const ll_loss *const *row;                           /* [n_row] causes, top first */
    double font_pt, pitch_pt, names_pt, plot_pt, gap_pt; /* plot: from 0 to 100 % */
} waterfall;

static int row_find(const waterfall *w, const char *cause)
{
    for (int i = 0; i < w->n_row; i++)
        if (!strcmp(w->row[i]->cause, cause)) return i;
    return -1;
}

static const char *share_text(double frac, ll_arena *mem)
{
    return fabs(frac) < LEAST_FRAC ? "<0.1 %" : ll_arena_printf(mem, "%.1f %%", 100 * frac);
}

/* Draws the label of a bar from x to x2 on line y where there is room: right, left or inside. */
static void label_draw(waterfall *w, double left, double x, double x2, double y, int color,
                       const char *text)
{
    const double space = 2.5, room = ll_figure_room(text, w->font_pt) + space;
    if (x2 + room <= left + w->plot_pt)
        ll_figure_text(w->f, x2 + space, y, LL_LEFT, w->font_pt, LL_INK, text);
    else if (x - room >= left)
        ll_figure_text(w->f, x - space, y, LL_RIGHT, w->font_pt, LL_INK, text);
    else
        ll_figure_text(w->f, x + space, y, LL_LEFT, w->font_pt, ll_figure_ink_on(color), text);
}

static void bar_draw(waterfall *w, double left, double y, const ll_bar *b, int color)
{
    const double x = left + w->plot_pt * fmin(fmax(b->lo_frac, 0), 1);
    const double x2 = left + w->plot_pt * fmin(fmax(b->hi_frac, 0), 1);
    if (b->chips == 0) return;
    const char *share = share_text(b->frac, w->mem);
    const char *chips = ll_arena_printf(w->mem, "%s chips",
                                        b->kind == LL_BAR_ALL ? ll_thousands_text(b->chips, w->mem)
                                                              : ll_chips_text(b->chips, w->mem));
    if (b->hi_frac - b->lo_frac >= LEAST_FRAC)
        ll_figure_rect(w->f, x, y - 0.36 * w->pitch_pt, x2, y + 0.36 * w->pitch_pt, color,
                       ll_arena_printf(w->mem, "%s: %s, %s", b->name, share, chips));
    label_draw(w, left, x, x2, y, color, b->kind == LL_BAR_ALL ? chips : share);
}

static void grid_draw(waterfall *w, double left, double top, double bottom)
{
    const int step = w->plot_pt > 120 ? 25 : 50;
    for (int percent = 0; percent <= 100; percent += step) {
        const double x = left + w->plot_pt * percent / 100;
        ll_figure_line(w->f, x, top, x, bottom, LL_FAINT);
        ll_figure_text(w->f, x, bottom + 0.8 * w->font_pt, LL_CENTRE, w->font_pt, LL_SOFT,
                       ll_arena_printf(w->mem, "%d", percent));
    }
    ll_figure_line(w->f, left, bottom, left + w->plot_pt, bottom, LL_SOFT);
    ll_figure_text(w->f, left + 0.5 * w->plot_pt, bottom + 2.1 * w->font_pt, LL_CENTRE, w->font_pt,
                   LL_SOFT, "% of all chips");
}

/* "31.6 of 72 chips, 43.8 %", in the longest form that fits. */
static const char *headline(const waterfall *w, const ll_result *r, double room_pt)
{
    const char *of = ll_arena_printf(w->mem, "%s of %s", ll_chips_text(r->effective_chips, w->mem),
                                     ll_thousands_text(r->n_chip, w->mem));
    const char *share = share_text(r->efficiency_frac, w->mem);
    const char *text = ll_arena_printf(w->mem, "%s chips, %s", of, share);
    if (ll_figure_room(text, w->font_pt) > room_pt)
        text = ll_arena_printf(w->mem, "%s, %s", of, share);
    return ll_figure_fit(text, w->font_pt, room_pt, w->mem);
}

static void title_draw(waterfall *w, const ll_report *r, double left, double top)
{
    const double room = w->plot_pt + 0.6 * w->gap_pt;
    const char *name = ll_figure_fit(r->label, 1.12 * w->font_pt, room, w->mem); /* bold is wider */
    ll_figure_add(w->f, &(ll_shape){.kind = LL_SHAPE_TEXT,
                                    .x = left,
                                    .y = top + 0.7 * w->font_pt,
                                    .color = LL_INK,
                                    .size_pt = w->font_pt,
                                    .text = name,
                                    .bold = true});
    ll_figure_text(w->f, left, top + 1.95 * w->font_pt, LL_LEFT, w->font_pt, LL_INK,
                   headline(w, r->result, room));
}

static double title_pt(const waterfall *w) { return 2.9 * w->font_pt; }
static double rows_pt(const waterfall *w) { return (w->n_row + 2) * w->pitch_pt; }
static double panel_pt(const waterfall *w) { return title_pt(w) + rows_pt(w) + 3.4 * w->font_pt; }

static void panel_draw(waterfall *w, const ll_report *r, double left, double top)
{
    const ll_bar *bar;
    const int n = ll_report_bars(r->result, w->mem, &bar);
    const double first = top + title_pt(w);
    title_draw(w, r, left, top);
    grid_draw(w, left, first, first + rows_pt(w));
    for (int i = 0; i < n; i++) {
        int row = 0, color = LL_GREY;
        if (bar[i].kind == LL_BAR_EFFECTIVE) {
            row = w->n_row + 1;
            color = w->groups.group[0].color;
        } else if (bar[i].kind == LL_BAR_LOST) {
            /* Losses are drawn from the top, in the reverse of their order in the result. */
            const ll_loss *loss = &r->result->loss[r->result->n_loss - i];
            row = row_find(w, loss->cause) + 1;
            color = w->groups.group[ll_cause_groups_index(&w->groups, loss)].color;
            if (row == 0) continue;
        }
        bar_draw(w, left, first + (row + 0.5) * w->pitch_pt, &bar[i], color);
    }
}

static void names_draw(waterfall *w, double top)
{
    for (int i = 0; i < w->n_row + 2; i++) {
        const char *name = i == 0          ? "all chips"
                           : i <= w->n_row ? w->row[i - 1]->cause
                                           : "effective";
        ll_figure_text(w->f, w->names_pt - 4, top + title_pt(w) + (i + 0.5) * w->pitch_pt, LL_RIGHT,
                       w->font_pt, LL_INK, name);
    }
}

/* "nvl72: 31.6 of 72 chips, 43.8 %; kernels 31.6 %, ...". */
static const char *says(const waterfall *w, int n, const ll_report *report)
{
    ll_text t;
    ll_text_init(&t, w->mem);
    for (int k = 0; k < n; k++) {
        const ll_result *r = report[k].result;
        ll_text_add(&t, "%s%s: %s; lost to ", k ? " " : "", report[k].label,
                    headline(w, r, INFINITY));
        const char *before = "";
        for (int i = r->n_loss - 1; i >= 0; i--)
            if (fabs(r->loss[i].frac) >= LEAST_FRAC) {
                ll_text_add(&t, "%s%s %s", before, r->loss[i].cause,
                            share_text(r->loss[i].frac, w->mem));
                before = ", ";
            }
        ll_text_add(&t, ".");
    }
    return t.s;
}

/* Chooses how many panels are side by side, and their width. */
static int arrange(waterfall *w, int n, ll_form form)
{
    const int most = form == LL_WIDE ? ACROSS_WIDE : ACROSS_COLUMN;
    const int down = (n + most - 1) / most, across = (n + down - 1) / down;
    w->names_pt = ll_figure_room("effective", w->font_pt);
    for (int i = 0; i < w->n_row; i++)
        w->names_pt = fmax(w->names_pt, ll_figure_room(w->row[i]->cause, w->font_pt));
    w->names_pt += 6;
    w->gap_pt = 2 * w->font_pt;
    const double panel = fmin((ll_form_width_pt(form) - w->names_pt) / across, 260);
    w->plot_pt = panel - w->gap_pt;
    w->f->width_pt = w->names_pt + across * panel;
    return across;
}

void ll_draw_waterfalls(int n, const ll_report *report, ll_form form, ll_arena *mem, ll_figure *out)
{
    waterfall w = {.f = out, .mem = mem, .font_pt = ll_form_font_pt(form)};
    w.pitch_pt = 1.5 * w.font_pt;
    ll_figure_init(out, "Where the chips go", mem);
    ll_cause_groups_find(n, report, &w.groups);
    w.n_row = ll_causes_find(n, report, LEAST_FRAC, mem, &w.row);
    const int across = arrange(&w, n, form), down = (n + across - 1) / across;
    for (int i = 0; i < down; i++)
        names_draw(&w, i * panel_pt(&w));
    for (int k = 0; k < n; k++) {
        const int column = k % across, line = k / across;
        panel_draw(&w, &report[k], w.names_pt + column * (w.plot_pt + w.gap_pt),
                   line * panel_pt(&w));
    }
    int color[LL_MAX_CAUSE_GROUP];
    const char *name[LL_MAX_CAUSE_GROUP];
    for (int g = 0; g < w.groups.n; g++) {
        color[g] = w.groups.group[g].color;
        name[g] = w.groups.group[g].name;
    }
    const double top = down * panel_pt(&w);
    out->height_pt = top + 2 +
                     ll_draw_legend(out, w.font_pt, top, out->width_pt - w.font_pt, w.font_pt,
                                    &(ll_legend){w.groups.n, color, NULL, name});
    out->says = says(&w, n, report);
}
