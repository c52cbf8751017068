#include "sim/report/waterfall.h"

#include <math.h>

enum { BAR = 36, NAME = 17 }; /* lines of 79 columns */

int ll_report_bars(const ll_result *r, ll_arena *mem, const ll_bar **bar)
{
    ll_bar *out = ll_arena_array(mem, r->n_loss + 2, ll_bar);
    double left = r->n_chip;
    int n = 0;
    out[n++] = (ll_bar){"all chips, at peak", LL_BAR_ALL, 0, 1, r->n_chip, 1};
    /* The ladder starts at the real machine and removes causes; a waterfall starts at the top. */
    for (int i = r->n_loss - 1; i >= 0; i--) {
        const ll_loss *loss = &r->loss[i];
        const double after = left - loss->chips;
        out[n++] = (ll_bar){
            loss->cause, LL_BAR_LOST, fmin(left, after) / r->n_chip, fmax(left, after) / r->n_chip,
            loss->chips, loss->frac};
        left = after;
    }
    out[n++] = (ll_bar){"effective chips",  LL_BAR_EFFECTIVE,   0,
                        r->efficiency_frac, r->effective_chips, r->efficiency_frac};
    *bar = out;
    return n;
}

/* [lo, hi) of BAR columns as '#', the columns before it as '.'. */
static void columns_add(ll_text *out, double lo_frac, double hi_frac)
{
    int lo = (int)lround(BAR * fmin(fmax(lo_frac, 0), 1));
    int hi = (int)lround(BAR * fmin(fmax(hi_frac, 0), 1));
    ll_text_add(out, "|");
    for (int i = 0; i < BAR; i++)
        ll_text_add(out, "%s", i < lo ? "." : i < hi ? "#" : " ");
    ll_text_add(out, "|\n");
}

void ll_report_waterfall(const ll_report *r, ll_arena *mem, ll_text *out)
{
    const ll_bar *bar;
    const int n = ll_report_bars(r->result, mem, &bar);
    ll_text_add(out, "  %-*s %9s %9s\n", NAME, "", "chips", "of all");
    for (int i = 0; i < n; i++) {
        const double sign = bar[i].kind == LL_BAR_LOST ? -1 : 1;
        if (bar[i].kind == LL_BAR_LOST && bar[i].chips == 0) continue;
        ll_text_add(out, "  %-*s %9.1f %7.2f %%  ", NAME, bar[i].name, sign * bar[i].chips,
                    100 * sign * bar[i].frac);
        columns_add(out, bar[i].lo_frac, bar[i].hi_frac);
    }
}
