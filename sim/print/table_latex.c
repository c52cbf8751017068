/* A table for a paper that fits one column of a two-column page; widths are estimated from the
 * characters. Text that does not fit is wrapped (tabularx), a table whose numbers do not fit goes
 * over both columns (table*), and one whose numbers do not fit there either is scaled. Packages:
 * booktabs, tabularx; graphicx for a table that is scaled. */
#include "sim/print/table.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

/* In points, at 8 pt: column and text of LaTeX's article in two columns; IEEE and ACM have more. */
enum { COLUMN_PT = 228, PAGE_PT = 466, SEP_PT = 6, SHORT_PT = 62, NARROWEST_PT = 46 };
enum { PAGE_LINES = 44 }; /* of a part; what is above is "continued" */

typedef enum form { FORM_PLAIN, FORM_WRAPPED, FORM_SCALED } form;

typedef struct layout {
    const ll_table *t;
    form form;
    bool wide;       /* over both columns */
    double *pt;      /* [n_column] natural width of the cells */
    double *least;   /* [n_column] what a wrapped column needs: that of its numbers, or of a word */
    double *head_pt; /* [n_column] of the heading, stacked over numbers */
    double *share;   /* [n_column] FORM_WRAPPED: width of a wrapped column; 0: it is not */
    int n_x;         /* wrapped columns of text alone, which tabularx makes as wide as is left, */
    double x_pt;     /* and their width */
} layout;

/* ---- Characters ------------------------------------------------------------------------------ */

static bool is_break(char c) { return c && strchr("._/[](){}=,:;+-|@", c) != NULL; }

/* Names of keys and of algorithms may be broken after any sign, or after ten letters; ordinary
 * words are hyphenated by TeX. */
static bool breaks_itself(const char *word, size_t n)
{
    size_t alphabetic = 0;
    for (size_t i = 0; i < n; i++)
        alphabetic += isalpha((unsigned char)word[i]) != 0;
    return n > 10 && (alphabetic < n - (word[n - 1] == '.' || word[n - 1] == ',') || n > 24);
}

/* Appends one character; those that are special to TeX are escaped. */
static void char_add(const char *s, ll_text *out)
{
    static const struct {
        char c;
        const char *tex;
    } special[] = {{'\\', "\\textbackslash{}"},
                   {'~', "\\textasciitilde{}"},
                   {'^', "\\textasciicircum{}"},
                   {'<', "$<$"},
                   {'>', "$>$"},
                   {'|', "$|$"},
                   {'"', "''"},
                   {'\n', " "},
                   {'\t', " "}};
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        if (*s == special[i].c) {
            ll_text_add(out, "%s", special[i].tex);
            return;
        }
    if (strchr("&%$#_{}", *s))
        ll_text_add(out, "\\%c", *s);
    else if (*s == '-' && s[1] == '-')
        ll_text_add(out, "-{}");
    else if ((unsigned char)*s >= ' ' && *s != 0x7f)
        ll_text_add(out, "%c", *s);
}

static void text_add(const char *s, bool wrapped, ll_text *out)
{
    const bool numeric = ll_table_point(s) > 0;
    if (!strcmp(s, "-")) s = "--";
    if (numeric && *s == '-') {
        ll_text_add(out, *++s == '-' ? "--" : "$-$");
        if (*s == '-') return;
    }
    /* after the end of a row, TeX would read these two as its options */
    if (*s == '[' || *s == '*') ll_text_add(out, "{}");
    while (*s) {
        const size_t n = strcspn(s, " \n");
        const bool breaks = wrapped && n && breaks_itself(s, n);
        size_t run = 0;
        for (size_t i = 0; i < n; i++) {
            char_add(s + i, out);
            run = is_break(s[i]) ? 0 : run + 1;
            if (breaks && i + 1 < n && ((run == 0 && !is_break(s[i + 1])) || run == 10)) {
                ll_text_add(out, "\\allowbreak{}");
                run = 0;
            }
        }
        s += n;
        if (*s) char_add(s++, out);
    }
}

/* Estimated width of n bytes in Computer Modern or Times, rather too wide than too narrow. */
static double width_pt(const char *s, size_t n)
{
    double pt = 0;
    for (size_t i = 0; i < n; i++) {
        const unsigned char c = (unsigned char)s[i];
        if ((c & 0xc0) == 0x80) continue;
        pt += isupper(c) || strchr("mw%@&_+-<>=", c) ? 6.4
              : strchr(" .,:;'|ijl()[]", c)          ? 2.9
                                                     : 4.4;
    }
    return pt;
}

/* ---- Widths ---------------------------------------------------------------------------------- */

/* A heading over numbers is stacked: words go on a line as long as it is no wider than the cells,
 * or than its longest word. */
