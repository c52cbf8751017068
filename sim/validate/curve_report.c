#include "sim/validate/curve_report.h"

#include "sim/base/stats.h"
#include "sim/print/output.h"
#include "sim/report/plot.h"

#include <math.h>
#include <string.h>

static bool same_word(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && !strcmp(a, b));
}

static bool same_curve(const ll_point *a, const ll_point *b)
{
    return a->collective == b->collective && a->n == b->n && !strcmp(a->cluster, b->cluster) &&
           a->n_multiprocessor == b->n_multiprocessor && same_word(a->library, b->library) &&
           same_word(a->kernel, b->kernel);
}

static double error_percent(const ll_points *points, const ll_prediction *by, int i)
{
    return 100 * (by->s[i] / points->point[i].time_s - 1);
}

ll_table *ll_curve_points(const ll_points *points, int n_by, const ll_prediction *by, ll_arena *mem)
{
    enum { FIXED = 7 };
    ll_column columns[FIXED + 2 * LL_MAX_PREDICTION] = {
        {.name = "cluster"},
        {.name = "op"},
        {.name = "n", .right = true},
        {.name = "bytes", .right = true},
        {.name = "time us", .key = "time_us", .right = true},
        {.name = "use"},
        {.name = "source"}};
    for (int k = 0; k < n_by; k++) {
        columns[FIXED + 2 * k] = (ll_column){.name = ll_arena_printf(mem, "%s us", by[k].name),
                                             .key = ll_arena_printf(mem, "%s_us", by[k].name),
                                             .right = true};
        columns[FIXED + 2 * k + 1] =
            (ll_column){.name = ll_arena_printf(mem, "%s %%", by[k].name),
                        .key = ll_arena_printf(mem, "%s_error_percent", by[k].name),
                        .right = true};
    }
    ll_table *t = ll_table_create(mem, "", FIXED + 2 * n_by, columns);
    for (int i = 0; i < points->n; i++) {
        const ll_point *p = &points->point[i];
        ll_table_row(t);
        ll_table_set(t, 0, "%s", p->cluster);
        ll_table_set(t, 1, "%s", ll_collective_names[p->collective]);
        ll_table_set(t, 2, "%d", p->n);
        ll_table_set(t, 3, "%.0f", p->size_B);
        ll_table_set(t, 4, "%.2f", 1e6 * p->time_s);
        ll_table_set(t, 5, "%s", p->check ? "check" : "fit");
        ll_table_set(t, 6, "%s", p->source);
        for (int k = 0; k < n_by; k++) {
            const bool has = by[k].s[i] > 0; /* a check is not left out of a fit */
            ll_table_set(t, FIXED + 2 * k, has ? "%.2f" : "-", 1e6 * by[k].s[i]);
            ll_table_set(t, FIXED + 2 * k + 1, has ? "%+.1f" : "-",
                         error_percent(points, &by[k], i));
        }
    }
    return t;
}

