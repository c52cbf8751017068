#include "sim/print/quantity.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *ll_quantity_text(ll_kind kind, double value, ll_arena *mem)
{
    char out[64];
    ll_units_format(kind, value, out, sizeof out);
    return ll_arena_strdup(mem, out);
}

const char *ll_thousands_text(double x, ll_arena *mem)
{
    char digits[64], out[96];
    size_t n = (size_t)snprintf(digits, sizeof digits, "%.0f", fabs(x)), k = 0;
    if (n >= sizeof digits) return ll_arena_printf(mem, "%.4g", x);
    if (x <= -0.5) out[k++] = '-';
    for (size_t i = 0; i < n; i++) {
        if (i && (n - i) % 3 == 0) out[k++] = ',';
        out[k++] = digits[i];
    }
    out[k] = '\0';
    return ll_arena_strdup(mem, out);
}

const char *ll_chips_text(double chips, ll_arena *mem)
{
    return fabs(chips) < 99.95 ? ll_arena_printf(mem, "%.1f", chips)
                               : ll_digits_text(chips, 3, mem);
}

int ll_quantity_digits(double err_frac)
{
    enum { MOST = 4 };
    if (!(err_frac > 0)) return MOST;
    const double n = 1 + ceil(-log10(err_frac));
    return n < 1 ? 1 : n > MOST ? MOST : (int)n;
}

const char *ll_digits_text(double x, int digits, ll_arena *mem)
{
    char number[64];
    if (!isfinite(x)) return "-";
    snprintf(number, sizeof number, "%.*e", digits - 1, x); /* rounds once, in decimal */
    const char *e = strchr(number, 'e');
    const int decimals = digits - 1 - (int)strtol(e + 1, NULL, 10);
    const double rounded = strtod(number, NULL);
    if (decimals <= 0) return ll_thousands_text(rounded, mem);
    char *text = ll_arena_printf(mem, "%.*f", x == 0 ? 0 : decimals, rounded);
    return fabs(rounded) < 1000
               ? text
               : ll_arena_printf(mem, "%s%s", ll_thousands_text(trunc(rounded), mem),
                                 strchr(text, '.'));
}

/* The largest unit in which no value is below a tenth; minutes and above only if all have two. */
static double unit_of(ll_kind kind, int n, const double *value, const char **name)
{
    double least = INFINITY, unit = 1;
    *name = "";
    for (int i = 0; i < n; i++)
        if (isfinite(value[i]) && value[i] != 0) least = fmin(least, fabs(value[i]));
    for (int i = 0; ll_units_step(kind, i, &unit, name); i++) {
        const double from = unit > 1 && kind == LL_KIND_TIME ? 2 * unit : 0.1 * unit;
        if (isfinite(least) ? least >= from : unit == 1) break;
    }
    return unit;
}

void ll_quantity_row(ll_kind kind, int n, const double *value, double err_frac, ll_arena *mem,
                     const char **text)
{
    const int digits = ll_quantity_digits(err_frac);
    const char *name;
    const double unit = unit_of(kind, n, value, &name);
    for (int i = 0; i < n; i++) {
        const bool small = kind == LL_KIND_COUNT && fabs(value[i]) < pow(10, digits - 1);
        text[i] =
            small ? ll_thousands_text(value[i], mem) : ll_digits_text(value[i] / unit, digits, mem);
        if (*name && isfinite(value[i])) text[i] = ll_arena_printf(mem, "%s %s", text[i], name);
    }
}
