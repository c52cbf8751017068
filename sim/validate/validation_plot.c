/* The picture of a validation: errors of predicted steps over chips. */
#include "sim/report/plot.h"
#include "sim/validate/validation_report.h"

#include <math.h>
#include <string.h>

static const int colors[] = {LL_BLUE, LL_VERMILION, LL_GREEN, LL_PURPLE,
                             LL_SKY,  LL_ORANGE,    LL_INK,   LL_GREY};
enum { N_COLOR = sizeof colors / sizeof *colors };

typedef struct scatter {
    ll_figure *f;
    ll_arena *mem;
    const ll_validation *v;
    double font_pt;
    double left_pt, right_pt, top_pt, bottom_pt; /* of the plot */
    double lo_chip, hi_chip, lo_percent, hi_percent;
} scatter;

static double x_of(const scatter *s, double n_chip)
{
    return s->left_pt +
           (s->right_pt - s->left_pt) * log(n_chip / s->lo_chip) / log(s->hi_chip / s->lo_chip);
}

static double y_of(const scatter *s, double percent)
{
    return s->bottom_pt -
           (s->bottom_pt - s->top_pt) * (percent - s->lo_percent) / (s->hi_percent - s->lo_percent);
}

/* A step that ran. */
static bool shown(const ll_validation_outcome *o)
{
    return o->state == LL_VALIDATION_OK && o->work_flop > 0;
}

static bool is_open(const ll_validation *v, int i) { return !strcmp(v->row[i].group, "open20"); }

/* Ranges of the axes: whole powers of ten of chips, and errors with the band and some room. */
static void ranges_find(scatter *s)
{
    double lo = INFINITY, hi = 1;
    s->lo_percent = -15;
    s->hi_percent = 15;
    for (int i = 0; i < s->v->n_row; i++) {
        const ll_validation_outcome *o = &s->v->outcome[i];
        if (!shown(o)) continue;
        lo = fmin(lo, (double)o->n_chip);
        hi = fmax(hi, (double)o->n_chip);
        s->lo_percent = fmin(s->lo_percent, 1.1 * ll_validation_error(o));
        s->hi_percent = fmax(s->hi_percent, 1.1 * ll_validation_error(o));
    }
    s->lo_chip = 0.7 * fmin(lo, hi);
    s->hi_chip = 1.4 * hi;
}

static void percents_draw(scatter *s)
{
    const double step = ll_figure_step(s->hi_percent - s->lo_percent, 4);
    ll_figure_rect(s->f, s->left_pt, y_of(s, 10), s->right_pt, y_of(s, -10), LL_FAINT,
                   "within 10 %");
    ll_figure_line(s->f, s->left_pt, y_of(s, 0), s->right_pt, y_of(s, 0), LL_SOFT);
    for (int i = (int)ceil(s->lo_percent / step); i * step <= s->hi_percent; i++) {
        const double at = i * step;
        ll_figure_line(s->f, s->left_pt - 2.5, y_of(s, at), s->left_pt, y_of(s, at), LL_SOFT);
        ll_figure_text(s->f, s->left_pt - 4, y_of(s, at), LL_RIGHT, s->font_pt, LL_SOFT,
                       ll_arena_printf(s->mem, at > 0 ? "+%g" : "%g", at));
    }
    ll_figure_add(s->f, &(ll_shape){.kind = LL_SHAPE_TEXT,
                                    .x = 0.7 * s->font_pt,
                                    .y = 0.5 * (s->top_pt + s->bottom_pt),
                                    .color = LL_SOFT,
                                    .size_pt = s->font_pt,
                                    .text = "error of the predicted step, %",
                                    .align = LL_CENTRE,
                                    .upright = true});
}

static void chips_draw(scatter *s)
{
    ll_figure_line(s->f, s->left_pt, s->top_pt, s->left_pt, s->bottom_pt, LL_SOFT);
    ll_figure_line(s->f, s->left_pt, s->bottom_pt, s->right_pt, s->bottom_pt, LL_SOFT);
    for (int64_t at = 1; (double)at <= s->hi_chip; at *= 10) {
        if ((double)at < s->lo_chip) continue;
        const double x = x_of(s, (double)at);
        ll_figure_line(s->f, x, s->bottom_pt, x, s->bottom_pt + 2.5, LL_SOFT);
        ll_figure_text(s->f, x, s->bottom_pt + 2.5 + 0.8 * s->font_pt, LL_CENTRE, s->font_pt,
                       LL_SOFT, ll_thousands_text((double)at, s->mem));
    }
    ll_figure_text(s->f, 0.5 * (s->left_pt + s->right_pt), s->bottom_pt + 2.5 + 2.1 * s->font_pt,
                   LL_CENTRE, s->font_pt, LL_SOFT, "chips");
}

