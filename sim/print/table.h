/* Tables of text, and the five ways to print one.
 *
 * A table is rows of strings under named columns. The caller formats the numbers and says which
 * columns are numeric (a cell is a number or "-"). A number set by ll_table_number is rounded for
 * people and for CSV, and written to JSON with all its digits.
 *
 *   ll_table *t = ll_table_create(mem, "Transfers", 2, (ll_column[]){{.name = "transfer"}, ...});
 *   ll_table_row(t);
 *   ll_table_set(t, 0, "%s", name);
 *   ll_table_print(t, LL_FORMAT_TEXT, 100, &text);
 */
#ifndef LL_PRINT_TABLE_H
#define LL_PRINT_TABLE_H

#include "sim/base/arena.h"
#include "sim/base/status.h"
#include "sim/base/text.h"

#include <stdbool.h>

typedef enum ll_format {
    LL_FORMAT_TEXT,
    LL_FORMAT_JSON,
    LL_FORMAT_CSV,
    LL_FORMAT_MD,
    LL_FORMAT_LATEX,
    LL_N_FORMAT
} ll_format;

extern const char *const ll_format_names[]; /* "text", "json", ...; ended by NULL */

typedef struct ll_column {
    const char *name; /* heading for people: "time (us)" */
    const char *key;  /* heading for programs: "time_us"; NULL: the same as name */
    bool right;       /* numeric: its end is aligned */
    /* Numeric: cells such as "8,192", "4.716 s" and "43.85 %" are aligned at the decimal point, in
     * TEXT and LATEX; other cells may be words. */
    bool decimal;
} ll_column;

typedef struct ll_table {
    ll_arena *mem;
    const char *title;   /* "" for none */
    const char *caption; /* LATEX: a sentence; NULL: the title */
    const char *label;   /* LATEX: for \ref, such as "tab:nvl72"; NULL: none */
    int n_column;
    ll_column *column; /* [n_column], arena */
    int n_row, cap_row;
    const char **cell; /* [n_row * n_column], arena; "" if not set */
    double *exact; /* [n_row * n_column], arena; the number of the cell for JSON; NaN: the cell */
} ll_table;

ll_table *ll_table_create(ll_arena *mem, const char *title, int n_column, const ll_column *column);
void ll_table_row(ll_table *t);                                    /* begins a row */
void ll_table_set(ll_table *t, int i_column, const char *fmt, ...) /* of the last row */
    __attribute__((format(printf, 3, 4)));
/* The same for a number, with n_decimal digits after the point where it is rounded. */
void ll_table_number(ll_table *t, int i_column, int n_decimal, double x);

/* Append the table to `out`. TEXT: the widest left-aligned column is broken at spaces so that lines
 * fit in `width` columns (0: no limit). JSON: a list of objects, numbers as numbers, "-" as null.
 * CSV: RFC 4180 with a heading. MD: GitHub table. LATEX: see ll_table_latex. */
void ll_table_print(const ll_table *t, ll_format format, int width, ll_text *out);

/* One `table` environment with caption and label that fits a column of a two-column page
 * (\linewidth at 8 pt): text is wrapped, numbers are aligned. A table that is too wide becomes a
 * `table*` over both columns; one with more rows than a page holds becomes several environments,
 * "continued". */
void ll_table_latex(const ll_table *t, ll_text *out);

void ll_table_text(const ll_table *t, int width, ll_text *out);

/* The columns (or rows, by their first cell) that `names` lists, separated by commas, in its order.
 * A name is a key or a heading. Letter case does not matter, and the unit at the end of a key may
 * be left out: "mfu" is mfu_frac. The first column is kept, named or not. Errors (LL_ERR_CONFIG),
 * beginning with `option`: an unknown name, with those that there are; a name given twice. */
ll_status ll_table_select(const ll_table *t, const char *option, const char *names, ll_table **out,
                          ll_error *err);
ll_status ll_table_select_rows(const ll_table *t, const char *option, const char *names,
                               ll_table **out, ll_error *err);

/* For the printers: the cell of a row, or the heading if row is -1; the heading for programs;
 * whether the column is numeric. */
const char *ll_table_cell(const ll_table *t, int row, int c);
const char *ll_table_key(const ll_table *t, int c);
bool ll_table_numeric(const ll_table *t, int c);

/* Bytes of a cell that is a number, perhaps with a short unit, before its decimal point: 1 of
 * "4.716 s", 3 of "145 s"; 0 if it is no number. */
size_t ll_table_point(const char *s);

/* Columns of the terminal on standard output, or 100 if it is none (files, pipes). */
int ll_table_terminal_width(void);

#endif
