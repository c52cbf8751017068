#include "sim/base/csv.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

ll_status ll_csv_load(const char *path, ll_arena *mem, const char **bytes, size_t *n, ll_error *err)
{
    FILE *f = fopen(path, "rb");
    if (!f) return ll_error_set(err, LL_ERR_CONFIG, "%s: %s", path, strerror(errno));
    size_t cap = 1 << 16, used = 0, got;
    char *text = ll_arena_array(mem, cap + 1, char);
    while ((got = fread(text + used, 1, cap - used, f)) > 0) {
        used += got;
        if (used < cap) continue;
        text = ll_arena_grown(mem, text, (int64_t)used, (int64_t)(2 * cap + 1), 1);
        cap *= 2;
    }
    const int bad = ferror(f), why = errno;
    fclose(f);
    if (bad) return ll_error_set(err, LL_ERR_CONFIG, "%s: %s", path, strerror(why));
    text[used] = '\0';
    *bytes = text;
    *n = used;
    return LL_OK;
}

/* Cells are unquoted and ended in place: what is written never overtakes what is read. */
typedef struct reader {
    char *at, *end;
    int line;
} reader;

/* The text of a cell in quotes, from behind the first one; false if they stay open. */
static bool quoted_read(reader *r, char *out)
{
    for (; r->at < r->end; r->at++) {
        if (*r->at == '"' && (r->at + 1 == r->end || r->at[1] != '"')) {
            *out = '\0'; /* the quote itself, or a place before it */
            r->at++;
            return true;
        }
        if (*r->at == '"') r->at++;
        r->line += *r->at == '\n';
        *out++ = *r->at;
    }
    return false;
}

/* The next cell; *last says that its line ends with it. NULL: the quote stays open. */
static const char *cell_read(reader *r, bool *last)
{
    char *out = r->at;
    const bool quoted = r->at < r->end && *r->at == '"';
    if (quoted) {
        r->at++;
        if (!quoted_read(r, out)) return NULL;
    }
    while (r->at < r->end && *r->at != ',' && *r->at != '\n')
        r->at++;
    *last = r->at == r->end || *r->at == '\n';
    r->line += r->at < r->end && *r->at == '\n';
    if (!quoted) {
        char *stop = r->at;
        if (*last && stop > out && stop[-1] == '\r') stop--;
        *stop = '\0'; /* the separator, or the 0 behind the last byte */
    }
    if (r->at < r->end) r->at++;
    return out;
}

/* Past lines without cells. */
static void skip(reader *r)
{
    while (r->at < r->end && (*r->at == '#' || *r->at == '\n' || *r->at == '\r')) {
        char *next = memchr(r->at, '\n', (size_t)(r->end - r->at));
        r->line += next != NULL;
        r->at = next ? next + 1 : r->end;
    }
}

/* The cells of a line into cell[0 .. n); *n_cell may come out larger than n. */
static ll_status line_read(reader *r, const char *name, int n, const char **cell, int *n_cell,
                           ll_error *err)
{
    const int line = r->line;
    bool last = false;
    for (*n_cell = 0; !last; ++*n_cell) {
        const char *text = cell_read(r, &last);
        if (!text) return ll_error_set(err, LL_ERR_CONFIG, "%s:%d: a quote stays open", name, line);
        if (*n_cell < n) cell[*n_cell] = text;
    }
    return LL_OK;
}

ll_status ll_csv_parse(const char *name, const char *bytes, size_t n, ll_arena *mem, ll_csv *out,
                       ll_error *err)
{
    enum { MAX_COLUMN = 64 };
    char *text = ll_arena_strndup(mem, bytes, n);
    reader r = {text, text + n, 1};
    int cap = 1, n_cell, *line;
    for (size_t i = 0; i < n; i++)
        cap += bytes[i] == '\n';
    *out = (ll_csv){.name = name};
    out->column = ll_arena_array(mem, MAX_COLUMN, const char *);
    skip(&r);
    if (r.at == r.end) return ll_error_set(err, LL_ERR_CONFIG, "%s: the file has no heading", name);
    LL_TRY(line_read(&r, name, MAX_COLUMN, out->column, &out->n_column, err));
    if (out->n_column > MAX_COLUMN)
        return ll_error_set(err, LL_ERR_CONFIG, "%s: more than %d columns", name, MAX_COLUMN);
    out->cell = ll_arena_array(mem, (size_t)cap * (size_t)out->n_column, const char *);
    out->line = line = ll_arena_array(mem, cap, int);
    for (skip(&r); r.at < r.end; skip(&r)) {
        line[out->n_row] = r.line;
        LL_TRY(line_read(&r, name, out->n_column,
                         out->cell + (size_t)out->n_row * (size_t)out->n_column, &n_cell, err));
        if (n_cell != out->n_column)
            return ll_error_set(err, LL_ERR_CONFIG,
                                "%s:%d: %d cells, but the heading has %d; a cell with a comma "
                                "stands in double quotes",
                                name, line[out->n_row], n_cell, out->n_column);
        out->n_row++;
    }
    return LL_OK;
}

int ll_csv_column(const ll_csv *csv, const char *name)
{
    for (int i = 0; i < csv->n_column; i++)
        if (!strcmp(csv->column[i], name)) return i;
    return -1;
}