static double heading_pt(const char *s, double cells_pt)
{
    double longest = cells_pt;
    for (size_t n; *s; s += n + (s[n] == ' ')) {
        n = strcspn(s, " ");
        longest = fmax(longest, width_pt(s, n));
    }
    return longest;
}

static void heading_add(const layout *l, int c, ll_text *out)
{
    const char *s = ll_table_cell(l->t, -1, c);
    const bool stacked = ll_table_numeric(l->t, c) && width_pt(s, strlen(s)) > l->head_pt[c];
    if (!stacked) {
        text_add(s, l->share[c] > 0, out);
        return;
    }
    double used = 0;
    ll_text_add(out, "\\shortstack[r]{");
    for (size_t n; *s; s += n + (s[n] == ' ')) {
        n = strcspn(s, " ");
        const double pt = width_pt(s, n);
        if (used > 0) ll_text_add(out, used + 2.9 + pt > l->head_pt[c] ? "\\\\" : " ");
        used = used > 0 && used + 2.9 + pt <= l->head_pt[c] ? used + 2.9 + pt : pt;
        text_add(ll_arena_strndup(l->t->mem, s, n), false, out);
    }
    ll_text_add(out, "}");
}

/* Numbers aligned at the point need room for the longest part before it and the longest after it.
 * */
static void cells_measure(layout *l, int c)
{
    const ll_table *t = l->t;
    double before = 0, behind = 0, text = 0;
    for (int r = 0; r < t->n_row; r++) {
        const char *s = ll_table_cell(t, r, c);
        const size_t point = t->column[c].decimal ? ll_table_point(s) : 0, n = strlen(s);
        before = fmax(before, width_pt(s, point));
        if (point)
            behind = fmax(behind, width_pt(s + point, n - point));
        else
            text = fmax(text, width_pt(s, n));
    }
    const char *name = ll_table_cell(t, -1, c);
    l->pt[c] = fmax(before + behind, text);
    l->least[c] = fmax(before + behind, NARROWEST_PT);
    l->head_pt[c] =
        ll_table_numeric(t, c) ? heading_pt(name, l->pt[c]) : width_pt(name, strlen(name));
}

/* Divides the width that the other columns leave among long columns of text, by their need. False
 * if it is too little, or if there are none. */
static bool shares_find(layout *l, bool wide)
{
    const ll_table *t = l->t;
    double need_pt = 0, spare_pt = (wide ? PAGE_PT : COLUMN_PT) - SEP_PT * (t->n_column - 1);
    l->wide = wide;
    for (int c = 0; c < t->n_column; c++) {
        const bool wraps = !t->column[c].right && l->pt[c] > fmax(SHORT_PT, l->least[c]);
        l->share[c] = wraps ? l->least[c] : 0;
        spare_pt -= wraps ? l->least[c] : fmax(l->pt[c], l->head_pt[c]);
        if (wraps) need_pt += l->pt[c];
    }
    if (spare_pt < 0 || need_pt == 0) return false;
    l->n_x = 0;
    l->x_pt = 0;
    for (int c = 0; c < t->n_column; c++) {
        if (l->share[c] == 0) continue;
        l->share[c] += spare_pt * l->pt[c] / need_pt;
        if (t->column[c].decimal) continue;
        l->n_x++;
        l->x_pt += l->share[c];
    }
    return true;
}

static layout layout_find(const ll_table *t)
{
    layout l = {.t = t,
                .pt = ll_arena_array(t->mem, t->n_column, double),
                .least = ll_arena_array(t->mem, t->n_column, double),
                .head_pt = ll_arena_array(t->mem, t->n_column, double),
                .share = ll_arena_array(t->mem, t->n_column, double)};
    double sum_pt = SEP_PT * (t->n_column - 1);
    for (int c = 0; c < t->n_column; c++) {
        cells_measure(&l, c);
        sum_pt += fmax(l.pt[c], l.head_pt[c]);
    }
    l.form = FORM_WRAPPED;
    if (sum_pt > COLUMN_PT && (shares_find(&l, false) || shares_find(&l, true))) return l;
    for (int c = 0; c < t->n_column; c++)
        l.share[c] = 0;
    l.n_x = 0;
    l.wide = sum_pt > COLUMN_PT;
    l.form = sum_pt > PAGE_PT ? FORM_SCALED : FORM_PLAIN;
    return l;
}

/* ---- The environment ------------------------------------------------------------------------- */

