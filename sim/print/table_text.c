/* A table for people, in columns of a terminal. */
#include "sim/print/table.h"

#include <string.h>

enum { GAP = 2, NARROWEST = 12, LONGEST_WORD = 44 };

typedef struct layout {
    const ll_table *t;
    int *w;            /* [n_column] width */
    int *tail;         /* [n_column] of decimal columns: width from the point on */
    const char **rest; /* [n_column] what is left to print of the cells of a row */
} layout;

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

/* Bytes before the decimal point of a cell that is aligned there; 0: it is aligned otherwise. */
static size_t point_of(const ll_table *t, int row, int c)
{
    return row >= 0 && t->column[c].decimal ? ll_table_point(ll_table_cell(t, row, c)) : 0;
}

/* Natural width of a column, and the least that it can shrink to. */
static void column_measure(const layout *l, int c, int *least)
{
    const ll_table *t = l->t;
    int head = 0;
    l->w[c] = l->tail[c] = 0;
    *least = ll_table_numeric(t, c) ? 0 : NARROWEST;
    for (int r = -1; r < t->n_row; r++) {
        const char *s = ll_table_cell(t, r, c);
        const size_t point = point_of(t, r, c);
        const bool whole = r >= 0 && t->column[c].right; /* numbers are not broken, headings are */
        const int d = display_width(s, strlen(s));
        const int word = point ? 0 : whole ? d : word_width(s);
        const int before = display_width(s, point);
        if (d > l->w[c]) l->w[c] = d;
        if (word > *least) *least = word < LONGEST_WORD ? word : LONGEST_WORD;
        if (point && before > head) head = before;
        if (point && d - before > l->tail[c]) l->tail[c] = d - before;
    }
    if (head + l->tail[c] > l->w[c]) l->w[c] = head + l->tail[c];
    if (head + l->tail[c] > *least) *least = head + l->tail[c];
}

/* Shrinks the widest columns that hold text or a heading of words until a line fits in `width`, but
 * never below the length of their longest word. */
static layout layout_fit(const ll_table *t, int width)
{
    layout l = {t, ll_arena_array(t->mem, t->n_column, int),
                ll_arena_array(t->mem, t->n_column, int),
                ll_arena_array(t->mem, t->n_column, const char *)};
    int *least = ll_arena_array(t->mem, t->n_column, int);
    int sum = GAP * (t->n_column - 1);
    for (int c = 0; c < t->n_column; c++) {
        column_measure(&l, c, &least[c]);
        sum += l.w[c];
    }
    while (width > 0 && sum > width) {
        int widest = -1;
        for (int c = 0; c < t->n_column; c++)
            if (l.w[c] > least[c] && (widest < 0 || l.w[c] > l.w[widest])) widest = c;
        if (widest < 0) break;
        l.w[widest]--;
        sum--;
    }
    return l;
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

/* Spaces before and after n bytes of a cell. */
static void fill_split(const layout *l, int row, int c, const char *s, size_t n, int *before,
                       int *behind)
{
    const int all = l->w[c] - display_width(s, n);
    const size_t point = n ? point_of(l->t, row, c) : 0;
    *behind = ll_table_numeric(l->t, c) ? 0 : all;
    if (point) *behind = l->tail[c] - display_width(s + point, n - point);
    if (*behind < 0) *behind = 0;
    *before = all > *behind ? all - *behind : 0;
}

static void row_print(const layout *l, int row, ll_text *out)
{
    const ll_table *t = l->t;
    const char **rest = l->rest;
    bool more = true;
    for (int c = 0; c < t->n_column; c++)
        rest[c] = ll_table_cell(t, row, c);
    while (more) {
        int pending = 0; /* spaces that are owed: none at the end of a line */
        more = false;
        for (int c = 0; c < t->n_column; c++) {
            const size_t n = chunk_length(rest[c], l->w[c]);
            int before, behind;
            fill_split(l, row, c, rest[c], n, &before, &behind);
            if (n) {
                ll_text_add(out, "%*s", pending + before, "");
                ll_text_add_bytes(out, rest[c], n);
                pending = behind;
            } else {
                pending += l->w[c];
            }
            pending += GAP;
            rest[c] += n;
            rest[c] += strspn(rest[c], " ");
            more = more || *rest[c];
        }
        ll_text_add(out, "\n");
    }
}

void ll_table_text(const ll_table *t, int width, ll_text *out)
{
    const layout l = layout_fit(t, width);
    if (*t->title) ll_text_add(out, "%s\n", t->title);
    row_print(&l, -1, out);
    for (int c = 0; c < t->n_column; c++) {
        for (int i = 0; i < l.w[c]; i++)
            ll_text_add(out, "-");
        ll_text_add(out, "%s", c + 1 < t->n_column ? "  " : "\n");
    }
    for (int r = 0; r < t->n_row; r++)
        row_print(&l, r, out);
}
