/* The roofline of a chip, and where the kernels of a layer stand under it. */
#include "sim/report/kernels.h"

#include <math.h>

static const int bound_color[LL_N_BOUND] = {LL_BLUE, LL_ORANGE, LL_VERMILION};

typedef enum what { GEMM, GROUPED, ATTENTION, N_WHAT } what;
static const ll_mark what_mark[N_WHAT] = {LL_MARK_CIRCLE, LL_MARK_SQUARE, LL_MARK_DIAMOND};
static const char *const what_name[N_WHAT] = {"GEMM", "grouped GEMM", "attention"};

typedef struct roofline {
    ll_figure *f;
    ll_arena *mem;
    double font_pt;
    double left, right, top, bottom; /* of the panel, pt */
    double x_lo, x_hi, y_lo, y_hi;   /* log10: FLOP/B, FLOP/s */
} roofline;

static double x_of(const roofline *r, double flop_per_B)
{
    return r->left + (r->right - r->left) * (log10(flop_per_B) - r->x_lo) / (r->x_hi - r->x_lo);
}

static double y_of(const roofline *r, double flop_per_s)
{
    return r->bottom - (r->bottom - r->top) * (log10(flop_per_s) - r->y_lo) / (r->y_hi - r->y_lo);
}

static what what_of(const ll_kernel *k)
{
    return k->kind == LL_KERNEL_GEMM           ? GEMM
           : k->kind == LL_KERNEL_GROUPED_GEMM ? GROUPED
                                               : ATTENTION;
}

/* Whether a kernel of the layer multiplies in this precision; attention does in 16 bits. */
static bool is_used(const ll_layer_kernels *list, int precision)
{
    const ll_chip *chip = &list->study->cluster.chip;
    for (int i = 0; i < list->n; i++) {
        const ll_kernel *k = list->kernel[i].kernel;
        const bool wide = what_of(k) == ATTENTION;
        const int own = wide ? ll_kernel_wide_precision(chip, k->precision) : k->precision;
        if (list->kernel[i].flop > 0 && own == precision) return true;
    }
    return false;
}

/* What holds all kernels, the knee of each roof, and the highest roof. */
static void range_find(roofline *r, const ll_layer_kernels *list)
{
    const ll_chip *chip = &list->study->cluster.chip;
    double x_lo = 1e30, x_hi = 0, y_lo = 1e30, y_hi = 0;
    for (int p = 0; p < LL_N_PRECISION; p++) {
        if (!(chip->peak_flop_per_s[p] > 0) || !is_used(list, p)) continue;
        y_hi = fmax(y_hi, chip->peak_flop_per_s[p]);
        x_lo = fmin(x_lo, chip->peak_flop_per_s[p] / chip->memory_Bps / 3);
    }
    for (int i = 0; i < list->n; i++) {
        const ll_layer_kernel *k = &list->kernel[i];
        if (!(k->flop > 0)) continue;
        x_lo = fmin(x_lo, k->flop / k->bytes);
        x_hi = fmax(x_hi, k->flop / k->bytes);
        y_lo = fmin(y_lo, k->flop / k->time_s);
    }
    y_lo = fmin(y_lo / 2, y_hi / 20);
    r->x_lo = log10(x_lo / 3);
    r->x_hi = log10(2 * fmax(x_hi, 5 * y_hi / chip->memory_Bps));
    r->y_lo = log10(y_lo);
    r->y_hi = log10(2 * y_hi);
}

static void axes_draw(const roofline *r)
{
    ll_figure *f = r->f;
    const double font = r->font_pt;
    for (int decade = (int)ceil(r->x_lo); decade <= r->x_hi; decade++) {
        const double at = x_of(r, pow(10, decade));
        ll_figure_line(f, at, r->top, at, r->bottom, LL_FAINT);
        ll_figure_text(f, at, r->bottom + 0.9 * font, LL_CENTRE, font, LL_SOFT,
                       ll_arena_printf(r->mem, "%.0f", pow(10, decade)));
    }
    for (int decade = (int)ceil(r->y_lo); decade <= r->y_hi; decade++) {
        const double at = y_of(r, pow(10, decade));
        ll_figure_line(f, r->left, at, r->right, at, LL_FAINT);
        ll_figure_text(f, r->left - 0.4 * font, at, LL_RIGHT, font, LL_SOFT,
                       ll_arena_printf(r->mem, "%.6g", pow(10, decade - 12)));
    }
    ll_figure_line(f, r->left, r->bottom, r->right, r->bottom, LL_SOFT);
    ll_figure_line(f, r->left, r->top, r->left, r->bottom, LL_SOFT);
    ll_figure_text(f, 0.5 * (r->left + r->right), r->bottom + 2.2 * font, LL_CENTRE, font, LL_SOFT,
                   "FLOP per byte of operands");
    ll_figure_add(f, &(ll_shape){.kind = LL_SHAPE_TEXT,
                                 .x = r->left - 3.4 * font,
                                 .y = 0.5 * (r->top + r->bottom),
                                 .color = LL_SOFT,
                                 .size_pt = font,
                                 .align = LL_CENTRE,
                                 .upright = true,
                                 .text = "TFLOP/s"});
}

