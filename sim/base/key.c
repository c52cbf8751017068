#include "sim/base/key.h"

#include <string.h>

void ll_key_store(const ll_key *key, double number, const char *text, void *param)
{
    void *field = (char *)param + key->offset;
    if (key->kind == LL_KIND_COUNT)
        *(int64_t *)field = (int64_t)number;
    else if (key->kind == LL_KIND_BOOL)
        *(bool *)field = number > 0;
    else if (key->kind == LL_KIND_CHOICE)
        *(int *)field = (int)number;
    else if (key->kind != LL_KIND_STRING)
        *(double *)field = number;
    else if (key->flags & LL_KEY_PATH)
        *(ll_text_file *)field = (ll_text_file){text, ""};
    else
        *(const char **)field = text;
}

/* Index of a word in a list that NULL ends, or -1. */
static int find(const char *const *words, const char *word)
{
    for (int i = 0; words[i]; i++)
        if (!strcmp(words[i], word)) return i;
    return -1;
}

static ll_status field_fill(const ll_key *key, const char *text, void *param, ll_error *err)
{
    static const char *const truth[] = {"false", "true", NULL};
    const bool is_word = key->kind == LL_KIND_BOOL || key->kind == LL_KIND_CHOICE;
    double number = 0;
    char why[256];
    if (is_word) {
        number = find(key->kind == LL_KIND_BOOL ? truth : key->choices, text);
        if (number < 0)
            return ll_error_set(err, LL_ERR_CONFIG, "%s = %s: not one of its words", key->name,
                                text);
    } else if (key->kind != LL_KIND_STRING) {
        if (ll_units_parse(key->kind, text, &number, why, sizeof why) != LL_OK)
            return ll_error_set(err, LL_ERR_CONFIG, "%s = %s: %s", key->name, text, why);
        if (!(number >= key->min && number <= key->max))
            return ll_error_set(err, LL_ERR_CONFIG, "%s = %s: expected %g to %g", key->name, text,
                                key->min, key->max);
    }
    ll_key_store(key, number, text, param);
    return LL_OK;
}

static const ll_key *key_of(const ll_key *keys, const char *name, size_t n)
{
    for (; keys->name; keys++)
        if (strlen(keys->name) == n && !strncmp(keys->name, name, n)) return keys;
    return NULL;
}

/* The text between '=' and the next ';' where key is set; NULL: nowhere. */
static const char *value_of(const ll_key *keys, const ll_key *key, const char *text, ll_arena *mem)
{
    for (const char *at = text; *at; at += strcspn(at, ";"), at += *at == ';') {
        at += strspn(at, " ");
        const size_t n = strcspn(at, "=;");
        if (at[n] == '=' && key_of(keys, at, n) == key)
            return ll_arena_strndup(mem, at + n + 1, strcspn(at + n + 1, ";"));
    }
    return NULL;
}

ll_status ll_key_fill(const ll_key *keys, const char *text, ll_arena *mem, void *param,
                      ll_error *err)
{
    for (const char *at = text; *at; at += strcspn(at, ";"), at += *at == ';') {
        at += strspn(at, " ");
        const size_t n = strcspn(at, "=;");
        if (n > 0 && (at[n] != '=' || !key_of(keys, at, n)))
            return ll_error_set(err, LL_ERR_CONFIG, "unknown key '%.*s' in '%s'", (int)n, at, text);
    }
    for (const ll_key *key = keys; key->name; key++) {
        const char *value = value_of(keys, key, text, mem);
        if (!value) value = key->def;
        if (!value)
            return ll_error_set(err, LL_ERR_CONFIG, "missing key '%s' in '%s'", key->name, text);
        LL_TRY(field_fill(key, value, param, err));
    }
    return LL_OK;
}
