#include "sim/report/provenance.h"

#include "sim/config/shipped.h"

#include <math.h>

const ll_field ll_config_row_fields[] = {
    LL_FIELD("path", LL_FIELD_STRING, ll_config_row, path, "", "key"),
    LL_FIELD("typed", LL_FIELD_STRING, ll_config_row, typed, "", "value as typed"),
    LL_FIELD("value", LL_FIELD_NUMBER, ll_config_row, value, "",
             "in SI units; null if it is not a number"),
    LL_FIELD("unit", LL_FIELD_STRING, ll_config_row, unit, "",
             "of value; null if it is not a number"),
    LL_FIELD("origin", LL_FIELD_STRING, ll_config_row, origin, "",
             "file:line, the option that set it, or default"),
    LL_FIELD("evidence", LL_FIELD_STRING, ll_config_row, evidence, "",
             "none (a choice), measured, vendor, derived, press, unverified, assumed or unstated"),
    LL_FIELD("source", LL_FIELD_STRING, ll_config_row, source, "", "source of the figure"),
    {0}};

const ll_field ll_config_file_fields[] = {
    LL_FIELD("path", LL_FIELD_STRING, ll_config_file, path, "", "key that names it"),
    LL_FIELD("name", LL_FIELD_STRING, ll_config_file, name, "", "of the file"),
    LL_FIELD("text", LL_FIELD_STRING, ll_config_file, text, "", "its whole text"),
    {0}};

static const char *const si_units[] = {
    [LL_KIND_COUNT] = "1",  [LL_KIND_RATIO] = "1",  [LL_KIND_TIME] = "s",
    [LL_KIND_SIZE] = "B",   [LL_KIND_RATE] = "B/s", [LL_KIND_COMPUTE] = "FLOP/s",
    [LL_KIND_POWER] = "W",  [LL_KIND_BOOL] = NULL,  [LL_KIND_STRING] = NULL,
    [LL_KIND_CHOICE] = NULL};

int ll_config_rows(const ll_config *cfg, ll_arena *mem, const ll_config_row **out)
{
    const int n = ll_config_n_entry(cfg);
    ll_config_row *row = ll_arena_array(mem, n, ll_config_row);
    for (int i = 0; i < n; i++) {
        const ll_config_entry *e = ll_config_entry_at(cfg, i);
        const char *unit = si_units[e->kind];
        row[i] = (ll_config_row){.path = e->path,
                                 .typed = e->text,
                                 .value = unit ? e->value : (double)NAN,
                                 .unit = unit,
                                 .origin = ll_shipped_short(e->origin, mem),
                                 .evidence = ll_evidence_name(e->evidence),
                                 .source = e->source};
    }
    *out = row;
    return n;
}
