/* Fields as the columns of a table. */
#include "sim/print/fields.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The columns and cells of one struct. */
typedef struct named_text {
    const char *name, *text;
    bool numeric;
} named_text;

typedef struct named_texts {
    ll_arena *mem;
    named_text *at; /* [n], of cap */
    int n, cap;
} named_texts;

static named_texts texts_make(ll_arena *mem)
{
    enum { CAP = 64 };
    return (named_texts){mem, ll_arena_array(mem, CAP, named_text), 0, CAP};
}

static bool is_number(ll_field_type type)
{
    return type == LL_FIELD_NUMBER || type == LL_FIELD_INT || type == LL_FIELD_INT32 ||
           type == LL_FIELD_INT64;
}

static bool is_plain(ll_field_type type) { return type < LL_FIELD_OBJECT; }

static int column_find(const named_texts *row, const char *name)
{
    for (int i = 0; i < row->n; i++)
        if (!strcmp(row->at[i].name, name)) return i;
    return -1;
}

/* A second column of the same name becomes name_2. */
static void column_add(named_texts *row, const char *name, const char *text, bool numeric)
{
    const char *own = name;
    for (int k = 2; column_find(row, own) >= 0; k++)
        own = ll_arena_printf(row->mem, "%s_%d", name, k);
    if (row->n == row->cap) {
        const int cap = 2 * row->cap;
        row->at = ll_arena_grown(row->mem, row->at, row->n, cap, sizeof *row->at);
        row->cap = cap;
    }
    row->at[row->n++] = (named_text){own, text, numeric};
}

/* "tp_all_gather" of "tp all_gather". */
static const char *word_of(const char *label, ll_arena *mem)
{
    char *s = ll_arena_strdup(mem, label);
    for (char *c = s; *c; c++)
        if (!isalnum((unsigned char)*c)) *c = '_';
    return s;
}

static const char *prefix_of(const char *prefix, const char *what, const char *item, ll_arena *mem)
{
    return *item ? ll_arena_printf(mem, "%s%s_%s_", prefix, what, word_of(item, mem))
                 : ll_arena_printf(mem, "%s%s_", prefix, what);
}

static void plain_add(named_texts *row, const ll_field *f, const char *prefix, const char *base)
{
    const char *text = ll_field_text(f, base, row->mem);
    if (f->type == LL_FIELD_BOOL) text = *text == 't' ? "TRUE" : "FALSE";
    if (f->type == LL_FIELD_HASH) text = ll_arena_printf(row->mem, "fnv1a:%s", text);
    column_add(row, ll_arena_printf(row->mem, "%s%s", prefix, f->name), text, is_number(f->type));
}

static void list_add(named_texts *row, const ll_field *f, const char *prefix, const char *base)
{
    const char *items = *(const char *const *)(const void *)(base + f->offset);
    for (int i = 0; i < *(const int *)(const void *)(base + f->n_offset); i++) {
        const char *item = items + (size_t)i * f->item_B;
        const char *label = *(const char *const *)(const void *)(item + f->sub->offset);
        const char *name = prefix_of(prefix, f->columns, label, row->mem);
        for (const ll_field *sub = f->sub + 1; sub->name; sub++)
            if (is_number(sub->type)) plain_add(row, sub, name, item);
    }
}

static void named_add(named_texts *row, const ll_field *f, const char *prefix, const char *base)
{
    const ll_named *list = *(const ll_named *const *)(const void *)(base + f->offset);
    for (int i = 0; i < *(const int *)(const void *)(base + f->n_offset); i++)
        column_add(row, ll_arena_printf(row->mem, "%s%s", prefix, list[i].name),
                   isfinite(list[i].value) ? ll_arena_printf(row->mem, "%.17g", list[i].value) : "",
                   true);
}

static const char *words_text(const ll_field *f, const char *base, ll_arena *mem)
{
    const char *s = "";
    for (const char *const *word = *(const char *const *const *)(const void *)(base + f->offset);
         *word; word++)
        s = ll_arena_printf(mem, "%s%s%s", s, *s ? "; " : "", *word);
    return *s ? s : "none";
}

