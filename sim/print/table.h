/* Tables of text, and the five ways to print one.
 *
 * A table is rows of strings under named columns. The caller formats the numbers; a right-aligned
 * column holds numbers (or "-"), which is all that the printers want to know. A number set by
 * ll_table_number is rounded for people and for CSV, and stands in JSON to its last bit.
 *
 *   ll_table *t = ll_table_create(mem, "Transfers", 2, (ll_column[]){{"name", NULL, false}, ...});
 *   ll_table_row(t);
 *   ll_table_set(t, 0, "%s", name);
 *   ll_table_print(t, LL_FORMAT_TEXT, 100, &text);
 */
#ifndef LL_PRINT_TABLE_H
#define LL_PRINT_TABLE_H

#include "sim/base/arena.h"
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

enum { LL_MAX_COLUMN = 24 };

typedef struct ll_column {
    const char *name; /* heading for people: "time (us)" */
    const char *key;  /* heading for programs: "time_us"; NULL: the same as name */
    bool right;       /* numbers */
} ll_column;

typedef struct ll_table {
    ll_arena *mem;
    const char *title; /* "" for none */
    int n_column;
    ll_column column[LL_MAX_COLUMN];
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
 * CSV: RFC 4180 with a heading. MD: GitHub table. LATEX: booktabs tabular. */
void ll_table_print(const ll_table *t, ll_format format, int width, ll_text *out);

/* Columns of the terminal on standard output, or 100 if it is none (files, pipes). */
int ll_table_terminal_width(void);

#endif