static void roofs_draw(const roofline *r, const ll_layer_kernels *list)
{
    const ll_chip *chip = &list->study->cluster.chip;
    const double font = r->font_pt, x_min = pow(10, r->x_lo);
    double highest = 0;
    for (int p = 0; p < LL_N_PRECISION; p++) {
        const double peak = chip->peak_flop_per_s[p];
        if (!(peak > 0) || !is_used(list, p)) continue;
        highest = fmax(highest, peak);
        ll_figure_line(r->f, x_of(r, peak / chip->memory_Bps), y_of(r, peak), r->right,
                       y_of(r, peak), LL_INK);
        ll_figure_text(r->f, r->right, y_of(r, peak) - 0.8 * font, LL_RIGHT, font, LL_INK,
                       ll_arena_printf(r->mem, "%s peak, %s", ll_precision_names[p],
                                       ll_quantity_text(LL_KIND_COMPUTE, peak, r->mem)));
    }
    const double from = fmax(x_min * chip->memory_Bps, pow(10, r->y_lo));
    ll_figure_line(r->f, x_of(r, from / chip->memory_Bps), y_of(r, from),
                   x_of(r, highest / chip->memory_Bps), y_of(r, highest), LL_INK);
    ll_figure_text(r->f, x_of(r, highest / chip->memory_Bps) - font, y_of(r, highest) - 0.8 * font,
                   LL_RIGHT, font, LL_INK,
                   ll_arena_printf(r->mem, "memory, %s",
                                   ll_quantity_text(LL_KIND_RATE, chip->memory_Bps, r->mem)));
}

/* A mark as large as its share of the pass; what has no FLOP is counted. */
static void kernels_draw(const roofline *r, const ll_layer_kernels *list)
{
    for (int i = 0; i < list->n; i++) {
        const ll_layer_kernel *k = &list->kernel[i];
        if (!(k->flop > 0)) continue;
        ll_figure_add(
            r->f,
            &(ll_shape){.kind = LL_SHAPE_MARK,
                        .x = x_of(r, k->flop / k->bytes),
                        .y = y_of(r, k->flop / k->time_s),
                        .color = bound_color[k->bound],
                        .size_pt = r->font_pt * (0.3 + 0.9 * sqrt(k->share_frac)),
                        .mark = what_mark[what_of(k->kernel)],
                        .hollow = k->backward,
                        .text = ll_arena_printf(
                            r->mem, "%s, %s: %s, %.0f TFLOP/s, bound by %s",
                            what_name[what_of(k->kernel)], k->backward ? "backward" : "forward",
                            ll_quantity_text(LL_KIND_TIME, k->time_s, r->mem),
                            1e-12 * k->flop / k->time_s, ll_bound_names[k->bound])});
    }
}

/* "Forward 1.2 ms: compute 80 %, memory 19 %, latency 1 %." */
static const char *pass_text(const ll_layer_kernels *list, bool backward, ll_arena *mem)
{
    double all_s = 0, bound_s[LL_N_BOUND] = {0};
    for (int i = 0; i < list->n; i++) {
        if (list->kernel[i].backward != backward) continue;
        all_s += list->kernel[i].time_s;
        bound_s[list->kernel[i].bound] += list->kernel[i].time_s;
    }
    const char *text =
        ll_arena_printf(mem, "%s, %s: kernels bound by", backward ? "Backward" : "Forward",
                        ll_quantity_text(LL_KIND_TIME, all_s, mem));
    for (int b = 0; b < LL_N_BOUND; b++)
        text = ll_arena_printf(mem, "%s %s %.0f %%%s", text, ll_bound_names[b],
                               100 * bound_s[b] / all_s, b + 1 < LL_N_BOUND ? "," : ".");
    return text;
}

void ll_draw_roofline(const ll_layer_kernels *list, ll_form form, ll_arena *mem, ll_figure *out)
{
    const double font = ll_form_font_pt(form);
    const ll_study *s = list->study;
    roofline r = {.f = out, .mem = mem, .font_pt = font, .left = 4.6 * font, .top = 1.2 * font};
    ll_figure_init(out,
                   ll_arena_printf(mem, "Kernels of a layer of %s under the roofline of %s",
                                   s->name, s->cluster.chip.name),
                   mem);
    out->width_pt = ll_form_width_pt(form);
    r.right = out->width_pt - 1.5 * font;
    r.bottom = r.top + (form == LL_WIDE ? 0.5 : 0.75) * (r.right - r.left);
    range_find(&r, list);
    axes_draw(&r);
    roofs_draw(&r, list);
    kernels_draw(&r, list);
    const char *passes[] = {pass_text(list, false, mem), pass_text(list, true, mem)};
    out->says = ll_arena_printf(mem, "%s %s", passes[0], passes[1]);
    double y = r.bottom + 4 * font;
    y += ll_draw_legend(out, r.left, y, r.right - r.left, font,
                        &(ll_legend){LL_N_BOUND, bound_color, NULL, ll_bound_names});
    static const int ink[N_WHAT] = {LL_INK, LL_INK, LL_INK};
    y += ll_draw_legend(out, r.left, y, r.right - r.left, font,
                        &(ll_legend){N_WHAT, ink, what_mark, what_name});
    ll_figure_text(out, r.left, y + 0.6 * font, LL_LEFT, font, LL_SOFT,
                   "Filled: forward; hollow: backward. Area: share of the time of the pass.");
    for (int i = 0; i < 2; i++)
        ll_figure_text(out, r.left, y + (2 + 1.4 * i) * font, LL_LEFT, font, LL_INK,
                       ll_figure_fit(passes[i], font, r.right - r.left, mem));
    out->height_pt = y + 4.4 * font;
}