static void object_add(named_texts *row, const ll_field *f, const char *prefix, const char *base)
{
    for (; f->name; f++) {
        if (is_plain(f->type))
            plain_add(row, f, prefix, base);
        else if (f->type == LL_FIELD_INLINE)
            named_add(row, f, prefix, base);
        else if (!f->columns)
            continue;
        else if (f->type == LL_FIELD_OBJECT)
            object_add(row, f->sub, prefix_of(prefix, f->columns, "", row->mem), base + f->offset);
        else if (f->type == LL_FIELD_LIST)
            list_add(row, f, prefix, base);
        else if (f->type == LL_FIELD_NAMED)
            named_add(row, f, prefix_of(prefix, f->columns, "", row->mem), base);
        else
            column_add(row, f->columns, words_text(f, base, row->mem), false);
    }
}

/* All names, those of the first struct first. A column is numeric if it is so in every struct that
 * has it. */
static named_texts all_columns(int n, const named_texts *row, ll_arena *mem)
{
    named_texts all = texts_make(mem);
    for (int k = 0; k < n; k++)
        for (int i = 0; i < row[k].n; i++) {
            const int at = column_find(&all, row[k].at[i].name);
            if (at < 0)
                column_add(&all, row[k].at[i].name, "", row[k].at[i].numeric);
            else
                all.at[at].numeric = all.at[at].numeric && row[k].at[i].numeric;
        }
    return all;
}

ll_table *ll_fields_tidy(const ll_field *f, int n, const void *const *base, ll_arena *mem)
{
    named_texts *row = ll_arena_array(mem, n, named_texts);
    for (int k = 0; k < n; k++) {
        row[k] = texts_make(mem);
        object_add(&row[k], f, "", base[k]);
    }
    const named_texts all = all_columns(n, row, mem);
    ll_column *column = ll_arena_array(mem, all.n, ll_column);
    for (int c = 0; c < all.n; c++)
        column[c] = (ll_column){.name = all.at[c].name, .right = all.at[c].numeric};
    ll_table *t = ll_table_create(mem, "", all.n, column);
    for (int k = 0; k < n; k++) {
        ll_table_row(t);
        for (int i = 0; i < row[k].n; i++) {
            const int at = k * all.n + column_find(&all, row[k].at[i].name);
            t->cell[at] = row[k].at[i].text;
            if (row[k].at[i].numeric && *row[k].at[i].text)
                t->exact[at] = strtod(row[k].at[i].text, NULL);
        }
    }
    return t;
}

/* ---- Documentation of the columns ------------------------------------------------------------ */

ll_table *ll_fields_columns(ll_arena *mem)
{
    return ll_table_create(
        mem, "", 3, (ll_column[]){{.name = "column"}, {.name = "unit"}, {.name = "meaning"}});
}

static void column_list(const ll_field *f, const char *name, ll_table *t)
{
    ll_table_row(t);
    ll_table_set(t, 0, "%s", name);
    ll_table_set(t, 1, "%s", f->unit);
    ll_table_set(t, 2, "%s", f->doc);
}

void ll_fields_columns_add(const ll_field *f, const char *prefix, ll_table *t)
{
    for (; f->name; f++) {
        if (is_plain(f->type) || f->type == LL_FIELD_INLINE)
            column_list(f, ll_arena_printf(t->mem, "%s%s", prefix, f->name), t);
        if (!f->columns) continue;
        const char *begin = prefix_of(prefix, f->columns, "", t->mem);
        if (f->type == LL_FIELD_OBJECT)
            ll_fields_columns_add(f->sub, begin, t);
        else if (f->type == LL_FIELD_WORDS)
            column_list(f, f->columns, t);
        else if (f->type == LL_FIELD_NAMED)
            column_list(f, ll_arena_printf(t->mem, "%s<name>", begin), t);
        for (const ll_field *sub = f->type == LL_FIELD_LIST ? f->sub + 1 : NULL; sub && sub->name;
             sub++)
            if (is_number(sub->type))
                column_list(
                    sub, ll_arena_printf(t->mem, "%s<%s>_%s", begin, f->sub->name, sub->name), t);
    }
}
