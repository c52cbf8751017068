#include "sim/report/figure.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

void ll_figure_init(ll_figure *f, const char *title, ll_arena *mem)
{
    *f = (ll_figure){.mem = mem, .title = title, .says = ""};
}

void ll_figure_add(ll_figure *f, const ll_shape *shape)
{
    if (f->n == f->cap) {
        const int cap = f->cap ? 2 * f->cap : 128;
        f->shape = ll_arena_grown(f->mem, f->shape, f->n, cap, sizeof *f->shape);
        f->cap = cap;
    }
    f->shape[f->n++] = *shape;
}

void ll_figure_rect(ll_figure *f, double x, double y, double x2, double y2, int color,
                    const char *text)
{
    ll_figure_add(f, &(ll_shape){.kind = LL_SHAPE_RECT,
                                 .x = x,
                                 .y = y,
                                 .x2 = x2,
                                 .y2 = y2,
                                 .color = color,
                                 .text = text});
}

void ll_figure_line(ll_figure *f, double x, double y, double x2, double y2, int color)
{
    ll_figure_add(f, &(ll_shape){.kind = LL_SHAPE_LINE,
                                 .x = x,
                                 .y = y,
                                 .x2 = x2,
                                 .y2 = y2,
                                 .color = color,
                                 .size_pt = 0.5});
}

void ll_figure_text(ll_figure *f, double x, double y, ll_align align, double size_pt, int color,
                    const char *text)
{
    ll_figure_add(f, &(ll_shape){.kind = LL_SHAPE_TEXT,
                                 .x = x,
                                 .y = y,
                                 .color = color,
                                 .size_pt = size_pt,
                                 .text = text,
                                 .align = align});
}

/* Bytes of the character at s; 1 for a byte that begins no character. */
static int character_bytes(const char *s)
{
    int n = 1;
    while (((unsigned char)s[n] & 0xC0) == 0x80 && n < 4)
        n++;
    return n;
}

/* In ems, rounded up from DejaVu Sans, which is wider than Helvetica and its like. */
static double character_em(const char *s)
{
    const unsigned char c = (unsigned char)*s;
    if (c >= 0xE2) return 1; /* from U+2000: ideographs take a whole em */
    if (c >= 0x80) return 0.7;
    if (strchr("ijl.,:;'|!I ()[]ftr/-", c)) return 0.42;
    if (strchr("mwMW%@+=<>~#&", c)) return 0.98;
    return c >= 'A' && c <= 'Z' ? 0.77 : 0.64;
}

double ll_figure_room(const char *text, double size_pt)
{
    double em = 0;
    for (; *text; text += character_bytes(text))
        em += character_em(text);
    return em * size_pt;
}

const char *ll_figure_fit(const char *text, double size_pt, double room_pt, ll_arena *mem)
{
    if (ll_figure_room(text, size_pt) <= room_pt) return text;
    /* Two thirds of what is kept stand before the dots: names differ more often at their
     * beginnings, paths at their ends. */
    const double keep_em = room_pt / size_pt - 3 * character_em(".");
    const char *head = text, *tail = text + strlen(text);
    for (double em = 0; em + character_em(head) <= 0.6 * keep_em; head += character_bytes(head))
        em += character_em(head);
    for (double em = 0;;) {
        const char *before = tail - 1;
        while (before > head && ((unsigned char)*before & 0xC0) == 0x80)
            before--;
        em += character_em(before);
        if (before <= head || em > 0.4 * keep_em) break;
        tail = before;
    }
    return ll_arena_printf(mem, "%.*s...%s", (int)(head - text), text, tail);
}

double ll_figure_step(double range, int n)
{
    const double most = range / n, ten = pow(10, floor(log10(most)));
    return most >= 5 * ten ? 5 * ten : most >= 2 * ten ? 2 * ten : ten;
}

/* Relative luminance, WCAG 2. */
static double luminance(int color)
{
    static const double weight[] = {0.2126, 0.7152, 0.0722};
    double sum = 0;
    for (int i = 0; i < 3; i++) {
        const double c = (color >> (16 - 8 * i) & 255) / 255.0;
        sum += weight[i] * (c <= 0.03928 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4));
    }
    return sum;
}

int ll_figure_ink_on(int color)
{
    if (color < 0) return LL_INK;
    const double at = luminance(color) + 0.05;
    return 1.05 / at > at / 0.05 ? 0xFFFFFF : 0x000000;
}

void ll_mark_corners(ll_mark mark, int *n, double corner[LL_MARK_CORNER][2])
{
    /* Corners on a circle, from `turn` on, in turns from the right, clockwise as y goes down. */
    static const struct {
        int n;
        double turn, inner; /* inner radius of every second corner */
    } of[LL_N_MARK] = {
        [LL_MARK_SQUARE] = {4, 0.125, 1}, [LL_MARK_UP] = {3, 0.75, 1},
        [LL_MARK_DIAMOND] = {4, 0, 1},    [LL_MARK_DOWN] = {3, 0.25, 1},
        [LL_MARK_LEFT] = {3, 0.5, 1},     [LL_MARK_RIGHT] = {3, 0, 1},
        [LL_MARK_STAR] = {10, 0.75, 0.4},
    };
    const double pi = 3.14159265358979323846;
    *n = of[mark].n;
    for (int i = 0; i < *n; i++) {
        const double at = 2 * pi * (of[mark].turn + (double)i / *n);
        const double radius = 1.15 * (i % 2 ? of[mark].inner : 1);
        corner[i][0] = radius * cos(at);
        corner[i][1] = radius * sin(at);
    }
}
