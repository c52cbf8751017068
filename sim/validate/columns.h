/* Comma-separated tables that people make: a heading that names the columns, in any order, and rows.
 *
 * A comma ends a field, but not in the last one. Blanks around fields do not count. Errors are added with file,
 * line, what stands there and what is legal.
 */
#ifndef LL_SIM_VALIDATE_COLUMNS_H
#define LL_SIM_VALIDATE_COLUMNS_H

#include "sim/base/arena.h"
#include "sim/base/status.h"

#include <stdbool.h>

enum { LL_COLUMNS_MAX = 16 };

typedef struct ll_columns {
    const char *file;
    int line; /* that is being read */
    ll_arena *mem;
    ll_error *err;
    int n_name;
    const char *const *name;      /* [n_name] columns that there may be */
    unsigned required;            /* bit i: name[i] must be there */
    const char *legal;            /* the columns in words */
    int n_field;                  /* of the heading; 0: not read yet */
    int field_of[LL_COLUMNS_MAX]; /* [n_name] field + 1; 0: no such column */
} ll_columns;

/* "FILE:LINE: what; expected legal" */
ll_status ll_columns_fault(const ll_columns *columns, const char *what, const char *legal);

/* "FILE:LINE: name = 'word'; expected legal" */
ll_status ll_columns_fault_in(const ll_columns *columns, const char *name, const char *word,
                              const char *legal);

ll_status ll_columns_heading(ll_columns *columns, const char *line);

/* cell: [n_name], "" where the table has no such column. */
ll_status ll_columns_row(const ll_columns *columns, const char *line, const char **cell);

/* Whether the word is a number, above 0 and at most max. */
bool ll_columns_number(const char *word, double max, double *out);

#endif
