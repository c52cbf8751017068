/* Pictures of made-up results: texts do not collide or leave the page, nothing is too small to
 * read, zeros draw nothing, and the SVG is well-formed whatever the names are. */
#include "sim/report/plot.h"
#include "tests/support/check.h"
#include "tests/support/report_make.h"
#include "tests/support/xml_check.h"

enum { N_REPORT = 12 };

static const char *const names[N_REPORT] = {
    "nvl72",
    "<&\"x'>",
    ("gr\xC3\xB6\xC3\x9F"
     "er \xE4\xBA\x91 \xE8\x8A\xAF\xE7\x89\x87"),
    "a_name_that_is_far_too_long_for_any_picture_and_goes_on_and_on_and_on_until_it_ends",
    "bad \xFF\xC3 bytes \x01\x1B[31m",
    "`date`",
    "g",
    "h",
    "i",
    "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW",
    "k",
    "l"};

typedef struct box {
    double x, y, x2, y2;
} box;

static box box_of(const ll_shape *s)
{
    const double room = ll_figure_room(s->text, s->size_pt), half = 0.5 * s->size_pt;
    const double x = s->x - (s->align == LL_LEFT ? 0 : s->align == LL_CENTRE ? 0.5 * room : room);
    if (s->upright) return (box){s->x - half, s->y - 0.5 * room, s->x + half, s->y + 0.5 * room};
    return (box){x, s->y - half, x + room, s->y + half};
}

static void check_texts(const char *what, const ll_figure *f)
{
    for (int i = 0; i < f->n; i++) {
        const ll_shape *s = &f->shape[i];
        if (s->kind != LL_SHAPE_TEXT) continue;
        const box a = box_of(s);
        CHECK(s->size_pt >= 7, "%s: '%s' has %g pt", what, s->text, s->size_pt);
        CHECK(a.x > -0.5 && a.y > -0.5 && a.x2 < f->width_pt + 0.5 && a.y2 < f->height_pt + 0.5,
              "%s: '%s' leaves the page: %g %g %g %g of %g x %g", what, s->text, a.x, a.y, a.x2,
              a.y2, f->width_pt, f->height_pt);
        for (int k = 0; k < i; k++) {
            if (f->shape[k].kind != LL_SHAPE_TEXT) continue;
            const box b = box_of(&f->shape[k]);
            CHECK(a.x >= b.x2 || b.x >= a.x2 || a.y >= b.y2 || b.y >= a.y2,
                  "%s: '%s' and '%s' collide", what, s->text, f->shape[k].text);
        }
    }
}

static void check_rects(const char *what, const ll_figure *f)
{
    for (int i = 0; i < f->n; i++) {
        const ll_shape *s = &f->shape[i];
        if (s->kind != LL_SHAPE_RECT) continue;
        CHECK(s->x2 > s->x && s->y2 > s->y, "%s: a rectangle of nothing at %g, %g", what, s->x,
              s->y);
        CHECK(s->x >= -0.5 && s->x2 <= f->width_pt + 0.5 && s->y2 <= f->height_pt + 0.5,
              "%s: a rectangle leaves the page", what);
    }
}

static void check_svg(const char *what, const ll_figure *f, ll_arena *mem)
{
    ll_text file, part;
    ll_text_init(&file, mem);
    ll_text_init(&part, mem);
    ll_figure_svg(f, NULL, &file);
    ll_figure_svg(f, "one", &part);
    const char *wrong = xml_wrong(file.s);
    CHECK(!wrong, "%s: not well-formed at %.60s", what, wrong);
    wrong = xml_wrong(part.s);
    CHECK(!wrong, "%s, in a page: not well-formed at %.60s", what, wrong);
    CHECK(strstr(file.s, "width=\"") && strstr(part.s, "id=\"one-title\""), "%s: %.200s", what,
          part.s);
    CHECK(!strstr(part.s, "http"), "%s: refers to something outside", what);
}

static void check_all(const char *what, const ll_figure *f, ll_form form, ll_arena *mem)
{
    CHECK(f->width_pt <= ll_form_width_pt(form) + 0.01, "%s: %g pt wide", what, f->width_pt);
    check_texts(what, f);
    check_rects(what, f);
    check_svg(what, f, mem);
}

