/* Tables in files: comments, quotes, line ends, and what is refused. */
#include "sim/base/csv.h"
#include "tests/support/check.h"

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
                 {"a,b\n1,2\n3\n4,5,6\n", "t.csv:4: 3 cells"}, /* not only the first */
                 {"a,b\n1,\"2\"x\n", "t.csv:2: text after the closing quote of a cell"},
                 {"a,\"b\n1,2\n", "t.csv:1: a quote is not closed"},
                 {"a,b\n1,\"2\n", "t.csv:2: a quote is not closed"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ll_csv csv;
        ll_error err;
        CHECK(parse(cases[i].text, mem, &csv, &err) == LL_ERR_CONFIG, "case %zu is accepted", i);
        CHECK(strstr(err.text, cases[i].want), "case %zu: %s", i, err.text);
    }
}

/* Blanks around cells, and lines of nothing else. */
static void test_blanks(ll_arena *mem)
{
    ll_csv csv;
    ll_error err;
    CHECK(parse(" # made by hand\n \t\n a , b\t,c\r\n 1 2 , \" 3 \" ,\n", mem, &csv, &err) == LL_OK,
          "%s", err.text);
    CHECK(csv.n_column == 3 && csv.n_row == 1 && csv.heading_line == 3, "%d columns, %d rows, %d",
          csv.n_column, csv.n_row, csv.heading_line);
    CHECK(!strcmp(csv.column[1], "b") && !strcmp(csv.column[2], "c"), "'%s'", csv.column[1]);
    is(&csv, 0, 0, "1 2");
    is(&csv, 0, 1, " 3 ");
    is(&csv, 0, 2, "");
}

static void test_columns(ll_arena *mem)
{
    static const char *const names[] = {"op", "bytes", "time_us"};
    const ll_csv_columns columns = {3, names, 1u << 0 | 1u << 2};
    ll_csv csv;
    ll_error err;
    int at[3];
    CHECK(parse("time_us,op\n4,send\n", mem, &csv, &err) == LL_OK, "%s", err.text);
    CHECK(ll_csv_find(&csv, &columns, mem, at, &err) == LL_OK, "%s", err.text);
    CHECK(at[0] == 1 && at[1] == -1 && at[2] == 0, "%d %d %d", at[0], at[1], at[2]);
    CHECK(!strcmp(ll_csv_cell(&csv, 0, at[0]), "send") && !*ll_csv_cell(&csv, 0, at[1]), "cells");
    ll_csv_fault(&csv, 0, at[2], "microseconds", &err);
    CHECK(!strcmp(err.text, "t.csv:2: time_us = '4'; expected microseconds\n"), "%s", err.text);
    parse("op,tims_us,op\n", mem, &csv, &err);
    CHECK(ll_csv_find(&csv, &columns, mem, at, &err) == LL_ERR_CONFIG, "accepted");
    CHECK(!strcmp(err.text,
                  "t.csv:1: column 'tims_us': did you mean 'time_us'? expected one of: op, "
                  "bytes, time_us\n"
                  "t.csv:1: column 'op' appears twice\n"
                  "t.csv:1: there is no column 'time_us'\n"),
          "%s", err.text);
}

static void test_number(void)
{
    double x = 7;
    CHECK(ll_csv_number("2.5e3", 0, 2500, &x) && x == 2500, "%g", x);
    CHECK(!ll_csv_number("0", 0, 1, &x) && !ll_csv_number("1.5", 0, 1, &x), "bounds");
    CHECK(!ll_csv_number("", 0, 1, &x) && !ll_csv_number("1 s", 0, 1, &x), "no numbers");
    CHECK(!ll_csv_number("nan", 0, 1, &x) && !ll_csv_number("inf", 0, 1e308, &x), "not finite");
    CHECK(x == 2500, "%g", x);
}

int main(void)
{
    ll_arena *mem = ll_arena_create("test");
    test_cells(mem);
    test_ends(mem);
    test_faults(mem);
    test_blanks(mem);
    test_columns(mem);
    test_number();
    ll_arena_destroy(mem);
    return LL_CHECK_RESULT;
}
