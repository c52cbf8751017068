#include "sim/print/table.h"

#include "sim/base/status.h"
#include "sim/print/json.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

const char *const ll_format_names[] = {"text", "json", "csv", "md", "latex", NULL};

enum { PLAIN_WIDTH = 100, CELL_CAP = 4096 };

ll_table *ll_table_create(ll_arena *mem, const char *title, int n_column, const ll_column *column)
{
    LL_ASSERT(n_column > 0, "n_column = %d", n_column);
    ll_table *t = ll_arena_new(mem, ll_table);
    *t = (ll_table){.mem = mem, .title = title, .n_column = n_column};
    t->column = ll_arena_array(mem, n_column, ll_column);
    memcpy(t->column, column, (size_t)n_column * sizeof *column);
    return t;
}

void ll_table_row(ll_table *t)
{
    if (t->n_row == t->cap_row) {
        const int cap = t->cap_row ? 2 * t->cap_row : 16;
        const int64_t n_old = (int64_t)t->n_row * t->n_column, n = (int64_t)cap * t->n_column;
        t->cell = ll_arena_grown(t->mem, t->cell, n_old, n, sizeof *t->cell);
        t->exact = ll_arena_grown(t->mem, t->exact, n_old, n, sizeof *t->exact);
        t->cap_row = cap;
    }
    for (int c = 0; c < t->n_column; c++) {
        t->cell[t->n_row * t->n_column + c] = "";
        t->exact[t->n_row * t->n_column + c] = (double)NAN;
    }
    t->n_row++;
}

void ll_table_set(ll_table *t, int i_column, const char *fmt, ...)
{
    LL_ASSERT(t->n_row > 0 && i_column >= 0 && i_column < t->n_column, "column %d of %d, row %d",
              i_column, t->n_column, t->n_row);
    char buffer[CELL_CAP];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(buffer, sizeof buffer, fmt, ap);
    va_end(ap);
    t->cell[(t->n_row - 1) * t->n_column + i_column] = ll_arena_strdup(t->mem, buffer);
    t->exact[(t->n_row - 1) * t->n_column + i_column] = (double)NAN;
}

void ll_table_number(ll_table *t, int i_column, int n_decimal, double x)
{
    ll_table_set(t, i_column, "%.*f", n_decimal, x);
    t->exact[(t->n_row - 1) * t->n_column + i_column] = x;
}

int ll_table_terminal_width(void)
{
    struct winsize size;
    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 40)
        return size.ws_col;
    return PLAIN_WIDTH;
}

const char *ll_table_cell(const ll_table *t, int row, int c)
{
    return row < 0 ? t->column[c].name : t->cell[row * t->n_column + c];
}

const char *ll_table_key(const ll_table *t, int c)
{
    return t->column[c].key ? t->column[c].key : t->column[c].name;
}

bool ll_table_numeric(const ll_table *t, int c)
{
    return t->column[c].right || t->column[c].decimal;
}

/* Length of the digits at s, with commas between them. */
static size_t digits_length(const char *s)
{
    size_t n = strspn(s, "0123456789");
    while (n && s[n] == ',' && strspn(s + n + 1, "0123456789") >= 3)
        n += 1 + strspn(s + n + 1, "0123456789");
    return n;
}

size_t ll_table_point(const char *s)
{
    enum { UNIT_MAX = 10 }; /* "%", "GB/s", "TFLOP/s" */
    if (!strcmp(s, "-")) return 1;
    const size_t sign = strspn(s, "+-~<>");
    const size_t whole = digits_length(s + sign);
    if (whole == 0) return 0;
    const size_t point = sign + whole;
    const size_t n = s[point] == '.' ? point + 1 + strspn(s + point + 1, "0123456789") : point;
    return strlen(s + n) <= UNIT_MAX && (!s[n] || strchr(" %", s[n])) ? point : 0;
}

/* A cell of a right-aligned column that is a JSON number as it stands. */
static bool is_number(const char *s)
{
    char *end;
    if (!strchr("-0123456789", *s) || !*s) return false;
    double x = strtod(s, &end);
    const char *digits = s + (*s == '-');
    bool leading_zero = digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9';
    return end != s && !*end && isfinite(x) && !leading_zero && !strpbrk(s, "xXpP");
}

static void json_print(const ll_table *t, ll_text *out)
{
    ll_json j;
    ll_json_init(&j, out);
    ll_json_open(&j, NULL, '[');
    for (int r = 0; r < t->n_row; r++) {
        ll_json_open(&j, NULL, '{');
        for (int c = 0; c < t->n_column; c++) {
            const char *s = ll_table_cell(t, r, c), *key = ll_table_key(t, c);
            const double exact = t->exact[r * t->n_column + c];
            if (!isnan(exact))
                ll_json_number(&j, key, exact);
            else if (ll_table_numeric(t, c) && is_number(s))
                ll_json_raw(&j, key, s);
            else
                ll_json_string(&j, key,
                               ll_table_numeric(t, c) && (!*s || !strcmp(s, "-")) ? NULL : s);
        }
        ll_json_close(&j);
    }
    ll_json_close(&j);
}

static void csv_cell(const char *s, ll_text *out)
{
    if (!strpbrk(s, ",\"\r\n")) {
        ll_text_add(out, "%s", s);
        return;
    }
    ll_text_add(out, "\"");
    for (; *s; s++)
        ll_text_add(out, *s == '"' ? "\"\"" : "%c", *s);
    ll_text_add(out, "\"");
}

static void csv_print(const ll_table *t, ll_text *out)
{
    for (int r = -1; r < t->n_row; r++)
        for (int c = 0; c < t->n_column; c++) {
            csv_cell(r < 0 ? ll_table_key(t, c) : ll_table_cell(t, r, c), out);
            ll_text_add(out, "%s", c + 1 < t->n_column ? "," : "\n");
        }
}

static void md_print(const ll_table *t, ll_text *out)
{
    if (*t->title) ll_text_add(out, "**%s**\n\n", t->title);
    for (int r = -1; r < t->n_row; r++) {
        ll_text_add(out, "|");
        for (int c = 0; c < t->n_column; c++) {
            ll_text_add(out, " ");
            for (const char *s = ll_table_cell(t, r, c); *s; s++)
                ll_text_add(out, *s == '|' ? "\\|" : "%c", *s == '\n' ? ' ' : *s);
            ll_text_add(out, " |");
        }
        ll_text_add(out, "\n");
        for (int c = 0; r < 0 && c < t->n_column; c++)
            ll_text_add(out, "%s%s", ll_table_numeric(t, c) ? "|---:" : "|---",
                        c + 1 < t->n_column ? "" : "|\n");
    }
}

void ll_table_print(const ll_table *t, ll_format format, int width, ll_text *out)
{
    switch (format) {
    case LL_FORMAT_JSON:
        json_print(t, out);
        break;
    case LL_FORMAT_CSV:
        csv_print(t, out);
        break;
    case LL_FORMAT_MD:
        md_print(t, out);
        break;
    case LL_FORMAT_LATEX:
        ll_table_latex(t, out);
        break;
    case LL_FORMAT_TEXT:
    case LL_N_FORMAT:
        ll_table_text(t, width, out);
        break;
    }
}
