/* Tables out of parts of tables. */
#include "sim/base/words.h"
#include "sim/print/table.h"

#include <string.h>
#include <strings.h>

/* Names of columns, or of rows. */
typedef struct index {
    const ll_table *t;
    bool rows;
    int n;
} index;

static const char *key_of(const index *x, int i)
{
    return x->rows ? ll_table_cell(x->t, i, 0) : ll_table_key(x->t, i);
}

/* "mfu" of "mfu_frac": the key without its last word, which is a unit. */
static bool is_without_unit(const char *key, const char *name)
{
    const char *unit = strrchr(key, '_');
    const size_t n = unit ? (size_t)(unit - key) : 0;
    return n && strlen(name) == n && !strncasecmp(key, name, n);
}

/* The item that has the name, exactly if there is one; or -1. */
static int item_find(const index *x, const char *name)
{
    for (int i = 0; i < x->n; i++)
        if (!strcasecmp(key_of(x, i), name)) return i;
    for (int i = 0; i < x->n; i++)
        if (!x->rows && !strcasecmp(ll_table_cell(x->t, -1, i), name)) return i;
    for (int i = 0; i < x->n; i++)
        if (is_without_unit(key_of(x, i), name)) return i;
    return -1;
}

static ll_status unknown(const index *x, const char *option, const char *name, ll_error *err)
{
    const char **known = ll_arena_array(x->t->mem, x->n, const char *);
    char hint[4096];
    for (int i = 0; i < x->n; i++)
        known[i] = key_of(x, i);
    return ll_error_set(err, LL_ERR_CONFIG, "%s: there is no '%s'; %s", option, name,
                        ll_words_hint(&(ll_words){x->n, known, NULL}, name, hint, sizeof hint));
}

/* item[n]: what `names` lists, in its order. */
static ll_status items_find(const index *x, const char *option, const char *names, int *n,
                            int *item, ll_error *err)
{
    *n = 0;
    while (*names) {
        const size_t length = strcspn(names, ",");
        const char *name = ll_arena_strndup(x->t->mem, names, length);
        const int i = item_find(x, name);
        if (i < 0) return unknown(x, option, name, err);
        for (int k = 0; k < *n; k++)
            if (item[k] == i)
                return ll_error_set(err, LL_ERR_CONFIG, "%s: '%s' is given twice", option, name);
        item[(*n)++] = i;
        names += length + (names[length] == ',');
    }
    if (*n) return LL_OK;
    return ll_error_set(err, LL_ERR_CONFIG, "%s: names nothing; write for example %s", option,
                        key_of(x, x->n - 1));
}

/* A table of these rows and columns. */
static ll_table *part(const ll_table *t, int n_row, const int *row, int n_column, const int *column)
{
    ll_column *head = ll_arena_array(t->mem, n_column, ll_column);
    for (int c = 0; c < n_column; c++)
        head[c] = t->column[column[c]];
    ll_table *out = ll_table_create(t->mem, t->title, n_column, head);
    out->caption = t->caption;
    out->label = t->label;
    for (int r = 0; r < n_row; r++) {
        ll_table_row(out);
        for (int c = 0; c < n_column; c++) {
            out->cell[r * n_column + c] = t->cell[row[r] * t->n_column + column[c]];
            out->exact[r * n_column + c] = t->exact[row[r] * t->n_column + column[c]];
        }
    }
    return out;
}

/* 0, 1, ..., n - 1. */
static int *every(ll_arena *mem, int n)
{
    int *item = ll_arena_array(mem, n, int);
    for (int i = 0; i < n; i++)
        item[i] = i;
    return item;
}

ll_status ll_table_select(const ll_table *t, const char *option, const char *names, ll_table **out,
                          ll_error *err)
{
    int n, *item = ll_arena_array(t->mem, t->n_column + 1, int);
    LL_TRY(items_find(&(index){t, false, t->n_column}, option, names, &n, item + 1, err));
    bool first = false; /* column 0 is named: it stands where it is named */
    for (int k = 1; k <= n; k++)
        first = first || item[k] == 0;
    item[0] = 0;
    *out = part(t, t->n_row, every(t->mem, t->n_row), first ? n : n + 1, first ? item + 1 : item);
    return LL_OK;
}

ll_status ll_table_select_rows(const ll_table *t, const char *option, const char *names,
                               ll_table **out, ll_error *err)
{
    int n, *item = ll_arena_array(t->mem, t->n_row + 1, int);
    LL_TRY(items_find(&(index){t, true, t->n_row}, option, names, &n, item, err));
    *out = part(t, n, item, t->n_column, every(t->mem, t->n_column));
    return LL_OK;
}