static const char *size_text(double size_B, ll_arena *mem)
{
    static const char *const unit[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    int k = 0;
    for (; size_B >= 1024 && k < 4; k++)
        size_B /= 1024;
    return ll_arena_printf(mem, "%.4g %s", size_B, unit[k]);
}

/* "all_reduce", "all_reduce by KERNEL"; of tokens also who sent them: "dispatch, 20 SMs",
 * "dispatch by NAME". */
static const char *curve_name(const ll_point *p, ll_arena *mem)
{
    const char *name = ll_collective_names[p->collective];
    if (p->kernel != NULL) return ll_arena_printf(mem, "%s by %s", name, p->kernel);
    if (p->library == NULL) return name;
    return p->n_multiprocessor > 0
               ? ll_arena_printf(mem, "%s, %d SMs", name, (int)p->n_multiprocessor)
               : ll_arena_printf(mem, "%s by %s", name, p->library);
}

ll_table *ll_curve_summary(const ll_points *points, int n_by, const ll_prediction *by,
                           ll_arena *mem)
{
    enum { FIXED = 4 };
    ll_column columns[FIXED + 3 * LL_MAX_PREDICTION] = {{.name = "cluster"},
                                                        {.name = "collective"},
                                                        {.name = "chips", .right = true},
                                                        {.name = "points", .right = true}};
    for (int k = 0; k < n_by; k++) {
        const char *name = by[k].name;
        columns[FIXED + 3 * k] = (ll_column){.name = ll_arena_printf(mem, "%s median %%", name),
                                             .key = ll_arena_printf(mem, "%s_median_percent", name),
                                             .right = true};
        columns[FIXED + 3 * k + 1] =
            (ll_column){.name = "worst %",
                        .key = ll_arena_printf(mem, "%s_worst_percent", name),
                        .right = true};
        columns[FIXED + 3 * k + 2] = (ll_column){
            .name = "at", .key = ll_arena_printf(mem, "%s_worst_at", name), .right = true};
    }
    ll_table *t = ll_table_create(mem, "", FIXED + 3 * n_by, columns);
    double *error = ll_arena_array(mem, points->n, double);
    for (int from = 0, to; from < points->n; from = to) {
        const ll_point *p = &points->point[from];
        for (to = from; to < points->n && same_curve(p, &points->point[to]);)
            to++;
        ll_table_row(t);
        ll_table_set(t, 0, "%s", p->cluster);
        ll_table_set(t, 1, "%s", curve_name(p, mem));
        ll_table_set(t, 2, "%d", p->n);
        ll_table_set(t, 3, "%d", to - from);
        for (int k = 0; k < n_by; k++) {
            int worst = from;
            for (int i = from; i < to; i++) {
                error[i - from] = error_percent(points, &by[k], i);
                if (fabs(error[i - from]) > fabs(error_percent(points, &by[k], worst))) worst = i;
            }
            ll_table_set(t, FIXED + 3 * k + 1, "%+.1f", error_percent(points, &by[k], worst));
            ll_table_set(t, FIXED + 3 * k + 2, "%s", size_text(points->point[worst].size_B, mem));
            ll_table_set(t, FIXED + 3 * k, "%.1f", ll_stats_median_abs(to - from, error));
        }
    }
    return t;
}

bool ll_curve_of_bytes(const ll_points *points)
{
    bool any = false;
    for (int i = 0; i < points->n; i++)
        any = any || points->point[i].collective < LL_N_OF_BYTES;
    return any;
}

/* Of the checks among the rows of a framework, those that its kernels take, or the others: "vllm:
 * 1.7 % in the median, 6 % P90 of ...". */
static void framework_add(const ll_points *points, const ll_prediction *by, const char *framework,
                          bool taken, ll_arena *mem, ll_text *out)
{
    int n = 0;
    double *error = ll_arena_array(mem, points->n, double);
    for (int i = 0; i < points->n; i++) {
        const ll_point *p = &points->point[i];
        if (p->kernel && p->check && p->taken == taken && !strcmp(p->library, framework))
            error[n++] = error_percent(points, by, i);
    }
    const double median = ll_stats_median_abs(n, error);
    if (n > 0)
        ll_text_add(out, "%s, checks %s: median %.1f %%, P90 %.1f %% of %d\n", framework,
                    taken ? "by its kernels" : "beyond them", median,
                    ll_stats_quantile(n, error, 0.9), n);
}

/* Whether it is the first row of its framework. */
static bool is_first(const ll_points *points, int i)
{
    const ll_point *p = &points->point[i];
    for (int k = 0; k < i; k++)
        if (points->point[k].kernel && same_word(points->point[k].library, p->library))
            return false;
    return p->kernel != NULL;
}

/* Two lines for each framework, by the first prediction. */
static void frameworks_add(const ll_points *points, const ll_prediction *by, ll_arena *mem,
                           ll_text *out)
{
    for (int i = 0; i < points->n; i++) {
        if (!is_first(points, i)) continue;
        framework_add(points, by, points->point[i].library, true, mem, out);
        framework_add(points, by, points->point[i].library, false, mem, out);
    }
}

void ll_curve_verdict(const ll_points *points, int n_by, const ll_prediction *by, ll_arena *mem,
                      ll_text *out)
{
    static const double floor_s = 20e-6; /* below, an exchange of tokens is hardly a transfer */
    double *error = ll_arena_array(mem, 3 * points->n, double);
    for (int k = 0; k < n_by; k++) {
        double *check = error + points->n, *longer = check + points->n;
        int n_check = 0, n_longer = 0;
        for (int i = 0; i < points->n; i++) {
            const ll_point *p = &points->point[i];
            error[i] = error_percent(points, &by[k], i);
            if (p->check) check[n_check++] = error[i];
            if (p->collective >= LL_N_OF_BYTES && p->time_s > floor_s)
                longer[n_longer++] = error[i];
        }
        ll_text_add(out, "%s: median of the absolute errors %.1f %% over %d points", by[k].name,
                    ll_stats_median_abs(points->n, error), points->n);
        if (n_check > 0)
            ll_text_add(out, ", %.1f %% over the %d that nothing was fitted to",
                        ll_stats_median_abs(n_check, check), n_check);
        if (n_longer > 0)
            ll_text_add(out, ", %.1f %% over the %d exchanges of tokens above 20 us",
                        ll_stats_median_abs(n_longer, longer), n_longer);
        ll_text_add(out, "\n");
    }
    frameworks_add(points, by, mem, out);
    if (points->n_other_chip > 0)
        ll_text_add(out, "%d row%s passed over.\n", points->n_other_chip,
                    points->n_other_chip == 1 ? " of another chip" : "s of other chips");
    if (points->n_other > 0)
        ll_text_add(out,
                    "Left out: %d rows that are no transfer of tokens in 16 bits or less, such as "
                    "exchanges of counts.\n",
                    points->n_other);
}

/* ---- What is missing ------------------------------------------------------------------------- */

static bool same_panel(const ll_point *a, const ll_point *b)
{
    return a->n == b->n && !strcmp(a->cluster, b->cluster);
}

/* First points of the panels, in the order of the table; returns how many. */
static int panels_find(const ll_points *points, int *first)
{
    int n = 0;
    for (int i = 0; i < points->n; i++) {
        int k = 0;
        while (k < n && !same_panel(&points->point[first[k]], &points->point[i]))
            k++;
        if (k == n) first[n++] = i;
    }
    return n;
}

/* "below 512 MiB", "all", ... or NULL if the points of the collective on these chips reach from end
 * to end. */
static const char *missing_text(const ll_points *points, const ll_point *like, ll_collective what,
                                ll_arena *mem)
{
    static const double least_B = 512, most_B = 8589934592.0;
    double from_B = (double)INFINITY, to_B = 0;
    for (int i = 0; i < points->n; i++) {
        const ll_point *p = &points->point[i];
        if (p->collective != what || !same_panel(p, like)) continue;
        from_B = fmin(from_B, p->size_B);
        to_B = fmax(to_B, p->size_B);
    }
    if (to_B <= 0) return "all";
    const char *below = from_B > least_B ? size_text(from_B, mem) : NULL;
    const char *above = to_B < most_B ? size_text(to_B, mem) : NULL;
    if (below && above) return ll_arena_printf(mem, "below %s and above %s", below, above);
    return below   ? ll_arena_printf(mem, "below %s", below)
           : above ? ll_arena_printf(mem, "above %s", above)
                   : NULL;
}

ll_table *ll_curve_missing(const ll_points *points, ll_arena *mem)
{
    static const ll_collective four[] = {LL_ALL_REDUCE, LL_ALL_GATHER, LL_REDUCE_SCATTER,
                                         LL_ALL_TO_ALL};
    enum { N = sizeof four / sizeof *four };
    const ll_column columns[] = {{.name = "cluster"},
                                 {.name = "chips", .right = true},
                                 {.name = "sizes without a point"},
                                 {.name = "of"}};
    ll_table *t = ll_table_create(mem, "", sizeof columns / sizeof *columns, columns);
    int *first = ll_arena_array(mem, points->n, int);
    const int n_panel = panels_find(points, first);
    for (int k = 0; k < n_panel; k++) {
        const ll_point *p = &points->point[first[k]];
        const char *sizes[N], *names;
        for (int c = 0; c < N; c++)
            sizes[c] = missing_text(points, p, four[c], mem);
        for (int c = 0; c < N; c++) {
            if (!sizes[c]) continue;
            names = ll_collective_names[four[c]];
            for (int d = c + 1; d < N; d++) /* the same sizes: one row */
                if (sizes[d] && !strcmp(sizes[c], sizes[d])) {
                    names = ll_arena_printf(mem, "%s %s", names, ll_collective_names[four[d]]);
                    sizes[d] = NULL;
                }
            ll_table_row(t);
            ll_table_set(t, 0, "%s", p->cluster);
            ll_table_set(t, 1, "%d", p->n);
            ll_table_set(t, 2, "%s", sizes[c]);
            ll_table_set(t, 3, "%s", names);
        }
    }
    return t;
}

/* ---- The picture ----------------------------------------------------------------------------- */

static const char *const colors[LL_N_COLLECTIVE] = {"#d1495b", "#2e8b57", "#3a6ea5", "#e0a030",
                                                    "#7a4fa0", "#555555", "#17becf", "#8c564b"};

/* A block of gnuplot's `index` for each panel and collective: size, measured, predicted. */
static void data_write(const ll_points *points, const ll_prediction *by, int n_panel,
                       const int *first, ll_text *out)
{
    ll_text_add(out, "# bytes measured_us predicted_us\n");
    for (int k = 0; k < n_panel; k++)
        for (int c = 0; c < LL_N_COLLECTIVE; c++) {
            ll_text_add(out, "# %s, %d chips, %s\n", points->point[first[k]].cluster,
                        points->point[first[k]].n, ll_collective_names[c]);
            int n = 0;
            for (int i = 0; i < points->n; i++) {
                const ll_point *p = &points->point[i];
                if (p->collective != (ll_collective)c || !same_panel(p, &points->point[first[k]]))
                    continue;
                ll_text_add(out, "%.0f %.4f %.4f\n", p->size_B, 1e6 * p->time_s, 1e6 * by->s[i]);
                n++;
            }
            ll_text_add(out, n ? "\n\n" : "NaN NaN NaN\n\n\n");
        }
}

static void script_write(const ll_points *points, int n_panel, const int *first, ll_text *out)
{
    enum { ACROSS = 3 };
    const int across = n_panel > 0 && n_panel < ACROSS ? n_panel : ACROSS,
              down = (n_panel + across - 1) / across;
    ll_text_add(out,
                "# Collectives, measured (points) and predicted (lines). Run `gnuplot curves.gp` "
                "here; restyle at will.\n"
                "set logscale xy\nset grid linecolor rgb '#dddddd'\n"
                "set format x '%%.0b %%BB'\nset logscale x 2\nset xtics 512,16\n"
                "set format y '%%g'\nset ylabel 'us'\nset key left top\n"
                "do for [type in \"svg png\"] {\n"
                "  if (type eq 'svg') { set terminal svg noenhanced size %d,%d font "
                "'Helvetica,12' background rgb 'white' }\n"
                "  else { set terminal pngcairo noenhanced size %d,%d font 'Helvetica,16' }\n"
                "  set output 'curves.'.type\n  set multiplot layout %d,%d\n",
                420 * across, 340 * down, 620 * across, 500 * down, down, across);
    for (int k = 0; k < n_panel; k++) {
        const ll_point *p = &points->point[first[k]];
        ll_text_add(out, "  set title '%s, %d chips'\n  plot ", p->cluster, p->n);
        for (int c = 0; c < LL_N_COLLECTIVE; c++) {
            int n = 0;
            for (int i = 0; i < points->n; i++)
                n += points->point[i].collective == (ll_collective)c &&
                     same_panel(p, &points->point[i]);
            if (n == 0) continue;
            ll_text_add(out,
                        "'curves.dat' index %d using 1:2 with points pointtype 7 pointsize 0.5 "
                        "linecolor rgb '%s' notitle, \\\n"
                        "       'curves.dat' index %d using 1:3 with lines linewidth 1.5 "
                        "linecolor rgb '%s' title '%s', \\\n       ",
                        k * LL_N_COLLECTIVE + c, colors[c], k * LL_N_COLLECTIVE + c, colors[c],
                        ll_collective_names[c]);
        }
        ll_text_add(out, "NaN notitle\n");
    }
    ll_text_add(out, "  unset multiplot\n  set output\n}\n");
}

ll_status ll_curve_plot(const char *dir, const ll_points *points, const ll_prediction *by,
                        ll_comm *comm, ll_arena *mem, bool *drawn, ll_error *err)
{
    int *first = ll_arena_array(mem, points->n, int);
    const int n_panel = panels_find(points, first);
    LL_ASSERT(n_panel > 0, "%d points", points->n);
    ll_text text;
    ll_text_init(&text, mem);
    data_write(points, by, n_panel, first, &text);
    LL_TRY(ll_output_write(dir, "curves.dat", &text, comm, err));
    ll_text_init(&text, mem);
    script_write(points, n_panel, first, &text);
    LL_TRY(ll_output_write(dir, "curves.gp", &text, comm, err));
    *drawn = ll_comm_rank(comm) == 0 && ll_plot_gnuplot(dir, "curves.gp");
    return LL_OK;
}
