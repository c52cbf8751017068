#include "sim/print/fields.h"

#include <math.h>
#include <stdio.h>

static const char *const type_names[] = {
    "number", "integer", "integer", "integer", "string",         "boolean", "string (hexadecimal)",
    "object", "list",    "object",  "number",  "list of strings"};

static void object_json(const ll_field *f, const char *base, ll_json *j);

static void named_json(const ll_field *f, const char *base, ll_json *j)
{
    const ll_named *list = *(const ll_named *const *)(const void *)(base + f->offset);
    for (int i = 0; i < *(const int *)(const void *)(base + f->n_offset); i++)
        ll_json_number(j, list[i].name, list[i].value);
}

static void field_json(const ll_field *f, const char *base, ll_json *j)
{
    const void *p = base + f->offset;
    char hash[32];
    switch (f->type) {
    case LL_FIELD_NUMBER:
        ll_json_number(j, f->name, *(const double *)p);
        break;
    case LL_FIELD_INT:
        ll_json_integer(j, f->name, *(const int *)p);
        break;
    case LL_FIELD_INT32:
        ll_json_integer(j, f->name, *(const int32_t *)p);
        break;
    case LL_FIELD_INT64:
        ll_json_integer(j, f->name, *(const int64_t *)p);
        break;
    case LL_FIELD_STRING:
        ll_json_string(j, f->name, *(const char *const *)p);
        break;
    case LL_FIELD_BOOL:
        ll_json_bool(j, f->name, *(const bool *)p);
        break;
    case LL_FIELD_HASH:
        snprintf(hash, sizeof hash, "%016llx", (unsigned long long)*(const uint64_t *)p);
        ll_json_string(j, f->name, hash);
        break;
    case LL_FIELD_OBJECT:
        ll_json_open(j, f->name, '{');
        object_json(f->sub, p, j);
        ll_json_close(j);
        break;
    case LL_FIELD_LIST:
        ll_json_open(j, f->name, '[');
        for (int i = 0; i < *(const int *)(const void *)(base + f->n_offset); i++) {
            ll_json_open(j, NULL, '{');
            object_json(f->sub, *(const char *const *)p + (size_t)i * f->item_B, j);
            ll_json_close(j);
        }
        ll_json_close(j);
        break;
    case LL_FIELD_NAMED:
        ll_json_open(j, f->name, '{');
        named_json(f, base, j);
        ll_json_close(j);
        break;
    case LL_FIELD_INLINE:
        named_json(f, base, j);
        break;
    case LL_FIELD_WORDS:
        ll_json_open(j, f->name, '[');
        for (const char *const *word = *(const char *const *const *)p; *word; word++)
            ll_json_string(j, NULL, *word);
        ll_json_close(j);
        break;
    }
}

static void object_json(const ll_field *f, const char *base, ll_json *j)
{
    for (; f->name; f++)
        if (!f->optional || *(const int *)(const void *)(base + f->n_offset) > 0)
            field_json(f, base, j);
}

const char *ll_field_text(const ll_field *f, const void *base, ll_arena *mem)
{
    const void *p = (const char *)base + f->offset;
    const char *s;
    switch (f->type) {
    case LL_FIELD_NUMBER:
        return isfinite(*(const double *)p) ? ll_arena_printf(mem, "%.17g", *(const double *)p)
                                            : "";
    case LL_FIELD_INT:
        return ll_arena_printf(mem, "%d", *(const int *)p);
    case LL_FIELD_INT32:
        return ll_arena_printf(mem, "%d", (int)*(const int32_t *)p);
    case LL_FIELD_INT64:
        return ll_arena_printf(mem, "%lld", (long long)*(const int64_t *)p);
    case LL_FIELD_STRING:
        s = *(const char *const *)p;
        return s ? s : "";
    case LL_FIELD_BOOL:
        return *(const bool *)p ? "true" : "false";
    case LL_FIELD_HASH:
        return ll_arena_printf(mem, "%016llx", (unsigned long long)*(const uint64_t *)p);
    case LL_FIELD_OBJECT:
    case LL_FIELD_LIST:
    case LL_FIELD_NAMED:
    case LL_FIELD_INLINE:
    case LL_FIELD_WORDS:
        break;
    }
    return "";
}

