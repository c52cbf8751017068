/* A picture as a list of shapes, in the order in which they are drawn.
 *
 * Drawing and writing are separate: the same list becomes SVG, as a file of its own or as a part of
 * a page (figure_svg.c), and a script of gnuplot, which makes PDF and PNG of it (plot.c).
 *
 * Coordinates are points (pt, 1/72 in) from the upper left corner, y downwards. Text stands with
 * the middle of its line on y. */
#ifndef LL_REPORT_FIGURE_H
#define LL_REPORT_FIGURE_H

#include "sim/base/text.h"

#include <stdbool.h>

/* Colours are 0xRRGGBB, or one of these, which follow the colours of the page. */
enum {
    LL_INK = -1,  /* text, and what matters */
    LL_SOFT = -2, /* axes and their text */
    LL_FAINT = -3 /* grids and bands */
};

/* The colours of Okabe and Ito ("Color universal design", 2002) without black; people with any kind
 * of colour vision can tell them apart. */
enum {
    LL_ORANGE = 0xE69F00,
    LL_SKY = 0x56B4E9,
    LL_GREEN = 0x009E73,
    LL_YELLOW = 0xF0E442,
    LL_BLUE = 0x0072B2,
    LL_VERMILION = 0xD55E00,
    LL_PURPLE = 0xCC79A7,
    LL_GREY = 0x999999
};

typedef enum ll_shape_kind {
    LL_SHAPE_RECT,
    LL_SHAPE_LINE,
    LL_SHAPE_TEXT,
    LL_SHAPE_MARK
} ll_shape_kind;

typedef enum ll_mark {
    LL_MARK_CIRCLE,
    LL_MARK_SQUARE,
    LL_MARK_UP,
    LL_MARK_DIAMOND,
    LL_MARK_DOWN,
    LL_MARK_LEFT,
    LL_MARK_RIGHT,
    LL_MARK_STAR,
    LL_N_MARK
} ll_mark;

typedef enum ll_align { LL_LEFT, LL_CENTRE, LL_RIGHT } ll_align;

typedef struct ll_shape {
    ll_shape_kind kind;
    double x, y, x2, y2; /* RECT: two corners; LINE: its ends; TEXT, MARK: a point, x and y */
    int color;
    double size_pt;   /* TEXT: of the font; LINE: its width; MARK: its radius */
    const char *text; /* TEXT; RECT, MARK: tooltip, or NULL */
    ll_align align;   /* TEXT: which end of it is at x */
    bool bold;        /* TEXT */
    bool upright;     /* TEXT: read from below */
    bool hollow;      /* MARK */
    ll_mark mark;
} ll_shape;

typedef struct ll_figure {
    ll_arena *mem;
    const char *title; /* what it shows, for screen readers */
    const char *says;  /* the same with its figures, a sentence or more; "" for none */
    double width_pt, height_pt;
    int n, cap;
    ll_shape *shape; /* [n], in mem */
} ll_figure;

void ll_figure_init(ll_figure *f, const char *title, ll_arena *mem);
void ll_figure_add(ll_figure *f, const ll_shape *shape); /* its text is borrowed */

void ll_figure_rect(ll_figure *f, double x, double y, double x2, double y2, int color,
                    const char *text);
void ll_figure_line(ll_figure *f, double x, double y, double x2, double y2, int color);
void ll_figure_text(ll_figure *f, double x, double y, ll_align align, double size_pt, int color,
                    const char *text);

/* Width of a text in pt, in the wider ones of the usual sans-serif fonts. */
double ll_figure_room(const char *text, double size_pt);

/* The text if it fits in `room_pt`, else its two ends with "..." between them, in mem. */
const char *ll_figure_fit(const char *text, double size_pt, double room_pt, ll_arena *mem);

/* The largest of 1, 2, 5 times a power of ten that puts at least `n` steps into `range`. */
double ll_figure_step(double range, int n);

/* Black or white: what is easier to read on a colour (contrast as WCAG 2 counts it). */
int ll_figure_ink_on(int color);

/* Corners of a mark around (0, 0), y downwards, in radii; *n of them, at most LL_MARK_CORNER. Of a
 * circle none: n = 0. */
enum { LL_MARK_CORNER = 10 };
void ll_mark_corners(ll_mark mark, int *n, double corner[LL_MARK_CORNER][2]);

/* The figure as SVG. id NULL: a file of its own, dark on white. Else a part of a page, whose
 * colours it takes; ids in it begin with `id`, and are unique where that is. */
void ll_figure_svg(const ll_figure *f, const char *id, ll_text *out);

#endif
