#include "sim/base/csv.h"

#include "sim/base/words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Quotes are removed and cells ended with a 0 in place: a cell never grows. */
typedef struct reader {
    char *at, *end;
    int line;
    const char *fault; /* of the line that is read; NULL: none */
} reader;

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

static void skip_blanks(reader *r)
{
    while (r->at < r->end && is_blank(*r->at))
        r->at++;
}

/* The text of a quoted cell, from the byte after its opening quote. */
static void quoted_read(reader *r, char *out)
{
    for (; r->at < r->end; r->at++) {
        if (*r->at == '"' && (r->at + 1 == r->end || r->at[1] != '"')) {
            *out = '\0'; /* the quote itself, or a place before it */
            r->at++;
            return;
        }
        if (*r->at == '"') r->at++;
        r->line += *r->at == '\n';
        *out++ = *r->at;
    }
    *out = '\0';
    r->fault = "a quote is not closed";
}

/* The next cell; *last: it is the last one of its line. */
static const char *cell_read(reader *r, bool *last)
{
    skip_blanks(r);
    char *out = r->at, *stop;
    const bool quoted = r->at < r->end && *r->at == '"';
    if (quoted) {
        r->at++;
        quoted_read(r, out);
        skip_blanks(r);
    }
    const char *rest = r->at;
    for (stop = r->at; r->at < r->end && *r->at != ',' && *r->at != '\n'; r->at++)
        if (!is_blank(*r->at)) stop = r->at + 1;
    if (quoted && stop > rest && !r->fault) r->fault = "text after the closing quote of a cell";
    *last = r->at == r->end || *r->at == '\n';
    r->line += r->at < r->end && *r->at == '\n';
    if (r->at < r->end) r->at++;
    if (!quoted) *stop = '\0'; /* a blank, the separator, or the 0 behind the last byte */
    return out;
}

/* Moves past empty lines and comments. */
static void skip_lines(reader *r)
{
    while (r->at < r->end) {
        const char *content = r->at;
        while (content < r->end && is_blank(*content))
            content++;
        if (content < r->end && *content != '#' && *content != '\n') return;
        char *next = memchr(r->at, '\n', (size_t)(r->end - r->at));
        r->line += next != NULL;
        r->at = next ? next + 1 : r->end;
    }
}

/* The cells of a line into cell[0 .. n); returns how many there are, perhaps more than n. */
static int line_read(reader *r, int n, const char **cell)
{
    int n_cell = 0;
    r->fault = NULL;
    for (bool last = false; !last; n_cell++) {
        const char *text = cell_read(r, &last);
        if (n_cell < n) cell[n_cell] = text;
    }
    return n_cell;
}

static ll_status heading_read(reader *r, ll_arena *mem, ll_csv *out, ll_error *err)
{
    enum { MAX_COLUMN = 64 };
    out->column = ll_arena_array(mem, MAX_COLUMN, const char *);
    skip_lines(r);
    if (r->at == r->end)
        return ll_error_add(err, LL_ERR_CONFIG, "%s: the file has no heading", out->name);
    out->heading_line = r->line;
    out->n_column = line_read(r, MAX_COLUMN, out->column);
    if (r->fault)
        return ll_error_add(err, LL_ERR_CONFIG, "%s:%d: %s", out->name, out->heading_line,
                            r->fault);
    if (out->n_column > MAX_COLUMN)
        return ll_error_add(err, LL_ERR_CONFIG, "%s:%d: more than %d columns", out->name,
                            out->heading_line, MAX_COLUMN);
    return LL_OK;
}

/* The row at r, over the last one if that was at fault. */
static void row_read(reader *r, ll_csv *out, int *line, ll_error *err)
{
    const int from = line[out->n_row] = r->line;
    const int n_cell =
        line_read(r, out->n_column, out->cell + (size_t)out->n_row * (size_t)out->n_column);
    if (r->fault)
        ll_error_add(err, LL_ERR_CONFIG, "%s:%d: %s", out->name, from, r->fault);
    else if (n_cell != out->n_column)
        ll_error_add(err, LL_ERR_CONFIG,
                     "%s:%d: %d cells, but the heading has %d; a cell with a comma stands in "
                     "double quotes",
                     out->name, from, n_cell, out->n_column);
    else
        out->n_row++;
}

ll_status ll_csv_parse(const char *name, const char *bytes, size_t n, ll_arena *mem, ll_csv *out,
                       ll_error *err)
{
    char *text = ll_arena_strndup(mem, bytes, n);
    reader r = {text, text + n, 1, NULL};
    int cap = 1;
    for (size_t i = 0; i < n; i++)
        cap += bytes[i] == '\n';
    *out = (ll_csv){.name = name};
    LL_TRY(heading_read(&r, mem, out, err));
    int *line = ll_arena_array(mem, cap, int);
    out->cell = ll_arena_array(mem, (size_t)cap * (size_t)out->n_column, const char *);
    out->line = line;
    for (skip_lines(&r); r.at < r.end; skip_lines(&r))
        row_read(&r, out, line, err);
    return err->status;
}

int ll_csv_column(const ll_csv *csv, const char *name)
{
    return ll_words_find(&(ll_words){csv->n_column, csv->column, NULL}, name);
}

ll_status ll_csv_find(const ll_csv *csv, const ll_csv_columns *columns, ll_arena *mem, int *at,
                      ll_error *err)
{
    const ll_words known = {columns->n, columns->name, NULL};
    enum { HINT_CAP = 512 };
    char *hint = ll_arena_array(mem, HINT_CAP, char);
    for (int i = 0; i < csv->n_column; i++) {
        if (ll_words_find(&known, csv->column[i]) < 0)
            ll_error_add(err, LL_ERR_CONFIG, "%s:%d: column '%s': %s", csv->name, csv->heading_line,
                         csv->column[i], ll_words_hint(&known, csv->column[i], hint, HINT_CAP));
        else if (ll_csv_column(csv, csv->column[i]) < i)
            ll_error_add(err, LL_ERR_CONFIG, "%s:%d: column '%s' appears twice", csv->name,
                         csv->heading_line, csv->column[i]);
    }
    for (int c = 0; c < columns->n; c++) {
        at[c] = ll_csv_column(csv, columns->name[c]);
        if (at[c] < 0 && columns->required >> c & 1)
            ll_error_add(err, LL_ERR_CONFIG, "%s:%d: there is no column '%s'", csv->name,
                         csv->heading_line, columns->name[c]);
    }
    return err->status;
}

const char *ll_csv_cell(const ll_csv *csv, int i_row, int at)
{
    return at < 0 ? "" : csv->cell[(size_t)i_row * (size_t)csv->n_column + (size_t)at];
}

bool ll_csv_number(const char *cell, double low, double high, double *out)
{
    char *end;
    errno = 0;
    const double x = strtod(cell, &end);
    if (end == cell || *end || errno || !(x > low) || !(x <= high)) return false;
    *out = x;
    return true;
}

ll_status ll_csv_fault(const ll_csv *csv, int i_row, int at, const char *legal, ll_error *err)
{
    return ll_error_add(err, LL_ERR_CONFIG, "%s:%d: %s = '%s'; expected %s", csv->name,
                        csv->line[i_row], csv->column[at], ll_csv_cell(csv, i_row, at), legal);
}
