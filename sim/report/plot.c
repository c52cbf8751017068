#include "sim/report/plot.h"

#include "sim/print/output.h"
#include "sim/report/waterfall.h"

#include <math.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ; // NOLINT(readability-redundant-declaration): POSIX leaves it to the user

/* Causes that any result loses something to, top first; the rows of the picture. */
static int rows_find(int n, const ll_report *report, ll_arena *mem, const char *const **out)
{
    int n_row = 0, n_loss = 0;
    for (int k = 0; k < n; k++)
        n_loss += report[k].result->n_loss;
    const char **row = ll_arena_array(mem, n_loss, const char *);
    for (int k = 0; k < n; k++) {
        const ll_result *r = report[k].result;
        for (int i = r->n_loss - 1; i >= 0; i--) {
            int at = 0;
            while (at < n_row && strcmp(row[at], r->loss[i].cause) != 0)
                at++;
            if (at == n_row && fabs(r->loss[i].frac) >= 5e-4) row[n_row++] = r->loss[i].cause;
        }
    }
    *out = row;
    return n_row;
}

static int row_of(const ll_bar *b, int n_row, const char *const *row)
{
    if (b->kind == LL_BAR_ALL) return 0;
    if (b->kind == LL_BAR_EFFECTIVE) return n_row + 1;
    for (int i = 0; i < n_row; i++)
        if (!strcmp(row[i], b->name)) return i + 1;
    return -1;
}

/* One line per bar: row, from %, to %, kind, label, cause. */
static void data_write(const ll_report *r, int n_row, const char *const *row, ll_arena *mem,
                       ll_text *out)
{
    const ll_bar *bars;
    const int n = ll_report_bars(r->result, mem, &bars);
    ll_text_add(out, "# row from_percent to_percent kind label cause\n");
    for (int i = 0; i < n; i++) {
        const ll_bar *b = &bars[i];
        int at = row_of(b, n_row, row);
        if (at < 0) continue;
        const char *chips = fabs(b->chips) < 100 ? ll_arena_printf(mem, "%.1f", b->chips)
                                                 : ll_thousands_text(b->chips, mem);
        double percent = 100 * b->chips / r->result->n_chip;
        const char *share = fabs(percent) < 0.05 ? "<0.1" : ll_arena_printf(mem, "%.1f", percent);
        ll_text_add(out, "%d %.6g %.6g %d \"%s %%, %s chips\" \"%s\"\n", at, 100 * b->lo_frac,
                    100 * b->hi_frac, (int)b->kind, share, chips, b->name);
    }
}

/* Inside double quotes of gnuplot, with enhanced text off. */
static const char *quoted(const char *s, ll_arena *mem)
{
    char *out = ll_arena_array(mem, 2 * strlen(s) + 3, char);
    size_t k = 0;
    out[k++] = '"';
    for (; *s; s++) {
        if (*s == '"' || *s == '\\') out[k++] = '\\';
        out[k++] = *s;
    }
    out[k++] = '"';
    return out;
}

static void panel_write(int i, const ll_report *r, ll_arena *mem, ll_text *out)
{
    const char *what = ll_arena_printf(mem, "%s x %s", ll_thousands_text(r->result->n_chip, mem),
                                       r->study->cluster.chip.name);
    ll_text_add(out, "  set title %s.\"\\n\".%s font fbig offset 0,-0.3\n", quoted(r->label, mem),
                quoted(what, mem));
    ll_text_add(out, "  set lmargin at screen left(%d)\n  set rmargin at screen right(%d)\n", i, i);
    if (i == 0)
        ll_text_add(out, "  eval rows\n"); /* all panels share the rows; the first names them */
    else
        ll_text_add(out, "  unset ytics\n");
    ll_text_add(
        out,
        "  f = 'compare-%d.dat'\n"
        "  plot f using (0.5*($2+$3)):1:2:3:($1-0.36):($1+0.36):(color($4)) \\\n"
        "         with boxxyerror fillstyle solid noborder linecolor rgb variable notitle, \\\n"
        "       f using (place($2,$3) == 0 ? $3 : NaN):1:5 with labels left offset 0.5,0 \\\n"
        "         font fsmall textcolor rgb '#333333' notitle, \\\n"
        "       f using (place($2,$3) == 1 ? $2 : NaN):1:5 with labels right offset -0.5,0 \\\n"
        "         font fsmall textcolor rgb '#333333' notitle, \\\n"
        "       f using (place($2,$3) == 2 ? $2 : NaN):1:5 with labels left offset 0.8,0 \\\n"
        "         font fsmall textcolor rgb '#ffffff' notitle\n",
        i + 1);
}

