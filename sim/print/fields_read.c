#include "sim/print/fields_read.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

typedef struct reader {
    const char *name; /* of the file */
    ll_arena *mem;
    ll_error *err;
} reader;

static ll_status object_read(const reader *r, const ll_field *f, const json_t *object, char *base);

static ll_status wrong(const reader *r, const ll_field *f, const char *expected)
{
    return ll_error_set(r->err, LL_ERR_CONFIG,
                        "%s: field '%s' is missing, or is not a %s; expected a result as `lineloss "
                        "run --format json` writes it",
                        r->name, f->name, expected);
}

/* null stands for a number that is not finite. */
static ll_status number_read(const reader *r, const ll_field *f, const json_t *value, double *out)
{
    if (!json_is_number(value) && !json_is_null(value)) return wrong(r, f, "number");
    *out = json_is_null(value) ? (double)NAN : json_number_value(value);
    return LL_OK;
}

static ll_status string_read(const reader *r, const ll_field *f, const json_t *value,
                             const char **out)
{
    if (!json_is_string(value) && !json_is_null(value)) return wrong(r, f, "string");
    *out = json_is_null(value) ? NULL : ll_arena_strdup(r->mem, json_string_value(value));
    return LL_OK;
}

static ll_status list_read(const reader *r, const ll_field *f, const json_t *value, char *base)
{
    if (!value && f->optional) return LL_OK;
    if (!json_is_array(value)) return wrong(r, f, "list");
    const size_t n = json_array_size(value);
    char *items = ll_arena_alloc(r->mem, n, f->item_B);
    for (size_t i = 0; i < n; i++)
        LL_TRY(object_read(r, f->sub, json_array_get(value, i), items + i * f->item_B));
    *(char **)(void *)(base + f->offset) = items;
    *(int *)(void *)(base + f->n_offset) = (int)n;
    return LL_OK;
}

static ll_status named_read(const reader *r, const ll_field *f, json_t *value, char *base)
{
    if (!json_is_object(value)) return wrong(r, f, "object");
    ll_named *list = ll_arena_array(r->mem, (int64_t)json_object_size(value), ll_named);
    int n = 0;
    const char *key;
    json_t *member;
    json_object_foreach(value, key, member)
    {
        if (!json_is_number(member)) return wrong(r, f, "object of numbers");
        list[n++] = (ll_named){ll_arena_strdup(r->mem, key), f->unit, json_number_value(member)};
    }
    *(ll_named **)(void *)(base + f->offset) = list;
    *(int *)(void *)(base + f->n_offset) = n;
    return LL_OK;
}

static ll_status words_read(const reader *r, const ll_field *f, const json_t *value, char *base)
{
    if (!json_is_array(value)) return wrong(r, f, "list of strings");
    const size_t n = json_array_size(value);
    const char **words = ll_arena_array(r->mem, (int64_t)n + 1, const char *);
    for (size_t i = 0; i < n; i++)
        LL_TRY(string_read(r, f, json_array_get(value, i), &words[i]));
    words[n] = NULL;
    *(const char ***)(void *)(base + f->offset) = words;
    return LL_OK;
}

static ll_status integer_read(const reader *r, const ll_field *f, const json_t *value, void *at)
{
    if (!json_is_integer(value)) return wrong(r, f, "whole number");
    const json_int_t x = json_integer_value(value);
    if (f->type == LL_FIELD_INT64)
        *(int64_t *)at = x;
    else if (x != (int32_t)x)
        return wrong(r, f, "whole number of 32 bits");
    else if (f->type == LL_FIELD_INT32)
        *(int32_t *)at = (int32_t)x;
    else
        *(int *)at = (int)x;
    return LL_OK;
}

static ll_status hash_read(const reader *r, const ll_field *f, const json_t *value, uint64_t *out)
{
    char *end = NULL;
    if (json_is_string(value)) *out = strtoull(json_string_value(value), &end, 16);
    return end && *end == '\0' && end != json_string_value(value)
               ? LL_OK
               : wrong(r, f, "hexadecimal string");
}

static ll_status field_read(const reader *r, const ll_field *f, json_t *value, char *base)
{
    void *at = base + f->offset;
    switch (f->type) {
    case LL_FIELD_NUMBER:
        return number_read(r, f, value, at);
    case LL_FIELD_INT:
    case LL_FIELD_INT32:
    case LL_FIELD_INT64:
        return integer_read(r, f, value, at);
    case LL_FIELD_STRING:
        return string_read(r, f, value, at);
    case LL_FIELD_BOOL:
        if (!json_is_boolean(value)) return wrong(r, f, "true or false");
        *(bool *)at = json_is_true(value);
        return LL_OK;
    case LL_FIELD_HASH:
        return hash_read(r, f, value, at);
    case LL_FIELD_OBJECT:
        return json_is_object(value) ? object_read(r, f->sub, value, at) : wrong(r, f, "object");
    case LL_FIELD_LIST:
        return list_read(r, f, value, base);
    case LL_FIELD_NAMED:
        return named_read(r, f, value, base);
    case LL_FIELD_WORDS:
        return words_read(r, f, value, base);
    case LL_FIELD_INLINE: /* members of the enclosing object, see inline_read */
        break;
    }
    return LL_OK;
}

/* Reads the values of an INLINE list, whose names are known already. */
static ll_status inline_read(const reader *r, const ll_field *f, const json_t *object,
                             const char *base)
{
    ll_named *list = *(ll_named *const *)(const void *)(base + f->offset);
    for (int i = 0; i < *(const int *)(const void *)(base + f->n_offset); i++) {
        const json_t *value = json_object_get(object, list[i].name);
        const ll_field named = {.name = list[i].name};
        LL_TRY(number_read(r, &named, value, &list[i].value));
    }
    return LL_OK;
}

static ll_status object_read(const reader *r, const ll_field *f, const json_t *object, char *base)
{
    for (; f->name; f++)
        LL_TRY(f->type == LL_FIELD_INLINE
                   ? inline_read(r, f, object, base)
                   : field_read(r, f, json_object_get(object, f->name), base));
    return LL_OK;
}

ll_status ll_fields_read(const ll_field *f, const char *name, const char *text, size_t n,
                         void *base, ll_arena *mem, ll_error *err)
{
    json_error_t why;
    const reader r = {name, mem, err};
    json_t *object = json_loadb(text, n, JSON_REJECT_DUPLICATES, &why);
    if (!object)
        return ll_error_set(err, LL_ERR_CONFIG, "%s:%d: not JSON: %s", name, why.line, why.text);
    const ll_status status =
        json_is_object(object)
            ? object_read(&r, f, object, base)
            : ll_error_set(err, LL_ERR_CONFIG, "%s: expected one JSON object", name);
    json_decref(object);
    return status;
}