/* Draws the rows of one chip. Marks of different chips are shifted by `aside`, because many runs
 * have the same number of chips. */
static void rows_draw(scatter *s, bool open, const char *chip, int color, ll_mark mark,
                      double aside)
{
    for (int i = 0; i < s->v->n_row; i++) {
        const ll_validation_outcome *o = &s->v->outcome[i];
        if (!shown(o) || strcmp(o->chip, chip) != 0 || is_open(s->v, i) != open) continue;
        const double percent = ll_validation_error(o);
        ll_figure_add(s->f,
                      &(ll_shape){.kind = LL_SHAPE_MARK,
                                  .x = x_of(s, (double)o->n_chip) + aside,
                                  .y = y_of(s, percent),
                                  .color = color,
                                  .size_pt = 0.26 * s->font_pt,
                                  .text = ll_arena_printf(s->mem, "%s %s: %s, %lld chips, %+.1f %%",
                                                          s->v->row[i].id, s->v->row[i].what, chip,
                                                          (long long)o->n_chip, percent),
                                  .mark = mark,
                                  .hollow = !open});
    }
}

/* Draws the marks of all chips, and the legend. */
static double marks_draw(scatter *s, double legend_y)
{
    int n = 0, *color = ll_arena_array(s->mem, s->v->n_stats, int);
    ll_mark *mark = ll_arena_array(s->mem, s->v->n_stats, ll_mark);
    const char **name = ll_arena_array(s->mem, s->v->n_stats, const char *);
    for (int k = 0; k < s->v->n_stats; k++) {
        if (strcmp(s->v->stats[k].scope, "chip") != 0) continue;
        bool any = false;
        for (int i = 0; i < s->v->n_row && !any; i++)
            any = shown(&s->v->outcome[i]) && !strcmp(s->v->outcome[i].chip, s->v->stats[k].name);
        if (!any) continue;
        color[n] = colors[n % N_COLOR];
        mark[n] = (ll_mark)((n + n / N_COLOR) % LL_N_MARK);
        name[n++] = s->v->stats[k].name;
    }
    for (int open = 0; open < 2; open++) /* these on top */
        for (int k = 0; k < n; k++)
            rows_draw(s, open, name[k], color[k], mark[k], 1.2 * (k - 0.5 * (n - 1)));
    return ll_draw_legend(s->f, s->left_pt, legend_y, s->right_pt - s->left_pt, s->font_pt,
                          &(ll_legend){n, color, mark, name});
}

static const char *says(const ll_validation *v, ll_arena *mem)
{
    ll_text t;
    ll_text_init(&t, mem);
    for (int k = 0; k < v->n_stats; k++)
        if (!strcmp(v->stats[k].scope, "chip"))
            ll_text_add(&t, "%s%s: %d rows, median error %.1f %%, worst %.1f %%.", t.n ? " " : "",
                        v->stats[k].name, v->stats[k].n, v->stats[k].median_abs_err,
                        v->stats[k].worst);
    return t.s;
}

static void scatter_draw(const ll_validation *v, ll_form form, ll_arena *mem, ll_figure *out)
{
    const double font = ll_form_font_pt(form);
    scatter s = {.f = out, .mem = mem, .v = v, .font_pt = font};
    ll_figure_init(out, "Errors of predicted steps against published ones", mem);
    out->width_pt = ll_form_width_pt(form);
    out->says = says(v, mem);
    s.left_pt = 4.5 * font;
    s.right_pt = out->width_pt - font;
    s.top_pt = font;
    s.bottom_pt = s.top_pt + (form == LL_WIDE ? 190 : 130);
    ranges_find(&s);
    percents_draw(&s);
    chips_draw(&s);
    double y = s.bottom_pt + 2.5 + 3.2 * font;
    y += marks_draw(&s, y);
    ll_figure_text(
        out, s.left_pt, y + 0.75 * font, LL_LEFT, font, LL_SOFT,
        form == LL_WIDE
            ? "Filled: open rows. Grey: within 10 %. Below 0: the prediction is too fast."
            : "Filled: open rows. Below 0: predicted too fast.");
    out->height_pt = y + 2 * font;
}

ll_status ll_validation_plot(const char *dir, const ll_validation *v, ll_comm *comm, ll_arena *mem,
                             bool *drawn, ll_error *err)
{
    ll_figure figure[LL_N_FORM] = {{0}};
    for (int form = 0; form < LL_N_FORM && ll_comm_rank(comm) == 0; form++)
        scatter_draw(v, (ll_form)form, mem, &figure[form]);
    return ll_plot_write(dir, "validation", figure, comm, mem, drawn, err);
}
