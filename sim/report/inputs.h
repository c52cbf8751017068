/* The inputs on which a result depends most, and the spread over seeds, as fields of the JSON
 * (report_json.c). */
#ifndef LL_REPORT_INPUTS_H
#define LL_REPORT_INPUTS_H

#include "sim/print/fields.h"
#include "sim/report/report.h"

/* An input. NaN and a reason: the study is not legal with that value. */
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
    int n_input, n_spread; /* 0: not computed */
    ll_input_row *input;
    ll_spread_row *spread; /* of an iteration's time, and of the headline */
} ll_inputs;

extern const ll_field ll_input_fields[], ll_spread_fields[]; /* ended by {0} */

void ll_inputs_make(const ll_report *r, ll_arena *mem, ll_inputs *out);

#endif