/* What all panels and all kinds of picture share. */
static void settings_write(int n, int n_row, const char *const *row, ll_text *out)
{
    ll_text_add(out,
                "# Waterfalls of `lineloss compare`. Run `gnuplot compare.gp` in this directory; "
                "restyle at will.\n"
                "n = %d\nmargin = 1.65 / (1.7 + 3.6 * n)\nwidth = (0.985 - margin) / n\n"
                "left(i) = margin + i * width\nright(i) = left(i) + width - 0.022\n"
                "color(kind) = kind == 0 ? 0x8796a5 : kind == 1 ? 0xd1495b : 0x2e8b57\n"
                "# where a label stands: 0 right of its bar, 1 left of it, 2 inside\n"
                "place(from, to) = to < 58 ? 0 : from > 42 ? 1 : 2\n"
                "set yrange [%d.6:-0.6]\nset xrange [0:100]\n"
                "set grid xtics back linetype 1 linecolor rgb '#dddddd'\n"
                "set border 1 linecolor rgb '#888888'\n"
                "set tmargin at screen 0.85\nset bmargin at screen 0.09\n",
                n, n_row + 1);
    ll_text_add(out, "rows = \"set ytics scale 0 "
                     "('all chips, at peak' 0");
    for (int i = 0; i < n_row; i++)
        ll_text_add(out, ", '%s' %d", row[i], i + 1);
    ll_text_add(out, ", 'effective chips' %d) textcolor rgb '#222222' font ftext\"\n\n", n_row + 1);
}

static void script_write(int n, int n_row, const char *const *row, const ll_report *report,
                         ll_arena *mem, ll_text *out)
{
    const double width_in = 1.7 + 3.6 * n, height_in = 1.3 + 0.30 * (n_row + 2);
    settings_write(n, n_row, row, out);
    ll_text_add(out, "do for [type in \"svg pdf png\"] {\n"
                     "  size = type eq 'png' ? 18 : type eq 'svg' ? 13 : 10\n"
                     "  fbig = sprintf(',%%g', 1.05 * size)\n"
                     "  ftext = sprintf(',%%g', size)\n"
                     "  fsmall = sprintf(',%%g', 0.85 * size)\n");
    ll_text_add(out,
                "  if (type eq 'svg') { set terminal svg noenhanced size %.0f,%.0f font "
                "'Helvetica,13' background rgb 'white' }\n",
                96 * width_in, 96 * height_in);
    ll_text_add(out,
                "  if (type eq 'pdf') { set terminal pdfcairo noenhanced size %.2fin,%.2fin font "
                "'Helvetica,10' }\n",
                width_in, height_in);
    ll_text_add(out,
                "  if (type eq 'png') { set terminal pngcairo noenhanced size %.0f,%.0f font "
                "'Helvetica,18' }\n",
                150 * width_in, 150 * height_in);
    ll_text_add(out,
                "  set output 'compare.'.type\n  set multiplot\n"
                "  set format x '%%g %%%%'\n"
                "  set xtics 0,25,75 nomirror scale 0.4 textcolor rgb '#666666' font fsmall\n");
    for (int i = 0; i < n; i++)
        panel_write(i, &report[i], mem, out);
    ll_text_add(out, "  unset multiplot\n  set output\n}\n");
}

static bool gnuplot_run(const char *dir, const char *script)
{
    char *argv[] = {"sh",        "-c",           "cd \"$0\" && exec gnuplot \"$1\"",
                    (char *)dir, (char *)script, NULL};
    pid_t pid;
    int state;
    if (posix_spawnp(&pid, "sh", NULL, NULL, argv, environ) != 0) return false;
    return waitpid(pid, &state, 0) == pid && WIFEXITED(state) && WEXITSTATUS(state) == 0;
}

static bool gnuplot_found(void)
{
    const char *path = getenv("PATH");
    char file[4096];
    while (path && *path) {
        size_t n = strcspn(path, ":");
        snprintf(file, sizeof file, "%.*s/gnuplot", (int)n, path);
        if (access(file, X_OK) == 0) return true;
        path += n + (path[n] == ':');
    }
    return false;
}

bool ll_plot_gnuplot(const char *dir, const char *script)
{
    return gnuplot_found() && gnuplot_run(dir, script);
}

ll_status ll_plot_waterfalls(const char *dir, int n, const ll_report *report, ll_comm *comm,
                             ll_arena *mem, bool *drawn, ll_error *err)
{
    const char *const *row;
    const int n_row = rows_find(n, report, mem, &row);
    ll_text text;
    for (int i = 0; i < n; i++) {
        ll_text_init(&text, mem);
        data_write(&report[i], n_row, row, mem, &text);
        LL_TRY(
            ll_output_write(dir, ll_arena_printf(mem, "compare-%d.dat", i + 1), &text, comm, err));
    }
    ll_text_init(&text, mem);
    script_write(n, n_row, row, report, mem, &text);
    LL_TRY(ll_output_write(dir, "compare.gp", &text, comm, err));
    *drawn = ll_comm_rank(comm) == 0 && ll_plot_gnuplot(dir, "compare.gp");
    return LL_OK;
}
