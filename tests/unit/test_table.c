/* Tables in the five formats, quoting, and how text is fitted into a width. */
#include "sim/print/table.h"
#include "tests/support/check.h"

#include <string.h>

static const char *printed(const ll_table *t, ll_format format, int width, ll_arena *mem)
{
    ll_text text;
    ll_text_init(&text, mem);
    ll_table_print(t, format, width, &text);
    return text.s;
}

/* Two rows with everything that a format has to quote. */
static ll_table *awkward(ll_arena *mem)
{
    ll_table *t = ll_table_create(
        mem, "", 2, (ll_column[]){{.name = "what"}, {.name = "n", .key = "count", .right = true}});
    ll_table_row(t);
    ll_table_set(t, 0, "a,\"b\" | 5%% of x_y");
    ll_table_set(t, 1, "12.5");
    ll_table_row(t);
    ll_table_set(t, 1, "-");
    return t;
}

static void test_formats(ll_arena *mem)
{
    static const struct {
        ll_format format;
        const char *want;
    } cases[] = {
        /* 17 characters in the first column, 4 in the second, 2 between them */
        {LL_FORMAT_TEXT, "what                  n\n-----------------  ----\n"
                         "a,\"b\" | 5% of x_y  12.5\n                      -\n"},
        {LL_FORMAT_CSV, "what,count\n\"a,\"\"b\"\" | 5% of x_y\",12.5\n,-\n"},
        {LL_FORMAT_MD, "| what | n |\n|---|---:|\n| a,\"b\" \\| 5% of x_y | 12.5 |\n|  | - |\n"},
        {LL_FORMAT_LATEX,
         "% needs \\usepackage{booktabs,tabularx}\n\\begin{table}[t]\n\\centering\n"
         "\\footnotesize\n\\setlength{\\tabcolsep}{3pt}\n\\begin{tabular}{@{}lr@{}}\n"
         "\\toprule\nwhat & n \\\\\n\\midrule\na,''b'' $|$ 5\\% of x\\_y & 12.5 \\\\\n"
         " & -- \\\\\n\\bottomrule\n\\end{tabular}\n\\end{table}\n"},
        {LL_FORMAT_JSON,
         "[\n  {\n    \"what\": \"a,\\\"b\\\" | 5% of x_y\",\n    \"count\": 12.5\n  },\n"
         "  {\n    \"what\": \"\",\n    \"count\": null\n  }\n]\n"},
    };
    ll_table *t = awkward(mem);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *got = printed(t, cases[i].format, 0, mem);
        CHECK(!strcmp(got, cases[i].want), "%s:\n%s", ll_format_names[cases[i].format], got);
    }
}

static void test_numbers_in_json(ll_arena *mem)
{
    /* What is not a JSON number as it stands must be a string. */
    static const char *const strings[] = {"007", "0x10",   "1,234", "inf",
                                          "nan", "1.5 GB", "+1",    ".5"};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        ll_table *t = ll_table_create(mem, "", 1, (ll_column[]){{.name = "n", .right = true}});
        ll_table_row(t);
        ll_table_set(t, 0, "%s", strings[i]);
        const char *got = printed(t, LL_FORMAT_JSON, 0, mem);
        CHECK(strstr(got, ll_arena_printf(mem, "\"n\": \"%s\"", strings[i])), "%s", got);
    }
}

/* A number is rounded for people and for CSV; JSON has its last bit, also once a table has grown.
 */
static void test_exact(ll_arena *mem)
{
    ll_table *t = ll_table_create(mem, "", 1, (ll_column[]){{.name = "n", .right = true}});
    for (int i = 0; i < 100; i++) {
        ll_table_row(t);
        ll_table_number(t, 0, 2, i + 1.0 / 3);
    }
    ll_table_set(t, 0, "%d", 7); /* the last row, set once more */
    const char *csv = printed(t, LL_FORMAT_CSV, 0, mem), *json = printed(t, LL_FORMAT_JSON, 0, mem);
    CHECK(!strncmp(csv, "n\n0.33\n1.33\n", 12), "%s", csv);
    CHECK(strstr(json, "\"n\": 0.33333333333333331\n"), "%s", json);
    CHECK(strstr(json, "\"n\": 98.333333333333329\n"), "%s", json);
    CHECK(strstr(json, "\"n\": 7\n"), "%s", json);
}

/* Every line fits, no word is cut, and all words are there in their order. */
static void test_width(ll_arena *mem)
{
    ll_table *t = ll_table_create(
        mem, "", 3, (ll_column[]){{.name = "key"}, {.name = "n", .right = true}, {.name = "doc"}});
    ll_table_row(t);
    ll_table_set(t, 0, "  cluster.chip.memory_bandwidth");
    ll_table_set(t, 1, "1");
    ll_table_set(t, 2, "a sentence that is a good deal longer than the place that is left for it");
    const char *got = printed(t, LL_FORMAT_TEXT, 60, mem);
    int longest = 0, column = 0;
    for (const char *s = got; *s; s++) {
        column = *s == '\n' ? 0 : column + 1;
        if (column > longest) longest = column;
    }
    CHECK(longest <= 60, "a line of %d columns:\n%s", longest, got);
    CHECK(strstr(got, "\n  cluster.chip.memory_bandwidth  "), "the key is cut:\n%s", got);
    CHECK(strstr(got, "longer"), "a word is cut:\n%s", got);
    CHECK(!strstr(got, " \n"), "space at the end of a line:\n%s", got);
}

