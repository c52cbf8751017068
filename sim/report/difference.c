#include "sim/report/difference.h"

#include "sim/base/status.h"
#include "sim/report/keys.h"

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

static const char **cells_at(const ll_table *t, int i)
{
    return t->cell + (size_t)i * (size_t)t->n_column;
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

static ll_table *differences(const comparison *c, ll_arena *mem)
{
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

/* Whether the table has a row of `group` in which study k has a value. */
static bool group_known(const ll_table *t, const char *group, int k)
{
    for (int i = 0; i < t->n_row; i++) {
        const char **cell = cells_at(t, i);
        if (!strcmp(ll_keys_group(cell[0], t->mem), group) && strcmp(cell[k + 1], "-") != 0)
            return true;
    }
    return false;
}

/* Whether a row before i has the group of row i. */
static bool group_seen(const ll_table *t, int i)
{
    const char *group = ll_keys_group(cells_at(t, i)[0], t->mem);
    for (int j = 0; j < i; j++)
        if (!strcmp(ll_keys_group(cells_at(t, j)[0], t->mem), group)) return true;
    return false;
}

/* The rows of one group under its name; just the name if some study does not have it at all. */
static void group_add(const comparison *c, const ll_table *all, const char *group, ll_table *t)
{
    bool shared = true;
    for (int k = 0; k < c->n; k++)
        shared = shared && group_known(all, group, k);
    if (*group || !shared) {
        ll_table_row(t);
        ll_table_set(t, 0, "%s", group);
    }
    for (int k = 0; k < c->n && !shared; k++)
        ll_table_set(t, k + 1, group_known(all, group, k) ? "present" : "-");
    for (int i = 0; i < all->n_row && shared; i++) {
        const char **cell = cells_at(all, i);
        if (strcmp(ll_keys_group(cell[0], t->mem), group) != 0) continue;
        ll_table_row(t);
        ll_table_set(t, 0, "%s%s", *group ? "  " : "", ll_keys_leaf(cell[0]));
        for (int k = 0; k < c->n; k++)
            ll_table_set(t, k + 1, "%s", cell[k + 1]);
    }
}

/* For people: groups as headings. */
static ll_table *difference_groups(const comparison *c, ll_arena *mem)
{
    ll_table *all = differences(c, mem);
    ll_table *t = table_make(c, "What differs (in full in compare.md, compare.json)", mem);
    for (int i = 0; i < all->n_row; i++)
        if (!group_seen(all, i)) group_add(c, all, ll_keys_group(cells_at(all, i)[0], mem), t);
    return t;
}

ll_table *ll_difference_table(int n, const ll_study *study, const char *const *label, bool grouped,
                              ll_arena *mem)
{
    LL_ASSERT(n <= LL_MAX_COMPARE, "n = %d", n);
    comparison c = {n, study, label};
    return grouped ? difference_groups(&c, mem) : differences(&c, mem);
}
