/* The timeline of an iteration: a row for each stage, time to the right. The upper part of a row is
 * what the stage computes, with the number of the pass where there is room; beneath it, thinner,
 * what it has on the wire on streams of their own. White is waiting. */
#include "sim/report/plot.h"

#include <math.h>

enum { MAX_ROW = 16, N_LEGEND = LL_N_INTERVAL_KIND };

static const int kind_color[LL_N_INTERVAL_KIND] = {[LL_INTERVAL_FORWARD] = LL_SKY,
                                                   [LL_INTERVAL_BACKWARD] = LL_BLUE,
                                                   [LL_INTERVAL_INPUT_GRADIENT] = LL_PURPLE,
                                                   [LL_INTERVAL_WEIGHT_GRADIENT] = LL_GREEN,
                                                   [LL_INTERVAL_PAIR] = LL_BLUE,
                                                   [LL_INTERVAL_ONCE] = LL_GREY,
                                                   [LL_INTERVAL_GATHER] = LL_YELLOW,
                                                   [LL_INTERVAL_SCATTER] = LL_ORANGE,
                                                   [LL_INTERVAL_SEND] = LL_VERMILION};

typedef struct chart {
    ll_figure *f;
    ll_arena *mem;
    const ll_timeline *t;
    double font_pt, left_pt, width_pt;
    int n_row;
    bool seen[LL_N_INTERVAL_KIND];
} chart;

/* The stage of a row: all of them, or some at equal distances with the first and the last. */
static int64_t stage_of(const chart *c, int row)
{
    return c->n_row < 2 ? 0 : row * (c->t->n_stage - 1) / (c->n_row - 1);
}

static double x_of(const chart *c, double s) { return c->left_pt + c->width_pt * s / c->t->end_s; }

static bool computes(const ll_interval *b) { return b->stream == LL_STREAM_COMPUTE; }

/* One bar, or several neighbours of a kind that are too thin to be drawn one by one. */
static void bar_draw(chart *c, double top, const ll_interval *b, double to_s, int n)
{
    const double font = c->font_pt, x = x_of(c, b->start_s), x2 = x_of(c, to_s);
    const double y = computes(b) ? top : top + 1.35 * font;
    const double y2 = computes(b) ? top + 1.3 * font : y + 0.35 * font;
    const int color = kind_color[b->kind];
    const char *from = ll_quantity_text(LL_KIND_TIME, b->start_s, c->mem);
    const char *length = ll_quantity_text(LL_KIND_TIME, to_s - b->start_s, c->mem);
    const char *number = ll_arena_printf(c->mem, "%d", (int)b->number);
    c->seen[b->kind] = true;
    ll_figure_rect(c->f, x, y, x2, y2, color,
                   n > 1 ? ll_arena_printf(c->mem, "%s, %d of them from %s on, %s in all",
                                           ll_interval_names[b->kind], n, from, length)
                         : ll_arena_printf(c->mem, "%s %s at %s, %s", ll_interval_names[b->kind],
                                           number, from, length));
    if (n > 1 || !computes(b) || x2 - x < ll_figure_room(number, font) + 2) return;
    ll_figure_text(c->f, 0.5 * (x + x2), 0.5 * (y + y2), LL_CENTRE, font, ll_figure_ink_on(color),
                   number);
}

/* Draws the bars of a stage on its compute stream, or on all others. */
static void stream_draw(chart *c, double top, int64_t stage, bool compute)
{
    const double thin_s = 0.4 * c->t->end_s / c->width_pt;
    ll_interval first = {0};
    double to_s = 0;
    int n = 0;
    for (int32_t i = 0; i < c->t->n_interval; i++) {
        const ll_interval *b = &c->t->interval[i];
        if (b->stage != stage || computes(b) != compute) continue;
        const bool joins = n > 0 && b->kind == first.kind && b->stream == first.stream &&
                           b->start_s - to_s < thin_s && b->end_s - first.start_s < 4 * thin_s;
        if (!joins && n > 0) bar_draw(c, top, &first, to_s, n);
        if (!joins) first = *b;
        n = joins ? n + 1 : 1;
        to_s = b->end_s;
    }
    if (n > 0) bar_draw(c, top, &first, to_s, n);
}

