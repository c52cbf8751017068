/* The tables that a chip brings with it. */
#include "sim/machine/timed_tables.h"

#include <string.h>

ll_status ll_kernel_tables_rows(const ll_chip *chip, ll_arena *mem, const ll_timed ***row, int *n,
                                ll_error *err)
{
    int64_t cap = 0;
    *row = NULL;
    *n = 0;
    for (int kind = 0; kind < LL_N_TIMED; kind++) {
        ll_timed_table table;
        if (!chip->table[kind].text || !*chip->table[kind].text) continue;
        LL_TRY(ll_timed_parse(chip->table[kind].name, chip->table[kind].text, mem, &table, err));
        if (*n + table.n > cap) {
            *row = ll_arena_grown(mem, *row, *n, *n + table.n, sizeof(void *));
            cap = *n + table.n;
        }
        const int before = *n;
        for (int i = 0; i < table.n; i++)
            if (ll_timed_is_chip(chip, table.row[i].chip)) (*row)[(*n)++] = &table.row[i];
        if (*n == before && table.n > 0)
            return ll_error_set(err, LL_ERR_CONFIG,
                                "%s: no row is of %s, or of measured_as = \"%s\"; its first row is "
                                "of %s",
                                chip->table[kind].name, chip->name, chip->measured_as,
                                table.row[0].chip);
    }
    return LL_OK;
}

/* Whether two chips have the same figures and the same tables. */
static bool same_chip(const ll_chip *a, const ll_chip *b)
{
    for (const ll_key *key = ll_chip_keys; key->name; key++) {
        const char *x = (const char *)a + key->offset, *y = (const char *)b + key->offset;
        if (key->kind == LL_KIND_STRING) {
            // Of a file: its text.
            const bool file = (key->flags & LL_KEY_PATH) != 0;
            const size_t skip = file ? offsetof(ll_text_file, text) : 0;
            const char *s, *t;
            memcpy(&s, x + skip, sizeof s);
            memcpy(&t, y + skip, sizeof t);
            if (s != t && strcmp(s, t) != 0) return false;
        } else if (memcmp(x, y, 8) != 0) { // a double or an int64_t
            return false;
        }
    }
    return true;
}

ll_status ll_kernel_tables_load(ll_config *cfg, const char *path, ll_chip *chip, ll_arena *mem,
                                ll_error *err)
{
    const ll_kernel_tables *known = chip->tables;
    ll_chip *as = ll_arena_new(mem, ll_chip);
    *as = *chip;
    as->tables = NULL;
    ll_config_fill_filed(cfg, path, ll_chip_keys, as);
    as->name = chip->name;
    as->measured_as = chip->measured_as;
    memcpy(as->table, chip->table, sizeof as->table);
    if (known && same_chip(known->as, as)) return LL_OK;
    ll_kernel_tables *tables = ll_arena_new(mem, ll_kernel_tables);
    const ll_timed **row;
    int n;
    LL_TRY(ll_kernel_tables_rows(as, mem, &row, &n, err));
    ll_kernel_tables_make(as, n, row, false, mem, tables);
    tables->as = as;
    chip->tables = tables;
    return LL_OK;
}