/* More rows than the first allocation has. */
static void test_growth(ll_arena *mem)
{
    ll_table *t = ll_table_create(mem, "", 1, (ll_column[]){{.name = "i", .right = true}});
    for (int i = 0; i < 1000; i++) {
        ll_table_row(t);
        ll_table_set(t, 0, "%d", i);
    }
    CHECK(t->n_row == 1000, "%d rows", t->n_row);
    CHECK(!strcmp(t->cell[0], "0") && !strcmp(t->cell[999], "999"), "%s, %s", t->cell[0],
          t->cell[999]);
}

/* Numbers stand under each other by their points, words by their ends. */
static void test_decimal(ll_arena *mem)
{
    static const char *const cells[] = {"145.9 s", "5.365 s", "8,192", "-", "-0.5 %", "one_chip"};
    ll_table *t =
        ll_table_create(mem, "", 2, (ll_column[]){{.name = "n", .decimal = true}, {.name = "doc"}});
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        ll_table_row(t);
        ll_table_set(t, 0, "%s", cells[i]);
        ll_table_set(t, 1, "x");
    }
    const char *got = printed(t, LL_FORMAT_TEXT, 0, mem);
    CHECK(!strcmp(got, "          n  doc\n-----------  ---\n  145.9 s    x\n    5.365 s  x\n"
                       "8,192        x\n    -        x\n   -0.5 %    x\n   one_chip  x\n"),
          "%s", got);
    got = printed(t, LL_FORMAT_LATEX, 0, mem);
    CHECK(strstr(got, "{@{}r@{}ll@{}}") && strstr(got, "\n145&.9 s & x") &&
              strstr(got, "\n8,192& & x") && strstr(got, "\n$-$0&.5 \\% & x") &&
              strstr(got, "\n--& & x") && strstr(got, "\\multicolumn{2}{r}{one\\_chip}"),
          "%s", got);
    static const struct {
        const char *cell;
        size_t point;
    } points[] = {{"4.716 s", 1},
                  {"1,234,567", 9},
                  {"+12", 3},
                  {"1,23", 0},
                  {"1f1b", 0},
                  {"8,192 GB200", 5},
                  {"8 x clos 16, of long", 0},
                  {"", 0},
                  {"tp 8", 0}};
    for (size_t i = 0; i < sizeof points / sizeof *points; i++)
        CHECK(ll_table_point(points[i].cell) == points[i].point, "%s: %zu", points[i].cell,
              ll_table_point(points[i].cell));
}

static void test_select(ll_arena *mem)
{
    static const ll_column columns[] = {
        {.name = "study"}, {.name = "step", .key = "step_s"}, {.name = "MFU", .key = "mfu_frac"}};
    ll_table *t = ll_table_create(mem, "", 3, columns), *got = NULL;
    for (int i = 0; i < 2; i++) {
        ll_table_row(t);
        ll_table_set(t, 0, i ? "b" : "a");
        ll_table_number(t, 1, 1, i + 0.25);
        ll_table_set(t, 2, "%d", 7 + i);
    }
    static const struct {
        const char *names, *csv, *error; /* "": none */
    } cases[] = {
        {"mfu,step_s", "study,mfu_frac,step_s\na,7,0.2\nb,8,1.2\n", ""},
        {"MFU,study", "mfu_frac,study\n7,a\n8,b\n", ""},
        {"mfu,steps", "",
         "--columns: there is no 'steps'; did you mean 'step_s'? expected one of: study, step_s, "
         "mfu_frac\n"},
        {"mfu,mfu_frac", "", "--columns: 'mfu_frac' is given twice\n"},
        {"", "", "--columns: names nothing; write for example mfu_frac\n"},
        {"mfu,,step", "", "--columns: there is no ''; expected one of: study, step_s, mfu_frac\n"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ll_error err;
        ll_error_init(&err);
        const ll_status status = ll_table_select(t, "--columns", cases[i].names, &got, &err);
        CHECK((status == LL_OK) == (*cases[i].csv != 0), "%s: %s", cases[i].names, err.text);
        if (status == LL_OK)
            CHECK(!strcmp(printed(got, LL_FORMAT_CSV, 0, mem), cases[i].csv), "%s",
                  printed(got, LL_FORMAT_CSV, 0, mem));
        else
            CHECK(!strcmp(err.text, cases[i].error), "%s", err.text);
    }
    ll_error err;
    ll_error_init(&err);
    CHECK(ll_table_select_rows(t, "--rows", "b", &got, &err) == LL_OK, "%s", err.text);
    const char *json = printed(got, LL_FORMAT_JSON, 0, mem);
    CHECK(got->n_row == 1 && strstr(json, "\"step_s\": 1.25"), "%s", json);
    CHECK(ll_table_select_rows(t, "--rows", "c", &got, &err) == LL_ERR_CONFIG, "row c");
}

int main(void)
{
    ll_arena *mem = ll_arena_create("test");
    test_formats(mem);
    test_numbers_in_json(mem);
    test_exact(mem);
    test_width(mem);
    test_growth(mem);
    test_decimal(mem);
    test_select(mem);
    ll_arena_destroy(mem);
    CHECK(ll_arena_balance_B() == 0, "balance %lld", (long long)ll_arena_balance_B());
    return LL_CHECK_RESULT;
}
