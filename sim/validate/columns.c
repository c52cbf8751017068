#include "sim/validate/columns.h"

#include "sim/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

ll_status ll_columns_fault(const ll_columns *columns, const char *what, const char *legal)
{
    return ll_error_add(columns->err, LL_ERR_CONFIG, "%s:%d: %s; expected %s", columns->file,
                        columns->line, what, legal);
}

ll_status ll_columns_fault_in(const ll_columns *columns, const char *name, const char *word,
                              const char *legal)
{
    return ll_columns_fault(columns, ll_arena_printf(columns->mem, "%s = '%s'", name, word), legal);
}

/* The last of n_max fields keeps its commas. */
static int split(const char *line, int n_max, ll_arena *mem, const char **field)
{
    int n = 0;
    for (;;) {
        size_t length = n + 1 == n_max ? strlen(line) : strcspn(line, ",");
        const char *from = line + strspn(line, " \t");
        const char *to = line + length;
        if (from > to) from = to;
        while (to > from && isspace((unsigned char)to[-1]))
            to--;
        field[n++] = ll_arena_strndup(mem, from, (size_t)(to - from));
        if (n == n_max || !line[length]) return n;
        line += length + 1;
    }
}

ll_status ll_columns_heading(ll_columns *columns, const char *line)
{
    const char *field[LL_COLUMNS_MAX];
    columns->n_field = split(line, LL_COLUMNS_MAX, columns->mem, field);
    for (int i = 0; i < columns->n_field; i++) {
        int c = 0;
        while (c < columns->n_name && strcmp(field[i], columns->name[c]) != 0)
            c++;
        if (c < columns->n_name && !columns->field_of[c]) {
            columns->field_of[c] = i + 1;
            continue;
        }
        const int near = ll_text_nearest(field[i], columns->n_name, columns->name);
        const char *legal = columns->legal;
        if (near >= 0 && c == columns->n_name)
            legal =
                ll_arena_printf(columns->mem, "%s; did you mean '%s'?", legal, columns->name[near]);
        ll_columns_fault(columns,
                         c < columns->n_name
                             ? ll_arena_printf(columns->mem, "column '%s' stands twice", field[i])
                             : ll_arena_printf(columns->mem, "column '%s'", field[i]),
                         legal);
    }
    for (int c = 0; c < columns->n_name; c++)
        if ((columns->required & (1u << c)) && !columns->field_of[c])
            ll_columns_fault(columns,
                             ll_arena_printf(columns->mem, "no column '%s'", columns->name[c]),
                             columns->legal);
    return columns->err->status;
}

ll_status ll_columns_row(const ll_columns *columns, const char *line, const char **cell)
{
    const char *field[LL_COLUMNS_MAX];
    const int n = split(line, columns->n_field, columns->mem, field);
    if (n != columns->n_field)
        return ll_columns_fault(
            columns, ll_arena_printf(columns->mem, "%d fields", n),
            ll_arena_printf(columns->mem, "%d, as the heading has", columns->n_field));
    for (int c = 0; c < columns->n_name; c++)
        cell[c] = columns->field_of[c] ? field[columns->field_of[c] - 1] : "";
    return LL_OK;
}

bool ll_columns_number(const char *word, double max, double *out)
{
    char *end;
    errno = 0;
    const double x = strtod(word, &end);
    if (end == word || *end || errno || !(x > 0) || !(x <= max)) return false;
    *out = x;
    return true;
}
