/* The JSON writer: nesting, escapes, numbers that survive a round trip. */
#include "sim/print/json.h"
#include "tests/support/check.h"

#include <stdlib.h>
#include <string.h>

static const char *string_of(ll_arena *mem, const char *s)
{
    ll_text text;
    ll_json j;
    ll_text_init(&text, mem);
    ll_json_init(&j, &text);
    ll_json_string(&j, NULL, s);
    return text.s;
}

static void test_strings(ll_arena *mem)
{
    static const char *const cases[][2] = {
        {"plain", "\"plain\""},
        {"a\"b\\c", "\"a\\\"b\\\\c\""},
        {"line\nand\ttab", "\"line\\nand\\ttab\""},
        {"\x01\x7f", "\"\\u0001\\u007f\""},
        {"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
         "\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\""},
        {"\xff", "\"\\ufffd\""},                       /* no UTF-8 at all */
        {"\xc0\xaf", "\"\\ufffd\\ufffd\""},            /* '/' in two bytes: not the shortest form */
        {"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""}, /* half of a surrogate pair */
        {"\xe2\x82", "\"\\ufffd\\ufffd\""},            /* cut short */
        {"", "\"\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK(!strcmp(string_of(mem, cases[i][0]), cases[i][1]), "case %zu: %s", i,
              string_of(mem, cases[i][0]));
}

static void test_numbers(ll_arena *mem)
{
    const double values[] = {0.1, 1.0 / 3, 1e308, 5e-324, -2.5, 9007199254740993.0};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        ll_text text;
        ll_json j;
        ll_text_init(&text, mem);
        ll_json_init(&j, &text);
        ll_json_number(&j, NULL, values[i]);
        double back = strtod(text.s, NULL);
        CHECK(!(back < values[i]) && !(back > values[i]), "%s is not %.17g", text.s, values[i]);
    }
    ll_text text;
    ll_json j;
    ll_text_init(&text, mem);
    ll_json_init(&j, &text);
    ll_json_open(&j, NULL, '[');
    ll_json_number(&j, NULL, (double)NAN);
    ll_json_number(&j, NULL, -(double)INFINITY);
    ll_json_integer(&j, NULL, INT64_MIN);
    ll_json_close(&j);
    CHECK(!strcmp(text.s, "[\n  null,\n  null,\n  -9223372036854775808\n]\n"), "%s", text.s);
}

static void test_nesting(ll_arena *mem)
{
    ll_text text;
    ll_json j;
    ll_text_init(&text, mem);
    ll_json_init(&j, &text);
    ll_json_open(&j, NULL, '{');
    ll_json_bool(&j, "yes", true);
    ll_json_open(&j, "empty", '[');
    ll_json_close(&j);
    ll_json_open(&j, "list", '[');
    ll_json_open(&j, NULL, '{');
    ll_json_string(&j, "none", NULL);
    ll_json_close(&j);
    ll_json_close(&j);
    ll_json_close(&j);
    CHECK(!strcmp(
              text.s,
              "{\n  \"yes\": true,\n  \"empty\": [],\n  \"list\": [\n    {\n      \"none\": null\n"
              "    }\n  ]\n}\n"),
          "%s", text.s);
}

int main(void)
{
    ll_arena *mem = ll_arena_create("test");
    test_strings(mem);
    test_numbers(mem);
    test_nesting(mem);
    ll_arena_destroy(mem);
    CHECK(ll_arena_balance_B() == 0, "balance %lld", (long long)ll_arena_balance_B());
    return LL_CHECK_RESULT;
}
