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

enum { GAP = 2, NARROWEST = 12, LONGEST_WORD = 44, PLAIN_WIDTH = 100, CELL_CAP = 4096 };

ll_table *ll_table_create(ll_arena *mem, const char *title, int n_column, const ll_column *column)
{
    LL_ASSERT(n_column > 0 && n_column <= LL_MAX_COLUMN, "n_column = %d", n_column);
    ll_table *t = ll_arena_new(mem, ll_table);
    *t = (ll_table){.mem = mem, .title = title, .n_column = n_column};
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

static const char *cell_at(const ll_table *t, int row, int c)
{
    return row < 0 ? t->column[c].name : t->cell[row * t->n_column + c];
}

static const char *column_key(const ll_table *t, int c)
{
    return t->column[c].key ? t->column[c].key : t->column[c].name;
}

/* Columns that a string takes: UTF-8 characters. */
static int display_width(const char *s, size_t n)
{
    int w = 0;
    for (size_t i = 0; i < n; i++)
        w += ((unsigned char)s[i] & 0xc0) != 0x80;
    return w;
}

/* Longest word of s, in columns. */
static int word_width(const char *s)
{
    int longest = 0;
    size_t indent = strspn(s, " "); /* stays with the first word */
    while (*s) {
        size_t n = indent + strcspn(s + indent, " ");
        indent = 0;
        int d = display_width(s, n);
        if (d > longest) longest = d;
        s += n + (s[n] == ' ');
    }
    return longest;
}

/* Width of each column; the widest left-aligned ones shrink until a line fits in `width`, but not
 * so far that a word has to be cut. */
static void widths_fit(const ll_table *t, int width, int *w)
{
    int sum = GAP * (t->n_column - 1), least[LL_MAX_COLUMN];
    for (int c = 0; c < t->n_column; c++) {
        w[c] = 0;
        least[c] = t->column[c].right ? PLAIN_WIDTH : NARROWEST;
        for (int r = -1; r < t->n_row; r++) {
            const char *s = cell_at(t, r, c);
            int d = display_width(s, strlen(s)), word = word_width(s);
            if (d > w[c]) w[c] = d;
            if (word > least[c]) least[c] = word < LONGEST_WORD ? word : LONGEST_WORD;
        }
        sum += w[c];
    }
    while (width > 0 && sum > width) {
        int widest = -1;
        for (int c = 0; c < t->n_column; c++)
            if (w[c] > least[c] && (widest < 0 || w[c] > w[widest])) widest = c;
        if (widest < 0) return;
        w[widest]--;
        sum--;
    }
}

/* Bytes of s that fit in w columns, broken after a space if there is one; a longer word is cut. */
static size_t chunk_length(const char *s, int w)
{
    size_t n = 0, space = 0, indent = strspn(s, " ");
    int columns = 0;
    while (s[n]) {
        if (((unsigned char)s[n] & 0xc0) != 0x80 && ++columns > w) break;
        n++;
        if (s[n] == ' ' && n > indent) space = n;
    }
    return s[n] && space ? space : n;
}

static void text_row(const ll_table *t, int row, const int *w, ll_text *out)
{
    const char *rest[LL_MAX_COLUMN];
    bool more = true;
    for (int c = 0; c < t->n_column; c++)
        rest[c] = cell_at(t, row, c);
    while (more) {
        int pending = 0; /* spaces that are owed: none at the end of a line */
        more = false;
        for (int c = 0; c < t->n_column; c++) {
            size_t n = chunk_length(rest[c], w[c]);
            int fill = w[c] - display_width(rest[c], n);
            if (fill < 0) fill = 0;
            if (n) {
                ll_text_add(out, "%*s", pending + (t->column[c].right ? fill : 0), "");
                ll_text_add_bytes(out, rest[c], n);
                pending = t->column[c].right ? 0 : fill;
            } else {
                pending += w[c];
            }
            pending += GAP;
            rest[c] += n;
            rest[c] += strspn(rest[c], " ");
            more = more || *rest[c];
        }
        ll_text_add(out, "\n");
    }
}

static void text_print(const ll_table *t, int width, ll_text *out)
{
    int w[LL_MAX_COLUMN];
    widths_fit(t, width, w);
    if (*t->title) ll_text_add(out, "%s\n", t->title);
    text_row(t, -1, w, out);
    for (int c = 0; c < t->n_column; c++) {
        for (int i = 0; i < w[c]; i++)
            ll_text_add(out, "-");
        ll_text_add(out, "%s", c + 1 < t->n_column ? "  " : "\n");
    }
    for (int r = 0; r < t->n_row; r++)
        text_row(t, r, w, out);
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
            const char *s = cell_at(t, r, c), *key = column_key(t, c);
            const double exact = t->exact[r * t->n_column + c];
            if (!isnan(exact))
                ll_json_number(&j, key, exact);
            else if (t->column[c].right && is_number(s))
                ll_json_raw(&j, key, s);
            else
                ll_json_string(&j, key, t->column[c].right && !strcmp(s, "-") ? NULL : s);
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
            csv_cell(r < 0 ? column_key(t, c) : cell_at(t, r, c), out);
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
            for (const char *s = cell_at(t, r, c); *s; s++)
                ll_text_add(out, *s == '|' ? "\\|" : "%c", *s == '\n' ? ' ' : *s);
            ll_text_add(out, " |");
        }
        ll_text_add(out, "\n");
        for (int c = 0; r < 0 && c < t->n_column; c++)
            ll_text_add(out, "%s%s", t->column[c].right ? "|---:" : "|---",
                        c + 1 < t->n_column ? "" : "|\n");
    }
}

static void latex_text(const char *s, ll_text *out)
{
    for (; *s; s++) {
        if (strchr("&%$#_{}", *s))
            ll_text_add(out, "\\%c", *s);
        else if (*s == '\\')
            ll_text_add(out, "\\textbackslash{}");
        else if (*s == '~' || *s == '^')
            ll_text_add(out, "\\%c{}", *s);
        else if (*s == '<' || *s == '>' || *s == '|')
            ll_text_add(out, "$%c$", *s);
        else
            ll_text_add(out, "%c", *s);
    }
}

static void latex_print(const ll_table *t, ll_text *out)
{
    ll_text_add(out, "%% needs \\usepackage{booktabs}\n");
    if (*t->title) ll_text_add(out, "%% %s\n", t->title);
    ll_text_add(out, "\\begin{tabular}{");
    for (int c = 0; c < t->n_column; c++)
        ll_text_add(out, "%c", t->column[c].right ? 'r' : 'l');
    ll_text_add(out, "}\n\\toprule\n");
    for (int r = -1; r < t->n_row; r++) {
        for (int c = 0; c < t->n_column; c++) {
            latex_text(cell_at(t, r, c), out);
            ll_text_add(out, "%s", c + 1 < t->n_column ? " & " : " \\\\\n");
        }
        if (r < 0) ll_text_add(out, "\\midrule\n");
    }
    ll_text_add(out, "\\bottomrule\n\\end{tabular}\n");
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
        latex_print(t, out);
        break;
    case LL_FORMAT_TEXT:
    case LL_N_FORMAT:
        text_print(t, width, out);
        break;
    }
}
