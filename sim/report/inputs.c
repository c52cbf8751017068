#include "sim/report/inputs.h"

#include <math.h>

const ll_field ll_input_fields[] = {
    LL_FIELD("path", LL_FIELD_STRING, ll_input_row, path, "",
             "key of the input, a figure about the world"),
    LL_FIELD("effect_frac", LL_FIELD_NUMBER, ll_input_row, effect_frac, "1",
             "the larger of the two effects, without its sign"),
    LL_FIELD("minus_value", LL_FIELD_NUMBER, ll_input_row, minus_value, "",
             "10 % less, or the lower bound of the key; unit as in config"),
    LL_FIELD("minus_effect_frac", LL_FIELD_NUMBER, ll_input_row, minus_frac, "1",
             "change of the headline figure with it, by closed without jitter"),
    LL_FIELD("minus_refused", LL_FIELD_STRING, ll_input_row, minus_why, "",
             "why the study is not legal with it; null: it is"),
    LL_FIELD("plus_value", LL_FIELD_NUMBER, ll_input_row, plus_value, "",
             "10 % more, or the upper bound"),
    LL_FIELD("plus_effect_frac", LL_FIELD_NUMBER, ll_input_row, plus_frac, "1",
             "change of the headline figure with it"),
    LL_FIELD("plus_refused", LL_FIELD_STRING, ll_input_row, plus_why, "", "as minus_refused"),
    {0}};

const ll_field ll_spread_fields[] = {
    LL_FIELD("figure", LL_FIELD_STRING, ll_spread_row, figure, "",
             "iteration_s, and the headline figure"),
    LL_FIELD("unit", LL_FIELD_STRING, ll_spread_row, unit, "", "of it"),
    LL_FIELD("seeds", LL_FIELD_INT, ll_spread_row, n_seed, "",
             "the seed of the study and the next ones"),
    LL_FIELD("chips", LL_FIELD_INT32, ll_spread_row, n_chip, "chips",
             "number of chips that draw delays"),
    LL_FIELD("mean", LL_FIELD_NUMBER, ll_spread_row, m.mean, "", "over the seeds, by closed"),
    LL_FIELD("min", LL_FIELD_NUMBER, ll_spread_row, m.min, "", "of them"),
    LL_FIELD("max", LL_FIELD_NUMBER, ll_spread_row, m.max, "", "of them"),
    LL_FIELD("sd", LL_FIELD_NUMBER, ll_spread_row, m.sd, "", "standard deviation of the sample"),
    {0}};

static void inputs_add(const ll_sensitivity *s, ll_arena *mem, ll_inputs *out)
{
    out->input = ll_arena_array(mem, s->n, ll_input_row);
    for (int i = 0; i < s->n; i++) {
        const ll_sensitivity_row *r = &s->row[i];
        out->input[out->n_input++] =
            (ll_input_row){.path = r->entry->path,
                           .minus_why = r->minus.why,
                           .plus_why = r->plus.why,
                           .effect_frac = r->effect_frac,
                           .minus_value = r->minus.value,
                           .minus_frac = r->minus.why ? (double)NAN : r->minus.effect_frac,
                           .plus_value = r->plus.value,
                           .plus_frac = r->plus.why ? (double)NAN : r->plus.effect_frac};
    }
}

static void spread_add(const ll_seed_spread *s, const ll_metric *headline, ll_arena *mem,
                       ll_inputs *out)
{
    out->spread = ll_arena_array(mem, 2, ll_spread_row);
    out->spread[out->n_spread++] =
        (ll_spread_row){"iteration_s", "s", s->n, s->n_chip, s->iteration_s};
    out->spread[out->n_spread++] =
        (ll_spread_row){headline->name, headline->unit, s->n, s->n_chip, s->headline};
}

void ll_inputs_make(const ll_report *r, ll_arena *mem, ll_inputs *out)
{
    *out = (ll_inputs){0};
    if (r->sensitivity) inputs_add(r->sensitivity, mem, out);
    if (r->spread) spread_add(r->spread, ll_headline(r->study), mem, out);
}