static void columns_add(const layout *l, ll_text *out)
{
    const ll_table *t = l->t;
    ll_text_add(out, "{@{}");
    for (int c = 0; c < t->n_column; c++) {
        if (t->column[c].decimal)
            ll_text_add(out, "r@{}l");
        else if (l->share[c] > 0)
            ll_text_add(out, ">{\\hsize=%.3f\\hsize\\raggedright\\arraybackslash\\hspace{0pt}}X",
                        l->share[c] * l->n_x / l->x_pt);
        else
            ll_text_add(out, "%c", t->column[c].right ? 'r' : 'l');
    }
    ll_text_add(out, "@{}}\n");
}

static void cell_add(const layout *l, int row, int c, ll_text *out)
{
    const ll_table *t = l->t;
    const char *s = ll_table_cell(t, row, c);
    const bool decimal = t->column[c].decimal;
    const size_t point = decimal && row >= 0 ? ll_table_point(s) : 0;
    if (point) {
        text_add(ll_arena_strndup(t->mem, s, point), false, out);
        ll_text_add(out, s[point] == ' ' ? "&~" : "&"); /* TeX drops a space there */
        text_add(s + point + (s[point] == ' '), false, out);
    } else if (decimal && l->share[c] > 0 && row >= 0) {
        ll_text_add(out,
                    "\\multicolumn{2}{>{\\raggedright\\arraybackslash\\hspace{0pt}}p{%.0fpt}}{",
                    l->share[c]);
        text_add(s, true, out);
        ll_text_add(out, "}");
    } else if (decimal) {
        ll_text_add(out, "\\multicolumn{2}{r%s}{", c + 1 < t->n_column ? "" : "@{}");
        row < 0 ? heading_add(l, c, out) : text_add(s, false, out);
        ll_text_add(out, "}");
    } else if (row < 0) {
        heading_add(l, c, out);
    } else {
        text_add(s, l->share[c] > 0, out);
    }
}

static void row_add(const layout *l, int row, ll_text *out)
{
    for (int c = 0; c < l->t->n_column; c++) {
        cell_add(l, row, c, out);
        ll_text_add(out, "%s", c + 1 < l->t->n_column ? " & " : " \\\\\n");
    }
}

/* Lines that a row takes. */
static int lines_of(const layout *l, int row)
{
    int most = 1;
    for (int c = 0; c < l->t->n_column; c++) {
        const char *s = ll_table_cell(l->t, row, c);
        if (l->share[c] <= 0) continue;
        const int n = (int)(1.15 * width_pt(s, strlen(s)) / l->share[c]) + 1;
        if (n > most) most = n;
    }
    return most;
}

static void caption_add(const ll_table *t, int part, ll_text *out)
{
    const char *caption = t->caption ? t->caption : t->title;
    if (part == 0 && !*caption && !t->label) return;
    if (part) ll_text_add(out, "\\addtocounter{table}{-1}\n");
    ll_text_add(out, "\\caption{");
    text_add(caption, false, out);
    ll_text_add(out, "%s}\n", part ? " (continued)" : "");
    if (part || !t->label) return;
    ll_text_add(out, "\\label{");
    for (const char *c = t->label; *c; c++)
        ll_text_add(out, "%c", isalnum((unsigned char)*c) || strchr(":.-", *c) ? *c : '-');
    ll_text_add(out, "}\n");
}

/* Appends as many rows from `row` on as fit on a page; returns the row after them. */
static int part_add(const layout *l, int part, int row, ll_text *out)
{
    const char *environment = l->wide ? "table*" : "table";
    const char *tabular = l->n_x ? "tabularx" : "tabular";
    const int first = row;
    int n_line = 0;
    ll_text_add(out, "\\begin{%s}[t]\n\\centering\n", environment);
    caption_add(l->t, part, out);
    ll_text_add(out, "\\footnotesize\n\\setlength{\\tabcolsep}{%dpt}\n%s\\begin{%s}%s", SEP_PT / 2,
                l->form == FORM_SCALED ? "\\resizebox{\\linewidth}{!}{%\n" : "", tabular,
                l->n_x ? "{\\linewidth}" : "");
    columns_add(l, out);
    ll_text_add(out, "\\toprule\n");
    row_add(l, -1, out);
    ll_text_add(out, "\\midrule\n");
    for (; row < l->t->n_row; row++) {
        n_line += lines_of(l, row);
        if (n_line > PAGE_LINES && row > first) break;
        row_add(l, row, out);
    }
    ll_text_add(out, "\\bottomrule\n\\end{%s}%s\n\\end{%s}\n", tabular,
                l->form == FORM_SCALED ? "}" : "", environment);
    return row;
}

void ll_table_latex(const ll_table *t, ll_text *out)
{
    const layout l = layout_find(t);
    ll_text_add(out, "%% needs \\usepackage{booktabs,tabularx%s}\n",
                l.form == FORM_SCALED ? ",graphicx" : "");
    int row = 0, part = 0;
    do {
        row = part_add(&l, part++, row, out);
    } while (row < t->n_row);
}