static double busy_frac(const ll_timeline *t, int64_t stage)
{
    double sum_s = 0;
    for (int32_t i = 0; i < t->n_interval; i++)
        if (t->interval[i].stage == stage && computes(&t->interval[i]))
            sum_s += t->interval[i].end_s - t->interval[i].start_s;
    return sum_s / t->end_s;
}

static void row_draw(chart *c, double top, int64_t stage)
{
    const double font = c->font_pt;
    ll_figure_rect(c->f, c->left_pt, top, c->left_pt + c->width_pt, top + 1.7 * font, LL_FAINT,
                   ll_arena_printf(c->mem, "stage %lld computes %.1f %% of the time",
                                   (long long)stage, 100 * busy_frac(c->t, stage)));
    ll_figure_text(c->f, c->left_pt - 3, top + 0.65 * font, LL_RIGHT, font, LL_INK,
                   ll_arena_printf(c->mem, "stage %lld", (long long)stage));
    stream_draw(c, top, stage, true);
    stream_draw(c, top, stage, false);
}

static void axis_draw(chart *c, double y)
{
    const double font = c->font_pt, step_s = ll_figure_step(c->t->end_s, c->width_pt > 300 ? 5 : 3);
    ll_figure_line(c->f, c->left_pt, y, c->left_pt + c->width_pt, y, LL_SOFT);
    for (int i = 0; i * step_s <= c->t->end_s * (1 + 1e-9); i++) {
        const double x = x_of(c, i * step_s);
        ll_figure_line(c->f, x, y, x, y + 2.5, LL_SOFT);
        ll_figure_text(c->f, x, y + 2.5 + 0.8 * font, i ? LL_CENTRE : LL_LEFT, font, LL_SOFT,
                       ll_quantity_text(LL_KIND_TIME, i * step_s, c->mem));
    }
}

static double legend_draw(chart *c, double y)
{
    int color[N_LEGEND], n = 0;
    const char *name[N_LEGEND];
    for (int k = 0; k < LL_N_INTERVAL_KIND; k++) {
        if (!c->seen[k]) continue;
        color[n] = kind_color[k];
        name[n++] = ll_interval_names[k];
    }
    return ll_draw_legend(c->f, c->left_pt, y, c->width_pt, c->font_pt,
                          &(ll_legend){n, color, NULL, name});
}

void ll_draw_timeline(const ll_report *report, ll_form form, ll_arena *mem, ll_figure *out)
{
    const ll_timeline *t = report->timeline;
    const double font = ll_form_font_pt(form);
    chart c = {.f = out, .mem = mem, .t = t, .font_pt = font};
    ll_text says;
    ll_figure_init(out, ll_arena_printf(mem, "What the stages of %s do in a step", report->label),
                   mem);
    out->width_pt = ll_form_width_pt(form);
    c.n_row = t->n_stage < MAX_ROW ? (int)t->n_stage : MAX_ROW;
    c.left_pt = ll_figure_room("stage 1000", font) + 4;
    c.width_pt = out->width_pt - c.left_pt - 1.5 * font;
    ll_text_init(&says, mem);
    ll_text_add(&says, "One replica, without jitter: %s.",
                ll_quantity_text(LL_KIND_TIME, t->end_s, mem));
    double y = 0.3 * font;
    for (int row = 0; row < c.n_row; row++) {
        row_draw(&c, y, stage_of(&c, row));
        y += 2.1 * font;
        ll_text_add(&says, " Stage %lld computes %.1f %% of it.", (long long)stage_of(&c, row),
                    100 * busy_frac(t, stage_of(&c, row)));
    }
    out->says = says.s;
    axis_draw(&c, y);
    y += 2.5 + 2.2 * font;
    if (c.n_row < t->n_stage || t->n_left > 0) {
        const char *part = t->n_left > 0 ? "the first passes" : "all passes";
        ll_figure_text(
            out, c.left_pt, y, LL_LEFT, font, LL_SOFT,
            ll_arena_printf(mem, "%d of %lld stages, %s", c.n_row, (long long)t->n_stage, part));
        y += 1.4 * font;
    }
    out->height_pt = y + 2 + legend_draw(&c, y);
}
