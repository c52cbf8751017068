#include "sim/csv.h"

#include "sim/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

ll_status ll_csv_fault(const ll_csv *csv, const char *what, const char *legal)
{
    return ll_error_add(csv->err, LL_ERR_CONFIG, "%s:%d: %s; expected %s", csv->file, csv->line,
                        what, legal);
}

ll_status ll_csv_fault_in(const ll_csv *csv, const char *name, const char *word, const char *legal)
{
    return ll_csv_fault(csv, ll_arena_printf(csv->mem, "%s = '%s'", name, word), legal);
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

ll_status ll_csv_heading(ll_csv *csv, const char *line)
{
    const char *field[LL_CSV_MAX];
    csv->n_field = split(line, LL_CSV_MAX, csv->mem, field);
    for (int i = 0; i < csv->n_field; i++) {
        int c = 0;
        while (c < csv->n_name && strcmp(field[i], csv->name[c]) != 0)
            c++;
        if (c < csv->n_name && !csv->field_of[c]) {
            csv->field_of[c] = i + 1;
            continue;
        }
        const int near = ll_text_nearest(field[i], csv->n_name, csv->name);
        const char *legal = csv->legal;
        if (near >= 0 && c == csv->n_name)
            legal = ll_arena_printf(csv->mem, "%s; did you mean '%s'?", legal, csv->name[near]);
        ll_csv_fault(csv,
                     c < csv->n_name
                         ? ll_arena_printf(csv->mem, "column '%s' stands twice", field[i])
                         : ll_arena_printf(csv->mem, "column '%s'", field[i]),
                     legal);
    }
    for (int c = 0; c < csv->n_name; c++)
        if ((csv->required & (1u << c)) && !csv->field_of[c])
            ll_csv_fault(csv, ll_arena_printf(csv->mem, "no column '%s'", csv->name[c]),
                         csv->legal);
    return csv->err->status;
}

ll_status ll_csv_row(const ll_csv *csv, const char *line, const char **cell)
{
    const char *field[LL_CSV_MAX];
    const int n = split(line, csv->n_field, csv->mem, field);
    if (n != csv->n_field)
        return ll_csv_fault(csv, ll_arena_printf(csv->mem, "%d fields", n),
                            ll_arena_printf(csv->mem, "%d, as the heading has", csv->n_field));
    for (int c = 0; c < csv->n_name; c++)
        cell[c] = csv->field_of[c] ? field[csv->field_of[c] - 1] : "";
    return LL_OK;
}

bool ll_csv_number(const char *word, double max, double *out)
{
    char *end;
    errno = 0;
    const double x = strtod(word, &end);
    if (end == word || *end || errno || !(x > 0) || !(x <= max)) return false;
    *out = x;
    return true;
}
