/* Tables of text as files: comma-separated values (RFC 4180) with a heading that names the
 * columns.
 *
 * Empty lines and lines that begin with '#' are left out. A cell in double quotes may hold
 * commas, line ends and doubled quotes; blanks around a cell without quotes do not count.
 */
#ifndef LL_BASE_CSV_H
#define LL_BASE_CSV_H

#include "sim/base/arena.h"
#include "sim/base/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct ll_csv {
    const char *name; /* of the file, for messages */
    int n_column, n_row;
    int heading_line;
    const char **column; /* [n_column] the heading */
    const char **cell;   /* [n_row * n_column] */
    const int *line;     /* [n_row] in the file, from 1 */
} ll_csv;

/* Everything lives in mem, `bytes` may go. Errors, up to 20: no heading, a row with another
 * number of cells, a quote that is not closed, text after a closing quote. */
ll_status ll_csv_parse(const char *name, const char *bytes, size_t n, ll_arena *mem, ll_csv *out,
                       ll_error *err);

/* The columns that a table may have, in any order. */
typedef struct ll_csv_columns {
    int n;
    const char *const *name; /* [n] */
    uint64_t required;       /* bit i: name[i] has to be there; i < 64 */
} ll_csv_columns;

/* at: [columns->n] where each column stands, or -1. Errors, up to 20: columns that are missing,
 * unknown or there twice. */
ll_status ll_csv_find(const ll_csv *csv, const ll_csv_columns *columns, ll_arena *mem, int *at,
                      ll_error *err);

/* Index of the column, or -1. */
int ll_csv_column(const ll_csv *csv, const char *name);

/* Cell of a row in column `at`; "" if at is -1. */
const char *ll_csv_cell(const ll_csv *csv, int i_row, int at);

/* Whether the cell is a number with low < number <= high. */
bool ll_csv_number(const char *cell, double low, double high, double *out);

/* Adds "FILE:LINE: column = 'cell'; expected legal". at is not -1. */
ll_status ll_csv_fault(const ll_csv *csv, int i_row, int at, const char *legal, ll_error *err);

#endif
