#include "sim/print/json.h"

#include "sim/base/status.h"

#include <math.h>

void ll_json_init(ll_json *j, ll_text *out) { *j = (ll_json){.out = out}; }

static void string_write(ll_text *out, const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    ll_text_add(out, "\"");
    while (*s) {
        const int n = ll_text_utf8((const char *)s);
        if (n == 0)
            ll_text_add(out, "\\ufffd");
        else if (*s == '"' || *s == '\\')
            ll_text_add(out, "\\%c", *s);
        else if (*s == '\n')
            ll_text_add(out, "\\n");
        else if (*s == '\t')
            ll_text_add(out, "\\t");
        else if (*s < 0x20 || *s == 0x7f)
            ll_text_add(out, "\\u%04x", *s);
        else if (*s == 0xc2 && s[1] < 0xa0) // controls of 8 bits
            ll_text_add(out, "\\u%04x", s[1]);
        else
            ll_text_add_bytes(out, (const char *)s, (size_t)n);
        s += n ? n : 1;
    }
    ll_text_add(out, "\"");
}

/* Comma, new line, indentation and key of the next item. */
static void item_begin(ll_json *j, const char *key)
{
    if (j->depth > 0) {
        ll_text_add(j->out, "%s\n%*s", j->empty[j->depth - 1] ? "" : ",", 2 * j->depth, "");
        j->empty[j->depth - 1] = false;
    }
    if (key) {
        string_write(j->out, key);
        ll_text_add(j->out, ": ");
    }
}

void ll_json_open(ll_json *j, const char *key, char bracket)
{
    LL_ASSERT(j->depth < LL_JSON_DEPTH, "depth %d", j->depth);
    item_begin(j, key);
    ll_text_add(j->out, "%c", bracket);
    j->close[j->depth] = bracket == '{' ? '}' : ']';
    j->empty[j->depth++] = true;
}

void ll_json_close(ll_json *j)
{
    LL_ASSERT(j->depth > 0, "depth %d", j->depth);
    j->depth--;
    if (!j->empty[j->depth]) ll_text_add(j->out, "\n%*s", 2 * j->depth, "");
    ll_text_add(j->out, "%c%s", j->close[j->depth], j->depth ? "" : "\n");
}

void ll_json_string(ll_json *j, const char *key, const char *s)
{
    item_begin(j, key);
    if (s)
        string_write(j->out, s);
    else
        ll_text_add(j->out, "null");
}

void ll_json_number(ll_json *j, const char *key, double x)
{
    item_begin(j, key);
    ll_text_add(j->out, isfinite(x) ? "%.17g" : "null", x);
}

void ll_json_integer(ll_json *j, const char *key, int64_t x)
{
    item_begin(j, key);
    ll_text_add(j->out, "%lld", (long long)x);
}

void ll_json_bool(ll_json *j, const char *key, bool b)
{
    item_begin(j, key);
    ll_text_add(j->out, b ? "true" : "false");
}

void ll_json_raw(ll_json *j, const char *key, const char *s)
{
    item_begin(j, key);
    ll_text_add(j->out, "%s", s);
}
