/* What a result hangs on, and how far seeds are apart, as fields of the JSON (report_json.c). */
#ifndef LL_REPORT_INPUTS_H
#define LL_REPORT_INPUTS_H

#include "sim/print/fields.h"
#include "sim/report/report.h"

/* A figure that the result hangs on; NaN and why: there is no such study. */
typedef struct ll_input_row {
    const char *path, *minus_why, *plus_why;
    double effect_frac, minus_value, minus_frac, plus_value, plus_frac;
} ll_input_row;

typedef struct ll_spread_row {
    const char *figure, *unit;
    int n_seed;
    int32_t n_chip;
    ll_moments m;
} ll_spread_row;

typedef struct ll_inputs {
    int n_input, n_spread; /* 0: was not asked for */
    ll_input_row *input;
    ll_spread_row *spread; /* of an iteration's time, and of the headline */
} ll_inputs;

extern const ll_field ll_input_fields[], ll_spread_fields[]; /* ended by {0} */

void ll_inputs_make(const ll_report *r, ll_arena *mem, ll_inputs *out);

#endif
