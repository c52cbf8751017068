#include "sim/print/quantity.h"

#include <math.h>
#include <stdio.h>

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
    return fabs(chips) < 99.95 && chips != rint(chips) ? ll_arena_printf(mem, "%.1f", chips)
                                                       : ll_thousands_text(chips, mem);
}
