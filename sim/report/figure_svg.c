/* A figure as SVG: rectangles, lines and text, without scripts and without external resources. */
#include "sim/report/figure.h"
#include "sim/report/html.h"

#include <math.h>

/* fill="..." or stroke="...". Inks take the colour of the text around them. */
static void color_add(ll_text *out, const char *what, int color)
{
    if (color >= 0)
        ll_text_add(out, " %s=\"#%06x\"", what, (unsigned)color);
    else
        ll_text_add(out, " %s=\"currentColor\"", what);
    if (color == LL_SOFT) ll_text_add(out, " %s-opacity=\"0.7\"", what);
    if (color == LL_FAINT) ll_text_add(out, " %s-opacity=\"0.15\"", what);
}

/* The end of an element, with its tooltip. */
static void end_add(ll_text *out, const char *tag, const char *tip)
{
    if (!tip) {
        ll_text_add(out, "/>\n");
        return;
    }
    ll_text_add(out, "><title>");
    ll_html_text(out, tip);
    ll_text_add(out, "</title></%s>\n", tag);
}

static void rect_add(const ll_shape *s, ll_text *out)
{
    ll_text_add(out, "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"", s->x, s->y,
                s->x2 - s->x, s->y2 - s->y);
    color_add(out, "fill", s->color);
    end_add(out, "rect", s->text);
}

static void line_add(const ll_shape *s, ll_text *out)
{
    ll_text_add(out, "<path d=\"M%.2f %.2fL%.2f %.2f\" stroke-width=\"%.2f\"", s->x, s->y, s->x2,
                s->y2, s->size_pt);
    color_add(out, "stroke", s->color);
    end_add(out, "path", NULL);
}

static void text_add(const ll_shape *s, ll_text *out)
{
    static const char *const anchor[] = {
        [LL_LEFT] = "start", [LL_CENTRE] = "middle", [LL_RIGHT] = "end"};
    const double down = 0.36 * s->size_pt; /* from the middle of a line to its base */
    const double x = s->x + (s->upright ? down : 0), y = s->y + (s->upright ? 0 : down);
    ll_text_add(out, "<text x=\"%.2f\" y=\"%.2f\" font-size=\"%.2f\" text-anchor=\"%s\"%s", x, y,
                s->size_pt, anchor[s->align], s->bold ? " font-weight=\"bold\"" : "");
    if (s->upright) ll_text_add(out, " transform=\"rotate(-90 %.2f %.2f)\"", x, y);
    color_add(out, "fill", s->color);
    ll_text_add(out, ">");
    ll_html_text(out, s->text);
    ll_text_add(out, "</text>\n");
}

static void mark_add(const ll_shape *s, ll_text *out)
{
    int n;
    double corner[LL_MARK_CORNER][2];
    ll_mark_corners(s->mark, &n, corner);
    if (n == 0) {
        ll_text_add(out, "<circle cx=\"%.2f\" cy=\"%.2f\" r=\"%.2f\"", s->x, s->y, s->size_pt);
    } else {
        ll_text_add(out, "<polygon points=\"");
        for (int i = 0; i < n; i++)
            ll_text_add(out, "%s%.2f,%.2f", i ? " " : "", s->x + s->size_pt * corner[i][0],
                        s->y + s->size_pt * corner[i][1]);
        ll_text_add(out, "\"");
    }
    ll_text_add(out, " stroke-width=\"%.2f\"", 0.28 * s->size_pt);
    color_add(out, "stroke", s->color);
    if (s->hollow)
        ll_text_add(out, " fill=\"none\"");
    else
        color_add(out, "fill", s->color);
    end_add(out, n == 0 ? "circle" : "polygon", s->text);
}

static void head_add(const ll_figure *f, const char *id, ll_text *out)
{
    if (!id)
        ll_text_add(out,
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.2fpt\" height=\"%.2fpt\""
                    " color=\"#222222\"",
                    f->width_pt, f->height_pt);
    else
        ll_text_add(out, "<svg style=\"max-width:%.1fem\"", f->width_pt / 7.5);
    const char *mine = id ? id : "figure";
    ll_text_add(out,
                " viewBox=\"0 0 %.2f %.2f\" role=\"img\" aria-labelledby=\"%s-title %s-says\""
                " font-family=\"Helvetica, Arial, 'Liberation Sans', sans-serif\">\n",
                f->width_pt, f->height_pt, mine, mine);
    ll_text_add(out, "<title id=\"%s-title\">", mine);
    ll_html_text(out, f->title);
    ll_text_add(out, "</title>\n<desc id=\"%s-says\">", mine);
    ll_html_text(out, f->says);
    ll_text_add(out, "</desc>\n");
    if (!id)
        ll_text_add(out, "<rect width=\"%.2f\" height=\"%.2f\" fill=\"#ffffff\"/>\n", f->width_pt,
                    f->height_pt);
}

void ll_figure_svg(const ll_figure *f, const char *id, ll_text *out)
{
    static void (*const add[])(const ll_shape *, ll_text *) = {[LL_SHAPE_RECT] = rect_add,
                                                               [LL_SHAPE_LINE] = line_add,
                                                               [LL_SHAPE_TEXT] = text_add,
                                                               [LL_SHAPE_MARK] = mark_add};
    head_add(f, id, out);
    for (int i = 0; i < f->n; i++)
        add[f->shape[i].kind](&f->shape[i], out);
    ll_text_add(out, "</svg>\n");
}
