/* The transfers of a step: a bar with the time of all calls and its parts, and beneath it the
 * exposed part of that time. */
#include "sim/report/plot.h"

#include <math.h>

enum { SOFTWARE, LATENCY, BYTES, CONTENTION, N_PART };
static const char *const part_name[N_PART + 1] = {"software", "latency", "bytes", "contention",
                                                  "exposed"};
static const int part_color[N_PART + 1] = {LL_ORANGE, LL_SKY, LL_BLUE, LL_VERMILION, LL_INK};

typedef struct wire {
    ll_figure *f;
    ll_arena *mem;
    double font_pt, left_pt, width_pt, most_s; /* width: from 0 to most_s */
} wire;

static void parts_of(const ll_transfer_row *x, double *part_s)
{
    part_s[SOFTWARE] = x->calls * x->software_s;
    part_s[LATENCY] = x->calls * x->latency_s;
    part_s[CONTENTION] = x->calls * fmin(fmax(x->contention_s, 0), x->wire_s);
    part_s[BYTES] = x->calls * x->wire_s - part_s[CONTENTION];
}

static double all_s(const ll_transfer_row *x) { return x->calls * x->total_s; }

static void row_text_draw(wire *w, const ll_transfer_row *x, double top)
{
    const double font = w->font_pt, y = top + 0.7 * font;
    const char *time =
        ll_arena_printf(w->mem, "%s, %s exposed", ll_quantity_text(LL_KIND_TIME, all_s(x), w->mem),
                        ll_quantity_text(LL_KIND_TIME, x->exposed_s, w->mem));
    const double room = w->width_pt - ll_figure_room(time, font) - font;
    /* As much as there is room for. */
    const char *size = ll_arena_printf(w->mem, "%.6g x %s", x->calls,
                                       ll_quantity_text(LL_KIND_SIZE, x->size_B, w->mem));
    const char *const what[] = {
        ll_arena_printf(w->mem, "%s, %d chips, %s, %s", x->name, x->group_size, size, x->algorithm),
        ll_arena_printf(w->mem, "%s, %d chips, %s", x->name, x->group_size, size),
        ll_arena_printf(w->mem, "%s, %s", x->name, size), x->name};
    int i = 0;
    while (i < 3 && ll_figure_room(what[i], font) > room)
        i++;
    ll_figure_text(w->f, w->left_pt, y, LL_LEFT, font, LL_INK,
                   ll_figure_fit(what[i], font, room, w->mem));
    ll_figure_text(w->f, w->left_pt + w->width_pt, y, LL_RIGHT, font, LL_INK, time);
}

/* Returns the height that it takes. */
static double row_draw(wire *w, const ll_transfer_row *x, double top)
{
    const double font = w->font_pt, per_s = w->width_pt / w->most_s;
    double part_s[N_PART], at = w->left_pt;
    parts_of(x, part_s);
    row_text_draw(w, x, top);
    for (int i = 0; i < N_PART; i++) {
        const double to = at + per_s * part_s[i];
        if (to - at > 0.1)
            ll_figure_rect(w->f, at, top + 1.4 * font, to, top + 2.4 * font, part_color[i],
                           ll_arena_printf(w->mem, "%s: %s", part_name[i],
                                           ll_quantity_text(LL_KIND_TIME, part_s[i], w->mem)));
        at = to;
    }
    const double exposed = per_s * x->exposed_s;
    if (exposed > 0.1)
        ll_figure_rect(w->f, w->left_pt, top + 2.5 * font, w->left_pt + exposed, top + 2.8 * font,
                       LL_INK, "exposed");
    return 3.6 * font;
}

static void axis_draw(wire *w, double y)
{
    const double font = w->font_pt, step_s = ll_figure_step(w->most_s, w->width_pt > 300 ? 5 : 3);
    const double unit_s = w->most_s >= 1 ? 1 : w->most_s >= 1e-3 ? 1e-3 : 1e-6;
    ll_figure_line(w->f, w->left_pt, y, w->left_pt + w->width_pt, y, LL_SOFT);
    for (int i = 0; i * step_s <= w->most_s * (1 + 1e-9); i++) {
        const double x = w->left_pt + w->width_pt * i * step_s / w->most_s;
        ll_figure_line(w->f, x, y, x, y + 2.5, LL_SOFT);
        ll_figure_text(w->f, x, y + 2.5 + 0.8 * font, LL_CENTRE, font, LL_SOFT,
                       ll_arena_printf(w->mem, "%.6g", i * step_s / unit_s));
    }
    ll_figure_text(w->f, w->left_pt + 0.5 * w->width_pt, y + 2.5 + 2.1 * font, LL_CENTRE, font,
                   LL_SOFT,
                   ll_arena_printf(w->mem, "all calls of a step on a chip, %s",
                                   unit_s == 1      ? "s"
                                   : unit_s == 1e-3 ? "ms"
                                                    : "us"));
}

void ll_draw_wire(const ll_report *report, ll_form form, ll_arena *mem, ll_figure *out)
{
    const ll_result *r = report->result;
    const double font = ll_form_font_pt(form), edge = 1.5 * font;
    wire w = {.f = out, .mem = mem, .font_pt = font, .left_pt = edge};
    ll_text says;
    ll_figure_init(out, ll_arena_printf(mem, "What %s has on the wire in a step", report->label),
                   mem);
    out->width_pt = ll_form_width_pt(form);
    w.width_pt = out->width_pt - 2 * edge;
    ll_text_init(&says, mem);
    for (int i = 0; i < r->n_transfer; i++) {
        const ll_transfer_row *x = &r->transfer[i];
        w.most_s = fmax(w.most_s, fmax(all_s(x), x->exposed_s));
        ll_text_add(&says, "%s%s: %s, of which %s are exposed.", i ? " " : "", x->name,
                    ll_quantity_text(LL_KIND_TIME, all_s(x), mem),
                    ll_quantity_text(LL_KIND_TIME, x->exposed_s, mem));
    }
    out->says = says.s;
    double y = 0;
    if (!(w.most_s > 0)) {
        ll_figure_text(out, edge, font, LL_LEFT, font, LL_INK, "Nothing is on the wire.");
        out->height_pt = 2 * font;
        return;
    }
    for (int i = 0; i < r->n_transfer; i++)
        y += row_draw(&w, &r->transfer[i], y);
    axis_draw(&w, y);
    y += 2.5 + 3.2 * font;
    out->height_pt = y + 2 +
                     ll_draw_legend(out, edge, y, w.width_pt, font,
                                    &(ll_legend){N_PART + 1, part_color, NULL, part_name});
}
