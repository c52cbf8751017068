/* A struct with every kind of field, by its table as JSON, as CSV and as a list. */
#include "sim/print/fields.h"

#include "tests/support/check.h"

#include <string.h>

typedef struct item {
    const char *name;
    double share;
} item;

typedef struct whole {
    double x_s;
    int n;
    int64_t large;
    bool ok;
    uint64_t hash;
    const char *const *word;
    int n_item, n_other;
    const item *item, *other;
} whole;

static const ll_field item_fields[] = {
    LL_FIELD("name", LL_FIELD_STRING, item, name, "", "what it is"),
    LL_FIELD("share", LL_FIELD_NUMBER, item, share, "1", "of all"),
    {0}};

static const ll_field inner_fields[] = {
    LL_FIELD("n", LL_FIELD_INT, whole, n, "1", "how many"),
    LL_FIELD("large", LL_FIELD_INT64, whole, large, "B", "how large"),
    {0}};

static const ll_field fields[] = {
    LL_FIELD("x_s", LL_FIELD_NUMBER, whole, x_s, "s", "a time"),
    {.name = "inner",
     .type = LL_FIELD_OBJECT,
     .unit = "",
     .columns = "inner",
     .doc = "two",
     .sub = inner_fields},
    LL_FIELD("ok", LL_FIELD_BOOL, whole, ok, "", "a verdict"),
    LL_FIELD("hash", LL_FIELD_HASH, whole, hash, "", "a sum"),
    LL_FIELD("word", LL_FIELD_WORDS, whole, word, "", "words"),
    {LL_FIELD_LIST_OF("items", item, item_fields, whole, item, n_item, "a list"),
     .columns = "item"},
    {LL_FIELD_LIST_OF("others", item, item_fields, whole, other, n_other, "not there"),
     .optional = true},
    {0}};

static void is(const char *what, const char *got, const char *want)
{
    CHECK(!strcmp(got, want), "%s:\n%s\nwant:\n%s", what, got, want);
}

/* A row for each struct, with the columns of both: what one has not is empty, in JSON null. */
static void test_tidy(const whole *w, ll_arena *mem)
{
    static const item items[] = {{"c d", (double)NAN}, {"a", 0.5}, {"a", 0.125}};
    whole other = *w;
    other.item = items;
    other.n_item = 3;
    ll_text text;
    ll_text_init(&text, mem);
    ll_table *t = ll_fields_tidy(fields, 2, (const void *const[]){w, &other}, mem);
    ll_table_print(t, LL_FORMAT_CSV, 0, &text);
    is("tidy", text.s,
       "x_s,inner_n,inner_large,ok,hash,item_a_share,item_b_share,item_c_d_share,item_a_share_2\n"
       "0.5,3,1099511627776,TRUE,fnv1a:0000000000000abc,0.25,0.75,,\n"
       "0.5,3,1099511627776,TRUE,fnv1a:0000000000000abc,0.5,,,0.125\n");
    ll_text_init(&text, mem);
    ll_table_print(t, LL_FORMAT_JSON, 0, &text);
    CHECK(strstr(text.s, "\"item_b_share\": null") && strstr(text.s, "\"ok\": \"TRUE\""), "%s",
          text.s);
    t = ll_fields_columns(mem);
    ll_fields_columns_add(fields, "", t);
    CHECK(t->n_row == 6, "%d columns", t->n_row);
    is("column", ll_table_cell(t, 5, 0), "item_<name>_share");
}

int main(void)
{
    static const char *const word[] = {"one", "two", NULL};
    static const item items[] = {{"a", 0.25}, {"b", 0.75}};
    const whole w = {.x_s = 0.5,
                     .n = 3,
                     .large = INT64_C(1) << 40,
                     .ok = true,
                     .hash = 0xabcu,
                     .word = word,
                     .n_item = 2,
                     .item = items};
    ll_arena *mem = ll_arena_create("test");
    ll_text text;
    ll_json j;
    ll_text_init(&text, mem);
    ll_json_init(&j, &text);
    ll_json_open(&j, NULL, '{');
    ll_fields_json(fields, &w, &j);
    ll_json_close(&j);
    CHECK(strstr(text.s, "\"large\": 1099511627776") && strstr(text.s, "0000000000000abc") &&
              strstr(text.s, "\"two\"") && strstr(text.s, "\"share\": 0.75"),
          "%s", text.s);
    CHECK(!strstr(text.s, "others"), "%s", text.s);
    ll_text_init(&text, mem);
    ll_table_print(ll_fields_flat(fields, &w, mem), LL_FORMAT_CSV, 0, &text);
    is("flat", text.s,
       "field,value,unit\nx_s,0.5,s\ninner.n,3,1\ninner.large,1099511627776,B\nok,true,\n"
       "hash,0000000000000abc,\nword,one,\nword,two,\nitems[a].share,0.25,1\n"
       "items[b].share,0.75,1\n");
    ll_table *t = ll_fields_list(mem);
    ll_fields_list_add(fields, "", t);
    CHECK(t->n_row == 13, "%d rows",
          t->n_row); /* 7, of which inner, items and others have 2 each */
    is("list", ll_table_cell(t, 8, 0), "items[].name");
    is("type", ll_table_cell(t, 5, 1), "string (hexadecimal)");
    test_tidy(&w, mem);
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
