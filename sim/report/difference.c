#include "sim/report/difference.h"

#include "sim/base/status.h"
#include "sim/step/sensitivity.h"

#include <math.h>
#include <string.h>

typedef struct comparison {
    int n;
    const ll_study *study;
    const char *const *label;
} comparison;

static const ll_config_entry *entry_find(const ll_config *cfg, const char *path)
{
    for (int i = 0; i < ll_config_n_entry(cfg); i++)
        if (!strcmp(ll_config_entry_at(cfg, i)->path, path)) return ll_config_entry_at(cfg, i);
    return NULL;
}

static ll_table *table_make(const comparison *c, const char *title, ll_arena *mem)
{
    ll_column column[LL_MAX_COMPARE + 1] = {{.name = "key"}};
    for (int k = 0; k < c->n; k++)
        column[k + 1] = (ll_column){.name = c->label[k]};
    return ll_table_create(mem, title, c->n + 1, column);
}

/* A row for `path`, unless all studies agree about it. */
static void difference_add(const comparison *c, const char *path, ll_table *t)
{
    const char *text[LL_MAX_COMPARE];
    bool same = true;
    for (int k = 0; k < c->n; k++) {
        const ll_config_entry *e = entry_find(c->study[k].config, path);
        text[k] = e ? e->text : "-";
        same = same && !strcmp(text[k], text[0]);
    }
    if (same) return;
    ll_table_row(t);
    ll_table_set(t, 0, "%s", path);
    for (int k = 0; k < c->n; k++)
        ll_table_set(t, k + 1, "%s", text[k]);
}

ll_table *ll_difference_table(int n, const ll_study *study, const char *const *label, ll_arena *mem)
{
    LL_ASSERT(n <= LL_MAX_COMPARE, "n = %d", n);
    const comparison what = {n, study, label}, *c = &what;
    ll_table *t = table_make(c, "What differs", mem);
    for (int k = 0; k < c->n; k++) {
        const ll_config *cfg = c->study[k].config;
        for (int i = 0; i < ll_config_n_entry(cfg); i++) {
            const char *path = ll_config_entry_at(cfg, i)->path;
            bool known = false;
            for (int before = 0; before < k && !known; before++)
                known = entry_find(c->study[before].config, path) != NULL;
            if (!known) difference_add(c, path, t);
        }
    }
    return t;
}

/* First column of study k in the table of effects: its value; then, except for study 0, the effect.
 * */
static int column_of(int k) { return k == 0 ? 1 : 2 * k; }

static bool is_told(const ll_effects_row *row) { return row->effect_frac >= LL_EFFECT_TOLD; }

static void effect_cells(const ll_effects_row *row, int n, ll_table *t)
{
    ll_table_row(t);
    ll_table_set(t, 0, row->is_group ? "all of %s" : "%s", row->path);
    for (int k = 0; k < n; k++) {
        const ll_effect *e = &row->effect[k];
        const char *text = row->is_group ? "" : row->text[k] ? row->text[k] : "-";
        ll_table_set(t, column_of(k), "%s", text);
        if (k == 0) continue;
        if (!e->differs) continue;
        if (e->why)
            ll_table_set(t, column_of(k) + 1, "-");
        else
            ll_table_set(t, column_of(k) + 1, "%+.1f", 100 * e->effect_frac);
    }
}

ll_table *ll_effects_table(const ll_effects *effects, const char *const *label, ll_arena *mem)
{
    const int n = effects->n_study;
    ll_column column[2 * LL_MAX_COMPARE] = {{.name = "key"}, {.name = label[0]}};
    for (int k = 1; k < n; k++) {
        column[column_of(k)] = (ll_column){.name = label[k]};
        column[column_of(k) + 1] =
            (ll_column){.name = "%",
                        .key = ll_arena_printf(mem, "%s_effect_percent", label[k]),
                        .right = true,
                        .decimal = true};
    }
    ll_table *t = ll_table_create(
        mem,
        ll_arena_printf(mem, "What differs, and the change of %s of %s by that alone, in %%",
                        effects->headline->label, label[0]),
        2 * n, column);
    for (int i = 0; i < effects->n; i++)
        if (is_told(&effects->row[i])) effect_cells(&effects->row[i], n, t);
    return t;
}

const char *ll_effects_text(const ll_effects *effects, const char *first, ll_arena *mem)
{
    int n_key = 0, n_told = 0, n_grouped = 0;
    for (int i = 0; i < effects->n; i++) {
        const ll_effects_row *row = &effects->row[i];
        if (row->is_group) continue;
        bool grouped = false;
        for (int k = 1; k < effects->n_study; k++)
            grouped = grouped || row->effect[k].group;
        n_key++;
        n_told += is_told(row);
        n_grouped += grouped && !is_told(row);
    }
    const char *s = "";
    if (n_told < n_key)
        s = ll_arena_printf(
            mem, "Of %d keys that differ, %d change%s %s by %.0f %% or more alone, %d by less",
            n_key, n_told, n_told == 1 ? "s" : "", first, 100 * LL_EFFECT_TOLD,
            n_key - n_told - n_grouped);
    if (n_grouped)
        s = ll_arena_printf(mem, "%s, and %d can only be changed with others", s, n_grouped);
    return ll_arena_printf(mem, "%s%sEffects are %s. They do not add up.", s, *s ? ". " : "",
                           ll_closed_leaves_out);
}

void ll_effects_json(const ll_effects *effects, const char *key, ll_json *j)
{
    ll_json_open(j, key, '[');
    for (int i = 0; i < effects->n; i++) {
        const ll_effects_row *row = &effects->row[i];
        ll_json_open(j, NULL, '{');
        ll_json_string(j, row->is_group ? "group" : "key", row->path);
        ll_json_open(j, "effect_frac", '[');
        for (int k = 0; k < effects->n_study; k++)
            ll_json_number(j, NULL, row->effect[k].why ? (double)NAN : row->effect[k].effect_frac);
        ll_json_close(j);
        ll_json_open(j, "why_not", '[');
        for (int k = 0; k < effects->n_study; k++)
            ll_json_string(j, NULL, row->effect[k].why);
        ll_json_close(j);
        ll_json_close(j);
    }
    ll_json_close(j);
}
