/* Tables in files: comments, quotes, line ends, and what is refused. */
#include "sim/base/csv.h"
#include "tests/check.h"

#include <string.h>

static ll_status parse(const char *text, ll_arena *mem, ll_csv *out, ll_error *err)
{
    ll_error_init(err);
    return ll_csv_parse("t.csv", text, strlen(text), mem, out, err);
}

static void is(const ll_csv *csv, int row, int column, const char *want)
{
    const char *got = csv->cell[row * csv->n_column + column];
    CHECK(!strcmp(got, want), "row %d, column %d: '%s', want '%s'", row, column, got, want);
}

static void test_cells(ll_arena *mem)
{
    ll_csv csv;
    ll_error err;
    CHECK(parse("# a table\n\nid,what,n\r\nA,\"one, \"\"two\"\"\nthree\",1\n# not this\nB,,\n", mem,
                &csv, &err) == LL_OK,
          "%s", err.text);
    CHECK(csv.n_column == 3 && csv.n_row == 2, "%d columns, %d rows", csv.n_column, csv.n_row);
    CHECK(ll_csv_column(&csv, "n") == 2 && ll_csv_column(&csv, "m") == -1, "columns");
    is(&csv, 0, 0, "A");
    is(&csv, 0, 1, "one, \"two\"\nthree");
    is(&csv, 0, 2, "1");
    is(&csv, 1, 0, "B");
    is(&csv, 1, 1, "");
    is(&csv, 1, 2, "");
    /* Comment, empty, heading, two lines of A, comment, B. */
    CHECK(csv.line[0] == 4 && csv.line[1] == 7, "lines %d, %d", csv.line[0], csv.line[1]);
}

static void test_ends(ll_arena *mem)
{
    ll_csv csv;
    ll_error err;
    CHECK(parse("a,b\n1,2", mem, &csv, &err) == LL_OK && csv.n_row == 1, "%s", err.text);
    is(&csv, 0, 1, "2");
    CHECK(parse("a,b\n1,\"2\"", mem, &csv, &err) == LL_OK && csv.n_row == 1, "%s", err.text);
    is(&csv, 0, 1, "2");
    CHECK(parse("a\n", mem, &csv, &err) == LL_OK && csv.n_row == 0, "%s", err.text);
}

static void test_faults(ll_arena *mem)
{
    static const struct {
        const char *text, *want;
    } cases[] = {{"", "t.csv: the file has no heading"},
                 {"# only this\n", "t.csv: the file has no heading"},
                 {"a,b\n1,2\n3\n", "t.csv:3: 1 cells, but the heading has 2"},
                 {"a,b\n1,2,3\n", "t.csv:2: 3 cells, but the heading has 2"},
                 {"a,b\n1,\"2\n", "t.csv:2: a quote stays open"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ll_csv csv;
        ll_error err;
        CHECK(parse(cases[i].text, mem, &csv, &err) == LL_ERR_CONFIG, "case %zu is accepted", i);
        CHECK(strstr(err.text, cases[i].want), "case %zu: %s", i, err.text);
    }
}

int main(void)
{
    ll_arena *mem = ll_arena_create("test");
    test_cells(mem);
    test_ends(mem);
    test_faults(mem);
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