static void test_pictures(ll_arena *mem)
{
    const made_loss *const kinds[] = {made_usual, made_none, made_gain, made_other};
    ll_report r[N_REPORT];
    for (int i = 0; i < N_REPORT; i++)
        r[i] = report_make(names[i], i % 3 ? 524288 : 72, kinds[i % 4], mem);
    for (int form = 0; form < LL_N_FORM; form++)
        for (int n = 1; n <= N_REPORT; n++) {
            ll_figure f;
            ll_draw_waterfalls(n, r, (ll_form)form, mem, &f);
            check_all(ll_arena_printf(mem, "waterfalls %d of %d", form, n), &f, (ll_form)form, mem);
            ll_draw_bars(n, r, (ll_form)form, mem, &f);
            check_all(ll_arena_printf(mem, "bars %d of %d", form, n), &f, (ll_form)form, mem);
            ll_draw_wire(&r[n - 1], (ll_form)form, mem, &f);
            check_all(ll_arena_printf(mem, "wire %d of %d", form, n), &f, (ll_form)form, mem);
        }
}

static int n_of_color(const ll_figure *f, int color)
{
    int n = 0;
    for (int i = 0; i < f->n; i++)
        n += f->shape[i].kind == LL_SHAPE_RECT && f->shape[i].color == color;
    return n;
}

/* Bars and squares of the legend by colour; a loss of nothing, or next to nothing, has no bar. */
static void test_waterfall(ll_arena *mem)
{
    const ll_report r = report_make("nvl72", 72, made_usual, mem);
    ll_figure f;
    ll_draw_waterfalls(1, &r, LL_COLUMN, mem, &f);
    CHECK(n_of_color(&f, LL_BLUE) == 2 + 1, "network: %d", n_of_color(&f, LL_BLUE));
    CHECK(n_of_color(&f, LL_PURPLE) == 2 + 1, "pipeline: %d", n_of_color(&f, LL_PURPLE));
    CHECK(n_of_color(&f, LL_ORANGE) == 4 + 1, "chip: %d", n_of_color(&f, LL_ORANGE));
    CHECK(n_of_color(&f, LL_SKY) == 1 + 1, "waiting: %d", n_of_color(&f, LL_SKY));
    int n_headline = 0, n_tick = 0;
    for (int i = 0; i < f.n; i++)
        if (f.shape[i].kind == LL_SHAPE_TEXT) {
            n_headline += !strcmp(f.shape[i].text, "32.0 of 72 chips, 44.5 %");
            n_tick += !strcmp(f.shape[i].text, "100");
        }
    CHECK(n_headline == 1 && n_tick == 1, "%d headlines, %d ticks", n_headline, n_tick);
    CHECK(strstr(f.says, "kernels 31.6 %") && !strstr(f.says, "contention"), "%s", f.says);
}

static void test_words(ll_arena *mem)
{
    CHECK(ll_figure_room("\xC3\xA4", 10) == ll_figure_room("\xC3\xB6", 10), "%g",
          ll_figure_room("\xC3\xA4", 10));
    const char *s = names[3];
    for (double room = 40; room < 300; room += 7) {
        const char *cut = ll_figure_fit(s, 8, room, mem);
        CHECK(ll_figure_room(cut, 8) <= room && strstr(cut, "..."), "'%s' in %g", cut, room);
    }
    CHECK(ll_figure_fit("nvl72", 8, 100, mem)[0] == 'n', "what fits is not cut");
    CHECK(ll_figure_ink_on(LL_BLUE) == 0xFFFFFF && ll_figure_ink_on(LL_YELLOW) == 0, "inks");
    CHECK(ll_figure_step(100, 4) == 20 && ll_figure_step(1.077, 5) == 0.2, "%g, %g",
          ll_figure_step(100, 4), ll_figure_step(1.077, 5));
}

int main(void)
{
    ll_arena *mem = ll_arena_create("test");
    test_words(mem);
    test_waterfall(mem);
    test_pictures(mem);
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
