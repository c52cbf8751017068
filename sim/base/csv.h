/* Tables of text as files: comma-separated values (RFC 4180) with a heading.
 *
 * Empty lines and lines that begin with '#' are left out. A cell in double quotes may hold commas, line
 * ends and doubled quotes.
 */
#ifndef LL_BASE_CSV_H
#define LL_BASE_CSV_H

#include "sim/base/arena.h"
#include "sim/base/status.h"

typedef struct ll_csv {
    const char *name; /* of the file, for messages */
    int n_column, n_row;
    const char **column; /* [n_column] the heading */
    const char **cell;   /* [n_row * n_column] */
    const int *line;     /* [n_row] in the file, from 1 */
} ll_csv;

/* The bytes of a file, ended by a 0 that *n does not count. */
ll_status ll_csv_load(const char *path, ll_arena *mem, const char **bytes, size_t *n,
                      ll_error *err);

/* Everything lives in mem, `bytes` may go. Errors: no heading, a row with another number of cells, a
 * quote that stays open. */
ll_status ll_csv_parse(const char *name, const char *bytes, size_t n, ll_arena *mem, ll_csv *out,
                       ll_error *err);

/* Index of the column, or -1. */
int ll_csv_column(const ll_csv *csv, const char *name);

#endif