static void row_add(ll_table *t, const char *path, const char *value, const char *unit)
{
    ll_table_row(t);
    ll_table_set(t, 0, "%s", path);
    ll_table_set(t, 1, "%s", value);
    ll_table_set(t, 2, "%s", unit);
}

static void object_csv(const ll_field *f, const char *prefix, const char *base, ll_table *t);

static void list_csv(const ll_field *f, const char *path, const char *base, ll_table *t)
{
    const char *items = *(const char *const *)(const void *)(base + f->offset);
    for (int i = 0; i < *(const int *)(const void *)(base + f->n_offset); i++) {
        const char *item = items + (size_t)i * f->item_B;
        const char *label = *(const char *const *)(const void *)(item + f->sub->offset);
        object_csv(f->sub + 1, ll_arena_printf(t->mem, "%s[%s].", path, label), item, t);
    }
}

static void named_csv(const ll_field *f, const char *prefix, const char *base, ll_table *t)
{
    const ll_named *list = *(const ll_named *const *)(const void *)(base + f->offset);
    for (int i = 0; i < *(const int *)(const void *)(base + f->n_offset); i++)
        row_add(t, ll_arena_printf(t->mem, "%s%s", prefix, list[i].name),
                ll_arena_printf(t->mem, "%.17g", list[i].value), list[i].unit);
}

static void object_csv(const ll_field *f, const char *prefix, const char *base, ll_table *t)
{
    for (; f->name; f++) {
        const char *path = ll_arena_printf(t->mem, "%s%s", prefix, f->name);
        const void *p = base + f->offset;
        if (f->type == LL_FIELD_OBJECT)
            object_csv(f->sub, ll_arena_printf(t->mem, "%s.", path), p, t);
        else if (f->type == LL_FIELD_LIST)
            list_csv(f, path, base, t);
        else if (f->type == LL_FIELD_NAMED)
            named_csv(f, ll_arena_printf(t->mem, "%s.", path), base, t);
        else if (f->type == LL_FIELD_INLINE)
            named_csv(f, prefix, base, t);
        else if (f->type == LL_FIELD_WORDS)
            for (const char *const *word = *(const char *const *const *)p; *word; word++)
                row_add(t, path, *word, "");
        else
            row_add(t, path, ll_field_text(f, base, t->mem), f->unit);
    }
}

void ll_fields_json(const ll_field *f, const void *base, ll_json *j) { object_json(f, base, j); }

ll_table *ll_fields_flat(const ll_field *f, const void *base, ll_arena *mem)
{
    ll_table *t = ll_table_create(
        mem, "", 3, (ll_column[]){{.name = "field"}, {.name = "value"}, {.name = "unit"}});
    object_csv(f, "", base, t);
    return t;
}

ll_table *ll_fields_list(ll_arena *mem)
{
    return ll_table_create(
        mem, "", 4,
        (ll_column[]){{.name = "field"}, {.name = "type"}, {.name = "unit"}, {.name = "meaning"}});
}

void ll_fields_list_add(const ll_field *f, const char *prefix, ll_table *t)
{
    for (; f->name; f++) {
        ll_table_row(t);
        ll_table_set(t, 0, "%s%s", prefix, f->name);
        ll_table_set(t, 1, "%s", type_names[f->type]);
        ll_table_set(t, 2, "%s", f->unit);
        ll_table_set(t, 3, "%s", f->doc);
        if (f->sub)
            ll_fields_list_add(f->sub,
                               ll_arena_printf(t->mem, "%s%s%s.", prefix, f->name,
                                               f->type == LL_FIELD_LIST ? "[]" : ""),
                               t);
    }
}
